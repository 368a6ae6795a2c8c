//! People: one person behind an identity, roles by the config alone, who was active when.

#![expect(clippy::unwrap_used, reason = "a test stops at the first thing that is not so")]

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use futures_util::future::join_all;
use goldenpath::access::{Actor, Role};
use goldenpath::chat::inbound::{Identity, Standing};
use goldenpath::clock::{Clock, Timestamp};
use goldenpath::people::{self, Defaults, People, Roles};

use crate::harness::ground::Ground;
use crate::harness::test_app::TestApp;

const DAY: Duration = Duration::from_secs(86_400);

fn ada(workspace: &str) -> Identity {
    Identity::new("slack", workspace, "UADA")
}

async fn resolve(people: &People, identity: Identity, standing: Standing) -> Actor {
    people.resolve(identity, standing, "Ada".into()).await.unwrap()
}

async fn persons(ground: &Ground) -> i64 {
    let sql = "SELECT CAST(count(*) AS BIGINT) FROM person";
    sqlx::query_scalar(sql).fetch_one(&mut *ground.read().await).await.unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn first_requests_at_the_same_time_make_one_person_of_one_identity() {
    let ground = Ground::new().await;
    let mut processes = Vec::new();
    for _ in 0..2 {
        processes.push(People::new(ground.another_process().await, Roles::default(), Defaults::default()));
    }
    for round in 1..=10 {
        let workspace = format!("T{round}");
        let requests = (0..8).map(|n| resolve(&processes[n % 2], ada(&workspace), Standing::Member));
        let seen: BTreeSet<String> = join_all(requests).await.into_iter().map(|actor| actor.person).collect();
        assert_eq!(seen.len(), 1, "all of them are the same person");
        assert_eq!(persons(&ground).await, round, "and nobody else was left behind");
    }
    ground.end().await;
}

#[tokio::test]
async fn who_came_first_is_found_again_and_keeps_the_name() {
    let ground = Ground::new().await;
    let people = People::new(ground.db.clone(), Roles::default(), Defaults::default());
    let first = resolve(&people, ada("T1"), Standing::Member).await;
    let again = people.resolve(ada("T1"), Standing::Member, "Somebody else".into()).await.unwrap();
    assert_eq!((again.person.as_str(), again.name.as_str()), (first.person.as_str(), "Ada"));
    let mut conn = ground.read().await;
    assert_eq!(people::by_id(&mut conn, &first.person).await.unwrap().unwrap().name, "Ada");
    assert_eq!(people::identity_of(&mut conn, &first.person).await.unwrap(), Some(ada("T1")));
    assert_eq!(people::by_id(&mut conn, "per_nobody").await.unwrap(), None);
    drop(conn);
    ground.end().await;
}

#[tokio::test]
async fn who_came_without_a_name_gets_the_first_that_is_told() {
    let ground = Ground::new().await;
    let people = People::new(ground.db.clone(), Roles::default(), Defaults::default());
    let user = ada("T1").user;
    for (told, called) in [(user.as_str(), user.as_str()), ("Ada", "Ada"), (&user, "Ada"), ("Eve", "Ada")] {
        let actor = people.resolve(ada("T1"), Standing::Member, told.into()).await.unwrap();
        assert_eq!(actor.name, called, "{told}");
    }
}

#[tokio::test]
async fn roles_follow_from_the_config_and_an_outsider_has_none_even_when_mapped() {
    let ground = Ground::new().await;
    let mapped = BTreeMap::from([(ada("T1"), BTreeSet::from([Role::Admin]))]);
    let people =
        People::new(ground.db.clone(), Roles { default: Some(Role::Developer), mapped }, Defaults::default());
    let roles = async |workspace: &str, standing| {
        resolve(&people, ada(workspace), standing).await.roles.into_iter().collect::<Vec<_>>()
    };
    assert_eq!(roles("T1", Standing::Member).await, [Role::Developer, Role::Admin]);
    assert_eq!(roles("T1", Standing::Outsider).await, []);
    assert_eq!(roles("T2", Standing::Member).await, [Role::Developer], "the same user id elsewhere");
    assert_eq!(roles("T2", Standing::Outsider).await, []);
    ground.end().await;
}

#[tokio::test]
async fn without_a_default_role_a_member_has_what_is_mapped_alone() {
    let ground = Ground::new().await;
    let mapped = BTreeMap::from([(ada("T1"), BTreeSet::from([Role::Pm]))]);
    let people = People::new(ground.db.clone(), Roles { default: None, mapped }, Defaults::default());
    assert_eq!(resolve(&people, ada("T1"), Standing::Member).await.roles, BTreeSet::from([Role::Pm]));
    assert!(resolve(&people, ada("T2"), Standing::Member).await.roles.is_empty());
    ground.end().await;
}

/// How many people were active since an instant.
async fn active(app: &TestApp, since: Timestamp) -> i64 {
    let mut conn = app.app.db.read().await.unwrap();
    people::active_between(&mut conn, since, Timestamp(i64::MAX)).await.unwrap()
}

#[tokio::test]
async fn activity_counts_each_person_once_and_no_private_command_and_no_refused_one() {
    let app = TestApp::start().await;
    app.connected().await;
    let (ada, ben) = (app.person("Ada"), app.person("Ben"));
    let first = app.clock.now();
    ada.types("env create preview-site demo").await;
    ada.types("help").await;
    ben.types("env list").await;
    for line in ["env list", "help"] {
        app.person("Eve").of("T9").types(line).await;
    }
    app.run_jobs().await;
    assert_eq!(active(&app, first).await, 2);
    app.after(DAY).await;
    let second = app.clock.now();
    ada.presses("Well").await;
    assert!(app.reads(&ada.direct()).contains("Recorded"));
    assert_eq!(active(&app, second).await, 0, "an answer tells nobody that its person was here");
    ben.types("env list").await;
    assert_eq!((active(&app, second).await, active(&app, first).await), (1, 2));
    app.end().await;
}
