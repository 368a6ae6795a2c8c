//! Worked examples in a file: every method evaluated on given inputs and compared with given numbers.
//!
//! A file holds `methods`, each with an `id` and `vectors` of `name`, `input` and `expected`. What is
//! expected is compared; what a method gives beyond it is not.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::{
    Defined, change, fatigue, likert, nonresponse, nps, priority, privacy, proportion, ranking, sampling,
    sequences, survival, teams, trend, usage, weighting,
};

/// A method on the JSON of its input; an error says what is odd about the input.
pub type Method = fn(&Value) -> Result<Value, String>;

/// The method of that name, where it is built.
pub fn method(id: &str) -> Option<Method> {
    METHODS.iter().find(|(name, _)| *name == id).map(|(_, method)| *method)
}

const METHODS: &[(&str, Method)] = &[
    ("adoption", |input| run(input, usage::adoption)),
    ("asymptotic_confidence_sequence", |input| run(input, sequences::asymptotic_confidence_sequence)),
    ("benjamini_hochberg", |input| run(input, teams::benjamini_hochberg)),
    ("bernoulli_confidence_sequence", |input| run(input, sequences::bernoulli_confidence_sequence)),
    ("ces", |input| run(input, likert::ces)),
    ("cochran_armitage", |input| run(input, proportion::cochran_armitage)),
    ("continuum_of_resistance", |input| run(input, nonresponse::continuum_of_resistance)),
    ("diff_nps", |input| run(input, nps::diff_nps)),
    ("diff_proportions", |input| run(input, proportion::diff_proportions)),
    ("difference_in_differences", |input| run(input, change::difference_in_differences)),
    ("differencing_audit", |input| run(input, privacy::differencing_audit)),
    ("fatigue_budget", |input| run(input, fatigue::fatigue_budget)),
    ("finite_population_correction", |input| run(input, sampling::finite_population_correction)),
    ("golden_path_share", |input| run(input, usage::golden_path_share)),
    ("homogeneity_guard", |input| run(input, privacy::homogeneity_guard)),
    ("kano", |input| run(input, priority::kano)),
    ("kaplan_meier", |input| run(input, survival::kaplan_meier)),
    ("likert_mean", |input| run(input, likert::likert_mean)),
    ("mann_kendall", |input| run(input, trend::mann_kendall)),
    ("minimum_detectable_change", |input| run(input, change::minimum_detectable_change)),
    ("neyman_allocation", |input| run(input, sampling::neyman_allocation)),
    ("nonresponse_bounds", |input| run(input, nonresponse::nonresponse_bounds)),
    ("nps", |input| run(input, nps::nps)),
    ("opportunity_score", |input| run(input, priority::opportunity_score)),
    ("paired_change", |input| run(input, change::paired_change)),
    ("poststratification", |input| run(input, weighting::poststratification)),
    ("proportion_ci", |input| run(input, proportion::proportion_ci)),
    ("raking", |input| run(input, weighting::raking)),
    ("retention_cohorts", |input| run(input, usage::retention_cohorts)),
    ("rice_rank", |input| run(input, ranking::rice_rank)),
    ("sample_size", |input| run(input, sampling::sample_size)),
    ("stratified_mean", |input| run(input, sampling::stratified_mean)),
    ("suppression_tree", |input| run(input, privacy::suppression_tree)),
    ("team_shrinkage", |input| run(input, teams::team_shrinkage)),
    ("trend_wls", |input| run(input, trend::trend_wls)),
    ("umux_lite", |input| run(input, likert::umux_lite)),
    ("weighted_mean", |input| run(input, weighting::weighted_mean)),
    ("wsjf", |input| run(input, priority::wsjf)),
];

fn run<I: DeserializeOwned, O: Serialize>(
    input: &Value,
    method: fn(&I) -> Defined<O>,
) -> Result<Value, String> {
    let input = I::deserialize(input).map_err(|error| format!("the input does not fit: {error}"))?;
    match method(&input) {
        Ok(output) => serde_json::to_value(output).map_err(|error| error.to_string()),
        Err(undefined) => Ok(json!({ "n": undefined.n, "reason": undefined.reason })),
    }
}

/// A file of worked examples.
#[derive(Debug, Clone, Deserialize)]
pub struct File {
    pub methods: Vec<Examples>,
}

/// The examples of a method.
#[derive(Debug, Clone, Deserialize)]
pub struct Examples {
    pub id: String,
    pub vectors: Vec<Vector>,
}

/// One example.
#[derive(Debug, Clone, Deserialize)]
pub struct Vector {
    pub name: String,
    pub input: Value,
    pub expected: Value,
}

