//! Members of a platform that tells of one account at a time: who of them has to be looked at again, and
//! whether somebody is one who acts where no workspace tells of them.
//!
//! Deny by default: nobody is a member because they can write to the bot. What was found out holds for a
//! while, so that not each press asks; where the platform cannot be asked, the last that was known holds.

use std::time::Duration;

use super::{People, store};
use crate::chat::directory::{Account, Directory, Met, Question};
use crate::chat::inbound::{Identity, Standing};
use crate::error::{Error, Result};

/// Whoever was a member within this is one.
const MEMBER_FOR: Duration = Duration::from_secs(3_600);
/// Whoever was none within this is none; short, because somebody may have let them in meanwhile.
const OUTSIDER_FOR: Duration = Duration::from_secs(300);
/// Whoever acts waits for the answer, and their platform for ours: Discord for three seconds.
const PATIENCE: Duration = Duration::from_millis(1_200);
/// Members are looked at again after this.
const KNOWN_FOR: Duration = Duration::from_secs(86_400);
/// Those who hold something by a group: the job that does it runs twice an hour.
const HELD_FOR: Duration = Duration::from_secs(1_500);

impl People {
    /// Members to be looked at again, at most `limit` of those behind `after` (workspace, user).
    pub async fn members_to_read(&self, after: &Identity, limit: i64) -> Result<Vec<Identity>> {
        let now = self.db.now();
        let before = (now.minus(KNOWN_FOR), now.minus(HELD_FOR));
        let mut conn = self.db.read().await?;
        store::directory::due(&mut conn, &after.platform, before, (after, limit)).await
    }

    /// Whether somebody is a member of one of these workspaces, who acted in none of them. Of several it
    /// is the one where they were met first, so that they stay the same person.
    pub async fn meet(&self, directory: &dyn Directory, ours: &[String], who: &Account) -> Result<Met> {
        let (platform, user) = (directory.platform(), &who.identity.user);
        let known = store::directory::accounts_of(&mut *self.db.read().await?, platform, user).await?;
        let known: Vec<_> = known.into_iter().filter(|one| ours.contains(&one.identity.workspace)).collect();
        let now = self.db.now();
        let within = |at, span| Option::is_some_and(at, |at| now.since(at) < span);
        let members: Vec<_> = known.iter().filter(|one| one.standing == Some(Standing::Member)).collect();
        if let Some(member) = members.iter().find(|one| within(one.looked_up, MEMBER_FOR)) {
            return Ok(Met::Member(member.identity.clone()));
        }
        let outside = known.iter().find(|one| within(one.looked_up, OUTSIDER_FOR));
        if let (true, Some(outside)) = (members.is_empty(), outside) {
            return Ok(Met::Outsider(outside.identity.clone()));
        }
        let mut asked: Vec<Identity> = members.iter().map(|one| one.identity.clone()).collect();
        let met = asked.len();
        let others = ours.iter().map(|workspace| Identity::new(platform, workspace, user));
        asked.extend(others.filter(|other| members.iter().all(|one| one.identity != *other)));
        let mut none = Vec::new();
        let heard = tokio::time::timeout(PATIENCE, ask(directory, &asked, met, &mut none)).await;
        self.heard(heard.unwrap_or(Heard::Nothing), (&asked, met), none, who).await
    }

    /// Takes down what was heard, and what it comes to. The first `met` of those that were asked for were
    /// members so far; `none` are no members.
    async fn heard(
        &self,
        heard: Heard,
        (asked, met): (&[Identity], usize),
        none: Vec<Identity>,
        who: &Account,
    ) -> Result<Met> {
        let last = asked.iter().take(met).find(|one| !none.contains(one)).cloned();
        let (outcome, kept) = match (heard, last) {
            (Heard::Member(account), _) => (Met::Member(account.identity.clone()), self.told(account).await),
            (Heard::Nothing, Some(last)) => (Met::Member(last), Ok(())),
            (Heard::Nothing, None) => (Met::Unclear, Ok(())),
            (Heard::Outsider, _) => {
                let nowhere = || Identity { workspace: String::new(), ..who.identity.clone() };
                let identity = asked.first().cloned().unwrap_or_else(nowhere);
                let (standing, groups) = (Standing::Outsider, Some(Vec::new()));
                let stranger = Account { identity: identity.clone(), standing, groups, ..who.clone() };
                (Met::Outsider(identity), self.told(stranger).await)
            }
        };
        for gone in none {
            unless_away(self.unknown(gone).await)?;
        }
        unless_away(kept)?;
        Ok(outcome)
    }
}

/// What was found out counts although the database takes nothing down just now.
fn unless_away(kept: Result<()>) -> Result<()> {
    match kept {
        Err(Error::Away(_)) => Ok(()),
        kept => kept,
    }
}

/// What a platform said.
enum Heard {
    Member(Account),
    /// They are a member nowhere.
    Outsider,
    /// Not all of it, or nothing.
    Nothing,
}

/// Asks for one account after the other until one is a member's; those that are not go into `none`. Where the
/// platform does not answer of one of the first `met`, that is all there is to hear.
async fn ask(directory: &dyn Directory, asked: &[Identity], met: usize, none: &mut Vec<Identity>) -> Heard {
    let mut heard = Heard::Outsider;
    for (n, who) in asked.iter().enumerate() {
        let found = match directory.wait(&who.user, Question::Account).is_zero() {
            true => directory.account(who).await.ok(),
            false => None,
        };
        match found {
            Some(Some(account)) if account.standing == Standing::Member => return Heard::Member(account),
            Some(_) => none.push(who.clone()),
            None if n < met => return Heard::Nothing,
            None => heard = Heard::Nothing,
        }
    }
    heard
}
