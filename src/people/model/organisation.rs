//! `people.toml`: teams, sites and what a platform's groups give, as the operator wrote them. Pure.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use chrono::NaiveDate;
use serde::Deserialize;
use toml::Spanned;

use super::Hours;
use crate::access::Role;
use crate::chat::inbound::Identity;
use crate::diagnostic::{Problem, parse_toml};
use crate::zone::Zone;

/// A group that a platform keeps, a user group of Slack or a role of Discord, by what it is called or by its id.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct GroupName {
    pub platform: String,
    /// `@handle`, or the id.
    pub name: String,
}

impl GroupName {
    /// Whether it means the group of this id and handle.
    pub fn means(&self, id: &str, handle: &str) -> bool {
        self.name == id || self.name.strip_prefix('@') == Some(handle)
    }
}

impl fmt::Display for GroupName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.platform, self.name)
    }
}

/// A place where people work.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Site {
    pub name: String,
    pub zone: Option<Zone>,
    pub hours: Option<Hours>,
    pub holidays: Arc<BTreeSet<NaiveDate>>,
}

/// Where somebody belongs.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Belongs<'a> {
    pub team: Option<&'a str>,
    pub site: Option<&'a Site>,
}

/// All teams and sites; empty without a file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Organisation {
    /// In the order of the file: name, site.
    teams: Vec<(String, Option<usize>)>,
    sites: Vec<Site>,
    team_of: HashMap<Identity, usize>,
    site_of: HashMap<Identity, usize>,
    /// The first team of each group.
    team_of_group: BTreeMap<GroupName, usize>,
    roles: BTreeMap<GroupName, BTreeSet<Role>>,
}

