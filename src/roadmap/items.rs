//! Items: made, estimated, voted for, ranked.

use super::SPAN;
use super::model::evidence::Evidence;
use super::model::item::{Effort, Item, State, key_of};
use super::model::score::{Candidate, Ranked, rank};
use super::store::{evidence, items as store};
use crate::access::Actor;
use crate::clock::Timestamp;
use crate::commands::parse::nearest;
use crate::db::{Conn, Tx};
use crate::error::{Error, Result};
use crate::people;

/// The longest title that fits a line.
const MOST: usize = 80;

/// A new item.
///
/// # Errors
/// `Fields` when its title is empty or too long.
pub async fn add(tx: &mut Tx, title: &str) -> Result<Item> {
    let title = title.split_whitespace().collect::<Vec<_>>().join(" ");
    let length = title.chars().count();
    if length == 0 || length > MOST {
        let why = format!("A title has 1 to {MOST} characters; this one has {length}.");
        return Err(Error::Fields(vec![("title".into(), why)]));
    }
    let keys = store::keys(tx.conn()).await?;
    let key = key_of(&title, |key| keys.iter().any(|taken| taken == key));
    let id = store::insert(tx, &key, &title).await?;
    find(tx.conn(), &id).await
}

/// The item that a key or an id means.
///
/// # Errors
/// `NotFound` with the nearest key.
pub async fn find(conn: &mut Conn, key: &str) -> Result<Item> {
    if let Some(item) = store::find(conn, key).await? {
        return Ok(item);
    }
    let keys = store::keys(conn).await?;
    let hint = match nearest(key, keys.iter().map(String::as_str)) {
        Some(near) => format!("Did you mean `{near}`?"),
        None => "`/platform roadmap list` shows what there is.".into(),
    };
    Err(Error::NotFound(format!("There is no item `{key}`. {hint}")))
}

/// The item, where it still competes.
///
/// # Errors
/// `Conflict` when it is shipped or dropped.
pub async fn find_live(conn: &mut Conn, key: &str) -> Result<Item> {
    let item = find(conn, key).await?;
    match item.state.live() {
        true => Ok(item),
        false => Err(Error::Conflict(format!("`{}` is {} already.", item.key, item.state.word()))),
    }
}

/// Says how long it takes.
///
/// # Errors
/// `Fields` when the numbers make no sense together.
pub async fn estimate(tx: &mut Tx, key: &str, effort: Effort) -> Result<Item> {
    let field = |name: &str, why: &str| Err(Error::Fields(vec![(name.into(), why.into())]));
    if !(0.1..=500.0).contains(&effort.p50) {
        return field("p50", "Between 0.1 and 500 person-weeks.");
    }
    if !(effort.p50..=5_000.0).contains(&effort.p90) {
        return field("p90", "At least as much as `p50`: nine times in ten it takes less than this.");
    }
    let item = find_live(tx.conn(), key).await?;
    store::set_effort(tx, &item.id, effort).await?;
    find(tx.conn(), &item.id).await
}

/// One vote a person; a second one changes nothing. The item, and whether it was the first.
pub async fn vote(tx: &mut Tx, actor: &Actor, key: &str) -> Result<(Item, bool)> {
    let item = find_live(tx.conn(), key).await?;
    let first = store::vote(tx, &item.id, &actor.person).await?;
    Ok((find(tx.conn(), &item.id).await?, first))
}

/// Takes somebody's vote back.
///
/// # Errors
/// `Conflict` when there is none.
pub async fn take_back(tx: &mut Tx, actor: &Actor, key: &str) -> Result<Item> {
    let item = find(tx.conn(), key).await?;
    match store::take_back(tx, &item.id, &actor.person).await? {
        true => Ok(item),
        false => Err(Error::Conflict(format!("There is no vote of yours for `{}`.", item.key))),
    }
}

/// Multiplies an item's score, with the reason and by name, beside what the evidence says.
///
/// # Errors
/// `Fields` for a factor that would no longer be a term beside evidence.
pub async fn judge(tx: &mut Tx, actor: &Actor, key: &str, (factor, reason): (f64, &str)) -> Result<Item> {
    if !(0.1..=10.0).contains(&factor) {
        let why = "Between 0.1 and 10; 1 takes it back.".to_owned();
        return Err(Error::Fields(vec![("factor".into(), why)]));
    }
    let item = find_live(tx.conn(), key).await?;
    store::insert_term(tx, &item.id, &actor.person, (factor, reason)).await?;
    Ok(item)
}

/// The roadmap as it is.
pub struct Board {
    /// How many people were active lately: whom a reach can count.
    pub population: u64,
    pub live: Vec<Ranked>,
    /// Shipped or dropped, the latest last.
    pub ended: Vec<Item>,
}

/// All items in their order.
pub async fn board(conn: &mut Conn, now: Timestamp) -> Result<Board> {
    let since = now.minus(SPAN);
    let mut cases = evidence::cases(conn, since).await?;
    let terms = store::terms(conn).await?;
    let population = u64::try_from(
        people::active_between(conn, since, now.plus(std::time::Duration::from_secs(86_400))).await?,
    )
    .unwrap_or_default();
    let (live, ended): (Vec<Item>, Vec<Item>) =
        store::all(conn).await?.into_iter().partition(|item| item.state.live());
    let candidates = live.into_iter().map(|item| {
        let term = terms.iter().rfind(|(of, _)| *of == item.id).map(|(_, term)| term.clone());
        let case = cases.remove(&item.id).unwrap_or_default();
        Candidate { case, term: term.filter(|term| term.factor != 1.0), item }
    });
    Ok(Board { population, live: rank(candidates.collect(), population), ended })
}

/// Keys and titles, for a choice: those that compete first.
pub async fn names(conn: &mut Conn) -> Result<Vec<(String, String)>> {
    let all = store::all(conn).await?;
    Ok(all
        .into_iter()
        .filter(|item| item.state != State::Dropped)
        .map(|item| (item.key, item.title))
        .collect())
}

/// What speaks for an item, counted lately.
pub async fn evidence_of(conn: &mut Conn, item: &Item, now: Timestamp) -> Result<Vec<Evidence>> {
    evidence::counted(conn, evidence::Of::Item(&item.id), now.minus(SPAN)).await
}