/// How a method fares.
#[derive(Debug, Clone, Serialize)]
pub struct Verdict {
    pub id: String,
    /// No method of this name is built.
    pub missing: bool,
    pub right: usize,
    pub of: usize,
    /// The first difference: the vector, and what is where in it.
    pub wrong: Option<String>,
}

/// Holds every method of the file against its vectors.
pub fn evaluate(file: &File) -> Vec<Verdict> {
    file.methods.iter().map(verdict).collect()
}

fn verdict(examples: &Examples) -> Verdict {
    let Examples { id, vectors } = examples;
    let of = vectors.len();
    let Some(method) = method(id) else {
        return Verdict { id: id.clone(), missing: true, right: 0, of, wrong: None };
    };
    let differences: Vec<String> = vectors
        .iter()
        .filter_map(|vector| {
            let judged = method(&vector.input).and_then(|given| compare(&vector.expected, &given, ""));
            judged.err().map(|difference| format!("{}: {difference}", vector.name))
        })
        .collect();
    let right = of - differences.len();
    Verdict { id: id.clone(), missing: false, right, of, wrong: differences.into_iter().next() }
}

/// Whether a number is the expected one: to 1e-6, below 0.001 to a hundred-thousandth of itself.
fn close(expected: f64, given: f64) -> bool {
    let off = (expected - given).abs();
    if expected.abs() >= 0.001 { off <= 1e-6 + 1e-12 } else { off <= (1e-5 * expected.abs()).max(1e-12) }
}

/// All that is expected is given; the first difference is the error. Null is not defined, and may be
/// left out. A reason is words: that there is one counts.
fn compare(expected: &Value, given: &Value, at: &str) -> Result<(), String> {
    let differs =
        || Err(format!("{} is {given}, expected {expected}", if at.is_empty() { "it" } else { at }));
    match (expected, given) {
        (Value::Number(a), Value::Number(b)) => {
            let same = a.as_f64().zip(b.as_f64()).is_some_and(|(a, b)| close(a, b));
            if same { Ok(()) } else { differs() }
        }
        (Value::Object(expected), Value::Object(given)) => compare_fields(expected, given, at),
        (Value::Array(a), Value::Array(b)) if a.len() == b.len() => {
            let mut pairs = a.iter().zip(b).enumerate();
            pairs.try_for_each(|(place, (a, b))| compare(a, b, &format!("{at}[{place}]")))
        }
        _ if expected == given => Ok(()),
        _ => differs(),
    }
}

fn compare_fields(expected: &Map<String, Value>, given: &Map<String, Value>, at: &str) -> Result<(), String> {
    expected.iter().try_for_each(|(key, value)| {
        let at = if at.is_empty() { key.clone() } else { format!("{at}.{key}") };
        match given.get(key).unwrap_or(&Value::Null) {
            Value::String(_) if key == "reason" && value.is_string() => Ok(()),
            given => compare(value, given, &at),
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judge(id: &str, input: Value, expected: Value) -> Verdict {
        let vectors = vec![Vector { name: "v".into(), input, expected }];
        evaluate(&File { methods: vec![Examples { id: id.into(), vectors }] }).remove(0)
    }

    #[test]
    fn a_number_off_by_two_millionths_is_wrong_and_is_named() {
        let input = json!({ "x": 18, "n": 25 });
        let right = judge("proportion_ci", input.clone(), json!({ "ci_wilson": [0.524234, 0.857161] }));
        assert_eq!((right.right, right.wrong), (1, None));
        let wrong = judge("proportion_ci", input, json!({ "n": 25, "ci_wilson": [0.524236, 0.857161] }));
        assert!(wrong.wrong.unwrap().starts_with("v: ci_wilson[0] is 0.52423"));
    }

    #[test]
    fn nobody_is_null_with_a_reason_and_zero_is_wrong() {
        let none = json!({ "promoters": 0, "passives": 0, "detractors": 0 });
        let undefined = json!({ "n": 0, "nps": null, "reason": "no_responses" });
        assert_eq!(judge("nps", none.clone(), undefined).wrong, None);
        assert!(judge("nps", none, json!({ "nps": 0 })).wrong.is_some());
        let all = json!({ "promoters": 1, "passives": 0, "detractors": 0 });
        assert!(judge("nps", all, json!({ "nps": null })).wrong.is_some());
    }

    #[test]
    fn an_input_that_does_not_fit_is_wrong_and_a_method_unknown_is_missing() {
        let odd = judge("nps", json!({ "promoters": -1 }), json!({}));
        assert!(odd.wrong.unwrap().contains("does not fit"));
        assert!(judge("astrology", json!({}), json!({})).missing);
    }

    #[test]
    fn methods_stand_in_order_once() {
        assert!(METHODS.is_sorted_by(|a, b| a.0 < b.0));
    }
}
