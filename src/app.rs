//! Builds everything from a config, starts the tasks, stops them in order.

mod slices;

use std::net::SocketAddr;
use std::os::unix::fs::PermissionsExt;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::access::Role;
use crate::chat::directory::{Directory, Meet, Told};
use crate::chat::discord::{self, Discord};
use crate::chat::drafts::Drafts;
use crate::chat::files::Prune;
use crate::chat::inbound::Identity;
use crate::chat::outbox::{Address, Deliver};
use crate::chat::playground::{self, Ask, Persona, Planned, Playground, Travel};
use crate::chat::slack::{self, Slack};
use crate::chat::{Dispatcher, Platform, Target};
use crate::clock::{Ahead, Clock, Timestamp};
use crate::commands::inbox::Forget;
use crate::commands::spec::Menu;
use crate::config::{self, Channel, Config};
use crate::content::Content;
use crate::db::Db;
use crate::environments::{self, warnings};
use crate::error::{Error, Result};
use crate::ids::Ids;
use crate::jobs::schedule::{Schedule, Schedules, next_firing};
use crate::jobs::worker::Worker;
use crate::jobs::{Job, queue};
use crate::keys::Keys;
use crate::metrics::Metrics;
use crate::people::model::Hours;
use crate::people::{Defaults, People, Roles};
use crate::stats;
use crate::surveys::{self, Surveys};
use crate::web::{self, Census, Served};
use slices::Slices;

/// The clocks and the source of ids: the system's, or a test's.
#[derive(Clone)]
pub struct Ambient {
    /// People's time: deadlines, waves, weeks.
    pub clock: Arc<dyn Clock>,
    /// The machine's time: leases, ages of signatures.
    pub wall: Arc<dyn Clock>,
    pub ids: Arc<Ids>,
}

/// The whole bot, ready to serve.
pub struct App {
    pub db: Db,
    pub worker: Worker,
    pub dispatcher: Dispatcher,
    pub surveys: Arc<Surveys>,
    pub playground: Option<Arc<Playground>>,
    slack: Option<Arc<Slack>>,
    /// Connects on its own where the app is not served.
    pub discord: Option<discord::Desk>,
    router: Router,
}

