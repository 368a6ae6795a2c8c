//! What is shown to Discord, as tests look at it: held to its limits, and read as lines.

use serde_json::{Value, json};

use crate::harness::fake_discord::checks::{Into, is_empty, message_fault};
use crate::harness::fake_discord::modals::callback_fault;
use crate::harness::judged;

/// The kind of an interaction that a modal answers.
const COMMAND: u64 = 2;

/// A rendered message that Discord would take; it is kept for other judges.
pub fn message(rendered: Value) -> Value {
    let attached = list(&rendered["attachments"]).iter().map(|file| words(&file["filename"]));
    let fault = message_fault(&rendered, Into::Channel, &attached.collect::<Vec<_>>());
    assert!(fault.is_none() && !is_empty(&rendered), "{fault:?} {rendered:#}");
    assert_eq!(rendered["allowed_mentions"], json!({ "parse": [] }));
    judged::keep_for_discord(&rendered);
    rendered
}

/// The data of a modal that it would take.
pub fn modal(data: Value) -> Value {
    let answer = json!({ "type": 9, "data": data });
    assert_eq!(callback_fault(&answer, COMMAND, false, &[]), None, "{answer:#}");
    judged::keep_for_discord(&answer);
    data
}

/// The words and what can be pressed, a line each: `[Label]`, `[[Select]]`.
pub fn read(rendered: &Value) -> String {
    let mut lines = vec![words(&rendered["content"])];
    for embed in list(&rendered["embeds"]) {
        lines.push("---".into());
        lines.push(words(&embed["description"]));
        for field in list(&embed["fields"]) {
            let inline = if field["inline"] == true { "|" } else { "" };
            lines.push(format!("{inline}{}: {}", words(&field["name"]), words(&field["value"])));
        }
        let image = words(&embed["image"]["url"]);
        lines.push(if image.is_empty() { image } else { format!("<{image}>") });
        lines.push(words(&embed["footer"]["text"]));
    }
    for row in list(&rendered["components"]) {
        let part = |part: &Value| match part["options"].as_array() {
            Some(options) => format!("[[{}: {}]]", words(&part["placeholder"]), options.len()),
            None => format!("[{}]", words(&part["label"])),
        };
        lines.push(list(&row["components"]).iter().map(part).collect::<Vec<_>>().join(" "));
    }
    lines.retain(|line| !line.is_empty());
    lines.join("\n")
}

/// The ids of all that can be pressed, from the top.
pub fn ids(rendered: &Value) -> Vec<String> {
    let parts = list(&rendered["components"]).iter().flat_map(|row| list(&row["components"]));
    parts.filter_map(|part| part["custom_id"].as_str().map(str::to_owned)).collect()
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

fn words(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}
