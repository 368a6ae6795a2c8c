//! What was said: recorded, changed, taken back.

use serde_json::{Value, json};

use super::commands::{Stage, prompt};
use super::model::question::Kind;
use super::model::{Survey, respondent};
use super::store::answers::{self, Answer};
use super::store::tallies::{self, Sums};
use super::store::{self, Invitation};
use super::tallies::tell_when_due;
use super::{Surveys, change_prompt};
use crate::access::Actor;
use crate::db::{Conn, Dialect, Tx};
use crate::error::{Error, Result};
use crate::facts::{self, FactKind};

/// The most characters of somebody's words.
const MOST_WORDS: usize = 2_000;

/// What somebody does to their answer.
#[derive(Debug, Clone)]
pub(super) enum Deed {
    /// A button: a place, or `0` for "does not apply".
    Press(String),
    /// A form: words, or a JSON list of places.
    Fill(String),
    /// Words beside the answer; none take back those that were there.
    Comment(Option<String>),
    Withdraw,
}

/// What is known of somebody's answer, for a form that only they see.
pub(super) struct Looked {
    /// The survey's key.
    pub survey: String,
    pub subject: String,
    pub value: Option<i64>,
    /// Whether there is a comment.
    pub words: bool,
}

/// An open question that was asked of whoever does something to it.
struct Opened<'a> {
    survey: &'a Survey,
    asked: Invitation,
    respondent: String,
}

/// Does it. Of a question's answer nothing shows but that there is one.
///
/// # Errors
/// `NotFound` for a prompt that means nothing any more, `Denied` for one of somebody
/// else, `Invalid` or `Fields` for what was not offered.
pub(super) async fn act(
    tx: &mut Tx,
    slice: &Surveys,
    actor: &Actor,
    invitation: &str,
    deed: &Deed,
) -> Result<()> {
    let (survey, asked) = slice.asked(actor, store::invitation(tx.conn(), invitation).await?)?;
    let key = answers::hold_key(tx, &asked.wave.id).await?;
    let opened = slice.opened(survey, asked, key)?;
    match deed {
        Deed::Fill(words) if survey.question.kind == Kind::Text => {
            opened.record(tx, 1).await?;
            opened.keep(tx, slice, words).await?;
        }
        Deed::Press(chosen) | Deed::Fill(chosen) => {
            let value = survey.question.value(chosen).ok_or_else(|| not_offered(survey.question.kind))?;
            opened.record(tx, value).await?;
        }
        Deed::Comment(words) => return opened.comment(tx, slice, words.as_deref()).await,
        Deed::Withdraw => {
            if !opened.withdraw(tx).await? {
                return Ok(());
            }
        }
    }
    let stage = if matches!(deed, Deed::Withdraw) { Stage::Withdrawn } else { Stage::Recorded };
    let Opened { survey, asked, .. } = opened;
    change_prompt(tx, &asked.id, &prompt(survey, &asked.id, &asked.subject, stage)).await
}

fn not_offered(kind: Kind) -> Error {
    match kind {
        Kind::Multiple => Error::Fields(vec![("answer".into(), "Choose at least one of them.".into())]),
        _ => Error::Invalid("This is none of the answers offered. Press one of the buttons.".into()),
    }
}

impl Surveys {
    /// The person's own answer as it is now.
    ///
    /// # Errors
    /// As of [`act`].
    pub(super) async fn look(&self, actor: &Actor, invitation: &str) -> Result<Looked> {
        let mut conn = self.db.read().await?;
        let (survey, asked) = self.asked(actor, store::invitation(&mut conn, invitation).await?)?;
        let key = answers::key(&mut conn, &asked.wave.id).await?;
        let Opened { asked, respondent, .. } = self.opened(survey, asked, key)?;
        let answer = answers::answer(&mut conn, &asked.wave.id, &respondent).await?;
        let words = answers::words(&mut conn, &asked.wave.id, &respondent).await?.is_some();
        let value = answer.map(|(value, _)| value);
        Ok(Looked { survey: survey.key.clone(), subject: asked.subject, value, words })
    }

    /// The invitation is the authority: whose it is decides.
    pub(super) fn asked(&self, actor: &Actor, asked: Option<Invitation>) -> Result<(&Survey, Invitation)> {
        let gone = || Error::NotFound("This question is not open any more. Nothing was recorded.".into());
        let asked = asked.ok_or_else(gone)?;
        if asked.person != actor.person {
            return Err(Error::Denied(
                "🔒 This question was asked of somebody else; only they can answer it.".into(),
            ));
        }
        Ok((self.get(&asked.wave.survey).ok_or_else(gone)?, asked))
    }

    /// Without its key a wave is closed: nobody's answer can be found in it any more.
    fn opened<'a>(&self, survey: &'a Survey, asked: Invitation, key: Option<String>) -> Result<Opened<'a>> {
        let closed = || {
            Error::Conflict(
                "This question is closed and its answers are counted. Nothing was recorded or changed."
                    .into(),
            )
        };
        let wrapped = key.filter(|_| !asked.wave.closed).ok_or_else(closed)?;
        let respondent = self.respondent(&asked.wave.id, &wrapped, &asked.person)?;
        Ok(Opened { survey, asked, respondent })
    }

    /// The pseudonym of a person in a wave, by its key as it is stored.
    pub(super) fn respondent(&self, wave: &str, wrapped: &str, person: &str) -> Result<String> {
        let wrapped = data_encoding::BASE64.decode(wrapped.as_bytes()).map_err(Error::internal)?;
        Ok(respondent(&self.keys.unwrap(wave, &wrapped)?, person))
    }

    /// Somebody's words in clear.
    pub(super) fn unseal(&self, wave: &str, sealed: &str) -> Result<String> {
        let sealed = data_encoding::BASE64.decode(sealed.as_bytes()).map_err(Error::internal)?;
        String::from_utf8(self.keys.unwrap(&words_of(wave), &sealed)?).map_err(Error::internal)
    }
}

