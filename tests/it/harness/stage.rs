//! One conversation on each platform: people act by lines, labels and words, and read the same.
//!
//! A test takes a [`Stage`] and says nothing of the platform; [`on_each!`](crate::on_each) runs it on all of
//! them. To add a platform: an [`On`], a [`Venue`], and what somebody does there, an [`Acting`].

use async_trait::async_trait;
use goldenpath::config::Config;
use serde_json::Value;

use super::discord_person::DiscordVenue;
use super::playground_person::PlaygroundVenue;
use super::slack_person::SlackVenue;
use super::test_app::TestApp;

/// A platform.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum On {
    Slack,
    Discord,
    Playground,
}

/// The bot, connected to a platform.
#[async_trait(?Send)]
pub trait Venue {
    /// The bot.
    fn app(&self) -> &TestApp;
    /// What everybody sees in the channel, message by message, as the platform has it.
    async fn shown(&self) -> Vec<Value>;
    /// A message as it is read.
    fn read(&self, shown: &Value) -> String;
    /// Somebody there.
    fn person(&self, name: &'static str) -> Box<dyn Acting + '_>;
    /// See [`TestApp::end`].
    async fn end(self: Box<Self>);
}

/// Something that somebody does.
#[derive(Debug, Clone, Copy)]
pub enum Act<'a> {
    /// They type a line, or call the sub-command that means it.
    Types(&'a str),
    /// They press the button with this label, the last one there is: of their answers, in the channel or the
    /// direct conversation. Where it asks first, they confirm.
    Presses(&'a str),
    /// They choose: what the choice is called, and what they choose there, or how that begins.
    Chooses(&'a str, &'a str),
}

/// What is given to a form: what each field is called, and what it gets. A choice gets the label or the value
/// of one, or of several between commas where several may be; a box `yes`.
pub type Values<'a> = &'a [(&'a str, &'a str)];

/// Somebody, by the means of a platform.
#[async_trait(?Send)]
pub trait Acting {
    /// Does it. What only they see then.
    async fn does(&self, act: Act<'_>) -> String;
    /// Does what opens a form, and goes through it without sending it: what it is called, then a line for
    /// each field, those that are needed with a star, and what stands there; in the order of the alphabet,
    /// since not every platform keeps the form's. What stands above them is for the renderers' snapshots:
    /// Discord's modals have no place for it.
    async fn opens(&self, act: Act<'_>) -> String;
    /// Does what opens a form, fills it in, and those that follow it. What is answered then.
    async fn fills(&self, act: Act<'_>, values: Values<'_>) -> String;
    /// Fills in once more what was refused.
    async fn corrects(&self, values: Values<'_>) -> String;
    /// What stands in the direct conversation between them and the bot.
    async fn reads_directly(&self) -> String;
    /// The picture or file of this name that they were sent.
    async fn file(&self, name: &str) -> Option<Vec<u8>>;
}

/// The bot, and the platform where people talk with it.
pub struct Stage(Box<dyn Venue>);

impl Stage {
    /// With a changed config.
    pub async fn on(platform: On, change: fn(&mut Config)) -> Stage {
        Stage(match platform {
            On::Slack => Box::new(SlackVenue::with(change).await),
            On::Discord => Box::new(DiscordVenue::with(change).await),
            On::Playground => Box::new(PlaygroundVenue::with(change).await),
        })
    }

    /// The app, for what is the same everywhere: jobs, time, rows.
    pub fn app(&self) -> &TestApp {
        self.0.app()
    }

    /// Somebody there, called as at the playground: Priya is a PM, Olga an admin.
    pub fn person(&self, name: &'static str) -> Player<'_> {
        Player(self.0.person(name))
    }

    /// What stands in the channel.
    pub async fn reads(&self) -> String {
        read_all(&*self.0, &self.0.shown().await)
    }

    /// The first link that stands in the channel.
    pub async fn link(&self) -> String {
        let shown = Value::from(self.0.shown().await).to_string();
        let start = shown.find("http://127.0.0.1:").expect("a link");
        shown[start..].split(['"', ' ', '>', ')']).next().unwrap_or_default().to_owned()
    }

    /// See [`TestApp::end`].
    pub async fn end(self) {
        self.0.end().await;
    }
}

/// Somebody on a stage.
pub struct Player<'a>(Box<dyn Acting + 'a>);

impl Player<'_> {
    /// See [`Act::Types`]; the answer.
    pub async fn runs(&self, line: &str) -> String {
        self.0.does(Act::Types(line)).await
    }

    /// See [`Act::Presses`]; what only they see then.
    pub async fn presses(&self, label: &str) -> String {
        self.0.does(Act::Presses(label)).await
    }

    /// See [`Act::Chooses`]; what only they see then.
    pub async fn chooses(&self, called: &str, chosen: &str) -> String {
        self.0.does(Act::Chooses(called, chosen)).await
    }

    /// Types a line that opens a form; see [`Acting::opens`].
    pub async fn opens(&self, line: &str) -> String {
        self.0.opens(Act::Types(line)).await
    }

    /// Presses what opens a form; see [`Acting::opens`].
    pub async fn presses_and_opens(&self, label: &str) -> String {
        self.0.opens(Act::Presses(label)).await
    }

    /// Types a line that opens a form, and fills it in; see [`Acting::fills`].
    pub async fn fills(&self, line: &str, values: Values<'_>) -> String {
        self.0.fills(Act::Types(line), values).await
    }

    /// The same of the form that the button with this label opens.
    pub async fn presses_and_fills(&self, label: &str, values: Values<'_>) -> String {
        self.0.fills(Act::Presses(label), values).await
    }

    /// Chooses what opens a form; see [`Acting::opens`].
    pub async fn chooses_and_opens(&self, called: &str, chosen: &str) -> String {
        self.0.opens(Act::Chooses(called, chosen)).await
    }

    /// Chooses what opens a form, and fills it in; see [`Acting::fills`].
    pub async fn chooses_and_fills(&self, called: &str, chosen: &str, values: Values<'_>) -> String {
        self.0.fills(Act::Chooses(called, chosen), values).await
    }

    /// See [`Acting::corrects`].
    pub async fn corrects(&self, values: Values<'_>) -> String {
        self.0.corrects(values).await
    }

    /// What stands in the direct conversation between them and the bot.
    pub async fn reads_directly(&self) -> String {
        self.0.reads_directly().await
    }

    /// Takes what they were sent: with an answer, or directly where answers hold no pictures and files.
    pub async fn takes(&self, name: &str) -> Vec<u8> {
        self.0.file(name).await.unwrap_or_else(|| panic!("nobody sent them {name}"))
    }
}

/// Messages as they are read.
pub fn read_all(venue: &(impl Venue + ?Sized), shown: &[Value]) -> String {
    shown.iter().map(|shown| venue.read(shown)).collect::<Vec<_>>().join("\n\n")
}

/// The value of what is called so, or begins so, among (label, value).
pub fn called(all: &[(String, String)], name: &str) -> Option<String> {
    let is = |(label, value): &&(String, String)| label.eq_ignore_ascii_case(name) || value == name;
    let begins = |(label, _): &&(String, String)| label.starts_with(name);
    all.iter().find(is).or(all.iter().find(begins)).map(|(_, value)| value.clone())
}

/// The values of what is called so, between commas.
pub fn all_called(all: &[(String, String)], names: &str) -> Vec<String> {
    let value = |name: &str| called(all, name).unwrap_or_else(|| panic!("no {name} in {all:?}"));
    names.split(", ").map(value).collect()
}

/// A field of a form: what it is called, whether it is needed, what stands there.
pub type Asked = (String, bool, String);

/// See [`Acting::opens`].
pub fn asked(title: &str, mut fields: Vec<Asked>) -> String {
    fields.sort();
    let line = |(label, needed, value): &Asked| {
        let value = if value.is_empty() { "…" } else { value };
        format!("{label}{}: {value}", if *needed { "*" } else { "" })
    };
    std::iter::once(title.to_owned()).chain(fields.iter().map(line)).collect::<Vec<_>>().join("\n")
}

/// A refused form, from each field's label and why. One that stays open, or may be corrected.
pub fn refused(reasons: impl IntoIterator<Item = (String, String)>) -> String {
    let mut lines: Vec<String> = reasons.into_iter().map(|(label, why)| format!("{label}: {why}")).collect();
    lines.sort();
    super::same_words::of_read(&lines.join("\n"))
}

/// Runs conversations on each platform, and ends the stage: each is a function that takes a [`Stage`]. Those
/// that need another config follow `with` what changes it: a function that takes it.
#[macro_export]
macro_rules! on_each {
    ($($name:ident),+ $(,)?) => { $crate::on_each!(@ $crate::harness::stage::unchanged; $($name)+); };
    (with $change:ident: $($name:ident),+ $(,)?) => { $crate::on_each!(@ super::$change; $($name)+); };
    (@ $change:path; $($name:ident)+) => {$(
        mod $name {
            use $crate::harness::stage::{On, Stage};

            async fn on(platform: On) {
                let stage = Stage::on(platform, $change).await;
                super::$name(&stage).await;
                stage.end().await;
            }

            #[tokio::test]
            async fn on_slack() {
                on(On::Slack).await;
            }

            #[tokio::test]
            async fn on_discord() {
                on(On::Discord).await;
            }

            #[tokio::test]
            async fn on_the_playground() {
                on(On::Playground).await;
            }
        }
    )+};
}

/// The config as it is shipped.
pub fn unchanged(_: &mut Config) {}

/// The same words on each platform, so that one snapshot is held to several.
#[macro_export]
macro_rules! reads {
    ($read:expr, @$words:literal) => {{
        let read = $read;
        insta::allow_duplicates! { insta::assert_snapshot!(read, @$words) }
    }};
}
