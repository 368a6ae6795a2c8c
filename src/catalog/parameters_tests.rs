//! Forms, typed values and the sentences for what cannot be used.

use serde_json::json;

use super::super::model::{Files, TemplateFile};
use super::super::reading;
use super::*;

const PAGES: &str = r"
    - required: [name, port, kind]
      properties:
        name: {type: string, title: Name, maxLength: 8, pattern: '^[a-z0-9-]+$'}
        port: {type: integer, default: 8080, minimum: 1024, maximum: 65535}
        ratio: {type: number, exclusiveMaximum: 1}
        public: {type: boolean, default: false}
        kind: {type: string, enum: [a, b], enumNames: [First, Second]}
        mail: {type: string, format: email}
        tags: {type: array, items: {type: string, enum: [x, y]}, uniqueItems: true}
        notes: {type: string, ui:widget: textarea, description: Anything.}
        hidden: {type: string, ui:widget: hidden, default: h}
      dependencies:
        kind:
          oneOf:
            - properties: {kind: {const: a}}
            - required: [image]
              properties: {kind: {const: b}, image: {type: string, minLength: 2}}
    - when: ${{ parameters.public }}
      required: [domain]
      properties:
        domain: {type: string}
";

fn template() -> Template {
    let head = "apiVersion: scaffolder.backstage.io/v1beta3\nkind: Template\nmetadata: {name: t}\n";
    let spec = "spec:\n  type: x\n  steps: [{id: a, action: 'debug:log'}]\n";
    let path = "  goldenpath: {recommended: {port: {const: 8080}, tags: {maxItems: 1}}}\n";
    let text = format!("{head}{spec}{path}  parameters:{PAGES}");
    let file = TemplateFile { bytes: text.into_bytes(), executable: false };
    let files = Files::from([("template.yaml".to_owned(), file)]);
    reading::among("t", &files, None).unwrap_or_else(|problems| panic!("{problems:?}"))
}

fn values(given: &[(&str, &str)]) -> Result<Value, Refusals> {
    let given = given.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect();
    template().values(&given, "shop-2").map(Value::Object)
}

#[test]
fn each_type_has_its_field() {
    let fields = template().fields();
    let names: Vec<&str> = fields.iter().map(|field| field.name.as_str()).collect();
    let expected = ["name", "port", "ratio", "public", "kind", "mail", "tags", "notes", "image", "domain"];
    assert_eq!(names, expected);
    let kind = |name: &str| fields.iter().find(|field| field.name == name).unwrap().clone();
    assert_eq!(kind("port").kind, FieldKind::Number { whole: true });
    assert_eq!((kind("port").value.as_deref(), kind("port").required), (Some("8080"), false));
    assert_eq!(kind("ratio").kind, FieldKind::Number { whole: false });
    assert_eq!(kind("public").kind, FieldKind::Flag);
    assert!(matches!(kind("tags").kind, FieldKind::Multiple { choices } if choices.len() == 2));
    assert_eq!(kind("notes").kind, FieldKind::Text { multiline: true });
    assert_eq!(kind("notes").help.as_deref(), Some("Anything."));
    assert!(kind("kind").required && !kind("image").required && !kind("domain").required);
    let FieldKind::Choice { choices } = kind("kind").kind else { panic!() };
    assert_eq!((choices[1].value.as_str(), choices[1].label.as_str()), ("b", "Second"));
}

#[test]
fn what_was_typed_becomes_typed_and_complete() {
    let expected = json!({"kind": "a", "port": 2000, "public": true, "ratio": 0.5, "tags": ["x", "y"],
        "name": "shop-2", "hidden": "h"});
    let typed = [("kind", "a"), ("port", "2000"), ("public", "yes"), ("ratio", "0.5"), ("tags", "x, y")];
    assert_eq!(values(&typed).unwrap(), expected);
    let listed = values(&[("kind", "a"), ("tags", "[\"y\"]"), ("notes", "")]).unwrap();
    let expected =
        json!({"kind": "a", "tags": ["y"], "name": "shop-2", "port": 8080, "public": false, "hidden": "h"});
    assert_eq!(listed, expected);
    assert_eq!(values(&[("kind", "b"), ("image", "xy")]).unwrap()["image"], "xy");
}

#[test]
fn what_cannot_be_used_is_said_in_a_sentence() {
    let cases = [
        ("port", "70000", "`port` has to be at most 65535."),
        ("port", "80", "`port` has to be at least 1024."),
        ("port", "many", "`port` has to be a whole number, not `many`."),
        ("ratio", "1", "`ratio` has to be below 1."),
        ("ratio", "NaN", "`ratio` has to be a number, not `NaN`."),
        ("public", "maybe", "`public` has to be `true` or `false`, not `maybe`."),
        ("name", "much-too-long", "`name` has to be at most 8 characters long."),
        ("name", "A", "`name` has to match `^[a-z0-9-]+$`."),
        ("mail", "nobody", "`mail` has to be a valid email."),
        ("tags", "z", "`tags` has to be one of `x`, `y`."),
        ("tags", "x,x", "`tags` names something twice."),
        ("prt", "1", "There is no parameter `prt`. Did you mean `port`?"),
        ("qqq", "1", "`t` has no parameter `qqq`."),
    ];
    for (name, text, expected) in cases {
        let refusals = values(&[("kind", "a"), (name, text)]).expect_err(text);
        assert_eq!(refusals, [(name.to_owned(), expected.to_owned())], "{name}={text}");
    }
}

#[test]
fn what_is_needed_is_asked_for_at_its_own_field() {
    let needed = |name: &str| vec![(name.to_owned(), format!("`{name}` is needed."))];
    assert_eq!(values(&[]).unwrap_err(), needed("kind"));
    assert_eq!(values(&[("kind", "b")]).unwrap_err(), needed("image"));
    let refusals = values(&[("kind", "c")]).unwrap_err();
    assert!(refusals.iter().any(|(field, why)| field == "kind" && why.contains("one of `a`, `b`")));
    let refusals = values(&[("kind", "b"), ("image", "x")]).unwrap_err();
    assert_eq!(refusals[0].1, "`image` has to be at least 2 characters long.");
}

#[test]
fn values_outside_the_recommended_are_an_adaptation() {
    let adapted = |given: &[(&str, &str)]| {
        let values = values(given).unwrap();
        template().adapted(values.as_object().unwrap())
    };
    assert!(!adapted(&[("kind", "a")]));
    assert!(adapted(&[("kind", "a"), ("port", "9000")]));
    assert!(adapted(&[("kind", "a"), ("tags", "x,y")]));
}
