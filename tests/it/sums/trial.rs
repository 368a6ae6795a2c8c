//! A survey that is asked, answered, closed and forgotten at random, and by hand what it adds up to.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use goldenpath::chat::inbound::{AnswerBy, Identity, Input, Invocation, Place, Standing};
use goldenpath::chat::message::{ButtonValue, Reply};
use goldenpath::clock::{Clock as _, Timestamp};
use goldenpath::disclosure::Counts;
use goldenpath::facts::{self, FactKind};
use goldenpath::surveys;
use serde_json::json;

use super::{Deed, Fate, Step};
use crate::harness::fake_slack::TEAM;
use crate::harness::test_app::TestApp;
use crate::harness::work::{Scissors, Work};

const SURVEY: &str = "key = \"own\"\ntitle = \"Own\"\nwhy = \"One click.\"\ndecision = \"what is mended\"\n\
                      mode = \"confidential\"\nk = 3\n[when]\nfact = \"env.ready\"\n\
                      [question]\nkind = \"multiple\"\ntext = \"What got in the way?\"\n\
                      choices = [\"Errors\", \"Waiting\", \"Docs\"]\nnot_applicable = \"I don't use it\"\n";
pub const PEOPLE: [&str; 8] = ["Ada", "Ben", "Cy", "Di", "Eve", "Fay", "Gus", "Hal"];
/// Of the first six: as large as a team has to be to be told apart.
const TEAM_OF_SIX: &str = "core";
/// Longer than any wave of a month is open, and whole weeks: it is always Wednesday at work.
const NEXT_WAVE: Duration = Duration::from_secs(42 * 86_400);

/// One wave, as it ought to be.
#[derive(Default)]
struct Wave {
    asked: BTreeSet<usize>,
    /// What each answered: a mask, 0 for "does not apply".
    said: BTreeMap<usize, u8>,
    closed: bool,
}

pub struct Trial {
    pub app: TestApp,
    scissors: Arc<Scissors>,
    /// By period.
    waves: BTreeMap<String, Wave>,
    /// The last prompt of each person. It stays in front of them, whatever becomes of its question.
    prompts: BTreeMap<usize, String>,
    /// Those who are somebody else since their prompt.
    forgotten: BTreeSet<usize>,
    /// Those who want no more questions.
    out: BTreeSet<usize>,
    deliveries: usize,
}

impl Trial {
    pub async fn start() -> Trial {
        let app = TestApp::asking_among(SURVEY, &team()).await;
        // It would ask the same people.
        app.changes("INSERT INTO survey_pause (survey, paused_at) VALUES ('env.csat', 0)").await;
        let scissors = Scissors::new();
        app.app.db.pass(scissors.clone());
        let (waves, prompts) = (BTreeMap::new(), BTreeMap::new());
        let (forgotten, out) = (BTreeSet::new(), BTreeSet::new());
        Trial { app, scissors, waves, prompts, forgotten, out, deliveries: 0 }
    }

    /// The next month's wave begins, with everybody; the one before is closed by its time.
    pub async fn begins_a_wave(&mut self) {
        self.app.after(NEXT_WAVE).await;
        self.waves.values_mut().for_each(|wave| wave.closed = true);
        self.waves.insert(self.period(), Wave::default());
        // A team is as large as those of it who were seen.
        for who in 0..PEOPLE.len() {
            self.types(who, "settings surveys=in").await;
        }
        self.out.clear();
        self.asks(&Vec::from_iter(0..PEOPLE.len()), Fate::Well).await;
    }

    fn period(&self) -> String {
        self.app.clock.now().month()
    }

    pub async fn does(&mut self, Step { who, deed, fate }: &Step) {
        if let Deed::GetsAnEnvironment = deed {
            self.types(*who, "help").await;
            return self.asks(&[*who], *fate).await;
        }
        self.deliveries += 1;
        let Some(invocation) = self.invocation(*who, deed) else { return };
        match fate {
            Fate::Well => drop(self.delivered(&invocation).await),
            Fate::Repeated => {
                let first = self.delivered(&invocation).await;
                assert_eq!(self.delivered(&invocation).await, first);
            }
            Fate::CutOffBefore => {
                // What changes nothing has no moment to be cut off at.
                if self.cut_off(1, &invocation).await {
                    return;
                }
            }
            Fate::CutOffAt(moment) => {
                self.cut_off(*moment, &invocation).await;
                self.delivered(&invocation).await;
            }
        }
        self.remember(*who, deed);
    }

