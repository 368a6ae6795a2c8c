//! A template's parameters: form fields, typed values, and whether they are on the path: pure.

use std::collections::BTreeMap;

use jsonschema::error::{TypeKind, ValidationErrorKind as Kind};
use jsonschema::{Draft, ValidationError, Validator};
use serde_json::{Map, Value, json};

use super::model::Template;
use super::read::nearest;
use crate::chat::form::{Field, FieldKind};
use crate::chat::message::Choice;
use crate::templating::escape_pointer;

/// A sentence for each field that cannot be used; the empty name is the form as a whole.
pub type Refusals = Vec<(String, String)>;

/// One declared parameter.
pub(super) struct Property<'a> {
    pub name: &'a str,
    /// Within its page.
    pub pointer: String,
    pub schema: &'a Value,
    /// Asked only when another answer leads there.
    pub branch: bool,
}

impl Template {
    /// The names of all parameters, those of branches included, in the order they are asked.
    pub fn parameter_names(&self) -> Vec<String> {
        self.properties().iter().map(|property| property.name.to_owned()).collect()
    }

    /// The JSON Schema of one parameter.
    pub fn parameter(&self, name: &str) -> Option<&Value> {
        self.properties().into_iter().find(|property| property.name == name).map(|property| property.schema)
    }

    /// The form's fields with their defaults; hidden parameters are not asked.
    pub fn fields(&self) -> Vec<Field> {
        let required = self.required();
        let shown = |schema: &Value| option(schema, "widget").and_then(Value::as_str) != Some("hidden");
        let properties = self.properties().into_iter().filter(|property| shown(property.schema));
        properties.map(|property| field(&property, required.contains(&property.name))).collect()
    }

    /// Typed, completed and checked values from what was typed.
    ///
    /// Empty text counts as not given. A parameter `name` that was not given
    /// takes `environment`, the environment's name; then defaults apply.
    pub fn values(
        &self,
        given: &BTreeMap<String, String>,
        environment: &str,
    ) -> Result<Map<String, Value>, Refusals> {
        let (mut values, mut refusals) = (Map::new(), Vec::new());
        for (name, text) in given.iter().filter(|(_, text)| !text.is_empty()) {
            let parsed = self.parameter(name).ok_or_else(|| self.unknown(name));
            match parsed.and_then(|schema| typed(name, text, schema)) {
                Ok(value) => drop(values.insert(name.clone(), value)),
                Err(sentence) => refusals.push((name.clone(), sentence)),
            }
        }
        self.complete(&mut values, environment);
        if refusals.is_empty() {
            refusals = self.check(&Value::Object(values.clone()))?;
        }
        if refusals.is_empty() { Ok(values) } else { Err(refusals) }
    }

    /// Whether some value is outside `spec.goldenpath.recommended`.
    pub fn adapted(&self, values: &Map<String, Value>) -> bool {
        self.recommended.iter().any(|(name, schema)| {
            let value = values.get(name).filter(|value| !value.is_null());
            value.is_some_and(|value| validator(schema).is_ok_and(|schema| !schema.is_valid(value)))
        })
    }

    pub(super) fn properties(&self) -> Vec<Property<'_>> {
        let mut all: Vec<Property<'_>> = Vec::new();
        for page in &self.pages {
            for property in page_properties(page) {
                if !all.iter().any(|known| known.name == property.name) {
                    all.push(property);
                }
            }
        }
        all
    }

    fn required(&self) -> Vec<&str> {
        let pages = self.pages.iter().filter(|page| page.get("when").is_none());
        let names = pages.filter_map(|page| page.get("required")?.as_array()).flatten();
        names.filter_map(Value::as_str).collect()
    }

    fn unknown(&self, name: &str) -> String {
        let names = self.parameter_names();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        match nearest(name, &names) {
            Some(near) => format!("There is no parameter `{name}`. Did you mean `{near}`?"),
            None => format!("`{}` has no parameter `{name}`.", self.name),
        }
    }

    fn complete(&self, values: &mut Map<String, Value>, environment: &str) {
        for property in self.properties() {
            if values.contains_key(property.name) {
                continue;
            }
            let default = match property.name {
                "name" => Some(json!(environment)),
                _ if property.branch => None,
                _ => property.schema.get("default").filter(|value| !value.is_null()).cloned(),
            };
            if let Some(default) = default {
                values.insert(property.name.to_owned(), default);
            }
        }
    }

    fn check(&self, values: &Value) -> Result<Refusals, Refusals> {
        let schema = validator(&self.schema()).map_err(|what| vec![(String::new(), what)])?;
        let mut refusals = Vec::new();
        for error in schema.iter_errors(values) {
            explain(&error, &mut refusals);
        }
        refusals.dedup();
        Ok(refusals)
    }

    /// All pages as one JSON Schema.
    pub(super) fn schema(&self) -> Value {
        let mut merged = json!({"type": "object", "allOf": []});
        let mut pages = Vec::new();
        for page in &self.pages {
            let Value::Object(mut page) = page.clone() else { continue };
            // Each page knows its own part only; unknown names are refused by `values`.
            page.shift_remove("additionalProperties");
            if page.shift_remove("when").is_some() {
                page.shift_remove("required");
            }
            for key in ["definitions", "$defs"] {
                if let Some(shared) = page.shift_remove(key) {
                    merged[key] = shared;
                }
            }
            pages.push(Value::Object(page));
        }
        if !pages.is_empty() {
            merged["allOf"] = Value::Array(pages);
        } else if let Some(map) = merged.as_object_mut() {
            map.shift_remove("allOf");
        }
        merged
    }
}

