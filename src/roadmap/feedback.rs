//! What people say in their own words, and where it stands.

use super::model::{Feedback, Standing};
use super::store::feedback as store;
use crate::access::Actor;
use crate::db::{Conn, Tx};
use crate::error::{Error, Result};

/// More characters than this are a document.
const MOST: usize = 3_000;

/// Takes a feedback in: of a person, or of nobody. Its id.
///
/// # Errors
/// `Fields` when it is too long.
pub async fn give(tx: &mut Tx, person: Option<&str>, text: &str) -> Result<String> {
    let length = text.chars().count();
    if length > MOST {
        let why = format!("This has {length} characters; {MOST} are read. Shorten it, or link to the rest.");
        return Err(Error::Fields(vec![("text".into(), why)]));
    }
    store::insert(tx, person, text).await
}

/// What stands so, newest first, and how many stand how.
pub async fn inbox(conn: &mut Conn, standing: Standing) -> Result<(Vec<Feedback>, [i64; 3])> {
    let census = store::census(conn).await?;
    let count = |standing: Standing| {
        census.iter().find(|(word, _)| word == standing.word()).map_or(0, |(_, count)| *count)
    };
    let counts = Standing::ALL.map(count);
    Ok((store::standing(conn, standing, 50).await?, counts))
}

/// One feedback.
///
/// # Errors
/// `NotFound` when it was forgotten with its person.
pub async fn find(conn: &mut Conn, id: &str) -> Result<Feedback> {
    let gone = || Error::NotFound("This feedback is not kept any more.".into());
    store::by_id(conn, id).await?.ok_or_else(gone)
}

/// Looked at, and nothing of it is for the roadmap.
///
/// # Errors
/// `Conflict` when it speaks for an item or was set aside before.
pub async fn set_aside(tx: &mut Tx, id: &str) -> Result<Feedback> {
    let feedback = find(tx.conn(), id).await?;
    if store::move_on(tx, id, Standing::New, Standing::Done).await? {
        return Ok(feedback);
    }
    Err(Error::Conflict(match &feedback.item {
        Some(title) => format!("It speaks for “{title}” already."),
        None => "It was set aside already.".into(),
    }))
}

/// Who gave it wants to be told what comes of it.
///
/// # Errors
/// `Denied` for anybody else.
pub async fn ask_back(tx: &mut Tx, actor: &Actor, id: &str) -> Result<()> {
    let feedback = find(tx.conn(), id).await?;
    match feedback.by {
        Some((person, _)) if person == actor.person => store::set_contact(tx, id).await,
        _ => Err(Error::Denied("🔒 This feedback is somebody else's; only they can ask for this.".into())),
    }
}

/// What speaks for an item in people's own words.
pub async fn of_item(conn: &mut Conn, item: &str) -> Result<Vec<Feedback>> {
    store::of_item(conn, item).await
}

/// What is new, for a choice: (id, whose, words).
pub async fn new(conn: &mut Conn) -> Result<Vec<Feedback>> {
    store::standing(conn, Standing::New, 50).await
}
