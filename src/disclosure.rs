//! Disclosure control: what may be said of groups' answers. Every score passes here.
//!
//! Three rules, in this order. A group of fewer than k answers shows how many there are and nothing
//! else. Of a wave's teams, no more is shown than leaves those hidden worked out by subtraction: see
//! [`teams`]. And where all said the same, a band stands for the score, for it would be everybody's
//! answer. Participation (who was asked, how many answered) may always be told.
//!
//! Over time it is the same: whoever looks at an open wave after each single answer would see what it
//! said. So an open wave is told in steps of k answers ([`Step`]), whole and without teams, and as it
//! came out once it is closed; who follows both learns at most what the last few said, and not who they are.

use std::collections::{BTreeMap, BTreeSet};

use crate::statistics::privacy::{Fate, Node, Tree, suppression_tree};
use crate::statistics::{count, wilson};

/// Fewer answers than this never show a score, whatever a survey's file says.
pub const LEAST_K: u64 = 3;

/// What a group's answers add up to. Participation may be told; what was answered
/// leaves through [`release`] alone.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Counts {
    pub invited: u64,
    pub answered: u64,
    /// Nothing is shown below this many answers.
    pub k: u64,
    skipped: u64,
    n: u64,
    buckets: Vec<u64>,
}

impl Counts {
    /// `n` answers that chose, by place in `buckets` (a multiple choice counts in several),
    /// and `skipped` that said it does not apply.
    pub fn new(invited: u64, answered: u64, k: u64, skipped: u64, n: u64, buckets: Vec<u64>) -> Self {
        Counts { invited, answered, k, skipped, n, buckets }
    }

    /// Answers that were given and are not told yet; see [`Step`].
    pub fn untold(&self) -> u64 {
        self.answered.saturating_sub(self.n + self.skipped)
    }

    fn enough(&self) -> bool {
        self.n >= self.k.max(LEAST_K)
    }

    /// Adds what was said in another group.
    fn add(&mut self, other: &Counts) {
        self.skipped += other.skipped;
        self.n += other.n;
        if self.buckets.len() < other.buckets.len() {
            self.buckets.resize(other.buckets.len(), 0);
        }
        self.buckets.iter_mut().zip(&other.buckets).for_each(|(all, more)| *all += more);
    }

    /// What is left of it without a group that is part of it.
    fn without(mut self, part: &Counts) -> Counts {
        self.skipped = self.skipped.saturating_sub(part.skipped);
        self.n = self.n.saturating_sub(part.n);
        self.buckets.iter_mut().zip(&part.buckets).for_each(|(all, less)| *all = all.saturating_sub(*less));
        self
    }
}

/// Answers of an open wave, (now, when they were told last): those that chose, and all of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Step {
    pub placed: (u64, u64),
    pub all: (u64, u64),
}

impl Step {
    /// Whether the wave is told anew: with the first k that chose, then with each k more answers. A changed
    /// answer is no more answer: else somebody could turn their own until somebody else's is told alone.
    pub fn is_due(self, k: u64) -> bool {
        let (k, Step { placed, all }) = (k.max(LEAST_K), self);
        placed.0 >= k && (placed.1 < k || all.0 >= all.1 + k)
    }
}

/// The place that all of a group chose; it answers one question only.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Same(usize);

impl Same {
    /// Whether it is `place`, from 1, or one after it: on the better side of a scale.
    pub fn from(self, place: usize) -> bool {
        self.0 >= place
    }
}

/// Answers that may be shown, or why not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Released {
    Shown {
        n: u64,
        skipped: u64,
        buckets: Vec<u64>,
    },
    /// All said the same: which side of the scale, and no more.
    Alike {
        n: u64,
        skipped: u64,
        same: Same,
    },
    TooFew {
        n: u64,
        k: u64,
    },
}

/// The answers of a group, where they are enough.
pub fn release(counts: &Counts) -> Released {
    let Counts { skipped, n, ref buckets, .. } = *counts;
    if !counts.enough() {
        return Released::TooFew { n, k: counts.k.max(LEAST_K) };
    }
    match buckets.iter().position(|hits| *hits == n) {
        // Of a multiple choice several places can be everybody's.
        Some(place) if buckets.iter().sum::<u64>() == n => {
            Released::Alike { n, skipped, same: Same(place + 1) }
        }
        _ => Released::Shown { n, skipped, buckets: buckets.clone() },
    }
}

/// What the waves of a survey add up to, whole and by team.
#[derive(Debug, Clone, Default)]
pub struct Pooled {
    pub whole: Counts,
    /// Waves with too few answers, which the score leaves out.
    pub left_out: u64,
    /// Answers of those that count which wait for the next step; see [`Step`].
    pub untold: u64,
    /// Teams that some wave may show.
    pub teams: BTreeMap<String, Counts>,
    /// Teams that no wave may show.
    pub hidden: BTreeSet<String>,
}

