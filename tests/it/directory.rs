//! Slack's directory: everybody once a day, one at first sight, and what that means for roles.

#![expect(clippy::unwrap_used, reason = "a test stops at the first thing that is not so")]

use std::collections::BTreeSet;
use std::time::Duration;

use goldenpath::people::{self, model::Member};
use serde_json::{Value, json};

use crate::harness::test_app::TestApp;
use crate::harness::work::{Scissors, Work};

const DAY: Duration = Duration::from_secs(86_400);
const HOUR: Duration = Duration::from_secs(3_600);

impl TestApp {
    /// Somebody at Slack who differs so from an ordinary member.
    fn knows(&self, user: &str, how: Value) {
        self.fake.memory().people.insert(user.into(), how);
    }

    /// Starts the recurring jobs, as a start of the bot does.
    async fn starts(&self) {
        self.app.worker.schedule().await.unwrap();
        self.run_jobs().await;
    }

    /// `user standing zone` of every account on record.
    async fn accounts(&self) -> Vec<String> {
        let sql = "SELECT identity.user_id || ' ' || COALESCE(identity.standing, '?') || ' ' || COALESCE(person.zone, '?')
                   FROM identity JOIN person ON person.id = identity.person_id ORDER BY identity.user_id";
        self.texts(sql).await
    }

    /// Every member, a hundred at a time.
    async fn members(&self) -> Vec<Member> {
        let people =
            people::People::new(self.app.db.clone(), people::Roles::default(), people::Defaults::default());
        let (mut conn, mut all) = (self.app.db.read().await.unwrap(), Vec::<Member>::new());
        loop {
            let after = all.last().map_or("", |last| last.person.as_str()).to_owned();
            let page = people.members(&mut conn, &after, 100).await.unwrap();
            if page.is_empty() {
                return all;
            }
            all.extend(page);
        }
    }
}

#[tokio::test]
async fn everybody_is_there_after_the_listing_even_who_never_typed() {
    let app = TestApp::start().await;
    app.knows("UADA", json!({ "tz": "Asia/Tokyo" }));
    app.knows("UGUS", json!({ "is_restricted": true }));
    app.knows("UEVE", json!({ "team_id": "T9", "is_stranger": true }));
    app.knows("UOLD", json!({ "deleted": true }));
    app.starts().await;
    let expected = ["UADA member Asia/Tokyo", "UEVE outsider Europe/London", "UGUS outsider Europe/London"];
    assert_eq!(app.accounts().await, expected, "no bot, and nobody who left before they were seen");
    let members = app.members().await;
    assert_eq!(members.iter().map(|member| member.identity.user.as_str()).collect::<Vec<_>>(), ["UADA"]);
    app.end().await;
}

#[tokio::test]
async fn a_listing_that_is_cut_off_at_every_step_goes_on_and_doubles_nobody() {
    let app = TestApp::working(Work::CutOff(Scissors::new())).await;
    app.fake.memory().crowd = 450;
    app.starts().await;
    let members: BTreeSet<String> =
        app.members().await.into_iter().map(|member| member.identity.user).collect();
    assert_eq!(members.len(), 450);
    assert_eq!(app.texts("SELECT name FROM person").await.len(), 450, "nobody is there twice");
    // Three pages, and again what was cut off before it was kept.
    let calls = app.fake.calls("users.list");
    assert!((4..=6).contains(&calls), "{calls} calls, so it did not go on where it was");
    app.end().await;
}

#[tokio::test]
async fn thousands_are_listed_at_slacks_pace_once_a_day() {
    let app = TestApp::with(|config| config.slack.pacing = true).await;
    app.fake.memory().crowd = 2_500;
    app.fake.set_strict(true);
    app.starts().await;
    assert_eq!(app.members().await.len(), 799, "four pages at once, the bot in the first");
    app.passes(HOUR / 60).await;
    assert_eq!(app.members().await.len(), 2_500);
    assert_eq!((app.fake.calls("users.list"), app.fake.ended("ratelimited")), (13, 0));
    app.after(23 * HOUR).await;
    assert_eq!(app.fake.calls("users.list"), 13, "it is fresh");
    app.after(2 * HOUR).await;
    app.passes(HOUR / 60).await;
    assert_eq!((app.fake.calls("users.list"), app.members().await.len()), (26, 2_500));
}

