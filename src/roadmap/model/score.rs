//! From evidence to a rank: what speaks for an item as the numbers of a RICE score. Pure.

use std::collections::BTreeMap;

use super::evidence::{FAILED, Finding, MISSED};
use super::item::{Item, Term};
use crate::disclosure;
use crate::statistics::ranking::{self, Portfolio, Score, rice_rank};

/// People of an item are counted and shown from so many on.
pub const K: u64 = 5;
/// Two whose odds are less clear than this are tied.
const CLEAR: f64 = 0.8;

/// All that speaks for an item lately.
#[derive(Debug, Clone, Default)]
pub struct Case {
    pub findings: Vec<Finding>,
    /// People whose create failed.
    pub failed: u64,
    /// Other people who were seen: they searched, voted or wrote.
    pub missed: u64,
}

/// Where the reach comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Basis {
    /// Answers, scaled to everybody.
    Answers { hits: u64, n: u64 },
    /// People who were seen, of all that are active: as many as there are at least.
    Seen { people: u64, of: u64 },
}

impl Case {
    /// Answers over all waves; two pieces of evidence from one wave have the same people behind them.
    fn answers(&self) -> Option<(u64, u64)> {
        let mut waves: BTreeMap<&str, (u64, u64)> = BTreeMap::new();
        for finding in &self.findings {
            let wave = waves.entry(&finding.wave).or_default();
            *wave = ((wave.0 + finding.hits).min(finding.n), finding.n);
        }
        let sum = waves.values().fold((0, 0), |sum, wave| (sum.0 + wave.0, sum.1 + wave.1));
        (sum.1 > 0).then_some(sum)
    }

    /// The people that were seen, where they are enough to be counted at all.
    pub fn seen(&self) -> Option<u64> {
        disclosure::people(self.failed + self.missed, K)
    }

    /// Whatever shows more people: answers speak for those not asked, too; people who were seen
    /// are the least there can be. `None`: it needs evidence.
    pub fn basis(&self, population: u64) -> Option<Basis> {
        let of = population.max(self.failed + self.missed);
        let answers = self.answers().filter(|(_, n)| *n >= K);
        match (answers, self.seen()) {
            (Some((hits, n)), Some(people)) if hits * of < people * n => Some(Basis::Seen { people, of }),
            (Some((hits, n)), _) => Some(Basis::Answers { hits, n }),
            (None, Some(people)) => Some(Basis::Seen { people, of }),
            (None, None) => None,
        }
    }

    /// How much it matters to each who answered or was seen. Too few people do not count here either,
    /// so that no number tells of them.
    pub fn impacts(&self) -> Vec<f64> {
        let answers = self.findings.iter().flat_map(|finding| finding.impacts.iter().copied());
        let seen = self.seen().map(|_| [(FAILED, self.failed), (MISSED, self.missed)]);
        let all = answers.chain(seen.into_iter().flatten());
        all.flat_map(|(impact, people)| (0..people).map(move |_| impact)).collect()
    }
}

/// What a live item is ranked with.
#[derive(Debug, Clone)]
pub struct Candidate {
    pub item: Item,
    pub case: Case,
    pub term: Option<Term>,
}

/// Why an item has no rank.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Needs {
    Evidence,
    Estimate,
}

/// An item with its place.
#[derive(Debug, Clone)]
pub struct Ranked {
    pub candidate: Candidate,
    pub place: Result<Place, Needs>,
}

/// Where an item stands, and what that rests on.
#[derive(Debug, Clone)]
pub struct Place {
    /// From and to, from 1; more than one where it is tied.
    pub ranks: (usize, usize),
    /// That it matters more than the next one.
    pub before_next: Option<f64>,
    pub basis: Basis,
    /// From the evidence alone.
    pub score: Score,
    /// With the product manager's term.
    pub with_term: f64,
}

/// All live items in their order, those without a rank last. `population` is who is active.
pub fn rank(candidates: Vec<Candidate>, population: u64) -> Vec<Ranked> {
    let (mut competing, mut waiting) = (Vec::new(), Vec::new());
    for candidate in candidates {
        match entry(&candidate, population) {
            Ok((basis, entry)) => competing.push((candidate, basis, entry)),
            Err(needs) => waiting.push(Ranked { candidate, place: Err(needs) }),
        }
    }
    let mut ranked = ordered(competing);
    waiting.sort_by_key(|one| std::cmp::Reverse(one.candidate.item.votes));
    ranked.append(&mut waiting);
    ranked
}

fn entry(candidate: &Candidate, population: u64) -> Result<(Basis, ranking::Item), Needs> {
    let basis = candidate.case.basis(population).ok_or(Needs::Evidence)?;
    let effort = candidate.item.effort.ok_or(Needs::Estimate)?;
    let (x, n) = match basis {
        Basis::Answers { hits, n } => (hits, n),
        Basis::Seen { people, of } => (people, of),
    };
    let everybody = population.max(candidate.case.failed + candidate.case.missed);
    Ok((
        basis,
        ranking::Item {
            id: candidate.item.id.clone(),
            population: crate::statistics::count(everybody),
            x,
            n,
            impacts: candidate.case.impacts(),
            e50: effort.p50,
            e90: effort.p90,
        },
    ))
}

type Competing = (Candidate, Basis, ranking::Item);

