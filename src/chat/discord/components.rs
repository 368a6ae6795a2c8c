//! Buttons and selects in rows, and what their ids mean when they are pressed: pure.
//!
//! An id says what is meant and nothing else: of a button its value, of a select `choose:COMMAND`, of a
//! button that is confirmed first `confirm?VALUE|TITLE`, of the one that confirms it `sure?VALUE`, of forms
//! see [`super::form`]. None gives authority; that is the row behind it.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};
use url::Url;

use crate::chat::discord::limits;
use crate::chat::discord::render::counted;
use crate::chat::discord::text::{escape, paragraph};
use crate::chat::message::{Block, Button, ButtonValue, Choice, Message, Style, Text};
use crate::chat::words::{cut, filled, web_url, width};

/// How the id of a select begins; the rest is the command, and a number where there are several.
const CHOOSE: &str = "choose:";
/// How the id of a button begins that is confirmed first.
const CONFIRM: &str = "confirm?";
/// How the id of the button begins that confirms it.
const SURE: &str = "sure?";

/// What a press means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Pressed {
    /// A command.
    Value(ButtonValue),
    /// A command, once it is confirmed: [`confirm`] asks.
    Confirm { value: ButtonValue, title: Option<String> },
    /// A command that is confirmed by this; what it comes to takes the question's place.
    Sure(ButtonValue),
}

/// What the press of a button or a choice means, by its id and what was chosen.
pub fn pressed(custom_id: &str, chosen: &[String]) -> Option<Pressed> {
    if let Some(command) = custom_id.strip_prefix(CHOOSE) {
        let command = command.split(':').next().unwrap_or_default();
        return Some(Pressed::Value(ButtonValue::new(command, chosen.first()?, "")));
    }
    if let Some(value) = custom_id.strip_prefix(SURE) {
        return Some(Pressed::Sure(ButtonValue(value.to_owned())));
    }
    let Some(rest) = custom_id.strip_prefix(CONFIRM) else {
        return Some(Pressed::Value(ButtonValue(custom_id.to_owned())));
    };
    let (value, title) = match rest.split_once('|') {
        Some((value, title)) => (value, Some(title.to_owned())),
        None => (rest, None),
    };
    Some(Pressed::Confirm { value: ButtonValue(value.to_owned()), title })
}

/// Asks before something is done that cannot be undone, in a message for the presser alone: Discord has
/// no dialog for it. `label` is the pressed button's, `words` what its command says of it.
pub fn confirm(value: &ButtonValue, title: Option<&str>, label: &str, words: Option<&str>) -> Value {
    let verb = label.split(SUBJECT).next().unwrap_or(label);
    let asked = title.map_or_else(|| format!("{verb}?"), str::to_owned);
    let words = paragraph(&Text::from(words.unwrap_or("It cannot be undone.")), limits::CONTENT / 2);
    json!({
        "content": format!("**{}**\n{words}", escape(filled(&asked))),
        "embeds": [],
        "components": [row(vec![button_json(&format!("{SURE}{}", value.0), verb, Style::Danger)])],
        "attachments": [],
        "allowed_mentions": { "parse": [] },
    })
}

/// Between a label and what it is about.
const SUBJECT: &str = " · ";

/// The rows below a message, filled from the top.
pub(super) struct Rows {
    rows: Vec<Value>,
    /// The ids so far; a second button of one id would do the same.
    ids: BTreeSet<String>,
    /// How often a label occurs.
    labels: BTreeMap<String, usize>,
    /// Rows that are kept for selects: one leads to more than a row of buttons does.
    kept: usize,
    /// Rows that nothing else needs: for selects of more choices than one holds.
    spare: usize,
    hidden: usize,
    notes: Vec<String>,
}

impl Rows {
    pub(super) fn new(message: &Message) -> Self {
        let (mut labels, mut kept, mut needed) = (BTreeMap::new(), 0, 0);
        for block in &message.blocks {
            match block {
                Block::Actions { buttons } => {
                    needed += buttons.len().div_ceil(limits::BUTTONS);
                    buttons.iter().for_each(|button| *labels.entry(button.label.clone()).or_insert(0) += 1);
                }
                Block::Select { choices, .. } if !options(choices).is_empty() => kept += 1,
                _ => {}
            }
        }
        let spare = limits::ROWS.saturating_sub(kept + needed);
        Rows { rows: Vec::new(), ids: BTreeSet::new(), labels, kept, spare, hidden: 0, notes: Vec::new() }
    }

    /// The buttons of a block below a paragraph about `about`.
    pub(super) fn buttons(&mut self, buttons: &[Button], about: Option<&str>) {
        let drawn: Vec<Value> = buttons.iter().filter_map(|button| self.button(button, about)).collect();
        // As many in each row: eleven are four, four and three.
        let rows = drawn.len().div_ceil(limits::BUTTONS).max(1);
        for some in drawn.chunks(drawn.len().div_ceil(rows).max(1)) {
            match self.rows.len() + self.kept < limits::ROWS {
                true => self.rows.push(row(some.to_vec())),
                false => self.hidden += some.len(),
            }
        }
    }

