//! Who is asked what, when nobody may be asked too much.

use std::collections::{BTreeMap, HashMap};

use serde::{Deserialize, Serialize};

use super::{Defined, count};

/// Somebody, what they were asked already, and what they could be asked.
#[derive(Debug, Clone, Deserialize)]
pub struct Respondent {
    pub id: String,
    pub spent: u64,
    pub eligible: Vec<String>,
}

/// What an invitation costs, how much the survey matters, and how many it needs.
#[derive(Debug, Clone, Deserialize)]
pub struct Need {
    pub id: String,
    pub cost: u64,
    pub weight: f64,
    pub need: u64,
}

/// Surveys that want people's time.
#[derive(Debug, Clone, Deserialize)]
pub struct Demand {
    pub people: Vec<Respondent>,
    pub surveys: Vec<Need>,
    pub budget_per_30_days: u64,
}

/// The best use of everybody's budget.
#[derive(Debug, Clone, Serialize)]
pub struct Assignment {
    /// Σ weight·min(invited, need)/need.
    pub total_value: f64,
    pub invitations_per_survey: BTreeMap<String, u64>,
    pub total_cost: u64,
    /// What asking for the most valuable first would reach.
    pub greedy_total_value: f64,
    /// Why somebody is asked nothing.
    pub not_asked: BTreeMap<String, &'static str>,
}

/// Invitations by survey, and the least cost that reaches them.
type Reached = HashMap<Vec<u64>, u64>;

/// Exact: person by person, every number of invitations for each survey that can be reached, with the
/// least cost; no survey is asked beyond its need. The most valuable of them wins, the cheaper among
/// equals.
///
/// Source: generalised assignment by dynamic programming over the needs.
///
/// # Errors
/// None; nobody eligible gives no invitations and a reason for each.
pub fn fatigue_budget(demand: &Demand) -> Defined<Assignment> {
    let Demand { people, surveys, budget_per_30_days: budget } = demand;
    let mut reached: Reached = HashMap::from([(vec![0; surveys.len()], 0)]);
    let mut not_asked = BTreeMap::new();
    for person in people {
        let left = budget.saturating_sub(person.spent);
        let choices = choices(person, surveys, left);
        if choices.len() == 1 {
            let reason = if person.eligible.is_empty() { "not_eligible" } else { "budget_spent" };
            not_asked.insert(person.id.clone(), reason);
        }
        reached = with_one_more(&reached, &choices, surveys);
    }
    let value =
        |counts: &[u64]| -> f64 { surveys.iter().zip(counts).map(|(survey, n)| worth(survey, *n)).sum() };
    let better = |(a, a_cost): &(&Vec<u64>, &u64), (b, b_cost): &(&Vec<u64>, &u64)| {
        let (va, vb) = (value(a), value(b));
        let by_value = if (va - vb).abs() < 1e-12 { std::cmp::Ordering::Equal } else { va.total_cmp(&vb) };
        by_value.then_with(|| b_cost.cmp(a_cost)).then_with(|| a.cmp(b))
    };
    let best = reached.iter().max_by(better);
    let (counts, total_cost) = best.map_or_else(Default::default, |(counts, cost)| (counts.clone(), *cost));
    Ok(Assignment {
        total_value: value(&counts),
        invitations_per_survey: surveys.iter().map(|survey| survey.id.clone()).zip(counts).collect(),
        total_cost,
        greedy_total_value: greedy(demand),
        not_asked,
    })
}

fn worth(survey: &Need, invited: u64) -> f64 {
    if survey.need == 0 { 0.0 } else { survey.weight * count(invited.min(survey.need)) / count(survey.need) }
}

/// Every set of surveys that somebody can be asked, as places, with its cost; the empty one first.
fn choices(person: &Respondent, surveys: &[Need], left: u64) -> Vec<(Vec<usize>, u64)> {
    let mut choices = vec![(vec![], 0)];
    for (place, survey) in surveys.iter().enumerate().filter(|(_, s)| person.eligible.contains(&s.id)) {
        for (set, cost) in choices.clone() {
            if cost + survey.cost <= left {
                choices.push(([set, vec![place]].concat(), cost + survey.cost));
            }
        }
    }
    choices
}

fn with_one_more(reached: &Reached, choices: &[(Vec<usize>, u64)], surveys: &[Need]) -> Reached {
    let mut next = Reached::new();
    for (counts, spent) in reached {
        for (set, cost) in choices.iter().filter(|(set, _)| set.iter().all(|s| counts[*s] < surveys[*s].need))
        {
            let mut counts = counts.clone();
            set.iter().for_each(|survey| counts[*survey] += 1);
            let least = next.entry(counts).or_insert(u64::MAX);
            *least = (*least).min(spent + cost);
        }
    }
    next
}

/// Surveys by weight/need/cost, the scarcer first among equals; people with the fewest choices first.
fn greedy(demand: &Demand) -> f64 {
    let Demand { people, surveys, budget_per_30_days: budget } = demand;
    let rate = |survey: &Need| survey.weight / count(survey.need.max(1)) / count(survey.cost.max(1));
    let eligible =
        |survey: &Need| people.iter().filter(|person| person.eligible.contains(&survey.id)).count();
    let mut order: Vec<&Need> = surveys.iter().collect();
    order.sort_by(|a, b| rate(b).total_cmp(&rate(a)).then_with(|| eligible(a).cmp(&eligible(b))));
    let mut spent: Vec<u64> = people.iter().map(|person| person.spent).collect();
    let mut total = 0.0;
    for survey in order {
        let mut willing: Vec<usize> =
            (0..people.len()).filter(|p| people[*p].eligible.contains(&survey.id)).collect();
        willing.sort_by_key(|person| people[*person].eligible.len());
        let mut invited = 0;
        for person in willing {
            if invited < survey.need && spent[person] + survey.cost <= *budget {
                spent[person] += survey.cost;
                invited += 1;
            }
        }
        total += worth(survey, invited);
    }
    total
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_spent_budget_is_a_reason() {
        let person = |id: &str, spent| Respondent { id: id.into(), spent, eligible: vec!["q".into()] };
        let surveys = vec![Need { id: "q".into(), cost: 1, weight: 1.0, need: 2 }];
        let demand = Demand { people: vec![person("a", 3), person("b", 2)], surveys, budget_per_30_days: 3 };
        let best = fatigue_budget(&demand).unwrap();
        assert_eq!((best.total_value, best.total_cost, best.not_asked["a"]), (0.5, 1, "budget_spent"));
    }
}
