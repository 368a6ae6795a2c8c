//! A typed sub-command as the line that our parser reads as exactly its values. Pure.
//!
//! Every value is given by its name and in quotes, `env show --name="demo"`, so that no value is
//! taken for a verb, an option or a part of its neighbour, and values may be left out in any order.

use serde_json::{Value, json};

use super::limits::{CHOICE_CHARS, COMMAND_CHOICES};
use super::tree::{USER, length, shortened};
use crate::chat::message::Choice;
use crate::commands::parse::quoted;
use crate::commands::spec::{Menu, Spec, is_slug};

/// The value that somebody is typing.
#[derive(Debug, PartialEq, Eq)]
pub struct Focused {
    /// The key of the command's spec.
    pub command: String,
    /// The argument or option.
    pub argument: String,
    /// What stands there so far.
    pub typed: String,
}

/// The line after `/platform` that says what an interaction's `data` says. What is not on the menu
/// (any more) is written out, too: the parser says so.
pub fn line(menu: &Menu, data: &Value) -> String {
    let (path, given) = path(data);
    let mut line = match spec(menu, &path) {
        Some(Spec { noun, verb: Some(verb), .. }) => format!("{noun} {verb}"),
        Some(spec) => spec.noun.clone(),
        None => path.into_iter().map(word).collect::<Vec<_>>().join(" "),
    };
    for option in given {
        let (Some(name), Some(value)) = (option["name"].as_str(), value(option)) else { continue };
        line.push_str(&match is_slug(name) {
            true => format!(" --{name}={}", quoted(&value)),
            false => format!(" {}", quoted(&format!("{name}={value}"))),
        });
    }
    line
}

/// Which value of an autocomplete's `data` is being typed, of a command that is on the menu.
pub fn focused(menu: &Menu, data: &Value) -> Option<Focused> {
    let (path, given) = path(data);
    let option = given.iter().find(|option| option["focused"] == true)?;
    Some(Focused {
        command: spec(menu, &path)?.key.clone(),
        argument: option["name"].as_str()?.to_owned(),
        typed: value(option).unwrap_or_default(),
    })
}

/// The `data` that answers an autocomplete: the first choices that Discord takes. A value that is
/// too long would not come back, so it is not offered; the words beside it may be cut.
pub fn offered(choices: &[Choice]) -> Value {
    let fits = |choice: &&Choice| (1..=CHOICE_CHARS).contains(&length(&choice.value));
    let one = |choice: &Choice| {
        let name = shortened(&choice.label, CHOICE_CHARS);
        json!({ "name": if name.is_empty() { &choice.value } else { &name }, "value": choice.value })
    };
    json!({ "choices": choices.iter().filter(fits).take(COMMAND_CHOICES).map(one).collect::<Vec<Value>>() })
}

/// The names of the group and the sub-command, and what was given to it.
fn path(data: &Value) -> (Vec<&str>, &[Value]) {
    let (mut names, mut at) = (Vec::new(), data);
    loop {
        let options = at["options"].as_array().map_or(&[][..], Vec::as_slice);
        let deeper = options.iter().find(|option| matches!(option["type"].as_u64(), Some(1 | 2)));
        // A group and a sub-command are all there can be.
        match deeper.filter(|_| names.len() < 2) {
            Some(option) => names.push(option["name"].as_str().unwrap_or_default()),
            None => return (names, options),
        }
        at = deeper.unwrap_or(at);
    }
}

/// The spec of a sub-command; of one that stands for its noun alone, the noun's.
fn spec<'m>(menu: &'m Menu, path: &[&str]) -> Option<&'m Spec> {
    let found = match path {
        [noun] => menu.get(noun),
        [noun, verb] => menu
            .get(&format!("{noun}.{verb}"))
            .filter(|spec| !spec.hidden)
            .or_else(|| menu.get(noun).filter(|spec| spec.as_verb == *verb)),
        _ => None,
    };
    found.filter(|spec| !spec.hidden)
}

fn word(name: &str) -> String {
    if is_slug(name) { name.to_owned() } else { quoted(name) }
}

