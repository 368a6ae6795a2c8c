//! Random sequences of prompts, answers, changes, withdrawals, "does not apply", people who want no
//! more questions or are forgotten, ends of waves, and crashes: the sums are what the answers add
//! up to, and those are what was said.

#![expect(clippy::unwrap_used, reason = "a test stops at the first thing that is not so")]

mod trial;

use proptest::prelude::*;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::TestRunner;

use trial::{PEOPLE, Trial};

/// What somebody does, or what happens to them.
#[derive(Debug, Clone)]
enum Deed {
    /// These places, as a bit mask.
    Choose(u8),
    DoesNotApply,
    Comment,
    Withdraw,
    NotNow,
    NoneOfThese,
    Forget,
    /// What the survey asks about.
    GetsAnEnvironment,
    /// A product manager ends the wave.
    Close,
}

/// How the bot fares meanwhile.
#[derive(Debug, Clone, Copy)]
enum Fate {
    Well,
    /// The same delivery comes again, or the same job.
    Repeated,
    /// All is done and nothing on disk; the person does it no more, and a job is begun again.
    CutOffBefore,
    /// Just before its first commit, just after it, before its second …; the same delivery comes
    /// again. A job is cut off at all of these.
    CutOffAt(usize),
}

#[derive(Debug)]
struct Step {
    who: usize,
    deed: Deed,
    fate: Fate,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let deed = prop_oneof![
        24 => (1_u8..8).prop_map(Deed::Choose),
        6 => Just(Deed::DoesNotApply),
        4 => Just(Deed::Comment),
        10 => Just(Deed::Withdraw),
        2 => Just(Deed::NotNow),
        2 => Just(Deed::NoneOfThese),
        5 => Just(Deed::Forget),
        5 => Just(Deed::GetsAnEnvironment),
        1 => Just(Deed::Close),
    ];
    let fate = prop_oneof![
        4 => Just(Fate::Well),
        1 => Just(Fate::Repeated),
        2 => Just(Fate::CutOffBefore),
        2 => (1_usize..5).prop_map(Fate::CutOffAt),
    ];
    let step = (0..PEOPLE.len(), deed, fate).prop_map(|(who, deed, fate)| Step { who, deed, fate });
    proptest::collection::vec(step, 1..32)
}

#[tokio::test]
async fn whatever_happens_the_sums_are_what_was_said() {
    let mut trial = Trial::start().await;
    let mut runner = TestRunner::default();
    for _ in 0..30 {
        trial.begins_a_wave().await;
        let steps = steps().new_tree(&mut runner).unwrap().current();
        for step in &steps {
            trial.does(step).await;
        }
        trial.agrees(&steps).await;
    }
    trial.app.end().await;
}
