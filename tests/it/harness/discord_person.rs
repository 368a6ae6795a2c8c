//! Discord as a [`Venue`], and somebody there as a person acts: sub-commands with their values, presses by
//! label, forms page by page.

use std::collections::BTreeSet;

use async_trait::async_trait;
use goldenpath::chat::discord::tree::tree;
use goldenpath::commands::parse::{Args, arguments, tokens};
use goldenpath::commands::spec::Menu;
use goldenpath::config::Config;
use goldenpath::content::Content;
use serde_json::{Value, json};

use super::discord_bot::DiscordBot;
use super::discord_sender::Scene;
use super::fake_discord::{CHANNEL, GUILD, Posted, user};
use super::ground::until;
use super::same_words::of_discord;
use super::stage::{Act, Acting, Asked, Values, Venue, all_called, asked, called, read_all, refused};
use super::test_app::TestApp;

/// More steps than any form takes.
const STEPS: usize = 20;

/// A bot that is connected to Discord.
pub struct DiscordVenue(DiscordBot);

impl DiscordVenue {
    pub async fn with(change: fn(&mut Config)) -> DiscordVenue {
        let settled = |config: &mut Config| {
            at_a_site(config);
            change(config);
        };
        DiscordVenue(DiscordBot::with(settled).await)
    }
}

/// Everybody is at a site, which says their zone: Discord tells none, so that they would be asked for it, and
/// on the other platforms nobody is.
fn at_a_site(config: &mut Config) {
    let names = ["Ada", "Ben", "Cat", "Cy", "Di", "Eve", "Grace", "Gus", "Olga", "Priya", "Root"];
    let members = names.map(|name| format!("discord:{GUILD}:{}", user(name)));
    let file = config.data.with_file_name("people.toml");
    std::fs::write(&file, format!("[[site]]\nname = \"here\"\nzone = \"UTC\"\nmembers = {members:?}\n"))
        .unwrap();
    config.people.file = Some(file);
}

#[async_trait(?Send)]
impl Venue for DiscordVenue {
    fn app(&self) -> &TestApp {
        &self.0.app
    }

    async fn shown(&self) -> Vec<Value> {
        self.0.fake.shown_in(CHANNEL)
    }

    fn read(&self, shown: &Value) -> String {
        self.0.app.without_folder(&of_discord(shown))
    }

    fn person(&self, name: &'static str) -> Box<dyn Acting + '_> {
        Box::new(DiscordPerson { venue: self, name })
    }

    async fn end(self: Box<Self>) {
        self.0.app.end().await;
    }
}

/// Somebody, in the guild's channel.
struct DiscordPerson<'a> {
    venue: &'a DiscordVenue,
    name: &'static str,
}

/// Something to press or to choose in, and where it stands.
struct Part {
    message: String,
    channel: String,
    json: Value,
}

#[async_trait(?Send)]
impl Acting for DiscordPerson<'_> {
    async fn does(&self, act: Act<'_>) -> String {
        let seen = self.whispered().len();
        let (answer, scene) = self.acts(act).await;
        assert_ne!(answer["type"], 9, "{act:?} opened {answer}");
        if let Act::Types(_) = act {
            return self.venue.read(&answer["data"]);
        }
        self.bot().app.run_jobs().await;
        let instead = (answer["type"] == 7).then(|| self.venue.read(&answer["data"]));
        // The question whether they are sure is no answer.
        let news = self.whispered().into_iter().skip(seen);
        let news = news.filter(|part| scene.message.as_ref() != Some(&part.message));
        let news = news.map(|part| self.venue.read(&part.json));
        instead.into_iter().chain(news).collect::<Vec<_>>().join("\n\n")
    }

    async fn opens(&self, act: Act<'_>) -> String {
        let (answer, scene) = self.form(act).await;
        let mut filling = Filling::new(self, scene, &[]);
        filling.unsent = true;
        filling.goes_on(answer).await;
        asked(filling.asked)
    }

    async fn fills(&self, act: Act<'_>, values: Values<'_>) -> String {
        let (answer, scene) = self.form(act).await;
        Filling::new(self, scene, values).goes_on(answer).await
    }

    async fn corrects(&self, values: Values<'_>) -> String {
        self.fills(Act::Presses(EDIT), values).await
    }

    async fn reads_directly(&self) -> String {
        read_all(self.venue, &self.bot().fake.shown_in(&self.direct()))
    }

    async fn file(&self, name: &str) -> Option<Vec<u8>> {
        let places = [CHANNEL.to_owned(), self.direct()];
        let mut files = places.iter().flat_map(|place| self.bot().fake.files_in(place));
        files.find(|file| file.name == name).map(|file| file.bytes)
    }
}

