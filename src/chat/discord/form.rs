//! A neutral form on Discord, page by page: pure steps over what was given so far.
//!
//! A modal holds five text inputs and may not answer a modal, so a form is pages: first the choices, four
//! at a time as selects of a message for that person alone, then the texts, five at a time in modals. A
//! button *Continue* leads from page to page. What was given on the way is a
//! [`Draft`], named in the ids; what is typed on the last page is submitted and not kept.
//!
//! A private form is kept nowhere: it has one page, and its id says the command and what was decided.
//!
//! However often a form is submitted, it is done once: the one that it was is the draft, or the interaction
//! that opened the private modal.
//!
//! Why are choices no inputs of a modal? The gateway's library knows text inputs alone and drops others
//! without an error.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::chat::discord::limits;
use crate::chat::discord::pages::{self, Page, pages};
use crate::chat::discord::render;
use crate::chat::drafts::Draft;
use crate::chat::form::{Field, FieldKind, Form, refusals};
use crate::chat::inbound::Input;
use crate::chat::message::{Block, Button, ButtonValue, Message, strong};
use crate::chat::words::width;
use crate::text;

/// How the ids of a kept form begin: `form:DRAFT:PAGE:WHAT`.
const KEPT: &str = "form:";
/// How the id of a private modal begins: `ask:COMMAND:OPENED?FIXED`.
const ASK: &str = "ask:";
/// How the id of a private choice begins: `one:COMMAND:FIELD?FIXED`, or `many:` of several.
const ONE: &str = "one:";
/// See [`ONE`].
const MANY: &str = "many:";

/// What to answer somebody who fills in a form.
#[derive(Debug, Clone, PartialEq)]
pub enum Step {
    /// The `data` of a modal.
    Modal(Value),
    /// A message for that person alone, in place of the form's message before where there is one.
    Message(Value),
    /// All is given.
    Submit(Input),
}

/// What somebody did on a page of a form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Move {
    /// On a page of a draft.
    Page { draft: String, page: usize, deed: Deed },
    /// The only page of a private form: it is submitted. `opened` is the interaction that opened its modal; for
    /// `over` see [`Deed::Send`].
    Whole { input: Input, opened: Option<String>, over: bool },
}

/// See [`Move::Page`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Deed {
    /// They go to the page.
    Open,
    /// They chose on it: the field's number, and what.
    Pick(usize, Vec<String>),
    /// They go on from it.
    Leave,
    /// They sent its modal: input to text. `over` says that a message of the form stands where it was opened.
    Send { typed: Vec<(String, String)>, over: bool },
}

impl Move {
    /// Whether a message of the form stands there, whose place the answer takes.
    pub fn over(&self) -> bool {
        match self {
            Move::Page { deed: Deed::Send { over, .. }, .. } | Move::Whole { over, .. } => *over,
            Move::Page { .. } => true,
        }
    }
}

/// The first page; `None` when Discord's limits cannot hold the form.
pub fn open(draft: &Draft) -> Option<Step> {
    show(draft, 0, false, None)
}

/// The only page of a private form, whose ids say all there is to know; `opened` is the interaction that opens
/// it. `None` when they have no room for that.
pub fn open_private(form: &Form, opened: &str) -> Option<Step> {
    let pages = pages(form)?;
    let fixed: String =
        url::form_urlencoded::Serializer::new(String::new()).extend_pairs(&form.fixed).finish();
    let [page] = pages.as_slice() else { return None };
    let own = |field: &Field| field.value.clone().filter(|value| !value.is_empty());
    let (step, id) = match page {
        Page::Write(fields) => {
            let id = format!("{ASK}{}:{opened}?{fixed}", form.command);
            (Step::Modal(pages::modal(&id, &pages::title(form, 0, 1), fields, own)), id)
        }
        Page::Choose(fields) => {
            let [field] = fields.as_slice() else { return None };
            let start = if matches!(field.kind, FieldKind::Multiple { .. }) { MANY } else { ONE };
            let id = format!("{start}{}:{}?{fixed}", form.command, field.name);
            (Step::Message(pages::choice(form, field, &id)), id)
        }
    };
    (width(&id) <= limits::ID && !form.command.contains([':', '?'])).then_some(step)
}

