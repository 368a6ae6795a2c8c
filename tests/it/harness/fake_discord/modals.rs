//! What Discord refuses in the answer to an interaction: of which kind it may be, choices, modals.

use serde_json::Value;

use super::checks::{Into, message_faults, option_faults, select_faults};
use super::faultfinder::Faultfinder;

/// Kinds of interactions: ping, command, component, autocomplete, modal.
const PING: u64 = 1;
const COMPONENT: u64 = 3;
const AUTOCOMPLETE: u64 = 4;
const MODAL: u64 = 5;

/// The tree of errors for an answer to an interaction of this kind that Discord would not take. `shown`
/// says whether a modal was opened from a message.
pub fn callback_fault(answer: &Value, kind: u64, shown: bool, files: &[String]) -> Option<Value> {
    let mut finder = Faultfinder::default();
    let allowed: &[u64] = match kind {
        PING => &[1],
        COMPONENT => &[4, 5, 6, 7, 9],
        AUTOCOMPLETE => &[8],
        MODAL if shown => &[4, 5, 6, 7],
        MODAL => &[4, 5],
        _ => &[4, 5, 9],
    };
    finder.choice(&answer["type"], "type", allowed);
    let data = &answer["data"];
    match answer["type"].as_u64() {
        Some(4) if super::checks::is_empty(data) => {
            finder.fault("data", "BASE_TYPE_REQUIRED", "There is nothing in it.")
        }
        Some(4 | 7) => message_faults(&mut finder, data, Into::Answer, files),
        Some(5) => {
            let flags = data["flags"].as_u64().unwrap_or(0);
            finder.must(flags & !64 == 0, "data.flags", "BASE_TYPE_CHOICES", "Only EPHEMERAL may be set.");
        }
        Some(8) => choice_faults(&mut finder, &data["choices"]),
        Some(9) => modal_faults(&mut finder, data),
        _ => {}
    }
    finder.errors()
}

fn choice_faults(finder: &mut Faultfinder, choices: &Value) {
    finder.must(choices.is_array(), "data.choices", "BASE_TYPE_REQUIRED", "This field is required");
    for (n, choice) in finder.list(choices, "data.choices", 0, 25).iter().enumerate() {
        finder.text(&choice["name"], &format!("data.choices.{n}.name"), 1, 100);
        if !choice["value"].is_number() {
            finder.text(&choice["value"], &format!("data.choices.{n}.value"), 1, 100);
        }
    }
}

fn modal_faults(finder: &mut Faultfinder, modal: &Value) {
    finder.text(&modal["title"], "data.title", 1, 45);
    finder.text(&modal["custom_id"], "data.custom_id", 1, 100);
    let mut ids = Vec::new();
    for (n, top) in finder.list(&modal["components"], "data.components", 1, 5).iter().enumerate() {
        let path = format!("data.components.{n}");
        let child = match top["type"].as_u64() {
            Some(10) => {
                finder.text(&top["content"], &format!("{path}.content"), 1, 4000);
                continue;
            }
            Some(18) => {
                finder.text(&top["label"], &format!("{path}.label"), 1, 45);
                finder.text(&top["description"], &format!("{path}.description"), 0, 100);
                &top["component"]
            }
            Some(1) => {
                let row = finder.list(&top["components"], &format!("{path}.components"), 1, 1);
                let child = row.first().unwrap_or(&Value::Null);
                finder.choice(&child["type"], &format!("{path}.components.0.type"), &[4]);
                finder.text(&child["label"], &format!("{path}.components.0.label"), 1, 45);
                child
            }
            _ => {
                finder.fault(
                    &format!("{path}.type"),
                    "BASE_TYPE_CHOICES",
                    "Value must be one of [1, 10, 18].",
                );
                continue;
            }
        };
        input_faults(finder, child, &format!("{path}.component"));
        finder.unique(&mut ids, &child["custom_id"], &path, "COMPONENT_CUSTOM_ID_DUPLICATED");
    }
}

fn input_faults(finder: &mut Faultfinder, input: &Value, path: &str) {
    finder.text(&input["custom_id"], &format!("{path}.custom_id"), 1, 100);
    match input["type"].as_u64() {
        Some(3) => select_faults(finder, input, path),
        Some(4) => text_input_faults(finder, input, path),
        Some(21) => option_faults(finder, &input["options"], &format!("{path}.options"), 2..=10),
        Some(22) => {
            option_faults(finder, &input["options"], &format!("{path}.options"), 1..=10);
            let lax = input["min_values"] != 0 || input["required"] == false;
            finder.must(
                lax,
                path,
                "COMPONENT_REQUIRED_MIN_VALUES",
                "With min_values 0 it cannot be required.",
            );
        }
        Some(5 | 6 | 7 | 8 | 19 | 23) => {}
        _ => finder.fault(&format!("{path}.type"), "BASE_TYPE_CHOICES", "No such input."),
    }
}

fn text_input_faults(finder: &mut Faultfinder, input: &Value, path: &str) {
    finder.choice(&input["style"], &format!("{path}.style"), &[1, 2]);
    finder.text(&input["placeholder"], &format!("{path}.placeholder"), 0, 100);
    finder.text(&input["value"], &format!("{path}.value"), 0, 4000);
    let (least, most) =
        (input["min_length"].as_u64().unwrap_or(0), input["max_length"].as_u64().unwrap_or(4000));
    let fits = least <= most && (1..=4000).contains(&most);
    finder.must(fits, path, "NUMBER_TYPE_MAX", "min_length and max_length make no sense.");
    let length = input["value"].as_str().map_or(0, |text| text.chars().count() as u64);
    finder.must(length <= most, &format!("{path}.value"), "BASE_TYPE_MAX_LENGTH", "Longer than max_length.");
}
