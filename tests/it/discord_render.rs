//! Messages on Discord: how they look, and that nothing breaks Discord's rules.

use goldenpath::chat::attachment::{File, Picture};
use goldenpath::chat::discord::components::{Pressed, confirm, pressed};
use goldenpath::chat::discord::render;
use goldenpath::chat::message::{
    Block, Button, ButtonValue, Choice, Message, Span, Text, code, emphasis, link, plain, strong, time,
};
use goldenpath::clock::Timestamp;
use goldenpath::text;
use serde_json::{Value, json};

use crate::harness::discord_shown::{self as shown, ids, read};

const THURSDAY: Timestamp = Timestamp(1_795_350_000_000);

fn rendered(message: &Message) -> Value {
    shown::message(render::message(message))
}

fn choices(count: usize) -> Vec<Choice> {
    (0..count).map(|n| Choice { value: format!("v{n}"), label: format!("Choice {n}") }).collect()
}

fn select(count: usize) -> Block {
    Block::Select { placeholder: "Show one".into(), command: "env.show".into(), choices: choices(count) }
}

fn environments(count: usize) -> Block {
    let row = |n: usize| {
        vec![text![code(format!("shop-{n}"))], text!["✅ ready"], text![time(THURSDAY), " (in 3 days)"]]
    };
    let header = ["Name", "State", "Until"].map(str::to_owned).to_vec();
    Block::Table { header, rows: (0..count).map(row).collect() }
}

fn destroy(id: &str) -> Button {
    Button::new("Destroy", "env.destroy", id, "").danger("Destroy shop?", "Its data goes.", "Destroy")
}

