//! Ask the crowd: eight people each make an environment and answer the survey they get.
//!
//! They do it by the ordinary path, as anybody at the keyboard would. What the
//! bot does with it is read from its replies, by the marks that they begin
//! with: ⏳ and ✅ accept, ✅ is ready, ❌ and 🔒 refuse.

use std::sync::Arc;
use std::time::Duration;

use serde::Serialize;
use tokio::sync::watch;

use super::Playground;
use super::acts::{Act, perform};
use super::personas::{Persona, personas};
use super::store::{BOT, SURVEY_ANSWER, Stored, buttons};
use crate::chat::Dispatcher;
use crate::chat::inbound::Input;
use crate::chat::message::{ButtonValue, Message, Reply};
use crate::error::{Error, Result};

/// After this long the rest is left undone.
pub(super) const LIMIT: Duration = Duration::from_secs(180);

/// How many names somebody tries: `dana-site`, `dana-site-2` …
const NAMES: u32 = 9;

/// What each of the eight thinks, from 0 (worst) to 4: mostly good, some so-so, one bad.
const OPINIONS: [usize; 8] = [4, 3, 4, 2, 3, 1, 4, 2];

/// How far the crowd is.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub(super) struct Progress {
    pub running: bool,
    /// What the page shows; empty before the first run.
    pub line: String,
}

/// The crowd: at most one run at a time.
#[derive(Default)]
pub(super) struct Crowd {
    progress: watch::Sender<Progress>,
}

impl Crowd {
    pub fn watch(&self) -> watch::Receiver<Progress> {
        self.progress.subscribe()
    }

    /// Whether this caller is the one that starts it.
    fn begin(&self) -> bool {
        let line = "The crowd is on its way.".to_owned();
        self.progress.send_if_modified(|progress| {
            let starts = !progress.running;
            if starts {
                *progress = Progress { running: true, line };
            }
            starts
        })
    }

    fn show(&self, running: bool, line: String) {
        let progress = Progress { running, line };
        self.progress.send_if_modified(|shown| {
            let differs = *shown != progress;
            *shown = progress;
            differs
        });
    }
}

/// Starts a run in the background; refused while one is going on.
pub(super) fn start(playground: &Arc<Playground>, dispatcher: &Dispatcher, limit: Duration) -> Result<()> {
    if !playground.crowd.begin() {
        return Err(Error::Conflict(
            "The crowd is still at work; it can be asked again when it is done.".into(),
        ));
    }
    let (run, shown) = ((playground.clone(), dispatcher.clone()), playground.clone());
    tokio::spawn(async move {
        // A task of its own, so that a panic in it still ends the run.
        let task = tokio::spawn(async move { whole_run(&run.0, &run.1, limit).await });
        let line = match task.await {
            Ok(Ok(line)) => line,
            Ok(Err(error)) => broken(&error),
            Err(error) => broken(&Error::internal(error)),
        };
        shown.crowd.show(false, line);
    });
    Ok(())
}

fn broken(error: &Error) -> String {
    tracing::error!(%error, "the playground's crowd stopped");
    "The crowd stopped: something went wrong on my side. What was made is kept; the log says more.".into()
}

async fn whole_run(playground: &Playground, dispatcher: &Dispatcher, limit: Duration) -> Result<String> {
    let run = Run { playground, dispatcher, started: playground.store.cursor().await? };
    let mut members = run.gather().await?;
    let mut stopped = playground.stopped.subscribe();
    let in_time = tokio::select! {
        done = tokio::time::timeout(limit, run.all(&mut members)) => match done {
            Ok(done) => done.map(|()| true)?,
            Err(_) => false,
        },
        _ = stopped.wait_for(|stopped| *stopped) => false,
    };
    Ok(result_line(&members, in_time, limit))
}

struct Run<'r> {
    playground: &'r Playground,
    dispatcher: &'r Dispatcher,
    /// The last change before it: what comes later belongs to this run.
    started: i64,
}

