//! The fixed people of the playground, and which role each one plays.

/// Somebody that the reader may speak as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Persona {
    /// The platform's id of the user, `ada`.
    pub user: &'static str,
    /// What people call them.
    pub name: &'static str,
    /// `developer`, `approver`, `pm` or `admin`.
    pub role: &'static str,
    /// Acts by itself when the crowd is asked.
    pub crowd: bool,
}

const fn person(user: &'static str, name: &'static str, role: &'static str) -> Persona {
    Persona { user, name, role, crowd: false }
}

const fn one_of_the_crowd(user: &'static str, name: &'static str) -> Persona {
    Persona { user, name, role: "developer", crowd: true }
}

static PERSONAS: [Persona; 13] = [
    person("ada", "Ada", "developer"),
    person("ben", "Ben", "developer"),
    person("grace", "Grace", "approver"),
    person("priya", "Priya", "pm"),
    person("olga", "Olga", "admin"),
    one_of_the_crowd("dana", "Dana"),
    one_of_the_crowd("eli", "Eli"),
    one_of_the_crowd("fay", "Fay"),
    one_of_the_crowd("gus", "Gus"),
    one_of_the_crowd("hana", "Hana"),
    one_of_the_crowd("ivan", "Ivan"),
    one_of_the_crowd("jo", "Jo"),
    one_of_the_crowd("kim", "Kim"),
];

/// Everybody, in the order in which they are shown.
pub fn personas() -> &'static [Persona] {
    &PERSONAS
}

/// The persona with this user id.
pub fn persona(user: &str) -> Option<&'static Persona> {
    PERSONAS.iter().find(|persona| persona.user == user)
}

impl Persona {
    /// The id of their direct conversation with the bot.
    pub fn direct(&self) -> String {
        format!("{DIRECT}{}", self.user)
    }
}

/// The one channel.
pub const CHANNEL: &str = "platform";

/// What the id of a direct conversation starts with.
pub(super) const DIRECT: &str = "dm:";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_user_is_there_once_and_eight_of_them_are_the_crowd() {
        let users: std::collections::BTreeSet<_> = personas().iter().map(|persona| persona.user).collect();
        assert_eq!(users.len(), 13);
        assert_eq!(personas().iter().filter(|persona| persona.crowd).count(), 8);
        assert_eq!(persona("grace").map(|grace| grace.role), Some("approver"));
        assert_eq!(persona("root"), None);
    }
}
