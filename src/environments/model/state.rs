//! The states of an environment and what moves it from one to the next: pure.

use serde::{Deserialize, Serialize};

/// Where an environment stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// Asked for; nothing was made yet.
    Requested,
    /// Its create run is going on.
    Provisioning,
    /// Somebody ended its create; a step that runs still is being ended.
    Cancelling,
    /// It can be used.
    Ready,
    /// Its create run stopped; what was made stays until somebody decides.
    Failed,
    /// Its create run was ended by somebody; what was made stays as after a failure.
    Cancelled,
    /// Stuck: a step was cut off, and only a person can say whether it was done.
    Unclear,
    /// What its create made is being removed; its name stays.
    Undoing,
    /// Stuck: something of an undo cannot be removed.
    UndoStuck,
    /// Nothing of its create is left; it may start over under its name.
    Undone,
    /// What it owns is being removed.
    Destroying,
    /// Stuck: something of a destroy cannot be removed.
    DestroyStuck,
    /// It is gone; its name is free.
    Destroyed,
}

/// What can happen to an environment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Event {
    /// The first step begins.
    Start,
    /// The last step is done.
    Provisioned,
    /// A step cannot be done, or was ended.
    Stopped,
    /// A step was cut off, its outcome unknown.
    CutOff,
    /// Somebody ends the create.
    Cancel,
    /// Somebody wants it tried again.
    Retry,
    /// Somebody wants what the create made removed.
    Undo,
    /// Somebody ends it.
    Destroy,
    /// Its deadline is here.
    Expire,
    /// Nothing is left to remove.
    Removed,
    /// Something could not be removed, however often it was tried.
    Hindered,
    /// An admin leaves that behind.
    Abandon,
}

impl State {
    /// All of them, in the order of a life.
    pub const ALL: [State; 13] = [
        State::Requested,
        State::Provisioning,
        State::Cancelling,
        State::Ready,
        State::Failed,
        State::Cancelled,
        State::Unclear,
        State::Undoing,
        State::UndoStuck,
        State::Undone,
        State::Destroying,
        State::DestroyStuck,
        State::Destroyed,
    ];

    /// The state after `event`; `None` where the event means nothing.
    pub fn on(self, event: Event) -> Option<State> {
        use State::{
            Cancelled, Cancelling, DestroyStuck, Destroyed, Destroying, Failed, Provisioning, Ready,
            Requested, Unclear, UndoStuck, Undoing, Undone,
        };
        match (self, event) {
            (Requested, Event::Start) => Some(Provisioning),
            (Requested | Provisioning, Event::Provisioned) => Some(Ready),
            (Requested | Provisioning, Event::Stopped) => Some(Failed),
            (Provisioning, Event::CutOff) => Some(Unclear),
            (Requested | Provisioning, Event::Cancel) => Some(Cancelling),
            (Cancelling, Event::Stopped) => Some(Cancelled),
            (Failed | Cancelled | Unclear, Event::Retry) => Some(Provisioning),
            // A failed create goes as its undo would leave it: with a repository that it alone made.
            (Failed | Cancelled | Unclear, Event::Undo | Event::Expire) => Some(Undoing),
            (Undoing, Event::Removed) => Some(Undone),
            (Undoing, Event::Hindered) => Some(UndoStuck),
            (UndoStuck, Event::Retry | Event::Abandon) => Some(Undoing),
            (Undone, Event::Retry) => Some(Requested),
            (Requested | Provisioning | Cancelling | Ready | Undone, Event::Expire) => Some(Destroying),
            (Destroying | Destroyed, Event::Destroy) => None,
            (_, Event::Destroy) => Some(Destroying),
            (Destroying, Event::Removed) => Some(Destroyed),
            (Destroying, Event::Hindered) => Some(DestroyStuck),
            (DestroyStuck, Event::Retry | Event::Abandon) => Some(Destroying),
            _ => None,
        }
    }

    /// The word in the database.
    pub fn word(self) -> &'static str {
        match self {
            State::Requested => "requested",
            State::Provisioning => "provisioning",
            State::Cancelling => "cancelling",
            State::Ready => "ready",
            State::Failed => "failed",
            State::Cancelled => "cancelled",
            State::Unclear => "unclear",
            State::Undoing => "undoing",
            State::UndoStuck => "undo_stuck",
            State::Undone => "undone",
            State::Destroying => "destroying",
            State::DestroyStuck => "destroy_stuck",
            State::Destroyed => "destroyed",
        }
    }

    /// The word in sentences: whatever waits for a person to decide is stuck.
    pub fn said(self) -> &'static str {
        if self.is_stuck() { "stuck" } else { self.word() }
    }

    /// Whether nothing goes on unless a person decides.
    pub fn is_stuck(self) -> bool {
        matches!(self, State::Unclear | State::UndoStuck | State::DestroyStuck)
    }

    /// Whether its job has something to do.
    pub fn moves(self) -> bool {
        matches!(
            self,
            State::Requested | State::Provisioning | State::Cancelling | State::Undoing | State::Destroying
        )
    }

    /// Whether its steps are wanted: otherwise one that runs is ended.
    pub fn creates(self) -> bool {
        matches!(self, State::Requested | State::Provisioning)
    }

    /// The mark in front of a line.
    pub fn mark(self) -> &'static str {
        match self {
            State::Ready | State::Undone | State::Destroyed => "✅",
            State::Failed | State::Cancelled => "❌",
            stuck if stuck.is_stuck() => "⚠️",
            _ => "⏳",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_state_against_every_event() {
        let events = [
            Event::Start,
            Event::Provisioned,
            Event::Stopped,
            Event::CutOff,
            Event::Cancel,
            Event::Retry,
            Event::Undo,
            Event::Destroy,
            Event::Expire,
            Event::Removed,
            Event::Hindered,
            Event::Abandon,
        ];
        let mut table = String::new();
        for state in State::ALL {
            for event in events {
                if let Some(next) = state.on(event) {
                    table.push_str(&format!("{} + {event:?} → {}\n", state.word(), next.word()));
                }
            }
        }
        insta::assert_snapshot!(table, @"
        requested + Start → provisioning
        requested + Provisioned → ready
        requested + Stopped → failed
        requested + Cancel → cancelling
        requested + Destroy → destroying
        requested + Expire → destroying
        provisioning + Provisioned → ready
        provisioning + Stopped → failed
        provisioning + CutOff → unclear
        provisioning + Cancel → cancelling
        provisioning + Destroy → destroying
        provisioning + Expire → destroying
        cancelling + Stopped → cancelled
        cancelling + Destroy → destroying
        cancelling + Expire → destroying
        ready + Destroy → destroying
        ready + Expire → destroying
        failed + Retry → provisioning
        failed + Undo → undoing
        failed + Destroy → destroying
        failed + Expire → undoing
        cancelled + Retry → provisioning
        cancelled + Undo → undoing
        cancelled + Destroy → destroying
        cancelled + Expire → undoing
        unclear + Retry → provisioning
        unclear + Undo → undoing
        unclear + Destroy → destroying
        unclear + Expire → undoing
        undoing + Destroy → destroying
        undoing + Removed → undone
        undoing + Hindered → undo_stuck
        undo_stuck + Retry → undoing
        undo_stuck + Destroy → destroying
        undo_stuck + Abandon → undoing
        undone + Retry → requested
        undone + Destroy → destroying
        undone + Expire → destroying
        destroying + Removed → destroyed
        destroying + Hindered → destroy_stuck
        destroy_stuck + Retry → destroying
        destroy_stuck + Destroy → destroying
        destroy_stuck + Abandon → destroying
        ");
    }
}
