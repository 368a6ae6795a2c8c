//! What Slack refuses in messages and views, written from its reference and not from our
//! table of limits: two tables that agree prove more than one used twice.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::harness::judged;

/// The error for a message that Slack would not take.
pub fn message_fault(message: &Value) -> Option<&'static str> {
    kept(message, fault_of_message(message))
}

/// The error for a modal that Slack would not take.
pub fn view_fault(view: &Value) -> Option<&'static str> {
    kept(view, fault_of_modal(view))
}

/// The error for an App Home that Slack would not take.
pub fn home_fault(view: &Value) -> Option<&'static str> {
    kept(view, fault_of_home(view))
}

/// The error for an answer to a request of Slack's that Slack would not take.
pub fn answer_fault(answer: &Value) -> Option<&'static str> {
    if !answer["view"].is_null() {
        return view_fault(&answer["view"]);
    }
    for name in ["options", "option_groups"] {
        if answer[name].as_array().is_some_and(|offered| !offered.is_empty()) {
            let select = json!({ "type": "static_select", "action_id": "offered", name: answer[name] });
            let blocks = json!([{ "type": "actions", "elements": [select] }]);
            return message_fault(&json!({ "text": "offered", "blocks": blocks }));
        }
    }
    let message = !answer["text"].is_null() || !answer["blocks"].is_null();
    if message { message_fault(answer) } else { None }
}

/// What we find no fault with is shown to the other judges.
fn kept(body: &Value, fault: Option<&'static str>) -> Option<&'static str> {
    if fault.is_none() {
        judged::keep(body);
    }
    fault
}

fn fault_of_message(message: &Value) -> Option<&'static str> {
    let text = message["text"].as_str().unwrap_or_default();
    if text.chars().count() > 4000 {
        return Some("msg_too_long");
    }
    let Some(blocks) = message["blocks"].as_array() else {
        return if text.is_empty() { Some("no_text") } else { None };
    };
    if blocks.len() > 50 || !blocks.iter().all(block_holds) || !unique_ids(blocks) {
        return Some("invalid_blocks");
    }
    let tables = blocks.iter().filter(|block| block["type"] == "table").count();
    if tables > 1 {
        return Some("only_one_table_allowed");
    }
    let printed = blocks.iter().filter(|block| block["type"] != "actions").map(texts).sum::<usize>();
    (printed > 13_000).then_some("msg_blocks_too_long")
}

fn fault_of_modal(view: &Value) -> Option<&'static str> {
    let inputs = view["blocks"].as_array().into_iter().flatten().any(|block| block["type"] == "input");
    let sound = view["type"] == "modal"
        && between(&view["title"]["text"], 1, 24)
        && (view["submit"].is_null() || between(&view["submit"]["text"], 1, 24))
        && (!inputs || !view["submit"].is_null())
        && (view["close"].is_null() || between(&view["close"]["text"], 1, 24))
        && surface_holds(view);
    (!sound).then_some("invalid_arguments")
}

fn fault_of_home(view: &Value) -> Option<&'static str> {
    let modal = ["title", "submit", "close", "notify_on_close", "clear_on_close", "submit_disabled"];
    let sound =
        view["type"] == "home" && modal.iter().all(|name| view[name].is_null()) && surface_holds(view);
    (!sound).then_some("invalid_arguments")
}

/// What modals and homes have in common.
fn surface_holds(view: &Value) -> bool {
    let blocks = view["blocks"].as_array().map_or(&[][..], Vec::as_slice);
    view["private_metadata"].as_str().unwrap_or_default().len() <= 3000
        && view["callback_id"].as_str().unwrap_or_default().len() <= 255
        && view["external_id"].as_str().unwrap_or_default().len() <= 255
        && blocks.iter().all(|block| block["type"] != "table" && block_holds(block))
        && super::files::unshown(view)
        && (1..=100).contains(&blocks.len())
        && unique_ids(blocks)
}

fn block_holds(block: &Value) -> bool {
    let all = |list: &Value, most: usize, holds: fn(&Value) -> bool| {
        list.as_array().is_some_and(|list| (1..=most).contains(&list.len()) && list.iter().all(holds))
    };
    match block["type"].as_str() {
        Some("divider") => true,
        Some("header") => block["text"]["type"] == "plain_text" && between(&block["text"]["text"], 1, 150),
        Some("section") => section_holds(block),
        Some("image") => {
            let id = block["slack_file"]["id"].as_str();
            let kept = id.is_some_and(|id| id.starts_with('F') && id.len() >= 9);
            between(&block["alt_text"], 1, 2000) && kept != between(&block["image_url"], 1, 3000)
        }
        Some("context") => all(&block["elements"], 10, |text| between(&text["text"], 1, 3000)),
        Some("actions") => all(&block["elements"], 25, element_holds),
        Some("rich_text") => all(&block["elements"], 1000, |part| {
            part["elements"].as_array().is_some_and(|runs| !runs.is_empty() && runs.iter().all(run_holds))
        }),
        Some("table") => all(&block["rows"], 100, |row| {
            row.as_array().is_some_and(|row| (1..=20).contains(&row.len()) && row.iter().all(cell_holds))
        }),
        Some("input") => {
            between(&block["label"]["text"], 1, 2000)
                && between(&block["block_id"], 1, 255)
                && (block["hint"].is_null() || between(&block["hint"]["text"], 1, 2000))
                && element_holds(&block["element"])
        }
        _ => false,
    }
}

