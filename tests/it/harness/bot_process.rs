//! The built program as a process: started, killed, started again on the same data.

use std::io::{BufRead as _, BufReader, Read};
use std::os::unix::process::ExitStatusExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use goldenpath::clock::{Clock as _, SystemClock};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use tempfile::TempDir;

use super::database::{Database, database};
use super::fake_slack::{FakeSlack, TOKEN};
use super::site_servers;
use super::slack_sender::SlackSender;

const SECRET: &str = "the-signing-secret";

/// Who may see stats.
pub const PM: &str = "UPM";

/// One installation: its data, its chat, and its process while one runs.
pub struct Bot {
    pub fake: FakeSlack,
    pub database: Database,
    /// Beside the usual ones, for the next start.
    pub settings: Vec<(&'static str, String)>,
    process: Option<Process>,
    said: Arc<Mutex<String>>,
    folder: TempDir,
}

struct Process {
    child: Child,
    stdout: Arc<Mutex<String>>,
}

impl Bot {
    /// Installed and running, with the templates of `tests/it/durability/templates`.
    pub async fn start() -> Self {
        let mut bot = Bot::installed().await;
        bot.restart().await;
        bot
    }

    /// Installed, not started.
    pub async fn installed() -> Self {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("data")).unwrap();
        let templates = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/durability/templates");
        let config = format!(
            "log.level = \"trace\"\nslack.pacing = false\npeople.hours = \"mon-sun 0-24\"\npaths.templates = [{:?}]\n[access.roles]\npm = [\"slack:T1:{PM}\"]\nadmin = [\"slack:T1:UOLGA\"]\n",
            templates.display().to_string()
        );
        std::fs::write(folder.path().join("goldenpath.toml"), config).unwrap();
        let database = database(&folder.path().join("data")).await;
        let fake = FakeSlack::start().await;
        Bot { fake, database, settings: Vec::new(), process: None, said: Arc::default(), folder }
    }

    /// Logs at this level from the next start on.
    pub fn logs(&self, level: &str) {
        let file = self.folder.path().join("goldenpath.toml");
        let config = std::fs::read_to_string(&file).unwrap().replace("\"trace\"", &format!("{level:?}"));
        std::fs::write(file, config).unwrap();
    }

    /// The data folder.
    pub fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    /// Everything that the processes said so far.
    pub fn said(&self) -> String {
        self.said.lock().unwrap().clone()
    }

    /// The program with the settings of this installation.
    fn program(&self) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_goldenpath"));
        command
            .current_dir(self.folder.path())
            .env_remove("GOLDENPATH_KEY_FILE")
            .env("GOLDENPATH_CONFIG", self.folder.path().join("goldenpath.toml"))
            .env("GOLDENPATH_LISTEN", "127.0.0.1:0")
            .env("GOLDENPATH_DATA", self.data())
            .env("DATABASE_URL", &self.database.url)
            .env("SLACK_API_URL", self.fake.api_url())
            .env("SLACK_SIGNING_SECRET", SECRET)
            .env("SLACK_BOT_TOKEN", TOKEN)
            .envs(self.settings.iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command
    }

    /// Runs one of the operator's tools beside the bot: what it said, and its exit code.
    pub async fn tool(&self, arguments: &[&str]) -> (String, Option<i32>) {
        let mut command = self.program();
        command.args(arguments);
        let output = tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap();
        let said = [output.stdout, output.stderr].concat();
        (String::from_utf8(said).unwrap(), output.status.code())
    }

    /// Starts the process without waiting for it.
    pub fn launch(&mut self) {
        let mut child = self.program().spawn().unwrap();
        let stdout = Arc::default();
        drain(child.stdout.take().unwrap(), vec![self.said.clone(), Arc::clone(&stdout)]);
        drain(child.stderr.take().unwrap(), vec![self.said.clone()]);
        self.process = Some(Process { child, stdout });
    }

    /// Starts the process and waits until it tells its address.
    pub async fn restart(&mut self) {
        assert!(self.process.is_none(), "it runs already");
        self.launch();
        let process = self.process.as_mut().unwrap();
        until("the address is told", async || {
            let ended = process.child.try_wait().unwrap();
            assert!(ended.is_none(), "it ended: {ended:?}\n{}", self.said.lock().unwrap());
            process.stdout.lock().unwrap().contains("http://").then_some(())
        })
        .await;
    }

    /// `http://ADDRESS` of the running process.
    pub fn address(&self) -> String {
        let stdout = self.process.as_ref().expect("it runs").stdout.lock().unwrap().clone();
        address_in(&stdout).expect("it told its address")
    }

    /// Slack, connected to the running process, with signatures of this second.
    pub fn slack(&self) -> SlackSender {
        let url = format!("{}/slack/events", self.address());
        SlackSender::new(url, SECRET, SystemClock.now().0 / 1000, self.fake.clone())
    }