    async fn delivered(&self, invocation: &Invocation) -> Reply {
        self.app.app.dispatcher.dispatch(invocation.clone()).await
    }

    /// Whether it came to that moment.
    async fn cut_off(&self, moment: usize, invocation: &Invocation) -> bool {
        self.scissors.cut_at(moment);
        let cut = tokio::select! {
            _ = self.delivered(invocation) => false,
            () = self.scissors.reached() => true,
        };
        self.scissors.cut_at(usize::MAX);
        self.app.database.units_ended().await;
        cut
    }

    /// They are on record from now on, if they were not.
    async fn types(&mut self, who: usize, line: &str) {
        self.deliveries += 1;
        let line = Input::Line { text: line.into() };
        self.delivered(&invocation(PEOPLE[who], self.deliveries, line)).await;
    }

    /// What the survey asks about happens to these people.
    async fn asks(&mut self, people: &[usize], fate: Fate) {
        let sql = "SELECT person_id FROM identity WHERE user_id = $1";
        for who in people {
            let mut conn = self.app.app.db.read().await.unwrap();
            let person: String =
                sqlx::query_scalar(sql).bind(user(PEOPLE[*who])).fetch_one(&mut *conn).await.unwrap();
            let data = json!({ "person": person, "name": "demo" });
            let fact = self.app.app.db.write(data, |tx, data| {
                Box::pin(facts::append(tx, FactKind::EnvReady, "env_demo", data.clone()))
            });
            fact.await.unwrap();
        }
        match fate {
            Fate::Well => self.app.run_jobs().await,
            Fate::Repeated => Work::Twice.run(&self.app.app.worker, &self.app.database).await,
            Fate::CutOffBefore | Fate::CutOffAt(_) => {
                let work = Work::CutOff(self.scissors.clone());
                work.run(&self.app.app.worker, &self.app.database).await;
            }
        }
        for who in people {
            self.is_asked(*who).await;
        }
    }

    /// Once in a wave, unless that is closed.
    async fn is_asked(&mut self, who: usize) {
        let wave = self.waves.entry(self.app.clock.now().month()).or_default();
        if wave.closed || wave.asked.contains(&who) || self.out.contains(&who) {
            return;
        }
        let sql = "SELECT invitation.id FROM invitation JOIN wave ON wave.id = wave_id
                   JOIN identity ON identity.person_id = invitation.person_id
                   WHERE user_id = $1 AND wave.survey = 'own' AND wave.state = 'open'";
        let mut conn = self.app.app.db.read().await.unwrap();
        let prompt: String =
            sqlx::query_scalar(sql).bind(user(PEOPLE[who])).fetch_one(&mut *conn).await.unwrap();
        wave.asked.insert(who);
        self.prompts.insert(who, prompt);
        self.forgotten.remove(&who);
    }

    fn remember(&mut self, who: usize, deed: &Deed) {
        match deed {
            Deed::NoneOfThese if !self.forgotten.contains(&who) => drop(self.out.insert(who)),
            Deed::Forget => {
                self.out.remove(&who);
                self.forgotten.insert(who);
            }
            _ => {}
        }
        let Some(wave) = self.waves.values_mut().find(|wave| !wave.closed) else { return };
        // Whoever was not asked in it, or is no longer, cannot answer either.
        let asked = wave.asked.contains(&who);
        match deed {
            Deed::Close => wave.closed = true,
            Deed::Choose(mask) if asked => drop(wave.said.insert(who, *mask)),
            Deed::DoesNotApply if asked => drop(wave.said.insert(who, 0)),
            Deed::Withdraw => drop(wave.said.remove(&who)),
            Deed::Forget => {
                wave.said.remove(&who);
                wave.asked.remove(&who);
            }
            _ => {}
        }
    }