/// What the words of a wave are sealed for.
fn words_of(wave: &str) -> String {
    format!("words:{wave}")
}

impl Opened<'_> {
    /// Keeps the value in place of the one before, and the sums with it.
    async fn record(&self, tx: &mut Tx, value: i64) -> Result<()> {
        let wave = &self.asked.wave.id;
        answers::set_answered(tx, &self.asked.id, true).await?;
        let before = answers::answer(tx.conn(), wave, &self.respondent).await?;
        let now = Answer { wave, respondent: &self.respondent, value, segment: &self.asked.segment };
        let week = tx.now().iso_week();
        answers::put_answer(tx, &now, &week).await?;
        let mut sums = Sums::new();
        tallies::count(&mut sums, wave, &self.asked.segment, value, 1);
        match before {
            Some((value, segment)) => tallies::count(&mut sums, wave, &segment, value, -1),
            None => {
                let data = json!({ "survey": self.survey.key });
                facts::append(tx, FactKind::SurveyAnswered, wave, data).await?;
            }
        }
        tallies::change(tx, sums).await?;
        tell_when_due(tx, wave, self.asked.wave.k).await
    }

    async fn keep(&self, tx: &mut Tx, slice: &Surveys, words: &str) -> Result<()> {
        let field = if self.survey.question.kind == Kind::Text { "answer" } else { "words" };
        if words.chars().count() > MOST_WORDS {
            let why = format!("{MOST_WORDS} characters at most; these are {}.", words.chars().count());
            return Err(Error::Fields(vec![(field.into(), why)]));
        }
        let sealed = slice.keys.wrap(&words_of(&self.asked.wave.id), words.as_bytes(), tx.random())?;
        let sealed = data_encoding::BASE64.encode(&sealed);
        answers::put_words(tx, &self.asked.wave.id, &self.respondent, &sealed).await
    }

    /// A comment is a part of an answer: without one there is nothing to comment on.
    async fn comment(&self, tx: &mut Tx, slice: &Surveys, words: Option<&str>) -> Result<()> {
        let wave = &self.asked.wave.id;
        if self.survey.question.kind == Kind::Text {
            return Err(not_offered(Kind::Text));
        }
        if answers::answer(tx.conn(), wave, &self.respondent).await?.is_none() {
            return Err(Error::Conflict("There is no answer of yours to comment on. Answer first.".into()));
        }
        match words {
            Some(words) => self.keep(tx, slice, words).await,
            None => answers::drop_words(tx, wave, &self.respondent).await,
        }
    }

    /// Takes it back; `false` when there was none.
    async fn withdraw(&self, tx: &mut Tx) -> Result<bool> {
        answers::set_answered(tx, &self.asked.id, false).await?;
        take_back(tx, &self.asked.wave.id, &self.respondent).await
    }
}

/// Takes an answer out with all that belongs to it; `false` when there was none. The fact
/// that something was answered stays: it counts what happened, and names nobody.
pub(super) async fn take_back(tx: &mut Tx, wave: &str, respondent: &str) -> Result<bool> {
    let Some((value, segment)) = answers::answer(tx.conn(), wave, respondent).await? else {
        return Ok(false);
    };
    answers::drop_words(tx, wave, respondent).await?;
    answers::drop_answer(tx, wave, respondent).await?;
    let mut sums = Sums::new();
    tallies::count(&mut sums, wave, &segment, value, -1);
    tallies::change(tx, sums).await?;
    Ok(true)
}

impl Surveys {
    /// What somebody answered in waves that are open, for themselves. Of a closed wave nobody
    /// can tell.
    pub async fn export(&self, conn: &mut Conn, person: &str) -> Result<Value> {
        let mut all = Vec::new();
        for open in answers::open_of(&mut *conn, person).await? {
            let respondent = self.respondent(&open.wave, &open.wrapped, person)?;
            let Some((value, _)) = answers::answer(&mut *conn, &open.wave, &respondent).await? else {
                continue;
            };
            let sealed = answers::words(&mut *conn, &open.wave, &respondent).await?;
            let words = sealed.map(|sealed| self.unseal(&open.wave, &sealed)).transpose()?;
            let chosen = self.get(&open.survey).map(|survey| survey.question.chosen(value));
            all.push(json!({
                "survey": open.survey, "period": open.period, "answer": chosen, "words": words,
            }));
        }
        Ok(Value::Array(all))
    }

    /// Forgets what somebody answered, as far as anybody can tell what that is: in waves that
    /// are open their answers are withdrawn, and count in no number from now on. What was told
    /// before stays as it was told, and an answer of a closed wave is nobody's.
    pub async fn forget(&self, tx: &mut Tx, person: &str) -> Result<()> {
        for open in answers::open_of(tx.conn(), person).await? {
            answers::set_answered(tx, &open.invitation, false).await?;
            let respondent = self.respondent(&open.wave, &open.wrapped, person)?;
            take_back(tx, &open.wave, &respondent).await?;
        }
        Ok(())
    }
}

/// Takes from the answers what the database itself notes of when and with what
/// each was written; see [`Unmark`](super::jobs::Unmark).
pub async fn unmark(tx: &mut Tx) -> Result<()> {
    match tx.dialect() {
        Dialect::Postgres => answers::rewrite_answers(tx).await,
        // It notes nothing: a row is its columns.
        Dialect::Sqlite => Ok(()),
    }
}
