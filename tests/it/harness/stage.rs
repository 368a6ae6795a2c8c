//! One conversation on each platform: people act by lines, labels and words, and read the same.
//!
//! A test takes a [`Stage`] and says nothing of the platform; [`on_each!`](crate::on_each) runs it on all of
//! them. To add a platform: a [`On`], and what a [`Player`] does there.

use std::collections::BTreeMap;
use std::sync::Mutex;

use serde_json::Value;

use super::discord_bot::DiscordBot;
use super::discord_person::DiscordPerson;
use super::fake_discord;
use super::reading;
use super::same_words::{of_discord, of_read, of_slack};
use super::test_app::{Person, TestApp};

/// The channel of Slack.
const CHANNEL: &str = "C1";
/// More forms than follow one another.
const FORMS: usize = 5;

/// The last answer of each person.
type Answers = Mutex<BTreeMap<&'static str, Value>>;

/// A platform.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum On {
    Slack,
    Discord,
}

/// The bot, and the platform where people talk with it.
pub struct Stage(Bot);

enum Bot {
    /// With the last answer of each person, whose buttons they may press.
    Slack(Box<TestApp>, Answers),
    Discord(Box<DiscordBot>),
}

impl Stage {
    pub async fn on(platform: On) -> Stage {
        Stage(match platform {
            On::Slack => Bot::Slack(Box::new(TestApp::start().await), Mutex::default()),
            On::Discord => Bot::Discord(Box::new(DiscordBot::start().await)),
        })
    }

    /// The app, for what is the same everywhere: jobs, time, rows.
    pub fn app(&self) -> &TestApp {
        match &self.0 {
            Bot::Slack(app, _) => app,
            Bot::Discord(bot) => &bot.app,
        }
    }

    /// Somebody there. Priya is a PM, Root an admin.
    pub fn person(&self, name: &'static str) -> Player<'_> {
        Player { stage: self, name }
    }

    /// What stands in the channel.
    pub fn reads(&self) -> String {
        let shown = match &self.0 {
            Bot::Slack(app, _) => app.fake.shown_in(CHANNEL),
            Bot::Discord(bot) => bot.fake.shown_in(fake_discord::CHANNEL),
        };
        self.read(&shown)
    }

    fn read(&self, shown: &[Value]) -> String {
        let read = match &self.0 {
            Bot::Slack(..) => of_slack,
            Bot::Discord(_) => of_discord,
        };
        shown.iter().map(read).collect::<Vec<_>>().join("\n\n")
    }

    /// See [`TestApp::end`].
    pub async fn end(self) {
        match self.0 {
            Bot::Slack(app, _) => app.end().await,
            Bot::Discord(bot) => bot.app.end().await,
        }
    }
}

/// Somebody on a stage.
#[derive(Clone, Copy)]
pub struct Player<'a> {
    stage: &'a Stage,
    name: &'static str,
}

impl<'a> Player<'a> {
    /// Types a line, or calls the sub-command that means it; the answer.
    pub async fn runs(&self, line: &str) -> String {
        match &self.stage.0 {
            Bot::Slack(..) => {
                let answer = self.at_slack().types(line).await;
                self.remembers(answer)
            }
            Bot::Discord(bot) => self.at_discord(bot).runs(line).await,
        }
    }

    /// Presses the button with this label: of their last answer, in the channel or the direct
    /// conversation. Where it asks first, they confirm. What only they see then.
    pub async fn presses(&self, label: &str) -> String {
        match &self.stage.0 {
            Bot::Slack(_, answers) => {
                of_read(&self.at_slack().presses_value(&self.value(answers, label)).await)
            }
            Bot::Discord(bot) => self.at_discord(bot).presses(label).await,
        }
    }

    /// Types a line that opens a form, and fills it in, and those that follow it: what each field is
    /// called, and what it gets. What is answered then.
    pub async fn fills(&self, line: &str, values: &[(&str, &str)]) -> String {
        match &self.stage.0 {
            Bot::Slack(..) => self.goes_on(self.at_slack().opens(line).await, values).await,
            Bot::Discord(bot) => self.at_discord(bot).fills(line, values).await,
        }
    }

    /// The same of the form that the button with this label opens.
    pub async fn presses_and_fills(&self, label: &str, values: &[(&str, &str)]) -> String {
        match &self.stage.0 {
            Bot::Slack(_, answers) => {
                let view = self.at_slack().opens_by(&self.value(answers, label)).await;
                self.goes_on(view, values).await
            }
            Bot::Discord(bot) => self.at_discord(bot).presses_and_fills(label, values).await,
        }
    }

    /// What stands in the direct conversation between them and the bot.
    pub fn reads_directly(&self) -> String {
        self.stage.read(&match &self.stage.0 {
            Bot::Slack(app, _) => app.fake.shown_in(&self.at_slack().direct()),
            Bot::Discord(bot) => bot.fake.shown_in(&self.at_discord(bot).direct()),
        })
    }

    /// The value of a button at Slack.
    fn value(&self, answers: &Answers, label: &str) -> String {
        let own = answers.lock().unwrap().get(self.name).map(reading::buttons).unwrap_or_default();
        let value = own.into_iter().find(|(name, _)| name == label).map(|(_, value)| value);
        value.unwrap_or_else(|| self.at_slack().button(label))
    }

    async fn goes_on(&self, mut view: Value, values: &[(&str, &str)]) -> String {
        let (person, mut filled) = (self.at_slack(), 0);
        for _ in 0..FORMS {
            let fields = named(&view);
            let typed = values.iter().filter_map(|(label, value)| {
                Some((fields.iter().find(|(name, _)| name == label)?.1.as_str(), *value))
            });
            let typed: Vec<(&str, &str)> = typed.collect();
            filled += typed.len();
            let answer = person.submits(&view, &typed).await;
            let next = &answer["view"];
            if named(next).is_empty() {
                assert_eq!(filled, values.len(), "{view}");
                return self.remembers(answer);
            }
            let id = view["id"].clone();
            view = next.clone();
            view["id"] = id;
        }
        panic!("the form has no end: {view}")
    }

    fn remembers(&self, answer: Value) -> String {
        let read = of_slack(&answer);
        if let Bot::Slack(_, answers) = &self.stage.0 {
            answers.lock().unwrap().insert(self.name, answer);
        }
        read
    }

    fn at_slack(&self) -> Person<'a> {
        self.stage.app().person(self.name)
    }

    fn at_discord(&self, bot: &'a DiscordBot) -> DiscordPerson<'a> {
        DiscordPerson { bot, name: self.name }
    }
}

/// The fields of a view: what each is called, and its id.
fn named(view: &Value) -> Vec<(String, String)> {
    let inputs = view["blocks"].as_array().into_iter().flatten().filter(|block| block["type"] == "input");
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    inputs.map(|block| (text(&block["label"]["text"]), text(&block["block_id"]))).collect()
}

/// Runs conversations on each platform: each is a function that takes a [`Stage`].
#[macro_export]
macro_rules! on_each {
    ($($name:ident),+ $(,)?) => {$(
        mod $name {
            use $crate::harness::stage::{On, Stage};

            #[tokio::test]
            async fn on_slack() {
                super::$name(Stage::on(On::Slack).await).await;
            }

            #[tokio::test]
            async fn on_discord() {
                super::$name(Stage::on(On::Discord).await).await;
            }
        }
    )+};
}
