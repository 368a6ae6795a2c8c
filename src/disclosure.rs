//! Disclosure control: what may be said of a group's answers. Every score passes here.

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
}

/// Answers that may be shown, or why not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Released {
    Shown { n: u64, skipped: u64, buckets: Vec<u64> },
    TooFew { n: u64, k: u64 },
}

/// The answers of a group, where they are enough.
pub fn release(counts: &Counts) -> Released {
    let k = counts.k.max(LEAST_K);
    if counts.n < k {
        return Released::TooFew { n: counts.n, k };
    }
    Released::Shown { n: counts.n, skipped: counts.skipped, buckets: counts.buckets.clone() }
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
    use super::*;

    #[test]
    fn nothing_is_shown_below_k_and_k_is_never_below_three() {
        assert_eq!(share(4, 4, 5), Share::TooFew { n: 4, k: 5 });
        assert!(matches!(share(4, 5, 5), Share::Shown { n: 5, .. }));
        assert_eq!(share(2, 2, 1), Share::TooFew { n: 2, k: 3 });
        assert_eq!(share(0, 0, 5), Share::TooFew { n: 0, k: 5 });
    }
}
