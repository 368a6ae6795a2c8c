//! Whether the form can be filled in: required properties, defaults, keywords.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::{Lint, Template, Visible, did_you_mean, list};
use crate::catalog::parameters::{option, page_properties, validator};
use crate::catalog::rules;
use crate::templating::escape_pointer;

/// Keywords that speak of one type of value.
const OF_TYPES: &[(&str, &[&str])] = &[
    ("minLength", &["string"]),
    ("maxLength", &["string"]),
    ("pattern", &["string"]),
    ("minimum", NUMBERS),
    ("maximum", NUMBERS),
    ("exclusiveMinimum", NUMBERS),
    ("exclusiveMaximum", NUMBERS),
    ("multipleOf", NUMBERS),
    ("items", &["array"]),
    ("minItems", &["array"]),
    ("maxItems", &["array"]),
    ("uniqueItems", &["array"]),
    ("properties", &["object"]),
    ("additionalProperties", &["object"]),
];
const NUMBERS: &[&str] = &["number", "integer"];

/// Further keywords of a property.
const OTHERS: &[&str] = &[
    "title",
    "description",
    "type",
    "default",
    "enum",
    "enumNames",
    "const",
    "format",
    "required",
    "dependencies",
    "dependentRequired",
    "definitions",
    "examples",
    "oneOf",
    "anyOf",
    "allOf",
    "not",
    "if",
    "then",
    "else",
    "ui:field",
    "ui:widget",
    "ui:options",
    "ui:help",
    "ui:placeholder",
    "ui:autofocus",
    "ui:order",
    "ui:disabled",
    "ui:readonly",
    "ui:emptyValue",
    "ui:title",
    "ui:description",
];

/// The parameters that a portal keeps among the secrets.
pub(super) fn secret_fields(template: &Template) -> BTreeSet<String> {
    let is_secret = |schema: &Value| option(schema, "field").and_then(Value::as_str) == Some("Secret");
    let properties = template.properties().into_iter().filter(|property| is_secret(property.schema));
    properties.map(|property| property.name.to_owned()).collect()
}

