//! The prompts of a wave: one to each who was drawn, at their moment, within the gap that everybody
//! has from one question to the next.

use std::sync::Arc;

use super::commands::{self, Question, Stage};
use super::model::Survey;
use super::model::plan::{Left, Round, Turn};
use super::model::wave::{State, Wave};
use super::store::asked::{self, Due};
use super::store::{tallies, waves};
use super::{Surveys, jobs, message_key};
use crate::chat::Target;
use crate::chat::message::Message;
use crate::chat::outbox::{self, Address};
use crate::clock::Timestamp;
use crate::db::Tx;
use crate::error::Result;
use crate::people::model::Member;

/// Prompts in one unit of work.
const BATCH: usize = 50;

/// What the wave's job does next.
enum Next {
    Plan,
    Send,
    Sleep,
}

impl Surveys {
    /// Plans the wave as far as it is not, sends what is due, and sleeps until the next prompt.
    pub async fn go_on(self: Arc<Self>, wave: &str) -> Result<()> {
        loop {
            let unit = (self.clone(), wave.to_owned());
            let next = self.db.write(unit, |tx, (slice, wave)| Box::pin(send_due(tx, slice, wave)));
            match next.await? {
                Next::Plan => self.plan(wave).await?,
                Next::Send => {}
                Next::Sleep => return Ok(()),
            }
        }
    }
}

/// Sends some of what is due.
async fn send_due(tx: &mut Tx, slice: &Surveys, id: &str) -> Result<Next> {
    let Some(wave) = waves::by_id(tx.conn(), id).await? else { return Ok(Next::Sleep) };
    let Some(survey) = slice.get(&wave.survey) else { return Ok(Next::Sleep) };
    match wave.state {
        State::Planning => return Ok(Next::Plan),
        State::Closed => return Ok(Next::Sleep),
        State::Open => {}
    }
    // Whoever resumes it wakes this job.
    if waves::paused(tx.conn(), &wave.survey).await?.is_some() {
        return Ok(Next::Sleep);
    }
    let now = tx.now();
    let round = slice.round(survey, &wave);
    let news = waves::news(tx.conn(), &survey.key).await?;
    let asking = Asking { slice, survey, wave: &wave, round: &round, news };
    let all = asked::due(tx.conn(), id, now, BATCH).await?;
    let people: Vec<&str> = all.iter().map(|due| due.person.as_str()).collect();
    let members = slice.people.members_among(tx.conn(), &people).await?;
    let mut first = Vec::new();
    for due in &all {
        let member = members.iter().find(|member| member.person == due.person);
        match (asking.turn(tx, &due.person, member).await?, member) {
            (Turn::Ask, Some(member)) if asking.send(tx, due, member).await? => first.push(due),
            (Turn::Ask, Some(_)) => {}
            (Turn::Ask, None) => asked::leave(tx, due, Left::Gone).await?,
            (Turn::Later(at), _) => asked::postpone(tx, due, at).await?,
            (Turn::Leave(why), _) => asked::leave(tx, due, why).await?,
        }
    }
    asking.count(tx, &first).await?;
    if all.len() == BATCH {
        return Ok(Next::Send);
    }
    look_when_due(tx, id).await?;
    Ok(Next::Sleep)
}

/// The wave's job comes with its next prompt.
pub(super) async fn look_when_due(tx: &mut Tx, wave: &str) -> Result<()> {
    match asked::next_turn(tx.conn(), wave).await? {
        Some(at) => jobs::look_at(tx, wave, at).await,
        None => Ok(()),
    }
}

/// A wave that asks.
pub(super) struct Asking<'a> {
    pub slice: &'a Surveys,
    pub survey: &'a Survey,
    pub wave: &'a Wave,
    pub round: &'a Round,
    /// What the last answers led to.
    pub news: Option<String>,
}

impl Asking<'_> {
    /// What to do with somebody now. With [`Turn::Ask`] their gap is taken in this very unit.
    pub(super) async fn turn(&self, tx: &mut Tx, person: &str, member: Option<&Member>) -> Result<Turn> {
        let (now, gap) = (tx.now(), self.slice.gap);
        let turn = self.round.turn(member, now);
        let Some(member) = member.filter(|_| turn == Turn::Ask) else { return Ok(turn) };
        if asked::take_gap(tx, person, gap).await? {
            return Ok(Turn::Ask);
        }
        let last = asked::last_prompted(tx.conn(), person).await?.unwrap_or(now);
        Ok(self.round.later(member, last.plus(gap), Left::Gap))
    }

    /// The prompt goes out with this unit. A second one takes the place of the first, which alone
    /// belongs in [`Asking::count`]; then this is `true`.
    pub(super) async fn send(&self, tx: &mut Tx, due: &Due, member: &Member) -> Result<bool> {
        let now = tx.now();
        let remind_at = self.survey.when.remind.and_then(|after| self.reminder(member, now.plus(after)));
        if !asked::sent(tx, due, remind_at).await? {
            return Ok(false);
        }
        let address = Address::of(&member.identity, Target::Direct { user: member.identity.user.clone() });
        outbox::put(tx, &message_key(&due.id, due.again), &address, &self.prompt(due)).await?;
        if due.again {
            let moved = commands::prompt(self.survey, &due.id, &due.subject, Stage::Moved);
            outbox::change(tx, &message_key(&due.id, false), &moved).await?;
        }
        Ok(!due.again)
    }

    /// Counts those who were asked for the first time in this unit.
    pub(super) async fn count(&self, tx: &mut Tx, first: &[&Due]) -> Result<()> {
        let segments = first.iter().map(|due| due.segment.as_str());
        tallies::count_asked(tx, &self.wave.id, segments, 1).await
    }

    fn prompt(&self, due: &Due) -> Message {
        commands::asked(&Question {
            survey: self.survey,
            invitation: &due.id,
            subject: &due.subject,
            preface: self.wave.told(),
            news: self.news.clone(),
            again: due.again,
        })
    }

    fn reminder(&self, member: &Member, from: Timestamp) -> Option<Timestamp> {
        match self.round.later(member, from, Left::Hours) {
            Turn::Later(at) => Some(at),
            Turn::Ask | Turn::Leave(_) => None,
        }
    }
}