#[tokio::test]
async fn a_listing_goes_on_where_it_was_cut_off() {
    let app = TestApp::start().await;
    app.fake.memory().crowd = 700;
    app.fake.refuse("users.list", "fatal_error", 1);
    app.starts().await;
    for _ in 0..3 {
        app.after(HOUR).await;
    }
    let asked: Vec<String> = app
        .fake
        .log_of("users.list")
        .iter()
        .filter(|call| call.outcome == "ok")
        .map(|call| call.arguments["cursor"].to_string())
        .collect();
    assert_eq!((asked.len(), asked.iter().collect::<BTreeSet<_>>().len()), (4, 4), "no page twice");
    assert_eq!(app.members().await.len(), 700);
}

#[tokio::test]
async fn whom_a_listing_leaves_out_stays_and_who_is_deleted_goes() {
    let app = TestApp::start().await;
    for user in ["UADA", "UBEN"] {
        app.knows(user, json!({}));
    }
    app.starts().await;
    app.fake.memory().people.clear();
    app.after(25 * HOUR).await;
    assert_eq!(app.members().await.len(), 2, "an empty listing takes nobody away");
    app.knows("UBEN", json!({ "deleted": true }));
    app.after(25 * HOUR).await;
    assert_eq!(app.accounts().await, ["UADA member Europe/London", "UBEN gone Europe/London"]);
    assert!(app.person("Ben").runs("env list").await.contains("You have no role here"));
}

#[tokio::test]
async fn a_guest_has_no_role_once_looked_up_whatever_the_request_says() {
    let app = TestApp::start().await;
    app.knows("UGUS", json!({ "is_ultra_restricted": true, "profile": { "display_name": "Gus the guest" } }));
    app.knows("UNOBODY", Value::Null);
    let (ada, gus, nobody) = (app.person("Ada"), app.person("Gus"), app.person("Nobody"));
    for person in [&ada, &gus, &nobody] {
        assert!(person.runs("env list").await.contains("You have no environments"));
    }
    app.run_jobs().await;
    assert!(ada.runs("env list").await.contains("You have no environments"));
    for person in [&gus, &nobody] {
        assert!(person.runs("env list").await.contains("You have no role here"));
    }
    assert_eq!(app.texts("SELECT name FROM person ORDER BY name").await, ["Ada", "Gus the guest", "Nobody"]);
    assert_eq!(app.fake.calls("users.info"), 3, "each once");
    app.end().await;
}

#[tokio::test]
async fn without_the_scope_everything_else_goes_on_and_with_it_nothing_was_lost() {
    let app = TestApp::start().await;
    app.knows("UGUS", json!({ "is_restricted": true }));
    app.fake.grant(&["chat:write", "commands", "im:write"]);
    let (ada, gus) = (app.person("Ada"), app.person("Gus"));
    app.starts().await;
    assert!(gus.runs("env list").await.contains("You have no environments"));
    ada.types("env create preview-site demo").await;
    app.after(HOUR).await;
    assert!(app.reads("C1").contains("is ready"));
    app.fake.grant(&goldenpath::chat::slack::subscriptions::scopes());
    app.after(HOUR).await;
    assert!(gus.runs("env list").await.contains("You have no role here"));
    assert_eq!(app.accounts().await, ["UADA member Europe/London", "UGUS outsider Europe/London"]);
    app.end().await;
}

#[tokio::test]
async fn slack_tells_of_a_change_at_once() {
    let app = TestApp::start().await;
    app.connected().await;
    let ben = app.person("Ben");
    let user = |more: Value| json!({ "id": "UBEN", "team_id": "T1", "name": "ben", "is_restricted": more });
    ben.tells(json!({ "type": "team_join", "user": user(json!(false)) })).await;
    assert!(ben.runs("env list").await.contains("You have no environments"));
    ben.tells(json!({ "type": "user_change", "user": user(json!(true)) })).await;
    assert!(ben.runs("env list").await.contains("You have no role here"));
    ben.tells(json!({ "type": "user_change", "user": "UBEN" })).await;
    assert_eq!(app.fake.calls("users.info"), 0, "nothing had to be looked up");
    app.end().await;
}

#[tokio::test]
async fn a_cursor_that_slack_forgot_begins_the_listing_anew() {
    let app = TestApp::start().await;
    app.fake.memory().crowd = 300;
    let forgotten = "INSERT INTO directory_listing (platform, cursor) VALUES ('slack', 'nowhere')";
    app.changes(forgotten).await;
    app.starts().await;
    app.after(DAY / 24).await;
    assert_eq!(app.members().await.len(), 300);
    let outcomes: Vec<String> = app.fake.log_of("users.list").into_iter().map(|call| call.outcome).collect();
    assert_eq!(outcomes, ["invalid_cursor", "ok", "ok"]);
}

