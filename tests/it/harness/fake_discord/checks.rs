//! What Discord refuses in messages, written from its reference and not from our table of limits: two
//! tables that agree prove more than one used twice.

use serde_json::Value;

use super::faultfinder::Faultfinder;

/// Where a message goes, as far as what may stand in it depends on that.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Into {
    Channel,
    Edit,
    Answer,
}

/// `SUPPRESS_EMBEDS`, `IS_COMPONENTS_V2`, `SUPPRESS_NOTIFICATIONS`.
const FLAGS: u64 = 4 | 32_768 | 4_096;
const EPHEMERAL: u64 = 64;
/// `IS_COMPONENTS_V2`: everything is a component then.
const V2: u64 = 32_768;

/// The tree of errors for a message that Discord would not take.
pub fn message_fault(message: &Value, into: Into, files: &[String]) -> Option<Value> {
    let mut finder = Faultfinder::default();
    message_faults(&mut finder, message, into, files);
    finder.errors()
}

/// Whether there is anything to see in it.
pub fn is_empty(message: &Value) -> bool {
    let none = |name: &str| message[name].as_array().is_none_or(Vec::is_empty);
    let words = message["content"].as_str().unwrap_or_default();
    words.trim().is_empty() && ["embeds", "components", "attachments"].into_iter().all(none)
}

/// See [`message_fault`].
pub fn message_faults(finder: &mut Faultfinder, message: &Value, into: Into, files: &[String]) {
    finder.text(&message["content"], "content", 0, 2000);
    finder.text(&message["nonce"], "nonce", 0, 25);
    let allowed = FLAGS | if into == Into::Answer { EPHEMERAL } else { 0 };
    let flags = message["flags"].as_u64().unwrap_or(0);
    finder.must(flags & !allowed == 0, "flags", "BASE_TYPE_CHOICES", "These flags cannot be set.");
    let names = attachments(finder, &message["attachments"], files);
    let mut total = 0;
    for (n, embed) in finder.list(&message["embeds"], "embeds", 0, 10).iter().enumerate() {
        total += embed_faults(finder, embed, &format!("embeds.{n}"), &names);
    }
    finder.must(
        total <= 6000,
        "embeds",
        "MAX_EMBED_SIZE_EXCEEDED",
        "Embed size exceeds maximum size of 6000",
    );
    component_faults(finder, message, flags & V2 != 0);
    mention_faults(finder, &message["allowed_mentions"]);
}

fn component_faults(finder: &mut Faultfinder, message: &Value, v2: bool) {
    let legacy = message["content"].is_string() || message["embeds"].is_array();
    let code = "MESSAGE_CANNOT_USE_LEGACY_FIELDS_WITH_COMPONENTS_V2";
    finder.must(!(v2 && legacy), "", code, "Neither content nor embeds beside these components.");
    let (mut ids, most) = (Vec::new(), if v2 { 40 } else { 5 });
    for (n, top) in finder.list(&message["components"], "components", 0, most).iter().enumerate() {
        let path = format!("components.{n}");
        match top["type"].as_u64() {
            Some(10) if v2 => finder.text(&top["content"], &format!("{path}.content"), 1, 4000),
            _ => row_faults(finder, top, &path, &mut ids),
        }
    }
}

/// Each has to be one that comes along; their names.
fn attachments(finder: &mut Faultfinder, told: &Value, files: &[String]) -> Vec<String> {
    let mut names = Vec::new();
    for (n, one) in finder.list(told, "attachments", 0, 10).iter().enumerate() {
        let path = format!("attachments.{n}");
        let id = one["id"].as_u64().or_else(|| one["id"].as_str()?.parse().ok());
        let there = id.and_then(|id| files.get(usize::try_from(id).ok()?));
        finder.must(there.is_some(), &path, "ATTACHMENT_NOT_FOUND", "No such file comes along.");
        finder.text(&one["description"], &format!("{path}.description"), 0, 1024);
        names.extend(one["filename"].as_str().or(there.map(String::as_str)).map(str::to_owned));
    }
    names
}

/// The faults of an embed; how many characters it has.
fn embed_faults(finder: &mut Faultfinder, embed: &Value, path: &str, files: &[String]) -> usize {
    let texts = [("title", 256), ("description", 4096)];
    let mut total = 0;
    let mut text = |finder: &mut Faultfinder, text: &Value, path: String, least: usize, most: usize| {
        finder.text(text, &path, least, most);
        total += text.as_str().map_or(0, |text| text.encode_utf16().count());
    };
    for (name, most) in texts {
        text(finder, &embed[name], format!("{path}.{name}"), 0, most);
    }
    text(finder, &embed["footer"]["text"], format!("{path}.footer.text"), 0, 2048);
    text(finder, &embed["author"]["name"], format!("{path}.author.name"), 0, 256);
    for (n, field) in finder.list(&embed["fields"], &format!("{path}.fields"), 0, 25).iter().enumerate() {
        text(finder, &field["name"], format!("{path}.fields.{n}.name"), 1, 256);
        text(finder, &field["value"], format!("{path}.fields.{n}.value"), 1, 1024);
    }
    for name in ["url", "image.url", "thumbnail.url"] {
        let url = name.split('.').fold(embed, |value, part| &value[part]);
        let Some(url) = url.as_str() else { continue };
        let shown = match url.strip_prefix("attachment://") {
            Some(file) => name != "url" && files.iter().any(|name| name == file),
            None => url.starts_with("https://") || url.starts_with("http://"),
        };
        let code = "URL_TYPE_INVALID_SCHEME";
        finder.must(
            shown,
            &format!("{path}.{name}"),
            code,
            "Neither a web address nor a file that comes along.",
        );
    }
    let color = &embed["color"];
    let fits = color.is_null() || color.as_u64().is_some_and(|color| color <= 0xff_ffff);
    finder.must(fits, &format!("{path}.color"), "NUMBER_TYPE_MAX", "int value should be at most 16777215.");
    let image = embed["image"]["url"].is_string() || embed["thumbnail"]["url"].is_string();
    finder.must(total > 0 || image, path, "BASE_TYPE_REQUIRED", "An embed has to show something.");
    total
}

