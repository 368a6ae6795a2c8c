//! Block Kit as a person reads it: plain lines for snapshots.

use goldenpath::chat::message::{Block, Text};
use serde_json::Value;

/// A message, answer or view as lines; ports, which differ, read `PORT`.
pub fn read(body: &Value) -> String {
    if body["response_action"] == "errors" {
        return format!("refused: {}", body["errors"]);
    }
    let blocks = body["blocks"].as_array().or_else(|| body["view"]["blocks"].as_array());
    let lines: Vec<String> = match blocks {
        Some(blocks) => blocks.iter().map(block).collect(),
        None => vec![body["text"].as_str().unwrap_or_default().to_owned()],
    };
    without_ports(&lines.join("\n"))
}

/// A message of the playground's page, in its neutral blocks, as lines.
pub fn read_neutral(blocks: &Value) -> String {
    without_ports(&neutral_blocks(blocks).iter().map(neutral).collect::<Vec<_>>().join("\n"))
}

/// What can be pressed in a message of the playground's page: (label, value).
pub fn pressed_neutral(blocks: &Value) -> Vec<(String, String)> {
    let buttons = neutral_blocks(blocks).into_iter().filter_map(|block| match block {
        Block::Actions { buttons } => Some(buttons),
        _ => None,
    });
    buttons.flatten().map(|button| (button.label, button.value.0)).collect()
}

/// What the choice that is called so, in a message of the playground's page, offers: (label, value).
pub fn choices_neutral(blocks: &Value, called: &str) -> Vec<(String, String)> {
    let offered = neutral_blocks(blocks).into_iter().find_map(|block| match block {
        Block::Select { placeholder, command, choices } if placeholder == called => Some((command, choices)),
        _ => None,
    });
    let (command, choices) = offered.unwrap_or_default();
    choices.into_iter().map(|it| (it.label, format!("{command}:{}:", it.value))).collect()
}

/// The pictures and files of a message of the playground's page: (name, digest).
pub fn files_neutral(blocks: &Value) -> Vec<(String, String)> {
    let file = |block: Block| match block {
        Block::Picture(picture) => Some((format!("{}.png", picture.name), picture.light.digest().to_owned())),
        Block::File(file) => Some((file.name, file.content.digest().to_owned())),
        _ => None,
    };
    neutral_blocks(blocks).into_iter().filter_map(file).collect()
}

fn neutral_blocks(blocks: &Value) -> Vec<Block> {
    serde_json::from_value(blocks.clone()).unwrap()
}

fn neutral(block: &Block) -> String {
    let field = |(name, text): &(String, Text)| format!("{name}  {}", text.plain());
    let row = |row: &Vec<Text>| row.iter().map(Text::plain).collect::<Vec<_>>().join(" | ");
    match block {
        Block::Section { text } | Block::Context { text } => text.plain(),
        Block::Fields { fields } => fields.iter().map(field).collect::<Vec<_>>().join("\n"),
        Block::Table { header, rows } => {
            std::iter::once(header.join(" | ")).chain(rows.iter().map(row)).collect::<Vec<_>>().join("\n")
        }
        Block::Log { text } => format!("```{text}```"),
        Block::Actions { buttons } => {
            buttons.iter().map(|button| format!("[{}]", button.label)).collect::<Vec<_>>().join(" ")
        }
        Block::Select { placeholder, .. } => format!("<{placeholder}>"),
        Block::Picture(picture) => format!("(picture: {})", picture.alt),
        Block::File(file) => format!("(file: {})", file.name),
        Block::Divider => "---".into(),
    }
}

fn block(block: &Value) -> String {
    match block["type"].as_str().unwrap_or_default() {
        "rich_text" => all(&block["elements"], "\n", &rich),
        "section" => [text(&block["text"]), all(&block["fields"], "\n", &text)].concat(),
        "context" => all(&block["elements"], " ", &text),
        "actions" => all(&block["elements"], " ", &element),
        "input" => {
            let required = if block["optional"] == true { "" } else { "*" };
            format!("{}{required}: {}", text(&block["label"]), value(&block["element"]))
        }
        "table" => all(&block["rows"], "\n", &|row| all(row, " | ", &cell)),
        "divider" => "---".into(),
        "image" => format!("(picture: {})", block["alt_text"].as_str().unwrap_or_default()),
        other => format!("<{other}>"),
    }
}

fn all(list: &Value, between: &str, read: &dyn Fn(&Value) -> String) -> String {
    list.as_array().into_iter().flatten().map(read).collect::<Vec<_>>().join(between)
}

fn rich(element: &Value) -> String {
    let inner = all(&element["elements"], "", &rich);
    match element["type"].as_str().unwrap_or_default() {
        "rich_text_preformatted" => format!("```{inner}```"),
        "text" if element["style"]["code"] == true => {
            format!("`{}`", element["text"].as_str().unwrap_or_default())
        }
        "text" => element["text"].as_str().unwrap_or_default().to_owned(),
        "link" => element["text"].as_str().or(element["url"].as_str()).unwrap_or_default().to_owned(),
        "date" => element["fallback"].as_str().unwrap_or("<date>").to_owned(),
        _ => inner,
    }
}

fn cell(cell: &Value) -> String {
    if cell["type"] == "rich_text" { all(&cell["elements"], "", &rich) } else { text(cell) }
}

fn text(object: &Value) -> String {
    object["text"].as_str().unwrap_or_default().to_owned()
}

fn element(element: &Value) -> String {
    match element["type"].as_str().unwrap_or_default() {
        "button" => format!("[{}]", text(&element["text"])),
        _ => format!("<{}>", text(&element["placeholder"])),
    }
}

fn value(element: &Value) -> String {
    let initial = element["initial_value"].as_str().or(element["initial_option"]["value"].as_str());
    initial.map_or_else(|| "…".into(), str::to_owned)
}

/// Ports, which differ, as `PORT`.
pub fn without_ports(text: &str) -> String {
    let mut pieces = text.split("127.0.0.1:");
    let first = pieces.next().unwrap_or_default().to_owned();
    let rest = pieces
        .map(|piece| format!("127.0.0.1:PORT{}", piece.trim_start_matches(|c: char| c.is_ascii_digit())));
    rest.fold(first, |whole, piece| whole + &piece)
}

/// What the selects of a view offer: (label, value).
pub fn choices(view: &Value) -> Vec<(String, String)> {
    let blocks = view["blocks"].as_array().into_iter().flatten();
    let options = blocks.filter_map(|block| block["element"]["options"].as_array()).flatten();
    options
        .map(|option| (text(&option["text"]), option["value"].as_str().unwrap_or_default().to_owned()))
        .collect()
}

/// The buttons of a message: (label, value).
pub fn buttons(body: &Value) -> Vec<(String, String)> {
    let blocks = body["blocks"].as_array().into_iter().flatten();
    let elements = blocks.filter_map(|block| block["elements"].as_array()).flatten();
    let pressed = elements.filter(|element| element["type"] == "button");
    pressed
        .map(|button| (text(&button["text"]), button["value"].as_str().unwrap_or_default().to_owned()))
        .collect()
}
