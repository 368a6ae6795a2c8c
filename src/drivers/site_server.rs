//! The web server behind `site:serve`: one folder of static files, for this machine only.
//!
//! It runs as a process of its own, so that a site outlives the bot, and ends
//! by itself when its folder is gone. It shows files and no listings, nothing
//! whose name starts with a dot, and nothing that lies outside the folder, be
//! it by `..` or through a link.

use std::fs::File;
use std::io::Write as _;
use std::net::Ipv4Addr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Context as _;
use axum::Router;
use axum::extract::{Request, State};
use axum::http::{HeaderName, HeaderValue, Method, StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse as _, Response};
use rustix::fs::FlockOperation;
use rustix::io::Errno;
use serde::{Deserialize, Serialize};
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tower_http::services::ServeDir;

use super::process::Identity;

/// How often the server looks whether its folder is still there.
const FOLDER_LOOK: Duration = Duration::from_secs(5);

/// How long running answers may take after the server was asked to end.
const LAST_ANSWERS: Duration = Duration::from_secs(3);

/// What every answer says. Styles may stand in the page, scripts may not.
const HEADERS: [(HeaderName, &str); 5] = [
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::CACHE_CONTROL, "no-cache"),
    (header::REFERRER_POLICY, "no-referrer"),
    (header::X_FRAME_OPTIONS, "DENY"),
    (
        header::CONTENT_SECURITY_POLICY,
        "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; object-src 'none'; \
         base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    ),
];

/// The arguments of `goldenpath serve-site`.
#[derive(Debug, Clone, clap::Args)]
pub struct SiteArgs {
    /// The folder to show
    pub dir: PathBuf,
    /// The port on 127.0.0.1; 0 takes any that is free
    #[arg(long, default_value_t = 0)]
    pub port: u16,
    /// Where to say, as JSON, which process serves which port
    #[arg(long)]
    pub ready_file: PathBuf,
    /// Repeated in the ready file
    #[arg(long, default_value = "")]
    pub key: String,
}

/// What the server writes once it listens.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ready {
    /// The key that the server was started with.
    pub key: String,
    /// The process that serves.
    #[serde(flatten)]
    pub process: Identity,
    /// The port that it has.
    pub port: u16,
}

impl Ready {
    /// What the file says; `None` when there is none, or one that is not ours.
    pub fn read(file: &Path) -> Option<Self> {
        serde_json::from_slice(&std::fs::read(file).ok()?).ok()
    }

    /// All at once: a reader finds the whole of it or none.
    fn write(&self, file: &Path) -> anyhow::Result<()> {
        let new = file.with_extension("new");
        let mut out = File::create(&new)?;
        out.write_all(&serde_json::to_vec(self)?)?;
        out.sync_all()?;
        std::fs::rename(&new, file)?;
        Ok(())
    }
}

/// The lock that a server holds while it lives, so that one ready file has one server.
pub fn lock_file(ready_file: &Path) -> PathBuf {
    ready_file.with_extension("lock")
}

/// Serves the folder until asked to end by a signal; returns at once where another server has
/// this ready file.
///
/// # Errors
/// When the folder is missing or the port is taken.
pub fn serve_site(args: &SiteArgs) -> anyhow::Result<()> {
    // Refused only where we lead a group already, which a person's shell makes us do.
    let _ = rustix::process::setsid();
    let lock = File::create(lock_file(&args.ready_file)).context("cannot make the lock file")?;
    match rustix::fs::flock(&lock, FlockOperation::NonBlockingLockExclusive) {
        // Another one serves, or is about to: whoever started us finds it by the ready file.
        Err(Errno::WOULDBLOCK) => return Ok(()),
        locked => locked.context("cannot take the lock file")?,
    }
    let dir = args.dir.canonicalize().with_context(|| format!("no folder {}", args.dir.display()))?;
    anyhow::ensure!(dir.is_dir(), "{} is no folder", dir.display());
    tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(serve(args, dir))
}

async fn serve(args: &SiteArgs, dir: PathBuf) -> anyhow::Result<()> {
    let mut term = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, args.port))
        .await
        .with_context(|| format!("cannot listen on port {}", args.port))?;
    let process = Identity::own().context("cannot read the start of this process")?;
    let ready = Ready { key: args.key.clone(), process, port: listener.local_addr()?.port() };
    ready.write(&args.ready_file).context("cannot write the ready file")?;
    let (end, mut ended) = tokio::sync::watch::channel(());
    let asked = async move {
        let _ = ended.changed().await;
    };
    let folder = dir.clone();
    let server = axum::serve(listener, router(dir)).with_graceful_shutdown(asked).into_future();
    let limit = async {
        tokio::select! { _ = term.recv() => {}, _ = interrupt.recv() => {}, () = gone(&folder) => {} }
        let _ = end.send(());
        tokio::time::sleep(LAST_ANSWERS).await;
    };
    tokio::select! {
        served = server => served.context("the server ended"),
        () = limit => Ok(()),
    }
}

