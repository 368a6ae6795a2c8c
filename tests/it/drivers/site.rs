//! `site:serve` with the real binary and real requests.

use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::Duration;

use goldenpath::drivers::process::{Identity, is_alive, stop};
use goldenpath::drivers::site::{SiteDriver, SiteSettings};
use goldenpath::drivers::site_server::Ready;
use goldenpath::drivers::{Driver, Observed, Ownership, Resource};
use reqwest::{Client, Method, StatusCode};
use serde_json::{Value, json};

use super::{Place, ready, refused, until};

fn driver() -> SiteDriver {
    SiteDriver::new(SiteSettings::new(PathBuf::from(env!("CARGO_BIN_EXE_goldenpath"))))
}

fn place() -> Place {
    let place = Place::new();
    place.write("public/index.html", "<h1>shop</h1>");
    place.write("public/.env", "secret");
    place.write("outside", "secret");
    place
}

async fn serve(place: &Place) -> (Value, Resource) {
    let (outputs, mut resources) =
        ready(driver().apply(&place.plan("site:serve", json!({"path": "public"}))).await);
    (outputs, resources.remove(0))
}

fn process(site: &Resource) -> Identity {
    serde_json::from_value(site.handle.clone()).unwrap()
}

async fn kill(site: &Resource) {
    stop(&process(site), Duration::ZERO).await.unwrap();
}

async fn body(url: &Value) -> String {
    reqwest::get(url.as_str().unwrap()).await.unwrap().text().await.unwrap()
}

#[tokio::test]
async fn a_site_whose_folder_is_deleted_ends_by_itself() {
    let place = place();
    let (_, site) = serve(&place).await;
    std::fs::remove_dir_all(place.path().join("workspace/public")).unwrap();
    until("the server ends", || !is_alive(&process(&site))).await;
}

#[tokio::test]
async fn a_site_answers_until_it_is_destroyed() {
    let place = place();
    let (outputs, site) = serve(&place).await;
    assert_eq!(outputs["url"], format!("http://127.0.0.1:{}/", outputs["port"]));
    assert_eq!(body(&outputs["url"]).await, "<h1>shop</h1>");
    assert_eq!((site.kind.as_str(), site.ownership), ("process", Ownership::Owned));
    assert_eq!(driver().observe(&site).await.unwrap(), Observed::Present);
    driver().destroy(&site).await.unwrap();
    assert_eq!(driver().observe(&site).await.unwrap(), Observed::Absent);
    assert!(reqwest::get(outputs["url"].as_str().unwrap()).await.is_err());
    assert_eq!(std::fs::read_dir(place.path().join("state")).unwrap().count(), 0);
    driver().destroy(&site).await.unwrap();
}

#[tokio::test]
async fn only_reading_is_answered_and_nothing_hidden() {
    let place = place();
    let (outputs, site) = serve(&place).await;
    std::os::unix::fs::symlink("../outside", place.path().join("workspace/public/link")).unwrap();
    let url = outputs["url"].as_str().unwrap();
    for path in [".env", "link", "%2e%2e/outside", "none"] {
        let answer = reqwest::get(format!("{url}{path}")).await.unwrap();
        assert_eq!(answer.status(), StatusCode::NOT_FOUND, "{path}");
    }
    for method in [Method::POST, Method::PUT, Method::DELETE, Method::OPTIONS] {
        let answer = Client::new().request(method, url).send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::METHOD_NOT_ALLOWED);
    }
    let headers = Client::new().head(url).send().await.unwrap().headers().clone();
    assert_eq!(
        (&headers["x-content-type-options"], &headers["cache-control"]),
        (&"nosniff".parse().unwrap(), &"no-cache".parse().unwrap())
    );
    assert!(headers["content-security-policy"].to_str().unwrap().starts_with("default-src 'self';"));
    driver().destroy(&site).await.unwrap();
}

#[test]
fn a_site_outlives_the_runtime_that_started_it_and_is_found_again() {
    let place = place();
    let runtime = || tokio::runtime::Runtime::new().unwrap();
    let first = runtime().block_on(serve(&place));
    runtime().block_on(async {
        assert_eq!(body(&first.0["url"]).await, "<h1>shop</h1>");
        // A crash before the record: the step is done again and finds its server.
        assert_eq!(serve(&place).await, first);
        driver().destroy(&first.1).await.unwrap();
    });
}

#[tokio::test]
async fn a_site_has_a_session_of_its_own() {
    let (_, site) = serve(&place()).await;
    let pid = rustix::process::Pid::from_raw(process(&site).pid);
    assert_eq!(rustix::process::getsid(pid).ok(), pid);
    driver().destroy(&site).await.unwrap();
}