/// The term of a product manager multiplies the score; the reach is proportional to it, so an item
/// with a term ranks like one with as many more people.
fn ordered(competing: Vec<Competing>) -> Vec<Ranked> {
    let evidence: Vec<ranking::Item> = competing.iter().map(|(_, _, entry)| entry.clone()).collect();
    let with_terms = competing.iter().map(|(candidate, _, entry)| {
        let factor = candidate.term.as_ref().map_or(1.0, |term| term.factor);
        ranking::Item { population: entry.population * factor, ..entry.clone() }
    });
    let with_terms = Portfolio { items: with_terms.collect() };
    let (Ok(plain), Ok(ranking)) = (rice_rank(&Portfolio { items: evidence }), rice_rank(&with_terms)) else {
        return Vec::new();
    };
    let place_of = |id: &String| with_terms.items.iter().position(|item| item.id == *id);
    let order: Vec<usize> = ranking.order.iter().filter_map(place_of).collect();
    let beats = |one: usize, other: usize| ranking.prob_row_beats_column[order[one]][order[other]];
    let groups = groups(order.len(), &beats);
    let row = |(rank, place): (usize, &usize)| {
        let (candidate, basis, entry) = &competing[*place];
        Some(Ranked {
            candidate: candidate.clone(),
            place: Ok(Place {
                ranks: groups[rank],
                before_next: (rank + 1 < order.len()).then(|| beats(rank, rank + 1)),
                basis: *basis,
                score: plain.items.get(&entry.id)?.clone(),
                with_term: ranking.items.get(&entry.id)?.rice,
            }),
        })
    };
    order.iter().enumerate().filter_map(row).collect()
}

/// The ranks of each place: those that its first one does not clearly beat share them.
fn groups(places: usize, beats: &dyn Fn(usize, usize) -> f64) -> Vec<(usize, usize)> {
    let mut groups = Vec::new();
    while groups.len() < places {
        let first = groups.len();
        let tied = (first + 1..places).take_while(|next| beats(first, *next) <= CLEAR).count();
        groups.extend(std::iter::repeat_n((first + 1, first + 1 + tied), tied + 1));
    }
    groups
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::item::{Effort, State};
    use super::*;

    fn finding(wave: &str, hits: u64, n: u64) -> Finding {
        Finding {
            wave: wave.into(),
            period: "2026-11".into(),
            hits,
            n,
            impacts: vec![(1.0, hits)],
            teams: vec![],
        }
    }

    fn candidate(id: &str, case: Case, factor: Option<f64>) -> Candidate {
        let effort = Some(Effort { p50: 2.0, p90: 3.0 });
        let (id, key, title) = (id.to_owned(), id.to_owned(), id.to_owned());
        let item = Item { id, key, title, state: State::Open, ended_at: None, said: None, effort, votes: 0 };
        let at = crate::clock::Timestamp(0);
        let term = factor.map(|factor| Term { factor, reason: "law".into(), by: "Priya".into(), at });
        Candidate { item, case, term }
    }

    #[test]
    fn two_reasons_of_one_wave_have_the_same_people_behind_them() {
        let findings = vec![finding("a", 4, 20), finding("a", 6, 20), finding("b", 2, 5)];
        let case = Case { findings, ..Case::default() };
        assert_eq!(case.basis(100), Some(Basis::Answers { hits: 12, n: 25 }));
    }

    #[test]
    fn too_few_people_are_no_evidence_and_move_no_number() {
        let few = Case { failed: 2, missed: 2, ..Case::default() };
        assert_eq!((few.basis(100), few.impacts().len()), (None, 0));
        let seen = Case { failed: 2, missed: 3, ..Case::default() };
        assert_eq!(seen.basis(100), Some(Basis::Seen { people: 5, of: 100 }));
        let more = Case { findings: vec![finding("a", 1, 10)], failed: 60, missed: 0 };
        assert_eq!(more.basis(100), Some(Basis::Seen { people: 60, of: 100 }));
    }

    #[test]
    fn a_term_moves_the_order_and_leaves_the_evidence() {
        let strong = Case { findings: vec![finding("a", 30, 40)], ..Case::default() };
        let weak = Case { findings: vec![finding("a", 10, 40)], ..Case::default() };
        let plain =
            rank(vec![candidate("weak", weak.clone(), None), candidate("strong", strong.clone(), None)], 100);
        assert_eq!(plain[0].candidate.item.id, "strong");
        let moved = rank(vec![candidate("strong", strong, None), candidate("weak", weak, Some(10.0))], 100);
        let (place, before) = (moved[0].place.as_ref().unwrap(), plain[1].place.as_ref().unwrap());
        assert_eq!(moved[0].candidate.item.id, "weak");
        assert!((place.score.rice - before.score.rice).abs() < 1e-9, "its own score stays");
        assert!((place.with_term / place.score.rice - 10.0).abs() < 1e-9);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(12))]
        #[test]
        fn ranks_are_whole_groups_in_order(given in proptest::collection::vec((0_u64..30, 0_u64..30), 1..6)) {
            let candidates = given.iter().enumerate().map(|(n, (hits, more))| {
                let findings = vec![finding("a", *hits, hits + more + 5)];
                candidate(&n.to_string(), Case { findings, ..Case::default() }, None)
            });
            let ranked = rank(candidates.collect(), 200);
            prop_assert_eq!(ranked.len(), given.len());
            for (rank, one) in ranked.iter().enumerate() {
                let (from, to) = one.place.as_ref().unwrap().ranks;
                prop_assert!(from <= rank + 1 && rank < to && to <= given.len());
                prop_assert!(one.place.as_ref().unwrap().before_next.is_none_or(|odds| odds >= 0.5));
            }
        }
    }
}
