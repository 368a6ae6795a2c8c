//! YAML text to JSON, with the place of every key and value: pure.
//!
//! Built on the parser's events instead of its tree, so that nothing recurses
//! over what somebody wrote and every alias counts what it copies. Why not
//! refuse `- {{ x }}`, as other readers do? Published templates hold it; it
//! is read as the mapping it is, and the lint says that text was meant.

use std::collections::HashMap;
use std::sync::Arc;

use saphyr::Scalar;
use saphyr_parser::{Event, Marker, Parser};
use serde_json::{Map, Number, Value};

use super::rules::{BROKEN_FILE, CONFLICT_MARK, DUPLICATE_KEY, INVALID_YAML};
use crate::diagnostic::{Problem, Rule};
use crate::templating::escape_pointer;

/// Bytes a file may have.
pub const SIZE: usize = 1 << 20;
/// Nodes it may have, the copies that aliases make included.
const NODES: usize = 50_000;
/// How deep they may be nested.
const DEPTH: usize = 64;

/// A YAML document as JSON that knows where everything stands.
#[derive(Debug, Clone)]
pub struct Document {
    /// The path as the operator knows it.
    pub file: String,
    /// What was read.
    pub value: Value,
    text: Arc<str>,
    places: HashMap<String, Place>,
    /// Pointers of mappings that were written where text is meant: `{{ x }}`.
    pub braces: Vec<String>,
    /// Pointers of words without quotes that are booleans in YAML 1.1: `yes`, `Off`.
    pub words: Vec<String>,
}

/// Where a key and its value stand; line and column from 1.
#[derive(Debug, Clone, Copy)]
struct Place {
    key: (usize, usize),
    value: (usize, usize),
}

impl Document {
    /// Reads a file of one document.
    pub fn parse(file: &str, text: &str) -> Result<Document, Problem> {
        let mut all = Document::all(file, text)?.into_iter();
        match (all.next(), all.next()) {
            (Some(one), None) => Ok(one),
            (_, Some(second)) => {
                let fix = "put each document in a file of its own";
                Err(second.problem("", "a second document in one file", fix).under(&BROKEN_FILE))
            }
            (None, None) => Err(Problem::whole(file, "is empty", "").under(&BROKEN_FILE)),
        }
    }

    /// Reads every document of a file.
    pub fn all(file: &str, text: &str) -> Result<Vec<Document>, Problem> {
        // Some editors begin a file with a mark that says how it is encoded.
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        if text.len() > SIZE {
            return Err(Problem::whole(file, format!("is larger than {SIZE} bytes"), "").under(&BROKEN_FILE));
        }
        if let Some(problem) = conflict_mark(file, text) {
            return Err(problem.under(&CONFLICT_MARK));
        }
        let (shared, mut all, mut reader) = (Arc::<str>::from(text), Vec::new(), Reader::default());
        let at = |mark: Marker, what: String, fix: &str| {
            Problem::at_line(file, text, mark.line(), mark.col() + 1, what, fix)
        };
        for event in Parser::new_from_str(text) {
            let (event, span) = event.map_err(|error| {
                at(*error.marker(), format!("not YAML: {}", error.info()), "").under(&INVALID_YAML)
            })?;
            if matches!(event, Event::DocumentEnd) {
                // What is copied counts over the whole file.
                let next = Reader { nodes: reader.nodes, ..Reader::default() };
                all.extend(std::mem::replace(&mut reader, next).document(file, &shared));
                continue;
            }
            let refused = |(rule, what, fix): Refusal| at(span.start, what, fix).under(rule);
            reader.event(event, span.start).map_err(refused)?;
        }
        Ok(all)
    }

    /// A finding about the value at a JSON pointer.
    pub fn problem(&self, pointer: &str, what: impl Into<String>, fix: &str) -> Problem {
        let (line, column) = self.place(pointer).value;
        Problem::at_line(&self.file, &self.text, line, column, what, fix)
    }

    /// A finding about the key at a JSON pointer.
    pub fn key_problem(&self, pointer: &str, what: impl Into<String>, fix: &str) -> Problem {
        let (line, column) = self.place(pointer).key;
        Problem::at_line(&self.file, &self.text, line, column, what, fix)
    }

