//! Builds everything from a config, starts the tasks, stops them in order.

use std::net::SocketAddr;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::access::{Actor, Role};
use crate::catalog::commands::Shelf;
use crate::catalog::library::Library;
use crate::chat::directory::{Directory, Told};
use crate::chat::files::Prune;
use crate::chat::inbound::Identity;
use crate::chat::message::Choice;
use crate::chat::outbox::Deliver;
use crate::chat::playground::{self, Ask, Persona, Planned, Playground, Travel};
use crate::chat::slack::{self, Slack};
use crate::chat::{Dispatcher, Platform};
use crate::clock::{Ahead, Clock, Timestamp};
use crate::commands::dispatch::Engine;
use crate::commands::inbox::Forget;
use crate::commands::spec::{Kind, Menu};
use crate::commands::{Choices, Handlers, Noticed, WhoIs};
use crate::config::Config;
use crate::content::Content;
use crate::db::Db;
use crate::drivers::Drivers;
use crate::drivers::exec::{ExecDriver, ExecSettings};
use crate::drivers::git::{GitDriver, GitSettings};
use crate::drivers::site::{SiteDriver, SiteSettings};
use crate::environments::jobs::{Advance, Expire, reconcile::Reconcile};
use crate::environments::warnings::{self, Keepers};
use crate::environments::{self, Environments, home};
use crate::error::{Error, Result};
use crate::facts::{FactJob, FactKind, Follower};
use crate::ids::Ids;
use crate::jobs::schedule::{Schedule, Schedules, next_firing};
use crate::jobs::worker::Worker;
use crate::jobs::{Job, queue};
use crate::keys::Keys;
use crate::metrics::Metrics;
use crate::people::commands::AUTO;
use crate::people::jobs::{Groups, Listing, Lookup};
use crate::people::model::Hours;
use crate::people::{self, Defaults, People, Roles};
use crate::privacy::{self, Privacy};
use crate::roadmap::{self, Roadmap};
use crate::stats::{self, Stats, picture::Studio};
use crate::surveys::{self, Surveys};
use crate::web::{Census, Served};
use crate::zone::Zone;
use crate::{catalog, web};

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
        let playground = match config.playground_on() {
            true => {
                let travel = slack.is_none().then(|| travel(&db, clock));
                let token = data_encoding::HEXLOWER.encode(&ambient.ids.bytes::<16>());
                let settings = playground::Settings { listen: config.listen, token, travel };
                Some(open_playground(&db, settings).await?)
            }
            false => None,
        };
        let schedules = Schedules::new(db.clone(), schedules(config, &content));
        let directories: Vec<Arc<dyn Directory>> =
            slack.iter().map(|slack| slack.clone() as Arc<dyn Directory>).collect();
        let alone = slack.is_none() && playground.is_some();
        let organisation = content.organisation.clone();
        let defaults = Defaults { organisation, ..defaults(config, alone) };
        let people = People::new(db.clone(), roles(config, playground.is_some()), defaults);
        if playground.is_some() {
            enrol_personas(&people).await?;
        }
        let people = people.asking(directories.iter().map(|directory| directory.platform()).collect());
        let settings = (config.roles().keepers().into(), config.surveys.gap);
        let slices = Slices::new(&db, content, &keys, (people, directories), settings);
        let platforms: Vec<Arc<dyn Platform>> = [
            slack.clone().map(|platform| platform as Arc<dyn Platform>),
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
        let surveys = slices.surveys.clone();
        let dispatcher = slices.engine(&keys, ambient.ids, metrics.clone())?;
        let served =
            Served { db: db.clone(), worker: worker.clone(), metrics: metrics.clone(), environments };
        let mut router = web::router(served);
        if let Some(slack) = &slack {
            router = router.merge(slack::router(slack.clone(), dispatcher.clone(), told, metrics));
        }
        if let Some(playground) = &playground {
            router = router.merge(playground::router(playground.clone(), dispatcher.clone()));
        }
        Ok(App { db, worker, dispatcher, surveys, playground, slack, router })
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
        let connecting = self.slack.clone().map(|slack| tokio::spawn(async move { slack.connect().await }));
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
        if let Some(connecting) = connecting {
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
pub fn schedules(_config: &Config, content: &Content) -> Vec<Schedule> {
    surveys::jobs::schedules(&content.surveys)
}

/// The slices and what they share.
struct Slices {
    db: Db,
    menu: Menu,
    people: Arc<People>,
    directories: Vec<Arc<dyn Directory>>,
    shelf: Arc<Shelf>,
    environments: Arc<Environments>,
    surveys: Arc<Surveys>,
    stats: Arc<Stats>,
    roadmap: Arc<Roadmap>,
}

impl Slices {
    fn new(
        db: &Db,
        content: Content,
        keys: &Arc<Keys>,
        (people, directories): (People, Vec<Arc<dyn Directory>>),
        (keepers, gap): (Keepers, Duration),
    ) -> Self {
        let catalog = Library::new(content.catalog);
        let people = Arc::new(people);
        let surveys =
            Surveys { db: db.clone(), keys: keys.clone(), people: people.clone(), all: content.surveys, gap };
        let surveys = Arc::new(surveys);
        Slices {
            db: db.clone(),
            menu: content.menu,
            people,
            directories,
            shelf: Arc::new(Shelf { db: db.clone(), catalog: catalog.clone() }),
            environments: Arc::new(Environments { db: db.clone(), catalog, keepers }),
            stats: Arc::new(Stats { db: db.clone(), surveys: surveys.clone(), studio: Studio::default() }),
            roadmap: Arc::new(Roadmap { db: db.clone(), surveys: surveys.clone() }),
            surveys,
        }
    }

    fn worker(
        &self,
        config: &Config,
        data: &Path,
        wall: Arc<dyn Clock>,
        ground: Vec<Arc<dyn Job>>,
    ) -> Result<Worker> {
        let site = Arc::new(SiteDriver::new(site_settings(config)?));
        let mut git = GitSettings::new(data.join("repositories"), config.child_env.clone());
        git.clone_url.clone_from(&config.git.clone_url);
        git.allow_local_paths = config.git.allow_local_paths;
        git.author_name.clone_from(&config.git.author_name);
        git.author_email.clone_from(&config.git.author_email);
        let exec = ExecDriver::new(ExecSettings::new(config.child_env.clone()));
        let git = Arc::new(GitDriver::new(git));
        let drivers = Drivers::new(vec![Arc::new(exec), site.clone(), git.clone()]);
        let surveys = self.surveys.clone();
        let follow: Follower = Arc::new(move |fact| Box::pin(surveys.clone().follow(fact)));
        let kinds = [FactKind::EnvReady, FactKind::EnvFailed, FactKind::RoadmapShipped];
        let mut followers = kinds.map(|kind| (kind, follow.clone())).to_vec();
        for kind in roadmap::evidence::FOLLOWED {
            let roadmap = self.roadmap.clone();
            followers.push((kind, Arc::new(move |fact| Box::pin(roadmap.clone().follow(fact)))));
        }
        let slice = self.environments.clone();
        let folder = data.join("environments");
        let reconcile = Reconcile::new(slice.clone(), drivers.clone(), (site, git), folder.clone());
        let jobs: Vec<Arc<dyn Job>> = vec![
            Arc::new(FactJob::new(self.db.clone(), followers)?),
            Arc::new(Advance { slice: slice.clone(), drivers, folder }),
            Arc::new(Expire(slice.clone())),
            Arc::new(home::Refresh(slice)),
            Arc::new(Listing { people: self.people.clone(), directories: self.directories.clone() }),
            Arc::new(Groups { people: self.people.clone(), directories: self.directories.clone() }),
            Arc::new(Lookup { people: self.people.clone(), directories: self.directories.clone() }),
            Arc::new(reconcile),
        ];
        Ok(Worker::new(self.db.clone(), wall, [ground, jobs, surveys::jobs::all(&self.surveys)].concat()))
    }

    fn engine(self, keys: &Keys, ids: Arc<Ids>, metrics: Arc<Metrics>) -> Result<Dispatcher> {
        let mut handlers = Handlers::new();
        handlers.extend(people::commands::handlers(&self.people));
        handlers.extend(catalog::commands::handlers(&self.shelf));
        handlers.extend(environments::commands::handlers(&self.environments));
        handlers.extend(surveys::commands::handlers(&self.surveys));
        let privacy = Privacy { db: self.db.clone(), surveys: self.surveys.clone() };
        handlers.extend(privacy::commands::handlers(&Arc::new(privacy)));
        handlers.extend(roadmap::commands::handlers(&self.roadmap));
        handlers.extend(stats::commands::handlers(&self.stats));
        let (people, noticing) = (self.people.clone(), self.people);
        let who_is: WhoIs = Arc::new(move |identity, standing, name| {
            let people = people.clone();
            Box::pin(async move { people.resolve(identity, standing, name).await })
        });
        let noticed: Noticed = Arc::new(move |actor: Actor| {
            let people = noticing.clone();
            Box::pin(async move { people.notice(actor.person).await })
        });
        let choices = choices(self.shelf, self.environments, self.roadmap, self.stats);
        let secret = keys.derive("deliveries");
        let engine =
            Engine { menu: self.menu, handlers, db: self.db, ids, secret, who_is, choices, noticed, metrics };
        match engine.mismatches() {
            none if none.is_empty() => Ok(Arc::new(engine)),
            some => Err(Error::internal(format!("commands without a handler or a spec: {some:?}"))),
        }
    }
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

/// How many environments there are, for the metrics.
fn environment_census(db: &Db) -> Census {
    let db = db.clone();
    Arc::new(move || {
        let db = db.clone();
        Box::pin(async move { environments::census(&mut *db.read().await?).await })
    })
}

/// What a form offers for templates, environments, surveys, the roadmap and stats.
fn choices(
    shelf: Arc<Shelf>,
    environments: Arc<Environments>,
    roadmap: Arc<Roadmap>,
    stats: Arc<Stats>,
) -> Choices {
    Arc::new(move |kind, actor| {
        let (shelf, slice) = (shelf.clone(), environments.clone());
        let (roadmap, stats) = (roadmap.clone(), stats.clone());
        Box::pin(async move {
            let choice = |value: &str, label: String| Choice { value: value.to_owned(), label };
            match kind {
                Kind::Template => {
                    let catalog = shelf.catalog.now();
                    let all = catalog.list().into_iter();
                    Ok(all.map(|t| choice(&t.name, format!("{} ({})", t.title, t.name))).collect())
                }
                Kind::Environment => {
                    let mut conn = slice.db.read().await?;
                    let mine = environments::names_of(&mut conn, &actor.person).await?;
                    Ok(mine.iter().map(|name| choice(name, name.clone())).collect())
                }
                Kind::Survey => Ok(roadmap.surveys.choices()),
                Kind::Item => roadmap.item_choices().await,
                Kind::Evidence => roadmap.evidence_choices(&actor).await,
                Kind::Zone => {
                    let auto = choice(AUTO, format!("{AUTO}: what the platform or your site says"));
                    let zones = Zone::all().map(|zone| choice(zone.0.name(), zone.to_string()));
                    Ok(std::iter::once(auto).chain(zones).collect())
                }
                Kind::Subject => Ok(stats::commands::subjects(&stats)),
                _ => Ok(Vec::new()),
            }
        })
    })
}

fn site_settings(config: &Config) -> Result<SiteSettings> {
    let program: PathBuf = match &config.site.program {
        Some(program) => program.clone(),
        None => std::env::current_exe()?,
    };
    let mut settings = SiteSettings::new(program);
    settings.public_url.clone_from(&config.site.public_url);
    Ok(settings)
}
