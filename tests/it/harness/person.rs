//! Somebody at Slack, as a person acts there: lines, mentions, presses, modals.

use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::Value;

use super::fake_slack::{BOT, TEAM};
use super::reading;
use super::test_app::TestApp;

/// Somebody, in a channel.
#[derive(Clone, Copy)]
pub struct Person<'a> {
    app: &'a TestApp,
    name: &'static str,
    channel: &'a str,
    team: &'a str,
}

static TRIGGERS: AtomicUsize = AtomicUsize::new(0);

impl<'a> Person<'a> {
    /// In the channel C1.
    pub fn new(app: &'a TestApp, name: &'static str) -> Person<'a> {
        Person { app, name, channel: "C1", team: TEAM }
    }

    /// The user's id at Slack.
    pub fn user(&self) -> String {
        format!("U{}", self.name.to_uppercase())
    }

    /// The direct conversation between them and the bot.
    pub fn direct(&self) -> String {
        format!("D{}", self.user())
    }

    /// The same person in another channel.
    pub fn within(self, channel: &'a str) -> Self {
        Person { channel, ..self }
    }

    /// The same person as one of another workspace.
    pub fn of(self, team: &'a str) -> Self {
        Person { team, ..self }
    }

    /// Types a line after `/platform`; the answer's body.
    pub async fn types(&self, line: &str) -> Value {
        self.delivers(line, &self.app.fake.trigger()).await
    }

    /// Types a line in a delivery that has this trigger.
    pub async fn delivers(&self, line: &str, trigger: &str) -> Value {
        let (user, answers) = (self.user(), self.app.fake.response_url("slash"));
        let members = [
            ("team_id", self.team),
            ("channel_id", self.channel),
            ("user_id", &user),
            ("user_name", self.name),
            ("command", "/platform"),
            ("text", line),
            ("response_url", &answers),
            ("trigger_id", trigger),
        ];
        let answer = self.app.sender.form(&members).await;
        assert_eq!(answer.status, 200, "{line}: {}", answer.body);
        answer.json()
    }

    /// Types a line; the answer as it reads.
    pub async fn runs(&self, line: &str) -> String {
        reading::read(&self.types(line).await)
    }

    /// Types a line that opens a form; the form.
    pub async fn opens(&self, line: &str) -> Value {
        let before = self.app.fake.memory().views.len();
        let answer = self.types(line).await;
        let views = &self.app.fake.memory().views;
        assert_eq!(views.len(), before + 1, "{line}: no form opened, but {answer}");
        views.last().unwrap().clone()
    }

    /// Mentions the bot in front of a line, in the channel or a thread of it; what only they see then.
    pub async fn mentions(&self, line: &str, thread: Option<&str>) -> String {
        self.tells(self.mention(line, thread)).await;
        self.whispered(thread)
    }

    /// Mentions the bot while its database is gone; what they see at once.
    pub async fn mentions_in_vain(&self, line: &str) -> String {
        let body = self.app.sender.event("Ev0", self.mention(line, None)).to_string();
        assert_eq!(self.app.sender.signed(&body).await.status, 200);
        self.app.fake.anything_whispered().await;
        self.whispered(None)
    }

    fn mention(&self, line: &str, thread: Option<&str>) -> Value {
        let words = format!("<@{BOT}> {line}");
        let mut event = self.app.sender.mention(&self.user(), self.channel, &words);
        event["thread_ts"] = thread.into();
        event["user_team"] = self.team.into();
        event
    }

    /// Writes a line directly to the bot; what stands there then.
    pub async fn writes_directly(&self, line: &str) -> String {
        self.tells(self.app.sender.direct_message(&self.user(), line)).await;
        self.app.reads(&self.direct())
    }

    /// Looks at the bot's page; how it reads.
    pub async fn opens_home(&self) -> String {
        let opened = serde_json::json!({"type": "app_home_opened", "user": self.user(), "channel": self.direct(), "tab": "home"});
        self.tells(opened).await;
        self.home()
    }

    /// The bot's page as it is now.
    pub fn home(&self) -> String {
        self.app.fake.memory().homes.get(&self.user()).map(reading::read).unwrap_or_default()
    }

    /// Presses a button of the bot's page; the modal that answers, if one does.
    pub async fn presses_at_home(&self, label: &str) -> String {
        let home = self.app.fake.memory().homes[&self.user()].clone();
        self.presses_in(&home, label).await
    }

    /// Presses a button of the modal that opened last; the one that answers.
    pub async fn presses_in_modal(&self, label: &str) -> String {
        let modal = self.app.fake.memory().views.last().unwrap().clone();
        self.presses_in(&modal, label).await
    }

    async fn presses_in(&self, view: &Value, label: &str) -> String {
        let button = reading::buttons(view).into_iter().find(|(name, _)| name == label);
        let value = button.unwrap_or_else(|| panic!("{} sees no button {label} there", self.name)).1;
        let before = self.app.fake.memory().views.len();
        self.acts_in(view, pressing(&value)).await;
        self.app.fake.memory().views.get(before).map(reading::read).unwrap_or_default()
    }

    /// Does something in a modal or on the bot's page.
    pub async fn acts_in(&self, view: &Value, action: Value) {
        let mut press = self.app.sender.press_in_view(&self.user(), view, "");
        press["actions"] = serde_json::json!([action]);
        let answer = self.app.sender.payload(&press).await;
        assert_eq!((answer.status, answer.body.as_str()), (200, ""), "{press}");
        self.app.run_jobs().await;
    }

    /// Uses a shortcut of Slack's menu; the modal that opens.
    pub async fn uses_shortcut(&self, callback: &str) -> String {
        let mut used = self.app.sender.suggestion(&self.user(), "", "");
        used["type"] = "shortcut".into();
        used["callback_id"] = callback.into();
        used["trigger_id"] = self.app.fake.trigger().into();
        let answer = self.app.sender.payload(&used).await;
        assert_eq!((answer.status, answer.body.as_str()), (200, ""), "{callback}");
        self.app.fake.memory().views.last().map(reading::read).unwrap_or_default()
    }

    /// Types into a choice of a form; what fits, as it is offered.
    pub async fn types_ahead(&self, view: &Value, field: &str, typed: &str) -> Vec<String> {
        let mut asked = self.app.sender.suggestion(&self.user(), "lookup", typed);
        asked["view"] = view.clone();
        asked["block_id"] = field.into();
        self.offered(&asked).await
    }

    /// Types into the choice that runs `command`, of a message; what fits, as it is offered.
    pub async fn types_ahead_for(&self, command: &str, typed: &str) -> Vec<String> {
        let asked = self.app.sender.suggestion(&self.user(), &format!("choose:{command}:1"), typed);
        self.offered(&asked).await
    }

    async fn offered(&self, asked: &Value) -> Vec<String> {
        let mut asked = asked.clone();
        asked["user"]["team_id"] = self.team.into();
        let options = self.app.sender.payload(&asked).await.json()["options"].clone();
        let label = |option: &Value| option["text"]["text"].as_str().unwrap_or_default().to_owned();
        options.as_array().unwrap().iter().map(label).collect()
    }

    /// Sends an event, twice as Slack does when it doubts, and lets the bot work.
    pub async fn tells(&self, event: Value) {
        let id = format!("Ev{}", TRIGGERS.fetch_add(1, Ordering::SeqCst));
        let body = self.app.sender.event(&id, event).to_string();
        for _ in 0..2 {
            let answer = self.app.sender.signed(&body).await;
            assert_eq!((answer.status, answer.body.as_str()), (200, ""), "{body}");
        }
        self.app.run_jobs().await;
    }

    /// The last thing in the channel that only they saw.
    fn whispered(&self, thread: Option<&str>) -> String {
        let seen = self.app.fake.whispered(self.channel, &self.user());
        seen.iter().rfind(|body| body["thread_ts"].as_str() == thread).map(reading::read).unwrap_or_default()
    }

    /// Presses a button that opens a form; the form.
    pub async fn opens_by(&self, value: &str) -> Value {
        let before = self.app.fake.memory().views.len();
        let answer = self.presses_value(value).await;
        let views = &self.app.fake.memory().views;
        assert_eq!(views.len(), before + 1, "{value}: no form opened, but {answer}");
        views.last().unwrap().clone()
    }

    /// Fills in text fields of an opened form and submits it; the answer's body.
    pub async fn submits(&self, view: &Value, texts: &[(&str, &str)]) -> Value {
        let element = |block: &Value| {
            let field = block["block_id"].as_str()?.to_owned();
            let id = block["element"]["action_id"].as_str()?.to_owned();
            let typed = texts.iter().find(|(name, _)| *name == field).map(|(_, text)| (*text).to_owned());
            let filled = typed.or_else(|| block["element"]["initial_value"].as_str().map(str::to_owned));
            let state = match block["element"]["type"].as_str()? {
                kind @ ("static_select" | "external_select") => {
                    let chosen = filled
                        .or_else(|| block["element"]["initial_option"]["value"].as_str().map(str::to_owned));
                    serde_json::json!({"type": kind, "selected_option": chosen.map(|value| serde_json::json!({ "value": value }))})
                }
                // Ticked boxes are given as a JSON list.
                "checkboxes" => {
                    let ticked: Vec<String> =
                        filled.map(|list| serde_json::from_str(&list).unwrap()).unwrap_or_default();
                    let options = ticked.iter().map(|value| serde_json::json!({ "value": value }));
                    serde_json::json!({"type": "checkboxes", "selected_options": options.collect::<Vec<_>>()})
                }
                kind => serde_json::json!({ "type": kind, "value": filled }),
            };
            Some((field, id, state))
        };
        let inputs: Vec<_> = view["blocks"].as_array().unwrap().iter().filter_map(element).collect();
        let inputs: Vec<_> =
            inputs.iter().map(|(field, id, state)| (field.as_str(), (id.as_str(), state.clone()))).collect();
        let payload = self.app.sender.submission(&self.user(), view, &inputs);
        self.app.sender.payload(&payload).await.json()
    }

    /// Presses the button with this label under the last message that has one, in
    /// the channel or the direct conversation; what only they see then.
    pub async fn presses(&self, label: &str) -> String {
        self.presses_value(&self.button(label)).await
    }

    /// The value of that button.
    pub fn button(&self, label: &str) -> String {
        let direct = self.direct();
        let found = [self.channel, direct.as_str()].into_iter().find_map(|channel| {
            let shown = self.app.fake.shown_in(channel);
            let buttons: Vec<_> = shown.iter().rev().flat_map(reading::buttons).collect();
            buttons.into_iter().find(|(name, _)| name == label).map(|(_, value)| value)
        });
        found.unwrap_or_else(|| panic!("nobody shows {} a button {label}", self.name))
    }

    /// Presses a button that has this value; what only they see then.
    pub async fn presses_value(&self, value: &str) -> String {
        self.acts(pressing(value)).await.iter().map(reading::read).collect::<Vec<_>>().join("\n\n")
    }

    /// Does something under a message; what only they are answered then.
    pub async fn acts(&self, action: Value) -> Vec<Value> {
        let name = self.acts_only(action).await;
        self.app.run_jobs().await;
        self.answers_at(&name)
    }

    /// Ends a survey's open wave, and says so once more.
    pub async fn closes(&self, survey: &str) -> String {
        let offer = self.types(&format!("survey close {survey}")).await;
        self.presses_value(&reading::buttons(&offer)[0].1).await
    }

    /// Presses a button while the bot's database is gone; what they see at once.
    pub async fn presses_in_vain(&self, value: &str) -> String {
        let name = self.acts_only(pressing(value)).await;
        self.app.fake.answered().await;
        self.answers_at(&name).iter().map(reading::read).collect::<Vec<_>>().join("\n\n")
    }

    /// Does it, acknowledged like any; the name of the address for answers.
    async fn acts_only(&self, action: Value) -> String {
        let name = format!("press{}", TRIGGERS.fetch_add(1, Ordering::SeqCst));
        let mut press = self.app.sender.press(&self.user(), "");
        press["response_url"] = self.app.fake.response_url(&name).into();
        press["actions"] = serde_json::json!([action]);
        let answer = self.app.sender.payload(&press).await;
        assert_eq!((answer.status, answer.body.as_str()), (200, ""), "{press}");
        name
    }

    fn answers_at(&self, name: &str) -> Vec<Value> {
        let memory = self.app.fake.memory();
        let seen = memory.responses.iter().filter(|(address, _)| address == name);
        seen.map(|(_, body)| body.clone()).collect()
    }
}

/// The press of a button, as an action.
pub fn pressing(value: &str) -> Value {
    serde_json::json!({
        "type": "button", "action_id": "press:1", "block_id": "b", "value": value,
        "action_ts": "1795350000.000002",
    })
}
