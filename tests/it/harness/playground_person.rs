//! The playground as a [`Venue`], and somebody there as a person acts at the page: lines, presses by label,
//! dialogs.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Mutex;

use async_trait::async_trait;
use goldenpath::config::Config;
use serde_json::{Value, json};

use super::page::{CHANNEL, Page};
use super::reading::{choices_neutral, files_neutral, pressed_neutral, read_neutral};
use super::same_words::of_read;
use super::stage::{Act, Acting, Asked, Values, Venue, all_called, asked, called, read_all, refused};
use super::test_app::TestApp;

/// More forms than follow one another.
const FORMS: usize = 5;

/// A bot that has no chat but the playground, and the page.
pub struct PlaygroundVenue {
    app: TestApp,
    page: Page,
    /// The ids of answers: among the messages of a direct conversation they look like any.
    answers: Mutex<BTreeSet<String>>,
    /// Of each person the dialog that was refused, and where they are.
    refused: Mutex<BTreeMap<&'static str, (Value, String)>>,
}

impl PlaygroundVenue {
    pub async fn with(change: fn(&mut Config)) -> PlaygroundVenue {
        let app = TestApp::with(|config| {
            (config.slack.signing_secret, config.slack.bot_token) = (None, None);
            change(config);
        });
        let app = app.await;
        let base = app.sender.url.replace("/slack/events", "");
        let playground = app.app.playground.as_ref().unwrap();
        playground.listening_at(base.replace("http://", "").parse().unwrap());
        let page = Page::open(base, &playground.url()).await;
        PlaygroundVenue { app, page, answers: Mutex::default(), refused: Mutex::default() }
    }

    /// What the bot says in a conversation, before this persona's eyes.
    async fn said(&self, persona: &str, conversation: &str) -> Vec<Value> {
        let mut all = self.page.messages(persona, conversation).await;
        all.retain(|message| message["author"] == "bot");
        all
    }

    /// What stands there, without answers.
    async fn stands(&self, persona: &str, conversation: &str) -> Vec<Value> {
        let mut all = self.said(persona, conversation).await;
        let answers = self.answers.lock().unwrap();
        all.retain(|message| !answers.contains(&id(message)));
        all
    }
}

#[async_trait(?Send)]
impl Venue for PlaygroundVenue {
    fn app(&self) -> &TestApp {
        &self.app
    }

    async fn shown(&self) -> Vec<Value> {
        self.stands("grace", CHANNEL).await
    }

    fn read(&self, shown: &Value) -> String {
        of_read(&self.app.without_folder(&read_neutral(&shown["blocks"])))
    }

    fn person(&self, name: &'static str) -> Box<dyn Acting + '_> {
        Box::new(PlaygroundPerson { venue: self, user: name.to_lowercase(), name })
    }

    async fn end(self: Box<Self>) {
        self.app.end().await;
    }
}

struct PlaygroundPerson<'a> {
    venue: &'a PlaygroundVenue,
    user: String,
    name: &'static str,
}

#[async_trait(?Send)]
impl Acting for PlaygroundPerson<'_> {
    async fn does(&self, act: Act<'_>) -> String {
        let (told, _, answer) = self.acts(act).await;
        assert_eq!(told, json!({ "done": true }), "{act:?}");
        answer
    }

    async fn opens(&self, act: Act<'_>) -> String {
        let (form, _) = self.form(act).await;
        asked(&text(&form["title"]), list(&form["fields"]).iter().map(field_asked).collect())
    }

    async fn fills(&self, act: Act<'_>, values: Values<'_>) -> String {
        let (form, conversation) = self.form(act).await;
        self.goes_on(form, &conversation, values).await
    }

    async fn corrects(&self, values: Values<'_>) -> String {
        let kept = self.venue.refused.lock().unwrap().remove(self.name);
        let (form, conversation) = kept.expect("nothing was refused");
        self.goes_on(form, &conversation, values).await
    }

    async fn reads_directly(&self) -> String {
        read_all(self.venue, &self.venue.stands(&self.user, &self.direct()).await)
    }

    async fn file(&self, name: &str) -> Option<Vec<u8>> {
        let messages = self.venue.said(&self.user, CHANNEL).await;
        let mut digests = messages.iter().flat_map(|message| files_neutral(&message["blocks"]));
        let (_, digest) = digests.find(|(called, _)| called == name)?;
        Some(self.venue.page.file(&digest).await)
    }
}

