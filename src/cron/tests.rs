//! Cron expressions against known firings, and against a walk through every minute.

use proptest::prelude::*;

use super::*;

fn zone(name: &str) -> Zone {
    name.parse().unwrap()
}

/// The next `count` firings after `from`, in the zone's own time.
fn next(text: &str, name: &str, from: &str, count: usize) -> Vec<String> {
    let cron: Cron = text.parse().unwrap();
    let from = DateTime::parse_from_rfc3339(from).unwrap();
    let upcoming = cron.upcoming(Timestamp(from.timestamp_millis()), zone(name));
    upcoming.take(count).map(|at| zone(name).local(at).to_rfc3339()).collect()
}

#[track_caller]
fn fires(text: &str, zone: &str, from: &str, at: &[&str]) {
    assert_eq!(next(text, zone, from, at.len()), at, "{text}");
}

/// Set forward from 03:00 to 04:00 on 2021-03-28, back from 04:00 to 03:00 on 2021-10-31.
const RIGA: &str = "Europe/Riga";

#[test]
fn where_the_clock_is_set_forward_a_fixed_time_is_made_up_for_and_a_wildcard_goes_on() {
    let (from, gap_end) = ("2021-03-28T01:30:00+02:00", "2021-03-28T04:00:00+03:00");
    fires("15 3 * * *", RIGA, from, &[gap_end, "2021-03-29T03:15:00+03:00"]);
    fires("0 1-5 * * *", RIGA, from, &["2021-03-28T02:00:00+02:00", gap_end, "2021-03-28T05:00:00+03:00"]);
    fires("*/30 * * * *", RIGA, "2021-03-28T02:30:00+02:00", &[gap_end, "2021-03-28T04:30:00+03:00"]);
    fires("30 */2 * * *", RIGA, from, &["2021-03-28T02:30:00+02:00", "2021-03-28T04:30:00+03:00"]);
    fires("*/20 3 * * *", RIGA, from, &["2021-03-29T03:00:00+03:00"]);
    fires("15 2 * * *", "Australia/Lord_Howe", "2026-10-03T12:00:00+10:30", &["2026-10-04T02:30:00+11:00"]);
}

#[test]
fn where_an_hour_comes_twice_a_fixed_time_fires_once_and_a_wildcard_twice() {
    let from = "2021-10-31T02:30:00+03:00";
    let (first, second) = ("2021-10-31T03:00:00+03:00", "2021-10-31T03:00:00+02:00");
    fires("0 */3 * * *", RIGA, from, &[first, second, "2021-10-31T06:00:00+02:00"]);
    fires("0 3 * * *", RIGA, from, &[first, "2021-11-01T03:00:00+02:00"]);
    fires("0 3 * * *", RIGA, first, &["2021-11-01T03:00:00+02:00"]);
    let half = "2021-10-31T03:30:00+03:00";
    fires("*/30 * * * *", RIGA, first, &[half, second, "2021-10-31T03:30:00+02:00"]);
}

#[test]
fn either_field_of_days_is_enough_where_both_are_restricted() {
    let from = "2012-07-09T23:35:00+00:00";
    fires("0 0 13 * FRI", "UTC", from, &["2012-07-13T00:00:00+00:00", "2012-07-20T00:00:00+00:00"]);
    fires("0 0 * Feb Mon", "UTC", from, &["2013-02-04T00:00:00+00:00"]);
    fires("0 0 */5 Apr,Aug,Oct Mon", "UTC", from, &["2012-08-01T00:00:00+00:00"]);
    fires("0 0 */1 * 7", "UTC", from, &["2012-07-15T00:00:00+00:00"]);
    fires("0 0 * * 5-7", "UTC", from, &["2012-07-13T00:00:00+00:00", "2012-07-14T00:00:00+00:00"]);
    fires("0/15 * * * *", "UTC", from, &["2012-07-09T23:45:00+00:00"]);
    fires("@weekly", "UTC", from, &["2012-07-15T00:00:00+00:00"]);
    fires("0 0 29 2 *", "UTC", from, &["2016-02-29T00:00:00+00:00"]);
}

#[test]
fn a_refusal_names_the_field_and_what_to_write() {
    let refused = |text: &str| text.parse::<Cron>().unwrap_err();
    assert_eq!(refused("61 * * * *"), "the minute field `61` is out of range; write 0 to 59");
    assert_eq!(
        refused("* * * * 5L"),
        "the day of week field `5L` holds `L`, which crontab(5) does not have; write 0 to 7, or SUN to SAT"
    );
    assert_eq!(refused("0 0 * * fri-mon"), "the day of week field `fri-mon` runs backwards; write `5-7,0-1`");
    assert_eq!(
        refused("*/90 * * * *"),
        "the minute field `*/90` needs a step from 1 to 60 after the `/`, as `*/2`"
    );
    assert_eq!(
        refused("0 30 9 * * 1-5"),
        "it has 6 fields; leave out seconds and years, so that five remain: \
         minute, hour, day of month, month, day of week, as `30 9 * * 1-5`"
    );
    assert!(refused("@reboot").starts_with("`@reboot` is no time; write one of @yearly, "));
    assert!(refused("0 0 30 2 *").starts_with("`0 0 30 2 *` never fires"));
    let wrong = [
        "",
        "xyz",
        "2/ * * * *",
        "2# * * * *",
        "¹ * * * *",
        "1-1_0 * * * *",
        "1- * * * *",
        "-1 * * * *",
        "1.5 * * * *",
        "*/0 * * * *",
        "* * 0 * *",
        "* * ? * *",
        "* * * * 8",
        "1,,2 * * * *",
        "+1 * * * *",
    ];
    for text in wrong {
        refused(text);
    }
}