    /// `None` for an address that is no web address and for a value that Discord would not take: half of
    /// either means something else.
    fn button(&mut self, button: &Button, about: Option<&str>) -> Option<Value> {
        let several = self.labels.get(&button.label).is_some_and(|count| *count > 1);
        let label = match about.filter(|_| several) {
            Some(about) => format!("{}{SUBJECT}{about}", button.label),
            None => button.label.clone(),
        };
        if let Some(url) = &button.url {
            let url = web_url(url, limits::BUTTON_URL).filter(has_whole_name)?;
            return Some(
                json!({ "type": 2, "style": 5, "label": on_a_line(&label, limits::BUTTON_TEXT), "url": url.as_str() }),
            );
        }
        let id = match &button.confirm {
            Some(confirm) => confirmed(&button.value.0, &confirm.title),
            None => button.value.0.clone(),
        };
        if button.value.0.is_empty() || width(&id) > limits::ID {
            self.hidden += 1;
            return None;
        }
        self.ids.insert(id.clone()).then(|| button_json(&id, &label, button.style))
    }

    /// A select, or several where there are rows for all of the choices; else one of the first.
    pub(super) fn select(&mut self, placeholder: &str, command: &str, choices: &[Choice]) {
        let mut options = first_options(choices, choices.len());
        if options.is_empty() {
            return;
        }
        self.kept -= 1;
        if self.rows.len() == limits::ROWS {
            self.hidden += 1;
            return;
        }
        let more = options.len().div_ceil(limits::OPTIONS) - 1;
        match more <= self.spare {
            true => self.spare -= more,
            false => options.truncate(limits::OPTIONS),
        }
        if choices.len() > options.len() {
            let typed = format!("/platform {}", command.replace('.', " "));
            let (listed, all) = (options.len(), choices.len());
            self.notes.push(format!(
                "The choice lists {listed} of {all}; {typed} finds any of them while you type."
            ));
        }
        let several = options.len() > limits::OPTIONS;
        for (n, some) in options.chunks(limits::OPTIONS).enumerate() {
            let first = n * limits::OPTIONS + 1;
            let part = format!("{placeholder} ({first}–{})", first + some.len() - 1);
            self.one_select(if several { &part } else { placeholder }, command, some);
        }
    }

    fn one_select(&mut self, placeholder: &str, command: &str, options: &[Value]) {
        let same = (1..)
            .map(|n| if n == 1 { format!("{CHOOSE}{command}") } else { format!("{CHOOSE}{command}:{n}") });
        let id = same.into_iter().find(|id| !self.ids.contains(id)).unwrap_or_default();
        if width(&id) > limits::ID {
            return;
        }
        let placeholder = on_a_line(placeholder, limits::PLACEHOLDER);
        self.ids.insert(id.clone());
        self.rows.push(row(vec![
            json!({ "type": 3, "custom_id": id, "placeholder": placeholder, "options": options }),
        ]));
    }

    /// The rows, and what there is to say of what is missing.
    pub(super) fn done(mut self) -> (Vec<Value>, Vec<String>) {
        if self.hidden > 0 {
            let hidden = counted(self.hidden, "more button is", "more buttons are");
            self.notes.push(format!("{hidden} not shown; /platform help tells what to type instead."));
        }
        (self.rows, self.notes)
    }
}

/// Discord takes no address of a host without a dot, such as `localhost`, and refuses the whole message for
/// it; it takes numbers (go-gitea/gitea#11124, rogerrum/alertmanager-discord#19).
fn has_whole_name(url: &Url) -> bool {
    url.domain().is_none_or(|name| name.trim_end_matches('.').contains('.'))
}

/// The options of a select, as many as it holds and each value once.
pub(super) fn options(choices: &[Choice]) -> Vec<Value> {
    first_options(choices, limits::OPTIONS)
}

fn first_options(choices: &[Choice], most: usize) -> Vec<Value> {
    let mut values = BTreeSet::new();
    let usable = |choice: &&Choice| {
        let fits = !choice.value.is_empty() && width(&choice.value) <= limits::OPTION_TEXT;
        fits && values.insert(choice.value.clone())
    };
    let option = |choice: &Choice| {
        let label = if choice.label.trim().is_empty() { &choice.value } else { &choice.label };
        json!({ "label": on_a_line(label, limits::OPTION_TEXT), "value": choice.value })
    };
    choices.iter().filter(usable).take(most).map(option).collect()
}

/// What something to press or choose is called: one line, and never empty.
pub(super) fn on_a_line(label: &str, max: usize) -> String {
    cut(filled(&label.replace('\n', " ")), max)
}

/// A row of components.
pub(super) fn row(components: Vec<Value>) -> Value {
    json!({ "type": 1, "components": components })
}

/// A button that is pressed.
pub(super) fn button_json(id: &str, label: &str, style: Style) -> Value {
    let style = match style {
        Style::Primary => 1,
        Style::Default => 2,
        Style::Danger => 4,
    };
    json!({ "type": 2, "style": style, "label": on_a_line(label, limits::BUTTON_TEXT), "custom_id": id })
}

/// The id of a button that is confirmed first, with as much of the title as there is room for.
fn confirmed(value: &str, title: &str) -> String {
    let id = format!("{CONFIRM}{value}");
    let room = limits::ID.saturating_sub(width(&id) + 1);
    if room < 2 || title.trim().is_empty() || value.contains('|') {
        return id;
    }
    format!("{id}|{}", cut(title, room))
}
