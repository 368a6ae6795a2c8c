//! Other views of what matters: opportunity, weighted shortest job first, Kano.

use serde::{Deserialize, Serialize};

use super::{Defined, Undefined, Z95, clip, count};

/// How many rated an outcome important (4 or 5) and were satisfied with it (4 or 5).
#[derive(Debug, Clone, Copy, Deserialize)]
pub struct Outcome {
    pub important_and_satisfied: u64,
    pub important_not_satisfied: u64,
    pub unimportant_satisfied: u64,
    pub neither: u64,
}

/// 0..=10 for the parts, 0..=20 for the score.
#[derive(Debug, Clone, Serialize)]
pub struct Opportunity {
    pub n: u64,
    pub importance: f64,
    pub satisfaction: f64,
    pub opportunity: f64,
    pub se_delta: f64,
    pub ci95: (f64, f64),
}

/// O = I + max(I − S, 0). Where I > S, Var = 100·(4 Var(p_I) + Var(p_S) − 4 Cov), else 100·Var(p_I), with
/// Var(p) = p(1 − p)/n and Cov = (p₁₁ − p_I·p_S)/n. Near I = S the interval is approximate.
///
/// Source: Ulwick (2002), HBR 80(1); the delta method for the standard error.
///
/// # Errors
/// Nobody answered.
pub fn opportunity_score(outcome: &Outcome) -> Defined<Opportunity> {
    let Outcome { important_and_satisfied: both, important_not_satisfied, unimportant_satisfied, neither } =
        *outcome;
    let n = both + important_not_satisfied + unimportant_satisfied + neither;
    if n == 0 {
        return Err(Undefined::nobody());
    }
    let share = |hits: u64| count(hits) / count(n);
    let (wanted, served) = (share(both + important_not_satisfied), share(both + unimportant_satisfied));
    let variance = |p: f64| p * (1.0 - p) / count(n);
    let covariance = (share(both) - wanted * served) / count(n);
    let unserved = both + important_not_satisfied > both + unimportant_satisfied;
    let spread = if unserved {
        4.0 * variance(wanted) + variance(served) - 4.0 * covariance
    } else {
        variance(wanted)
    };
    let opportunity = 10.0 * (wanted + (wanted - served).max(0.0));
    let se_delta = 10.0 * spread.max(0.0).sqrt();
    let half = Z95 * se_delta;
    Ok(Opportunity {
        n,
        importance: 10.0 * wanted,
        satisfaction: 10.0 * served,
        opportunity,
        se_delta,
        ci95: clip((opportunity - half, opportunity + half), 0.0, 20.0),
    })
}

/// Relative estimates.
#[derive(Debug, Clone, Copy, Deserialize)]
pub struct Job {
    pub user_business_value: f64,
    pub time_criticality: f64,
    pub risk_opportunity: f64,
    pub job_size: f64,
}

/// The cost of delay for each unit of work.
#[derive(Debug, Clone, Serialize)]
pub struct Wsjf {
    pub wsjf: f64,
}

/// (value + time criticality + risk or opportunity)/size.
///
/// Source: Reinertsen (2009), The Principles of Product Development Flow.
///
/// # Errors
/// A size of 0.
pub fn wsjf(job: &Job) -> Defined<Wsjf> {
    if job.job_size == 0.0 {
        return Err(Undefined::new(0, "no_size"));
    }
    Ok(Wsjf { wsjf: (job.user_business_value + job.time_criticality + job.risk_opportunity) / job.job_size })
}

/// Respondents by the cell of Kano's table.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(default)]
#[derive(Default)]
pub struct Reactions {
    pub attractive: u64,
    pub one_dimensional: u64,
    pub must_be: u64,
    pub indifferent: u64,
    pub reverse: u64,
    pub questionable: u64,
}

/// How much having it helps, 0..=1, and lacking it hurts, −1..=0.
#[derive(Debug, Clone, Serialize)]
pub struct Kano {
    pub better: f64,
    pub worse: f64,
    /// The most frequent: A, O, M, I, R or Q, in this order among equals.
    pub modal_category: &'static str,
}

/// better = (A + O)/(A + O + M + I); worse = −(O + M)/(A + O + M + I).
///
/// Source: Kano (1984); Berger et al. (1993), Center for Quality of Management Journal 2(4).
///
/// # Errors
/// Nobody in the four categories that count.
pub fn kano(reactions: &Reactions) -> Defined<Kano> {
    let Reactions { attractive, one_dimensional, must_be, indifferent, reverse, questionable } = *reactions;
    let n = attractive + one_dimensional + must_be + indifferent;
    if n == 0 {
        return Err(Undefined::nobody());
    }
    let all = [
        (attractive, "A"),
        (one_dimensional, "O"),
        (must_be, "M"),
        (indifferent, "I"),
        (reverse, "R"),
        (questionable, "Q"),
    ];
    let modal = all.into_iter().reduce(|best, next| if next.0 > best.0 { next } else { best });
    Ok(Kano {
        better: count(attractive + one_dimensional) / count(n),
        worse: -count(one_dimensional + must_be) / count(n),
        modal_category: modal.map_or("I", |(_, letter)| letter),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_underserved_outcome_scores_high() {
        let outcome = Outcome {
            important_and_satisfied: 18,
            important_not_satisfied: 42,
            unimportant_satisfied: 3,
            neither: 17,
        };
        let score = opportunity_score(&outcome).unwrap();
        assert!((score.opportunity - 12.375).abs() < 1e-9 && (score.se_delta - 1.019_248).abs() < 1e-6);
    }

    #[test]
    fn nothing_is_divided_by_nothing() {
        let job =
            Job { user_business_value: 8.0, time_criticality: 5.0, risk_opportunity: 3.0, job_size: 0.0 };
        assert_eq!(wsjf(&job).unwrap_err().reason, "no_size");
        assert_eq!(
            kano(&Reactions { reverse: 3, ..Reactions::default() }).unwrap_err().reason,
            "no_responses"
        );
    }
}
