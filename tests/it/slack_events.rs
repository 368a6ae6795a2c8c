//! What Slack's events mean, read from their bodies alone.

#![expect(clippy::unwrap_used, reason = "a test stops at the first thing that is not so")]

use goldenpath::chat::inbound::{AnswerBy, Input, Standing};
use goldenpath::chat::slack::inbound::{Parsed, Workspace, parse};
use goldenpath::chat::slack::subscriptions::{EVENTS, SHORTCUTS, scopes};
use goldenpath::config::Config;
use goldenpath::content::Content;
use serde_json::{Value, json};

fn parsed(body: &Value) -> Parsed {
    let ours = Workspace { team: "T1".into(), enterprise: Some("E1".into()), bot_user: Some("UBOT".into()) };
    parse(body.to_string().as_bytes(), Some(&ours))
}

fn wrapped(event: &Value, around: &Value) -> Value {
    let mut body = json!({ "type": "event_callback", "event_id": "Ev1", "event": event });
    body.as_object_mut().unwrap().extend(around.as_object().unwrap().clone());
    body
}

#[test]
fn whoever_belongs_to_the_workspace_or_its_organisation_is_a_member() {
    let team =
        |id: Value| json!([{ "team_id": id, "enterprise_id": "E1", "is_bot": true, "user_id": "UBOT" }]);
    let cases = [
        (json!({ "team": "T1" }), json!({ "team_id": "T1" }), "T1", Standing::Member),
        (
            json!({ "team": "T1", "user_team": "T9" }),
            json!({ "authorizations": team(json!("T1")) }),
            "T9",
            Standing::Outsider,
        ),
        (
            json!({ "team": "T9" }),
            json!({ "team_id": "T9", "authorizations": team(json!("T1")) }),
            "T9",
            Standing::Outsider,
        ),
        (json!({}), json!({ "team_id": "T1", "is_ext_shared_channel": true }), "T1", Standing::Outsider),
        (
            json!({ "user_team": "E1" }),
            json!({ "team_id": null, "authorizations": team(Value::Null) }),
            "T1",
            Standing::Member,
        ),
        (json!({ "team": "T2" }), json!({ "authorizations": team(json!("T2")) }), "T2", Standing::Member),
        (json!({}), json!({}), "T1", Standing::Member),
    ];
    for (who, around, workspace, standing) in cases {
        let mut event =
            json!({ "type": "app_mention", "channel": "C1", "user": "U1", "text": "<@UBOT> help" });
        event.as_object_mut().unwrap().extend(who.as_object().unwrap().clone());
        let Parsed::Act(act) = parsed(&wrapped(&event, &around)) else { panic!("{who} {around}") };
        let identity = act.invocation.identity;
        assert_eq!(
            (identity.workspace.as_str(), act.invocation.standing),
            (workspace, standing),
            "{who} {around}"
        );
    }
}

#[test]
fn the_line_is_what_stands_after_the_mention() {
    for (typed, line) in [
        ("<@UBOT> env list", "env list"),
        ("  <@UBOT|goldenpath>: env   list ", "env   list"),
        ("<@UBOT>", ""),
        ("<@UBOT> `env show shop`", "env show shop"),
        ("<@UBOT> `a` and `b`", "`a` and `b`"),
        ("<@UBOT> feedback a &lt;b&gt; &amp;amp; <@U2>", "feedback a <b> &amp; <@U2>"),
    ] {
        let event = json!({ "type": "app_mention", "channel": "C1", "user": "U1", "text": typed, "thread_ts": "1.2" });
        let Parsed::Act(act) = parsed(&wrapped(&event, &json!({}))) else { panic!("{typed}") };
        assert_eq!(act.invocation.input, Input::Line { text: line.into() });
        assert_eq!((act.invocation.delivery.as_str(), act.invocation.answer_by), ("Ev1", AnswerBy::Message));
        assert_eq!(
            (act.invocation.place.direct, act.invocation.place.thread.as_deref()),
            (false, Some("1.2"))
        );
    }
}

#[test]
fn the_operator_is_told_of_what_disconnects_the_bot_and_of_nothing_else() {
    let told = |event: Value| matches!(parsed(&wrapped(&event, &json!({}))), Parsed::Trouble(_));
    assert!(told(json!({ "type": "app_uninstalled" })));
    assert!(told(json!({ "type": "tokens_revoked", "tokens": { "bot": ["UBOT"] } })));
    assert!(told(json!({ "type": "team_access_revoked", "team_ids": ["T3", "T1"] })));
    assert!(matches!(
        parsed(&json!({ "type": "app_rate_limited", "minute_rate_limited": 1 })),
        Parsed::Trouble(_)
    ));
    let quiet = json!({ "type": "tokens_revoked", "tokens": { "oauth": ["U1"], "bot": [] } });
    assert_eq!(parsed(&wrapped(&quiet, &json!({}))), Parsed::Quiet);
    for kind in ["team_access_revoked", "function_executed", "workflow_step_execute", "reaction_added"] {
        let kind_alone = wrapped(&json!({ "type": kind }), &json!({}));
        assert_eq!(parsed(&kind_alone), Parsed::Unknown(kind.into()), "noted, once");
    }
}

#[test]
fn a_look_at_the_home_tab_is_the_command_and_at_the_messages_nothing() {
    let look = |tab: Value| {
        parsed(&wrapped(&json!({ "type": "app_home_opened", "user": "U1", "tab": tab }), &json!({})))
    };
    assert_eq!(look(json!("messages")), Parsed::Quiet);
    for tab in [json!("home"), Value::Null] {
        let Parsed::Act(act) = look(tab) else { panic!() };
        assert_eq!((act.invocation.answer_by, act.invocation.place.direct), (AnswerBy::Home, true));
    }
}

#[test]
fn what_is_subscribed_to_is_handled_and_fits_a_manifest() {
    for event in EVENTS {
        let (kind, place) = event.name.split_once('.').unwrap_or((event.name, ""));
        let told = json!({ "type": kind, "channel_type": place, "user": "U1", "channel": "D1", "text": "help", "tokens": { "bot": ["B"] } });
        assert!(!matches!(parsed(&wrapped(&told, &json!({}))), Parsed::Unknown(_)), "{}", event.name);
    }
    let menu = Content::load(&Config::defaults()).unwrap().menu;
    for shortcut in SHORTCUTS {
        assert!(
            menu.get(shortcut.callback).is_some()
                && shortcut.name.len() <= 24
                && shortcut.description.len() <= 150
        );
    }
    assert_eq!(
        scopes(),
        [
            "app_mentions:read",
            "chat:write",
            "commands",
            "files:write",
            "im:history",
            "im:write",
            "users:read"
        ]
    );
}
