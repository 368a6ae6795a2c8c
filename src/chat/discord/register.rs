//! Whether Discord has the command tree that we have. Pure.
//!
//! Only a change is written: 200 commands may be created a day, and a client that still shows the
//! tree of before has to load it anew.

use serde_json::{Map, Value, json};

/// What Discord adds on its own: its ids, the reader's language, members that follow from others.
const ADDED: [&str; 8] = [
    "id",
    "application_id",
    "guild_id",
    "version",
    "name_localized",
    "description_localized",
    // Follows from `contexts`, which took its place.
    "dm_permission",
    // Says nothing but `true` any more.
    "default_permission",
];

/// What to `PUT` so that `command` is the only one that is registered, where the answer to
/// `GET /applications/{id}/commands` says that it is not.
pub fn to_write(registered: &Value, command: &Value) -> Option<Value> {
    let wanted = json!([command]);
    (plain(registered) != plain(&wanted)).then_some(wanted)
}

/// Without what Discord adds and without what says the same as nothing. Of what says where a
/// command is to be seen the order means nothing, of all else it does.
fn plain(value: &Value) -> Value {
    match value {
        Value::Array(values) => values.iter().map(plain).collect(),
        Value::Object(members) => {
            let said = members.iter().filter(|(name, value)| !ADDED.contains(&name.as_str()) && says(value));
            let mut said: Map<String, Value> =
                said.map(|(name, value)| (name.clone(), plain(value))).collect();
            for places in ["contexts", "integration_types"] {
                if let Some(Value::Array(values)) = said.get_mut(places) {
                    values.sort_by_key(Value::to_string);
                }
            }
            if said.contains_key("description") {
                said.entry("type").or_insert(json!(1));
            }
            Value::Object(said)
        }
        other => other.clone(),
    }
}

/// An absent member means the same as these.
fn says(value: &Value) -> bool {
    match value {
        Value::Null | Value::Bool(false) => false,
        Value::Array(values) => !values.is_empty(),
        Value::Object(members) => !members.is_empty(),
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ours() -> Value {
        json!({
            "type": 1, "name": "platform", "description": "Get it", "contexts": [0, 1], "integration_types": [0],
            "options": [{
                "type": 2, "name": "env", "description": "create", "options": [{
                    "type": 1, "name": "create", "description": "Make one", "options": [
                        { "type": 3, "name": "size", "description": "x", "required": true,
                          "choices": [{ "name": "s", "value": "s" }] },
                        { "type": 5, "name": "dry-run", "description": "y" },
                    ],
                }],
            }],
        })
    }

    /// As Discord answers it: with ids, with `null` for what is not set, and without what is `false`
    /// or with it.
    fn theirs() -> Value {
        let mut command = ours();
        let added = json!({
            "id": "1166123456789012345", "application_id": "1165123456789012345", "version": "1166123456789012346",
            "default_member_permissions": null, "dm_permission": true, "nsfw": false, "contexts": [1, 0],
            "name_localizations": null, "description_localizations": null,
        });
        command.as_object_mut().unwrap().extend(added.as_object().unwrap().clone());
        let options = &mut command["options"][0]["options"][0]["options"];
        options[0]["choices"][0]["name_localizations"] = json!(null);
        options[0]["autocomplete"] = json!(false);
        options[1]["required"] = json!(false);
        options[1]["name_localized"] = json!("dry-run");
        json!([command])
    }

    #[test]
    fn what_is_registered_as_it_is_here_is_not_written_again() {
        assert_eq!(to_write(&theirs(), &ours()), None);
        let mut bare = theirs();
        bare[0].as_object_mut().unwrap().remove("type");
        assert_eq!(to_write(&bare, &ours()), None);
    }

    #[test]
    fn any_other_difference_is_written() {
        let changes: [fn(&mut Value); 9] = [
            |all| all[0]["description"] = json!("Got it"),
            |all| all[0]["nsfw"] = json!(true),
            |all| all[0]["default_member_permissions"] = json!("0"),
            |all| all[0]["contexts"] = json!([0]),
            |all| all[0]["options"][0]["options"][0]["options"][0]["required"] = json!(false),
            |all| all[0]["options"][0]["options"][0]["options"][0]["choices"][0]["value"] = json!("m"),
            |all| all[0]["options"][0]["options"][0]["options"].as_array_mut().unwrap().reverse(),
            |all| all[0]["type"] = json!(3),
            |all| all.as_array_mut().unwrap().push(json!({ "name": "old", "type": 1, "description": "x" })),
        ];
        for (place, change) in changes.iter().enumerate() {
            let mut registered = theirs();
            change(&mut registered);
            assert_eq!(to_write(&registered, &ours()), Some(json!([ours()])), "change {place}");
        }
    }

    #[test]
    fn nothing_or_nonsense_registered_is_written_over() {
        for registered in [json!([]), json!(null), json!({ "message": "401: Unauthorized" })] {
            assert!(to_write(&registered, &ours()).is_some(), "{registered}");
        }
    }
}
