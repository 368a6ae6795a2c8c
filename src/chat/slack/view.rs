//! A neutral form as a Slack modal, and a message shown in one: pure.

use serde::{Deserialize, Serialize};
use slack_morphism::prelude::*;

use crate::chat::form::{Field, FieldKind, Form};
use crate::chat::inbound::Place;
use crate::chat::message::{Choice, Message, Text};
use crate::chat::slack::limits;
use crate::chat::slack::render::{Surface, blocks, option};
use crate::chat::slack::text::{paragraph, plain, runs};
use crate::chat::words::{cut, width};

/// The action id of a choice that is looked up while it is typed.
pub const LOOKUP: &str = "lookup";
/// The action id of a yes-or-no box: Slack reports it as a list like any other box.
pub const FLAG: &str = "flag";

/// What a view carries for us until it is submitted; nothing in it is secret.
#[derive(Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Metadata {
    pub command: String,
    #[serde(default)]
    pub fixed: Vec<(String, String)>,
    #[serde(default)]
    pub place: Option<Place>,
}

/// The modal; `None` when Slack's limits cannot hold the form, because half of one
/// would run another command than the one that was meant.
pub fn form(form: &Form, place: &Place) -> Option<SlackView> {
    let metadata =
        Metadata { command: form.command.clone(), fixed: form.fixed.clone(), place: Some(place.clone()) };
    let metadata = serde_json::to_string(&metadata).ok().filter(|m| width(m) <= limits::VIEW_METADATA)?;
    let intro = form.intro.as_ref().and_then(|s| paragraph(runs(&Text::from(s.as_str()), limits::PARAGRAPH)));
    let inputs: Vec<SlackBlock> = form.fields.iter().map(input).collect::<Option<_>>()?;
    let mut blocks: Vec<SlackBlock> = intro.into_iter().chain(inputs).collect();
    if blocks.is_empty() {
        blocks.extend(paragraph(runs(&Text::from(form.title.as_str()), limits::PARAGRAPH)));
    }
    if blocks.is_empty() || blocks.len() > limits::VIEW_BLOCKS || width(&form.command) > limits::ID {
        return None;
    }
    let modal = SlackModalView::new(plain(&form.title, limits::VIEW_TITLE), blocks)
        .with_submit(plain(&form.submit, limits::VIEW_TITLE))
        .with_close(plain("Cancel", limits::VIEW_TITLE))
        .with_callback_id(form.command.clone().into())
        .with_private_metadata(metadata);
    Some(SlackView::Modal(modal))
}

/// A message in a modal that can only be closed.
pub fn message(title: &str, message: &Message) -> SlackView {
    let mut blocks = blocks(message, Surface::Modal);
    if blocks.is_empty() {
        blocks.extend(paragraph(runs(&Text::from("Nothing to add."), limits::PARAGRAPH)));
    }
    let modal = SlackModalView::new(plain(title, limits::VIEW_TITLE), blocks);
    SlackView::Modal(modal.with_close(plain("Close", limits::VIEW_TITLE)))
}

/// A message as somebody's App Home.
pub fn home(message: &Message) -> SlackView {
    SlackView::Home(SlackHomeView::new(blocks(message, Surface::Home)))
}

fn input(field: &Field) -> Option<SlackBlock> {
    let id = usable_id(&field.name)?;
    let flag = field.kind == FieldKind::Flag;
    let help = field.help.as_deref().filter(|help| !help.trim().is_empty());
    let label = if field.label.trim().is_empty() { &field.name } else { &field.label };
    let block = SlackInputBlock::new(plain(label, limits::INPUT_LABEL), element(field))
        .with_block_id(id.into())
        .opt_hint(help.map(|help| plain(help, limits::INPUT_LABEL)))
        .with_optional(flag || !field.required);
    Some(block.into())
}

fn usable_id(name: &str) -> Option<String> {
    (!name.is_empty() && width(name) <= limits::ID).then(|| name.to_owned())
}

fn element(field: &Field) -> SlackInputBlockElement {
    match &field.kind {
        FieldKind::Text { multiline } => typed(field, *multiline).into(),
        FieldKind::Number { whole } => number(field, *whole).into(),
        FieldKind::Lookup { choices } if choices.len() > limits::OPTIONS => external(field, choices).into(),
        FieldKind::Choice { choices } | FieldKind::Lookup { choices } => match groups(choices) {
            Some(list) => select(field, list).into(),
            None => typed(field, false).into(),
        },
        FieldKind::Multiple { choices } => match groups(choices) {
            Some(list) => multiple(field, choices, list),
            // As the command line takes a list: the engine parses the words.
            None => typed(field, false).into(),
        },
        FieldKind::Flag => flag(field).into(),
    }
}