    /// The line and column of the value at a JSON pointer, or of what holds it.
    pub fn position(&self, pointer: &str) -> (usize, usize) {
        self.place(pointer).value
    }

    fn place(&self, pointer: &str) -> Place {
        let mut pointer = pointer;
        loop {
            if let Some(place) = self.places.get(pointer) {
                return *place;
            }
            // What an alias or a merge key brought in stands where it was called.
            match pointer.rsplit_once('/') {
                Some((parent, _)) => pointer = parent,
                None => return Place { key: (1, 1), value: (1, 1) },
            }
        }
    }
}

fn conflict_mark(file: &str, text: &str) -> Option<Problem> {
    let marks = ["<<<<<<< ", ">>>>>>> ", "||||||| "];
    let line = text.lines().position(|line| marks.iter().any(|mark| line.starts_with(mark)))?;
    let fix = "settle the merge and remove the marks";
    Some(Problem::at_line(file, text, line + 1, 1, "a merge conflict was left in", fix))
}

/// What is being built: a list or a mapping, not closed yet.
struct Frame {
    content: Content,
    anchor: usize,
    pointer: String,
    /// Nodes read before it started.
    before: usize,
}

enum Content {
    List(Vec<Value>),
    Map { map: Map<String, Value>, key: Option<Key>, merges: Vec<Value> },
}

struct Key {
    text: String,
    place: (usize, usize),
    merge: bool,
}

/// A complaint: the rule, what and the fix.
type Refusal = (&'static Rule, String, &'static str);

fn invalid(what: impl Into<String>, fix: &'static str) -> Refusal {
    (&INVALID_YAML, what.into(), fix)
}

#[derive(Default)]
struct Reader {
    stack: Vec<Frame>,
    anchors: HashMap<usize, (Value, usize)>,
    places: HashMap<String, Place>,
    braces: Vec<String>,
    words: Vec<String>,
    root: Option<Value>,
    nodes: usize,
}

impl Reader {
    /// What was read, unless that was nothing.
    fn document(self, file: &str, text: &Arc<str>) -> Option<Document> {
        let value = self.root?;
        let (file, text) = (file.to_owned(), text.clone());
        Some(Document { file, value, text, places: self.places, braces: self.braces, words: self.words })
    }

    fn event(&mut self, event: Event<'_>, mark: Marker) -> Result<(), Refusal> {
        let place = (mark.line(), mark.col() + 1);
        match event {
            Event::Scalar(text, style, anchor, tag) => {
                let plain = style == saphyr::ScalarStyle::Plain;
                let written = text.clone().into_owned();
                let scalar = Scalar::parse_from_cow_and_metadata(text, style, tag.as_ref());
                let scalar = scalar.ok_or_else(|| invalid("does not fit its tag", ""))?;
                self.count(1)?;
                let value = from_scalar(scalar, &written)?;
                self.finish(value, anchor, place, 1, Some((written, plain)))
            }
            Event::SequenceStart(anchor, _) => self.open(Content::List(Vec::new()), anchor, place),
            Event::MappingStart(anchor, _) => {
                self.open(Content::Map { map: Map::new(), key: None, merges: Vec::new() }, anchor, place)
            }
            Event::SequenceEnd | Event::MappingEnd => self.close(place),
            Event::Alias(anchor) => {
                let unknown = || invalid("an alias of what is not complete yet", "write the value out");
                let (value, size) = self.anchors.get(&anchor).cloned().ok_or_else(unknown)?;
                self.count(size)?;
                self.finish(value, 0, place, size, None)
            }
            _ => Ok(()),
        }
    }

    fn count(&mut self, more: usize) -> Result<(), Refusal> {
        self.nodes += more;
        if self.nodes > NODES {
            let what = format!("holds more than {NODES} values, aliases included");
            return Err((&BROKEN_FILE, what, ""));
        }
        Ok(())
    }