#[test]
fn the_latest_of_a_long_outage_is_found_without_walking_through_it() {
    let (minutely, yearly): (Cron, Cron) = ("* * * * *".parse().unwrap(), "@yearly".parse().unwrap());
    let (after, until) = (Timestamp(0), Timestamp(1_800_000_059_000));
    assert_eq!(minutely.latest(after, until, Zone::default()), Some(Timestamp(1_800_000_000_000)));
    assert_eq!(
        yearly.latest(after, until, Zone::default()).map(|at| at.utc().to_rfc3339()).as_deref(),
        Some("2027-01-01T00:00:00+00:00")
    );
    assert_eq!(yearly.latest(Timestamp(1), Timestamp(86_400_000), Zone::default()), None);
}

/// A field as it is written and what it holds.
type Written = (String, Vec<u32>);

fn field(min: u32, max: u32, near: u32) -> impl Strategy<Value = Written> {
    let all = move || (min..=max).collect::<Vec<_>>();
    let shown = |values: &[u32]| values.iter().map(u32::to_string).collect::<Vec<_>>().join(",");
    prop_oneof![
        3 => Just(("*".to_owned(), all())),
        2 => (2..=12_u32).prop_map(move |step| {
            let step = step.min(max - min);
            (format!("*/{step}"), (min..=max).step_by(step as usize).collect())
        }),
        2 => (min..=near).prop_map(|one| (one.to_string(), vec![one])),
        2 => prop::collection::btree_set(min..=near, 1..4).prop_map(move |some| {
            let some: Vec<u32> = some.into_iter().collect();
            (shown(&some), some)
        }),
        1 => (min..=max, min..=max).prop_map(|(a, b)| {
            (format!("{}-{}", a.min(b), a.max(b)), (a.min(b)..=a.max(b)).collect())
        }),
    ]
}

/// Walks the zone's clock minute by minute, as a cron daemon does.
fn walked(fields: &[Written; 5], zone: Zone, after: Timestamp, until: Timestamp) -> Vec<Timestamp> {
    use chrono::{Datelike, Timelike};
    let holds = |place: usize, value: u32| fields[place].1.contains(&value);
    let starred = |place: usize| fields[place].0.starts_with('*');
    let matches = |at: NaiveDateTime| {
        let (day, weekday) = (holds(2, at.day()), holds(4, at.weekday().num_days_from_sunday()));
        let days = if fields[2].0 == "*" || fields[4].0 == "*" { day && weekday } else { day || weekday };
        holds(0, at.minute()) && holds(1, at.hour()) && holds(3, at.month()) && days
    };
    let minute = TimeDelta::minutes(1);
    let mut at = Timestamp(after.0.div_euclid(60_000) * 60_000).minus(Duration::from_secs(4 * 3_600));
    let (mut shown, mut found) = (zone.local(at).naive_local() - minute, Vec::new());
    while at <= until {
        let now = zone.local(at).naive_local();
        let fires = match starred(0) || starred(1) {
            true => matches(now),
            // What the clock left out is made up for; what it shows again is done.
            false => std::iter::successors(Some(shown + minute), |t| Some(*t + minute))
                .take_while(|t| *t <= now)
                .any(matches),
        };
        shown = shown.max(now);
        if fires && at > after {
            found.push(at);
        }
        at = at.plus(Duration::from_secs(60));
    }
    found
}

/// Around each transition of 2026.
const TRANSITIONS: [(&str, &str); 8] = [
    ("America/New_York", "2026-03-08T07:00:00Z"),
    ("America/New_York", "2026-11-01T06:00:00Z"),
    ("Europe/London", "2026-03-29T01:00:00Z"),
    ("Europe/London", "2026-10-25T01:00:00Z"),
    ("Australia/Lord_Howe", "2026-04-04T15:00:00Z"),
    ("Australia/Lord_Howe", "2026-10-03T15:30:00Z"),
    ("Africa/Casablanca", "2026-02-15T02:00:00Z"),
    ("Africa/Casablanca", "2026-03-22T02:00:00Z"),
];

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn it_fires_as_a_walk_through_every_minute_does(
        fields in (field(0, 59, 59), field(0, 23, 4), field(1, 31, 31), field(1, 12, 12), field(0, 6, 6)),
        (name, transition) in prop::sample::select(&TRANSITIONS[..]),
        seconds in -100_000..10_800_i64,
    ) {
        let (minute, hour, day, month, weekday) = fields;
        let fields = [minute, hour, day, month, weekday];
        let text = fields.iter().map(|(text, _)| text.as_str()).collect::<Vec<_>>().join(" ");
        let Ok(cron) = text.parse::<Cron>() else { return Ok(()) };
        let transition = DateTime::parse_from_rfc3339(transition).unwrap().timestamp();
        let after = Timestamp((transition + seconds) * 1_000);
        let until = after.plus(Duration::from_secs(36 * 3_600));
        let fired: Vec<Timestamp> = cron.upcoming(after, zone(name)).take_while(|at| *at <= until).collect();
        prop_assert_eq!(&fired, &walked(&fields, zone(name), after, until), "{} in {}", text, name);
        prop_assert_eq!(cron.latest(after, until, zone(name)), fired.last().copied());
    }
}