    /// SIGKILL: nothing of the process gets to run any more.
    pub fn kill(&mut self) {
        let mut process = self.process.take().expect("it runs");
        process.child.kill().unwrap();
        assert_eq!(process.child.wait().unwrap().signal(), Some(9), "it had ended by itself");
    }

    /// SIGKILL, a start, and no wait for the leases that the dead process held.
    pub async fn crash(&mut self) {
        self.kill();
        self.database.lapse_leases().await;
        self.restart().await;
    }

    /// SIGTERM, and the code that the process ends with.
    pub async fn stop(&mut self) -> Option<i32> {
        let process = self.process.as_ref().expect("it runs");
        signal(process.child.id(), Signal::TERM);
        self.exit_code().await
    }

    /// The code that the process ends with, by itself.
    pub async fn exit_code(&mut self) -> Option<i32> {
        let mut process = self.process.take().expect("it runs");
        let child = &mut process.child;
        let ended = tokio::time::timeout(PATIENCE, async {
            loop {
                match child.try_wait().unwrap() {
                    Some(status) => return status.code(),
                    None => tokio::time::sleep(LOOK).await,
                }
            }
        });
        match ended.await {
            Ok(code) => code,
            Err(_) => {
                self.process = Some(process);
                panic!("it does not end\n{}", self.said())
            }
        }
    }

    /// What `path` of the running process answers.
    pub async fn status_of(&self, path: &str) -> u16 {
        reqwest::get(format!("{}{path}", self.address())).await.unwrap().status().as_u16()
    }

    /// The pids of this installation's site servers.
    pub fn sites(&self) -> Vec<u32> {
        site_servers(self.folder.path())
    }

    /// What stands in a conversation, as plain text.
    pub fn texts_in(&self, channel: &str) -> Vec<String> {
        let shown = self.fake.shown_in(channel);
        shown.iter().map(|message| message["text"].as_str().unwrap_or_default().to_owned()).collect()
    }

    /// The first text in `channel` with these words, once it stands there.
    pub async fn reads(&self, channel: &str, words: &str) -> String {
        let found = async || self.texts_in(channel).into_iter().find(|text| text.contains(words));
        until(&format!("`{words}` in {channel}"), found).await
    }
}

/// A failed test leaves nothing running.
impl Drop for Bot {
    fn drop(&mut self) {
        if let Some(mut process) = self.process.take() {
            let _ = process.child.kill();
            let _ = process.child.wait();
        }
        self.sites().into_iter().for_each(|pid| signal(pid, Signal::KILL));
        if std::thread::panicking() {
            eprintln!("--- in {:?} was said:\n{}", self.texts_in("C1"), warnings(&self.said()));
        }
    }
}

/// Trace lines by the thousand hide what matters.
fn warnings(said: &str) -> String {
    let worth = |line: &&str| !line.contains("TRACE") && !line.contains("DEBUG");
    said.lines().filter(worth).collect::<Vec<_>>().join("\n")
}

/// Signals a process that this test started.
pub fn signal(pid: u32, signal: Signal) {
    let pid = Pid::from_raw(i32::try_from(pid).unwrap()).unwrap();
    // One that ended meanwhile needs no signal.
    let _ = kill_process(pid, signal);
}

/// The longest wait for anything.
const PATIENCE: Duration = Duration::from_secs(20);
const LOOK: Duration = Duration::from_millis(10);

/// Looks until there is something, and returns it.
pub async fn until<T>(what: &str, look: impl AsyncFnMut() -> Option<T>) -> T {
    until_within(PATIENCE, what, look).await
}

/// [`until`] for what may take longer.
pub async fn until_within<T>(limit: Duration, what: &str, mut look: impl AsyncFnMut() -> Option<T>) -> T {
    let looking = async {
        loop {
            match look().await {
                Some(found) => return found,
                None => tokio::time::sleep(LOOK).await,
            }
        }
    };
    tokio::time::timeout(limit, looking).await.unwrap_or_else(|_| panic!("never: {what}"))
}

/// The first `http://HOST:PORT` in a text.
pub fn address_in(text: &str) -> Option<String> {
    let (_, rest) = text.split_once("http://")?;
    let address: String = rest.chars().take_while(|c| c.is_ascii_digit() || ".:".contains(*c)).collect();
    Some(format!("http://{address}"))
}

/// The values of the buttons under a message.
pub fn buttons(message: &Value) -> Vec<String> {
    let blocks = message["blocks"].as_array().into_iter().flatten();
    let elements = blocks.filter_map(|block| block["elements"].as_array()).flatten();
    elements.filter_map(|element| element["value"].as_str().map(str::to_owned)).collect()
}

fn drain(from: impl Read + Send + 'static, into: Vec<Arc<Mutex<String>>>) {
    std::thread::spawn(move || {
        for line in BufReader::new(from).split(b'\n').map_while(Result::ok) {
            let line = String::from_utf8_lossy(&line);
            into.iter().for_each(|text| text.lock().unwrap().extend([line.as_ref(), "\n"]));
        }
    });
}
