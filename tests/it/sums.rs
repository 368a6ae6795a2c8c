//! Random sequences of answers, changes, withdrawals, "does not apply" and crashes: the sums are
//! what the answers add up to, and those are what was said.

#![expect(clippy::unwrap_used, reason = "a test stops at the first thing that is not so")]

use std::collections::BTreeMap;
use std::sync::Arc;

use goldenpath::chat::inbound::{AnswerBy, Identity, Input, Invocation, Place, Standing};
use goldenpath::chat::message::{ButtonValue, Reply};
use goldenpath::clock::Timestamp;
use goldenpath::disclosure::Counts;
use goldenpath::surveys;
use proptest::prelude::*;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::TestRunner;
use serde_json::json;

use crate::harness::fake_slack::TEAM;
use crate::harness::test_app::TestApp;
use crate::harness::work::Scissors;

const SURVEY: &str = "key = \"own\"\ntitle = \"Own\"\nwhy = \"One click.\"\ndecision = \"what is mended\"\n\
                      mode = \"confidential\"\nk = 3\n[when]\nfact = \"env.ready\"\n\
                      [question]\nkind = \"multiple\"\ntext = \"What got in the way?\"\n\
                      choices = [\"Errors\", \"Waiting\", \"Docs\"]\nnot_applicable = \"I don't use it\"\n";
const PEOPLE: [&str; 4] = ["Ada", "Ben", "Cy", "Di"];
/// Of Ada and Ben.
const TEAM_OF_TWO: &str = "core";

/// What somebody does.
#[derive(Debug, Clone)]
enum Deed {
    /// These places, as a bit mask.
    Choose(u8),
    DoesNotApply,
    Comment,
    Withdraw,
}

/// How the bot fares meanwhile.
#[derive(Debug, Clone, Copy)]
enum Fate {
    Well,
    /// The same delivery comes again.
    Repeated,
    /// All is done and nothing on disk; the person does it no more.
    CutOffBefore,
    /// All is on disk and nobody knows; the same delivery comes again.
    CutOffAfter,
}

fn steps() -> impl Strategy<Value = Vec<(usize, Deed, Fate)>> {
    let deed = prop_oneof![
        4 => (1_u8..8).prop_map(Deed::Choose),
        1 => Just(Deed::DoesNotApply),
        1 => Just(Deed::Comment),
        2 => Just(Deed::Withdraw),
    ];
    let fate = prop_oneof![
        4 => Just(Fate::Well),
        1 => Just(Fate::Repeated),
        2 => Just(Fate::CutOffBefore),
        2 => Just(Fate::CutOffAfter),
    ];
    proptest::collection::vec((0..PEOPLE.len(), deed, fate), 1..16)
}

struct Trial {
    app: TestApp,
    scissors: Arc<Scissors>,
    /// The invitation of each person.
    asked: Vec<String>,
    deliveries: usize,
    /// What each answered: a mask, 0 for "does not apply".
    said: BTreeMap<usize, u8>,
}

impl Trial {
    async fn start() -> Trial {
        let app = TestApp::asking(SURVEY).await;
        for name in PEOPLE {
            app.person(name).types(&format!("env create preview-site {}-site", name.to_lowercase())).await;
        }
        app.run_jobs().await;
        app.changes("UPDATE invitation SET segment = 'core' WHERE person_id IN (SELECT id FROM person WHERE name IN ('Ada', 'Ben'))").await;
        rebuild(&app).await;
        let asked = "SELECT invitation.id FROM invitation JOIN wave ON wave.id = wave_id
                     JOIN person ON person.id = person_id WHERE survey = 'own' ORDER BY name";
        let (asked, scissors) = (app.texts(asked).await, Scissors::new());
        app.app.db.pass(scissors.clone());
        Trial { app, scissors, asked, deliveries: 0, said: BTreeMap::new() }
    }

