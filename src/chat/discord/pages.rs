//! How the pages of a form look: which fields stand on which, selects in a message, texts in a modal. Pure.

use serde_json::{Value, json};

use crate::chat::discord::components::{button_json, on_a_line, options, row};
use crate::chat::discord::form::{id, value};
use crate::chat::discord::limits;
use crate::chat::discord::text::{escape, paragraph, small};
use crate::chat::drafts::Draft;
use crate::chat::form::{Field, FieldKind, Form};
use crate::chat::message::{Choice, Style, Text, plain, strong};
use crate::chat::words::{cut, width};
use crate::text;

/// Selects of one page: a row of the message is for the button.
const CHOICES: usize = limits::ROWS - 1;
/// What is said of one field.
const HELP: usize = 300;

/// Some fields of a form, shown together.
#[derive(Debug, PartialEq)]
pub enum Page<'f> {
    /// As selects of a message.
    Choose(Vec<&'f Field>),
    /// As inputs of a modal.
    Write(Vec<&'f Field>),
}

impl<'f> Page<'f> {
    /// Its fields, from the top.
    pub fn fields(&self) -> &[&'f Field] {
        match self {
            Page::Choose(fields) | Page::Write(fields) => fields,
        }
    }
}

/// The pages, the choices first; `None` when a field has a name that no id could say.
pub fn pages(form: &Form) -> Option<Vec<Page<'_>>> {
    if form.fields.iter().any(|field| field.name.is_empty() || width(&input_id(field)) > limits::ID) {
        return None;
    }
    let flags_alone =
        form.fields.iter().all(|field| field.kind == FieldKind::Flag || offered(field).is_none());
    let one_modal = flags_alone && (1..=limits::MODAL_INPUTS).contains(&form.fields.len());
    let (write, choose): (Vec<&Field>, Vec<&Field>) =
        form.fields.iter().partition(|field| one_modal || offered(field).is_none());
    let mut all: Vec<Page<'_>> = choose.chunks(CHOICES).map(|some| Page::Choose(some.to_vec())).collect();
    all.extend(write.chunks(limits::MODAL_INPUTS).map(|some| Page::Write(some.to_vec())));
    if all.is_empty() {
        all.push(Page::Choose(Vec::new()));
    }
    Some(all)
}

/// What a select offers for the field; `None` where it cannot offer all of it, so that the value is typed
/// instead of being impossible to give.
fn offered(field: &Field) -> Option<Vec<Value>> {
    let yes_or_no = || {
        [("true", "Yes"), ("false", "No")]
            .map(|(value, label)| Choice { value: value.into(), label: label.into() })
    };
    let choices = match &field.kind {
        FieldKind::Flag => yes_or_no().to_vec(),
        FieldKind::Choice { choices } | FieldKind::Lookup { choices } | FieldKind::Multiple { choices } => {
            choices.clone()
        }
        FieldKind::Text { .. } | FieldKind::Number { .. } => return None,
    };
    let options = options(&choices);
    (!options.is_empty() && options.len() == choices.len()).then_some(options)
}

/// The id of a field's input in a modal: a private form says there what else nobody remembers.
pub(super) fn input_id(field: &Field) -> String {
    let kind = if field.kind == FieldKind::Flag { "flag" } else { "text" };
    format!("{kind}:{}", field.name)
}

/// The title of a modal, and which page it is of several.
pub(super) fn title(form: &Form, page: usize, of: usize) -> String {
    let place = if of > 1 { format!(" ({} of {of})", page + 1) } else { String::new() };
    on_a_line(&form.title, limits::MODAL_TITLE - width(&place)) + &place
}

/// The `data` of a modal.
pub(super) fn modal(
    id: &str,
    title: &str,
    fields: &[&Field],
    value: impl Fn(&Field) -> Option<String>,
) -> Value {
    let rows: Vec<Value> = fields.iter().map(|field| row(vec![input(field, value(field))])).collect();
    json!({ "custom_id": id, "title": title, "components": rows })
}