fn section_holds(section: &Value) -> bool {
    let fields = section["fields"].as_array();
    let text = between(&section["text"]["text"], 1, 3000);
    (text || section["text"].is_null() && fields.is_some())
        && fields.is_none_or(|fields| {
            (1..=10).contains(&fields.len()) && fields.iter().all(|field| between(&field["text"], 1, 2000))
        })
        && (section["accessory"].is_null() || element_holds(&section["accessory"]))
}

fn run_holds(run: &Value) -> bool {
    match run["type"].as_str() {
        Some("text") => between(&run["text"], 1, 4000),
        Some("link") => run["url"].as_str().is_some_and(|url| url.starts_with("http")),
        Some("date") => run["timestamp"].is_i64() && run["format"].is_string(),
        _ => false,
    }
}

fn cell_holds(cell: &Value) -> bool {
    match cell["type"].as_str() {
        Some("raw_text") => between(&cell["text"], 1, 4000),
        Some("rich_text") => block_holds(cell),
        _ => false,
    }
}

fn element_holds(element: &Value) -> bool {
    let id = between(&element["action_id"], 1, 255);
    id && match element["type"].as_str() {
        Some("button") => {
            between(&element["text"]["text"], 1, 75)
                && element["value"].as_str().unwrap_or_default().len() <= 2000
                && (element["confirm"].is_null() || confirm_holds(&element["confirm"]))
        }
        Some("static_select" | "multi_static_select") => {
            let grouped = element["option_groups"].as_array();
            match grouped {
                Some(groups) => groups.len() <= 100 && groups.iter().all(|group| options_hold(group, 100)),
                None => options_hold(element, 100),
            }
        }
        Some("checkboxes" | "radio_buttons") => options_hold(element, 10),
        Some("overflow") => options_hold(element, 5),
        Some(
            "external_select"
            | "multi_external_select"
            | "users_select"
            | "conversations_select"
            | "channels_select"
            | "datepicker"
            | "timepicker"
            | "email_text_input"
            | "url_text_input",
        ) => element["placeholder"].is_null() || between(&element["placeholder"]["text"], 1, 150),
        Some("plain_text_input") => {
            element["initial_value"].is_null() || between(&element["initial_value"], 1, 3000)
        }
        Some("number_input") => {
            let initial = element["initial_value"].as_str();
            initial.is_none_or(|number| number.parse::<f64>().is_ok())
        }
        _ => false,
    }
}

fn confirm_holds(confirm: &Value) -> bool {
    between(&confirm["title"]["text"], 1, 100)
        && between(&confirm["text"]["text"], 1, 300)
        && between(&confirm["confirm"]["text"], 1, 30)
        && between(&confirm["deny"]["text"], 1, 30)
}

fn options_hold(element: &Value, most: usize) -> bool {
    let Some(options) = element["options"].as_array() else { return false };
    let fits = |option: &Value| between(&option["text"]["text"], 1, 75) && between(&option["value"], 1, 150);
    let one = [element["initial_option"].clone()];
    let initial = element["initial_options"].as_array().map_or(&one[..], Vec::as_slice);
    let offered = initial.iter().all(|option| option.is_null() || options.contains(option));
    (1..=most).contains(&options.len()) && options.iter().all(fits) && (offered || element["type"].is_null())
}

fn between(text: &Value, least: usize, most: usize) -> bool {
    text.as_str().is_some_and(|text| (least..=most).contains(&text.chars().count()))
}

/// No `action_id` and no `block_id` twice.
fn unique_ids(blocks: &[Value]) -> bool {
    let elements = blocks.iter().filter_map(|block| block["elements"].as_array()).flatten();
    let actions: Vec<&str> = elements.filter_map(|element| element["action_id"].as_str()).collect();
    let names: Vec<&str> = blocks.iter().filter_map(|block| block["block_id"].as_str()).collect();
    let unique = |ids: &[&str]| ids.iter().collect::<BTreeSet<_>>().len() == ids.len();
    unique(&actions) && unique(&names)
}

fn texts(value: &Value) -> usize {
    match value {
        Value::Array(items) => items.iter().map(texts).sum(),
        Value::Object(members) => {
            let own = members.get("text").and_then(Value::as_str).map_or(0, |text| text.chars().count());
            own + members.values().filter(|member| !member.is_string()).map(texts).sum::<usize>()
        }
        _ => 0,
    }
}
