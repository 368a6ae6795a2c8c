//! Forms on Discord, page by page: what is shown, what is sent in the end, what is kept meanwhile.

#![expect(clippy::unwrap_used, reason = "a test stops at the first thing that is not so")]

use std::collections::BTreeMap;

use goldenpath::chat::discord::form::{self, Deed, Move, Step};
use goldenpath::chat::drafts::{self, Draft, Drafts};
use goldenpath::chat::form::{Field, FieldKind, Form};
use goldenpath::chat::inbound::{Identity, Input};
use goldenpath::chat::message::Choice;
use serde_json::{Value, json};

use crate::harness::discord_shown::{self as shown, ids, read};
use crate::harness::test_app::TestApp;

fn field(name: &str, kind: FieldKind) -> Field {
    let help = Some(format!("Why {name} is asked."));
    Field { name: name.into(), label: name.to_uppercase(), kind, value: None, help, required: true }
}

fn text(name: &str) -> Field {
    field(name, FieldKind::Text { multiline: false })
}

fn choices(count: usize) -> Vec<Choice> {
    (0..count).map(|n| Choice { value: format!("v{n}"), label: format!("Choice {n}") }).collect()
}

fn choice(name: &str, count: usize) -> Field {
    field(name, FieldKind::Choice { choices: choices(count) })
}

fn asking(fields: Vec<Field>) -> Form {
    Form {
        command: "env.create".into(),
        title: "Create an environment".into(),
        submit: "Create".into(),
        intro: Some("Say what `shop` needs.".into()),
        fields,
        fixed: vec![("template".into(), "rust-service".into())],
        typed: None,
        private: false,
    }
}

/// Somebody who fills in a form that is kept.
struct Filler {
    draft: Draft,
    step: Step,
}

impl Filler {
    fn opens(form: Form) -> Filler {
        let draft = Draft { id: "drf_0123456789abcdef".into(), form, given: BTreeMap::new(), sent_by: None };
        let step = form::open(&draft).unwrap();
        Filler { draft, step }
    }

    /// What is in front of them.
    fn sees(&self) -> String {
        match &self.step {
            Step::Message(message) => read(&shown::message(message.clone())),
            Step::Modal(modal) => {
                let modal = shown::modal(modal.clone());
                let input = |row: &Value| {
                    let input = &row["components"][0];
                    let must = if input["required"] == true { "!" } else { "" };
                    format!("{}{must} {} {}", input["label"], input["placeholder"], input["value"])
                };
                let inputs = modal["components"].as_array().unwrap().iter().map(input);
                std::iter::once(format!("( {} )", modal["title"]))
                    .chain(inputs)
                    .collect::<Vec<_>>()
                    .join("\n")
            }
            Step::Submit(input) => format!("{input:?}"),
        }
    }

    fn does(mut self, moved: Option<Move>) -> Filler {
        let Some(Move::Page { page, deed, .. }) = moved else { panic!("no move on a page") };
        let (given, step) = form::advance(&self.draft, page, &deed).unwrap();
        self.draft.given.extend(given);
        self.step = step;
        self
    }

    fn picks(self, number: usize, chosen: &[&str]) -> Filler {
        let Step::Message(message) = &self.step else { panic!("no message") };
        let chosen: Vec<String> = chosen.iter().map(|value| (*value).to_owned()).collect();
        let moved = form::pressed(&ids(message)[number], &chosen);
        self.does(moved)
    }

    /// Presses the button that stands out.
    fn goes_on(self) -> Filler {
        let Step::Message(message) = &self.step else { panic!("no message") };
        let mut parts = message["components"]
            .as_array()
            .unwrap()
            .iter()
            .flat_map(|row| row["components"].as_array().unwrap());
        let way_on = parts.rfind(|part| part["style"] == 1).unwrap();
        let moved = form::pressed(way_on["custom_id"].as_str().unwrap(), &[]);
        self.does(moved)
    }

    /// Sends the modal with this in its inputs, from the top.
    fn sends(self, typed: &[&str]) -> Filler {
        let Step::Modal(modal) = &self.step else { panic!("no modal") };
        let moved = form::sent(modal["custom_id"].as_str().unwrap(), &filled(modal, typed));
        self.does(moved)
    }