impl Lint<'_> {
    pub(super) fn schemas(&mut self) {
        let template = self.template;
        let single = self.document.value.pointer("/spec/parameters").is_some_and(Value::is_object);
        for (i, page) in template.pages.iter().enumerate() {
            let at = if single { "/spec/parameters".to_owned() } else { format!("/spec/parameters/{i}") };
            self.object(page, &at);
            let visible = Visible::new();
            if let Some(Value::String(when)) = page.get("when") {
                self.text(&format!("{at}/when"), when, &visible);
            }
        }
        if let Err(what) = validator(&template.schema()) {
            self.add(&rules::SCHEMA, "/spec/parameters", format!("`parameters` {what}"), "");
        }
    }

    /// A page, or the schema of an object within one.
    fn object(&mut self, schema: &Value, at: &str) {
        // Where a part is named elsewhere, it is not known what it defines.
        if !refers(schema) {
            let all = page_properties(schema).iter().map(|property| property.name).collect();
            self.required(schema, at, &Known { all, sure: surely(schema) });
        }
        for property in page_properties(schema) {
            self.property(property.name, property.schema, &format!("{at}{}", property.pointer));
        }
    }

    fn property(&mut self, name: &str, schema: &Value, at: &str) {
        let Some(map) = schema.as_object() else { return };
        self.default(name, schema, at);
        self.keywords(name, map, at);
        if map.contains_key("properties") || map.get("required").is_some_and(Value::is_array) {
            self.object(schema, at);
        }
        if let Some(items @ Value::Object(_)) = map.get("items") {
            self.property(name, items, &format!("{at}/items"));
        }
    }

    /// What `schema`, or a branch of it, requires.
    fn required(&mut self, schema: &Value, at: &str, known: &Known<'_>) {
        let names = schema.get("required").and_then(Value::as_array).into_iter().flatten();
        for (i, name) in names.enumerate() {
            self.needs(name.as_str().unwrap_or_default(), &format!("{at}/required/{i}"), known);
        }
        for (pointer, branch) in branches(schema) {
            let sure = known.sure.union(&surely(branch)).copied().collect();
            self.required(branch, &format!("{at}{pointer}"), &Known { all: known.all.clone(), sure });
        }
    }

    fn needs(&mut self, name: &str, at: &str, known: &Known<'_>) {
        if name.is_empty() || known.sure.contains(name) {
            return;
        }
        if known.all.contains(name) {
            let what = format!("`{name}` is required here and only defined on another branch");
            return self.add(&rules::REQUIRED_BRANCH, at, what, "require it on the branch that defines it");
        }
        if at.matches("/properties/").count() == 0 && self.parameters.contains(name) {
            let what = format!("`{name}` is required on this page and defined on another");
            return self.add(&rules::REQUIRED_BRANCH, at, what, "require it on the page that asks it");
        }
        let what = format!("`{name}` is required but not among this page's `properties`");
        let names: Vec<&str> = known.all.iter().copied().collect();
        self.add(&rules::REQUIRED, at, what, &did_you_mean(name, &names, "define it or remove it"));
    }

    fn default(&mut self, name: &str, schema: &Value, at: &str) {
        let Some(default) = schema.get("default").filter(|default| !default.is_null()) else { return };
        let at = format!("{at}/default");
        let options = |schema: &Value| schema.get("enum").and_then(Value::as_array).cloned();
        let outside = match (options(schema), default) {
            (Some(options), value) => !options.contains(value),
            (None, Value::Array(values)) => {
                let options = schema.get("items").and_then(options);
                options.is_some_and(|options| values.iter().any(|value| !options.contains(value)))
            }
            _ => false,
        };
        if outside {
            let what = format!("the default of `{name}` is not among its `enum`");
            self.add(&rules::DEFAULT_ENUM, &at, what, "add it to `enum` or choose one of it");
        } else if let Ok(validator) = validator(schema)
            && !validator.is_valid(default)
        {
            let what = format!("the default of `{name}` does not fit its own schema");
            self.add(&rules::DEFAULT_TYPE, &at, what, "choose a default that a person could have typed");
        }
    }

    fn keywords(&mut self, name: &str, schema: &Map<String, Value>, at: &str) {
        let kind = schema.get("type").and_then(Value::as_str);
        for key in schema.keys() {
            let pointer = format!("{at}/{}", escape_pointer(key));
            match OF_TYPES.iter().find(|(keyword, _)| keyword == key) {
                Some((_, types)) => {
                    if let Some(kind) = kind.filter(|kind| !types.contains(kind)) {
                        let what = format!("`{key}` says nothing about `{name}`, which is of type {kind}");
                        let fix = format!("it belongs to {}", list(types));
                        self.add_key(&rules::KEYWORD_MISFIT, &pointer, what, &fix);
                    }
                }
                None if OTHERS.contains(&key.as_str()) => {}
                None => {
                    let known = OF_TYPES.iter().map(|(keyword, _)| keyword).chain(OTHERS);
                    let near = known.filter(|known| strsim::damerau_levenshtein(known, key) <= 2);
                    if let Some(near) = near.min_by_key(|known| strsim::damerau_levenshtein(known, key)) {
                        let what = format!("there is no keyword `{key}`");
                        let fix = format!("did you mean `{near}`?");
                        self.add_key(&rules::KEYWORD_UNKNOWN, &pointer, what, &fix);
                    }
                }
            }
        }
    }

    pub(super) fn recommended(&mut self) {
        for (name, schema) in &self.template.recommended {
            let at = format!("/spec/goldenpath/recommended/{}", escape_pointer(name));
            if !self.parameters.contains(name) {
                let fix = self.near_parameter(name);
                self.add_key(&rules::GOLDENPATH, &at, format!("there is no parameter `{name}`"), &fix);
            } else if let Err(what) = validator(schema) {
                self.add(&rules::GOLDENPATH, &at, format!("`{name}` {what}"), "");
            }
        }
    }

    /// Parameters that nothing reads, neither a step nor another question.
    pub(super) fn unused(&mut self) {
        if self.used.contains("*") {
            return;
        }
        let template = self.template;
        let single = self.document.value.pointer("/spec/parameters").is_some_and(Value::is_object);
        for (i, page) in template.pages.iter().enumerate() {
            let at = if single { "/spec/parameters".to_owned() } else { format!("/spec/parameters/{i}") };
            let mut done = BTreeSet::new();
            deciding(page, &mut done);
            for property in page_properties(page) {
                let only_said = property.schema.get("type").and_then(Value::as_str) == Some("null");
                let used = self.used.contains(property.name) || self.hidden.contains(property.name);
                if !done.insert(property.name) || used || only_said {
                    continue;
                }
                let what = format!("no step and no output reads the parameter `{}`", property.name);
                let pointer = format!("{at}{}", property.pointer);
                self.add_key(&rules::UNUSED, &pointer, what, "read it, or do not ask for it");
            }
        }
    }
}

