//! A wave's plan: who is drawn of its people, and when each is asked; page by page, so that a wave to
//! everybody needs no more memory than a page, and one that was cut off goes on where it was.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::Surveys;
use super::model::Survey;
use super::model::plan::{Planned, Round};
use super::model::wave::{State, Wave, large_enough};
use super::store::asked::{self, Drawn};
use super::store::waves;
use crate::clock::Timestamp;
use crate::db::{Conn, Tx};
use crate::error::Result;
use crate::keys::hmac;
use crate::people::model::Member;

/// People in one unit of work.
const PAGE: i64 = 500;

impl Surveys {
    /// The plan's view of a wave.
    pub(super) fn round(&self, survey: &Survey, wave: &Wave) -> Round {
        Round {
            key: hmac(&self.keys.derive("sampling"), wave.id.as_bytes()),
            sample: survey.when.sample,
            local: wave.local,
            from: wave.opens_at,
            closes_at: wave.closes_at.unwrap_or(Timestamp(i64::MAX)),
        }
    }

    /// Plans a wave to the end of its people.
    pub(super) async fn plan(self: &Arc<Self>, id: &str) -> Result<()> {
        let Some(wave) = waves::by_id(&mut *self.db.read().await?, id).await? else { return Ok(()) };
        let Some(survey) = self.get(&wave.survey).filter(|_| wave.state == State::Planning) else {
            return Ok(());
        };
        if wave.planned_to.is_empty() {
            let segments = self.segments(&wave.audience, survey.k).await?;
            let wave = Wave { segments, ..wave.clone() };
            self.db.write(wave, |tx, wave| Box::pin(waves::set_segments(tx, wave))).await?;
        }
        while self
            .db
            .write((self.clone(), id.to_owned()), |tx, (slice, id)| Box::pin(plan_page(tx, slice, id)))
            .await?
        {}
        Ok(())
    }

    /// The teams of the audience that are large enough to be told apart, with their sizes.
    pub(super) async fn segments(&self, audience: &[String], k: i64) -> Result<BTreeMap<String, u64>> {
        // Where there is no team, everybody would be looked at in vain.
        let first = self.people.has_teams().then(String::new);
        let (mut sizes, mut after) = (BTreeMap::<String, u64>::new(), first);
        let mut conn = self.db.read().await?;
        while let Some(from) = after {
            let page = self.page(&mut conn, audience, &from).await?;
            for team in page.members.into_iter().filter_map(|member| member.team) {
                *sizes.entry(team).or_default() += 1;
            }
            after = page.last;
        }
        Ok(large_enough(sizes, k))
    }

    /// The next page of the people of an audience: everybody where it names no waves.
    pub(super) async fn page(&self, conn: &mut Conn, audience: &[String], after: &str) -> Result<Page> {
        if audience.is_empty() {
            let members = self.people.members(conn, after, PAGE).await?;
            return Ok(Page { last: members.last().map(|member| member.person.clone()), members });
        }
        let people = asked::audience(conn, audience, after, PAGE).await?;
        let ids: Vec<&str> = people.iter().map(String::as_str).collect();
        let members = self.people.members_among(conn, &ids).await?;
        Ok(Page { last: people.last().cloned(), members })
    }
}

/// Some of a wave's people.
pub(super) struct Page {
    pub members: Vec<Member>,
    /// The last one looked at; `None` behind the end.
    pub last: Option<String>,
}

/// Plans a page; `false` when the plan is at its end, and the wave is open.
async fn plan_page(tx: &mut Tx, slice: &Surveys, id: &str) -> Result<bool> {
    let Some(wave) = waves::by_id(tx.conn(), id).await? else { return Ok(false) };
    let Some(survey) = slice.get(&wave.survey).filter(|_| wave.state == State::Planning) else {
        return Ok(false);
    };
    let page = slice.page(tx.conn(), &wave.audience, &wave.planned_to).await?;
    let Some(last) = &page.last else {
        waves::set_state(tx, id, State::Open).await?;
        return Ok(false);
    };
    let round = Round { from: tx.now(), ..slice.round(survey, &wave) };
    let drawn: Vec<Drawn> = page.members.iter().filter_map(|member| draw(&round, &wave, member)).collect();
    asked::draw(tx, id, &drawn).await?;
    waves::planned_to(tx, id, last).await?;
    Ok(true)
}

fn draw(round: &Round, wave: &Wave, member: &Member) -> Option<Drawn> {
    let (at, probability) = match round.plan(member) {
        Planned::Passed => return None,
        Planned::At(at, probability) => (Ok(at), probability),
        Planned::Never(why, probability) => (Err(why), probability),
    };
    let segment = wave.segment(member.team.as_deref());
    let (person, subject) = (member.person.clone(), wave.subject.clone());
    Some(Drawn { person, subject, probability, at, segment })
}