    /// `None` where they have nothing to press.
    fn invocation(&self, who: usize, deed: &Deed) -> Option<Invocation> {
        let prompt = self.prompts.get(&who)?;
        let press =
            |command: &str, id: &str, arg: &str| Input::Press { value: ButtonValue::new(command, id, arg) };
        let submit = |command: &str, (field, value): (&str, String)| Input::Submit {
            command: command.into(),
            fixed: vec![("invitation".into(), prompt.clone())],
            values: [(field.to_owned(), value)].into(),
        };
        let input = match deed {
            Deed::Choose(mask) => {
                let places = (1..=3).filter(|place| mask >> (place - 1) & 1 == 1);
                let places: Vec<String> = places.map(|place: u8| place.to_string()).collect();
                submit("survey.answer", ("answer", json!(places).to_string()))
            }
            Deed::DoesNotApply => press("survey.answer", prompt, "0"),
            Deed::Comment => submit("survey.comment", ("words", format!("remark {}", self.deliveries))),
            Deed::Withdraw => press("survey.withdraw", prompt, ""),
            Deed::NotNow => press("survey.snooze", prompt, ""),
            Deed::NoneOfThese => press("survey.decline", prompt, ""),
            Deed::Forget => press("privacy.forget", "", ""),
            Deed::Close => press("survey.confirm", "own", "close"),
            Deed::GetsAnEnvironment => return None,
        };
        let name = if matches!(deed, Deed::Close) { "Priya" } else { PEOPLE[who] };
        Some(invocation(name, self.deliveries, input))
    }

    /// Each wave's sums are what was said, added up by hand.
    pub async fn agrees(&self, steps: &[Step]) {
        assert_eq!(rebuild(&self.app).await, 0, "{steps:?}");
        let mut conn = self.app.app.db.read().await.unwrap();
        let found = surveys::sums(&mut conn, "own", Timestamp(0)).await.unwrap();
        assert_eq!(found.len(), self.waves.len());
        for (found, (period, wave)) in found.iter().zip(&self.waves) {
            assert_eq!((&found.period, found.closed), (period, wave.closed), "{steps:?}");
            assert_eq!(found.counts, wave.expected(0..PEOPLE.len()), "{period}: {steps:?}");
            assert_eq!(
                found.segments,
                [(TEAM_OF_SIX.to_owned(), wave.expected(0..6))],
                "{period}: {steps:?}"
            );
        }
    }
}

impl Wave {
    fn expected(&self, people: std::ops::Range<usize>) -> Counts {
        let asked = people.clone().filter(|who| self.asked.contains(who)).count() as u64;
        let said: Vec<u8> = people.filter_map(|who| self.said.get(&who).copied()).collect();
        let of = |place: u8| said.iter().filter(|mask| **mask >> (place - 1) & 1 == 1).count() as u64;
        let mut buckets = [1, 2, 3].map(of).to_vec();
        while buckets.last() == Some(&0) {
            buckets.pop();
        }
        let skipped = said.iter().filter(|mask| **mask == 0).count() as u64;
        Counts::new(asked, said.len() as u64, 3, skipped, said.len() as u64 - skipped, buckets)
    }
}

fn user(name: &str) -> String {
    format!("U{}", name.to_uppercase())
}

/// As `people.toml` has it.
fn team() -> String {
    let members: Vec<String> =
        PEOPLE[..6].iter().map(|name| format!("slack:{TEAM}:{}", user(name))).collect();
    format!("[[team]]\nname = \"{TEAM_OF_SIX}\"\nmembers = {members:?}\n")
}

fn invocation(name: &str, delivery: usize, input: Input) -> Invocation {
    Invocation {
        identity: Identity::new("slack", TEAM, &user(name)),
        standing: Standing::Member,
        display_name: name.into(),
        place: Place { conversation: "C1".into(), direct: false, thread: None },
        delivery: format!("trial-{delivery}"),
        answer_by: AnswerBy::Inline,
        input,
    }
}

/// How many sums were not what the answers add up to.
async fn rebuild(app: &TestApp) -> usize {
    app.app.db.write((), |tx, ()| Box::pin(surveys::rebuild(tx))).await.unwrap().mended
}
