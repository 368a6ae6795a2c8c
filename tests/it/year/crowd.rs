//! The people of the simulated year, and what may not happen to them.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::time::Duration;

use goldenpath::clock::Timestamp;
use goldenpath::db::{Db, Tx};
use goldenpath::error::Result;
use goldenpath::people::People;
use goldenpath::people::model::Member;

pub const GAP: Duration = Duration::from_secs(7 * 86_400);
const PEOPLE: usize = 2_000;
const ZONES: [&str; 5] =
    ["Europe/Berlin", "America/New_York", "Asia/Kolkata", "Pacific/Auckland", "America/Sao_Paulo"];
/// Half of them as everybody, the others in part or at other hours.
const HOURS: [&str; 8] = [
    "mon-fri 9-17",
    "mon-fri 9-17",
    "mon-fri 9-17",
    "mon-fri 9-17",
    "mon-wed 8-12",
    "tue,thu 10-16",
    "mon-fri 13-21",
    "sat-sun 10-18",
];

/// One prompt as it went out.
pub struct Prompt {
    pub at: Timestamp,
    pub person: String,
    pub survey: String,
    pub wave: String,
    /// It is the reminder.
    pub again: bool,
}

/// 2,000 people; one in twenty wants no questions, one in ten fewer.
pub async fn arrives(tx: &mut Tx) -> Result<()> {
    for n in 0..PEOPLE {
        let (person, zone, hours) = (format!("per_{n:04}"), ZONES[n % 5], HOURS[n / 5 % 8]);
        let surveys = match n % 20 {
            3 => "out",
            7 | 11 => "fewer",
            _ => "in",
        };
        let sql =
            "INSERT INTO person (id, name, created_at, zone, hours, surveys) VALUES ($1, $1, 0, $2, $3, $4)";
        sqlx::query(sql).bind(&person).bind(zone).bind(hours).bind(surveys).execute(tx.conn()).await?;
        let sql = "INSERT INTO identity (platform, workspace, user_id, person_id, standing)
                   VALUES ('slack', 'T1', $1, $1, 'member')";
        sqlx::query(sql).bind(&person).execute(tx.conn()).await?;
    }
    Ok(())
}

/// Whose number ends with 50 is gone.
pub async fn some_leave(tx: &mut Tx) -> Result<()> {
    let sql = "UPDATE identity SET standing = 'gone' WHERE user_id LIKE '%50'";
    sqlx::query(sql).execute(tx.conn()).await?;
    Ok(())
}

/// Messages go nowhere: each that is new is noted with its instant, and every second one answered.
pub async fn listens(tx: &mut Tx) -> Result<()> {
    let table = "CREATE TABLE sent (key TEXT PRIMARY KEY, at BIGINT NOT NULL)";
    let hear = "CREATE TRIGGER hear BEFORE INSERT ON job WHEN NEW.kind = 'deliver' BEGIN
                    INSERT OR IGNORE INTO sent VALUES (NEW.key, NEW.run_at);
                    UPDATE invitation SET answered = 1, remind_at = NULL
                        WHERE id = substr(NEW.key, 20, 20) AND substr(NEW.key, 24, 1) < 'g';
                    SELECT RAISE(IGNORE);
                END";
    for sql in [table, hear] {
        sqlx::query(sql).execute(tx.conn()).await?;
    }
    Ok(())
}

/// All prompts, in the order in which they went out.
pub async fn prompts(db: &Db) -> Vec<Prompt> {
    let sql = "SELECT sent.at, person_id, survey, wave_id, sent.key LIKE '%:again' FROM sent
               JOIN invitation ON invitation.id = substr(sent.key, 20, 20) JOIN wave ON wave.id = wave_id
               ORDER BY sent.at, sent.key";
    let rows: Vec<(i64, String, String, String, i64)> =
        sqlx::query_as(sql).fetch_all(&mut *db.read().await.unwrap()).await.unwrap();
    let prompt = |(at, person, survey, wave, again)| Prompt {
        at: Timestamp(at),
        person,
        survey,
        wave,
        again: again == 1,
    };
    rows.into_iter().map(prompt).collect()
}

/// Each prompt came while its person worked, and to no one who wants none or has left.
pub async fn asked_at_work(people: &People, db: &Db, prompts: &[Prompt]) {
    let mut conn = db.read().await.unwrap();
    let mut all: HashMap<String, Member> = HashMap::new();
    let mut after = String::new();
    loop {
        let page = people.members(&mut conn, &after, 500).await.unwrap();
        let Some(last) = page.last() else { break };
        after.clone_from(&last.person);
        all.extend(page.into_iter().map(|member| (member.person.clone(), member)));
    }
    assert_eq!(all.len(), PEOPLE - 20);
    for prompt in prompts {
        let number: usize = prompt.person[4..].parse().unwrap();
        assert_ne!(number % 20, 3, "{} wants no questions", prompt.person);
        match all.get(&prompt.person) {
            Some(member) => assert!(member.works(prompt.at), "{} at {:?}", prompt.person, prompt.at.utc()),
            None => assert!(number % 100 == 50 && prompt.at.utc().to_rfc3339().as_str() < "2027-06-02"),
        }
    }
}

pub fn asked_within_no_gap(prompts: &[Prompt]) {
    let mut last: HashMap<&str, Timestamp> = HashMap::new();
    for prompt in prompts {
        if let Some(before) = last.insert(&prompt.person, prompt.at) {
            assert!(prompt.at.since(before) >= GAP, "{} at {:?}", prompt.person, prompt.at.utc());
        }
    }
}

pub fn asked_once_a_wave(prompts: &[Prompt]) {
    let mut seen = HashSet::new();
    for Prompt { wave, person, again, .. } in prompts {
        assert!(seen.insert((wave, person, again)), "{person} twice in {wave}");
        assert!(!again || seen.contains(&(wave, person, &false)), "{person} was reminded of nothing");
    }
}

/// Of each wave to everybody, the drawn of each probability are as many as chance allows.
pub async fn drawn_fairly(db: &Db) {
    let sql = "SELECT wave_id, survey, surveys, CAST(count(*) AS BIGINT) AS n FROM invitation
               JOIN wave ON wave.id = wave_id JOIN person ON person.id = person_id
               WHERE survey IN ('pulse.sat', 'docs.find') GROUP BY wave_id, survey, surveys";
    let rows: Vec<(String, String, String, i64)> =
        sqlx::query_as(sql).fetch_all(&mut *db.read().await.unwrap()).await.unwrap();
    let mut waves: BTreeMap<String, usize> = BTreeMap::new();
    for (wave, survey, wish, n) in rows {
        *waves.entry(survey.clone()).or_default() += 1;
        let whole = if survey == "pulse.sat" { 0.3333 } else { 0.5 };
        let (people, p) = if wish == "in" { (1_700.0, whole) } else { (200.0, whole / 2.0) };
        let (mean, deviation): (f64, f64) = (people * p, (people * p * (1.0 - p)).sqrt());
        let leavers = 20.0;
        let off = (f64::from(i32::try_from(n).unwrap()) - mean).abs();
        assert!(off < 4.0 * deviation + leavers * p, "{survey} {wave} {wish}: {n} of {people}");
    }
    assert_eq!(waves, BTreeMap::from([("docs.find".into(), 12), ("pulse.sat".into(), 24)]));
}