impl App {
    /// Builds it: folders, key, database with its migrations, slices, platforms.
    ///
    /// # Errors
    /// `Unavailable` with what to do, for whatever the operator can mend.
    pub async fn build(config: &Config, content: Content, ambient: Ambient) -> Result<App> {
        std::fs::create_dir_all(&config.data).map_err(|error| {
            let folder = config.data.display();
            Error::Unavailable(format!(
                "The data folder {folder} cannot be made: {error}; set GOLDENPATH_DATA to one that can"
            ))
        })?;
        // Messages, keys and workspaces are nobody else's on this machine.
        // A mounted folder may be ours to write and somebody else's to close; its files are closed by themselves.
        if let Err(error) = std::fs::set_permissions(&config.data, std::fs::Permissions::from_mode(0o700)) {
            tracing::warn!(%error, folder = %config.data.display(), "the data folder stays open to others");
        }
        let data = config.data.canonicalize()?;
        let clock = Arc::new(Ahead::of(ambient.clock.clone()));
        let db = Db::open(&config.database_url(), clock.clone(), ambient.ids.clone()).await?;
        let keys = Arc::new(Keys::load_or_create(&config.key_file(), &ambient.ids)?);
        same_key(&db, &keys).await?;
        let slack = match config.slack_secrets() {
            Some((secret, token)) => {
                let settings = slack::Settings {
                    signing_secret: secret.reveal().to_owned(),
                    bot_token: token.reveal().to_owned(),
                    api_url: config.slack.api_url.clone(),
                    pacing: config.slack.pacing,
                    patience: slack::PATIENCE,
                };
                Some(Arc::new(Slack::new(settings, ambient.wall.clone(), ambient.clock.clone())?))
            }
            None => None,
        };
        let discord =
            discord(config, &content.menu, ambient.wall.clone(), ambient.clock.clone())?.map(Arc::new);
        let playground = match config.playground_on() {
            true => {
                let travel = (!config.connected()).then(|| travel(&db, clock));
                let token = data_encoding::HEXLOWER.encode(&ambient.ids.bytes::<16>());
                let settings = playground::Settings { listen: config.listen, token, travel };
                Some(open_playground(&db, settings).await?)
            }
            false => None,
        };
        let schedules = Schedules::new(db.clone(), schedules(config, &content));
        let directories: Vec<Arc<dyn Directory>> = [
            slack.clone().map(|it| it as Arc<dyn Directory>),
            discord.clone().map(|it| it as Arc<dyn Directory>),
        ]
        .into_iter()
        .flatten()
        .collect();
        let alone = !config.connected() && playground.is_some();
        let organisation = content.organisation.clone();
        let defaults = Defaults { organisation, ..defaults(config, alone) };
        let people = People::new(db.clone(), roles(config, playground.is_some()), defaults);
        if playground.is_some() {
            enrol_personas(&people).await?;
        }
        let asked: Vec<&str> = directories.iter().map(|directory| directory.platform()).collect();
        let zoneless = directories.iter().filter(|directory| !directory.tells_zones());
        let people = people.asking_zones(zoneless.map(|directory| directory.platform()).collect());
        let people = people.linking(asked.clone()).asking(asked);
        let settings = (config.roles().keepers().into(), config.surveys.gap);
        let slices = Slices::new(&db, content, &keys, (people, directories), settings);
        let platforms: Vec<Arc<dyn Platform>> = [
            slack.clone().map(|platform| platform as Arc<dyn Platform>),
            discord.as_ref().map(|discord| discord.outbound() as Arc<dyn Platform>),
            playground.clone().map(|platform| platform as Arc<dyn Platform>),
        ]
        .into_iter()
        .flatten()
        .collect();
        let ground: Vec<Arc<dyn Job>> = vec![
            Arc::new(Deliver::new(db.clone(), platforms).with(warnings::timely())),
            Arc::new(Forget(db.clone())),
            Arc::new(Prune(db.clone())),
            Arc::new(schedules.clone()),
        ];
        let worker = slices.worker(config, &data, ambient.wall.clone(), ground)?;
        schedules.plan().await?;
        let metrics = Arc::new(Metrics::new(ambient.wall.now()));
        let (environments, told) = (environment_census(&db), told(&slices.people));
        let people = slices.people.clone();
        let surveys = slices.surveys.clone();
        let dispatcher = slices.engine(&keys, ambient.ids, metrics.clone())?;
        let served =
            Served { db: db.clone(), worker: worker.clone(), metrics: metrics.clone(), environments };
        let mut router = web::router(served);
        if let Some(slack) = &slack {
            router =
                router.merge(slack::router(slack.clone(), dispatcher.clone(), told.clone(), metrics.clone()));
        }
        let discord = discord.map(|discord| {
            let (dispatcher, drafts) = (dispatcher.clone(), Drafts::new(db.clone()));
            let meet = meet(&people, discord.clone());
            discord::Desk { discord, dispatcher, drafts, told, meet, metrics }
        });
        if let Some(desk) = &discord {
            router = router.merge(discord::router(desk.clone()));
        }
        if let Some(playground) = &playground {
            router = router.merge(playground::router(playground.clone(), dispatcher.clone()));
        }
        Ok(App { db, worker, dispatcher, surveys, playground, slack, discord, router })
    }

    /// Everything that is served, for a server of one's own.
    pub fn router(&self) -> Router {
        self.router.clone()
    }

    /// Returns once the chat platforms have said who we are there, however long that takes.
    pub async fn connect(&self) {
        if let Some(slack) = &self.slack {
            slack.connect().await;
        }
    }