/// What leads back into a form that was refused.
const EDIT: &str = "Edit";

impl DiscordPerson<'_> {
    fn bot(&self) -> &DiscordBot {
        &self.venue.0
    }

    /// The direct conversation between them and the bot.
    fn direct(&self) -> String {
        self.bot().fake.direct(&user(self.name))
    }

    /// Does what opens a form, once more where that took too long.
    async fn form(&self, act: Act<'_>) -> (Value, Scene) {
        loop {
            let (answer, scene) = self.acts(act).await;
            if !text(&answer["data"]["content"]).starts_with("⚠️ That took too long") {
                return (answer, scene);
            }
        }
    }

    /// What Discord is answered, and where a form goes on that it opens.
    async fn acts(&self, act: Act<'_>) -> (Value, Scene) {
        match act {
            Act::Types(line) => (self.types(line).await, Scene::of(&user(self.name))),
            Act::Presses(label) => {
                let named = |part: &Value| {
                    let name = part["label"].as_str().unwrap_or_default();
                    name == label || name.strip_prefix(label).is_some_and(|rest| rest.starts_with(" · "))
                };
                let button = self.finds(label, named);
                let answer = self.press(&button).await;
                if !id(&button.json).starts_with("confirm?") {
                    return (answer, self.under(&button));
                }
                let question = self.whispered().pop().unwrap();
                let again = Part { json: parts(&question.json).remove(0), ..question };
                (self.press(&again).await, self.under(&again))
            }
            Act::Chooses(called, chosen) => {
                let select = self.finds(called, |part| part["placeholder"] == called);
                let value = self::chosen(&select.json, chosen).remove(0);
                let scene = self.under(&select);
                let choice = self.bot().discord.choice(&scene, &id(&select.json), &[&value]);
                (self.sends(choice).await, scene)
            }
        }
    }

    /// Runs the sub-command that this line names elsewhere, with the values it gives.
    async fn types(&self, line: &str) -> Value {
        let menu = Content::load(&Config::defaults()).unwrap().menu;
        let (words, values) = sub_command(&menu, line);
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        let values: Vec<_> = values.iter().map(|(name, value)| (name.as_str(), value.clone())).collect();
        let answer =
            self.sends(self.bot().discord.command(&Scene::of(&user(self.name)), &words, &values)).await;
        if answer["type"] != 5 {
            return answer;
        }
        // It was promised, and comes through the outbox.
        self.bot().app.run_jobs().await;
        json!({ "type": 4, "data": self.whispered().pop().unwrap().json })
    }

    /// What is called so: of their answers, in the channel or the direct conversation.
    fn finds(&self, what: &str, is: impl Fn(&Value) -> bool) -> Part {
        let (channel, direct) = (CHANNEL.to_owned(), self.direct());
        let posted = [channel, direct].into_iter().flat_map(|place| {
            self.messages(None).into_iter().rev().filter(move |part| part.channel == place)
        });
        for shown in self.whispered().into_iter().rev().chain(posted) {
            if let Some(json) = parts(&shown.json).into_iter().find(&is) {
                return Part { json, ..shown };
            }
        }
        panic!("nobody shows {} {what}", self.name)
    }

    /// What only they see.
    fn whispered(&self) -> Vec<Part> {
        self.messages(Some(user(self.name)))
    }

    fn messages(&self, seen_by: Option<String>) -> Vec<Part> {
        let memory = self.bot().fake.memory();
        let there = memory.messages.iter().filter(|posted| posted.seen_by == seen_by);
        let part = |posted: &Posted| {
            let json = posted.versions.last()?.clone();
            Some(Part { message: posted.id.clone(), channel: posted.channel.clone(), json })
        };
        there.filter_map(part).collect()
    }

    fn under(&self, part: &Part) -> Scene {
        let scene = match part.channel == CHANNEL {
            true => Scene::of(&user(self.name)),
            false => Scene::direct(&self.bot().fake, &user(self.name)),
        };
        scene.under(&part.message)
    }

    async fn press(&self, part: &Part) -> Value {
        self.sends(self.bot().discord.press(&self.under(part), &id(&part.json))).await
    }

    async fn sends(&self, mut interaction: Value) -> Value {
        let member = if interaction["member"].is_object() { "/member/user" } else { "/user" };
        let person = interaction.pointer_mut(member).unwrap();
        person["global_name"] = self.name.into();
        let answer = self.bot().discord.sends(&interaction).await;
        assert_eq!(answer.status, 200, "{}", answer.body);
        match answer.json() {
            promised if promised["type"] == 5 => self.late(text(&interaction["token"])).await,
            answer => answer,
        }
    }

    /// What a promise comes to, where the machine has so much to do that nothing is answered in time.
    async fn late(&self, token: String) -> Value {
        let look = async || {
            let memory = self.bot().fake.memory();
            let original = memory.interactions[&token].original.clone();
            match memory.messages.iter().find(|posted| Some(&posted.id) == original.as_ref()) {
                Some(posted) if posted.versions.len() < 2 => None,
                Some(posted) => Some(json!({ "type": 4, "data": posted.versions.last() })),
                None => Some(json!({ "type": 6 })),
            }
        };
        until("the promised answer is there", look).await
    }
}