/// A value as it is typed. U+0000 means nothing to people, and PostgreSQL stores no text with it.
fn value(option: &Value) -> Option<String> {
    let text = match &option["value"] {
        Value::String(text) => text.replace('\0', ""),
        Value::Number(number) => number.to_string(),
        Value::Bool(flag) => flag.to_string(),
        _ => return None,
    };
    let is_user = option["type"].as_u64() == Some(u64::from(USER));
    Some(if is_user { format!("@{text}") } else { text })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::commands::parse::{Args, arguments, tokens};
    use proptest::prelude::*;

    const DO: &str = "command = \"thing do\"\nsummary = \"x\"\nrole = \"pm\"\nopen = true\n\
        [[argument]]\nname = \"slug\"\nkind = \"slug\"\nhelp = \"x\"\n\
        [[argument]]\nname = \"text\"\nkind = \"text\"\nhelp = \"x\"\n\
        [[option]]\nname = \"words\"\nkind = \"words\"\nhelp = \"x\"\n\
        [[option]]\nname = \"keep\"\nkind = \"until\"\nhelp = \"x\"\n\
        [[option]]\nname = \"span\"\nkind = \"duration\"\nhelp = \"x\"\n\
        [[option]]\nname = \"who\"\nkind = \"user\"\nhelp = \"x\"\n\
        [[option]]\nname = \"count\"\nkind = \"number\"\nhelp = \"x\"\n\
        [[option]]\nname = \"all\"\nkind = \"flag\"\nprivate = true\nhelp = \"x\"\n";

    fn menu() -> Menu {
        let alone = "command = \"thing\"\nsummary = \"x\"\nrole = \"pm\"\nas_verb = \"give\"\n\
            [[argument]]\nname = \"text\"\nkind = \"text\"\nhelp = \"x\"\n";
        let hidden = "command = \"thing hush\"\nsummary = \"x\"\nrole = \"pm\"\nhidden = true\n";
        Menu::parse([("a", DO), ("b", alone), ("c", hidden)]).unwrap()
    }

    /// An interaction's data with these values (type, name, value).
    fn data(path: &[&str], given: &[(u8, &str, Value)]) -> Value {
        let given =
            given.iter().map(|(kind, name, value)| json!({ "type": kind, "name": name, "value": value }));
        let sub = |given: Value, (depth, name): (usize, &&str)| json!([{ "type": depth + 1, "name": name, "options": given }]);
        let options = path.iter().rev().enumerate().fold(given.collect(), sub);
        json!({ "id": "1", "type": 1, "name": "platform", "options": options })
    }

    #[test]
    fn each_value_is_given_by_its_name_and_in_quotes() {
        let given = [
            (3, "slug", json!("demo")),
            (5, "all", json!(true)),
            (10, "count", json!(2.5)),
            (6, "who", json!("42")),
        ];
        assert_eq!(
            line(&menu(), &data(&["thing", "do"], &given)),
            r#"thing do --slug="demo" --all="true" --count="2.5" --who="@42""#
        );
        let text = [(3, "text", json!("list \"it\" \\ “so”\n--help"))];
        let said = line(&menu(), &data(&["thing", "give"], &text));
        assert_eq!(said, "thing --text=\"list \\\"it\\\" \\\\ \\“so\\”\n--help\"");
        assert_eq!(line(&menu(), &data(&["thing"], &[])), "thing");
    }

    #[test]
    fn what_is_not_on_the_menu_is_left_to_the_parser() {
        for (path, expected) in [
            (&["thing", "hush"][..], "thing hush"),
            (&["thing", "show"], "thing show"),
            (&["other"], "other"),
            (&["a b", "--c"], "\"a b\" \"--c\""),
            (&[], ""),
        ] {
            assert_eq!(line(&menu(), &data(path, &[])), expected);
        }
        let odd = [(3, "a b", json!("c")), (3, "d", Value::Null), (3, "e", json!("\0f"))];
        assert_eq!(line(&menu(), &data(&["other"], &odd)), "other \"a b=c\" --e=\"f\"");
        assert_eq!(line(&menu(), &json!(null)), "");
    }

    #[test]
    fn the_value_being_typed_is_found_whatever_else_is_there() {
        let mut data = data(&["thing", "give"], &[(3, "all", json!(true)), (3, "text", json!("de"))]);
        assert_eq!(focused(&menu(), &data), None);
        data["options"][0]["options"][0]["options"][1]["focused"] = json!(true);
        let expected = Focused { command: "thing".into(), argument: "text".into(), typed: "de".into() };
        assert_eq!(focused(&menu(), &data), Some(expected));
        data["options"][0]["options"][0]["name"] = json!("hush");
        assert_eq!(focused(&menu(), &data), None);
    }

    #[test]
    fn what_is_offered_is_what_discord_takes() {
        let choice = |value: &str, label: &str| Choice { value: value.into(), label: label.into() };
        let long =
            [choice(&"x".repeat(101), "too long"), choice("", "nothing"), choice("a", &"word ".repeat(30))];
        let one = json!({ "name": "word ".repeat(19).trim_end().to_owned() + "…", "value": "a" });
        assert_eq!(offered(&long), json!({ "choices": [one] }));
        assert_eq!(offered(&[choice("b", " ")]), json!({ "choices": [{ "name": "b", "value": "b" }] }));
        let many: Vec<Choice> = (0..60).map(|n| choice(&n.to_string(), "some")).collect();
        assert_eq!(offered(&many)["choices"].as_array().unwrap().len(), 25);
    }

    /// Anything, and more often what means something on a line.
    fn anything() -> impl Strategy<Value = String> {
        let mark = prop::sample::select(vec![
            "\"", "'", "“", "”", "„", "’", "\\", "`", "=", "--", "—", " ", "\n", "<@U1|a>", "<", ">",
            "until", "fri", "18:00", "3d", "help", "all", "do", "true", "slug=", "--all", "x",
        ]);
        let marks = prop::collection::vec(mark, 0..8).prop_map(|marks| marks.concat());
        let fine = prop::sample::select(vec!["demo", "3d", "until fri 18:00"]).prop_map(str::to_owned);
        prop_oneof![fine, marks, any::<String>().prop_map(|text| text.replace('\0', ""))]
    }

    fn any_value() -> impl Strategy<Value = (u8, &'static str, Value)> {
        let text = prop::sample::select(vec!["slug", "text", "words", "keep", "span"]);
        prop_oneof![
            (text, anything()).prop_map(|(name, text)| (3, name, json!(text))),
            any::<bool>().prop_map(|flag| (5, "all", json!(flag))),
            any::<f64>().prop_filter("JSON has no other", |number| number.is_finite()).prop_map(|n| (
                10,
                "count",
                json!(n)
            )),
            any::<i64>().prop_map(|number| (10, "count", json!(number))),
            any::<u64>().prop_map(|id| (6, "who", json!(id.to_string()))),
        ]
    }

    /// Each value once, as Discord gives them.
    fn any_values() -> impl Strategy<Value = Vec<(u8, &'static str, Value)>> {
        prop::collection::vec(any_value(), 0..6).prop_map(|mut given| {
            let mut seen = BTreeSet::new();
            given.retain(|(_, name, _)| seen.insert(*name));
            given
        })
    }

    /// What the parser has to make of them: each value as its own argument reads it.
    fn expected(spec: &Spec, given: &[(u8, &str, Value)]) -> Result<Args, String> {
        given.iter().try_fold(Args::default(), |mut args, (kind, name, value)| {
            let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            let text = if *kind == USER { format!("@{text}") } else { text };
            args.set(spec.argument(name).unwrap(), &text).map_err(|(_, why)| why)?;
            Ok(args)
        })
    }

    proptest! {
        #[test]
        fn any_values_are_read_as_they_were_given(given in any_values()) {
            let menu = menu();
            let line = line(&menu, &data(&["thing", "do"], &given));
            let tokens = tokens(line.trim()).unwrap();
            prop_assert_eq!([&tokens[0].text, &tokens[1].text], ["thing", "do"]);
            let spec = menu.get("thing.do").unwrap();
            prop_assert_eq!(arguments(spec, &line, &tokens[2..]), expected(spec, &given), "{}", line);
        }
    }
}