    fn submits(self) -> (Form, Input) {
        let Step::Submit(input) = self.step else { panic!("{}", self.sees()) };
        (self.draft.form, input)
    }
}

/// What Discord sends of a modal.
fn filled(modal: &Value, typed: &[&str]) -> Value {
    let row = |(row, text): (&Value, &&str)| json!({ "type": 1, "components": [{ "type": 4, "custom_id": row["components"][0]["custom_id"], "value": text }] });
    let rows = modal["components"].as_array().unwrap().iter().zip(typed);
    json!({ "custom_id": modal["custom_id"], "components": rows.map(row).collect::<Vec<_>>() })
}

fn values(input: &Input) -> String {
    let Input::Submit { command, fixed, values } = input else { panic!("no form") };
    let all = fixed.iter().map(|(name, value)| format!("({name}={value})"));
    let all = all.chain(values.iter().map(|(name, value)| format!("{name}={value}")));
    format!("{command} {}", all.collect::<Vec<_>>().join(" "))
}

#[test]
fn a_short_form_is_one_modal() {
    let flag = Field { required: false, value: Some("true".into()), ..field("loud", FieldKind::Flag) };
    let long = Field {
        label: "How long do you want to keep the environment for".into(),
        value: Some("3d".into()),
        ..text("ttl")
    };
    let filler = Filler::opens(asking(vec![text("name"), long, flag]));
    insta::assert_snapshot!(filler.sees(), @r#"
    ( "Create an environment" )
    "NAME"! "Why name is asked." null
    "How long do you want to keep the environment…"! "How long do you want to keep the environment for" "3d"
    "LOUD" "yes or no" "yes"
    "#);
    let (_, input) = filler.sends(&["shop", "", "No"]).submits();
    assert_eq!(values(&input), "env.create (template=rust-service) loud=false name=shop");
}

#[test]
fn choices_come_first_as_selects_and_texts_after_them() {
    let several = field("some", FieldKind::Multiple { choices: choices(3) });
    let flag = Field { required: false, ..field("loud", FieldKind::Flag) };
    let filler = Filler::opens(asking(vec![text("name"), choice("tier", 3), several, flag]));
    insta::assert_snapshot!(filler.sees(), @"
    **Create an environment (1 of 2)**
    Say what `shop` needs.
    **TIER**: Why tier is asked.
    **SOME**: Why some is asked.
    **LOUD**: Why loud is asked.
    [[TIER: 3]]
    [[SOME: 3]]
    [[LOUD: 2]]
    [Continue]
    ");
    let filler = filler.picks(0, &["v1"]).picks(1, &["v0", "v2"]);
    let Step::Message(message) = &filler.step else { panic!("no message") };
    let chosen = message["components"][1]["components"][0]["options"].as_array().unwrap().iter();
    assert_eq!(chosen.map(|option| option["default"] == true).collect::<Vec<_>>(), [true, false, true]);
    let filler = filler.goes_on();
    insta::assert_snapshot!(filler.sees(), @r#"
    ( "Create an environment (2 of 2)" )
    "NAME"! "Why name is asked." null
    "#);
    let (_, input) = filler.sends(&["shop"]).submits();
    assert_eq!(values(&input), r#"env.create (template=rust-service) name=shop some=["v0","v2"] tier=v1"#);
}

#[test]
fn what_is_required_is_chosen_before_they_go_on() {
    let filler =
        Filler::opens(asking(vec![choice("tier", 3), choice("zone", 3)])).picks(0, &["v1"]).goes_on();
    assert!(filler.sees().contains("⚠️ Choose ZONE first."), "{}", filler.sees());
    let (_, input) = filler.picks(1, &["v0"]).goes_on().submits();
    assert_eq!(values(&input), "env.create (template=rust-service) tier=v1 zone=v0");
}

#[test]
fn a_choice_taken_back_is_not_the_default_again() {
    let optional = Field { required: false, value: Some("v2".into()), ..choice("tier", 3) };
    let filler = Filler::opens(asking(vec![optional]));
    assert_eq!(
        values(&Filler::opens(filler.draft.form.clone()).goes_on().submits().1),
        "env.create (template=rust-service) tier=v2"
    );
    assert_eq!(values(&filler.picks(0, &[]).goes_on().submits().1), "env.create (template=rust-service)");
}

#[test]
fn more_choices_than_a_select_has_are_typed() {
    let filler = Filler::opens(asking(vec![choice("zone", 26)]));
    insta::assert_snapshot!(filler.sees(), @r#"
    ( "Create an environment" )
    "ZONE"! "v0, v1, v2, v3, v4, v5, v6, v7, v8, v9, v10, v11, v12, v13, v14, v15, v16, v17, v18, v19, v20, v21,…" null
    "#);
    let typed =
        |text: &str| values(&Filler::opens(asking(vec![choice("zone", 26)])).sends(&[text]).submits().1);
    assert_eq!(typed("choice 25"), "env.create (template=rust-service) zone=v25");
    assert_eq!(typed("nonsense"), "env.create (template=rust-service) zone=nonsense");
}

#[test]
fn twelve_fields_are_paged_by_continue() {
    let fields = (0..12).map(|n| text(&format!("f{n}"))).collect();
    let filler = Filler::opens(asking(fields)).sends(&["a", "b", "c", "d", "e"]);
    insta::assert_snapshot!(filler.sees(), @"
    **Create an environment** · Page 1 of 3 is filled in, and nothing is sent yet.
    -# Next: F5, F6, F7, F8, F9.
    [Continue] [Edit]
    ");
    let (_, input) = filler.goes_on().sends(&["f"; 5]).goes_on().sends(&["k", "l"]).submits();
    assert_eq!(
        values(&input),
        "env.create (template=rust-service) f0=a f1=b f10=k f11=l f2=c f3=d f4=e f5=f f6=f f7=f f8=f f9=f"
    );
}

#[test]
fn edit_shows_the_page_as_it_was_filled_in() {
    let fields = (0..6).map(|n| text(&format!("f{n}"))).collect();
    let filler = Filler::opens(asking(fields)).sends(&["a", "b", "c", "d", "e"]);
    let Step::Message(message) = &filler.step else { panic!("no message") };
    let edit = form::pressed(&ids(message)[1], &[]);
    assert!(edit.as_ref().unwrap().over());
    assert!(filler.does(edit).sees().contains("\"F4\"! \"Why f4 is asked.\" \"e\""));
}

#[test]
fn a_refused_form_opens_again_where_it_is_wrong_with_what_was_typed() {
    let form = asking(vec![choice("tier", 3), text("name"), text("ttl")]);
    let filler = Filler::opens(form).picks(0, &["v1"]).goes_on().sends(&["Shop", "3d"]);
    let mut draft = filler.draft.clone();
    let (_, input) = filler.submits();
    let why = BTreeMap::from([("name".to_owned(), "`Shop` has a capital.".to_owned())]);
    let (given, message) = form::refused(&draft, &input, &why);
    draft.given.extend(given);
    insta::assert_snapshot!(read(&shown::message(message.clone())), @"
    `NAME`: `Shop` has a capital.
    [Edit]
    ");
    let again = Filler { draft, step: Step::Message(message) }.goes_on();
    insta::assert_snapshot!(again.sees(), @r#"
    ( "Create an environment (2 of 2)" )
    "NAME"! "Why name is asked." "Shop"
    "TTL"! "Why ttl is asked." "3d"
    "#);
    assert_eq!(
        values(&again.sends(&["shop", "3d"]).submits().1),
        "env.create (template=rust-service) name=shop tier=v1 ttl=3d"
    );
}

#[test]
fn what_is_wrong_with_the_whole_form_is_said_too() {
    let draft = Filler::opens(asking(vec![text("name")])).draft;
    let input = Input::Submit { command: "env.create".into(), fixed: vec![], values: BTreeMap::new() };
    let why = BTreeMap::from([(String::new(), "There are too many.".to_owned())]);
    let (_, message) = form::refused(&draft, &input, &why);
    assert_eq!(read(&shown::message(message)), "There are too many.\n[Edit]");
    assert!(read(&shown::message(form::gone())).contains("a day"));
}

#[test]
fn a_private_form_is_one_page_that_says_all_itself() {
    let fixed = vec![("invitation".into(), "inv_0123456789abcdef".into())];
    let form = |field: Field| Form {
        command: "survey.answer".into(),
        private: true,
        fixed: fixed.clone(),
        ..asking(vec![field])
    };
    let Some(Step::Modal(modal)) = form::open_private(&form(text("words")), "11") else { panic!("no modal") };
    let sent = form::sent(
        modal["custom_id"].as_str().unwrap(),
        &filled(&shown::modal(modal.clone()), &["it's slow"]),
    );
    let Some(Move::Whole { input, over: false, .. }) = sent else { panic!("not whole") };
    assert_eq!(values(&input), "survey.answer (invitation=inv_0123456789abcdef) words=it's slow");
    let several = field("answer", FieldKind::Multiple { choices: choices(4) });
    let Some(Step::Message(message)) = form::open_private(&form(several), "11") else { panic!("no message") };
    let chosen = form::pressed(&ids(&shown::message(message))[0], &["v1".into(), "v3".into()]);
    let Some(Move::Whole { input, over: true, .. }) = chosen else { panic!("not whole") };
    assert_eq!(values(&input), r#"survey.answer (invitation=inv_0123456789abcdef) answer=["v1","v3"]"#);
    let why = BTreeMap::from([("answer".to_owned(), "Choose fewer.".to_owned())]);
    insta::assert_snapshot!(read(&shown::message(form::refused_whole(&input, &why))), @r#"
    `answer`: Choose fewer.
    -# **answer**
    ```
    ["v1","v3"]
    ```
    -# It is not kept. Open the form again to send it.
    "#);
}

#[test]
fn a_private_form_that_needs_keeping_is_not_opened() {
    let private = |fields: Vec<Field>| Form { private: true, ..asking(fields) };
    assert_eq!(form::open_private(&private((0..6).map(|n| text(&format!("f{n}"))).collect()), "11"), None);
    assert_eq!(form::open_private(&private(vec![choice("a", 3), text("b")]), "11"), None);
    assert_eq!(
        form::open_private(
            &Form { fixed: vec![("a".into(), "x".repeat(99))], ..private(vec![text("b")]) },
            "11"
        ),
        None
    );
}

#[test]
fn feedback_is_one_modal_and_its_flag_a_word() {
    let words = field("text", FieldKind::Text { multiline: true });
    let flag = Field { required: false, ..field("anonymous", FieldKind::Flag) };
    let form = Form { command: "feedback".into(), private: true, fixed: vec![], ..asking(vec![words, flag]) };
    let Some(Step::Modal(modal)) = form::open_private(&form, "11") else { panic!("no modal") };
    let sent = form::sent(modal["custom_id"].as_str().unwrap(), &filled(&modal, &["slow", "Yes"]));
    let Some(Move::Whole { input, .. }) = sent else { panic!("not whole") };
    assert_eq!(values(&input), "feedback anonymous=true text=slow");
}

#[test]
fn ids_of_others_and_broken_ones_mean_nothing() {
    for id in [
        "env.show:env_1:",
        "form:",
        "form:drf_1",
        "form:drf_1:x:open",
        "form:drf_1:0:pickx",
        "one:a?b",
        "ask:a?b",
    ] {
        assert_eq!(form::pressed(id, &["v".into()]), None, "{id}");
    }
    let draft = Filler::opens(asking(vec![choice("tier", 3)])).draft;
    assert_eq!(form::advance(&draft, 7, &Deed::Open), None);
    assert_eq!(form::advance(&draft, 0, &Deed::Pick(9, vec!["v1".into()])), None);
    assert_eq!(form::sent("form:drf_1:0:pick0", &json!({})), None);
}

#[test]
fn a_form_without_fields_is_a_button() {
    let filler = Filler::opens(asking(vec![]));
    assert!(filler.sees().ends_with("[Create]"), "{}", filler.sees());
    assert_eq!(values(&filler.goes_on().submits().1), "env.create (template=rust-service)");
}

#[test]
fn long_words_are_cut_to_what_a_page_holds() {
    let long = "🚀é*".repeat(3000);
    let wordy = |kind| Field {
        label: long.clone(),
        help: Some(long.clone()),
        value: Some(long.clone()),
        ..field("n", kind)
    };
    let many = choices(25).into_iter().map(|choice| Choice { label: long.clone(), ..choice }).collect();
    for kind in [FieldKind::Text { multiline: true }, FieldKind::Flag, FieldKind::Choice { choices: many }] {
        let form = Form {
            title: long.clone(),
            submit: long.clone(),
            intro: Some(long.clone()),
            ..asking(vec![wordy(kind)])
        };
        Filler::opens(form).sees();
    }
    assert_eq!(
        form::open_private(
            &Form { private: true, ..asking(vec![Field { name: "n".repeat(99), ..text("n") }]) },
            "11"
        ),
        None
    );
}

fn ada() -> Identity {
    Identity::new("discord", "G1", "UADA")
}

#[tokio::test]
async fn a_draft_is_its_owners_for_a_day() {
    let app = TestApp::start().await;
    let drafts = Drafts::new(app.app.db.clone());
    let draft = drafts.open(&ada(), &asking(vec![text("name")])).await.unwrap();
    drafts
        .fill(&draft, BTreeMap::from([("name".into(), "a".into()), ("ttl".into(), "1d".into())]))
        .await
        .unwrap();
    drafts.fill(&draft, BTreeMap::from([("name".into(), "b".into())])).await.unwrap();
    let found = drafts.find(&ada(), &draft.id).await.unwrap().unwrap();
    let given = BTreeMap::from([("name".to_owned(), "b".to_owned()), ("ttl".into(), "1d".into())]);
    assert_eq!(found, Draft { given, ..draft.clone() });
    let ben = Identity { user: "UBEN".into(), ..ada() };
    assert_eq!(drafts.find(&ben, &draft.id).await.unwrap(), None);
    app.after(std::time::Duration::from_secs(86_400 + 3_600)).await;
    assert_eq!(drafts.find(&ada(), &draft.id).await.unwrap(), None);
    app.app.db.write((), |tx, ()| Box::pin(drafts::sweep(tx))).await.unwrap();
    assert_eq!(kept(&app).await, 0);
}

#[tokio::test]
async fn a_sent_draft_is_known_for_some_minutes_and_of_many_the_newest_stay() {
    let app = TestApp::start().await;
    let drafts = Drafts::new(app.app.db.clone());
    let first = drafts.open(&ada(), &asking(vec![])).await.unwrap();
    app.clock.advance(std::time::Duration::from_secs(1));
    for _ in 0..20 {
        drafts.open(&ada(), &asking(vec![])).await.unwrap();
    }
    assert_eq!((kept(&app).await, drafts.find(&ada(), &first.id).await.unwrap()), (20, None));
    let last = drafts.open(&ada(), &asking(vec![])).await.unwrap();
    drafts.close(&last, "delivery").await.unwrap();
    let sent_by = Some("delivery".to_owned());
    assert_eq!(drafts.find(&ada(), &last.id).await.unwrap(), Some(Draft { sent_by, ..last.clone() }));
    app.clock.advance(std::time::Duration::from_secs(600));
    assert_eq!(drafts.find(&ada(), &last.id).await.unwrap(), None);
    let private = Form { private: true, ..asking(vec![]) };
    assert!(drafts.open(&ada(), &private).await.is_err());
    app.app.db.write(ada(), |tx, ada| Box::pin(drafts::forget(tx, ada))).await.unwrap();
    assert_eq!(kept(&app).await, 0);
}

async fn kept(app: &TestApp) -> i64 {
    let mut conn = app.app.db.read().await.unwrap();
    let count = "SELECT CAST(count(*) AS BIGINT) FROM draft";
    sqlx::query_scalar(count).fetch_one(&mut *conn).await.unwrap()
}
