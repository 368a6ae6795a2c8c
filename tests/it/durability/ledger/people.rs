//! People at Slack who ask for this and that, and note what they were told.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use goldenpath::clock::{Clock as _, SystemClock};
use goldenpath::ids::Ids;
use tokio_util::sync::CancellationToken;

use super::book::{Book, Deed, Told, What};
use super::throw;
use crate::harness::bot_process::{Bot, buttons};
use crate::harness::slack_sender::{Answer, SlackSender, form};

/// The most that one person has at a time: the bot has to keep up, or nothing is under way when it is killed.
const MOST: usize = 2;

/// One person in a channel of their own.
pub struct Member {
    user: String,
    channel: String,
    dice: Ids,
    slack: SlackSender,
    book: Arc<Mutex<Book>>,
    /// What they asked for and was not destroyed since, as far as they know.
    names: Vec<String>,
    asked: usize,
    /// A request of before, and what it was answered.
    earlier: Option<(String, String)>,
}

impl Member {
    pub fn new(number: usize, seed: u64, bot: &Bot, book: Arc<Mutex<Book>>) -> Member {
        let channel = format!("C{}", 100 + number);
        bot.fake.memory().channels.insert(channel.clone(), true);
        Member {
            user: format!("UM{number:02}"),
            channel,
            dice: Ids::seeded(seed.wrapping_mul(31).wrapping_add(number as u64)),
            slack: bot.slack(),
            book,
            names: Vec::new(),
            asked: 0,
            earlier: None,
        }
    }

    /// One thing after another.
    pub async fn acts_until(mut self, stop: CancellationToken) {
        while !stop.is_cancelled() {
            // Not a wait for anything: people think, and meanwhile the bot does what it was asked.
            tokio::time::sleep(Duration::from_millis(throw(&self.dice, 500))).await;
            self.slack.seconds = SystemClock.now().0 / 1000;
            match throw(&self.dice, 100) {
                0..30 if self.names.len() < MOST => self.creates().await,
                0..55 => self.extends().await,
                55..70 => self.destroys().await,
                70..90 => self.answers().await,
                90..95 => self.repeats().await,
                _ => self.opens_a_form().await,
            }
        }
    }

    async fn creates(&mut self) {
        let template = match throw(&self.dice, 12) {
            0 => "slow-site",
            1 | 2 => "once",
            _ => "quick",
        };
        let name = format!("m{}x{:04}", self.user.trim_start_matches("UM"), self.asked);
        self.asked += 1;
        let line = format!("env create {template} {name}");
        if self.types(What::Create, &name, &line, "is asked for").await != Told::No {
            self.names.push(name);
        }
    }

    /// One of theirs.
    fn any(&self) -> Option<usize> {
        let count = u64::try_from(self.names.len()).unwrap();
        (count > 0).then(|| usize::try_from(throw(&self.dice, count)).unwrap())
    }

    async fn extends(&mut self) {
        let Some(place) = self.any() else { return };
        let name = self.names[place].clone();
        self.types(What::Extend, &name, &format!("env extend {name} 1h"), "✅").await;
    }

    async fn destroys(&mut self) {
        let Some(place) = self.any() else { return };
        let name = self.names.swap_remove(place);
        self.types(What::Destroy, &name, &format!("env destroy {name}"), "is being removed").await;
    }

    /// The question that they were asked, with another answer each time.
    async fn answers(&mut self) {
        let prompts = self.slack.fake.shown_in(&format!("D{}", self.user));
        let values = prompts
            .iter()
            .map(buttons)
            .find(|buttons| buttons.iter().any(|value| value.starts_with("survey")));
        let Some(values) = values else { return };
        let place = usize::try_from(throw(&self.dice, 5)).unwrap();
        // What cannot be done is said at an address that each press has for itself.
        let answers = format!("{}press{}", self.user, self.asked);
        self.asked += 1;
        let mut press = self.slack.press(&self.user, &values[place]);
        press["response_url"] = self.slack.fake.response_url(&answers).into();
        let body = form(&[("payload", &press.to_string())]);
        let deed = Deed { who: self.user.clone(), name: answers, what: What::Answer(place + 1) };
        self.does(deed, &body, |answer| answer.body.is_empty()).await;
    }

    /// The same delivery once more: the same answer.
    async fn repeats(&mut self) {
        let Some((body, first)) = self.earlier.clone() else { return };
        if let Some(again) = self.slack.attempted(&body).await
            && again.body != first
        {
            self.book.lock().unwrap().odd(format!("{body} was answered {first}, and then {}", again.body));
        }
    }

    async fn opens_a_form(&mut self) {
        let body = self.slack.typed_in(&self.channel, &self.user, "env create");
        let deed = Deed { who: self.user.clone(), name: String::new(), what: What::Form };
        self.does(deed, &body, |answer| answer.body.is_empty()).await;
    }

    async fn types(&mut self, what: What, name: &str, line: &str, yes: &str) -> Told {
        let body = self.slack.typed_in(&self.channel, &self.user, line);
        let deed = Deed { who: self.user.clone(), name: name.into(), what };
        self.does(deed, &body, |answer| answer.body.contains(yes)).await
    }

    /// Sends it. When the answer is cut off they leave it at that, or send the same again, as Slack
    /// does with events.
    async fn does(&mut self, deed: Deed, body: &str, yes: impl Fn(&Answer) -> bool) -> Told {
        let patient = deed.what != What::Form && throw(&self.dice, 2) == 0;
        let told = loop {
            match self.slack.attempted(body).await {
                Some(answer) if answer.status == 200 && yes(&answer) => {
                    self.earlier = (deed.what != What::Form).then(|| (body.to_owned(), answer.body));
                    break Told::Yes;
                }
                Some(answer) => {
                    self.book.lock().unwrap().refused(&deed, &answer);
                    break Told::No;
                }
                None => {
                    self.comes_back().await;
                    if !patient {
                        break Told::Nothing;
                    }
                }
            }
        };
        self.book.lock().unwrap().note(deed, told);
        told
    }

    async fn comes_back(&self) {
        let health = self.slack.url.replace("/slack/events", "/healthz");
        while self.slack.http.get(&health).send().await.is_err() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
}