#[test]
fn words_alone_are_a_message_as_a_person_would_write_it() {
    let line = text![
        "✅ ",
        code("shop"),
        " is ready · ",
        link("http://127.0.0.1:4187"),
        " · until ",
        time(THURSDAY)
    ];
    let message = Message::new(line)
        .context(text!["Get it: ", code("git clone shop.git")])
        .buttons(vec![Button::open("Open", "http://127.0.0.1:4187"), destroy("env_1")]);
    let rendered = rendered(&message);
    insta::assert_snapshot!(read(&rendered), @"
    ✅ `shop` is ready · <http://127.0.0.1:4187/> · until <t:1795350000:f>
    -# Get it: `git clone shop.git`
    [Open] [Destroy]
    ");
    assert_eq!(rendered["embeds"], json!([]));
    assert_eq!(ids(&rendered), ["confirm?env.destroy:env_1:|Destroy shop?"]);
}

#[test]
fn a_link_that_discord_would_refuse_is_no_button() {
    for (url, buttons) in [
        ("http://build:80/", 0),
        ("http://localhost/a.b", 0),
        ("http://build.lan", 1),
        ("http://[::1]:80", 1),
    ] {
        let rendered = rendered(&Message::new("Ready.").buttons(vec![Button::open("Open", url)]));
        assert_eq!(rendered["components"].as_array().map(Vec::len), Some(buttons), "{url}");
    }
}

#[test]
fn what_has_fields_begins_with_its_first_paragraph() {
    let fields = vec![
        ("State".to_owned(), text!["✅ ready"]),
        ("Template".into(), text![emphasis("Rust *service*")]),
        ("Where".into(), text![plain("x".repeat(60))]),
    ];
    let message = Message::new(text![strong("shop")])
        .with(Block::Fields { fields })
        .context("Parameters: `size=small`")
        .with(Block::Log { text: "step 1\nstep 2".into() })
        .buttons(vec![destroy("env_1")]);
    insta::assert_snapshot!(read(&rendered(&message)), @r#"
    **shop**
    ---
    |State: ✅ ready
    |Template: *Rust \*service\**
    Where: xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx
    ---
    -# Parameters: `size=small`
    ```
    step 1
    step 2
    ```
    [Destroy]
    "#);
}

#[test]
fn a_narrow_table_is_aligned_and_a_wide_or_live_one_is_lines() {
    let header = ["#", "Step"].map(str::to_owned).to_vec();
    let rows = vec![vec![text!["1"], text!["render *files*"]], vec![text!["2"], text![code("push")]]];
    let steps = Block::Table { header, rows };
    insta::assert_snapshot!(read(&rendered(&Message::new("Steps").with(steps))), @"
    Steps
    ```
    #  Step
    1  render *files*
    2  push
    ```
    ");
    insta::assert_snapshot!(read(&rendered(&Message::new("Yours").with(environments(2)).with(select(2)))), @"
    Yours
    -# Name · State · Until
    `shop-0` · ✅ ready · <t:1795350000:f> (in 3 days)
    `shop-1` · ✅ ready · <t:1795350000:f> (in 3 days)
    [[Show one: 2]]
    ");
}

#[test]
fn choices_that_one_select_does_not_hold_go_on_in_the_next_where_there_are_rows() {
    let sixty = Message::new("x").with(select(60));
    insta::assert_snapshot!(read(&rendered(&sixty)), @"
    x
    [[Show one (1–25): 25]]
    [[Show one (26–50): 25]]
    [[Show one (51–60): 10]]
    ");
    let ids = ids(&rendered(&sixty));
    assert_eq!(ids, ["choose:env.show", "choose:env.show:2", "choose:env.show:3"]);
    let third = pressed(&ids[2], &["shop-59".to_owned()]);
    assert_eq!(third, Some(Pressed::Value(ButtonValue::new("env.show", "shop-59", ""))));
    // Three rows are for others.
    let crowded = (0..3).fold(Message::new("x"), |all, n| all.buttons(vec![destroy(&format!("env_{n}"))]));
    let read = read(&rendered(&crowded.with(select(60))));
    assert!(read.contains("[[Show one: 25]]") && read.contains("The choice lists 25 of 60"), "{read}");
}

#[test]
fn three_hundred_environments_are_counted() {
    let read = read(&rendered(
        &Message::new(text![strong("300 environments")]).with(environments(300)).with(select(300)),
    ));
    let lines: Vec<&str> = read.lines().collect();
    assert_eq!(lines[..3], ["**300 environments**", "---", "-# Name · State · Until"]);
    let shown = lines.iter().filter(|line| line.starts_with("`shop-")).count();
    assert!(shown > 60, "{read}");
    insta::assert_snapshot!(lines[shown + 3..].join("\n"), @"
    -# 221 more rows are not shown.
    The choice lists 25 of 300; /platform env show finds any of them while you type.
    [[Show one: 25]]
    ");
}

#[test]
fn the_eleven_answers_of_a_survey_stand_in_rows() {
    let answers =
        (0..=10).map(|n| Button::new(n.to_string(), "survey.answer", "inv_1", &n.to_string())).collect();
    let wishes =
        ["Not now", "Fewer of these"].map(|label| Button::new(label, "survey.snooze", "inv_1", label));
    let message = Message::new("How likely is it?")
        .buttons(answers)
        .buttons(wishes.into())
        .context("From 5 answers on.");
    insta::assert_snapshot!(read(&rendered(&message)), @"
    How likely is it?
    -# From 5 answers on.
    [0] [1] [2] [3]
    [4] [5] [6] [7]
    [8] [9] [10]
    [Not now] [Fewer of these]
    ");
}

#[test]
fn a_label_that_occurs_twice_says_of_what() {
    let mut message =
        Message::new("Your 9 environments").buttons(vec![Button::new("New", "env.create", "", "")]);
    for n in 0..9 {
        let (name, id) = (format!("shop-{n}"), format!("env_{n}"));
        message = message
            .section(text!["✅ ", code(name)])
            .buttons(vec![Button::new("Show", "env.show", &id, ""), destroy(&id)]);
    }
    let rendered = rendered(&message);
    let below: Vec<String> =
        read(&rendered).lines().skip_while(|line| !line.starts_with('[')).map(str::to_owned).collect();
    assert_eq!(below[..2], ["[New]", "[Show · shop-0] [Destroy · shop-0]"]);
    assert!(
        read(&rendered).contains("-# 10 more buttons are not shown; /platform help"),
        "{}",
        read(&rendered)
    );
}

#[test]
fn no_two_ids_of_a_message_are_equal() {
    let show = || Button::new("Show", "env.show", "env_1", "");
    let message =
        Message::new("x").buttons(vec![show(), show()]).with(select(1)).buttons(vec![show()]).with(select(2));
    assert_eq!(ids(&rendered(&message)), ["env.show:env_1:", "choose:env.show", "choose:env.show:2"]);
}

fn png() -> Vec<u8> {
    b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\x06\x40\0\0\x03\x20".to_vec()
}

#[test]
fn pictures_and_files_come_along_or_are_told_in_words() {
    let picture = Picture::new("trend ü", "Satisfaction is flat: +1.9 ± 4.1", png(), vec![]);
    let message =
        Message::new("Satisfaction").picture(picture).file(File::new("rows.csv", "a,b\n1,2\n".into()));
    let whole = rendered(&message);
    insta::assert_snapshot!(read(&whole), @"
    Satisfaction
    ---
    <attachment://trend__.png>
    ");
    insta::assert_snapshot!(whole["attachments"], @r#"[{"id":"0","filename":"trend__.png","description":"Satisfaction is flat: +1.9 ± 4.1"},{"id":"1","filename":"rows.csv"}]"#);
    let files: Vec<String> = render::files(&message).into_iter().map(|file| file.name).collect();
    assert_eq!(files, ["trend__.png", "rows.csv"]);
    let stored: Message = serde_json::from_str(&serde_json::to_string(&message).unwrap()).unwrap();
    insta::assert_snapshot!(read(&rendered(&stored)), @"
    Satisfaction
    -# Satisfaction is flat: +1.9 ± 4.1
    ```
    a,b
    1,2
    ```
    -# `rows.csv`
    ");
}

#[test]
fn what_a_person_typed_stays_words() {
    let hostile =
        "@everyone <@1> *b* __u__ ~~s~~ ||x|| `c` [a](https://e.example) :tada:\n# h\n> q\n- l\n1. n\n```";
    let said = || text![plain(hostile), code(hostile), strong(hostile), emphasis(hostile)];
    let message = Message::new(said())
        .context(said())
        .with(Block::Fields { fields: vec![(hostile.into(), said())] })
        .with(Block::Table { header: vec![hostile.into()], rows: vec![vec![said()]] })
        .with(Block::Log { text: hostile.into() })
        .buttons(vec![Button::new(hostile, "env.list", "", ""), Button::open("Go", "javascript:alert(1)")]);
    let read = read(&rendered(&message));
    let words = read.split("```\n").next().unwrap();
    let acts = ["\n# ", "\n> ", "\n- ", "\n1. ", " @everyone", " <@", "a](https", " :tada:", "[Go]"];
    assert_eq!(acts.iter().find(|mark| words.contains(**mark)), None, "{words}");
}

#[test]
fn what_is_too_long_is_cut_and_counted() {
    let long = "🚀é<*".repeat(5000);
    let button = |n| Button::new(long.clone(), "env.list", &format!("{n}"), "");
    let fields = vec![(long.clone(), text![plain(long.clone())]); 30];
    let each = [
        Message::new(long.clone()),
        Message::default().context(long.clone()),
        Message::default().with(Block::Log { text: long.clone() }),
        Message::default().with(Block::Fields { fields }),
        Message::default().with(Block::Table {
            header: vec![long.clone(); 30],
            rows: vec![vec![text![plain(long.clone())]]; 300],
        }),
        Message::default().with(environments(300)).with(environments(300)),
        Message::default()
            .buttons((0..60).map(button).chain([button(0).danger(&long, &long, &long)]).collect()),
        Message {
            blocks: (0..200)
                .map(|n| Block::Section { text: format!("line {n} {}", "x".repeat(90)).into() })
                .collect(),
        },
        Message { blocks: vec![Block::Log { text: long.clone() }; 30] },
        Message { blocks: vec![Block::Picture(Picture::new("p", long.clone(), png(), vec![])); 30] },
    ];
    each.iter().for_each(|message| drop(rendered(message)));
    assert!(read(&rendered(&each[7])).contains("more parts of this message are not shown."));
}

#[test]
fn nothing_is_an_empty_message() {
    let nothing = Message::default()
        .section("")
        .context("\n")
        .with(Block::Log { text: "\n".into() })
        .with(Block::Fields { fields: vec![] })
        .with(Block::Fields { fields: vec![(" ".into(), text![])] })
        .with(Block::Table { header: vec![], rows: vec![] })
        .with(Block::Table { header: vec!["".into()], rows: vec![vec![], vec![text![""]]] })
        .with(Block::Actions { buttons: vec![Button::new("", "help", "", "")] })
        .with(select(0))
        .with(Block::Divider)
        .section(Text(vec![Span::Link { url: "https://a.example".into(), label: "".into() }]));
    rendered(&nothing);
    assert_eq!(read(&rendered(&Message::default())), "–");
}

#[test]
fn a_press_means_what_its_button_said() {
    let value = |id: &str| Pressed::Value(ButtonValue(id.into()));
    assert_eq!(pressed("env.extend:env_1:1d", &[]), Some(value("env.extend:env_1:1d")));
    assert_eq!(pressed("choose:env.show:2", &["env_1".into()]), Some(value("env.show:env_1:")));
    assert_eq!(pressed("choose:env.show", &[]), None);
    let asked = |id: &str, title: Option<&str>| {
        let (value, title) = (ButtonValue(id.into()), title.map(str::to_owned));
        Some(Pressed::Confirm { value, title })
    };
    assert_eq!(
        pressed("confirm?env.destroy:env_1:|Destroy a|b?", &[]),
        asked("env.destroy:env_1:", Some("Destroy a|b?"))
    );
    assert_eq!(pressed("confirm?env.destroy:env_1:", &[]), asked("env.destroy:env_1:", None));
}

#[test]
fn a_danger_is_confirmed_in_a_message_with_the_button_itself() {
    let rendered = rendered(&Message::new("x").buttons(vec![destroy("env_1")]));
    let Some(Pressed::Confirm { value, title }) = pressed(&ids(&rendered)[0], &[]) else {
        panic!("not confirmed")
    };
    let asked =
        shown::message(confirm(&value, title.as_deref(), "Destroy · shop", Some("What it owns is removed.")));
    insta::assert_snapshot!(read(&asked), @"
    **Destroy shop?**
    What it owns is removed.
    [Destroy]
    ");
    assert_eq!(ids(&asked), ["sure?env.destroy:env_1:"]);
    let sure = ButtonValue("env.destroy:env_1:".into());
    assert_eq!(pressed("sure?env.destroy:env_1:", &[]), Some(Pressed::Sure(sure)));
    let old = shown::message(confirm(&value, None, "Destroy · shop", None));
    assert_eq!(read(&old), "**Destroy?**\nIt cannot be undone.\n[Destroy]");
}
