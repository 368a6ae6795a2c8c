//! Who is asked in a wave, at which moment, and what is to be done when it comes: pure.

use std::time::Duration;

use chrono::NaiveDateTime;

use crate::clock::Timestamp;
use crate::keys::hmac;
use crate::people::model::{Member, Wish};

/// Of a span of work the first hours are used.
const SPREAD: Duration = Duration::from_secs(2 * 3_600);
/// People are asked in groups this far apart, so that nobody is woken for one prompt alone.
const SLOT: Duration = Duration::from_secs(10 * 60);

/// One round of a survey as the plan needs it.
#[derive(Debug, Clone)]
pub struct Round {
    /// HMAC of the wave's id under a key of this installation: it decides who is drawn, and on
    /// their minute, so that a plan made again is the same.
    pub key: [u8; 32],
    /// The share of the people that is asked.
    pub sample: f64,
    /// The local time at which each is asked, at the earliest.
    pub local: Option<NaiveDateTime>,
    /// Nobody is asked before this.
    pub from: Timestamp,
    /// Nor at this or later.
    pub closes_at: Timestamp,
}

/// Why somebody who was drawn is not asked, or not any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Left {
    /// They want no questions.
    Out,
    /// They are no member any more.
    Gone,
    /// They were asked something else so shortly before that the wave is over first.
    Gap,
    /// They do not work before the wave is over.
    Hours,
    /// The wave was over before their turn came.
    Closed,
}

impl Left {
    /// The word in the database.
    pub fn word(self) -> &'static str {
        match self {
            Left::Out => "out",
            Left::Gone => "gone",
            Left::Gap => "gap",
            Left::Hours => "hours",
            Left::Closed => "closed",
        }
    }
}

/// What a wave has in mind with somebody.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Planned {
    /// They were not drawn, or want no questions.
    Passed,
    /// They are asked at this instant; each like them was drawn with this probability.
    At(Timestamp, f64),
    /// They were drawn and cannot be asked.
    Never(Left, f64),
}

/// What is to be done with somebody whose moment has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Turn {
    Ask,
    Later(Timestamp),
    Leave(Left),
}

impl Round {
    /// Whether a member is drawn, and when they are asked.
    pub fn plan(&self, member: &Member) -> Planned {
        let Some(probability) = self.probability(member.surveys) else { return Planned::Passed };
        if self.draw(&member.person) >= probability {
            return Planned::Passed;
        }
        let own = self.local.map_or(self.from, |local| member.zone.instant(local).max(self.from));
        match self.moment(member, own) {
            Some(at) => Planned::At(at, probability),
            None => Planned::Never(Left::Hours, probability),
        }
    }

    /// How likely somebody is drawn; `None` for those who want no questions.
    pub fn probability(&self, wish: Wish) -> Option<f64> {
        match wish {
            Wish::In => Some(self.sample),
            Wish::Fewer => Some(self.sample / 2.0),
            Wish::Out => None,
        }
    }

    /// What to do now with a drawn member, as they are now; `None` for somebody who is none any more.
    pub fn turn(&self, member: Option<&Member>, now: Timestamp) -> Turn {
        match member {
            None => Turn::Leave(Left::Gone),
            Some(member) if member.surveys == Wish::Out => Turn::Leave(Left::Out),
            Some(member) if member.works(now) && now < self.closes_at => Turn::Ask,
            Some(member) => self.later(member, now, Left::Hours),
        }
    }

    /// The next moment from `from` on, unless the wave is over then, for the reason `or`.
    pub fn later(&self, member: &Member, from: Timestamp, or: Left) -> Turn {
        self.moment(member, from).map_or(Turn::Leave(or), Turn::Later)
    }

    /// Their own moment of the span of work that goes on at `from`, or comes next.
    fn moment(&self, member: &Member, from: Timestamp) -> Option<Timestamp> {
        let (start, end) = member.working(from)?;
        // On the clock's round minutes, so that people of all zones come in the same groups.
        let width = i64::try_from(SLOT.as_millis()).unwrap_or(i64::MAX);
        let round = Timestamp((start.0 + width - 1).div_euclid(width) * width);
        let start = if round < end { round } else { start };
        let room = end.since(start).min(SPREAD);
        let slots = (room.as_secs() / SLOT.as_secs()).max(1);
        let slot = self.number("minute", &member.person) % slots;
        let at = start.plus(Duration::from_secs(slot * SLOT.as_secs()));
        (at < self.closes_at).then_some(at)
    }

    /// A number from 0 on and below 1, the same whenever it is asked for.
    fn draw(&self, person: &str) -> f64 {
        // 53 bits are what a double holds exactly.
        let bits = self.number("draw", person) >> 11;
        #[expect(clippy::cast_precision_loss, reason = "53 bits fit")]
        let (bits, whole) = (bits as f64, (1_u64 << 53) as f64);
        bits / whole
    }

