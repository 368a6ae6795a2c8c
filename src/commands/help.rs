//! Help at every level, from the specs, showing each person what they may run; and the README's table.

use super::parse::{self, nearest};
use super::spec::{Menu, Spec};
use crate::access::{Actor, NO_ROLE, Role, may};
use crate::chat::message::{Block, Message, Reply, Text, code, plain, strong};
use crate::error::{Error, Result};
use crate::text;

/// Help for nothing, a noun, or a noun and a verb.
///
/// # Errors
/// `NotFound` with the nearest, when there is no such thing for this person.
pub(super) fn reply(menu: &Menu, actor: &Actor, words: &[String]) -> Result<Reply> {
    let visible: Vec<&Spec> = menu.all().filter(|spec| !spec.hidden && may(actor, spec.role)).collect();
    if visible.is_empty() {
        return Err(Error::Denied(NO_ROLE.into()));
    }
    let message = match words {
        [] => overview(&visible),
        [noun] => of_noun(&visible, noun)?,
        [noun, verb, ..] => of_command(&visible, noun, verb)?,
    };
    Ok(Reply::private(message))
}

/// Every command that can be typed, as a table in Markdown: the README's own part.
pub fn markdown(menu: &Menu) -> String {
    let row = |spec: &Spec| {
        let role = spec.role.map_or("nobody", Role::word);
        let cells = [format!("`{}`", spec.usage()), spec.summary.clone(), role.to_owned()];
        format!("| {} |\n", cells.map(|cell| cell.replace('|', "\\|")).join(" | "))
    };
    let rows: String = menu.all().filter(|spec| !spec.hidden).map(row).collect();
    format!("| Type | What it does | Role |\n|---|---|---|\n{rows}")
}

fn overview(visible: &[&Spec]) -> Message {
    let message = Message::new(
        "Goldenpath gets you what the platform offers, without a ticket. This is what you can type:",
    );
    message
        .with(table(visible))
        .context("`/platform help env` tells more about one of them; quotes keep words together.")
}

fn of_noun(visible: &[&Spec], noun: &str) -> Result<Message> {
    let found: Vec<&Spec> = visible.iter().copied().filter(|spec| spec.noun == noun).collect();
    match found.as_slice() {
        [] => {
            let nouns = visible.iter().map(|spec| spec.noun.as_str());
            Err(Error::NotFound(unknown(noun, nearest(noun, nouns), "/platform help")))
        }
        [spec] => Ok(one(spec)),
        several => Ok(Message::new(text!["Commands of ", code(noun), ":"]).with(table(several))),
    }
}

fn of_command(visible: &[&Spec], noun: &str, verb: &str) -> Result<Message> {
    if let Some(spec) = visible.iter().find(|spec| spec.noun == noun && spec.verb.as_deref() == Some(verb)) {
        return Ok(one(spec));
    }
    let verbs: Vec<&str> =
        visible.iter().filter(|spec| spec.noun == noun).filter_map(|spec| spec.verb.as_deref()).collect();
    if verbs.is_empty() {
        return of_noun(visible, noun);
    }
    let near = nearest(verb, verbs.iter().copied());
    Err(Error::NotFound(unknown(&format!("{noun} {verb}"), near, &format!("/platform help {noun}"))))
}

fn unknown(what: &str, near: Option<&str>, more: &str) -> String {
    let hint = near.map(|near| format!("Did you mean `{near}`? ")).unwrap_or_default();
    format!("There is no `{}`. {hint}`{more}` lists what there is.", what.replace('`', "'"))
}

fn table(specs: &[&Spec]) -> Block {
    let rows = specs.iter().map(|spec| vec![text![code(spec.usage())], text![spec.summary.as_str()]]);
    Block::Table { header: vec!["Type".into(), "What it does".into()], rows: rows.collect() }
}

/// All about one command.
fn one(spec: &Spec) -> Message {
    let mut message = Message::new(text![strong(spec.summary.as_str())]).section(text![code(spec.usage())]);
    if !spec.details.is_empty() {
        message = message.section(spec.details.trim());
    }
    let arguments = spec.arguments.iter().chain(&spec.options);
    let fields: Vec<(String, Text)> = arguments
        .map(|argument| {
            let choices = parse::list(argument.choices.iter().map(String::as_str));
            let tail = if choices.is_empty() { String::new() } else { format!(": {choices}") };
            (argument.name.clone(), Text::from(format!("{}{tail}", argument.help)))
        })
        .collect();
    if !fields.is_empty() {
        message = message.with(Block::Fields { fields });
    }
    for example in &spec.examples {
        message = message.section(text![
            code(format!("/platform {}", example.line)),
            plain(format!("  {}", example.does))
        ]);
    }
    message
}
