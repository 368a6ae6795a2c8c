//! What is in force for one person and where each of it comes from. Pure.

use super::organisation::Belongs;
use super::{Hours, Wish};
use crate::zone::Zone;

/// Who said so. What is said further up counts first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    /// They themselves.
    Own,
    /// The platform that they are met on.
    Directory,
    /// The file, of their site.
    Site,
    /// The config, of everybody.
    Default,
}

/// What a person and the directory said; `None` where they said nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Said {
    pub own_zone: Option<Zone>,
    /// As the directory says.
    pub zone: Option<Zone>,
    pub hours: Option<Hours>,
    pub surveys: Wish,
}

/// What is in force.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    pub zone: (Zone, Source),
    pub hours: (Hours, Source),
    pub surveys: Wish,
    pub team: Option<String>,
    pub site: Option<String>,
}

impl Settings {
    /// From what was said, where they belong, and what holds for everybody.
    pub fn of(said: &Said, belongs: Belongs<'_>, zone: Zone, hours: &Hours) -> Settings {
        let site_zone = belongs.site.and_then(|site| site.zone);
        let zones = [(said.own_zone, Source::Own), (said.zone, Source::Directory), (site_zone, Source::Site)];
        let all_hours = [
            (said.hours.as_ref(), Source::Own),
            (belongs.site.and_then(|site| site.hours.as_ref()), Source::Site),
        ];
        Settings {
            zone: first(zones).unwrap_or((zone, Source::Default)),
            hours: first(all_hours)
                .map_or_else(|| (hours.clone(), Source::Default), |(hours, source)| (hours.clone(), source)),
            surveys: said.surveys,
            team: belongs.team.map(str::to_owned),
            site: belongs.site.map(|site| site.name.clone()),
        }
    }
}

fn first<T, const N: usize>(said: [(Option<T>, Source); N]) -> Option<(T, Source)> {
    said.into_iter().find_map(|(value, source)| Some((value?, source)))
}

/// What somebody wants of one setting.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Change<T> {
    #[default]
    Keep,
    /// No word of their own any more.
    Auto,
    To(T),
}

/// What somebody wants changed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Changes {
    pub zone: Change<Zone>,
    pub hours: Change<Hours>,
    pub surveys: Change<Wish>,
}

#[cfg(test)]
mod tests {
    use super::super::organisation::Site;
    use super::*;

    #[test]
    fn who_stands_nearer_counts_first() {
        let zone = |name: &str| name.parse::<Zone>().unwrap();
        let site = Site {
            name: "berlin".into(),
            zone: Some(zone("Europe/Berlin")),
            hours: Some("8-16".parse().unwrap()),
            ..Site::default()
        };
        let (there, nowhere) = (Belongs { team: None, site: Some(&site) }, Belongs::default());
        let both =
            Said { own_zone: Some(zone("Asia/Tokyo")), zone: Some(zone("Asia/Seoul")), ..Said::default() };
        let told = Said { own_zone: None, ..both.clone() };
        for (said, belongs, expected) in [
            (&both, there, ("Asia/Tokyo", Source::Own)),
            (&told, there, ("Asia/Seoul", Source::Directory)),
            (&Said::default(), there, ("Europe/Berlin", Source::Site)),
            (&Said::default(), nowhere, ("UTC", Source::Default)),
        ] {
            let settings = Settings::of(said, belongs, Zone::default(), &Hours::default());
            assert_eq!(settings.zone, (zone(expected.0), expected.1));
        }
        let own = Said { hours: Some(Hours::ALWAYS), ..Said::default() };
        let hours = |said, belongs| Settings::of(said, belongs, Zone::default(), &Hours::default()).hours;
        assert_eq!(hours(&own, there), (Hours::ALWAYS, Source::Own));
        assert_eq!(hours(&told, there).1, Source::Site);
        assert_eq!(hours(&told, nowhere), (Hours::default(), Source::Default));
    }
}
