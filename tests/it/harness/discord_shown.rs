//! What is shown to Discord, as tests look at it: held to its limits, and read as lines.

use serde_json::{Value, json};

use crate::harness::judged;

/// A rendered message that keeps Discord's limits; it is kept for other judges.
pub fn message(rendered: Value) -> Value {
    let fault = message_fault(&rendered);
    assert_eq!(fault, None, "{}", serde_json::to_string_pretty(&rendered).unwrap());
    judged::keep_for_discord(&rendered);
    rendered
}

/// The data of a modal that keeps them.
pub fn modal(data: Value) -> Value {
    let rows = data["components"].as_array().unwrap();
    let sound = |row: &Value| {
        let input = &row["components"][0];
        size(&input["label"]) <= 45
            && size(&input["placeholder"]) <= 100
            && size(&input["value"]) <= 4000
            && (1..=100).contains(&size(&input["custom_id"]))
    };
    let whole = size(&data["title"]) <= 45 && (1..=100).contains(&size(&data["custom_id"]));
    assert!(whole && (1..=5).contains(&rows.len()) && rows.iter().all(sound), "{data}");
    judged::keep_for_discord(&json!({ "type": 9, "data": data }));
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

fn message_fault(message: &Value) -> Option<String> {
    let mut faults = Vec::new();
    let mut must = |holds: bool, what: &str| {
        if !holds {
            faults.push(what.to_owned())
        }
    };
    let (content, embeds, rows) =
        (size(&message["content"]), list(&message["embeds"]), list(&message["components"]));
    must(content <= 2000 && (content > 0 || !embeds.is_empty()), "content");
    must(embeds.len() <= 10 && embeds.iter().map(embed).sum::<usize>() <= 6000, "embeds");
    for embed in embeds {
        let fields = list(&embed["fields"]);
        let filled = |field: &Value| {
            (1..=256).contains(&size(&field["name"])) && (1..=1024).contains(&size(&field["value"]))
        };
        must(fields.len() <= 25 && fields.iter().all(filled), "fields");
        must(size(&embed["description"]) <= 4096, "description");
        must(self::embed(embed) > 0 || embed["image"].is_object(), "an empty embed");
    }
    let mut ids = self::ids(message);
    let count = ids.len();
    ids.sort();
    ids.dedup();
    must(ids.len() == count && ids.iter().all(|id| id.encode_utf16().count() <= 100), "ids");
    must(rows.len() <= 5 && rows.iter().all(row), "rows");
    must(message["allowed_mentions"] == json!({ "parse": [] }), "mentions");
    (!faults.is_empty()).then(|| faults.join(", "))
}

fn embed(embed: &Value) -> usize {
    let fields = list(&embed["fields"]).iter().map(|field| size(&field["name"]) + size(&field["value"]));
    size(&embed["description"]) + size(&embed["footer"]["text"]) + fields.sum::<usize>()
}

fn row(row: &Value) -> bool {
    let parts = list(&row["components"]);
    let selects = parts.iter().filter(|part| part["type"] == 3).count();
    let option = |option: &Value| {
        (1..=100).contains(&size(&option["label"])) && (1..=100).contains(&size(&option["value"]))
    };
    let sound = |part: &Value| match part["options"].as_array() {
        Some(options) => (1..=25).contains(&options.len()) && options.iter().all(option),
        None => (1..=80).contains(&size(&part["label"])) && size(&part["url"]) <= 512,
    };
    let count = if selects > 0 { parts.len() == 1 } else { (1..=5).contains(&parts.len()) };
    count && parts.iter().all(sound)
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

fn words(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

fn size(value: &Value) -> usize {
    value.as_str().map_or(0, |text| text.encode_utf16().count())
}
