//! Somebody at Discord, as a person acts there: sub-commands with their values, presses by label,
//! forms page by page.

use std::collections::BTreeSet;

use goldenpath::chat::discord::tree::tree;
use goldenpath::commands::parse::{Args, arguments, tokens};
use goldenpath::commands::spec::Menu;
use goldenpath::config::Config;
use goldenpath::content::Content;
use serde_json::{Value, json};

use super::discord_bot::DiscordBot;
use super::discord_sender::Scene;
use super::fake_discord::{CHANNEL, user};
use super::same_words::of_discord;

/// More steps than any form takes.
const STEPS: usize = 20;

/// Somebody, in the guild's channel.
#[derive(Clone, Copy)]
pub struct DiscordPerson<'a> {
    pub bot: &'a DiscordBot,
    pub name: &'static str,
}

/// Something to press or to choose in, and where it stands.
struct Part {
    message: String,
    channel: String,
    json: Value,
}

impl DiscordPerson<'_> {
    /// The direct conversation between them and the bot.
    pub fn direct(&self) -> String {
        self.bot.fake.direct(&user(self.name))
    }

    /// Runs the sub-command that this line names elsewhere, with the values it gives; the answer.
    async fn types(&self, line: &str) -> Value {
        let menu = Content::load(&Config::defaults()).unwrap().menu;
        let (words, values) = sub_command(&menu, line);
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        let values: Vec<_> = values.iter().map(|(name, value)| (name.as_str(), value.clone())).collect();
        self.sends(self.bot.discord.command(&self.scene(), &words, &values)).await
    }

    /// The same; the answer as it reads.
    pub async fn runs(&self, line: &str) -> String {
        of_discord(&self.types(line).await["data"])
    }

    /// Presses the button with this label, and says so once more where it asks; what only they see then.
    pub async fn presses(&self, label: &str) -> String {
        let button = self.finds(label);
        let mut seen = self.whispered().len();
        let mut answer = self.press(&button).await;
        if id(&button.json).starts_with("confirm?") {
            seen += 1;
            let question = self.whispered().pop().unwrap();
            let again = parts(&question.1).remove(0);
            answer = self.press(&self.part(&question.0, CHANNEL, again)).await;
        }
        self.bot.app.run_jobs().await;
        let instead = (answer["type"] == 7).then(|| of_discord(&answer["data"]));
        let news = self.whispered().into_iter().skip(seen).map(|(_, shown)| of_discord(&shown));
        instead.into_iter().chain(news).collect::<Vec<_>>().join("\n")
    }

    /// Types a line that opens a form, and fills it in to its end: what each field is called, and what it
    /// gets. What is answered then.
    pub async fn fills(&self, line: &str, values: &[(&str, &str)]) -> String {
        let answer = self.types(line).await;
        self.goes_on(answer, self.scene(), values).await
    }

    /// The same of the form that the button with this label opens.
    pub async fn presses_and_fills(&self, label: &str, values: &[(&str, &str)]) -> String {
        let button = self.finds(label);
        let answer = self.press(&button).await;
        self.goes_on(answer, self.under(&button), values).await
    }

    async fn goes_on(&self, mut answer: Value, scene: Scene, values: &[(&str, &str)]) -> String {
        let mut filling = Filling { person: self, values, filled: BTreeSet::new(), scene };
        for _ in 0..STEPS {
            let Some(next) = filling.step(&answer).await else {
                assert_eq!(
                    filling.filled.len(),
                    values.len(),
                    "only {:?} are there: {answer}",
                    filling.filled
                );
                return of_discord(&answer["data"]);
            };
            answer = next;
        }
        panic!("the form has no end: {answer}")
    }

    fn scene(&self) -> Scene {
        Scene::of(&user(self.name))
    }

    fn part(&self, message: &str, channel: &str, json: Value) -> Part {
        Part { message: message.to_owned(), channel: channel.to_owned(), json }
    }

    /// The button with this label: of their last answer, in the channel or the direct conversation.
    fn finds(&self, label: &str) -> Part {
        let is = |part: &Value| {
            let name = part["label"].as_str().unwrap_or_default();
            name == label || name.strip_prefix(label).is_some_and(|rest| rest.starts_with(" · "))
        };
        let (channel, direct) = (CHANNEL.to_owned(), self.direct());
        let answers = self.whispered().into_iter().rev().take(1).map(|(id, shown)| (id, &channel, shown));
        let posted = [&channel, &direct].into_iter().flat_map(|place| {
            self.messages(place, None).into_iter().rev().map(move |(id, shown)| (id, place, shown))
        });
        for (message, place, shown) in answers.chain(posted) {
            if let Some(found) = parts(&shown).into_iter().find(is) {
                return self.part(&message, place, found);
            }
        }
        panic!("nobody shows {} a button {label}", self.name)
    }

    /// What only they see in the channel: the id, and what stands there.
    fn whispered(&self) -> Vec<(String, Value)> {
        self.messages(CHANNEL, Some(user(self.name)))
    }

    fn messages(&self, channel: &str, seen_by: Option<String>) -> Vec<(String, Value)> {
        let memory = self.bot.fake.memory();
        let there =
            memory.messages.iter().filter(|posted| posted.channel == channel && posted.seen_by == seen_by);
        there.filter_map(|posted| Some((posted.id.clone(), posted.versions.last()?.clone()))).collect()
    }

    fn under(&self, part: &Part) -> Scene {
        let scene = match part.channel == CHANNEL {
            true => self.scene(),
            false => Scene::direct(&self.bot.fake, &user(self.name)),
        };
        scene.under(&part.message)
    }

    async fn press(&self, part: &Part) -> Value {
        self.sends(self.bot.discord.press(&self.under(part), &id(&part.json))).await
    }

    async fn sends(&self, mut interaction: Value) -> Value {
        let member = if interaction["member"].is_object() { "/member/user" } else { "/user" };
        let person = interaction.pointer_mut(member).unwrap();
        person["global_name"] = self.name.into();
        let answer = self.bot.discord.sends(&interaction).await;
        assert_eq!(answer.status, 200, "{}", answer.body);
        answer.json()
    }
}

