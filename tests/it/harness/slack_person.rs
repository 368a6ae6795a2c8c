//! Slack as a [`Venue`], and somebody there as a person acts: lines, presses by label, modals.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Mutex;

use async_trait::async_trait;
use goldenpath::config::Config;
use serde_json::{Value, json};

use super::reading;
use super::same_words::of_slack;
use super::stage::{Act, Acting, Asked, Values, Venue, all_called, asked, called, read_all, refused};
use super::test_app::{Person, TestApp, pressing};

/// The channel of the conversation.
const CHANNEL: &str = "C1";
/// More forms than follow one another.
const FORMS: usize = 5;

/// A bot that is connected to Slack, and what its people have open.
pub struct SlackVenue {
    app: TestApp,
    /// Of each person the answers, the last one first, whose buttons they may press.
    answers: Mutex<BTreeMap<&'static str, VecDeque<Value>>>,
    /// Of each person the modal that was refused.
    refused: Mutex<BTreeMap<&'static str, Value>>,
}

impl SlackVenue {
    pub async fn with(change: fn(&mut Config)) -> SlackVenue {
        let app = TestApp::with(change).await;
        SlackVenue { app, answers: Mutex::default(), refused: Mutex::default() }
    }
}

#[async_trait(?Send)]
impl Venue for SlackVenue {
    fn app(&self) -> &TestApp {
        &self.app
    }

    async fn shown(&self) -> Vec<Value> {
        self.app.fake.shown_in(CHANNEL)
    }

    fn read(&self, shown: &Value) -> String {
        self.app.without_folder(&of_slack(shown))
    }

    fn person(&self, name: &'static str) -> Box<dyn Acting + '_> {
        Box::new(SlackPerson { venue: self, person: self.app.person(name), name })
    }

    async fn end(self: Box<Self>) {
        self.app.end().await;
    }
}

struct SlackPerson<'a> {
    venue: &'a SlackVenue,
    person: Person<'a>,
    name: &'static str,
}

#[async_trait(?Send)]
impl Acting for SlackPerson<'_> {
    async fn does(&self, act: Act<'_>) -> String {
        let (answer, view) = self.acts(act).await;
        assert!(view.as_ref().is_none_or(|view| fields(view).is_empty()), "{act:?} opened {view:?}");
        view.or(answer).map(|answer| self.remembers(answer)).unwrap_or_default()
    }

    async fn opens(&self, act: Act<'_>) -> String {
        let view = self.form(act).await;
        let title = view["title"]["text"].as_str().unwrap_or_default();
        asked(title, fields(&view).into_iter().map(|field| field.asked()).collect())
    }

    async fn fills(&self, act: Act<'_>, values: Values<'_>) -> String {
        let view = self.form(act).await;
        self.goes_on(view, values).await
    }

    async fn corrects(&self, values: Values<'_>) -> String {
        let view = self.venue.refused.lock().unwrap().remove(self.name).expect("nothing was refused");
        self.goes_on(view, values).await
    }

    async fn reads_directly(&self) -> String {
        read_all(self.venue, &self.venue.app.fake.shown_in(&self.person.direct()))
    }

    async fn file(&self, name: &str) -> Option<Vec<u8>> {
        let shown = Value::from(self.venue.app.fake.shown_in(&self.person.direct())).to_string();
        let memory = self.venue.app.fake.memory();
        let theirs = memory.files.iter().find(|(id, file)| file.name == name && shown.contains(id.as_str()));
        theirs.map(|(_, file)| file.bytes.clone())
    }
}

