//! Choices that are too many to list: what is typed finds them.

use insta::assert_snapshot;

use crate::harness::reading::read;
use crate::harness::test_app::TestApp;

#[tokio::test]
async fn what_is_typed_finds_ones_own_environments_and_what_is_chosen_is_read_again() {
    let app = TestApp::start().await;
    let (ada, ben) = (app.person("Ada"), app.person("Ben"));
    ada.types("env create preview-site demo").await;
    app.has_copies("demo", 150).await;
    let form = ada.opens("env extend").await;
    assert_eq!(form["blocks"][1]["element"]["type"], "external_select");
    assert_eq!(ada.types_ahead(&form, "name", "").await.len(), 100);
    assert_eq!(ada.types_ahead(&form, "name", "DEMO-14").await[..3], ["demo-14", "demo-140", "demo-141"]);
    assert_eq!(ada.types_ahead(&form, "name", "<!channel>").await, [""; 0]);
    assert_eq!(ben.types_ahead(&form, "name", "demo").await, [""; 0], "they are not his");
    assert_snapshot!(read(&ada.submits(&form, &[("name", "demo-15"), ("by", "1h")]).await), @"✅ `demo-15` is yours until Sat 10:00 UTC, in 3 days.");
    assert_snapshot!(read(&ada.submits(&form, &[("name", "gone"), ("by", "1d")]).await), @r#"refused: {"name":"There is no environment `gone`. `/platform env list --all` shows what there is."}"#);
    assert_snapshot!(read(&ben.submits(&form, &[("name", "demo-14"), ("by", "1d")]).await), @r#"refused: {"name":"🔒 `env extend` of somebody else's environment needs its owner (Ada) or an admin."}"#);
}

#[tokio::test]
async fn a_long_list_of_a_message_is_searched_too() {
    let app = TestApp::start().await;
    let ada = app.person("Ada");
    ada.types("env create preview-site demo").await;
    app.has_copies("demo", 150).await;
    let listed = ada.types("env list").await.to_string();
    assert!(
        listed.contains(r#""type":"external_select""#) && listed.contains("choose:env.show:"),
        "{listed}"
    );
    assert_eq!(ada.types_ahead_for("env.show", "demo-7").await[0], "demo-7");
    assert_eq!(ada.types_ahead_for("template.show", "rust").await, ["Rust service (rust-service)"]);
    for nothing in ["help", "stats", "survey.answer", "no.such"] {
        assert_eq!(ada.types_ahead_for(nothing, "a").await, [""; 0], "{nothing}");
    }
}

#[tokio::test]
async fn who_may_not_run_a_command_is_offered_nothing_for_it() {
    let app = TestApp::start().await;
    app.connected().await;
    let eve = app.person("Eve").of("T9");
    assert_eq!(eve.types_ahead_for("template.show", "rust").await, [""; 0]);
    app.end().await;
}

#[tokio::test]
async fn shortcuts_run_commands_and_an_unknown_one_is_answered() {
    let app = TestApp::start().await;
    let ada = app.person("Ada");
    assert_snapshot!(ada.uses_shortcut("env.create").await, @"
    Make an environment from a golden path.
    Template*: …
    ");
    assert_snapshot!(ada.uses_shortcut("no.such").await, @"This belongs to another version and does nothing any more. `/platform help` shows what there is.");
    assert_snapshot!(ada.uses_shortcut("env.destroy").await, @"
    Remove an environment and what it owns.
    Name*: …
    ");
    app.end().await;
}