/// Resolves once the folder is no longer there: whoever deleted the bot's data
/// without a destroy leaves no server behind that nobody knows.
async fn gone(folder: &Path) {
    while tokio::fs::try_exists(folder).await.unwrap_or(true) {
        tokio::time::sleep(FOLDER_LOOK).await;
    }
}

/// The answers for a folder, whose path is a real one.
fn router(dir: PathBuf) -> Router {
    let files = ServeDir::new(&dir).append_index_html_on_directories(true);
    Router::new().fallback_service(files).layer(middleware::from_fn_with_state(dir, guard))
}

async fn guard(State(dir): State<PathBuf>, request: Request, next: Next) -> Response {
    let mut response = if ![Method::GET, Method::HEAD].contains(request.method()) {
        (StatusCode::METHOD_NOT_ALLOWED, [(header::ALLOW, "GET, HEAD")]).into_response()
    } else if is_shown(&dir, request.uri().path()) {
        next.run(request).await
    } else {
        (StatusCode::NOT_FOUND, "Not found\n").into_response()
    };
    for (name, value) in HEADERS {
        response.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    response
}

/// Whether the path names a file (or a folder with an index) that lies in `dir` in truth.
fn is_shown(dir: &Path, path: &str) -> bool {
    let Some(decoded) = percent_decoded(path) else { return false };
    // The redirect to a folder repeats the path, and `//name` there would be another host.
    if decoded.contains("//") {
        return false;
    }
    let parts: Vec<&str> = decoded.split('/').filter(|part| !part.is_empty()).collect();
    if parts.iter().any(|part| part.starts_with('.') || part.contains(['\\', '\0'])) {
        return false;
    }
    let asked = parts.iter().fold(dir.to_owned(), |path, part| path.join(part));
    let Ok(real) = asked.canonicalize() else { return false };
    let real = if real.is_dir() { real.join("index.html").canonicalize() } else { Ok(real) };
    let within = |real: &PathBuf| real.strip_prefix(dir).is_ok_and(|rest| !has_dots(rest));
    // A pipe or a device would hang the server.
    real.is_ok_and(|real| within(&real) && real.is_file())
}

/// A link must not show a hidden file under another name.
fn has_dots(path: &Path) -> bool {
    path.components().any(|part| part.as_os_str().as_encoded_bytes().starts_with(b"."))
}

fn percent_decoded(path: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(path.len());
    let mut rest = path.bytes();
    while let Some(byte) = rest.next() {
        if byte != b'%' {
            bytes.push(byte);
            continue;
        }
        let digit = |byte: Option<u8>| char::from(byte?).to_digit(16);
        let (high, low) = (digit(rest.next())?, digit(rest.next())?);
        bytes.push(u8::try_from(high * 16 + low).ok()?);
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::symlink;

    fn site() -> (tempfile::TempDir, PathBuf) {
        let holder = tempfile::tempdir().unwrap();
        let dir = holder.path().canonicalize().unwrap().join("site");
        for folder in ["sub", "bare", ".git"] {
            std::fs::create_dir_all(dir.join(folder)).unwrap();
        }
        for file in ["index.html", "a b.txt", ".env", "sub/index.html", ".git/config", "../secret"] {
            std::fs::write(dir.join(file), file).unwrap();
        }
        (holder, dir)
    }

    #[test]
    fn files_and_folders_with_an_index_are_shown() {
        let (_holder, dir) = site();
        symlink("index.html", dir.join("link.html")).unwrap();
        for path in ["/", "/index.html", "/a%20b.txt", "/sub/", "/sub", "/link.html"] {
            assert!(is_shown(&dir, path), "{path}");
        }
    }

    #[test]
    fn hidden_files_listings_and_what_lies_outside_are_not_shown() {
        let (_holder, dir) = site();
        symlink("../secret", dir.join("out")).unwrap();
        symlink(".env", dir.join("env.txt")).unwrap();
        symlink("../../secret", dir.join("bare/index.html")).unwrap();
        let escapes = [
            "/../secret",
            "/%2e%2e/secret",
            "/sub/..%2f..%2fsecret",
            "/out",
            "/bare/",
            "//sub",
            "/%2fsub",
            "/%zz",
            "/%",
        ];
        let hidden = ["/.env", "/%2eenv", "/.git/config", "/env.txt", "/sub\\index.html", "/none", "/a%00"];
        for path in escapes.iter().chain(&hidden) {
            assert!(!is_shown(&dir, path), "{path}");
        }
    }
}
