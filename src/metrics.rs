//! What the bot tells of itself in Prometheus's text format: counted here, or read from the database when asked.
//!
//! Each app has its own [`Metrics`], given to those who count. Labels are words of ours alone, never
//! a person, a name, an id or a text. Why no library? What stands in the database is read at each
//! scrape, so that a kind that is gone is gone; registries of gauges keep the last value of each
//! label. What is left to count is one histogram and one counter.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::clock::Timestamp;

/// A metric of the page.
#[derive(Debug)]
pub struct Family {
    pub name: &'static str,
    /// `counter`, `gauge` or `histogram`.
    pub kind: &'static str,
    pub labels: &'static [&'static str],
    /// What it says, a sentence without a full stop.
    pub help: &'static str,
}

/// Every metric, in the order of the page.
pub const FAMILIES: [&Family; 11] = [
    &BUILD,
    &STARTED,
    &ACKNOWLEDGEMENT,
    &FAILED,
    &DATABASE,
    &JOBS,
    &OLDEST_JOB,
    &WAITING,
    &GIVEN_UP,
    &REPEATS,
    &ENVIRONMENTS,
];

pub const BUILD: Family = Family {
    name: "goldenpath_build_info",
    kind: "gauge",
    labels: &["version", "database"],
    help: "Always 1; its labels say what runs",
};
pub const STARTED: Family = Family {
    name: "goldenpath_start_time_seconds",
    kind: "gauge",
    labels: &[],
    help: "When this process started, in seconds since 1970",
};
pub const ACKNOWLEDGEMENT: Family = Family {
    name: "goldenpath_acknowledgement_seconds",
    kind: "histogram",
    labels: &["platform", "kind"],
    help: "From a request of Slack or Discord to its answer, by what it was; both give up after 3 seconds. \
           `refused` is what they did not sign, too large or too slow",
};
pub const FAILED: Family = Family {
    name: "goldenpath_commands_failed_total",
    kind: "counter",
    labels: &["reason"],
    help: "Commands that failed by no fault of the person: `internal` is ours and logged with its reference, \
           `unavailable` is something that does not answer, `crashed` is a bug",
};
pub const DATABASE: Family = Family {
    name: "goldenpath_database_up",
    kind: "gauge",
    labels: &[],
    help: "1 when the database answered this very question; what stands below is absent otherwise",
};
pub const JOBS: Family = Family {
    name: "goldenpath_jobs",
    kind: "gauge",
    labels: &["kind", "state"],
    help: "Jobs in the table: `ready` ones wait for their time, `failed` and `stuck` ones for a person",
};
pub const OLDEST_JOB: Family = Family {
    name: "goldenpath_oldest_due_job_seconds",
    kind: "gauge",
    labels: &["kind"],
    help: "How long the oldest job that is due has waited for a worker",
};
pub const WAITING: Family = Family {
    name: "goldenpath_outbox_waiting",
    kind: "gauge",
    labels: &["platform"],
    help: "Messages that the platform does not have as they should read by now",
};
pub const GIVEN_UP: Family = Family {
    name: "goldenpath_outbox_given_up",
    kind: "gauge",
    labels: &["platform"],
    help: "Messages that could not be delivered and are not tried again",
};
pub const REPEATS: Family = Family {
    name: "goldenpath_outbox_repeats",
    kind: "gauge",
    labels: &["platform"],
    help: "How often messages were sent once more, because it was unknown whether they had arrived",
};
pub const ENVIRONMENTS: Family = Family {
    name: "goldenpath_environments",
    kind: "gauge",
    labels: &["state"],
    help: "Environments that are not destroyed",
};

/// Upper ends of the histogram's buckets, in seconds: what people notice, and Slack's limit of 3.
const BUCKETS: [f64; 11] = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.0, 3.0, 10.0];

#[derive(Default)]
struct Histogram {
    /// How many were at most as long as each of [`BUCKETS`].
    within: [u64; BUCKETS.len()],
    count: u64,
    seconds: f64,
}

/// What one process has counted.
pub struct Metrics {
    started: Timestamp,
    acknowledged: Mutex<BTreeMap<(&'static str, &'static str), Histogram>>,
    failed: Mutex<BTreeMap<&'static str, u64>>,
}

