//! Typed rendering of `${{ }}` and `{% %}`, as Backstage templates write them: pure.
//!
//! A string that is one expression yields the expression's typed value; any
//! other string is rendered to text. Undefined names are errors; null is the
//! value of what was declared but not given, and prints as nothing. Nothing is
//! escaped by itself, so a page says `| e` where it shows a value. Values are
//! never templates: what a person typed is not rendered a second time.

mod filters;
mod scan;

use std::collections::BTreeSet;

use minijinja::syntax::SyntaxConfig;
use minijinja::value::{Value as Inner, ValueKind};
use minijinja::{Environment, ErrorKind, UndefinedBehavior};
use serde_json::{Map, Number, Value};

/// Instructions that one expression or file may use before it is refused.
const FUEL: u64 = 1_000_000;
/// Values nested deeper than this are refused.
const DEPTH: usize = 64;

/// Why something was not rendered: a sentence without full stop, and where.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{expression}`: {what}")]
pub struct RenderError {
    /// JSON pointer within the rendered value; empty for text.
    pub pointer: String,
    /// The expression or the first line of the text.
    pub expression: String,
    /// What is wrong with it.
    pub what: String,
    /// The line within the text, from 1.
    pub line: usize,
}

/// Renders values and texts; cheap to keep, costly to make.
pub struct Renderer {
    engine: Environment<'static>,
}

impl Default for Renderer {
    fn default() -> Self {
        Self::new()
    }
}

impl Renderer {
    /// A renderer with the syntax of Backstage and its filters.
    pub fn new() -> Self {
        let mut engine = Environment::new();
        let syntax = SyntaxConfig::builder()
            .variable_delimiters("${{", "}}")
            .block_delimiters("{%", "%}")
            .comment_delimiters("{#", "#}")
            .keep_trailing_newline(true)
            .build();
        // The delimiters are constants, so the default syntax is never what is left.
        engine.set_syntax(syntax.unwrap_or_default());
        engine.set_undefined_behavior(UndefinedBehavior::Strict);
        engine.set_auto_escape_callback(|_| minijinja::AutoEscape::None);
        engine.set_formatter(filters::print);
        engine.set_fuel(Some(FUEL));
        // `debug()` would print the whole context, secrets included.
        engine.remove_global("debug");
        filters::add_to(&mut engine);
        Renderer { engine }
    }

    /// Renders every string in `value`; `None` when it is as a whole a null expression.
    ///
    /// Keys whose value is as a whole null are left out, and such items of a list become null.
    pub fn render_value(&self, value: &Value, context: &Value) -> Result<Option<Value>, RenderError> {
        self.walk(value, &Scope::new(context), "", 0)
    }

    /// Renders a file or another text.
    pub fn render_text(&self, template: &str, context: &Value) -> Result<String, RenderError> {
        self.text(template, &Scope::new(context), "")
    }

    /// Whether a step's `if` holds: false, null, zero and the empty text do not.
    pub fn holds(&self, condition: &Value, context: &Value) -> Result<bool, RenderError> {
        let value = self.render_value(condition, context)?;
        Ok(match value {
            None | Some(Value::Null) => false,
            Some(Value::Bool(holds)) => holds,
            Some(Value::Number(number)) => number.as_f64() != Some(0.0),
            Some(Value::String(text)) => !text.is_empty() && text != "false",
            Some(Value::Array(_) | Value::Object(_)) => true,
        })
    }

    /// The dotted names that a text uses (`parameters.name`, `steps.a-b.output.url`),
    /// without those it sets itself.
    pub fn references(&self, template: &str) -> Result<BTreeSet<String>, RenderError> {
        let source = scan::dotted(&scan::rewrite(template));
        let parsed = self.engine.template_from_str(&source);
        let parsed = parsed.map_err(|error| failure(&error, template, "", &BTreeSet::new(), &Value::Null))?;
        let names = parsed.undeclared_variables(true).into_iter().map(|name| scan::undotted(&name));
        let globals: BTreeSet<String> = self.engine.globals().map(|(name, _)| name.to_owned()).collect();
        Ok(names.filter(|name| !globals.contains(name)).collect())
    }

    /// The filters that a text uses and that are not here.
    pub fn unknown_filters(&self, template: &str) -> BTreeSet<String> {
        scan::filters(template).into_iter().filter(|name| !self.has_filter(name)).collect()
    }

