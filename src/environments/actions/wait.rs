//! `debug:wait`: a step that lets time pass. No worker waits with it: its job sleeps.

use std::time::Duration;

use serde_json::{Value, json};

use super::{Outcome, catalog};
use crate::duration;

/// The longest wait; who has to wait longer should look for what they wait for.
const LONGEST: Duration = Duration::from_secs(3_600);

/// What becomes of a wait that began `waited` ago, and is still `wanted` or not.
pub fn look(input: &Value, waited: Duration, wanted: bool) -> Outcome {
    let refused = |reason: String| Outcome::Refused { reason };
    let length = match length(input) {
        Ok(length) if length > LONGEST => {
            let longest = duration::words(LONGEST);
            return refused(format!("`debug:wait` waits for {longest} at most."));
        }
        Ok(length) => length,
        Err(reason) => return refused(reason),
    };
    match length.checked_sub(waited).filter(|left| !left.is_zero()) {
        None => Outcome::Ready { outputs: json!({}), resources: Vec::new() },
        Some(_) if !wanted => refused("The wait was ended.".to_owned()),
        Some(left) => Outcome::Working { again_in: left },
    }
}

/// The sum of its parts.
fn length(input: &Value) -> Result<Duration, String> {
    let units = [("minutes", 60.0), ("seconds", 1.0), ("milliseconds", 0.001)];
    let keys = input.as_object().into_iter().flat_map(|map| map.keys());
    let known = catalog::actions::find("debug:wait").map(|action| action.inputs()).unwrap_or_default();
    if let Some(key) = keys.into_iter().find(|key| !known.contains(&key.as_str())) {
        return Err(format!("`debug:wait` has no input `{key}`; it takes minutes, seconds, milliseconds."));
    }
    let mut seconds = 0.0;
    for (key, unit) in units {
        match input.get(key) {
            None | Some(Value::Null) => {}
            Some(value) => match value.as_f64().filter(|number| *number >= 0.0) {
                Some(number) => seconds += number * unit,
                None => {
                    return Err(format!("The input `{key}` of `debug:wait` has to be a number from 0 on."));
                }
            },
        }
    }
    Duration::try_from_secs_f64(seconds).map_err(|_| "`debug:wait` cannot wait that long.".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seconds(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    #[test]
    fn it_sleeps_for_what_is_left_and_is_then_done() {
        let input = json!({"minutes": 1, "seconds": 1.5, "milliseconds": 500});
        assert_eq!(look(&input, seconds(0), true), Outcome::Working { again_in: seconds(62) });
        assert_eq!(look(&input, seconds(61), true), Outcome::Working { again_in: seconds(1) });
        assert!(matches!(look(&input, seconds(62), true), Outcome::Ready { .. }));
        assert!(matches!(look(&input, seconds(1), false), Outcome::Refused { .. }));
        assert!(matches!(look(&json!({}), seconds(0), true), Outcome::Ready { .. }));
    }

    #[test]
    fn what_cannot_be_waited_for_is_refused() {
        for input in [
            json!({"minutes": 61}),
            json!({"seconds": -1}),
            json!({"seconds": "x"}),
            json!({"hours": 1}),
            json!({"minutes": 1e300}),
        ] {
            assert!(matches!(look(&input, seconds(0), true), Outcome::Refused { .. }), "{input}");
        }
    }
}