/// The next step, and what is to be added to the draft first; `None` when the id makes no sense.
pub fn advance(draft: &Draft, page: usize, deed: &Deed) -> Option<(BTreeMap<String, String>, Step)> {
    let pages = pages(&draft.form)?;
    let fields = pages.get(page)?.fields();
    let none = BTreeMap::new;
    match deed {
        Deed::Open => Some((none(), show(draft, page, true, None)?)),
        Deed::Pick(number, chosen) => {
            let field = fields.get(*number)?;
            let given = BTreeMap::from([(field.name.clone(), picked(field, chosen))]);
            Some((given.clone(), show(&with(draft, &given), page, true, None)?))
        }
        Deed::Leave => {
            if let Some(missing) = fields.iter().find(|field| field.required && value(draft, field).is_none())
            {
                let sentence = format!("⚠️ Choose {} first.", missing.label);
                return Some((none(), show(draft, page, true, Some(&sentence))?));
            }
            match pages.len() == page + 1 {
                true => Some((none(), Step::Submit(submit(draft)))),
                false => Some((none(), show(draft, page + 1, true, None)?)),
            }
        }
        Deed::Send { typed, .. } => {
            let given = fields.iter().map(|field| (field.name.clone(), written(field, typed))).collect();
            let filled = with(draft, &given);
            match pages.len() == page + 1 {
                true => Some((none(), Step::Submit(submit(&filled)))),
                false => {
                    let kept = Step::Message(pages::between(&filled, page, &pages));
                    Some((given, kept))
                }
            }
        }
    }
}

/// The sentences of a form that was refused, and a button to its page; and what is to be added to the
/// draft so that the page shows what was typed.
pub fn refused(
    draft: &Draft,
    input: &Input,
    sentences: &BTreeMap<String, String>,
) -> (BTreeMap<String, String>, Value) {
    let all = pages(&draft.form).unwrap_or_default();
    let at =
        |name: &String| all.iter().position(|page| page.fields().iter().any(|field| field.name == *name));
    let page = sentences.keys().filter_map(at).min().unwrap_or(all.len().saturating_sub(1));
    let label = |(name, sentence): (&String, &String)| {
        let field = draft.form.fields.iter().find(|field| field.name == *name);
        (field.map_or(name, |field| &field.label).clone(), sentence.clone())
    };
    let sentences = sentences.iter().map(label).collect();
    let edit =
        Button { value: ButtonValue(id(draft, page, "open")), ..Button::new("Edit", "", "", "").primary() };
    let message = refusals(&sentences).buttons(vec![edit]);
    let given = match input {
        Input::Submit { values, .. } => {
            let field =
                |field: &Field| (field.name.clone(), values.get(&field.name).cloned().unwrap_or_default());
            draft.form.fields.iter().map(field).collect()
        }
        _ => BTreeMap::new(),
    };
    (given, render::message(&message))
}

/// The sentences of a private form that was refused, with what was typed for them to take along: it is
/// kept nowhere.
pub fn refused_whole(input: &Input, sentences: &BTreeMap<String, String>) -> Value {
    let mut message = refusals(sentences);
    if let Input::Submit { values, .. } = input {
        for (name, value) in values.iter().filter(|(_, value)| !value.is_empty()) {
            message = message.with(Block::Context { text: text![strong(name.as_str())] });
            message = message.with(Block::Log { text: value.clone() });
        }
    }
    render::message(&message.context("It is not kept. Open the form again to send it."))
}

/// What is said of a form that was sent already, or is older than a day.
pub fn gone() -> Value {
    render::message(&Message::new("This form was sent already, or is older than a day. Start it again."))
}

/// What pressing or choosing in a form's message means; `None` where it is no form's.
pub fn pressed(custom_id: &str, chosen: &[String]) -> Option<Move> {
    if let Some((draft, page, what)) = of_kept(custom_id) {
        let deed = match what {
            "open" => Deed::Open,
            "leave" => Deed::Leave,
            pick => Deed::Pick(pick.strip_prefix("pick")?.parse().ok()?, chosen.to_vec()),
        };
        return Some(Move::Page { draft: draft.to_owned(), page, deed });
    }
    let several = custom_id.strip_prefix(MANY);
    let (target, fixed) = several.or_else(|| custom_id.strip_prefix(ONE))?.split_once('?')?;
    let (command, field) = target.split_once(':')?;
    let value = if several.is_some() { json!(chosen).to_string() } else { chosen.first()?.clone() };
    let values = BTreeMap::from([(field.to_owned(), value)]);
    let input = Input::Submit { command: command.to_owned(), fixed: decided(fixed), values };
    Some(Move::Whole { input, opened: None, over: true })
}