fn typed(field: &Field, multiline: bool) -> SlackBlockPlainTextInputElement {
    let value = field.value.as_deref().filter(|value| !value.is_empty());
    SlackBlockPlainTextInputElement::new()
        .with_action_id("text".into())
        .with_multiline(multiline)
        .with_max_length(limits::INPUT_TEXT as u64)
        .opt_initial_value(value.map(|value| cut(value, limits::INPUT_TEXT)))
}

fn number(field: &Field, whole: bool) -> SlackBlockNumberInputElement {
    let numeric = |value: &&String| match whole {
        true => value.parse::<i64>().is_ok(),
        false => value.parse::<f64>().is_ok_and(f64::is_finite),
    };
    SlackBlockNumberInputElement::new(!whole)
        .with_action_id("number".into())
        .opt_initial_value(field.value.as_ref().filter(numeric).cloned())
}

type Item = SlackBlockChoiceItem<SlackBlockPlainTextOnly>;

/// The choices as one list or, above Slack's hundred, in groups; `None` when they cannot
/// all be offered, so that the value is typed instead of being impossible to give.
fn groups(choices: &[Choice]) -> Option<Vec<Vec<Item>>> {
    let options: Vec<Item> = choices.iter().map(option).collect::<Option<_>>()?;
    let groups: Vec<Vec<Item>> = options.chunks(limits::OPTIONS).map(<[_]>::to_vec).collect();
    (!groups.is_empty() && groups.len() <= limits::OPTION_GROUPS).then_some(groups)
}

fn select(field: &Field, mut groups: Vec<Vec<Item>>) -> SlackBlockStaticSelectElement {
    let chosen = field.value.as_deref();
    let initial = groups.iter().flatten().find(|item| Some(item.value.as_str()) == chosen).cloned();
    let element = SlackBlockStaticSelectElement::new()
        .with_action_id("choice".into())
        .with_placeholder("Choose one".into())
        .opt_initial_option(initial);
    match groups.len() {
        1 => element.with_options(groups.remove(0)),
        _ => element.with_option_groups(labelled(groups)),
    }
}

fn external(field: &Field, choices: &[Choice]) -> SlackBlockExternalSelectElement {
    let chosen = choices.iter().find(|choice| Some(&choice.value) == field.value.as_ref());
    SlackBlockExternalSelectElement::new()
        .with_action_id(LOOKUP.into())
        .with_placeholder("Type to find one".into())
        .with_min_query_length(0)
        .opt_initial_option(chosen.and_then(option))
}

fn multiple(field: &Field, choices: &[Choice], mut groups: Vec<Vec<Item>>) -> SlackInputBlockElement {
    let chosen: Vec<String> =
        field.value.as_deref().and_then(|value| serde_json::from_str(value).ok()).unwrap_or_default();
    let picked = |item: &&Item| chosen.contains(&item.value);
    let initial: Vec<Item> = groups.iter().flatten().filter(picked).cloned().collect();
    let initial = (!initial.is_empty()).then_some(initial);
    if choices.len() <= limits::CHECKBOXES {
        let boxes = |items: Vec<Item>| items.into_iter().map(boxed).collect::<Vec<_>>();
        let element = SlackBlockCheckboxesElement::new(boxes(groups.remove(0)))
            .with_action_id("multiple".into())
            .opt_initial_options(initial.map(boxes));
        return element.into();
    }
    let element = SlackBlockMultiStaticSelectElement::new()
        .with_action_id("multiple".into())
        .with_placeholder("Choose any".into())
        .opt_initial_options(initial);
    match groups.len() {
        1 => element.with_options(groups.remove(0)).into(),
        _ => element.with_option_groups(labelled(groups)).into(),
    }
}

fn flag(field: &Field) -> SlackBlockCheckboxesElement {
    let yes = SlackBlockChoiceItem::new(plain("Yes", limits::OPTION_TEXT).into(), "true".to_owned());
    let set = field.value.as_deref() == Some("true");
    SlackBlockCheckboxesElement::new(vec![yes.clone()])
        .with_action_id(FLAG.into())
        .opt_initial_options(set.then(|| vec![yes]))
}

fn boxed(item: Item) -> SlackBlockChoiceItem<SlackBlockText> {
    SlackBlockChoiceItem::new(item.text.into(), item.value)
}

fn labelled(groups: Vec<Vec<Item>>) -> Vec<SlackBlockOptionGroup<SlackBlockPlainTextOnly>> {
    let label = |n: usize, len: usize| format!("{}–{}", n * limits::OPTIONS + 1, n * limits::OPTIONS + len);
    let named = groups.into_iter().enumerate();
    named
        .map(|(n, items)| {
            SlackBlockOptionGroup::new(plain(&label(n, items.len()), limits::OPTION_TEXT), items)
        })
        .collect()
}
