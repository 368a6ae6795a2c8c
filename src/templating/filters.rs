//! How values print, and the filters that treat null as nothing given.

use std::borrow::Cow;

use minijinja::value::{Rest, Value as Inner, ValueKind};
use minijinja::{Environment, Error, ErrorKind, Output, State};
use serde_json::json;

/// Prints as JavaScript would: null as nothing, `true` in lower case, lists and maps as JSON.
pub(super) fn print(out: &mut Output<'_>, _: &mut State<'_, '_>, value: &Inner) -> Result<(), Error> {
    if value.is_undefined() {
        return Err(ErrorKind::UndefinedError.into());
    }
    out.write_str(&as_text(value)).map_err(Error::from)
}

/// The text of a value.
pub(super) fn as_text(value: &Inner) -> String {
    match value.kind() {
        ValueKind::None | ValueKind::Undefined => String::new(),
        ValueKind::Bool => value.is_true().to_string(),
        ValueKind::Number if !value.is_integer() => {
            f64::try_from(value.clone()).map_or_else(|_| value.to_string(), |float| float.to_string())
        }
        ValueKind::Seq | ValueKind::Map | ValueKind::Iterable => {
            super::from_inner(value, 0).map_or_else(|_| value.to_string(), |json| json.to_string())
        }
        _ => value.to_string(),
    }
}

/// Replaces the filters that would print null or a flag in Python's words, and adds Nunjucks' own.
pub(super) fn add_to(engine: &mut Environment<'_>) {
    engine.add_filter("lower", |value: &Inner| as_text(value).to_lowercase());
    engine.add_filter("upper", |value: &Inner| as_text(value).to_uppercase());
    engine.add_filter("trim", |value: &Inner| as_text(value).trim().to_owned());
    engine.add_filter("title", |value: &Inner| minijinja::filters::title(Cow::Owned(as_text(value))));
    engine.add_filter("capitalize", |value: &Inner| {
        let text = as_text(value).to_lowercase();
        let rest = text.chars().next().map_or(0, char::len_utf8);
        text[..rest].to_uppercase() + &text[rest..]
    });
    engine.add_filter("string", |value: &Inner| as_text(value));
    engine.add_filter("replace", |value: &Inner, from: String, to: &Inner| {
        as_text(value).replace(&from, &as_text(to))
    });
    engine.add_filter("join", join);
    engine.add_filter("length", length);
    engine.add_filter("default", default);
    engine.add_filter("d", default);
    engine.add_filter("dump", dump);
    engine.add_filter("first", |value: &Inner| end_of(value, false));
    engine.add_filter("last", |value: &Inner| end_of(value, true));
    engine.add_filter("e", |value: &Inner| escape(&as_text(value)));
    engine.add_filter("escape", |value: &Inner| escape(&as_text(value)));
    engine.add_filter("pick", |value: &Inner, key: &Inner| value.get_item(key));
    engine.add_filter("parseEntityRef", parse_entity_ref);
    engine.add_filter("parseRepoUrl", parse_repo_url);
    engine.add_filter("projectSlug", |value: &Inner| {
        let repository = parse_repo_url(value)?;
        let part = |name: &str| repository.get_attr(name).map(|part| as_text(&part));
        Ok::<_, Error>(format!("{}/{}", part("owner")?, part("repo")?))
    });
}

fn join(value: &Inner, separator: Option<String>) -> Result<String, Error> {
    if value.is_none() {
        return Ok(String::new());
    }
    let items: Vec<String> = value.try_iter()?.map(|item| as_text(&item)).collect();
    Ok(items.join(separator.as_deref().unwrap_or_default()))
}

fn length(value: &Inner) -> Result<usize, Error> {
    if value.is_none() {
        return Ok(0);
    }
    let why = || Error::new(ErrorKind::InvalidOperation, format!("a {} has no length", value.kind()));
    value.len().ok_or_else(why)
}

/// Null counts as not given: a parameter that was not set is null here.
fn default(value: &Inner, arguments: Rest<Inner>) -> Inner {
    let other = arguments.first().cloned().unwrap_or_else(|| Inner::from(""));
    let falsy_too = arguments.get(1).is_some_and(Inner::is_true);
    let absent = value.is_undefined() || value.is_none() || (falsy_too && !value.is_true());
    if absent { other } else { value.clone() }
}

fn dump(value: &Inner, indent: Option<usize>) -> Result<String, Error> {
    let refused = |what: &'static str| Error::new(ErrorKind::BadSerialization, what);
    let json = super::from_inner(value, 0).map_err(refused)?;
    let text = if indent.unwrap_or(0) > 0 { format!("{json:#}") } else { json.to_string() };
    Ok(text)
}

fn end_of(value: &Inner, last: bool) -> Result<Inner, Error> {
    if value.is_none() {
        return Ok(Inner::from(()));
    }
    let mut items = value.try_iter()?;
    let item = if last { items.last() } else { items.next() };
    Ok(item.unwrap_or_else(|| Inner::from(())))
}

fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            other => out.push(other),
        }
    }
    out
}

/// `kind:namespace/name` → its parts.
fn parse_entity_ref(value: &Inner) -> Inner {
    let text = as_text(value);
    let (kind, rest) = text.split_once(':').map_or(("component", text.as_str()), |parts| parts);
    let (namespace, name) = rest.split_once('/').unwrap_or(("default", rest));
    super::to_inner(&json!({"kind": kind, "namespace": namespace, "name": name}))
}

/// `host?owner=…&repo=…` → its parts.
fn parse_repo_url(value: &Inner) -> Result<Inner, Error> {
    let text = as_text(value);
    let why = || Error::new(ErrorKind::InvalidOperation, "is not of the form `host?owner=…&repo=…`");
    let (host, query) = text.split_once('?').ok_or_else(why)?;
    let mut parts = json!({"host": host});
    for (key, part) in url::form_urlencoded::parse(query.as_bytes()) {
        parts[key.as_ref()] = json!(part);
    }
    Ok(super::to_inner(&parts))
}