/// A compiled schema of the draft that Backstage's forms use.
pub(super) fn validator(schema: &Value) -> Result<Validator, String> {
    let options = jsonschema::options().with_draft(Draft::Draft7).should_validate_formats(true);
    options.build(schema).map_err(|error| format!("is not a JSON Schema: {error}"))
}

/// Every property of a page, its branches included, outer ones first.
pub(super) fn page_properties(page: &Value) -> Vec<Property<'_>> {
    let mut found = Vec::new();
    collect(page, "", false, &mut found);
    found
}

fn collect<'a>(schema: &'a Value, pointer: &str, branch: bool, found: &mut Vec<Property<'a>>) {
    if let Some(properties) = schema.get("properties").and_then(Value::as_object) {
        for (name, schema) in properties {
            let pointer = format!("{pointer}/properties/{}", escape_pointer(name));
            found.push(Property { name, pointer, schema, branch });
        }
    }
    for key in ["allOf", "oneOf", "anyOf"] {
        for (i, part) in schema.get(key).and_then(Value::as_array).into_iter().flatten().enumerate() {
            collect(part, &format!("{pointer}/{key}/{i}"), branch || key != "allOf", found);
        }
    }
    for key in ["then", "else"] {
        if let Some(part) = schema.get(key) {
            collect(part, &format!("{pointer}/{key}"), true, found);
        }
    }
    for (name, part) in schema.get("dependencies").and_then(Value::as_object).into_iter().flatten() {
        collect(part, &format!("{pointer}/dependencies/{}", escape_pointer(name)), true, found);
    }
}

/// `ui:NAME`, or NAME in `ui:options` or in the nested spelling `ui: {NAME: …}`.
pub(super) fn option<'a>(schema: &'a Value, name: &str) -> Option<&'a Value> {
    schema
        .get(format!("ui:{name}"))
        .or_else(|| schema.get("ui:options")?.get(name))
        .or_else(|| schema.get("ui")?.get(name))
}

fn field(property: &Property<'_>, required: bool) -> Field {
    let schema = property.schema;
    let text = |key: &str| schema.get(key).and_then(Value::as_str).map(|text| text.trim().to_owned());
    let default = schema.get("default").filter(|value| !value.is_null());
    Field {
        name: property.name.to_owned(),
        label: text("title").unwrap_or_else(|| property.name.to_owned()),
        kind: field_kind(schema),
        value: default.map(as_text),
        help: text("description")
            .or_else(|| option(schema, "help").and_then(Value::as_str).map(str::to_owned)),
        required: required && default.is_none(),
    }
}

fn field_kind(schema: &Value) -> FieldKind {
    if let Some(choices) = choices(schema) {
        return FieldKind::Choice { choices };
    }
    match type_of(schema) {
        "boolean" => FieldKind::Flag,
        "integer" => FieldKind::Number { whole: true },
        "number" => FieldKind::Number { whole: false },
        "array" => match schema.get("items").and_then(choices) {
            Some(choices) => FieldKind::Multiple { choices },
            None => FieldKind::Text { multiline: false },
        },
        "object" => FieldKind::Text { multiline: true },
        _ => {
            let widget = option(schema, "widget").and_then(Value::as_str);
            FieldKind::Text { multiline: widget == Some("textarea") }
        }
    }
}

fn choices(schema: &Value) -> Option<Vec<Choice>> {
    let values = schema.get("enum")?.as_array()?;
    let names = schema.get("enumNames").and_then(Value::as_array);
    let choice = |(i, value): (usize, &Value)| {
        let label = names.and_then(|names| names.get(i)).map_or_else(|| as_text(value), as_text);
        Choice { value: as_text(value), label }
    };
    Some(values.iter().enumerate().map(choice).collect())
}

fn type_of(schema: &Value) -> &str {
    match schema.get("type") {
        Some(Value::String(one)) => one,
        Some(Value::Array(several)) => {
            several.iter().filter_map(Value::as_str).find(|one| *one != "null").unwrap_or_default()
        }
        _ => "",
    }
}

