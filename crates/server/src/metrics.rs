//! Counts for Prometheus: requests by route and status, and bytes of evidence.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

/// Method, route and status.
type Answered = (&'static str, String, u16);
/// How many, and microseconds in all.
type Spent = (u64, u64);

#[derive(Default)]
pub(crate) struct Metrics {
    requests: Mutex<BTreeMap<Answered, Spent>>,
    /// Bytes of clips taken in.
    pub taken_in: AtomicU64,
    /// Clips sealed.
    pub sealed: AtomicU64,
}

impl Metrics {
    pub fn count(&self, method: &'static str, route: &str, status: u16, micros: u64) {
        let mut requests = self.requests.lock().unwrap_or_else(PoisonError::into_inner);
        let count = requests.entry((method, route.to_owned(), status)).or_default();
        count.0 += 1;
        count.1 += micros;
    }

    pub fn text(&self) -> String {
        let mut text = String::from(
            "# HELP onrecord_requests_total Requests answered.\n# TYPE onrecord_requests_total counter\n",
        );
        let mut seconds = String::from(
            "# HELP onrecord_request_seconds_total Seconds spent on requests.\n\
             # TYPE onrecord_request_seconds_total counter\n",
        );
        for ((method, route, status), (count, micros)) in
            &*self.requests.lock().unwrap_or_else(PoisonError::into_inner)
        {
            let labels = format!("{{method=\"{method}\",route=\"{route}\",status=\"{status}\"}}");
            let _ = writeln!(text, "onrecord_requests_total{labels} {count}");
            let _ = writeln!(seconds, "onrecord_request_seconds_total{labels} {:.6}", *micros as f64 / 1e6);
        }
        text += &seconds;
        for (name, help, value) in [
            ("onrecord_clip_bytes_total", "Bytes of clips taken in.", &self.taken_in),
            ("onrecord_clips_sealed_total", "Clips sealed.", &self.sealed),
        ] {
            let value = value.load(Ordering::Relaxed);
            let _ = writeln!(text, "# HELP {name} {help}\n# TYPE {name} counter\n{name} {value}");
        }
        text
    }
}
