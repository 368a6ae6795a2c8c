//! Messages and forms in Block Kit: how they look, and that nothing breaks Slack's rules.

#![expect(clippy::unwrap_used, reason = "a test stops at the first thing that is not so")]

use goldenpath::chat::form::{Field, FieldKind, Form};
use goldenpath::chat::inbound::Place;
use goldenpath::chat::message::{
    Block, Button, Choice, Message, Span, Text, code, emphasis, plain, strong, time,
};
use goldenpath::chat::slack::{render, view};
use goldenpath::clock::Timestamp;
use goldenpath::text;
use serde_json::{Value, json};

use crate::harness::fake_slack::checks::{message_fault, view_fault};

fn pretty(value: &Value) -> String {
    serde_json::to_string_pretty(value).unwrap()
}

/// The blocks of a sound message, one a line.
fn blocks(message: &Message) -> String {
    let rendered = render::message(message);
    assert_eq!(message_fault(&rendered), None);
    lines(&rendered["blocks"])
}

fn lines(blocks: &Value) -> String {
    let lines: Vec<String> = blocks.as_array().unwrap().iter().map(Value::to_string).collect();
    lines.join("\n")
}

fn table(rows: usize) -> Block {
    let row = |n: usize| vec![text![code(format!("env-{n}"))], text!["ready"]];
    Block::Table { header: vec!["Name".into(), "State".into()], rows: (0..rows).map(row).collect() }
}

fn choices(count: usize) -> Vec<Choice> {
    (0..count).map(|n| Choice { value: format!("v{n}"), label: format!("Choice {n}") }).collect()
}

fn field(kind: FieldKind, value: Option<&str>) -> Field {
    let help = Some("Why it is asked.".to_owned());
    Field { name: "n".into(), label: "Name".into(), kind, value: value.map(Into::into), help, required: true }
}

fn form(fields: Vec<Field>) -> Form {
    let (command, title, submit) = ("env.create".into(), "Create an environment".into(), "Create".into());
    Form {
        command,
        title,
        submit,
        intro: Some("Say what `shop` needs.".into()),
        fields,
        fixed: vec![],
        typed: None,
        private: false,
    }
}

fn opened(form: &Form) -> Option<Value> {
    let place = Place { conversation: "C1".into(), direct: false, thread: None };
    let view = view::form(form, &place).map(|view| serde_json::to_value(view).unwrap());
    view.inspect(|view| assert_eq!(view_fault(view), None, "{}", pretty(view)))
}