impl PlaygroundPerson<'_> {
    fn direct(&self) -> String {
        format!("dm:{}", self.user)
    }

    /// What the page is told, where that was, and what is answered.
    async fn acts(&self, act: Act<'_>) -> (Value, String, String) {
        let (path, conversation, body) = match act {
            Act::Types(line) => ("command", CHANNEL.to_owned(), json!({ "line": line })),
            Act::Presses(label) => self.under(label, pressed_neutral, label).await,
            Act::Chooses(called, chosen) => {
                self.under(called, |blocks| choices_neutral(blocks, called), chosen).await
            }
        };
        let (told, answer) = self.told(path, &conversation, body).await;
        if path == "press" {
            self.venue.app.run_jobs().await;
        }
        (told, conversation, answer)
    }

    /// One action, and the messages that answer it.
    async fn told(&self, path: &str, conversation: &str, body: Value) -> (Value, String) {
        let before: BTreeSet<String> =
            self.venue.said(&self.user, conversation).await.iter().map(id).collect();
        let told = self.venue.page.acts(path, &self.user, conversation, body).await;
        let mut news = self.venue.said(&self.user, conversation).await;
        news.retain(|message| !before.contains(&id(message)));
        self.venue.answers.lock().unwrap().extend(news.iter().map(id));
        (told, read_all(self.venue, &news))
    }

    /// The press of what is called `name` among what `pressed` finds: in their answers, in the channel or the
    /// direct conversation.
    async fn under(
        &self,
        what: &str,
        pressed: impl Fn(&Value) -> Vec<(String, String)>,
        name: &str,
    ) -> (&'static str, String, Value) {
        let mut answers = Vec::new();
        let mut standing = Vec::new();
        for conversation in [CHANNEL, &self.direct()] {
            let all = self.venue.said(&self.user, conversation).await;
            let known = self.venue.answers.lock().unwrap();
            let (own, others): (Vec<_>, Vec<_>) =
                all.into_iter().partition(|message| known.contains(&id(message)));
            answers.extend(own);
            standing.extend(others.into_iter().rev());
        }
        answers.sort_by_key(|message| std::cmp::Reverse(message["position"].as_i64()));
        let found = answers.into_iter().chain(standing).find_map(|message| {
            let value = called(&pressed(&message["blocks"]), name)?;
            let conversation = message["conversation"].as_str()?.to_owned();
            Some(("press", conversation, json!({ "message": message["id"], "value": value })))
        });
        found.unwrap_or_else(|| panic!("nobody shows {} {what} ({name})", self.name))
    }

    async fn form(&self, act: Act<'_>) -> (Value, String) {
        let (told, conversation, answer) = self.acts(act).await;
        assert!(told["form"].is_object(), "{act:?}: no form opened, but {answer}");
        (told["form"].clone(), conversation)
    }

    async fn goes_on(&self, mut form: Value, conversation: &str, values: Values<'_>) -> String {
        let mut filled = 0;
        for _ in 0..FORMS {
            for field in form["fields"].as_array_mut().unwrap() {
                let value = values.iter().find(|(label, _)| field["label"] == *label);
                filled += usize::from(value.is_some());
                field["value"] = value.map_or(field["value"].clone(), |(_, value)| takes(field, value));
            }
            let fields = list(&form["fields"]).iter().filter(|field| field["value"].is_string());
            let named = fields.map(|field| (text(&field["name"]), field["value"].clone()));
            let sent = json!({
                "command": form["command"], "fixed": form["fixed"],
                "values": named.collect::<serde_json::Map<_, _>>(),
            });
            let (told, answer) = self.told("submit", conversation, sent).await;
            if let Some(why) = told["refused"].as_object() {
                let label = |name: &String| {
                    let field = list(&form["fields"]).iter().find(|field| field["name"] == *name);
                    field.map_or_else(String::new, |field| text(&field["label"]))
                };
                let reasons: Vec<_> = why.iter().map(|(name, why)| (label(name), text(why))).collect();
                let kept = (form, conversation.to_owned());
                self.venue.refused.lock().unwrap().insert(self.name, kept);
                return refused(reasons);
            }
            if told["form"].is_null() {
                assert_eq!(filled, values.len(), "{form}");
                return answer;
            }
            form = told["form"].clone();
        }
        panic!("the form has no end: {form}")
    }
}

fn field_asked(field: &Value) -> Asked {
    let value = text(&field["value"]);
    let shown = match field["kind"]["kind"].as_str() {
        Some("flag") if value == "true" => "yes".to_owned(),
        Some("flag") => String::new(),
        _ => {
            let choice = list(&field["kind"]["choices"]).iter().find(|choice| choice["value"] == *value);
            choice.map_or(value, |choice| text(&choice["label"]))
        }
    };
    (text(&field["label"]), field["required"] == true, shown)
}

/// What the dialog makes of this.
fn takes(field: &Value, value: &str) -> Value {
    if field["kind"]["kind"] == "flag" {
        return (value == "yes").to_string().into();
    }
    let choices = list(&field["kind"]["choices"]).iter();
    let choices: Vec<_> = choices.map(|choice| (text(&choice["label"]), text(&choice["value"]))).collect();
    match field["kind"]["kind"] == "multiple" {
        true => json!(all_called(&choices, value)).to_string().into(),
        false => called(&choices, value).unwrap_or_else(|| value.to_owned()).into(),
    }
}

fn id(message: &Value) -> String {
    text(&message["id"])
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}