impl Organisation {
    /// Where an account belongs that is in these groups: what names the account itself counts
    /// before a group, and of several groups the one whose team stands first.
    pub fn belongs(&self, who: &Identity, groups: &[String]) -> Belongs<'_> {
        let named = |name: &String| GroupName { platform: who.platform.clone(), name: name.clone() };
        let by_group = || groups.iter().filter_map(|name| self.team_of_group.get(&named(name))).min();
        let team = self.team_of.get(who).or_else(by_group).and_then(|at| self.teams.get(*at));
        let site = self.site_of.get(who).copied().or(team.and_then(|(_, site)| *site));
        Belongs { team: team.map(|(name, _)| name.as_str()), site: site.and_then(|at| self.sites.get(at)) }
    }

    /// What being in these groups of a platform gives.
    pub fn roles(&self, platform: &str, groups: &[String]) -> BTreeSet<Role> {
        let named = |name: &String| GroupName { platform: platform.to_owned(), name: name.clone() };
        groups.iter().filter_map(|name| self.roles.get(&named(name))).flatten().copied().collect()
    }

    /// Every group that is named.
    pub fn groups(&self) -> BTreeSet<&GroupName> {
        self.team_of_group.keys().chain(self.roles.keys()).collect()
    }

    /// Whether there is any team.
    pub fn has_teams(&self) -> bool {
        !self.teams.is_empty()
    }

    /// Whether any group is named.
    pub fn names_groups(&self) -> bool {
        !self.team_of_group.is_empty() || !self.roles.is_empty()
    }

    /// Whether somebody holds `role` by a group.
    pub fn gives(&self, role: Role) -> bool {
        self.roles.values().any(|given| given.contains(&role))
    }

    /// Reads the file.
    ///
    /// # Errors
    /// Every problem, each with its line.
    pub fn parse(file: &str, text: &str) -> Result<Organisation, Vec<Problem>> {
        let raw: File = parse_toml(file, text).map_err(|problem| vec![problem])?;
        let mut reader = Reader { file, text, made: Organisation::default(), problems: Vec::new() };
        raw.site.iter().for_each(|site| reader.site(site));
        raw.team.iter().for_each(|team| reader.team(team));
        raw.group.iter().for_each(|group| reader.group(group));
        if reader.problems.is_empty() { Ok(reader.made) } else { Err(reader.problems) }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    team: Vec<RawTeam>,
    #[serde(default)]
    site: Vec<RawSite>,
    #[serde(default)]
    group: Vec<RawGroup>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawTeam {
    name: Spanned<String>,
    site: Option<Spanned<String>>,
    #[serde(default)]
    members: Vec<Spanned<String>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawSite {
    name: Spanned<String>,
    zone: Option<Spanned<String>>,
    hours: Option<Spanned<String>>,
    #[serde(default)]
    holidays: Vec<Spanned<String>>,
    #[serde(default)]
    members: Vec<Spanned<String>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawGroup {
    name: Spanned<String>,
    role: Spanned<Role>,
}

/// What an entry of `members` names.
enum Who {
    Account(Identity),
    Group(GroupName),
}

/// `slack:T012AB3CD:U045EF6GH`, `slack:@payments`, `slack:S045EF6GH` or `discord:@Platform leads`.
fn who(entry: &str) -> Option<Who> {
    let group = |platform: &str, name: &str| {
        Some(Who::Group(GroupName { platform: platform.into(), name: name.into() }))
    };
    let is_word = |part: &&str| !part.is_empty() && !part.contains(char::is_whitespace);
    let (platform, rest) = entry.split_once(':').filter(|(platform, _)| is_word(platform))?;
    // What people call a group may have spaces and colons in it.
    if let Some(handle) = rest.strip_prefix('@') {
        return (!handle.is_empty() && handle.trim() == handle).then(|| group(platform, rest))?;
    }
    let parts: Vec<&str> = rest.split(':').filter(is_word).collect();
    match parts.as_slice() {
        [workspace, user] if parts.len() == rest.split(':').count() => {
            Some(Who::Account(Identity::new(platform, workspace, user)))
        }
        [name] if *name == rest => group(platform, name),
        _ => None,
    }
}

struct Reader<'t> {
    file: &'t str,
    text: &'t str,
    made: Organisation,
    problems: Vec<Problem>,
}

const ENTRY: &str = "write an account as \"slack:T012AB3CD:U045EF6GH\", a group as \"slack:@payments\"";

impl Reader<'_> {
    fn say(&mut self, at: Range<usize>, what: String, fix: &str) {
        self.problems.push(Problem::at_offset(self.file, self.text, at.start, what, fix));
    }

    /// A value as its type reads it; what it cannot is said.
    fn read<T: std::str::FromStr>(&mut self, raw: &Spanned<String>, kind: &str, fix: &str) -> Option<T> {
        let value = raw.get_ref().parse().ok();
        if value.is_none() {
            self.say(raw.span(), format!("`{}` is not {kind}", raw.get_ref()), fix);
        }
        value
    }

    fn new_name(&mut self, name: &Spanned<String>, taken: bool) {
        let shown = name.get_ref();
        if taken || shown.trim().is_empty() {
            let what = if taken { format!("`{shown}` stands twice") } else { "the name is empty".into() };
            self.say(name.span(), what, "give each a name of its own");
        }
    }

    fn site(&mut self, raw: &RawSite) {
        let taken = self.made.sites.iter().any(|site| site.name == *raw.name.get_ref());
        self.new_name(&raw.name, taken);
        let zone = |raw, reader: &mut Self| reader.read(raw, "a time zone", "write one as \"Europe/Berlin\"");
        let hours =
            |raw, reader: &mut Self| reader.read(raw, "working hours", "write them as \"mon-fri 9-17\"");
        let day = |raw, reader: &mut Self| reader.read(raw, "a date", "write one as \"2026-12-25\"");
        let site = Site {
            name: raw.name.get_ref().clone(),
            zone: raw.zone.as_ref().and_then(|raw| zone(raw, self)),
            hours: raw.hours.as_ref().and_then(|raw| hours(raw, self)),
            holidays: Arc::new(raw.holidays.iter().filter_map(|raw| day(raw, self)).collect()),
        };
        let at = self.made.sites.len();
        self.made.sites.push(site);
        for entry in &raw.members {
            match who(entry.get_ref()) {
                Some(Who::Account(identity)) => {
                    if self.made.site_of.insert(identity, at).is_some_and(|other| other != at) {
                        let what = format!("`{}` is at two sites", entry.get_ref());
                        self.say(entry.span(), what, "keep one of them");
                    }
                }
                _ => {
                    let what = format!("`{}` is not an account", entry.get_ref());
                    self.say(entry.span(), what, "name accounts here, and the site of a group's team there");
                }
            }
        }
    }

    fn team(&mut self, raw: &RawTeam) {
        let taken = self.made.teams.iter().any(|(name, _)| name == raw.name.get_ref());
        self.new_name(&raw.name, taken);
        let named =
            |name: &Spanned<String>| self.made.sites.iter().position(|site| site.name == *name.get_ref());
        let site = raw.site.as_ref().and_then(named);
        if let (Some(unknown), None) = (&raw.site, site) {
            let what = format!("there is no site `{}`", unknown.get_ref());
            self.say(unknown.span(), what, "add a `[[site]]` of this name, or mend it");
        }
        let at = self.made.teams.len();
        self.made.teams.push((raw.name.get_ref().clone(), site));
        for entry in &raw.members {
            let before = match who(entry.get_ref()) {
                Some(Who::Account(identity)) => self.made.team_of.insert(identity, at),
                Some(Who::Group(group)) => self.made.team_of_group.insert(group, at),
                None => {
                    let what = format!("`{}` is neither an account nor a group", entry.get_ref());
                    self.say(entry.span(), what, ENTRY);
                    None
                }
            };
            if before.is_some_and(|other| other != at) {
                self.say(entry.span(), format!("`{}` is in two teams", entry.get_ref()), "keep one of them");
            }
        }
    }

    fn group(&mut self, raw: &RawGroup) {
        match who(raw.name.get_ref()) {
            Some(Who::Group(group)) => {
                self.made.roles.entry(group).or_default().insert(*raw.role.get_ref());
            }
            _ => {
                let what = format!("`{}` is not a group", raw.name.get_ref());
                self.say(raw.name.span(), what, "write one as \"slack:@platform-leads\"");
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &str = r#"
[[site]]
name = "berlin"
zone = "Europe/Berlin"
hours = "mon-fri 8-16"
holidays = ["2026-12-25"]
members = ["slack:T1:UBEN"]

[[site]]
name = "porto"
zone = "Europe/Lisbon"

[[team]]
name = "payments"
site = "porto"
members = ["slack:T1:UADA", "slack:T1:UBEN", "slack:@pay"]

[[team]]
name = "search"
members = ["slack:@search", "slack:S1"]

[[group]]
name = "slack:@leads"
role = "approver"
"#;

    fn groups(names: &[&str]) -> Vec<String> {
        names.iter().map(|name| (*name).to_owned()).collect()
    }

    #[test]
    fn an_account_counts_before_a_group_and_a_site_before_that_of_the_team() {
        let all = Organisation::parse("people.toml", FILE).unwrap();
        let place = |user: &str, names: &[&str]| {
            let found = Identity::new("slack", "T1", user);
            let belongs = all.belongs(&found, &groups(names));
            (belongs.team.map(str::to_owned), belongs.site.map(|site| site.name.clone()))
        };
        let some = |team: &str, site: &str| (Some(team.to_owned()), Some(site.to_owned()));
        assert_eq!(place("UADA", &["@search"]), some("payments", "porto"));
        assert_eq!(place("UBEN", &[]), some("payments", "berlin"));
        assert_eq!(place("UCAT", &["S1", "@pay"]), some("payments", "porto"), "the first team counts");
        assert_eq!(place("UCAT", &["S1"]), (Some("search".into()), None));
        assert_eq!(place("UEVE", &["@leads"]), (None, None));
        assert_eq!(all.belongs(&Identity::new("discord", "1", "2"), &groups(&["@pay"])), Belongs::default());
        let names: Vec<String> = all.groups().into_iter().map(ToString::to_string).collect();
        assert_eq!(names, ["slack:@leads", "slack:@pay", "slack:@search", "slack:S1"]);
    }

    #[test]
    fn a_group_gives_its_role_on_its_own_platform_alone() {
        let all = Organisation::parse("people.toml", FILE).unwrap();
        assert_eq!(all.roles("slack", &groups(&["@leads", "@pay"])), BTreeSet::from([Role::Approver]));
        assert_eq!(all.roles("discord", &groups(&["@leads"])), BTreeSet::new());
        assert_eq!(all.roles("slack", &[]), BTreeSet::new());
    }

    #[test]
    fn a_group_is_named_as_people_call_it() {
        for name in ["@Platform leads", "@team: payments", "@a", "100000000000000009"] {
            let text = format!("[[group]]\nname = \"discord:{name}\"\nrole = \"pm\"\n");
            let all = Organisation::parse("people.toml", &text).unwrap();
            assert_eq!(all.roles("discord", &groups(&[name])), BTreeSet::from([Role::Pm]), "{name}");
        }
    }

    #[test]
    fn each_mistake_is_named_with_its_line() {
        let text = "[[site]]\nname = \"a\"\nzone = \"Berlin\"\nhours = \"9\"\nholidays = [\"2026-02-30\"]\n\
                    members = [\"slack:@all\"]\n[[site]]\nname = \"a\"\n[[team]]\nname = \"t\"\nsite = \"b\"\n\
                    members = [\"slack:T1:U1\", \"ada\"]\n[[team]]\nname = \"u\"\nmembers = [\"slack:T1:U1\"]\n\
                    [[group]]\nname = \"leads\"\nrole = \"pm\"\n";
        let problems = Organisation::parse("people.toml", text).unwrap_err();
        let lines: Vec<usize> = problems.iter().map(|problem| problem.line).collect();
        assert_eq!(lines, [3, 4, 5, 6, 8, 11, 12, 15, 17], "{problems:#?}");
        for wrong in
            ["slack:@", "slack:@ a", "slack:", ":@a", "slack:T1:", "slack::U1", "slack:T1:U1:x", "slack:T 1"]
        {
            let text = format!("[[team]]\nname = \"t\"\nmembers = [\"{wrong}\"]\n");
            assert!(Organisation::parse("people.toml", &text).is_err(), "{wrong}");
        }
        for wrong in
            ["[[team]]\nnam = \"x\"\n", "[[group]]\nname = \"slack:@a\"\nrole = \"boss\"\n", "team = 1"]
        {
            assert_eq!(Organisation::parse("people.toml", wrong).unwrap_err().len(), 1);
        }
    }
}
