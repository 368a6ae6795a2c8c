//! A form at Discord that somebody fills in: selects in a message, texts in modals, page by page.

use std::collections::BTreeSet;

use serde_json::Value;

use super::discord_person::{DiscordPerson, EDIT, id, list, parts, text};
use super::discord_sender::Scene;
use super::stage::{Asked, Values, Venue as _, all_called, called, refused};

/// More steps than any form takes.
const STEPS: usize = 20;

/// A form that is being filled in.
pub struct Filling<'a> {
    person: &'a DiscordPerson<'a>,
    values: Values<'a>,
    filled: BTreeSet<String>,
    /// What was asked so far.
    pub asked: Vec<Asked>,
    /// It is only looked at: what is needed gets anything, and the last page is not sent.
    pub unsent: bool,
    /// Where, and under which message.
    scene: Scene,
}

impl<'a> Filling<'a> {
    pub fn new(person: &'a DiscordPerson<'a>, scene: Scene, values: Values<'a>) -> Self {
        Filling { person, values, filled: BTreeSet::new(), asked: Vec::new(), unsent: false, scene }
    }

    pub async fn goes_on(&mut self, mut answer: Value) -> String {
        for _ in 0..STEPS {
            let Some(next) = self.step(&answer).await else {
                let filled = &self.filled;
                assert_eq!(filled.len(), self.values.len(), "only {filled:?} are there: {answer}");
                return self.reads(&answer["data"]);
            };
            answer = next;
        }
        panic!("the form has no end: {answer}")
    }

    /// The answer; of a refused form the reasons, since it may be edited.
    fn reads(&self, data: &Value) -> String {
        let read = self.person.venue.read(data);
        match read.strip_suffix(&format!("\n[{EDIT}]")) {
            Some(reasons) => refused(reasons.lines().filter_map(|line| {
                let (label, why) = line.split_once(": ")?;
                Some((label.to_owned(), why.to_owned()))
            })),
            None => read,
        }
    }

    /// What somebody does who sees this; `None` where there is nothing left to fill in.
    async fn step(&mut self, seen: &Value) -> Option<Value> {
        if seen["type"] == 9 {
            return self.sends_modal(&seen["data"]).await;
        }
        let (person, discord) = (self.person, &self.person.bot().discord);
        if seen["type"] == 4 {
            let shown = person.whispered().into_iter().rev().find(|part| part.channel == self.scene.channel);
            self.scene.message = Some(shown?.message);
        }
        let parts = parts(&seen["data"]);
        for select in parts.iter().filter(|part| part["type"] == 3) {
            if let Some(value) = self.takes(select) {
                let chosen = chosen(select, &value);
                let chosen: Vec<&str> = chosen.iter().map(String::as_str).collect();
                return Some(person.sends(discord.choice(&self.scene, &id(select), &chosen)).await);
            }
        }
        let on = parts.iter().find(|part| id(part).ends_with(":leave") || part["label"] == "Continue")?;
        if self.unsent && on["label"] != "Continue" {
            return None;
        }
        Some(person.sends(discord.press(&self.scene, &id(on))).await)
    }

    async fn sends_modal(&mut self, modal: &Value) -> Option<Value> {
        let given = |input: &Value| input["value"].as_str().unwrap_or_default().to_owned();
        let inputs: Vec<(String, Value)> = parts(modal)
            .iter()
            .map(|input| (id(input), self.takes(input).unwrap_or_else(|| given(input)).into()))
            .collect();
        if self.unsent && is_last(modal) {
            return None;
        }
        let inputs: Vec<_> = inputs.iter().map(|(id, value)| (id.as_str(), 4, value.clone())).collect();
        let sent = self.person.bot().discord.submission(&self.scene, &id(modal), &inputs);
        Some(self.person.sends(sent).await)
    }

    /// What this field gets, once.
    fn takes(&mut self, field: &Value) -> Option<String> {
        let asked = field_asked(field);
        let anything = (self.unsent && asked.1 && asked.2.is_empty()).then(|| anything(field));
        let label = asked.0.clone();
        if !self.asked.iter().any(|(known, ..)| *known == label) {
            self.asked.push(asked);
        }
        let (label, value) = match self.values.iter().find(|(name, _)| *name == label) {
            Some((label, value)) => ((*label).to_owned(), (*value).to_owned()),
            None => return anything,
        };
        self.filled.insert(label).then_some(value)
    }
}

/// A select of a message, or an input of a modal.
fn field_asked(field: &Value) -> Asked {
    let label = field["placeholder"].as_str().filter(|_| field["type"] == 3).or(field["label"].as_str());
    let chosen = list(&field["options"]).iter().find(|option| option["default"] == true);
    let value = chosen.map_or(&field["value"], |option| &option["label"]);
    let needed = field["required"] == true || field["min_values"] == 1;
    let value = value.as_str().unwrap_or_default();
    let value = match field["options"].is_array() && matches!(value, "Yes" | "No") || value == "no" {
        true => value.to_lowercase().replace("no", ""),
        false => value.to_owned(),
    };
    (label.unwrap_or_default().to_owned(), needed, value)
}

fn anything(field: &Value) -> String {
    list(&field["options"]).first().map_or("x", |option| option["label"].as_str().unwrap()).to_owned()
}

/// What a form is called, without the number of the page: above a modal, or in the first line of a message.
pub fn title(page: &Value) -> String {
    let title =
        page["title"].as_str().or(page["content"].as_str().and_then(|content| content.lines().next()));
    let title = title.unwrap_or_default().replace("**", "");
    let end = place(&title).map_or(title.len(), |_| title.rfind(" (").unwrap());
    title[..end].to_owned()
}

/// Which page of how many, where there are several.
fn place(title: &str) -> Option<(&str, &str)> {
    title.rsplit_once('(')?.1.strip_suffix(')')?.split_once(" of ")
}

fn is_last(modal: &Value) -> bool {
    place(modal["title"].as_str().unwrap()).is_none_or(|(page, of)| page == of)
}

/// What is sent for what is called so in a select, or for several where several may be.
pub fn chosen(select: &Value, names: &str) -> Vec<String> {
    let options: Vec<(String, String)> =
        list(&select["options"]).iter().map(|it| (text(&it["label"]), text(&it["value"]))).collect();
    match select["max_values"].as_u64() {
        Some(2..) => all_called(&options, names),
        _ => vec![called(&options, names).unwrap_or_else(|| panic!("no {names} in {select}"))],
    }
}