/// A count is worth more than the panic of another thread.
fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Metrics {
    /// Nothing counted yet.
    pub fn new(started: Timestamp) -> Self {
        // A counter that begins with its first failure hides that one from whoever watches its growth.
        let failed = ["internal", "unavailable", "crashed"].map(|reason| (reason, 0)).into();
        Metrics { started, acknowledged: Mutex::default(), failed: Mutex::new(failed) }
    }

    /// A request of a platform was answered.
    pub fn acknowledged(&self, platform: &'static str, kind: &'static str, took: Duration) {
        let seconds = took.as_secs_f64();
        let mut all = locked(&self.acknowledged);
        let histogram = all.entry((platform, kind)).or_default();
        for (end, within) in BUCKETS.iter().zip(&mut histogram.within) {
            *within += u64::from(seconds <= *end);
        }
        histogram.count += 1;
        histogram.seconds += seconds;
    }

    /// A command failed by no fault of the person.
    pub fn command_failed(&self, reason: &'static str) {
        *locked(&self.failed).entry(reason).or_default() += 1;
    }

    /// Writes what was counted.
    pub fn write(&self, page: &mut Page) {
        page.family(&STARTED);
        page.sample(STARTED.name, &[], self.started.0 / 1000);
        page.family(&ACKNOWLEDGEMENT);
        for ((platform, kind), histogram) in locked(&self.acknowledged).iter() {
            let of = [("platform", *platform), ("kind", *kind)];
            let name = |part: &str| format!("{}_{part}", ACKNOWLEDGEMENT.name);
            let ends = BUCKETS.iter().map(f64::to_string).zip(histogram.within);
            for (end, within) in ends.chain([("+Inf".to_owned(), histogram.count)]) {
                page.sample(&name("bucket"), &[of[0], of[1], ("le", &end)], within);
            }
            page.sample(&name("sum"), &of, histogram.seconds);
            page.sample(&name("count"), &of, histogram.count);
        }
        page.family(&FAILED);
        for (reason, count) in locked(&self.failed).iter() {
            page.sample(FAILED.name, &[("reason", reason)], count);
        }
    }
}

/// A page in Prometheus's text format.
#[derive(Default)]
pub struct Page(String);

impl Page {
    /// Begins the samples of a metric.
    pub fn family(&mut self, family: &Family) {
        // Writing to a string cannot fail.
        let _ = writeln!(self.0, "# HELP {} {}\n# TYPE {0} {}", family.name, family.help, family.kind);
    }

    /// A value with its labels.
    pub fn sample(&mut self, name: &str, labels: &[(&str, &str)], value: impl std::fmt::Display) {
        let labels: Vec<String> =
            labels.iter().map(|(label, value)| format!("{label}=\"{}\"", escaped(value))).collect();
        let labels = if labels.is_empty() { String::new() } else { format!("{{{}}}", labels.join(",")) };
        let _ = writeln!(self.0, "{name}{labels} {value}");
    }

    /// A metric with these values of its label.
    pub fn gauge(&mut self, family: &Family, samples: &[(String, i64)]) {
        self.family(family);
        let label = family.labels.first().copied().unwrap_or_default();
        for (value, count) in samples {
            self.sample(family.name, &[(label, value)], count);
        }
    }

    /// The whole page.
    pub fn text(self) -> String {
        self.0
    }
}

fn escaped(value: &str) -> String {
    value.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(metrics: &Metrics) -> String {
        let mut page = Page::default();
        metrics.write(&mut page);
        page.text()
    }

    #[test]
    fn a_histogram_counts_up_to_each_end_and_adds_up() {
        let metrics = Metrics::new(Timestamp(5_000));
        for millis in [5, 40, 2_500, 60_000] {
            metrics.acknowledged("slack", "slash", Duration::from_millis(millis));
        }
        let page = page(&metrics);
        let name = ACKNOWLEDGEMENT.name;
        for (end, within) in
            [("0.005", 1), ("0.025", 1), ("0.05", 2), ("2", 2), ("3", 3), ("10", 3), ("+Inf", 4)]
        {
            let line = format!("{name}_bucket{{platform=\"slack\",kind=\"slash\",le=\"{end}\"}} {within}\n");
            assert!(page.contains(&line), "{line} is missing in:\n{page}");
        }
        assert!(page.contains(&format!("{name}_count{{platform=\"slack\",kind=\"slash\"}} 4\n")), "{page}");
        assert!(
            page.contains(&format!("{name}_sum{{platform=\"slack\",kind=\"slash\"}} 62.545\n")),
            "{page}"
        );
    }

    #[test]
    fn two_apps_count_for_themselves_and_failures_begin_at_zero() {
        let (one, other) = (Metrics::new(Timestamp(0)), Metrics::new(Timestamp(0)));
        one.command_failed("internal");
        assert!(page(&one).contains("goldenpath_commands_failed_total{reason=\"internal\"} 1\n"));
        assert!(page(&other).contains("goldenpath_commands_failed_total{reason=\"internal\"} 0\n"));
    }

    #[test]
    fn a_label_cannot_end_its_line() {
        let mut page = Page::default();
        page.sample("a", &[("b", "\"} 1\nc\\")], 2);
        assert_eq!(page.text(), "a{b=\"\\\"} 1\\nc\\\\\"} 2\n");
    }
}
