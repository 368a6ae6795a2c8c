//! Discord as a [`Venue`], and somebody there as a person acts: sub-commands with their values, presses by
//! label, forms page by page.

use async_trait::async_trait;
use goldenpath::chat::discord::tree::tree;
use goldenpath::chat::playground::personas;
use goldenpath::commands::parse::{Args, arguments, tokens};
use goldenpath::commands::spec::Menu;
use goldenpath::config::Config;
use goldenpath::content::Content;
use serde_json::{Value, json};

use super::discord_bot::DiscordBot;
use super::discord_filling::{self, Filling};
use super::discord_sender::Scene;
use super::fake_discord::{CHANNEL, GUILD, Posted, user};
use super::ground::until;
use super::same_words::of_discord;
use super::stage::{Act, Acting, Values, Venue, asked, read_all};
use super::test_app::TestApp;

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
    let members = personas().iter().map(|it| format!("discord:{GUILD}:{}", user(it.name)));
    let members: Vec<String> = members.collect();
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
pub struct DiscordPerson<'a> {
    pub venue: &'a DiscordVenue,
    name: &'static str,
}

/// Something to press or to choose in, and where it stands.
pub struct Part {
    pub message: String,
    pub channel: String,
    pub json: Value,
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
        // The question whether they are sure is no answer, nor is what stands in its place where others close
        // a dialog.
        let instead = instead.filter(|read| !read.starts_with("⏳ It is under way;"));
        let news = self.whispered().into_iter().skip(seen);
        let news = news.filter(|part| scene.message.as_ref() != Some(&part.message));
        let news = news.map(|part| self.venue.read(&part.json));
        instead.into_iter().chain(news).collect::<Vec<_>>().join("\n\n")
    }

    async fn opens(&self, act: Act<'_>) -> String {
        let (answer, scene) = self.form(act).await;
        let title = discord_filling::title(&answer["data"]);
        let mut filling = Filling::new(self, scene, &[]);
        filling.unsent = true;
        filling.goes_on(answer).await;
        asked(&title, filling.asked)
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
pub const EDIT: &str = "Edit";

impl DiscordPerson<'_> {
    pub fn bot(&self) -> &DiscordBot {
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
                let value = discord_filling::chosen(&select.json, chosen).remove(0);
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
        self.sends(self.bot().discord.command(&Scene::of(&user(self.name)), &words, &values)).await
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
    pub fn whispered(&self) -> Vec<Part> {
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

    pub async fn sends(&self, mut interaction: Value) -> Value {
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

    /// What a promise comes to: pictures are brought by a job, and on a machine with much to do nothing is
    /// answered in time.
    async fn late(&self, token: String) -> Value {
        let look = async || {
            self.bot().app.run_jobs().await;
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
pub fn parts(shown: &Value) -> Vec<Value> {
    list(&shown["components"]).iter().flat_map(|row| list(&row["components"])).cloned().collect()
}

pub fn id(part: &Value) -> String {
    part["custom_id"].as_str().unwrap_or_default().to_owned()
}

pub fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

pub fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}
