//! `/platform template …`: from arguments to replies, and the catalog's wording.

use std::sync::Arc;

use serde_json::json;

use super::library::Library;
use super::model::Template;
use crate::chat::message::{Block, Button, Message, Reply, Text, code, emphasis, plain, strong};
use crate::commands::{Call, Handlers, handler};
use crate::db::Db;
use crate::duration;
use crate::error::Result;
use crate::facts::{self, FactKind};
use crate::text;

/// What the handlers share.
pub struct Shelf {
    pub db: Db,
    pub catalog: Arc<Library>,
}

/// The handlers of the slice.
pub fn handlers(shelf: &Arc<Shelf>) -> Handlers {
    Handlers::from([
        ("template.list", handler(shelf, list)),
        ("template.search", handler(shelf, search)),
        ("template.show", handler(shelf, show)),
    ])
}

async fn list(shelf: Arc<Shelf>, _call: Call) -> Result<Reply> {
    let catalog = shelf.catalog.fresh().await;
    let all = catalog.list();
    let head = Message::new("What an environment can be made from, golden paths first:");
    Ok(Reply::private(shelf_of(head, &all)))
}

async fn search(shelf: Arc<Shelf>, call: Call) -> Result<Reply> {
    let words = call.args.text("words").unwrap_or_default().to_owned();
    let catalog = shelf.catalog.fresh().await;
    let found = catalog.search(&words);
    let shown: Vec<_> = found.templates.into_iter().take(8).collect();
    if !shown.is_empty() {
        let head = match found.every {
            true => text![strong(shown.len().to_string()), " for ", emphasis(words), ", best first:"],
            false => text!["Nothing fits all of ", emphasis(words), "; this fits some of it:"],
        };
        return Ok(Reply::private(shelf_of(Message::new(head), &shown)));
    }
    // What was looked for and not found is evidence for the roadmap.
    call.commit(&shelf.db, (words, call.actor.person.clone()), |tx, (words, person)| {
        Box::pin(async move {
            facts::append(tx, FactKind::SearchEmpty, words, json!({ "person": person })).await?;
            let line = text!["Nothing fits ", emphasis(words), ". It is noted as missing. "];
            let message =
                Message::new(line.then(code("/platform template list")).then(" shows what there is."));
            Ok(Reply::private(message))
        })
    })
    .await
}

fn shelf_of(head: Message, templates: &[&Arc<Template>]) -> Message {
    // Where each one is matters once there are others than ours.
    let own = templates.iter().any(|template| !template.is_shipped());
    let row = |template: &&Arc<Template>| {
        let mut row = vec![
            text![code(&template.name)],
            text![plain(template.title.as_str())],
            text![template.tier.label()],
            text![plain(template.summary())],
        ];
        row.extend(own.then(|| origin(template)));
        row
    };
    let mut header = ["Name", "Title", "Support", "What it gives"].map(str::to_owned).to_vec();
    header.extend(own.then(|| "From".to_owned()));
    let shown = templates.iter().take(5);
    let buttons = shown.map(|template| create_button(template, format!("Create from {}", template.name)));
    let table = Block::Table { header, rows: templates.iter().map(row).collect() };
    head.with(table)
        .buttons(buttons.collect())
        .context("`/platform template show NAME` tells what one asks and does.")
}

fn origin(template: &Template) -> Text {
    match template.is_shipped() {
        true => text!["shipped"],
        false => text![code(&template.file)],
    }
}

fn create_button(template: &Template, label: String) -> Button {
    Button::new(label.chars().take(75).collect::<String>(), "env.create", &template.name, "")
}

async fn show(shelf: Arc<Shelf>, call: Call) -> Result<Reply> {
    let name = call.args.text("template").unwrap_or_default();
    let catalog = shelf.catalog.fresh().await;
    let template = catalog.get(name).ok_or_else(|| super::unknown(&catalog, name))?;
    Ok(Reply::private(card(template)))
}

fn card(template: &Template) -> Message {
    let mut fields = vec![
        ("Support".to_owned(), text![template.tier.label()]),
        ("Version".into(), text![code(&template.version)]),
    ];
    if let Some(ttl) = template.ttl {
        let words = format!("{}, at most {}", duration::words(ttl.default), duration::words(ttl.max));
        fields.push(("Kept for".into(), text![words]));
    }
    if let Some(owner) = &template.owner {
        fields.push(("Owner".into(), text![plain(owner)]));
    }
    if !template.tags.is_empty() {
        fields.push(("Tags".into(), text![plain(template.tags.join(", "))]));
    }
    let steps: Vec<String> =
        template.steps.iter().map(|step| format!("{}. {}", step.position, step.name)).collect();
    let mut message = Message::new(text![strong(&template.title), " (", code(&template.name), ")"])
        .section(text![plain(template.description.trim())])
        .with(Block::Fields { fields })
        .section(text![plain(steps.join("\n"))]);
    let row = |field: crate::chat::form::Field| {
        let value = field.value.map_or_else(Text::default, |value| text![code(value)]);
        vec![text![code(field.name)], value, text![plain(field.help.unwrap_or(field.label))]]
    };
    let rows: Vec<Vec<Text>> = template.fields().into_iter().map(row).collect();
    if !rows.is_empty() {
        let header = ["Parameter", "Default", "What it is"].map(str::to_owned).to_vec();
        message = message.with(Block::Table { header, rows });
    }
    let line = format!("/platform env create {} NAME", template.name);
    message
        .context(text![code(line), " makes one."])
        .buttons(vec![create_button(template, "Create".into()).primary()])
}