/// A form that is being filled in.
struct Filling<'a> {
    person: &'a DiscordPerson<'a>,
    values: Values<'a>,
    filled: BTreeSet<String>,
    /// What was asked so far.
    asked: Vec<Asked>,
    /// It is only looked at: what is needed gets anything, and the last page is not sent.
    unsent: bool,
    /// Where, and under which message.
    scene: Scene,
}

impl<'a> Filling<'a> {
    fn new(person: &'a DiscordPerson<'a>, scene: Scene, values: Values<'a>) -> Self {
        Filling { person, values, filled: BTreeSet::new(), asked: Vec::new(), unsent: false, scene }
    }

    async fn goes_on(&mut self, mut answer: Value) -> String {
        for _ in 0..STEPS {
            let Some(next) = self.step(&answer).await else {
                let filled = &self.filled;
                assert_eq!(filled.len(), self.values.len(), "only {filled:?} are there: {answer}");
                return self.reads(&answer["data"]);
            };
            answer = next;
        }
        panic!("the form has no end: {answer}")
    }

    /// The answer; of a refused form the reasons, since it may be edited.
    fn reads(&self, data: &Value) -> String {
        let read = self.person.venue.read(data);
        match read.strip_suffix(&format!("\n[{EDIT}]")) {
            Some(reasons) => refused(reasons.lines().filter_map(|line| {
                let (label, why) = line.split_once(": ")?;
                Some((label.to_owned(), why.to_owned()))
            })),
            None => read,
        }
    }

    /// What somebody does who sees this; `None` where there is nothing left to fill in.
    async fn step(&mut self, seen: &Value) -> Option<Value> {
        if seen["type"] == 9 {
            return self.sends_modal(&seen["data"]).await;
        }
        let (person, discord) = (self.person, &self.person.bot().discord);
        if seen["type"] == 4 {
            let shown = person.whispered().into_iter().rev().find(|part| part.channel == self.scene.channel);
            self.scene.message = Some(shown?.message);
        }
        let parts = parts(&seen["data"]);
        for select in parts.iter().filter(|part| part["type"] == 3) {
            if let Some(value) = self.takes(select) {
                let chosen = chosen(select, &value);
                let chosen: Vec<&str> = chosen.iter().map(String::as_str).collect();
                return Some(person.sends(discord.choice(&self.scene, &id(select), &chosen)).await);
            }
        }
        let on = parts.iter().find(|part| id(part).ends_with(":leave") || part["label"] == "Continue")?;
        if self.unsent && on["label"] != "Continue" {
            return None;
        }
        Some(person.sends(discord.press(&self.scene, &id(on))).await)
    }

    async fn sends_modal(&mut self, modal: &Value) -> Option<Value> {
        let given = |input: &Value| input["value"].as_str().unwrap_or_default().to_owned();
        let inputs: Vec<(String, Value)> = parts(modal)
            .iter()
            .map(|input| (id(input), self.takes(input).unwrap_or_else(|| given(input)).into()))
            .collect();
        if self.unsent && is_last(modal) {
            return None;
        }
        let inputs: Vec<_> = inputs.iter().map(|(id, value)| (id.as_str(), 4, value.clone())).collect();
        let sent = self.person.bot().discord.submission(&self.scene, &id(modal), &inputs);
        Some(self.person.sends(sent).await)
    }

    /// What this field gets, once.
    fn takes(&mut self, field: &Value) -> Option<String> {
        let asked = field_asked(field);
        let anything = (self.unsent && asked.1 && asked.2.is_empty()).then(|| anything(field));
        let label = asked.0.clone();
        if !self.asked.iter().any(|(known, ..)| *known == label) {
            self.asked.push(asked);
        }
        let (label, value) = match self.values.iter().find(|(name, _)| *name == label) {
            Some((label, value)) => ((*label).to_owned(), (*value).to_owned()),
            None => return anything,
        };
        self.filled.insert(label).then_some(value)
    }
}