    /// Serves until `stop`, then ends what is going on, in order: requests, jobs, connections.
    pub async fn serve(self, listener: TcpListener, stop: CancellationToken) -> Result<()> {
        self.worker.schedule().await?;
        let worker = tokio::spawn(self.worker.clone().serve(stop.clone()));
        let slack = self.slack.clone().map(|slack| tokio::spawn(async move { slack.connect().await }));
        let discord = self.discord.map(|desk| tokio::spawn(async move { desk.connect().await }));
        let (ending, playground) = (stop.clone(), self.playground);
        let graceful = async move {
            ending.cancelled().await;
            if let Some(playground) = playground {
                playground.stop();
            }
        };
        let served = axum::serve(listener, self.router).with_graceful_shutdown(graceful);
        let limit = async {
            stop.cancelled().await;
            tokio::time::sleep(Duration::from_secs(10)).await;
        };
        tokio::select! {
            outcome = served => outcome?,
            () = limit => tracing::warn!("requests were still open after 10 s"),
        }
        stop.cancel();
        for connecting in slack.into_iter().chain(discord) {
            connecting.abort();
        }
        if tokio::time::timeout(Duration::from_secs(10), worker).await.is_err() {
            tracing::warn!("jobs were still running after 10 s; they go on at the next start");
        }
        self.db.close().await;
        Ok(())
    }
}

/// Binds the listener, or says plainly why not.
///
/// # Errors
/// `Unavailable` when the port is in use or not ours to take.
pub async fn bind(listen: SocketAddr) -> Result<TcpListener> {
    TcpListener::bind(listen).await.map_err(|error| {
        let why = match error.kind() {
            std::io::ErrorKind::AddrInUse => "is in use, perhaps by another goldenpath".to_owned(),
            _ => format!("cannot be listened at: {error}"),
        };
        Error::Unavailable(format!(
            "{listen} {why}; choose another with GOLDENPATH_LISTEN, as 127.0.0.1:8421"
        ))
    })
}

/// The database remembers the key that its secrets were made with.
async fn same_key(db: &Db, keys: &Keys) -> Result<()> {
    let known = db.write(keys.fingerprint(), |tx, fingerprint| {
        Box::pin(async move {
            let sql = "INSERT INTO setting (name, value) VALUES ('key', $1) ON CONFLICT (name) DO NOTHING";
            sqlx::query(sql).bind(fingerprint).execute(tx.conn()).await?;
            let sql = "SELECT value FROM setting WHERE name = 'key'";
            Ok(sqlx::query_scalar::<_, String>(sql).fetch_one(tx.conn()).await?)
        })
    });
    match known.await? == keys.fingerprint() {
        true => Ok(()),
        false => Err(Error::Unavailable(
            "The key file is not the one this database was made with; its stored secrets would be lost. Point \
             GOLDENPATH_KEY_FILE to the right one, or start with an empty database"
                .into(),
        )),
    }
}

/// Discord by the config; `None` without its token.
///
/// # Errors
/// `Invalid` for a token or an address that can be none.
pub fn discord(
    config: &Config,
    menu: &Menu,
    wall: Arc<dyn Clock>,
    clock: Arc<dyn Clock>,
) -> Result<Option<Discord>> {
    let config::Discord { token, public_key, guilds, api_url, pacing, .. } = &config.discord;
    let Some(token) = token else { return Ok(None) };
    let calls = discord::client::Settings {
        token: token.reveal().to_owned(),
        api_url: api_url.clone(),
        pacing: *pacing,
        patience: discord::client::PATIENCE,
    };
    let (public_key, guilds, menu) = (public_key.clone(), guilds.clone(), menu.clone());
    Discord::new(discord::Settings { calls, public_key, guilds, menu }, wall, clock).map(Some)
}

/// The playground, with people's time where the last jump left it.
async fn open_playground(db: &Db, settings: playground::Settings) -> Result<Arc<Playground>> {
    let store = playground::Store::new(db.clone());
    if let Some(travel) = &settings.travel {
        travel.clock.move_to(store.ahead().await?);
    }
    Ok(Playground::new(store, settings))
}

/// Whoever tries the bot out is at it now, whatever the hour: unless the config says something of hours,
/// the playground's people work always.
fn defaults(config: &Config, alone: bool) -> Defaults {
    let usual = config.defaults_of_people();
    match alone && usual.hours == Hours::default() {
        true => Defaults { hours: Hours::ALWAYS, ..usual },
        false => usual,
    }
}

