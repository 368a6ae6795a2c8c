//! SLICE stats: adoption and satisfaction, with what may be shown of them.
//!
//! Invariants: a number comes with its n and, where it is an estimate, its
//! interval; what people answered leaves `disclosure` alone; scores are read from sums
//! kept with the answers, never from answers. Deliberately absent: SQL of its own; each
//! slice counts its own rows.

pub mod chart;
pub mod commands;
pub mod jobs;
pub mod model;
pub mod picture;
mod wording;

use std::sync::Arc;
use std::time::Duration;

use crate::chat::attachment::Picture;
use crate::clock::Timestamp;
use crate::db::{Conn, Db};
use crate::environments::{self, Usage};
use crate::error::Result;
use crate::people;
use crate::surveys::{self, Surveys, model::Survey};
use model::Findings;
use picture::Studio;

/// How far back stats look unless said otherwise.
pub const DEFAULT_SPAN: Duration = Duration::from_secs(28 * 86_400);
const DAY: Duration = Duration::from_secs(86_400);
/// Counts of people are shown as shares from this many on.
pub const K: u64 = 5;
/// A trend looks back this far, or further when asked.
const TREND: Duration = Duration::from_secs(366 * 86_400);

/// The slice.
pub struct Stats {
    pub db: Db,
    pub surveys: Arc<Surveys>,
    pub studio: Studio,
}

/// What the overview shows.
pub struct Overview {
    pub span: Duration,
    /// Who did anything in the span, and in the one before.
    pub active: (i64, i64),
    pub usage: Usage,
    /// Of the surveys that asked somebody.
    pub surveys: Vec<Findings>,
}

impl Overview {
    /// Nobody asked for anything, and nobody was asked.
    pub fn is_empty(&self) -> bool {
        self.usage.asked == 0 && self.surveys.is_empty()
    }

    /// The survey whose trend says most: the one with the most waves that may be shown.
    pub fn tracked(&self) -> Option<&Findings> {
        self.surveys
            .iter()
            .rev()
            .filter(|findings| !findings.points.is_empty())
            .max_by_key(|f| f.points.len())
    }
}

impl Stats {
    /// Adoption and satisfaction over the last `span`.
    pub async fn overview(&self, span: Duration) -> Result<Overview> {
        let (now, since) = (self.db.now(), self.db.now().minus(span));
        let mut conn = self.db.read().await?;
        let mut found = Vec::new();
        for survey in &self.surveys.all {
            let findings = self.findings_of(&mut conn, survey, since).await?;
            found.extend((findings.invited > 0).then_some(findings));
        }
        Ok(Overview {
            span,
            active: (
                people::active_between(&mut conn, since, now.plus(DAY)).await?,
                people::active_between(&mut conn, since.minus(span), since).await?,
            ),
            usage: environments::usage(&mut conn, since, now).await?,
            surveys: found,
        })
    }

    /// How environments fared over the last `span`.
    pub async fn usage(&self, span: Duration) -> Result<Usage> {
        let now = self.db.now();
        let mut conn = self.db.read().await?;
        environments::usage(&mut conn, now.minus(span), now).await
    }

    /// What one survey says; `None` where there is none of that key.
    pub async fn survey(&self, key: &str, span: Duration) -> Result<Option<Findings>> {
        let Some(survey) = self.surveys.all.iter().find(|survey| survey.key == key) else { return Ok(None) };
        let mut conn = self.db.read().await?;
        Ok(Some(self.findings_of(&mut conn, survey, self.db.now().minus(span)).await?))
    }

    async fn findings_of(&self, conn: &mut Conn, survey: &Survey, since: Timestamp) -> Result<Findings> {
        let year = self.db.now().minus(TREND);
        let waves = surveys::tallies(conn, &survey.key, if year < since { year } else { since }).await?;
        let month = since.month();
        Ok(model::findings(survey, &waves, |wave| wave.period >= month))
    }

    /// The trend that says most, as a picture.
    pub async fn tracked_picture(&self, overview: &Overview) -> Option<Picture> {
        self.picture(overview.tracked()?).await
    }

    /// The trend of a survey as a picture; none where there is nothing that may be shown.
    pub async fn picture(&self, findings: &Findings) -> Option<Picture> {
        let chart = chart::chart(findings)?;
        self.studio.picture(chart).await
    }
}
