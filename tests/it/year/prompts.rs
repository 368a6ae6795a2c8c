//! What was sent in the simulated year, and what may not have been.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::time::Duration;

use goldenpath::clock::Timestamp;
use goldenpath::db::{Db, Tx};
use goldenpath::error::Result;

use super::crowd::{self, SITES, Somebody};

pub const GAP: Duration = Duration::from_secs(7 * 86_400);

/// A message as it went out, for the first time or changed.
pub struct Sent {
    pub at: Timestamp,
    pub to: Somebody,
    pub survey: String,
    pub wave: String,
    /// When its wave closes.
    pub closes: Timestamp,
    /// It is the reminder, not the first prompt.
    again: bool,
    /// It stood there already.
    changed: bool,
}

/// Messages go nowhere: each time that one is to be delivered is noted, and every second is answered.
pub async fn listens(tx: &mut Tx) -> Result<()> {
    let table = "CREATE TABLE sent (key TEXT NOT NULL, at BIGINT NOT NULL, version BIGINT NOT NULL)";
    let hear = "CREATE TRIGGER hear BEFORE INSERT ON job WHEN NEW.kind = 'deliver' BEGIN
                    INSERT INTO sent SELECT key, NEW.run_at, version FROM message WHERE key = substr(NEW.key, 9);
                    UPDATE invitation SET answered = 1, remind_at = NULL
                        WHERE id = substr(NEW.key, 20, 20) AND substr(NEW.key, 24, 1) < 'g';
                    SELECT RAISE(IGNORE);
                END";
    for sql in [table, hear] {
        sqlx::query(sql).execute(tx.conn()).await?;
    }
    Ok(())
}

/// All of it, in the order in which it went out.
pub async fn sent(db: &Db) -> Vec<Sent> {
    type Row = (i64, String, String, String, i64, i64, i64);
    let sql =
        "SELECT sent.at, person_id, survey, wave_id, closes_at, sent.key LIKE '%:again', version FROM sent
               JOIN invitation ON invitation.id = substr(sent.key, 12, 20) JOIN wave ON wave.id = wave_id
               ORDER BY sent.at, sent.key, version";
    let rows: Vec<Row> = sqlx::query_as(sql).fetch_all(&mut *db.read().await.unwrap()).await.unwrap();
    let sent = |(at, person, survey, wave, closes, again, version): Row| Sent {
        at: Timestamp(at),
        to: Somebody::of(&person),
        survey,
        wave,
        closes: Timestamp(closes),
        again: again == 1,
        changed: version > 1,
    };
    rows.into_iter().map(sent).collect()
}

impl Sent {
    /// Somebody is asked by it.
    pub fn asks(&self) -> bool {
        !self.changed
    }
}

/// Each prompt came while its person worked, and to no one who wants none or has left.
pub fn came_at_work(sent: &[Sent], left: Timestamp) {
    for Sent { at, to, survey, .. } in sent.iter().filter(|sent| sent.asks()) {
        assert_eq!(to.works(*at), Ok(()), "{survey} to {to:?} at {:?}", at.utc());
        assert_ne!(to.wish(), "out", "{survey} to {to:?}");
        assert!(to.stays() || *at < left, "{survey} to {to:?}, who is gone");
    }
}

pub fn left_the_gap(sent: &[Sent]) {
    let mut last: HashMap<usize, Timestamp> = HashMap::new();
    for Sent { at, to, survey, .. } in sent.iter().filter(|sent| sent.asks()) {
        if let Some(before) = last.insert(to.0, *at) {
            assert!(
                at.since(before) >= GAP,
                "{survey} to {to:?} at {:?}, after {:?}",
                at.utc(),
                before.utc()
            );
        }
    }
}