    fn open(&mut self, content: Content, anchor: usize, place: (usize, usize)) -> Result<(), Refusal> {
        if self.stack.len() >= DEPTH {
            return Err((&BROKEN_FILE, format!("is nested deeper than {DEPTH} levels"), ""));
        }
        self.count(1)?;
        let pointer = self.next_pointer(place);
        self.stack.push(Frame { content, anchor, pointer, before: self.nodes - 1 });
        Ok(())
    }

    fn close(&mut self, place: (usize, usize)) -> Result<(), Refusal> {
        let Some(frame) = self.stack.pop() else { return Ok(()) };
        let size = self.nodes - frame.before;
        let value = match frame.content {
            Content::List(items) => Value::Array(items),
            Content::Map { mut map, merges, .. } => {
                for merged in merges {
                    merge(&mut map, merged)?;
                }
                Value::Object(map)
            }
        };
        self.finish(value, frame.anchor, place, size, None)
    }

    /// The pointer of the node that starts now; its place is noted.
    fn next_pointer(&mut self, value: (usize, usize)) -> String {
        let (pointer, key) = match self.stack.last() {
            None => (String::new(), value),
            Some(Frame { content: Content::List(items), pointer, .. }) => {
                (format!("{pointer}/{}", items.len()), value)
            }
            Some(Frame { content: Content::Map { key: Some(key), .. }, pointer, .. }) => {
                (format!("{pointer}/{}", escape_pointer(&key.text)), key.place)
            }
            // A key that is itself a mapping or a list has no pointer.
            Some(Frame { pointer, .. }) => return format!("{pointer}/?"),
        };
        self.places.insert(pointer.clone(), Place { key, value });
        pointer
    }

    /// A node is complete: it becomes a key, an entry, an item or the whole.
    fn finish(
        &mut self,
        value: Value,
        anchor: usize,
        place: (usize, usize),
        size: usize,
        written: Option<(String, bool)>,
    ) -> Result<(), Refusal> {
        if anchor > 0 {
            self.anchors.insert(anchor, (value.clone(), size));
        }
        let scalar = !matches!(value, Value::Array(_) | Value::Object(_));
        if scalar && !self.awaits_key() {
            let pointer = self.next_pointer(place);
            if written.as_ref().is_some_and(|(text, plain)| *plain && is_old_boolean(text)) {
                self.words.push(pointer);
            }
        }
        match self.stack.last_mut() {
            None => self.root = Some(value),
            Some(Frame { content: Content::List(items), .. }) => items.push(value),
            Some(Frame { content: Content::Map { map, key, merges }, pointer, .. }) => match key.take() {
                Some(key) if key.merge => merges.push(value),
                Some(key) => {
                    if map.insert(key.text.clone(), value).is_some() {
                        let what = format!("the key `{}` stands here twice", key.text);
                        return Err((&DUPLICATE_KEY, what, "remove one"));
                    }
                }
                None => {
                    let merge = written.as_ref().is_some_and(|(text, plain)| *plain && text == "<<");
                    let text = written.map(|(text, _)| text).unwrap_or_else(|| {
                        self.braces.push(pointer.clone());
                        braced(&value)
                    });
                    *key = Some(Key { text, place, merge });
                }
            },
        }
        Ok(())
    }

    fn awaits_key(&self) -> bool {
        matches!(self.stack.last(), Some(Frame { content: Content::Map { key: None, .. }, .. }))
    }
}

/// Whether YAML 1.1 reads it as true or false, and YAML 1.2 as text.
fn is_old_boolean(word: &str) -> bool {
    ["yes", "no", "on", "off"].iter().any(|one| word.eq_ignore_ascii_case(one))
}

fn merge(map: &mut Map<String, Value>, merged: Value) -> Result<(), Refusal> {
    match merged {
        Value::Object(entries) => {
            for (key, entry) in entries {
                map.entry(key).or_insert(entry);
            }
            Ok(())
        }
        Value::Array(all) => all.into_iter().try_for_each(|one| merge(map, one)),
        _ => Err(invalid("a merge key needs a mapping", "")),
    }
}

/// A mapping or list used as a key, as somebody wrote it.
fn braced(value: &Value) -> String {
    match value.as_object().and_then(|map| map.keys().next()) {
        Some(name) => format!("{{{{ {name} }}}}"),
        None => value.to_string(),
    }
}

