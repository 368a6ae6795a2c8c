//! `site:serve`: a folder of the workspace as a web site on this machine.
//!
//! Input: `path` inside the workspace. Outputs: `url` and `port`. The server
//! is our own binary in a process and a session of its own; it outlives the
//! bot. Its ready file says who serves, so a crash between the start and the
//! record leads back to the same server, never to a second one.

use std::net::{Ipv4Addr, TcpListener};
use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;

use anyhow::Context as _;
use async_trait::async_trait;
use data_encoding::HEXLOWER;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use tokio::process::{Child, Command};

use super::log::excerpt;
use super::paths::folder_inside;
use super::process::{Identity, is_alive, stop};
use super::site_server::{Ready, lock_file};
use super::{Driver, Observed, Outcome, Ownership, Plan, Resource};

/// How often the ready file of a starting server is looked for.
const LOOK: Duration = Duration::from_millis(20);

/// What the driver may know of the installation.
#[derive(Debug, Clone)]
pub struct SiteSettings {
    /// Our own binary, which knows `serve-site`.
    pub program: PathBuf,
    /// Where people reach the sites. With `{port}` or `{name}` (the
    /// environment's name) in it, these are filled in:
    /// `https://{name}.sites.example.com/`. Without them it is a scheme and a
    /// host, and the port is appended. `None` means `http://127.0.0.1:PORT/`.
    pub public_url: Option<String>,
    /// How long a server may take until it listens.
    pub start_limit: Duration,
    /// How long a server may take to end before it is killed.
    pub grace: Duration,
}

impl SiteSettings {
    /// The usual limits, for this machine only.
    pub fn new(program: PathBuf) -> Self {
        SiteSettings {
            program,
            public_url: None,
            start_limit: Duration::from_secs(10),
            grace: Duration::from_secs(5),
        }
    }
}

/// Serves folders.
pub struct SiteDriver {
    settings: SiteSettings,
}

impl SiteDriver {
    pub fn new(settings: SiteSettings) -> Self {
        SiteDriver { settings }
    }

    /// Starts the server of a recorded site again, on its port, when it is dead.
    /// Returns the resource as it is to be recorded now.
    ///
    /// # Errors
    /// When the port belongs to somebody else by now, or the server does not start.
    pub async fn restart(&self, resource: &Resource) -> anyhow::Result<Resource> {
        let site = Site::of(resource)?;
        if is_alive(&site.process) {
            return Ok(resource.clone());
        }
        let ready = match site.place.serving() {
            Some(ready) => ready,
            None => self.start(&site.place, site.port).await?.map_err(anyhow::Error::msg)?,
        };
        let site = Site { process: ready.process, port: ready.port, place: site.place };
        Ok(Resource { handle: serde_json::to_value(site)?, ..resource.clone() })
    }

    /// The server for this place: the one that runs, or a new one; or a sentence for people.
    async fn serve(&self, place: &Place) -> anyhow::Result<Result<Ready, String>> {
        if let Some(ready) = place.serving() {
            return Ok(Ok(ready));
        }
        let port =
            Ready::read(&place.ready_file).filter(|old| old.key == place.key).map_or(0, |old| old.port);
        self.start(place, port).await
    }

    async fn start(&self, place: &Place, port: u16) -> anyhow::Result<Result<Ready, String>> {
        if !place.dir.is_dir() {
            return Ok(Err("the folder of the site is gone".into()));
        }
        if port != 0 && is_taken(port) {
            return Ok(Err(format!(
                "port {port} of the site is taken by another program; end that one, and the site comes back"
            )));
        }
        let mut child = self.spawn(place, port)?;
        let ready =
            tokio::time::timeout(self.settings.start_limit, wait_until_ready(place, &mut child)).await;
        match ready {
            Ok(Some(ready)) => {
                // Waited for, so that it leaves no zombie when it ends while we live.
                tokio::spawn(async move { child.wait().await });
                Ok(Ok(ready))
            }
            Ok(None) => anyhow::bail!("the server of the site ended: {}", excerpt(&place.log, 3)),
            Err(_) => {
                child.kill().await.context("cannot end a server that does not start")?;
                anyhow::bail!("the server of the site does not start: {}", excerpt(&place.log, 3))
            }
        }
    }

    fn spawn(&self, place: &Place, port: u16) -> anyhow::Result<Child> {
        let log = std::fs::OpenOptions::new().create(true).append(true).open(&place.log)?;
        Command::new(&self.settings.program)
            .arg("serve-site")
            .args(["--port", &port.to_string(), "--key", &place.key, "--ready-file"])
            .arg(&place.ready_file)
            .arg("--")
            .arg(&place.dir)
            .env_clear()
            .current_dir("/")
            .stdin(Stdio::null())
            .stdout(log.try_clone()?)
            .stderr(log)
            .spawn()
            .with_context(|| format!("cannot start {}", self.settings.program.display()))
    }

    fn url(&self, name: &str, port: u16) -> String {
        let Some(public) = &self.settings.public_url else { return format!("http://127.0.0.1:{port}/") };
        if public.contains("{port}") || public.contains("{name}") {
            return public.replace("{port}", &port.to_string()).replace("{name}", &url_part(name));
        }
        format!("{}:{port}/", public.trim_end_matches('/'))
    }
}

