//! What somebody who is asked says of being asked: not now, less often, not at all.

use std::time::Duration;

use super::commands::{self, Stage};
use super::model::plan::{Left, Turn};
use super::store::{self, Invitation, asked, waves};
use super::{Surveys, change_prompt, jobs, was_asked_again};
use crate::access::Actor;
use crate::db::Tx;
use crate::error::{Error, Result};
use crate::people::{self, model::Wish};

/// "Not now" means at least this long.
const PAUSE: Duration = Duration::from_secs(86_400);

/// What they say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Word {
    /// Asked again once, later in this wave.
    NotNow,
    /// Half as often from now on.
    Fewer,
    /// Not at all.
    None,
}

/// Does as they say; the prompt shows it.
///
/// # Errors
/// `NotFound` for a prompt that means nothing any more, `Denied` for one of somebody else,
/// `Conflict` for "not now" when it is the second time that it is asked, or closed.
pub(super) async fn heed(tx: &mut Tx, slice: &Surveys, actor: &Actor, id: &str, word: Word) -> Result<()> {
    let found = store::invitation(tx.conn(), id).await?;
    let (survey, invitation) = slice.asked(actor, found)?;
    let stage = match word {
        Word::NotNow => later(tx, slice, &invitation).await?,
        Word::Fewer => {
            people::set_wish(tx, &invitation.person, Wish::Fewer).await?;
            Stage::Fewer
        }
        Word::None => {
            people::set_wish(tx, &invitation.person, Wish::Out).await?;
            asked::dont_remind(tx, id).await?;
            Stage::Out
        }
    };
    change_prompt(tx, id, &commands::prompt(survey, id, &invitation.subject, stage)).await
}

/// When they are asked again: at work, after their gap, in this wave.
async fn later(tx: &mut Tx, slice: &Surveys, invitation: &Invitation) -> Result<Stage> {
    let closed = || Error::Conflict("This question is closed; nobody is asked it any more.".into());
    if invitation.wave.closed {
        return Err(closed());
    }
    if was_asked_again(tx, &invitation.id).await? {
        return Err(Error::Conflict("This was the second time; you are not asked it again.".into()));
    }
    let wave = waves::by_id(tx.conn(), &invitation.wave.id).await?.ok_or_else(closed)?;
    let survey = slice.get(&wave.survey).ok_or_else(closed)?;
    let Some(member) = slice.people.member(tx.conn(), &invitation.person).await? else {
        return Ok(Stage::NotAgain);
    };
    let (now, last) = (tx.now(), asked::last_prompted(tx.conn(), &invitation.person).await?);
    let from = now.plus(PAUSE).max(last.unwrap_or(now).plus(slice.gap));
    match slice.round(survey, &wave).later(&member, from, Left::Hours) {
        Turn::Later(at) => {
            asked::remind(tx, &invitation.id, at).await?;
            jobs::look_at(tx, &wave.id, at).await?;
            Ok(Stage::Later(at))
        }
        Turn::Ask | Turn::Leave(_) => {
            asked::dont_remind(tx, &invitation.id).await?;
            Ok(Stage::NotAgain)
        }
    }
}
