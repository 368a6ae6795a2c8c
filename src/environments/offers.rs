//! What more life an environment may have: the ends that are offered to choose from. Pure.

use std::time::Duration;

use super::notice::Term;
use crate::clock::Timestamp;

const HOUR: Duration = Duration::from_secs(3_600);
const DAY: Duration = Duration::from_secs(86_400);

/// A later end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Offer {
    /// How much longer that is.
    pub by: Duration,
    pub until: Timestamp,
}

/// From where on it is kept longer, and by how much at most.
fn room(term: Term, latest: Timestamp, now: Timestamp) -> (Timestamp, Duration) {
    let base = term.deadline.max(now);
    (base, latest.since(base))
}

/// The one that a button offers: three days, one for what was to live less than two, or what is left.
pub fn usual(term: Term, latest: Timestamp, now: Timestamp) -> Option<Offer> {
    let (base, left) = room(term, latest, now);
    let wanted = if term.deadline.since(term.set_at) < 2 * DAY { DAY } else { 3 * DAY };
    let unit = if left < DAY { HOUR } else { DAY };
    let by = wanted.min(unit * u32::try_from(left.as_secs() / unit.as_secs()).unwrap_or(u32::MAX));
    (!by.is_zero()).then(|| Offer { by, until: base.plus(by) })
}

/// Those of the form, soonest first; the last one is as long as it may live. None where an hour is not left.
pub fn all(term: Term, latest: Timestamp, now: Timestamp) -> Vec<Offer> {
    let (base, left) = room(term, latest, now);
    let spans = match left < DAY {
        true => [1, 4, 12].map(|count| HOUR * count).to_vec(),
        false => [1, 2, 3, 7, 14].map(|count| DAY * count).to_vec(),
    };
    let mut fitting: Vec<Duration> = spans.into_iter().filter(|span| *span <= left).collect();
    if fitting.last().is_some_and(|last| *last < left) {
        fitting.push(left);
    }
    fitting.into_iter().map(|by| Offer { by, until: base.plus(by) }).collect()
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;

    use super::*;
    use crate::duration::short;

    /// What is offered to one that was to live so long and has so much left before the last end.
    fn offered(life: &str, left: &str) -> String {
        let span = |text| crate::duration::parse(text).unwrap();
        let term = Term { set_at: Timestamp(0), deadline: Timestamp(0).plus(span(life)) };
        let latest = term.deadline.plus(span(left));
        let usual = usual(term, latest, term.set_at).map_or("none".into(), |offer| short(offer.by));
        let all: Vec<_> = all(term, latest, term.set_at).iter().map(|offer| short(offer.by)).collect();
        format!("{life} and {left}: {usual} of {all:?}")
    }

    #[test]
    fn what_is_offered_fits_what_is_left() {
        let cases =
            [("3d", "11d"), ("1d", "11d"), ("3d", "1d12h"), ("3d", "5h30m"), ("3d", "59m"), ("3d", "30d")];
        assert_snapshot!(cases.map(|(life, left)| offered(life, left)).join("\n"), @r#"
        3d and 11d: 3d of ["1d", "2d", "3d", "7d", "11d"]
        1d and 11d: 1d of ["1d", "2d", "3d", "7d", "11d"]
        3d and 1d12h: 1d of ["1d", "1d12h"]
        3d and 5h30m: 5h of ["1h", "4h", "5h30m"]
        3d and 59m: none of []
        3d and 30d: 3d of ["1d", "2d", "3d", "7d", "14d", "30d"]
        "#);
    }

    #[test]
    fn after_the_deadline_it_counts_from_now_and_never_passes_the_last_end() {
        let day = |n| Timestamp(0).plus(n * DAY);
        let (term, latest, now) = (Term { set_at: day(0), deadline: day(3) }, day(10), day(8));
        assert_eq!(usual(term, latest, now), Some(Offer { by: 2 * DAY, until: latest }));
        assert!(all(term, latest, now).iter().all(|offer| offer.until > now && offer.until <= latest));
        assert_eq!(usual(term, latest, latest), None);
    }
}