/// A select of a message, or an input of a modal.
fn field_asked(field: &Value) -> Asked {
    let label = field["placeholder"].as_str().filter(|_| field["type"] == 3).or(field["label"].as_str());
    let chosen = list(&field["options"]).iter().find(|option| option["default"] == true);
    let value = chosen.map_or(&field["value"], |option| &option["label"]);
    let needed = field["required"] == true || field["min_values"] == 1;
    let value = value.as_str().unwrap_or_default();
    let value = match field["options"].is_array() && matches!(value, "Yes" | "No") || value == "no" {
        true => value.to_lowercase().replace("no", ""),
        false => value.to_owned(),
    };
    (label.unwrap_or_default().to_owned(), needed, value)
}

fn anything(field: &Value) -> String {
    list(&field["options"]).first().map_or("x", |option| option["label"].as_str().unwrap()).to_owned()
}

/// Whether a modal is the last page of its form: its title says so where there are several.
fn is_last(modal: &Value) -> bool {
    let title = modal["title"].as_str().unwrap();
    let pages = title.rsplit_once('(').and_then(|(_, of)| of.strip_suffix(')')?.split_once(" of "));
    pages.is_none_or(|(page, of)| page == of)
}

/// What is sent for what is called so in a select, or for several where several may be.
fn chosen(select: &Value, names: &str) -> Vec<String> {
    let options: Vec<(String, String)> =
        list(&select["options"]).iter().map(|it| (text(&it["label"]), text(&it["value"]))).collect();
    match select["max_values"].as_u64() {
        Some(2..) => all_called(&options, names),
        _ => vec![called(&options, names).unwrap_or_else(|| panic!("no {names} in {select}"))],
    }
}

/// The words of the sub-command that a line names elsewhere, and its values, as Discord's client sends
/// them: it offers what is in the tree, and wants what is required.
fn sub_command(menu: &Menu, line: &str) -> (Vec<String>, Vec<(String, Value)>) {
    let tokens = tokens(line).unwrap();
    let noun = tokens[0].text.as_str();
    let verb = tokens.get(1).and_then(|verb| menu.get(&format!("{noun}.{}", verb.text)));
    let alone = menu.of_noun(noun).into_iter().find(|spec| spec.bare || spec.verb.is_none());
    // A text may begin with what is a verb, too.
    let text = alone.is_some_and(|spec| spec.verb.is_none());
    let verb = verb.filter(|spec| !spec.hidden && (!text || arguments(spec, line, &tokens[2..]).is_ok()));
    let spec = verb.or(alone).expect(line);
    let args = arguments(spec, line, &tokens[1 + usize::from(verb.is_some())..]).expect(line);
    assert!(args.extra.is_empty(), "Discord has no place for {:?}", args.extra);
    let tree = tree(menu);
    let named = |options: &Value, name: &str| list(options).iter().find(|it| it["name"] == name).cloned();
    let group = named(&tree["options"], noun).expect(line);
    if group["type"] == 1 {
        return (vec![noun.to_owned()], values(&group, &args));
    }
    let verb = spec.verb.as_deref().unwrap_or(&spec.as_verb);
    let sub = named(&group["options"], verb).expect(line);
    (vec![noun.to_owned(), verb.to_owned()], values(&sub, &args))
}

fn values(sub: &Value, args: &Args) -> Vec<(String, Value)> {
    let value = |option: &Value| {
        let name = option["name"].as_str().unwrap().to_owned();
        let typed = args.typed(&name);
        assert!(typed.is_some() || option["required"] != true, "Discord asks for {name} first");
        let value = match option["type"].as_u64() {
            Some(5) => json!(args.flag(&name)),
            Some(10) => json!(args.number(&name)),
            _ => json!(typed.clone()?.trim_start_matches('@')),
        };
        typed.map(|_| (name, value))
    };
    list(&sub["options"]).iter().filter_map(value).collect()
}

/// All that stands in the rows of a message or a modal.
fn parts(shown: &Value) -> Vec<Value> {
    list(&shown["components"]).iter().flat_map(|row| list(&row["components"])).cloned().collect()
}

fn id(part: &Value) -> String {
    part["custom_id"].as_str().unwrap_or_default().to_owned()
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}