struct Member {
    persona: &'static Persona,
    opinion: usize,
    /// Had a prompt this month already: no new one comes.
    asked: bool,
    environment: Option<String>,
    ready: bool,
    answered: bool,
    failed: Option<String>,
}

impl Member {
    fn done(&self) -> bool {
        self.failed.is_some() || self.answered || (self.ready && self.asked)
    }
}

impl Run<'_> {
    async fn gather(&self) -> Result<Vec<Member>> {
        let store = &self.playground.store;
        let month = store.now().month();
        let crowd = personas().iter().filter(|persona| persona.crowd);
        let mut members = Vec::new();
        for (persona, opinion) in crowd.zip(OPINIONS) {
            let asked = store.last_asked(persona).await?.is_some_and(|at| at.month() == month);
            let (environment, failed) = (None, None);
            members.push(Member {
                persona,
                opinion,
                asked,
                environment,
                ready: false,
                answered: false,
                failed,
            });
        }
        Ok(members)
    }

    async fn all(&self, members: &mut [Member]) -> Result<()> {
        let mut changes = self.playground.store.changes();
        for i in 0..members.len() {
            self.make_environment(&mut members[i]).await?;
            self.playground.crowd.show(true, progress_line(members));
        }
        loop {
            changes.borrow_and_update();
            for member in members.iter_mut().filter(|member| !member.done()) {
                self.look(member).await?;
            }
            self.playground.crowd.show(true, progress_line(members));
            if members.iter().all(Member::done) {
                return Ok(());
            }
            if changes.changed().await.is_err() {
                return Ok(());
            }
        }
    }

    async fn make_environment(&self, member: &mut Member) -> Result<()> {
        for number in 1..=NAMES {
            let name = match number {
                1 => format!("{}-site", member.persona.user),
                _ => format!("{}-site-{number}", member.persona.user),
            };
            let text = format!("env create preview-site {name}");
            match verdict(&self.act(member, &format!("make-{number}"), Input::Line { text }).await?) {
                Verdict::Accepted => {
                    member.environment = Some(name);
                    return Ok(());
                }
                // A refusal that says nothing of the name is about something else, a limit perhaps.
                Verdict::Taken(why) if number < NAMES && why.contains(&name) => {}
                Verdict::Taken(why) | Verdict::Refused(why) => {
                    member.failed = Some(why);
                    return Ok(());
                }
            }
        }
        Ok(())
    }

    /// Reads what came to the direct conversation, and answers a prompt that waits there.
    async fn look(&self, member: &mut Member) -> Result<()> {
        let direct = member.persona.direct();
        let messages = self.playground.store.latest(member.persona, &direct, 40).await?;
        for message in messages.iter().filter(|message| message.author == BOT) {
            self.notice(member, message);
        }
        let opinion =
            |prompt: &Stored| opinion_in(prompt, member.opinion).map(|value| (prompt.clone(), value));
        if let Some((prompt, value)) =
            messages.iter().rev().filter(|message| message.asking).find_map(opinion)
        {
            self.answer(member, &prompt, value).await?;
        }
        if member.done() {
            let cursor = self.playground.store.cursor().await?;
            self.playground.store.mark_read(member.persona, &direct, cursor).await?;
        }
        Ok(())
    }

    async fn answer(&self, member: &mut Member, prompt: &Stored, value: ButtonValue) -> Result<()> {
        let what = format!("answer-{}", prompt.id);
        match verdict(&self.act(member, &what, Input::Press { value }).await?) {
            Verdict::Refused(why) => member.failed = Some(why),
            _ => (member.ready, member.answered) = (true, true),
        }
        self.playground.store.answered(&prompt.id).await
    }

    fn notice(&self, member: &mut Member, message: &Stored) {
        let Some(name) = &member.environment else { return };
        let summary = Message { blocks: message.blocks.clone() }.summary();
        let about = summary.split(|c: char| c.is_whitespace()).any(|word| word == name);
        if message.position <= self.started || !about {
            return;
        }
        if summary.starts_with('✅') {
            member.ready = true;
        } else if summary.starts_with('❌') {
            member.failed = Some(summary);
        }
    }

    async fn act(&self, member: &Member, what: &str, input: Input) -> Result<Reply> {
        let key = format!("crowd-{}-{what}", self.started);
        let conversation = member.persona.direct();
        let act = Act { persona: member.persona, conversation, key, input };
        perform(self.playground, self.dispatcher, act).await
    }
}