/// One prompt for each person of a wave, and at most one reminder of it. Its message changes only
/// when the reminder takes its place, or the wave is over.
pub fn came_once_a_wave(sent: &[Sent]) {
    let mut asked: HashMap<(&str, usize, bool), Timestamp> = HashMap::new();
    for Sent { wave, to, again, at, .. } in sent.iter().filter(|sent| sent.asks()) {
        let twice = asked.insert((wave, to.0, *again), *at).is_some();
        assert!(!twice, "{wave} came to {to:?} twice");
        assert!(!again || asked.contains_key(&(wave, to.0, false)), "{to:?} was reminded of nothing");
    }
    for Sent { wave, to, at, closes, .. } in sent.iter().filter(|sent| !sent.asks()) {
        let reminder = asked.get(&(wave, to.0, true));
        let moved = reminder.is_some_and(|reminder| reminder <= at);
        assert!(moved || at >= closes, "{wave} came to {to:?} anew at {:?}", at.utc());
    }
}

/// Whoever stands there as asked was, and nobody else.
pub async fn came_to_whom_it_says(db: &Db, sent: &[Sent]) {
    let sql = "SELECT wave_id, person_id FROM invitation WHERE state = 'sent'";
    let rows: Vec<(String, String)> =
        sqlx::query_as(sql).fetch_all(&mut *db.read().await.unwrap()).await.unwrap();
    let noted: BTreeSet<(&str, usize)> =
        rows.iter().map(|(wave, person)| (wave.as_str(), Somebody::of(person).0)).collect();
    let first = sent.iter().filter(|sent| sent.asks() && !sent.again);
    assert_eq!(first.map(|sent| (sent.wave.as_str(), sent.to.0)).collect::<BTreeSet<_>>(), noted);
}

/// Of each wave to everybody, and of each site over the year, as many were drawn as chance allows.
pub async fn drawn_fairly(db: &Db, left: Timestamp) {
    let mut sites: BTreeMap<(String, usize, &str), (usize, usize, f64)> = BTreeMap::new();
    let waves = drawn(db).await;
    for ((survey, opened), drawn) in &waves {
        let whole = if survey == "pulse.sat" { 0.3333 } else { 0.5 };
        for (wish, p) in [("in", whole), ("fewer", whole / 2.0), ("out", 0.0)] {
            let all = || crowd::all().filter(|who| who.wish() == wish && (who.stays() || *opened < left.0));
            let of = |who: &Somebody| drawn.contains(&who.0);
            let about = format!("{survey} of {}, {wish}", Timestamp(*opened).utc());
            as_chance_allows((all().filter(of).count(), all().count(), p), &about);
            for site in 0..SITES.len() {
                let here = || all().filter(|who| who.site() == site);
                let sum = sites.entry((survey.clone(), site, wish)).or_insert((0, 0, p));
                *sum = (sum.0 + here().filter(of).count(), sum.1 + here().count(), p);
            }
        }
    }
    for (about, sum) in sites {
        as_chance_allows(sum, &format!("{about:?}"));
    }
    let of = |survey: &str| waves.keys().filter(|(of, _)| of == survey).count();
    assert_eq!((of("docs.find"), of("pulse.sat")), (6, 12));
}

/// Who was drawn of the waves to everybody, each by its survey and opening.
async fn drawn(db: &Db) -> BTreeMap<(String, i64), HashSet<usize>> {
    let sql = "SELECT survey, opens_at, person_id FROM invitation JOIN wave ON wave.id = wave_id
               WHERE survey IN ('pulse.sat', 'docs.find')";
    let rows: Vec<(String, i64, String)> =
        sqlx::query_as(sql).fetch_all(&mut *db.read().await.unwrap()).await.unwrap();
    let mut waves: BTreeMap<(String, i64), HashSet<usize>> = BTreeMap::new();
    for (survey, opened, person) in rows {
        waves.entry((survey, opened)).or_default().insert(Somebody::of(&person).0);
    }
    waves
}

/// A binomial count is within four standard deviations of its mean.
fn as_chance_allows((drawn, of, p): (usize, usize, f64), about: &str) {
    let [drawn, of] = [drawn, of].map(|n| f64::from(u32::try_from(n).unwrap()));
    let deviation = (of * p * (1.0 - p)).sqrt();
    assert!((drawn - of * p).abs() <= 4.0 * deviation, "{about}: {drawn} of {of} at {p}");
}