/// The teams of a wave that may be shown, each as far as [`release`] lets it; none of a wave of too few
/// answers. A team is left out that is too small, or from which one that is too small could be worked
/// out by subtraction; people without a team count as one. What is left without the teams that show
/// their answers must not be everybody's same answer either: while it is, the smallest of them goes, too.
pub fn teams<'a>(whole: &Counts, teams: &'a [(String, Counts)]) -> Vec<(&'a str, &'a Counts)> {
    if !whole.enough() {
        return Vec::new();
    }
    let fates = fates(whole, teams);
    let published = |(name, team): &&(String, Counts)| {
        fates.get(&format!("team {name}")) == Some(&Fate::Published) && team.enough()
    };
    let mut shown: Vec<(&str, &Counts)> =
        teams.iter().filter(published).map(|(name, team)| (name.as_str(), team)).collect();
    let telling = |team: &Counts| matches!(release(team), Released::Shown { .. });
    loop {
        let open = shown.iter().filter(|(_, team)| telling(team));
        let left = open.clone().fold(whole.clone(), |left, (_, team)| left.without(team));
        let smallest = open.min_by_key(|(_, team)| team.n).map(|(name, _)| *name);
        match (release(&left), smallest) {
            (Released::Alike { .. }, Some(smallest)) => shown.retain(|(name, _)| *name != smallest),
            _ => return shown,
        }
    }
}

/// Adds up waves, each with its teams. A wave of fewer than k answers is left out of the score: two
/// spans of time that differ by it would else tell it. Of a wave, only those [`teams`] are added up that
/// may be shown, so every sum here is made of groups that may be shown by themselves.
pub fn pool<'a>(waves: impl IntoIterator<Item = (&'a Counts, &'a [(String, Counts)])>) -> Pooled {
    let mut pooled = Pooled::default();
    for (whole, of_wave) in waves {
        pooled.hidden.extend(of_wave.iter().map(|(name, _)| name.clone()));
        let told = pooled.whole.invited + whole.invited;
        (pooled.whole.invited, pooled.whole.answered) = (told, pooled.whole.answered + whole.answered);
        pooled.whole.k = pooled.whole.k.max(whole.k);
        if !whole.enough() {
            pooled.left_out += u64::from(whole.answered > 0);
            continue;
        }
        pooled.whole.add(whole);
        pooled.untold += whole.untold();
        for (name, team) in self::teams(whole, of_wave) {
            let sum = pooled.teams.entry(name.to_owned()).or_default();
            (sum.invited, sum.answered) = (sum.invited + team.invited, sum.answered + team.answered);
            sum.k = sum.k.max(team.k);
            sum.add(team);
        }
    }
    pooled.hidden.retain(|name| !pooled.teams.contains_key(name));
    pooled
}

/// Of a wave and its teams; people without a team are one that is never shown, whatever it is called.
fn fates(whole: &Counts, teams: &[(String, Counts)]) -> BTreeMap<String, Fate> {
    let node = |id: String, n: u64| Node { id, n, children: Vec::new() };
    let of_teams: u64 = teams.iter().map(|(_, team)| team.n).sum();
    let mut children: Vec<Node> =
        teams.iter().map(|(name, team)| node(format!("team {name}"), team.n)).collect();
    children.push(node("none".into(), whole.n.saturating_sub(of_teams)));
    let tree = Node { id: "all".into(), n: whole.n, children };
    suppression_tree(&Tree { k: whole.k.max(LEAST_K), tree }).unwrap_or_default()
}

/// A count of people that may be shown; `None` below k.
pub fn people(n: u64, k: u64) -> Option<u64> {
    (n >= k.max(LEAST_K)).then_some(n)
}

/// A share that may be shown, or why not.
#[derive(Debug, Clone, PartialEq)]
pub enum Share {
    /// The share with its 95 % interval (Wilson), all 0..=1.
    Shown { share: f64, low: f64, high: f64, n: u64 },
    /// Too few: only how many there are and from how many on it is shown.
    TooFew { n: u64, k: u64 },
}