fn from_scalar(scalar: Scalar<'_>, written: &str) -> Result<Value, Refusal> {
    Ok(match scalar {
        Scalar::Null => Value::Null,
        Scalar::Boolean(flag) => Value::Bool(flag),
        Scalar::Integer(whole) => Value::Number(whole.into()),
        Scalar::FloatingPoint(float) => {
            match written.parse::<u64>() {
                Ok(whole) => Value::Number(whole.into()),
                Err(_) => Value::Number(Number::from_f64(float.into_inner()).ok_or_else(|| {
                    invalid(format!("`{written}` is no number that can be used"), "quote it")
                })?),
            }
        }
        Scalar::String(text) => Value::String(text.into_owned()),
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn value(text: &str) -> Value {
        Document::parse("t.yaml", text).map_or_else(|problem| panic!("{problem}"), |read| read.value)
    }

    fn refusal(text: &str) -> (usize, usize, String) {
        let problem = Document::parse("t.yaml", text).expect_err(text);
        (problem.line, problem.column, problem.what)
    }

    #[test]
    fn scalars_have_the_types_of_yaml_1_2() {
        let text = "a: 1\nb: 1.5\nc: yes\nd: true\ne: ~\nf: '1'\ng:\nh: 0x10\ni: |\n  x\n  y\n3: z\n";
        let expected = json!({"a": 1, "b": 1.5, "c": "yes", "d": true, "e": null, "f": "1", "g": null,
            "h": 16, "i": "x\ny\n", "3": "z"});
        assert_eq!(value(text), expected);
    }

    #[test]
    fn every_value_and_key_knows_its_place() {
        let read = Document::parse("t.yaml", "a:\n  - x\n  - k: v\n\"b/c\": 1\n").unwrap();
        assert_eq!(read.position("/a/0"), (2, 5));
        assert_eq!(read.position("/a/1/k"), (3, 8));
        assert_eq!(read.key_problem("/a/1/k", "", "").column, 5);
        assert_eq!(read.position("/b~1c"), (4, 8));
        assert_eq!(read.position("/a/1/nothing/below"), (3, 5));
    }

    #[test]
    fn anchors_and_merge_keys_are_followed() {
        let text = "base: &b {x: 1, y: 2}\none: {<<: *b, y: 3}\ntwo: [*b]\n";
        let expected = json!({"base": {"x": 1, "y": 2}, "one": {"y": 3, "x": 1}, "two": [{"x": 1, "y": 2}]});
        assert_eq!(value(text), expected);
    }

    #[test]
    fn braces_without_quotes_are_read_and_remembered() {
        let read = Document::parse("t.yaml", "a:\n  - {{ x }}\n").unwrap();
        assert_eq!(read.value, json!({"a": [{"{{ x }}": null}]}));
        assert_eq!(read.braces, ["/a/0"]);
    }

    #[test]
    fn what_is_wrong_is_refused_with_its_place() {
        assert_eq!(refusal("a: 1\nb: 2\na: 3\n").2, "the key `a` stands here twice");
        assert_eq!(refusal("a: [1\nb: 2\n").0, 2);
        assert_eq!(refusal("a: 1\n<<<<<<< HEAD\n").0, 2);
        assert_eq!(refusal("a: 1\n---\nb: 2\n").2, "a second document in one file");
        assert_eq!(refusal("").2, "is empty");
        assert!(refusal("a: .inf\n").2.contains(".inf"));
        assert!(refusal("a: &x [*x]\n").2.contains("not complete"));
    }

    #[test]
    fn bombs_are_refused() {
        let mut text = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
        for i in 1..10 {
            let before = i - 1;
            text += &format!("a{i}: &a{i} [{}]\n", vec![format!("*a{before}"); 10].join(", "));
        }
        assert!(refusal(&text).2.contains("50000"));
        assert!(refusal(&format!("{}x", "- ".repeat(100_000))).2.contains("deeper"));
        assert!(Document::parse("t.yaml", &"[".repeat(100_000)).is_err());
        assert!(Document::parse("t.yaml", &"a".repeat(SIZE + 1)).is_err());
    }
}