#[test]
fn a_message_with_all_its_parts() {
    let ready = text![
        "✅ ",
        code("shop"),
        " is ",
        strong("ready"),
        " · yours until ",
        time(Timestamp(1_795_350_000_000))
    ];
    let message = Message::default()
        .section(ready)
        .with(Block::Fields {
            fields: vec![("Owner".into(), text!["Ada"]), ("Template".into(), text![emphasis("Rust")])],
        })
        .with(table(1))
        .with(Block::Log { text: "step 1\nstep 2".into() })
        .with(Block::Divider)
        .context("Type `env list`.")
        .buttons(vec![
            Button::open("Open", "https://shop.example/"),
            Button::new("Destroy", "env.destroy", "env_1", "").danger(
                "Destroy shop",
                "Its data goes.",
                "Destroy",
            ),
        ])
        .with(Block::Select {
            placeholder: "Template".into(),
            command: "template.show".into(),
            choices: choices(1),
        });
    insta::assert_snapshot!(blocks(&message), @r#"
    {"type":"rich_text","elements":[{"type":"rich_text_section","elements":[{"type":"text","text":"✅ "},{"type":"text","text":"shop","style":{"code":true}},{"type":"text","text":" is "},{"type":"text","text":"ready","style":{"bold":true}},{"type":"text","text":" · yours until "},{"type":"date","timestamp":1795350000,"format":"{date_short_pretty} at {time}","fallback":"2026-11-22 12:20 UTC"}]}]}
    {"type":"rich_text","elements":[{"type":"rich_text_section","elements":[{"type":"text","text":"Owner","style":{"bold":true}},{"type":"text","text":"  "},{"type":"text","text":"Ada"},{"type":"text","text":"\n"},{"type":"text","text":"Template","style":{"bold":true}},{"type":"text","text":"  "},{"type":"text","text":"Rust","style":{"italic":true}}]}]}
    {"type":"table","rows":[[{"type":"raw_text","text":"Name"},{"type":"raw_text","text":"State"}],[{"type":"rich_text","elements":[{"type":"rich_text_section","elements":[{"type":"text","text":"env-0","style":{"code":true}}]}]},{"type":"rich_text","elements":[{"type":"rich_text_section","elements":[{"type":"text","text":"ready"}]}]}]],"column_settings":[{"is_wrapped":true},{"is_wrapped":true}]}
    {"type":"rich_text","elements":[{"type":"rich_text_preformatted","elements":[{"type":"text","text":"step 1\nstep 2"}]}]}
    {"type":"divider"}
    {"type":"context","elements":[{"type":"mrkdwn","text":"Type `env list`.","verbatim":true}]}
    {"type":"actions","elements":[{"type":"button","action_id":"open:1","text":{"type":"plain_text","text":"Open","emoji":false},"url":"https://shop.example/"},{"type":"button","action_id":"press:2","text":{"type":"plain_text","text":"Destroy","emoji":false},"value":"env.destroy:env_1:","style":"danger","confirm":{"title":{"type":"plain_text","text":"Destroy shop","emoji":false},"text":{"type":"plain_text","text":"Its data goes.","emoji":false},"confirm":{"type":"plain_text","text":"Destroy","emoji":false},"deny":{"type":"plain_text","text":"Cancel","emoji":false},"style":"danger"}}]}
    {"type":"actions","elements":[{"type":"static_select","action_id":"choose:template.show:3","placeholder":{"type":"plain_text","text":"Template","emoji":false},"options":[{"text":{"type":"plain_text","text":"Choice 0","emoji":false},"value":"v0"}]}]}
    "#);
}

#[test]
fn what_a_person_typed_stays_words() {
    let hostile = "<!channel> @here *b* _i_ ~s~ `c` <https://evil.example|bank> <@U1> &amp; :tada:\n> quote";
    let message = Message::default()
        .section(text![plain(hostile), code(hostile), strong(hostile)])
        .context(text!["said: ", plain(hostile)])
        .with(Block::Log { text: hostile.into() })
        .buttons(vec![Button::new(hostile, "env.list", "", ""), Button::open("Go", "javascript:alert(1)")]);
    let rendered = render::message(&message);
    assert!(!rendered["text"].as_str().unwrap().contains(['<', '>']));
    let kinds = rendered.to_string();
    assert!(!kinds.contains("mrkdwn") && !kinds.contains("broadcast") && !kinds.contains("javascript"));
    assert_eq!(message_fault(&rendered), None);
}

#[test]
fn a_code_span_with_a_backtick_cannot_leave_its_small_print() {
    let message = Message::default().context(text![code("a`*b*`"), " x"]);
    insta::assert_snapshot!(blocks(&message), @r#"{"type":"context","elements":[{"type":"plain_text","text":"a`*b*` x","emoji":false}]}"#);
}

#[test]
fn what_is_too_long_is_cut_and_counted() {
    let long = "🚀é<&".repeat(5000);
    let button = |n| Button::new(long.clone(), "env.list", &format!("{n}"), "");
    let confirmed = button(0).danger(long.clone(), long.clone(), long.clone());
    let each = [
        Message::new(long.clone()),
        Message::default().context(long.clone()),
        Message::default().with(Block::Log { text: long.clone() }),
        Message::default()
            .with(Block::Fields { fields: vec![(long.clone(), text![plain(long.clone())]); 30] }),
        Message::default().with(Block::Table {
            header: vec![long.clone(); 30],
            rows: vec![vec![text![plain(long.clone())]]; 300],
        }),
        Message::default().with(table(300)).with(table(300)),
        Message::default().buttons((0..60).map(button).chain([confirmed]).collect()),
        Message::default().with(Block::Select {
            placeholder: long.clone(),
            command: "env.show".into(),
            choices: choices(300),
        }),
        Message { blocks: (0..200).map(|n| Block::Section { text: format!("line {n}").into() }).collect() },
        Message { blocks: vec![Block::Log { text: long.clone() }; 30] },
    ];
    for message in &each {
        assert_eq!(message_fault(&render::message(message)), None, "{}", pretty(&render::message(message)));
        let view = serde_json::to_value(view::message(&long, message)).unwrap();
        assert_eq!(view_fault(&view), None);
    }
}

#[test]
fn the_last_block_says_how_many_are_missing() {
    let message =
        Message { blocks: (0..60).map(|n| Block::Section { text: format!("line {n}").into() }).collect() };
    let rendered = render::message(&message);
    assert_eq!(rendered["blocks"].as_array().unwrap().len(), 50);
    assert_eq!(rendered["blocks"][49]["elements"][0]["text"], "11 more parts of this message are not shown.");
    let exactly = Message { blocks: message.blocks[..50].to_vec() };
    assert!(!render::message(&exactly).to_string().contains("not shown"));
}

#[test]
fn empty_things_do_not_break_a_message() {
    let nothing = Message::default()
        .section("")
        .context("")
        .with(Block::Log { text: "\n".into() })
        .with(Block::Fields { fields: vec![] })
        .with(Block::Table { header: vec![], rows: vec![] })
        .with(Block::Table { header: vec!["".into()], rows: vec![vec![], vec![text![""]]] })
        .with(Block::Actions { buttons: vec![] })
        .with(Block::Actions { buttons: vec![Button::new("", "help", "", "")] })
        .with(Block::Select { placeholder: "".into(), command: "x".into(), choices: vec![] })
        .section(Text(vec![Span::Link { url: "https://a.example".into(), label: "".into() }]));
    for message in [nothing, Message::default()] {
        assert_eq!(message_fault(&render::message(&message)), None);
        assert_eq!(view_fault(&serde_json::to_value(view::message("", &message)).unwrap()), None);
    }
}

#[test]
fn a_form_with_each_kind_of_field() {
    let mut fields = vec![
        field(FieldKind::Text { multiline: true }, Some("typed")),
        field(FieldKind::Number { whole: true }, Some("3")),
        field(FieldKind::Choice { choices: choices(2) }, Some("v1")),
        field(FieldKind::Multiple { choices: choices(2) }, Some(r#"["v0"]"#)),
        field(FieldKind::Flag, Some("true")),
    ];
    fields.iter_mut().enumerate().for_each(|(n, field)| field.name = format!("field{n}"));
    let view = opened(&form(fields)).unwrap();
    insta::assert_snapshot!(lines(&view["blocks"]), @r#"
    {"type":"rich_text","elements":[{"type":"rich_text_section","elements":[{"type":"text","text":"Say what "},{"type":"text","text":"shop","style":{"code":true}},{"type":"text","text":" needs."}]}]}
    {"type":"input","block_id":"field0","label":{"type":"plain_text","text":"Name","emoji":false},"element":{"type":"plain_text_input","action_id":"text","initial_value":"typed","multiline":true,"max_length":3000},"hint":{"type":"plain_text","text":"Why it is asked.","emoji":false},"optional":false}
    {"type":"input","block_id":"field1","label":{"type":"plain_text","text":"Name","emoji":false},"element":{"type":"number_input","action_id":"number","is_decimal_allowed":false,"initial_value":"3"},"hint":{"type":"plain_text","text":"Why it is asked.","emoji":false},"optional":false}
    {"type":"input","block_id":"field2","label":{"type":"plain_text","text":"Name","emoji":false},"element":{"type":"static_select","action_id":"choice","placeholder":{"type":"plain_text","text":"Choose one"},"options":[{"text":{"type":"plain_text","text":"Choice 0","emoji":false},"value":"v0"},{"text":{"type":"plain_text","text":"Choice 1","emoji":false},"value":"v1"}],"initial_option":{"text":{"type":"plain_text","text":"Choice 1","emoji":false},"value":"v1"}},"hint":{"type":"plain_text","text":"Why it is asked.","emoji":false},"optional":false}
    {"type":"input","block_id":"field3","label":{"type":"plain_text","text":"Name","emoji":false},"element":{"type":"checkboxes","action_id":"multiple","options":[{"text":{"type":"plain_text","text":"Choice 0","emoji":false},"value":"v0"},{"text":{"type":"plain_text","text":"Choice 1","emoji":false},"value":"v1"}],"initial_options":[{"text":{"type":"plain_text","text":"Choice 0","emoji":false},"value":"v0"}]},"hint":{"type":"plain_text","text":"Why it is asked.","emoji":false},"optional":false}
    {"type":"input","block_id":"field4","label":{"type":"plain_text","text":"Name","emoji":false},"element":{"type":"checkboxes","action_id":"flag","options":[{"text":{"type":"plain_text","text":"Yes","emoji":false},"value":"true"}],"initial_options":[{"text":{"type":"plain_text","text":"Yes","emoji":false},"value":"true"}]},"hint":{"type":"plain_text","text":"Why it is asked.","emoji":false},"optional":true}
    "#);
    let kept =
        json!({ "command": "env.create", "fixed": [], "place": { "conversation": "C1", "direct": false } });
    assert_eq!(view["private_metadata"], kept.to_string());
}

#[test]
fn a_field_is_never_offered_less_than_it_takes() {
    let long = vec![Choice { value: "x".repeat(200), label: "long".into() }];
    let cases = [
        (FieldKind::Choice { choices: choices(250) }, "v249", "static_select"),
        (FieldKind::Multiple { choices: choices(11) }, r#"["v10"]"#, "multi_static_select"),
        (FieldKind::Multiple { choices: choices(250) }, "[]", "multi_static_select"),
        (FieldKind::Choice { choices: vec![] }, "", "plain_text_input"),
        (FieldKind::Choice { choices: long }, "", "plain_text_input"),
        (FieldKind::Number { whole: true }, "1.5", "number_input"),
        (FieldKind::Number { whole: false }, "NaN", "number_input"),
        (FieldKind::Choice { choices: choices(3) }, "not one of them", "static_select"),
    ];
    for (kind, value, element) in cases {
        let view = opened(&form(vec![field(kind, Some(value))])).unwrap();
        assert_eq!(view["blocks"][1]["element"]["type"], element);
    }
}

#[test]
fn a_form_beyond_slacks_limits_is_not_opened_by_halves() {
    let text = || field(FieldKind::Text { multiline: false }, None);
    let many: Vec<Field> = (0..101).map(|n| Field { name: format!("f{n}"), ..text() }).collect();
    assert_eq!(opened(&form(many)), None);
    let fixed = vec![("template".into(), "x".repeat(3000))];
    assert_eq!(opened(&Form { fixed, ..form(vec![text()]) }), None);
    assert_eq!(opened(&form(vec![Field { name: "n".repeat(256), ..text() }])), None);
    let wordy = Field {
        label: "l".repeat(3000),
        help: Some("h".repeat(3000)),
        value: Some("v".repeat(4000)),
        ..text()
    };
    assert!(opened(&Form { title: "t".repeat(99), ..form(vec![wordy]) }).is_some());
}

#[test]
fn a_form_without_fields_still_opens() {
    let bare = Form { intro: None, ..form(vec![]) };
    assert_eq!(
        opened(&bare).unwrap()["private_metadata"],
        json!(r#"{"command":"env.create","fixed":[],"place":{"conversation":"C1","direct":false}}"#)
    );
}