const PEOPLE: &str = r#"
[[site]]
name = "porto"
zone = "Europe/Lisbon"
hours = "mon-fri 10-18"
holidays = ["2026-12-08"]

[[team]]
name = "payments"
site = "porto"
members = ["slack:T1:UADA", "slack:@pay"]

[[group]]
name = "slack:@analysts"
role = "pm"
"#;

/// With teams and a user group that makes a product manager, which only Ben is in.
async fn organised() -> TestApp {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), PEOPLE).unwrap();
    let app = TestApp::with(|config| config.people.file = Some(file.path().into())).await;
    let scopes = goldenpath::chat::slack::subscriptions::scopes().into_iter().chain(["usergroups:read"]);
    app.fake.grant(&scopes.collect::<Vec<_>>());
    let group = |handle: &str, user: &str| (handle.to_owned(), vec![user.to_owned()]);
    app.fake.memory().groups.insert("S1".into(), group("pay", "UCAT"));
    app.fake.memory().groups.insert("S2".into(), group("analysts", "UBEN"));
    app.starts().await;
    app
}

#[tokio::test]
async fn a_user_group_gives_its_role_to_whoever_is_in_it_and_to_nobody_else() {
    let app = organised().await;
    let (ada, ben) = (app.person("Ada"), app.person("Ben"));
    let needs = "needs the role `pm`";
    assert!(!ben.runs("stats").await.contains(needs) && ada.runs("stats").await.contains(needs));
    assert!(!app.person("Ben").of("T9").runs("stats").await.contains("adoption"), "the same id elsewhere");
    app.fake.memory().groups.get_mut("S2").unwrap().1.clear();
    app.after(HOUR).await;
    assert!(ben.runs("stats").await.contains(needs), "out of the group, out of the role");
    app.end().await;
}

#[tokio::test]
async fn a_group_that_cannot_be_read_holds_for_a_day_and_one_that_is_gone_not_at_all() {
    let app = organised().await;
    let ben = app.person("Ben");
    app.fake.grant(&goldenpath::chat::slack::subscriptions::scopes());
    app.after(23 * HOUR).await;
    assert!(!ben.runs("stats").await.contains("needs the role `pm`"));
    app.after(2 * HOUR).await;
    assert!(ben.runs("stats").await.contains("needs the role `pm`"));
    let app = organised().await;
    app.fake.memory().groups.remove("S2");
    app.after(HOUR).await;
    assert!(app.person("Ben").runs("stats").await.contains("needs the role `pm`"));
}

#[tokio::test]
async fn teams_and_sites_say_when_somebody_works_unless_they_do() {
    let app = organised().await;
    app.knows("UADA", json!({ "tz": null }));
    let (ada, cat) = (app.person("Ada"), app.person("Cat"));
    for (person, zone) in
        [(&ada, "`Europe/Lisbon` (of the site porto)"), (&cat, "`Europe/London` (Slack says so)")]
    {
        person.runs("env list").await;
        app.run_jobs().await;
        let settings = person.runs("settings").await;
        assert!(settings.contains(zone) && settings.contains("payments"), "{settings}");
        assert!(settings.contains("`mon-fri 10:00-18:00` (of the site porto)"), "{settings}");
    }
    app.end().await;
}

#[tokio::test]
async fn what_is_kept_of_somebody_can_be_read_and_forgotten() {
    let app = organised().await;
    let ben = app.person("Ben");
    ben.runs("settings zone=Asia/Tokyo hours=8-16 surveys=fewer").await;
    app.run_jobs().await;
    let id = app.texts("SELECT person_id FROM identity WHERE user_id = 'UBEN'").await.remove(0);
    let kept = people::export(&mut app.app.db.read().await.unwrap(), &id).await.unwrap();
    assert_eq!(
        (&kept["name"], &kept["zone"]["own"], &kept["groups"]),
        (&json!("Ben"), &json!("Asia/Tokyo"), &json!(["@analysts"]))
    );
    assert_eq!((&kept["accounts"][0]["user"], &kept["surveys"]), (&json!("UBEN"), &json!("fewer")));
    let unit = app.app.db.write(id.clone(), |tx, id| Box::pin(people::forget(tx, id)));
    unit.await.unwrap();
    let left = people::export(&mut app.app.db.read().await.unwrap(), &id).await.unwrap().to_string();
    assert!(!["Ben", "BEN", "Tokyo", "08:00", "analysts"].iter().any(|word| left.contains(word)), "{left}");
    assert!(ben.runs("settings").await.contains("Surveys  `in`"), "they are somebody new");
    app.end().await;
}