/// `hits` of `n` answers, shown from `k` answers on.
pub fn share(hits: u64, n: u64, k: u64) -> Share {
    let k = k.max(LEAST_K);
    match wilson(hits, n) {
        Some((low, high)) if n >= k => Share::Shown { share: count(hits) / count(n), low, high, n },
        _ => Share::TooFew { n, k },
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// As many answers in each place, all of those asked.
    fn said(buckets: &[u64]) -> Counts {
        let n = buckets.iter().sum();
        Counts::new(n, n, 5, 0, n, buckets.to_vec())
    }

    #[test]
    fn nothing_is_shown_below_k_and_k_is_never_below_three() {
        assert_eq!(share(4, 4, 5), Share::TooFew { n: 4, k: 5 });
        assert!(matches!(share(4, 5, 5), Share::Shown { n: 5, .. }));
        assert_eq!(share(2, 2, 1), Share::TooFew { n: 2, k: 3 });
        assert_eq!(share(0, 0, 5), Share::TooFew { n: 0, k: 5 });
        assert_eq!(release(&said(&[2, 2])), Released::TooFew { n: 4, k: 5 });
    }

    #[test]
    fn an_open_wave_is_told_with_the_first_k_and_with_each_k_more() {
        let due = |placed, all| Step { placed, all }.is_due(5);
        assert!(!due((4, 0), (9, 0)), "four that chose are too few, whatever the others say");
        assert!(due((5, 0), (5, 0)) && !due((5, 5), (5, 5)));
        assert!(!due((9, 5), (9, 5)) && due((10, 5), (10, 5)));
        assert!(!due((9, 5), (9, 6)) && due((9, 5), (11, 6)), "whoever was not concerned answered too");
        assert!(!due((4, 5), (4, 5)), "withdrawn: what was told stays");
    }

    #[test]
    fn six_times_the_same_tells_the_side_alone() {
        let Released::Alike { n: 6, same, .. } = release(&said(&[6, 0, 0, 0, 0])) else {
            panic!("not alike")
        };
        assert!(!same.from(4));
        assert!(matches!(release(&said(&[1, 5])), Released::Shown { .. }));
        let several = Counts::new(6, 6, 5, 0, 6, vec![6, 4]);
        assert!(matches!(release(&several), Released::Shown { .. }), "a multiple choice");
    }

    #[test]
    fn a_small_team_takes_a_second_with_it_and_small_waves_are_left_out() {
        let teams = [("a", &[1, 3][..]), ("b", &[4, 3]), ("c", &[5, 4])]
            .map(|(name, buckets)| (name.to_owned(), said(buckets)));
        let (whole, small) = (said(&[10, 10]), said(&[1, 1]));
        let pooled = pool([(&whole, &teams[..]), (&small, &[])]);
        assert_eq!(pooled.teams.keys().collect::<Vec<_>>(), ["c"]);
        assert_eq!(pooled.hidden.iter().collect::<Vec<_>>(), ["a", "b"]);
        assert_eq!((pooled.whole.n, pooled.whole.answered, pooled.left_out), (20, 22, 1));
    }

    #[test]
    fn a_team_that_is_all_alike_is_not_what_the_others_leave() {
        let teams = [("a", &[4, 3][..]), ("b", &[3, 6]), ("same", &[0, 7])]
            .map(|(name, buckets)| (name.to_owned(), said(buckets)));
        let shown: Vec<&str> =
            super::teams(&said(&[7, 16]), &teams).into_iter().map(|(name, _)| name).collect();
        assert_eq!(shown, ["b", "same"], "16 good ones less 3 and 6 would be all 7 of the third");
    }

    proptest! {
        /// Nobody outside the shown teams is alone or among too few.
        #[test]
        fn what_is_left_of_a_wave_is_nobody_or_enough(sizes in proptest::collection::vec(0_u64..14, 0..6), rest in 0_u64..9) {
            let teams: Vec<(String, Counts)> =
                sizes.iter().enumerate().map(|(place, n)| (place.to_string(), said(&[*n, 0]))).collect();
            let whole = said(&[sizes.iter().sum::<u64>(), rest]);
            let pooled = pool([(&whole, &teams[..])]);
            let left = pooled.whole.n - pooled.teams.values().map(|team| team.n).sum::<u64>();
            prop_assert!(left == 0 || left >= 5 || pooled.whole.n == 0, "{left} of {sizes:?} and {rest}");
        }

        /// Whoever is left without the teams that show their answers did not all say the same.
        #[test]
        fn what_is_left_of_a_wave_is_nobodys_certain_answer(given in proptest::collection::vec((0_u64..7, 0_u64..7), 1..6), rest in (0_u64..9, 0_u64..9)) {
            let groups: Vec<(String, Counts)> =
                given.iter().enumerate().map(|(n, (bad, good))| (n.to_string(), said(&[*bad, *good]))).collect();
            let sum = given.iter().fold(rest, |sum, one| (sum.0 + one.0, sum.1 + one.1));
            let telling: Vec<&Counts> = teams(&said(&[sum.0, sum.1]), &groups)
                .into_iter()
                .map(|(_, team)| team)
                .filter(|team| matches!(release(team), Released::Shown { .. }))
                .collect();
            let left = telling.iter().fold(said(&[sum.0, sum.1]), |left, team| left.without(team));
            prop_assert!(telling.is_empty() || !matches!(release(&left), Released::Alike { .. }), "{given:?}, {rest:?}");
        }
    }
}