/// The names that a schema may require.
struct Known<'a> {
    /// Defined on some branch.
    all: BTreeSet<&'a str>,
    /// Defined whatever is answered.
    sure: BTreeSet<&'a str>,
}

/// What a schema defines whatever is answered.
fn surely(schema: &Value) -> BTreeSet<&str> {
    let own = schema.get("properties").and_then(Value::as_object).into_iter().flatten();
    let mut sure: BTreeSet<&str> = own.map(|(name, _)| name.as_str()).collect();
    let parts = |key: &str| schema.get(key).and_then(Value::as_array).into_iter().flatten();
    sure.extend(parts("allOf").flat_map(surely));
    sure.extend(common(parts("oneOf")));
    sure.extend(common(parts("anyOf")));
    if let (Some(then), Some(otherwise)) = (schema.get("then"), schema.get("else")) {
        sure.extend(common([then, otherwise].into_iter()));
    }
    let dependencies = schema.get("dependencies").and_then(Value::as_object).into_iter().flatten();
    sure.extend(dependencies.flat_map(|(_, dependency)| surely(dependency)));
    sure
}

fn common<'a>(alternatives: impl Iterator<Item = &'a Value>) -> BTreeSet<&'a str> {
    let all = alternatives.map(surely);
    all.reduce(|one, other| one.intersection(&other).copied().collect()).unwrap_or_default()
}

/// The parts of a schema that hold besides it or instead of each other, by their pointers.
fn branches(schema: &Value) -> Vec<(String, &Value)> {
    let mut found = Vec::new();
    for key in ["allOf", "oneOf", "anyOf"] {
        let parts = schema.get(key).and_then(Value::as_array).into_iter().flatten().enumerate();
        found.extend(parts.map(|(i, part)| (format!("/{key}/{i}"), part)));
    }
    for key in ["then", "else"] {
        found.extend(schema.get(key).map(|part| (format!("/{key}"), part)));
    }
    let dependencies = schema.get("dependencies").and_then(Value::as_object).into_iter().flatten();
    found.extend(dependencies.map(|(name, part)| (format!("/dependencies/{}", escape_pointer(name)), part)));
    found
}

/// Whether some part of it is named elsewhere.
fn refers(schema: &Value) -> bool {
    schema.get("$ref").is_some() || branches(schema).into_iter().any(|(_, part)| refers(part))
}

/// The properties that decide what else is asked.
fn deciding<'a>(schema: &'a Value, names: &mut BTreeSet<&'a str>) {
    for pointer in ["/dependencies", "/dependentRequired", "/if/properties"] {
        let all = schema.pointer(pointer).and_then(Value::as_object).into_iter().flatten();
        names.extend(all.map(|(name, _)| name.as_str()));
    }
    branches(schema).into_iter().for_each(|(_, part)| deciding(part, names));
}