    fn number(&self, purpose: &str, person: &str) -> u64 {
        let mac = hmac(&self.key, format!("{purpose}:{person}").as_bytes());
        mac[..8].iter().fold(0, |number, byte| number << 8 | u64::from(*byte))
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use proptest::prelude::*;

    use super::*;
    use crate::chat::inbound::Identity;

    const ZONES: [&str; 6] = [
        "Europe/Berlin",
        "America/Sao_Paulo",
        "Asia/Kolkata",
        "Pacific/Kiritimati",
        "Pacific/Honolulu",
        "UTC",
    ];

    fn member(n: u32, zone: &str, hours: &str) -> Member {
        Member {
            person: format!("per_{n}"),
            identity: Identity::new("slack", "T1", "U1"),
            zone: zone.parse().unwrap(),
            hours: hours.parse().unwrap(),
            holidays: Arc::default(),
            team: None,
            surveys: Wish::In,
        }
    }

    fn at(text: &str) -> Timestamp {
        Timestamp(chrono::DateTime::parse_from_rfc3339(text).unwrap().timestamp_millis())
    }

    /// The wave of the first of December at ten, as it opens on the first island that has it.
    fn december(sample: f64) -> Round {
        let from = at("2026-11-30T20:00:00Z");
        let local = Some("2026-12-01T10:00:00".parse().unwrap());
        Round { key: [7; 32], sample, local, from, closes_at: from.plus(Duration::from_secs(14 * 86_400)) }
    }

    proptest! {
        #[test]
        fn everybody_is_asked_at_work_on_the_wave_s_day_or_the_next_of_theirs(
            n in 0_u32..100_000, zone in 0_usize..6, from in 0_u32..20, length in 1_u32..5, day in 0_usize..7,
        ) {
            let days = ["mon-fri", "tue", "mon,wed", "sat-sun", "mon-sun", "fri", "thu"][day];
            let who = member(n, ZONES[zone], &format!("{days} {from}-{}", from + length));
            let Planned::At(at, _) = december(1.0).plan(&who) else { panic!("not planned") };
            prop_assert!(who.works(at));
            let local = who.zone.local(at).naive_local();
            prop_assert!(local >= december(1.0).local.unwrap());
            let (start, _) = who.working(who.zone.instant(december(1.0).local.unwrap())).unwrap();
            prop_assert!(at.since(start) < SPREAD);
        }

        #[test]
        fn whoever_cannot_be_asked_now_has_a_later_turn_at_work(n in 0_u32..1_000, hour in 0_u64..330) {
            let (round, who) = (december(1.0), member(n, "Europe/Berlin", "mon-thu 8-12"));
            let now = round.from.plus(Duration::from_secs(hour * 3_600));
            match round.turn(Some(&who), now) {
                Turn::Ask => prop_assert!(who.works(now)),
                Turn::Later(at) => prop_assert!(at > now && who.works(at) && at < round.closes_at),
                Turn::Leave(why) => prop_assert!(why == Left::Hours && hour > 300),
            }
        }
    }

    #[test]
    fn a_sample_is_the_same_each_time_and_about_as_large_as_said() {
        let drawn = |round: &Round, wish: Wish| {
            let people = (0..10_000).map(|n| Member { surveys: wish, ..member(n, "UTC", "9-17") });
            people.filter(|who| round.plan(who) != Planned::Passed).count()
        };
        let third = december(1.0 / 3.0);
        // Four standard deviations of a binomial count.
        assert!(drawn(&third, Wish::In).abs_diff(3_333) < 4 * 47);
        assert!(drawn(&third, Wish::Fewer).abs_diff(1_667) < 4 * 37);
        assert_eq!(drawn(&third, Wish::Out), 0);
        assert_eq!(drawn(&december(1.0), Wish::In), 10_000);
        let (first, again) = (third.plan(&member(4, "UTC", "9-17")), third.plan(&member(4, "UTC", "9-17")));
        assert_eq!(first, again);
    }

    #[test]
    fn one_wave_writes_to_no_more_than_a_few_at_a_time() {
        let mut groups = std::collections::BTreeMap::new();
        for n in 0..2_400 {
            let Planned::At(at, _) = december(1.0).plan(&member(n, "UTC", "9-17")) else { panic!() };
            *groups.entry(at).or_insert(0) += 1;
        }
        assert_eq!(groups.len(), 12);
        assert!(groups.values().all(|size| (140..260).contains(size)), "{groups:?}");
    }

    #[test]
    fn a_turn_comes_at_work_and_passes_by_whoever_left_or_wants_none() {
        let (round, who) = (Round { local: None, ..december(1.0) }, member(1, "UTC", "9-17"));
        assert_eq!(round.turn(Some(&who), at("2026-12-01T12:00:00Z")), Turn::Ask);
        let friday = at("2026-12-04T22:00:00Z");
        let Turn::Later(next) = round.turn(Some(&who), friday) else { panic!() };
        assert_eq!(who.zone.local(next).date_naive().to_string(), "2026-12-07");
        assert_eq!(round.turn(None, friday), Turn::Leave(Left::Gone));
        let out = Member { surveys: Wish::Out, ..who };
        assert_eq!(round.turn(Some(&out), friday), Turn::Leave(Left::Out));
    }
}