/// What the playground's clock may know of the rest.
fn travel(db: &Db, clock: Arc<Ahead>) -> Travel {
    let (plans, schedules, jobs) = (db.clone(), db.clone(), db.clone());
    let next: Ask<Option<Planned>> = Arc::new(move || {
        let db = plans.clone();
        Box::pin(async move {
            let (mut conn, now) = (db.read().await?, db.now());
            let asked = surveys::next_asked(&mut conn, now).await?.map(|at| Planned { at, asks: true });
            let opened = next_firing(&mut conn, "survey:", now).await?.map(|at| Planned { at, asks: false });
            Ok(asked.into_iter().chain(opened).min_by_key(|planned| planned.at))
        })
    });
    let fires: Ask<Option<Timestamp>> = Arc::new(move || {
        let db = schedules.clone();
        Box::pin(async move { next_firing(&mut *db.read().await?, "", db.now()).await })
    });
    let idle: Ask<bool> = Arc::new(move || {
        let db = jobs.clone();
        Box::pin(async move { queue::idle(&mut *db.read().await?, db.now()).await })
    });
    Travel { clock, next, fires, idle, turn: tokio::sync::Mutex::default() }
}

/// The config's roles, and those that the playground's personas play.
fn roles(config: &Config, playground: bool) -> Roles {
    let mut roles = config.roles();
    for persona in playground::personas().iter().filter(|_| playground) {
        let role = Role::ALL.into_iter().find(|role| role.word() == persona.role);
        let identity = Identity::new(playground::NAME, playground::WORKSPACE, persona.user);
        roles.mapped.entry(identity).or_default().extend(role);
    }
    roles
}

/// All that happens at the times of a cron expression: each slice adds its own here. `goldenpath
/// check` lists their next firings, and a process plans them when it starts.
pub fn schedules(config: &Config, content: &Content) -> Vec<Schedule> {
    let digest =
        digest(config).map(|_| stats::jobs::schedule(config.digest.cron.clone(), config.people.zone));
    surveys::jobs::schedules(&content.surveys).into_iter().chain(digest).collect()
}

/// Where the digest goes: to the channel of the config, or to the playground's where it is alone.
fn digest(config: &Config) -> Option<Address> {
    let alone = config.playground_on() && !config.connected();
    let (platform, workspace, id) = match &config.digest.channel {
        Some(Channel { platform, workspace, id }) => (platform.as_str(), workspace.as_str(), id.as_str()),
        None if alone => (playground::NAME, playground::WORKSPACE, playground::CHANNEL),
        None => return None,
    };
    let target = Target::Channel { id: id.into() };
    Some(Address { platform: platform.into(), workspace: workspace.into(), target, fallback: None })
}

/// The playground's personas are there before they act, so that surveys can ask them.
async fn enrol_personas(people: &People) -> Result<()> {
    let account = |persona: &Persona| {
        let identity = Identity::new(playground::NAME, playground::WORKSPACE, persona.user);
        (identity, persona.name.to_owned())
    };
    match people.enrol(playground::personas().iter().map(account).collect()).await {
        // The next start finds time for it.
        Err(Error::Away(_)) => Ok(()),
        outcome => outcome,
    }
}

/// Takes down what a platform tells of an account.
fn told(people: &Arc<People>) -> Told {
    let people = people.clone();
    Arc::new(move |account| {
        let people = people.clone();
        Box::pin(async move { people.told(account).await })
    })
}

/// Finds out where somebody counts whom a platform tells nothing of.
fn meet(people: &Arc<People>, directory: Arc<dyn Directory>) -> Meet {
    let people = people.clone();
    Arc::new(move |ours, who| {
        let (people, directory) = (people.clone(), directory.clone());
        Box::pin(async move { people.meet(&*directory, &ours, &who).await })
    })
}

/// How many environments there are, for the metrics.
fn environment_census(db: &Db) -> Census {
    let db = db.clone();
    Arc::new(move || {
        let db = db.clone();
        Box::pin(async move { environments::census(&mut *db.read().await?).await })
    })
}
