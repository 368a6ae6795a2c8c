//! The slices: what they share, and what each gives to the worker and to the engine.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use crate::access::Actor;
use crate::catalog;
use crate::catalog::commands::Shelf;
use crate::catalog::library::Library;
use crate::chat::Dispatcher;
use crate::chat::directory::Directory;
use crate::chat::message::Choice;
use crate::clock::Clock;
use crate::commands::dispatch::Engine;
use crate::commands::spec::{Kind, Menu};
use crate::commands::{Afterword, Choices, Handlers, Noticed, WhoIs};
use crate::config::Config;
use crate::content::Content;
use crate::db::Db;
use crate::drivers::Drivers;
use crate::drivers::exec::{ExecDriver, ExecSettings};
use crate::drivers::git::{GitDriver, GitSettings};
use crate::drivers::site::{SiteDriver, SiteSettings};
use crate::environments::jobs::{Advance, Expire, reconcile::Reconcile};
use crate::environments::warnings::Keepers;
use crate::environments::{self, Environments, home};
use crate::error::{Error, Result};
use crate::facts::{FactJob, FactKind, Follower};
use crate::ids::Ids;
use crate::jobs::Job;
use crate::jobs::worker::Worker;
use crate::keys::Keys;
use crate::metrics::Metrics;
use crate::people::commands::AUTO;
use crate::people::jobs::{Groups, Listing, Lookup};
use crate::people::{self, People};
use crate::privacy::{self, Privacy};
use crate::roadmap::{self, Roadmap};
use crate::stats::jobs::Digest;
use crate::stats::{self, Stats, picture::Studio};
use crate::surveys::{self, Surveys};
use crate::zone::Zone;

/// The slices and what they share.
pub(super) struct Slices {
    db: Db,
    menu: Menu,
    pub(super) people: Arc<People>,
    directories: Vec<Arc<dyn Directory>>,
    shelf: Arc<Shelf>,
    environments: Arc<Environments>,
    pub(super) surveys: Arc<Surveys>,
    stats: Arc<Stats>,
    roadmap: Arc<Roadmap>,
}

impl Slices {
    pub(super) fn new(
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

    pub(super) fn worker(
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
            Arc::new(Digest { slice: self.stats.clone(), address: super::digest(config) }),
        ];
        Ok(Worker::new(self.db.clone(), wall, [ground, jobs, surveys::jobs::all(&self.surveys)].concat()))
    }

    pub(super) fn engine(self, keys: &Keys, ids: Arc<Ids>, metrics: Arc<Metrics>) -> Result<Dispatcher> {
        let mut handlers = Handlers::new();
        handlers.extend(people::commands::handlers(&self.people));
        handlers.extend(catalog::commands::handlers(&self.shelf));
        handlers.extend(environments::commands::handlers(&self.environments));
        handlers.extend(surveys::commands::handlers(&self.surveys));
        let privacy = Privacy { db: self.db.clone(), surveys: self.surveys.clone() };
        handlers.extend(privacy::commands::handlers(&Arc::new(privacy)));
        handlers.extend(roadmap::commands::handlers(&self.roadmap));
        handlers.extend(stats::commands::handlers(&self.stats));
        let (people, noticing, asking) = (self.people.clone(), self.people.clone(), self.people);
        let who_is: WhoIs = Arc::new(move |identity, standing, name| {
            let people = people.clone();
            Box::pin(async move { people.resolve(identity, standing, name).await })
        });
        let noticed: Noticed = Arc::new(move |actor: Actor| {
            let people = noticing.clone();
            Box::pin(async move { people.notice(actor.person).await })
        });
        let afterword: Afterword = Arc::new(move |actor: Actor| {
            let people = asking.clone();
            Box::pin(async move { people::commands::zone_question(&people, &actor).await })
        });
        let choices = choices(self.shelf, self.environments, self.roadmap, self.stats);
        let secret = keys.derive("deliveries");
        let (menu, db) = (self.menu, self.db);
        let engine = Engine { menu, handlers, db, ids, secret, who_is, choices, noticed, afterword, metrics };
        match engine.mismatches() {
            none if none.is_empty() => Ok(Arc::new(engine)),
            some => Err(Error::internal(format!("commands without a handler or a spec: {some:?}"))),
        }
    }
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
                    let auto = choice(AUTO, format!("{AUTO}: what your chat or your site says"));
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
