//! The people of the simulated year: where they work and when, by a table that asks nothing of
//! what is tested.

use std::fmt::Write as _;
use std::ops::Range;

use chrono::{Datelike as _, NaiveDate, Timelike as _, Weekday};
use chrono_tz::Tz;
use goldenpath::clock::Timestamp;
use goldenpath::db::Tx;
use goldenpath::error::Result;
use goldenpath::people::model::organisation::Organisation;

pub const PEOPLE: usize = 2_000;

/// Name, zone and holidays; some are days on which a wave goes out.
pub const SITES: [(&str, Tz, &[&str]); 5] = [
    (
        "berlin",
        Tz::Europe__Berlin,
        &["2027-01-01", "2027-03-08", "2027-03-26", "2027-03-29", "2027-05-06", "2027-05-17", "2027-12-24"],
    ),
    (
        "new york",
        Tz::America__New_York,
        &["2027-01-01", "2027-01-18", "2027-02-15", "2027-05-31", "2027-07-05", "2027-09-06", "2027-11-25"],
    ),
    (
        "kolkata",
        Tz::Asia__Kolkata,
        &["2027-01-01", "2027-01-15", "2027-01-26", "2027-03-22", "2027-09-15", "2027-10-29", "2027-11-01"],
    ),
    (
        "auckland",
        Tz::Pacific__Auckland,
        &["2027-01-01", "2027-01-04", "2027-02-01", "2027-02-08", "2027-03-29", "2027-04-26", "2027-06-01"],
    ),
    (
        "sao paulo",
        Tz::America__Sao_Paulo,
        &["2027-01-01", "2027-01-25", "2027-02-08", "2027-02-09", "2027-07-01", "2027-11-02", "2027-11-15"],
    ),
];

use Weekday::{Fri, Mon, Sat, Sun, Thu, Tue, Wed};
const WEEK: &[Weekday] = &[Mon, Tue, Wed, Thu, Fri];
/// Half of them as everybody, the others in part or at other hours.
const HOURS: [(&str, &[Weekday], Range<u32>); 8] = [
    ("mon-fri 9-17", WEEK, 9..17),
    ("mon-fri 9-17", WEEK, 9..17),
    ("mon-fri 9-17", WEEK, 9..17),
    ("mon-fri 9-17", WEEK, 9..17),
    ("mon-wed 8-12", &[Mon, Tue, Wed], 8..12),
    ("tue,thu 10-16", &[Tue, Thu], 10..16),
    ("mon-fri 13-21", WEEK, 13..21),
    ("sat-sun 10-18", &[Sat, Sun], 10..18),
];

/// One of them, by number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Somebody(pub usize);

/// Everybody.
pub fn all() -> impl Iterator<Item = Somebody> {
    (0..PEOPLE).map(Somebody)
}

impl Somebody {
    /// Whose id this is.
    pub fn of(person: &str) -> Somebody {
        Somebody(person[4..].parse().unwrap())
    }

    pub fn id(self) -> String {
        format!("per_{:04}", self.0)
    }

    /// The number of their site.
    pub fn site(self) -> usize {
        self.0 % SITES.len()
    }

    /// One in twenty wants no questions, one in ten fewer.
    pub fn wish(self) -> &'static str {
        match self.0 % 20 {
            3 => "out",
            7 | 11 => "fewer",
            _ => "in",
        }
    }

    /// Whether they are still there once [`some_leave`].
    pub fn stays(self) -> bool {
        self.0 % 100 != 50
    }

    fn place(self) -> usize {
        self.0 / SITES.len() % HOURS.len()
    }

    /// Whether they work at this instant, by their own clocks; a word for where not.
    pub fn works(self, at: Timestamp) -> std::result::Result<(), &'static str> {
        let (_, zone, holidays) = SITES[self.site()];
        let (_, days, hours) = &HOURS[self.place()];
        let local = at.utc().with_timezone(&zone);
        let holiday = |day: &&str| day.parse::<NaiveDate>().unwrap() == local.date_naive();
        if !days.contains(&local.weekday()) || !hours.contains(&local.hour()) {
            return Err("outside their hours");
        }
        if holidays.iter().any(holiday) { Err("on a holiday") } else { Ok(()) }
    }
}

/// As `people.toml` has it: everybody at their site.
pub fn organisation() -> Organisation {
    let mut text = String::new();
    for (place, (name, zone, holidays)) in SITES.iter().enumerate() {
        let there = all().filter(|who| who.site() == place);
        let members: Vec<String> = there.map(|who| format!("slack:T1:{}", who.id())).collect();
        let zone = zone.name();
        write!(
            text,
            "[[site]]\nname = {name:?}\nzone = {zone:?}\nholidays = {holidays:?}\nmembers = {members:?}\n"
        )
        .unwrap();
    }
    Organisation::parse("people.toml", &text).unwrap()
}

/// Everybody comes. Of some the directory tells no zone, and an eighth has no hours of their own:
/// what holds for them is their site's, and everybody's.
pub async fn arrives(tx: &mut Tx) -> Result<()> {
    for who in all() {
        let zone = (who.0 % 50 != 9).then(|| SITES[who.site()].1.name());
        let hours = (who.place() != 0).then(|| HOURS[who.place()].0);
        let sql =
            "INSERT INTO person (id, name, created_at, zone, hours, surveys) VALUES ($1, $1, 0, $2, $3, $4)";
        sqlx::query(sql).bind(who.id()).bind(zone).bind(hours).bind(who.wish()).execute(tx.conn()).await?;
        let sql = "INSERT INTO identity (platform, workspace, user_id, person_id, standing)
                   VALUES ('slack', 'T1', $1, $1, 'member')";
        sqlx::query(sql).bind(who.id()).execute(tx.conn()).await?;
    }
    Ok(())
}

/// Whose number ends with 50 is gone.
pub async fn some_leave(tx: &mut Tx) -> Result<()> {
    let sql = "UPDATE identity SET standing = 'gone' WHERE user_id LIKE '%50'";
    sqlx::query(sql).execute(tx.conn()).await?;
    Ok(())
}