/// A value as it is typed and shown: text as it is, anything else as JSON.
pub fn as_text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// What was typed as the type its schema asks for.
fn typed(name: &str, text: &str, schema: &Value) -> Result<Value, String> {
    let options = schema.get("enum").and_then(Value::as_array);
    if let Some(value) = options.and_then(|options| options.iter().find(|value| as_text(value) == text)) {
        return Ok(value.clone());
    }
    let trimmed = text.trim();
    let wants = |what: &str| format!("`{name}` has to be {what}, not `{trimmed}`.");
    match type_of(schema) {
        "integer" => trimmed.parse::<i64>().map(Value::from).map_err(|_| wants("a whole number")),
        "number" => match (trimmed.parse::<i64>(), trimmed.parse::<f64>()) {
            (Ok(whole), _) => Ok(whole.into()),
            (_, Ok(number)) if number.is_finite() => Ok(number.into()),
            _ => Err(wants("a number")),
        },
        "boolean" => match trimmed.to_lowercase().as_str() {
            "true" | "yes" | "on" | "1" => Ok(Value::Bool(true)),
            "false" | "no" | "off" | "0" => Ok(Value::Bool(false)),
            _ => Err(wants("`true` or `false`")),
        },
        "array" if !trimmed.starts_with('[') => {
            let items = schema.get("items").unwrap_or(&Value::Null);
            let parts = trimmed.split(',').map(str::trim).filter(|part| !part.is_empty());
            parts.map(|part| typed(name, part, items)).collect::<Result<_, _>>().map(Value::Array)
        }
        "array" => serde_json::from_str(trimmed).map_err(|_| wants("a list")),
        "object" => serde_json::from_str(trimmed).map_err(|_| wants("JSON")),
        _ => Ok(Value::String(text.to_owned())),
    }
}

/// Adds a sentence for each thing that an error means.
fn explain(error: &ValidationError<'_>, refusals: &mut Refusals) {
    let path = error.instance_path().as_str();
    let field = path.split('/').nth(1).unwrap_or_default().replace("~1", "/").replace("~0", "~");
    match error.kind() {
        Kind::Required { property } => {
            let name = as_text(property);
            let top = if field.is_empty() { name.clone() } else { field };
            refusals.push((top, format!("`{name}` is needed.")));
        }
        Kind::OneOfNotValid { context } | Kind::AnyOf { context } if field.is_empty() => {
            // The branch that the other answers lead to is the one whose constants hold.
            let leads = |branch: &&Vec<ValidationError<'_>>| !branch.iter().any(is_other_branch);
            let branch = context.iter().find(leads);
            branch.into_iter().flatten().for_each(|error| explain(error, refusals));
            if branch.is_none() {
                refusals.push((field, "The answers do not fit together.".to_owned()));
            }
        }
        kind => {
            let what = requirement(kind);
            let sentence = match field.as_str() {
                "" => format!("The answers {what}."),
                name => format!("`{name}` {what}."),
            };
            refusals.push((field, sentence));
        }
    }
}

fn is_other_branch(error: &ValidationError<'_>) -> bool {
    matches!(error.kind(), Kind::Constant { .. } | Kind::Enum { .. })
}

/// What is asked of a value, to stand behind its name.
fn requirement(kind: &Kind) -> String {
    match kind {
        Kind::Maximum { limit } => format!("has to be at most {limit}"),
        Kind::Minimum { limit } => format!("has to be at least {limit}"),
        Kind::ExclusiveMaximum { limit } => format!("has to be below {limit}"),
        Kind::ExclusiveMinimum { limit } => format!("has to be above {limit}"),
        Kind::MultipleOf { multiple_of } => format!("has to be a multiple of {multiple_of}"),
        Kind::MaxLength { limit } => format!("has to be at most {limit} characters long"),
        Kind::MinLength { limit } => format!("has to be at least {limit} characters long"),
        Kind::MaxItems { limit } => format!("may have at most {limit} entries"),
        Kind::MinItems { limit } => format!("needs at least {limit} entries"),
        Kind::UniqueItems => "names something twice".to_owned(),
        Kind::Pattern { pattern } => format!("has to match `{pattern}`"),
        Kind::Format { format } => format!("has to be a valid {format}"),
        Kind::Constant { expected_value } => format!("has to be `{}`", as_text(expected_value)),
        Kind::Enum { options } => {
            let options = options.as_array().into_iter().flatten();
            let options: Vec<String> = options.map(|option| format!("`{}`", as_text(option))).collect();
            format!("has to be one of {}", options.join(", "))
        }
        Kind::Type { kind: TypeKind::Single(one) } => format!("has to be of type {one}"),
        _ => "cannot be used as it is".to_owned(),
    }
}

#[cfg(test)]
#[path = "parameters_tests.rs"]
mod tests;