    async fn does(&mut self, (who, deed, fate): &(usize, Deed, Fate)) {
        self.deliveries += 1;
        let invocation = self.invocation(*who, deed);
        match fate {
            Fate::Well => drop(self.delivered(&invocation).await),
            Fate::Repeated => {
                let first = self.delivered(&invocation).await;
                assert_eq!(self.delivered(&invocation).await, first);
            }
            Fate::CutOffBefore => {
                // What changes nothing has no moment to be cut off at.
                if !self.cut_off(1, &invocation).await {
                    self.remember(*who, deed);
                }
                return;
            }
            Fate::CutOffAfter => {
                self.cut_off(2, &invocation).await;
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

    fn remember(&mut self, who: usize, deed: &Deed) {
        match deed {
            Deed::Choose(mask) => drop(self.said.insert(who, *mask)),
            Deed::DoesNotApply => drop(self.said.insert(who, 0)),
            Deed::Withdraw => drop(self.said.remove(&who)),
            Deed::Comment => {}
        }
    }

    fn invocation(&self, who: usize, deed: &Deed) -> Invocation {
        let press = |command: &str, arg: &str| Input::Press {
            value: ButtonValue::new(command, &self.asked[who], arg),
        };
        let submit = |command: &str, (field, value): (&str, String)| Input::Submit {
            command: command.into(),
            fixed: vec![("invitation".into(), self.asked[who].clone())],
            values: [(field.to_owned(), value)].into(),
        };
        let input = match deed {
            Deed::Choose(mask) => {
                let places = (1..=3).filter(|place| mask >> (place - 1) & 1 == 1);
                let places: Vec<String> = places.map(|place: u8| place.to_string()).collect();
                submit("survey.answer", ("answer", json!(places).to_string()))
            }
            Deed::DoesNotApply => press("survey.answer", "0"),
            Deed::Comment => submit("survey.comment", ("words", format!("remark {}", self.deliveries))),
            Deed::Withdraw => press("survey.withdraw", ""),
        };
        let user = format!("U{}", PEOPLE[who].to_uppercase());
        Invocation {
            identity: Identity::new("slack", TEAM, &user),
            standing: Standing::Member,
            display_name: PEOPLE[who].into(),
            place: Place { conversation: "C1".into(), direct: false, thread: None },
            delivery: format!("trial-{}", self.deliveries),
            answer_by: AnswerBy::Inline,
            input,
        }
    }

    /// What was said, added up by hand.
    fn expected(&self, people: std::ops::Range<usize>) -> Counts {
        let asked = people.len() as u64;
        let said: Vec<u8> = people.filter_map(|who| self.said.get(&who).copied()).collect();
        let of = |place: u8| said.iter().filter(|mask| **mask >> (place - 1) & 1 == 1).count() as u64;
        let mut buckets = [1, 2, 3].map(of).to_vec();
        while buckets.last() == Some(&0) {
            buckets.pop();
        }
        let skipped = said.iter().filter(|mask| **mask == 0).count() as u64;
        Counts::new(asked, said.len() as u64, 3, skipped, said.len() as u64 - skipped, buckets)
    }

    async fn agrees(&self, steps: &[(usize, Deed, Fate)]) {
        assert_eq!(rebuild(&self.app).await, 0, "{steps:?}");
        let mut conn = self.app.app.db.read().await.unwrap();
        let wave = surveys::sums(&mut conn, "own", Timestamp(0)).await.unwrap().remove(0);
        assert_eq!(wave.counts, self.expected(0..4), "{steps:?}");
        assert_eq!(wave.segments, [(TEAM_OF_TWO.to_owned(), self.expected(0..2))], "{steps:?}");
    }
}

/// How many sums were not what the answers add up to.
async fn rebuild(app: &TestApp) -> usize {
    app.app.db.write((), |tx, ()| Box::pin(surveys::rebuild(tx))).await.unwrap().mended
}

#[tokio::test]
async fn whatever_happens_the_sums_are_what_was_said() {
    let mut trial = Trial::start().await;
    let mut runner = TestRunner::default();
    for _ in 0..40 {
        let steps = steps().new_tree(&mut runner).unwrap().current();
        for step in &steps {
            trial.does(step).await;
        }
        trial.agrees(&steps).await;
    }
    trial.app.end().await;
}
