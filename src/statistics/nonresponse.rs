//! What the silent could do to a number.

use serde::{Deserialize, Serialize};

use super::proportion::wilson_at;
use super::trend::{Series, line};
use super::{Defined, Undefined, Z95, count};

/// An estimate, of how many asked, on which scale.
#[derive(Debug, Clone, Copy, Deserialize)]
pub struct Asked {
    pub estimate: f64,
    pub respondents: u64,
    /// Who got the question; what was not delivered is told apart.
    pub invited: u64,
    pub scale_min: f64,
    pub scale_max: f64,
}

/// Bounds without any assumption.
#[derive(Debug, Clone, Serialize)]
pub struct Bounds {
    pub response_rate: f64,
    pub worst_case: (f64, f64),
    /// How far the truth is off for each unit by which the silent differ.
    pub bias_per_unit_gap: f64,
    pub response_rate_ci_wilson: (f64, f64),
}

/// [RR·m + (1 − RR)·min, RR·m + (1 − RR)·max]; bias = (1 − RR)·gap.
///
/// Source: Manski (1989), Journal of Human Resources 24; Groves (2006), POQ 70(5).
///
/// # Errors
/// Nobody was asked, or more answered than were.
pub fn nonresponse_bounds(asked: &Asked) -> Defined<Bounds> {
    let Asked { estimate, respondents, invited, scale_min, scale_max } = *asked;
    if invited == 0 {
        return Err(Undefined::nobody());
    }
    if respondents > invited {
        return Err(Undefined::new(respondents, "out_of_range"));
    }
    let rate = count(respondents) / count(invited);
    let with = |silent: f64| rate * estimate + (1.0 - rate) * silent;
    Ok(Bounds {
        response_rate: rate,
        worst_case: (with(scale_min), with(scale_max)),
        bias_per_unit_gap: 1.0 - rate,
        response_rate_ci_wilson: wilson_at(count(respondents), count(invited), Z95),
    })
}

/// By contact: its number, and mean, standard deviation and number of the answers it brought.
#[derive(Debug, Clone, Deserialize)]
pub struct Contacts {
    pub groups: Vec<(f64, f64, f64, u64)>,
    /// Smaller groups are left out; 5 unless said.
    pub k: Option<u64>,
}

/// Whether those who needed a reminder answer differently.
#[derive(Debug, Clone, Serialize)]
pub struct Resistance {
    pub slope: f64,
    pub se_slope: f64,
    pub p_two_sided: f64,
    /// A rough guess of what the silent would say.
    pub extrapolated_nonrespondent_mean: f64,
}

/// A line through the means on the contact number, weights n/sd², read off one contact further.
///
/// Source: Lin & Schaeffer (1995), POQ 59.
///
/// # Errors
/// Fewer than two groups of k.
pub fn continuum_of_resistance(contacts: &Contacts) -> Defined<Resistance> {
    let k = contacts.k.unwrap_or(5);
    let groups: Vec<_> = contacts.groups.iter().filter(|group| group.3 >= k).collect();
    if groups.len() < 2 {
        return Err(Undefined::new(groups.len() as u64, "too_few_groups"));
    }
    let line = line(&Series {
        t: groups.iter().map(|group| group.0).collect(),
        y: groups.iter().map(|group| group.1).collect(),
        se: groups.iter().map(|group| group.2 / count(group.3).sqrt()).collect(),
    })?;
    let last = groups.iter().map(|group| group.0).fold(f64::NEG_INFINITY, f64::max);
    Ok(Resistance {
        slope: line.slope,
        se_slope: line.se_slope,
        p_two_sided: line.p_two_sided,
        extrapolated_nonrespondent_mean: line.intercept + line.slope * (last + 1.0),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn where_all_answer_the_bounds_are_the_estimate() {
        let asked = |respondents: u64| Asked {
            estimate: 0.78,
            respondents,
            invited: 100,
            scale_min: 0.0,
            scale_max: 1.0,
        };
        let (low, high) = nonresponse_bounds(&asked(60)).unwrap().worst_case;
        assert!((low - 0.468).abs() < 1e-9 && (high - 0.868).abs() < 1e-9);
        assert_eq!(nonresponse_bounds(&asked(100)).unwrap().worst_case, (0.78, 0.78));
    }
}