/// What sending a modal means, by its id and its inputs; `None` where it is none of ours.
pub fn sent(custom_id: &str, data: &Value) -> Option<Move> {
    let typed = inputs(data);
    if let Some((draft, page, what)) = of_kept(custom_id) {
        let over = what == "again";
        let deed = (over || what == "send").then_some(Deed::Send { typed, over })?;
        return Some(Move::Page { draft: draft.to_owned(), page, deed });
    }
    let (target, fixed) = custom_id.strip_prefix(ASK)?.split_once('?')?;
    let (command, opened) = target.split_once(':').unzip();
    let value = |(id, text): (String, String)| {
        let (kind, name) = id.split_once(':')?;
        let text = if kind == "flag" { yes_or_no(&text) } else { text };
        (!text.is_empty()).then(|| (name.to_owned(), text))
    };
    let values = typed.into_iter().filter_map(value).collect();
    let command = command.unwrap_or(target).to_owned();
    let input = Input::Submit { command, fixed: decided(fixed), values };
    Some(Move::Whole { input, opened: opened.map(str::to_owned), over: false })
}

/// The texts of a modal by the ids of their inputs, in rows or under labels.
fn inputs(data: &Value) -> Vec<(String, String)> {
    let parts = data.get("components").and_then(Value::as_array).into_iter().flatten();
    let inside = |part: &Value| -> Vec<Value> {
        let row = part.get("components").and_then(Value::as_array).cloned().unwrap_or_default();
        row.into_iter().chain(part.get("component").cloned()).collect()
    };
    let text = |input: Value| {
        let value = input.get("value").and_then(Value::as_str).unwrap_or_default().replace('\0', "");
        Some((input.get("custom_id")?.as_str()?.to_owned(), value))
    };
    parts.flat_map(inside).filter_map(text).collect()
}

fn of_kept(custom_id: &str) -> Option<(&str, usize, &str)> {
    let mut parts = custom_id.strip_prefix(KEPT)?.splitn(3, ':');
    Some((parts.next()?, parts.next()?.parse().ok()?, parts.next()?))
}

/// The id of something on a page of a draft.
pub(super) fn id(draft: &Draft, page: usize, what: &str) -> String {
    format!("{KEPT}{}:{page}:{what}", draft.id)
}

/// The page as it is shown; `over` where a message of the form stands already.
fn show(draft: &Draft, page: usize, over: bool, warning: Option<&str>) -> Option<Step> {
    let pages = pages(&draft.form)?;
    Some(match pages.get(page)? {
        Page::Choose(fields) => Step::Message(pages::choices(draft, fields, (page, pages.len()), warning)),
        Page::Write(fields) => {
            let id = id(draft, page, if over { "again" } else { "send" });
            let values = |field: &Field| value(draft, field);
            Step::Modal(pages::modal(&id, &pages::title(&draft.form, page, pages.len()), fields, values))
        }
    })
}

fn decided(fixed: &str) -> Vec<(String, String)> {
    url::form_urlencoded::parse(fixed.as_bytes()).into_owned().collect()
}

fn with(draft: &Draft, given: &BTreeMap<String, String>) -> Draft {
    let mut draft = draft.clone();
    draft.given.extend(given.clone());
    draft
}

/// What a field holds by now; `None` for nothing.
pub(super) fn value(draft: &Draft, field: &Field) -> Option<String> {
    let value = draft.given.get(&field.name).or(field.value.as_ref());
    value.filter(|value| !value.is_empty() && *value != "[]").cloned()
}

fn submit(draft: &Draft) -> Input {
    let given = |field: &Field| Some((field.name.clone(), value(draft, field)?));
    let values = draft.form.fields.iter().filter_map(given).collect();
    Input::Submit { command: draft.form.command.clone(), fixed: draft.form.fixed.clone(), values }
}

/// A choice as its value: several as a JSON list, nothing as nothing.
fn picked(field: &Field, chosen: &[String]) -> String {
    match field.kind {
        FieldKind::Multiple { .. } => json!(chosen).to_string(),
        _ => chosen.first().cloned().unwrap_or_default(),
    }
}

/// What was typed into a field's input, as its value: a choice by what it is called, too.
fn written(field: &Field, typed: &[(String, String)]) -> String {
    let input = pages::input_id(field);
    let text = typed.iter().find(|(id, _)| *id == input).map(|(_, text)| text.as_str()).unwrap_or_default();
    match &field.kind {
        FieldKind::Flag => yes_or_no(text),
        FieldKind::Choice { choices } | FieldKind::Lookup { choices } => {
            let meant = |text: &str| {
                let is = |label: &str| label.trim().eq_ignore_ascii_case(text.trim());
                choices
                    .iter()
                    .find(|choice| choice.value == text)
                    .or(choices.iter().find(|choice| is(&choice.label)))
            };
            meant(text).map_or(text, |choice| &choice.value).to_owned()
        }
        _ => text.to_owned(),
    }
}

/// `true` or `false` of a word; another one is for the engine to refuse.
fn yes_or_no(text: &str) -> String {
    match text.trim().to_lowercase().as_str() {
        "yes" | "y" | "true" => "true".into(),
        "no" | "n" | "false" => "false".into(),
        _ => text.to_owned(),
    }
}