enum Verdict {
    Accepted,
    /// Perhaps the name: worth another one.
    Taken(String),
    Refused(String),
}

fn verdict(reply: &Reply) -> Verdict {
    let message = match reply {
        Reply::Private { message } | Reply::Public { message } => message.summary(),
        Reply::Silent => return Verdict::Accepted,
        Reply::Refused { fields } => {
            return Verdict::Taken(fields.values().cloned().collect::<Vec<_>>().join(" "));
        }
        Reply::Form { form } => return Verdict::Refused(format!("it asked for more: {}", form.title)),
    };
    match message.chars().next() {
        Some('⏳' | '✅') => Verdict::Accepted,
        Some('🔒' | '❌') => Verdict::Refused(message),
        _ => Verdict::Taken(message),
    }
}

/// The value to press for this opinion, on a scale of any length, the worst first; `None`
/// where there is no scale, but a form.
fn opinion_in(prompt: &Stored, opinion: usize) -> Option<ButtonValue> {
    let on_scale =
        |value: &String| match value.strip_prefix(SURVEY_ANSWER).and_then(|rest| rest.split_once(':')) {
            // "0" is "does not apply".
            Some((_, place)) => !matches!(place, "" | "0"),
            None => false,
        };
    let answers: Vec<_> = buttons(&prompt.blocks).filter(on_scale).collect();
    let last = answers.len().checked_sub(1)?;
    let best = OPINIONS.iter().max().copied().unwrap_or(1);
    Some(ButtonValue(answers[(opinion * last + best / 2) / best].clone()))
}

fn count(members: &[Member], which: impl Fn(&Member) -> bool) -> usize {
    members.iter().filter(|member| which(member)).count()
}

fn progress_line(members: &[Member]) -> String {
    let (ready, answered) = (count(members, |m| m.ready), count(members, |m| m.answered));
    format!("{ready} of {} have an environment, {answered} answered", members.len())
}

fn result_line(members: &[Member], in_time: bool, limit: Duration) -> String {
    let mut line = format!("{}.", progress_line(members));
    match count(members, |m| m.asked && !m.answered) {
        0 => {}
        1 => line += " 1 was already asked this month and got no new prompt.",
        n => line += &format!(" {n} were already asked this month and got no new prompt."),
    }
    if let Some((member, why)) = members.iter().find_map(|m| Some((m, m.failed.as_ref()?))) {
        line += &format!(" {} was refused: {why}", member.persona.name);
    }
    if !in_time {
        let open = count(members, |m| !m.done());
        line += &format!(" {open} were not done after {} s.", limit.as_secs());
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reply_is_judged_by_the_mark_it_begins_with() {
        let judged = |text: &str| verdict(&Reply::say(text));
        assert!(matches!(judged("⏳ `dana-site` from *Preview site*"), Verdict::Accepted));
        assert!(matches!(judged("🔒 not allowed"), Verdict::Refused(_)));
        assert!(matches!(judged("There is a `dana-site` already."), Verdict::Taken(_)));
        let refused = Reply::Refused { fields: [("name".to_owned(), "taken".to_owned())].into() };
        assert!(matches!(verdict(&refused), Verdict::Taken(_)));
    }

    #[test]
    fn the_result_says_who_was_not_asked_again() {
        let persona = &personas()[4];
        let member = |answered, asked| Member {
            persona,
            opinion: 4,
            asked,
            environment: None,
            ready: true,
            answered,
            failed: None,
        };
        let line = result_line(&[member(true, false), member(false, true)], true, LIMIT);
        assert_eq!(
            line,
            "2 of 2 have an environment, 1 answered. 1 was already asked this month and got no new prompt."
        );
    }
}