    fn has_filter(&self, name: &str) -> bool {
        let nothing = to_inner(&Value::Object(Map::new()));
        let used = self.engine.compile_expression_owned(format!("none | {name}"));
        let used = used.and_then(|expression| expression.eval(&nothing));
        !used.is_err_and(|error| error.kind() == ErrorKind::UnknownFilter)
    }

    fn walk(
        &self,
        value: &Value,
        scope: &Scope<'_>,
        pointer: &str,
        depth: usize,
    ) -> Result<Option<Value>, RenderError> {
        if depth > DEPTH {
            return Err(plain_error(pointer, "", "is nested too deeply"));
        }
        Ok(Some(match value {
            Value::String(text) => return self.string(text, scope, pointer),
            Value::Array(items) => {
                let mut rendered = Vec::with_capacity(items.len());
                for (i, item) in items.iter().enumerate() {
                    let item = self.walk(item, scope, &format!("{pointer}/{i}"), depth + 1)?;
                    rendered.push(item.unwrap_or(Value::Null));
                }
                Value::Array(rendered)
            }
            Value::Object(entries) => {
                let mut rendered = Map::new();
                for (key, entry) in entries {
                    let at = format!("{pointer}/{}", escape_pointer(key));
                    if let Some(entry) = self.walk(entry, scope, &at, depth + 1)? {
                        let key = self.text(key, scope, &at)?;
                        rendered.insert(key, entry);
                    }
                }
                Value::Object(rendered)
            }
            other => other.clone(),
        }))
    }

    fn string(&self, text: &str, scope: &Scope<'_>, pointer: &str) -> Result<Option<Value>, RenderError> {
        let Some(code) = scan::whole_expression(text) else {
            return self.text(text, scope, pointer).map(|text| Some(Value::String(text)));
        };
        let expression = self.engine.compile_expression_owned(scan::rewrite_code(code));
        let expression = expression.map_err(|error| self.fail(&error, text, pointer, scope))?;
        let value = self.evaluate(text, scope, pointer, |inner| match expression.eval(inner)? {
            value if value.is_undefined() => Err(ErrorKind::UndefinedError.into()),
            value => Ok(value),
        })?;
        if value.is_none() {
            return Ok(None);
        }
        from_inner(&value, 0).map(Some).map_err(|what| plain_error(pointer, &shown(text), what))
    }

    fn text(&self, template: &str, scope: &Scope<'_>, pointer: &str) -> Result<String, RenderError> {
        if !scan::is_templated(template) {
            return Ok(template.to_owned());
        }
        let source = scan::rewrite(template);
        let parsed = self.engine.template_from_str(&source);
        let parsed = parsed.map_err(|error| self.fail(&error, template, pointer, scope))?;
        self.evaluate(template, scope, pointer, |inner| parsed.render(inner))
    }

    /// Runs it, and once more with bridges over nulls where something was undefined:
    /// what is read from inside a null is null too.
    fn evaluate<T>(
        &self,
        template: &str,
        scope: &Scope<'_>,
        pointer: &str,
        run: impl Fn(&Inner) -> Result<T, minijinja::Error>,
    ) -> Result<T, RenderError> {
        let done = match run(&scope.inner) {
            Err(error) if error.kind() == ErrorKind::UndefinedError => {
                let names = self.references(template).unwrap_or_default();
                let bridged = bridged(scope.context, &names);
                bridged.map_or(Err(error), |context| run(&to_inner(&context)))
            }
            done => done,
        };
        done.map_err(|error| self.fail(&error, template, pointer, scope))
    }

    fn fail(
        &self,
        error: &minijinja::Error,
        template: &str,
        pointer: &str,
        scope: &Scope<'_>,
    ) -> RenderError {
        let names = self.references(template).unwrap_or_default();
        failure(error, template, pointer, &names, scope.context)
    }
}

/// What names mean, in both forms.
struct Scope<'a> {
    context: &'a Value,
    inner: Inner,
}

impl<'a> Scope<'a> {
    fn new(context: &'a Value) -> Self {
        Scope { context, inner: to_inner(context) }
    }
}