fn row_faults(finder: &mut Faultfinder, row: &Value, path: &str, ids: &mut Vec<String>) {
    finder.choice(&row["type"], &format!("{path}.type"), &[1]);
    let children = finder.list(&row["components"], &format!("{path}.components"), 1, 5);
    let is_select = |child: &&Value| matches!(child["type"].as_u64(), Some(3 | 5..=8));
    let selects = children.iter().filter(is_select).count();
    let alone = selects == 0 || children.len() == 1;
    finder.must(alone, path, "COMPONENT_LAYOUT_WIDTH_EXCEEDED", "The row has no room for all of these.");
    for (n, child) in children.iter().enumerate() {
        let path = format!("{path}.components.{n}");
        if !child["custom_id"].is_null() {
            finder.unique(
                ids,
                &child["custom_id"],
                &format!("{path}.custom_id"),
                "COMPONENT_CUSTOM_ID_DUPLICATED",
            );
        }
        match child["type"].as_u64() {
            Some(2) => button_faults(finder, child, &path),
            Some(3) => select_faults(finder, child, &path),
            Some(5..=8) => chooser_faults(finder, child, &path),
            _ => finder.fault(
                &format!("{path}.type"),
                "BASE_TYPE_CHOICES",
                "Value must be one of 2, 3, 5 to 8.",
            ),
        }
    }
}

fn button_faults(finder: &mut Faultfinder, button: &Value, path: &str) {
    finder.choice(&button["style"], &format!("{path}.style"), &[1, 2, 3, 4, 5]);
    let least = usize::from(button["emoji"].is_null());
    finder.text(&button["label"], &format!("{path}.label"), least, 80);
    if button["style"] != 5 {
        finder.text(&button["custom_id"], &format!("{path}.custom_id"), 1, 100);
        finder.must(
            button["url"].is_null(),
            path,
            "BUTTON_COMPONENT_INVALID_URL",
            "A url is for links alone.",
        );
        return;
    }
    finder.text(&button["url"], &format!("{path}.url"), 1, 512);
    let host = |url: &str| {
        url.split_once("://").is_some_and(|(_, rest)| {
            rest.split(['/', ':', '?']).next().is_some_and(|host| host.contains(['.', '[']))
        })
    };
    let whole = button["url"].as_str().is_none_or(|url| !url.starts_with("http") || host(url));
    finder.must(whole, &format!("{path}.url"), "URL_TYPE_INVALID_URL", "Not a well formed URL.");
    let web = button["url"].as_str().is_none_or(|url| url.starts_with("http") || url.starts_with("discord:"));
    finder.must(
        web,
        &format!("{path}.url"),
        "URL_TYPE_INVALID_SCHEME",
        "Scheme must be http, https or discord.",
    );
    let bare = button["custom_id"].is_null();
    finder.must(bare, path, "BUTTON_COMPONENT_CUSTOM_ID", "A custom id and a url cannot both be specified");
}

/// See a select of texts, in a message or in a modal.
pub fn select_faults(finder: &mut Faultfinder, select: &Value, path: &str) {
    chooser_faults(finder, select, path);
    option_faults(finder, &select["options"], &format!("{path}.options"), 1..=25);
}

/// What every select has: of texts, or of what Discord knows itself (users, roles, channels).
fn chooser_faults(finder: &mut Faultfinder, select: &Value, path: &str) {
    finder.text(&select["custom_id"], &format!("{path}.custom_id"), 1, 100);
    finder.text(&select["placeholder"], &format!("{path}.placeholder"), 0, 150);
    let (least, most) =
        (select["min_values"].as_u64().unwrap_or(1), select["max_values"].as_u64().unwrap_or(1));
    finder.must(least <= most && most <= 25, path, "NUMBER_TYPE_MAX", "min_values is above max_values.");
}

/// Options of a select or of a group of boxes.
pub fn option_faults(
    finder: &mut Faultfinder,
    options: &Value,
    path: &str,
    count: std::ops::RangeInclusive<usize>,
) {
    let mut values = Vec::new();
    for (n, option) in finder.list(options, path, *count.start(), *count.end()).iter().enumerate() {
        let path = format!("{path}.{n}");
        finder.text(&option["label"], &format!("{path}.label"), 1, 100);
        finder.text(&option["value"], &format!("{path}.value"), 1, 100);
        finder.text(&option["description"], &format!("{path}.description"), 0, 100);
        finder.unique(
            &mut values,
            &option["value"],
            &format!("{path}.value"),
            "SELECT_COMPONENT_OPTION_VALUE_DUPLICATED",
        );
    }
}

fn mention_faults(finder: &mut Faultfinder, mentions: &Value) {
    let kinds = ["roles", "users", "everyone"];
    for (n, kind) in finder.list(&mentions["parse"], "allowed_mentions.parse", 0, 3).iter().enumerate() {
        let known = kind.as_str().is_some_and(|kind| kinds.contains(&kind));
        finder.must(known, &format!("allowed_mentions.parse.{n}"), "BASE_TYPE_CHOICES", "No such kind.");
    }
}