#[tokio::test]
async fn repeats_at_the_same_time_lead_to_one_server() {
    let place = place();
    let ((one, a), (two, b)) = tokio::join!(serve(&place), serve(&place));
    assert_eq!((one, process(&a)), (two, process(&b)));
    driver().destroy(&a).await.unwrap();
}

#[tokio::test]
async fn a_dead_site_comes_back_on_its_port() {
    let place = place();
    let (outputs, site) = serve(&place).await;
    assert_eq!(driver().restart(&site).await.unwrap(), site, "it lives");
    kill(&site).await;
    let again = driver().restart(&site).await.unwrap();
    assert_eq!(again.handle["port"], site.handle["port"]);
    assert_eq!(body(&outputs["url"]).await, "<h1>shop</h1>");
    // The record of the restart was lost: the old one still leads to the server.
    assert_eq!(driver().restart(&site).await.unwrap(), again);
    kill(&again).await;
    assert_eq!(serve(&place).await.0, outputs, "the step done again takes the same port");
    driver().destroy(&site).await.unwrap();
    assert!(!is_alive(&process(&again)));
}

#[tokio::test]
async fn a_port_that_somebody_else_took_is_named() {
    let place = place();
    let (outputs, site) = serve(&place).await;
    kill(&site).await;
    let port = u16::try_from(outputs["port"].as_u64().unwrap()).unwrap();
    let _other = std::net::TcpListener::bind(("127.0.0.1", port)).unwrap();
    let said = format!("port {port} of the site is taken by another program");
    assert!(driver().restart(&site).await.unwrap_err().to_string().starts_with(&said));
    let plan = place.plan("site:serve", json!({"path": "public"}));
    assert!(refused(driver().apply(&plan).await).starts_with(&said));
}

#[tokio::test]
async fn what_is_not_wanted_any_more_is_found_where_it_serves_and_not_started() {
    let place = place();
    let plan = place.plan("site:serve", json!({"path": "public"}));
    let (_, site) = serve(&place).await;
    plan.stop.cancel();
    let (_, found) = ready(driver().apply(&plan).await);
    assert_eq!(process(&found[0]), process(&site));
    driver().destroy(&site).await.unwrap();
    assert_eq!(refused(driver().apply(&plan).await), "the site was not wanted any more");
}

#[tokio::test]
async fn a_dead_site_leaves_no_zombie() {
    let place = place();
    let (_, site) = serve(&place).await;
    kill(&site).await;
    until("it is reaped", || Identity::of(process(&site).pid).is_none_or(|now| now != process(&site))).await;
}

#[tokio::test]
async fn a_path_out_of_the_workspace_and_a_missing_folder_are_refused() {
    let place = place();
    for path in ["..", "/", "none", "outside"] {
        refused(driver().apply(&place.plan("site:serve", json!({ "path": path }))).await);
    }
    let (_, site) = serve(&place).await;
    kill(&site).await;
    std::fs::remove_dir_all(place.path().join("workspace")).unwrap();
    let told = driver().restart(&site).await.unwrap_err().to_string();
    assert_eq!(told, "the folder of the site is gone");
}

#[tokio::test]
async fn a_server_that_does_not_start_is_an_error_with_its_last_words() {
    let driver = SiteDriver::new(SiteSettings::new("/bin/false".into()));
    let error = driver.apply(&place().plan("site:serve", json!({"path": "public"}))).await.unwrap_err();
    assert!(error.to_string().starts_with("the server of the site ended"), "{error}");
}

#[tokio::test]
async fn one_ready_file_has_one_server_which_ends_by_itself_when_asked() {
    let place = place();
    let ready_file = place.path().join("ready.json");
    let start = || {
        let dir = place.path().join("workspace/public");
        let mut command = Command::new(env!("CARGO_BIN_EXE_goldenpath"));
        command.arg("serve-site").arg(dir).arg("--ready-file").arg(&ready_file).stderr(Stdio::null());
        command.spawn().unwrap()
    };
    let mut first = start();
    until("it listens", || Ready::read(&ready_file).is_some()).await;
    let serving = Ready::read(&ready_file).unwrap();
    assert_eq!(start().wait().unwrap().code(), Some(0), "it leaves the place to the first");
    assert_eq!(Ready::read(&ready_file).as_ref(), Some(&serving));
    stop(&serving.process, Duration::from_secs(20)).await.unwrap();
    assert_eq!(first.wait().unwrap().code(), Some(0));
}