/// A form that is being filled in.
struct Filling<'a> {
    person: &'a DiscordPerson<'a>,
    values: &'a [(&'a str, &'a str)],
    filled: BTreeSet<String>,
    /// Where, and under which message.
    scene: Scene,
}

impl Filling<'_> {
    /// What somebody does who sees this; `None` where there is nothing left to fill in.
    async fn step(&mut self, seen: &Value) -> Option<Value> {
        if seen["type"] == 9 {
            return Some(self.sends_modal(&seen["data"]).await);
        }
        let discord = &self.person.bot.discord;
        if seen["type"] == 4 {
            let shown = self.person.messages(&self.scene.channel, Some(user(self.person.name))).pop();
            self.scene.message = Some(shown?.0);
        }
        let parts = parts(&seen["data"]);
        for select in parts.iter().filter(|part| part["type"] == 3) {
            if let Some(value) = self.takes(&select["placeholder"]) {
                let named = |it: &&Value| it["label"] == *value || it["value"] == *value;
                let option = list(&select["options"]).iter().find(named);
                let option = option.unwrap_or_else(|| panic!("no {value} in {select}"));
                let chosen = [option["value"].as_str().unwrap()];
                return Some(self.person.sends(discord.choice(&self.scene, &id(select), &chosen)).await);
            }
        }
        let on = parts.iter().find(|part| id(part).ends_with(":leave") || part["label"] == "Continue")?;
        Some(self.person.sends(discord.press(&self.scene, &id(on))).await)
    }

    async fn sends_modal(&mut self, modal: &Value) -> Value {
        let inputs: Vec<(String, Value)> = parts(modal)
            .iter()
            .map(|input| {
                let typed = self.takes(&input["label"]).map(Value::from);
                (id(input), typed.unwrap_or_else(|| input["value"].as_str().unwrap_or_default().into()))
            })
            .collect();
        let inputs: Vec<_> = inputs.iter().map(|(id, value)| (id.as_str(), 4, value.clone())).collect();
        self.person.sends(self.person.bot.discord.submission(&self.scene, &id(modal), &inputs)).await
    }

    /// What this field gets, once.
    fn takes(&mut self, label: &Value) -> Option<String> {
        let (label, value) = self.values.iter().find(|(name, _)| *label == *name)?;
        self.filled.insert((*label).to_owned()).then(|| (*value).to_owned())
    }
}

/// The words of the sub-command that a line names elsewhere, and its values, as Discord's client sends
/// them: it offers what is in the tree, and wants what is required.
fn sub_command(menu: &Menu, line: &str) -> (Vec<String>, Vec<(String, Value)>) {
    let tokens = tokens(line).unwrap();
    let noun = tokens[0].text.as_str();
    let verb = tokens.get(1).and_then(|verb| menu.get(&format!("{noun}.{}", verb.text)));
    let verb = verb.filter(|spec| !spec.hidden);
    let alone = menu.of_noun(noun).into_iter().find(|spec| spec.bare || spec.verb.is_none());
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

fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}