impl SlackPerson<'_> {
    /// What is answered, and the modal that opens.
    async fn acts(&self, act: Act<'_>) -> (Option<Value>, Option<Value>) {
        let before = self.venue.app.fake.memory().views.len();
        let answer = match act {
            Act::Types(line) => Some(self.person.types(line).await),
            Act::Presses(label) => {
                let button = |body: &Value| {
                    let found = reading::buttons(body).into_iter().find(|(name, _)| name == label)?;
                    Some(pressing(&found.1))
                };
                self.under(label, button).await
            }
            Act::Chooses(called, chosen) => self.under(called, |body| choice(body, called, chosen)).await,
        };
        let view = self.venue.app.fake.memory().views.get(before).cloned();
        (answer, view)
    }

    /// Does what `find` finds: in their answers, in the channel or the direct conversation.
    async fn under(&self, what: &str, find: impl Fn(&Value) -> Option<Value>) -> Option<Value> {
        let answers = self.venue.answers.lock().unwrap().get(self.name).cloned().unwrap_or_default();
        let direct = self.person.direct();
        let posted = [CHANNEL, &direct]
            .into_iter()
            .flat_map(|channel| self.venue.app.fake.shown_in(channel).into_iter().rev().collect::<Vec<_>>());
        let found = answers.into_iter().chain(posted).find_map(|body| Some((find(&body)?, body)));
        let (action, body) = found.unwrap_or_else(|| panic!("nobody shows {} {what}", self.name));
        if body["type"] == "modal" {
            self.person.acts_in(&body, action).await;
            return None;
        }
        self.person.acts(action).await.pop()
    }

    async fn form(&self, act: Act<'_>) -> Value {
        let (answer, view) = self.acts(act).await;
        view.unwrap_or_else(|| panic!("{act:?}: no form opened, but {answer:?}"))
    }

    async fn goes_on(&self, mut view: Value, values: Values<'_>) -> String {
        let mut filled = 0;
        for _ in 0..FORMS {
            let fields = fields(&view);
            let typed: Vec<(&str, String)> = values
                .iter()
                .filter_map(|(label, value)| {
                    let field = fields.iter().find(|field| field.label == *label)?;
                    Some((field.id.as_str(), field.takes(value)))
                })
                .collect();
            filled += typed.len();
            let typed: Vec<(&str, &str)> = typed.iter().map(|(id, value)| (*id, value.as_str())).collect();
            let answer = self.person.submits(&view, &typed).await;
            if let Some(errors) = answer["errors"].as_object() {
                let label = |id: &String| fields.iter().find(|field| field.id == *id).unwrap().label.clone();
                let reasons: Vec<_> =
                    errors.iter().map(|(id, why)| (label(id), why.as_str().unwrap().to_owned())).collect();
                self.venue.refused.lock().unwrap().insert(self.name, with(view, &typed));
                return refused(reasons);
            }
            let id = view["id"].clone();
            if !answer["view"].is_object() || self::fields(&answer["view"]).is_empty() {
                assert_eq!(filled, values.len(), "{view}");
                let mut shown = answer["view"].clone();
                shown["id"] = id;
                return self.remembers(shown);
            }
            view = answer["view"].clone();
            view["id"] = id;
        }
        panic!("the form has no end: {view}")
    }

    fn remembers(&self, answer: Value) -> String {
        let read = self.venue.read(&answer);
        self.venue.answers.lock().unwrap().entry(self.name).or_default().push_front(answer);
        read
    }
}

/// What somebody chooses in the choice that is called so.
fn choice(body: &Value, name: &str, chosen: &str) -> Option<Value> {
    let blocks = body["blocks"].as_array().into_iter().flatten();
    let mut elements = blocks.filter_map(|block| block["elements"].as_array()).flatten();
    let select = elements.find(|element| element["placeholder"]["text"] == name)?;
    let value = called(&options(select), chosen).unwrap_or_else(|| panic!("no {chosen} in {select}"));
    Some(json!({
        "type": "static_select", "action_id": select["action_id"], "selected_option": { "value": value },
    }))
}

fn options(select: &Value) -> Vec<(String, String)> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let options = select["options"].as_array().into_iter().flatten();
    options.map(|option| (text(&option["text"]["text"]), text(&option["value"]))).collect()
}

/// A field of a modal.
struct Field {
    label: String,
    id: String,
    needed: bool,
    element: Value,
}

fn fields(view: &Value) -> Vec<Field> {
    let inputs = view["blocks"].as_array().into_iter().flatten().filter(|block| block["type"] == "input");
    let field = |block: &Value| Field {
        label: block["label"]["text"].as_str().unwrap().to_owned(),
        id: block["block_id"].as_str().unwrap().to_owned(),
        needed: block["optional"] != true,
        element: block["element"].clone(),
    };
    inputs.map(field).collect()
}

impl Field {
    fn asked(self) -> Asked {
        let text = |value: &Value| value.as_str().map(str::to_owned);
        let chosen = text(&self.element["initial_option"]["text"]["text"]);
        let ticked = self.element["initial_options"].as_array().map(|_| "yes".to_owned());
        let chosen = chosen.or(ticked);
        let value = text(&self.element["initial_value"]).or(chosen).unwrap_or_default();
        (self.label, self.needed, value)
    }

    /// What is submitted for this.
    fn takes(&self, value: &str) -> String {
        if self.element["type"] == "checkboxes" {
            return json!(all_called(&options(&self.element), value)).to_string();
        }
        called(&options(&self.element), value).unwrap_or_else(|| value.to_owned())
    }
}

/// The modal with what was typed, since it stays open.
fn with(mut view: Value, typed: &[(&str, &str)]) -> Value {
    for block in view["blocks"].as_array_mut().into_iter().flatten() {
        if let Some((_, value)) = typed.iter().find(|(id, _)| block["block_id"] == *id) {
            block["element"]["initial_value"] = (*value).into();
        }
    }
    view
}