#[async_trait]
impl Driver for SiteDriver {
    fn name(&self) -> &'static str {
        "site"
    }

    fn actions(&self) -> &'static [&'static str] {
        &["site:serve"]
    }

    async fn apply(&self, plan: &Plan) -> anyhow::Result<Outcome> {
        let path = match plan.input.get("path") {
            None | Some(Value::Null) => ".",
            Some(Value::String(path)) => path.as_str(),
            Some(_) => return refused("the `path` of `site:serve` is no text".into()),
        };
        let place = match folder_inside(&plan.workspace, path) {
            Ok(dir) => Place::of(plan, dir)?,
            Err(reason) => return refused(reason),
        };
        if plan.stop.is_cancelled() && place.serving().is_none() {
            return refused("the site was not wanted any more".into());
        }
        let ready = match self.serve(&place).await? {
            Ok(ready) => ready,
            Err(reason) => return refused(reason),
        };
        let site = Site { process: ready.process, port: ready.port, place };
        let resource = Resource {
            kind: "process".into(),
            label: format!("site of {}", plan.env_name),
            ownership: Ownership::Owned,
            handle: serde_json::to_value(&site)?,
        };
        let outputs = json!({ "url": self.url(&plan.env_name, site.port), "port": site.port });
        Ok(Outcome::Ready { outputs, resources: vec![resource] })
    }

    async fn observe(&self, resource: &Resource) -> anyhow::Result<Observed> {
        let site = Site::of(resource)?;
        let present = is_alive(&site.process) || site.place.serving().is_some();
        Ok(if present { Observed::Present } else { Observed::Absent })
    }

    async fn destroy(&self, resource: &Resource) -> anyhow::Result<()> {
        let site = Site::of(resource)?;
        stop(&site.process, self.settings.grace).await?;
        // One that was started again while the record of it was lost.
        if let Some(ready) = site.place.serving() {
            stop(&ready.process, self.settings.grace).await?;
        }
        for file in [lock_file(&site.place.ready_file), site.place.ready_file] {
            match std::fs::remove_file(file) {
                Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error.into()),
                _ => {}
            }
        }
        Ok(())
    }
}

fn refused(reason: String) -> anyhow::Result<Outcome> {
    Ok(Outcome::Refused { reason })
}

/// A recorded site: the handle of its resource.
#[derive(Debug, Serialize, Deserialize)]
struct Site {
    #[serde(flatten)]
    process: Identity,
    port: u16,
    #[serde(flatten)]
    place: Place,
}

impl Site {
    fn of(resource: &Resource) -> anyhow::Result<Self> {
        serde_json::from_value(resource.handle.clone()).context("the handle of a site cannot be read")
    }
}

/// What is served and where its server speaks; the same for each start.
#[derive(Debug, Serialize, Deserialize)]
struct Place {
    dir: PathBuf,
    ready_file: PathBuf,
    log: PathBuf,
    key: String,
}

impl Place {
    fn of(plan: &Plan, dir: PathBuf) -> anyhow::Result<Self> {
        std::fs::create_dir_all(&plan.state)?;
        let name = HEXLOWER.encode(&Sha256::digest(plan.key.as_bytes())[..8]);
        let ready_file = plan.state.canonicalize()?.join(format!("site-{name}.json"));
        Ok(Place { dir, ready_file, log: std::path::absolute(&plan.log)?, key: plan.key.clone() })
    }

    /// The server that runs for this place just now.
    fn serving(&self) -> Option<Ready> {
        Ready::read(&self.ready_file).filter(|ready| ready.key == self.key && is_alive(&ready.process))
    }
}

/// The ready server, maybe that of another start; `None` when this one failed without. One that
/// ended well left the place to another, which may not be ready yet.
async fn wait_until_ready(place: &Place, child: &mut Child) -> Option<Ready> {
    loop {
        let ended = !child.try_wait().is_ok_and(|status| status.is_none_or(|status| status.success()));
        if let Some(ready) = place.serving() {
            return Some(ready);
        }
        if ended {
            return None;
        }
        tokio::time::sleep(LOOK).await;
    }
}

fn is_taken(port: u16) -> bool {
    TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_err()
}

/// Only what a host name or a path takes as it is; the rest as percent codes.
fn url_part(text: &str) -> String {
    let plain = |byte: &u8| byte.is_ascii_alphanumeric() || b"-._~".contains(byte);
    text.bytes()
        .map(|byte| if plain(&byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_address_is_local_or_made_from_the_public_one() {
        let url = |public: Option<&str>| {
            let settings =
                SiteSettings { public_url: public.map(Into::into), ..SiteSettings::new("x".into()) };
            SiteDriver::new(settings).url("my shop", 8080)
        };
        assert_eq!(url(None), "http://127.0.0.1:8080/");
        assert_eq!(url(Some("http://dev.example/")), "http://dev.example:8080/");
        assert_eq!(url(Some("https://e.example/{name}/{port}")), "https://e.example/my%20shop/8080");
    }
}