fn failure(
    error: &minijinja::Error,
    template: &str,
    pointer: &str,
    names: &BTreeSet<String>,
    context: &Value,
) -> RenderError {
    let what = match error.kind() {
        ErrorKind::UndefinedError => match names.iter().find(|name| !is_defined(context, name)) {
            Some(name) => format!("`{name}` is not defined"),
            None => "uses something that is not defined".to_owned(),
        },
        ErrorKind::OutOfFuel => "takes too long to render".to_owned(),
        _ => error.detail().map_or_else(|| error.kind().to_string(), str::to_owned),
    };
    let line = error.line().unwrap_or(1).max(1);
    RenderError { pointer: pointer.into(), expression: shown_line(template, line), what, line }
}

/// What the renderer refuses by itself.
fn plain_error(pointer: &str, expression: &str, what: &str) -> RenderError {
    RenderError { pointer: pointer.into(), expression: expression.into(), what: what.into(), line: 1 }
}

fn shown_line(template: &str, line: usize) -> String {
    shown(template.lines().nth(line - 1).unwrap_or(template))
}

/// At most 120 characters of it.
fn shown(text: &str) -> String {
    let text = text.trim();
    match text.char_indices().nth(120) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

/// The context in which each name that leads through a null ends in a null;
/// `None` when no name does.
fn bridged(context: &Value, names: &BTreeSet<String>) -> Option<Value> {
    let mut bridged = context.clone();
    // A name that is defined goes through objects and nulls alone.
    for name in names.iter().filter(|name| is_defined(context, name)) {
        let mut at = &mut bridged;
        for part in name.split('.') {
            if at.is_null() {
                *at = Value::Object(Map::new());
            }
            let Value::Object(entries) = at else { break };
            at = entries.entry(part).or_insert(Value::Null);
        }
    }
    (bridged != *context).then_some(bridged)
}

/// Also through a null: that was declared, though not given.
fn is_defined(context: &Value, name: &str) -> bool {
    let mut at = context;
    for part in name.split('.') {
        match at.get(part) {
            None if at.is_null() => return true,
            Some(next) => at = next,
            None => return false,
        }
    }
    true
}

/// A key as it stands in a JSON pointer.
pub fn escape_pointer(key: &str) -> String {
    key.replace('~', "~0").replace('/', "~1")
}

fn to_inner(value: &Value) -> Inner {
    match value {
        Value::Null => Inner::from(()),
        Value::Bool(flag) => Inner::from(*flag),
        Value::Number(number) => match (number.as_i64(), number.as_u64()) {
            (Some(whole), _) => Inner::from(whole),
            (None, Some(whole)) => Inner::from(whole),
            (None, None) => Inner::from(number.as_f64().unwrap_or_default()),
        },
        Value::String(text) => Inner::from(text.as_str()),
        Value::Array(items) => items.iter().map(to_inner).collect(),
        Value::Object(entries) => {
            Inner::from_pairs(entries.iter().map(|(key, entry)| (Inner::from(key.as_str()), to_inner(entry))))
        }
    }
}

/// Back to JSON; functions, bytes and endless iterations are refused.
fn from_inner(value: &Inner, depth: usize) -> Result<Value, &'static str> {
    const REFUSED: &str = "gives something that is neither text, number, flag, list nor map";
    if depth > DEPTH {
        return Err("gives a value that is nested too deeply");
    }
    Ok(match value.kind() {
        ValueKind::Undefined | ValueKind::None => Value::Null,
        ValueKind::Bool => Value::Bool(value.is_true()),
        ValueKind::Number => number(value).map(Value::Number).ok_or("gives a number out of range")?,
        ValueKind::String => Value::String(value.as_str().unwrap_or_default().to_owned()),
        ValueKind::Seq | ValueKind::Iterable => {
            let items = value.try_iter().map_err(|_| REFUSED)?;
            Value::Array(items.map(|item| from_inner(&item, depth + 1)).collect::<Result<_, _>>()?)
        }
        ValueKind::Map => {
            let mut entries = Map::new();
            for key in value.try_iter().map_err(|_| REFUSED)? {
                let entry = value.get_item(&key).map_err(|_| REFUSED)?;
                entries.insert(filters::as_text(&key), from_inner(&entry, depth + 1)?);
            }
            Value::Object(entries)
        }
        _ => return Err(REFUSED),
    })
}

fn number(value: &Inner) -> Option<Number> {
    if value.is_integer() {
        let whole = i64::try_from(value.clone()).ok().map(Number::from);
        return whole.or_else(|| u64::try_from(value.clone()).ok().map(Number::from));
    }
    Number::from_f64(f64::try_from(value.clone()).ok()?)
}

#[cfg(test)]
mod tests;