fn input(field: &Field, value: Option<String>) -> Value {
    let multiline = matches!(field.kind, FieldKind::Text { multiline: true });
    let label = called(field);
    let mut input = json!({
        "type": 4,
        "custom_id": input_id(field),
        "style": if multiline { 2 } else { 1 },
        "label": on_a_line(label, limits::INPUT_LABEL),
        "required": field.required,
        "max_length": limits::INPUT_TEXT,
    });
    let hint = match &field.kind {
        // Where the label is cut, the question goes before its explanation.
        _ if width(label) > limits::INPUT_LABEL => label.to_owned(),
        FieldKind::Flag => "yes or no".to_owned(),
        FieldKind::Choice { choices } | FieldKind::Multiple { choices } if !choices.is_empty() => {
            choices.iter().map(|choice| choice.value.as_str()).collect::<Vec<_>>().join(", ")
        }
        _ => field.help.clone().unwrap_or_default(),
    };
    if !hint.trim().is_empty() {
        input["placeholder"] = on_a_line(&hint, limits::INPUT_PLACEHOLDER).into();
    }
    if let Some(value) = value {
        let shown = match (&field.kind, value.as_str()) {
            (FieldKind::Flag, "true") => "yes".to_owned(),
            (FieldKind::Flag, "false") => "no".to_owned(),
            _ => cut(&value, limits::INPUT_TEXT),
        };
        input["value"] = shown.into();
    }
    input
}

/// A page of selects: what each is for above them, and the way on below.
pub(super) fn choices(
    draft: &Draft,
    fields: &[&Field],
    (page, of): (usize, usize),
    warning: Option<&str>,
) -> Value {
    let form = &draft.form;
    let mut lines = vec![paragraph(&text![strong(title(form, page, of))], limits::FIELD_NAME)];
    if let (0, Some(intro)) = (page, form.intro.as_deref().filter(|intro| !intro.trim().is_empty())) {
        lines.push(paragraph(&Text::from(intro), HELP));
    }
    lines.extend(fields.iter().map(|field| explained(field)));
    lines.extend(warning.map(escape));
    let select = |(n, field): (usize, &&Field)| {
        row(vec![select(field, &id(draft, page, &format!("pick{n}")), value(draft, field).as_deref())])
    };
    let mut rows: Vec<Value> = fields.iter().enumerate().map(select).collect();
    let label = if page + 1 == of { form.submit.as_str() } else { "Continue" };
    rows.push(row(vec![button_json(&id(draft, page, "leave"), label, Style::Primary)]));
    message(&lines, rows)
}

/// The only choice of a private form: choosing submits it.
pub(super) fn choice(form: &Form, field: &Field, id: &str) -> Value {
    let intro = form.intro.iter().map(|intro| paragraph(&Text::from(intro.as_str()), HELP));
    let lines: Vec<String> = intro.chain([explained(field)]).collect();
    message(&lines, vec![row(vec![select(field, id, field.value.as_deref())])])
}

/// What stands after a modal that is not the last page: it cannot be answered by the next one.
pub(super) fn between(draft: &Draft, page: usize, pages: &[Page<'_>]) -> Value {
    let next: Vec<&str> = pages[page + 1].fields().iter().map(|field| called(field)).collect();
    let done = format!("Page {} of {} is filled in, and nothing is sent yet.", page + 1, pages.len());
    let lines = [
        paragraph(&text![strong(draft.form.title.as_str()), " · ", done], limits::FIELD_NAME),
        small(&text![plain(format!("Next: {}.", next.join(", ")))], HELP),
    ];
    let buttons = vec![
        button_json(&id(draft, page + 1, "open"), "Continue", Style::Primary),
        button_json(&id(draft, page, "open"), "Edit", Style::Default),
    ];
    message(&lines, vec![row(buttons)])
}

fn select(field: &Field, id: &str, value: Option<&str>) -> Value {
    let mut options = offered(field).unwrap_or_default();
    let several = matches!(field.kind, FieldKind::Multiple { .. });
    let chosen: Vec<String> = match value {
        Some(list) if several => serde_json::from_str(list).unwrap_or_default(),
        Some(one) => vec![one.to_owned()],
        None => Vec::new(),
    };
    for option in &mut options {
        if chosen.iter().any(|value| option["value"] == value.as_str()) {
            option["default"] = true.into();
        }
    }
    json!({
        "type": 3,
        "custom_id": id,
        "placeholder": on_a_line(called(field), limits::PLACEHOLDER),
        "min_values": usize::from(field.required),
        "max_values": if several { options.len() } else { 1 },
        "options": options,
    })
}

fn explained(field: &Field) -> String {
    let help = Text::from(field.help.as_deref().unwrap_or_default());
    let mut line = text![strong(called(field)), if help.0.is_empty() { "" } else { ": " }];
    line.0.extend(help.0);
    paragraph(&line, HELP)
}

fn called(field: &Field) -> &str {
    if field.label.trim().is_empty() { &field.name } else { &field.label }
}

fn message(lines: &[String], rows: Vec<Value>) -> Value {
    json!({
        "content": lines.join("\n"),
        "embeds": [],
        "components": rows,
        "attachments": [],
        "allowed_mentions": { "parse": [] },
    })
}
