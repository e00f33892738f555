//! The text in which Prometheus reads metrics, in both its dialects: text 0.0.4 and OpenMetrics 1.0.
//! The exports and `/metrics` write through this one encoder.
//!
//! The dialects differ where this module says so and nowhere else: the name in `TYPE` of a counter,
//! `UNIT`, the escapes in `HELP`, the form of `le`, the unit of timestamps, and `# EOF`.
//! Sources: prometheus/docs `exposition_formats.md`; prometheus/OpenMetrics `OpenMetrics.md`.
//!
//! The caller's duty, checked by nobody here: all samples of a family follow its header, each series
//! stands once (text), or with all its samples together at increasing times (OpenMetrics).

use super::text::number;
use crate::model::Micros;

/// What every metric of ours is called first. The one place that knows.
pub const PREFIX: &str = "moai_flow_";

/// Which of the two texts is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dialect {
    /// Prometheus text 0.0.4.
    Text,
    /// OpenMetrics 1.0.
    OpenMetrics,
}

impl Dialect {
    /// The media type.
    #[must_use]
    pub fn content_type(self) -> &'static str {
        match self {
            Self::Text => "text/plain; version=0.0.4; charset=utf-8",
            Self::OpenMetrics => "application/openmetrics-text; version=1.0.0; charset=utf-8",
        }
    }
}

/// What a family's samples mean.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// It only grows; its samples are called `…_total`.
    Counter,
    /// It goes up and down.
    Gauge,
    /// Counts by size, see [`Histogram`].
    Histogram,
}

impl Kind {
    fn as_str(self) -> &'static str {
        match self {
            Self::Counter => "counter",
            Self::Gauge => "gauge",
            Self::Histogram => "histogram",
        }
    }
}

/// A metric family.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Family {
    /// Its name without [`PREFIX`] and without a counter's `_total`; ends with the unit if there is one.
    pub name: &'static str,
    /// What its samples mean.
    pub kind: Kind,
    /// Its base unit, such as `seconds`, or empty.
    pub unit: &'static str,
    /// One sentence for people.
    pub help: &'static str,
}

/// Counts of values by size.
#[derive(Debug, Clone, PartialEq)]
pub struct Histogram {
    bounds: &'static [f64],
    counts: Vec<u64>, // one a bound, and one for what is larger than all
    sum: f64,
}

impl Histogram {
    /// Bounds for durations of agents' work, in seconds: a tool call to an hour's run.
    pub const SECONDS: &'static [f64] =
        &[0.01, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 120.0, 300.0, 600.0, 1800.0, 3600.0];

    /// An empty histogram; `bounds` are inclusive upper bounds, ascending.
    #[must_use]
    pub fn new(bounds: &'static [f64]) -> Self {
        Self { bounds, counts: vec![0; bounds.len() + 1], sum: 0.0 }
    }

    /// A histogram of what was counted elsewhere: `count` values that add up to `sum`, `at_most(bound)` of them not
    /// above a bound.
    #[must_use]
    pub fn counted(bounds: &'static [f64], at_most: impl Fn(f64) -> u64, count: u64, sum: f64) -> Self {
        let mut before = 0;
        let mut counts = Vec::with_capacity(bounds.len() + 1);
        for below in bounds.iter().map(|bound| at_most(*bound)).chain([count]) {
            counts.push(below.saturating_sub(before));
            before = below;
        }
        Self { bounds, counts, sum }
    }

    /// Counts `value`.
    pub fn observe(&mut self, value: f64) {
        let at = self.bounds.partition_point(|bound| *bound < value);
        if let Some(count) = self.counts.get_mut(at) {
            *count += 1;
            self.sum += value;
        }
    }
}

/// Writes families and their samples.
#[derive(Debug)]
pub struct Exposition {
    dialect: Dialect,
    out: Vec<u8>,
    name: String,
    kind: Kind,
}

impl Exposition {
    /// An empty text.
    #[must_use]
    pub fn new(dialect: Dialect) -> Self {
        Self { dialect, out: Vec::new(), name: String::new(), kind: Kind::Gauge }
    }

    /// Begins one of our families.
    pub fn family(&mut self, family: &Family) {
        self.begin(format!("{PREFIX}{}", family.name), family);
    }

    /// Begins a family of a name that is the same in every program, such as `process_…`.
    pub fn standard_family(&mut self, family: &Family) {
        self.begin(family.name.to_owned(), family);
    }

    fn begin(&mut self, name: String, family: &Family) {
        self.name = name;
        self.kind = family.kind;
        let kind = family.kind.as_str();
        match self.dialect {
            Dialect::Text => {
                let name = self.sample_name();
                let help = escape_help(family.help);
                self.line(&format!("# HELP {name} {help}\n# TYPE {name} {kind}\n"));
            }
            Dialect::OpenMetrics => {
                let name = self.name.clone();
                self.line(&format!("# TYPE {name} {kind}\n"));
                if !family.unit.is_empty() {
                    self.line(&format!("# UNIT {name} {}\n", family.unit));
                }
                let help = escape_help(family.help).replace('"', "\\\"");
                self.line(&format!("# HELP {name} {help}\n"));
            }
        }
    }

    /// The current value of a series of the family begun last.
    pub fn sample(&mut self, labels: &[(&str, &str)], value: f64) {
        let name = self.sample_name();
        self.push(&name, labels, None, &value_text(value), None);
    }

    /// The value of a series at an instant (OpenMetrics; text knows current values only).
    pub fn sample_at(&mut self, labels: &[(&str, &str)], value: f64, at: Micros) {
        let name = self.sample_name();
        self.push(&name, labels, None, &value_text(value), Some(at));
    }

    /// A histogram of the family begun last.
    pub fn histogram(&mut self, labels: &[(&str, &str)], histogram: &Histogram) {
        let bucket = format!("{}_bucket", self.name);
        let mut below = 0;
        for (count, bound) in histogram.counts.iter().zip(histogram.bounds) {
            below += count;
            let le = self.bound(*bound);
            self.push(&bucket, labels, Some(("le", &le)), &below.to_string(), None);
        }
        let all = histogram.counts.iter().sum::<u64>().to_string();
        self.push(&bucket, labels, Some(("le", "+Inf")), &all, None);
        self.push(&format!("{}_sum", self.name), labels, None, &value_text(histogram.sum), None);
        self.push(&format!("{}_count", self.name), labels, None, &all, None);
    }

    /// What was written since the last call; for texts that are sent in pieces.
    pub fn take(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.out)
    }

    /// Ends the text and returns what was not yet taken.
    #[must_use]
    pub fn finish(mut self) -> Vec<u8> {
        if self.dialect == Dialect::OpenMetrics {
            self.line("# EOF\n");
        }
        self.out
    }

    fn sample_name(&self) -> String {
        if self.kind == Kind::Counter { format!("{}_total", self.name) } else { self.name.clone() }
    }

    fn bound(&self, bound: f64) -> String {
        // OpenMetrics wants canonical floats (1.0), Prometheus itself writes 1.
        if self.dialect == Dialect::OpenMetrics { format!("{bound:?}") } else { number(bound) }
    }

    fn push(
        &mut self,
        name: &str,
        labels: &[(&str, &str)],
        last: Option<(&str, &str)>,
        value: &str,
        at: Option<Micros>,
    ) {
        self.line(name);
        let mut open = '{';
        for (label, text) in labels.iter().copied().chain(last) {
            self.out.push(open as u8);
            open = ',';
            self.line(label);
            self.line("=\"");
            push_label_value(&mut self.out, text);
            self.out.push(b'"');
        }
        if open == ',' {
            self.out.push(b'}');
        }
        self.out.push(b' ');
        self.line(value);
        if let Some(at) = at {
            self.out.push(b' ');
            self.line(&seconds(at));
        }
        self.out.push(b'\n');
    }

    fn line(&mut self, text: &str) {
        self.out.extend_from_slice(text.as_bytes());
    }
}

fn escape_help(text: &str) -> String {
    text.replace('\\', "\\\\").replace('\n', "\\n")
}

fn push_label_value(out: &mut Vec<u8>, text: &str) {
    for byte in text.bytes() {
        match byte {
            b'\\' => out.extend_from_slice(b"\\\\"),
            b'"' => out.extend_from_slice(b"\\\""),
            b'\n' => out.extend_from_slice(b"\\n"),
            other => out.push(other),
        }
    }
}

fn value_text(value: f64) -> String {
    if value.is_nan() {
        "NaN".to_owned()
    } else if value.is_infinite() {
        if value > 0.0 { "+Inf" } else { "-Inf" }.to_owned()
    } else {
        number(value)
    }
}

/// Seconds since the epoch with as many fraction digits as the instant needs.
fn seconds(at: Micros) -> String {
    let (sign, micros) = if at.0 < 0 { ("-", at.0.unsigned_abs()) } else { ("", at.0.unsigned_abs()) };
    let whole = format!("{sign}{}.{:06}", micros / 1_000_000, micros % 1_000_000);
    whole.trim_end_matches('0').trim_end_matches('.').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    const TASKS: Family = Family { name: "tasks", kind: Kind::Counter, unit: "", help: "Say \"a\\b\"." };
    const LENGTH: Family = Family { name: "length_seconds", kind: Kind::Histogram, unit: "seconds", help: "Length." };

    fn both(write: impl Fn(&mut Exposition)) -> [String; 2] {
        [Dialect::Text, Dialect::OpenMetrics].map(|dialect| {
            let mut text = Exposition::new(dialect);
            write(&mut text);
            String::from_utf8(text.finish()).expect("UTF-8")
        })
    }

    #[test]
    fn a_counter_is_named_differently_in_the_two_dialects() {
        let [text, open] = both(|out| {
            out.family(&TASKS);
            out.sample(&[("agent", "a\"\\\n</script>é")], 3.0);
        });
        assert_eq!(
            text,
            "# HELP moai_flow_tasks_total Say \"a\\\\b\".\n# TYPE moai_flow_tasks_total counter\n\
             moai_flow_tasks_total{agent=\"a\\\"\\\\\\n</script>é\"} 3\n"
        );
        assert_eq!(
            open,
            "# TYPE moai_flow_tasks counter\n# HELP moai_flow_tasks Say \\\"a\\\\b\\\".\n\
             moai_flow_tasks_total{agent=\"a\\\"\\\\\\n</script>é\"} 3\n# EOF\n"
        );
    }

    #[test]
    fn a_histogram_is_cumulative_and_ends_with_infinity() {
        let [text, open] = both(|out| {
            let mut histogram = Histogram::new(&[0.5, 1.0]);
            for value in [0.5, 0.75, 2.0, 4.0] {
                histogram.observe(value);
            }
            out.family(&LENGTH);
            out.histogram(&[("k", "v")], &histogram);
        });
        assert_eq!(
            text,
            "# HELP moai_flow_length_seconds Length.\n# TYPE moai_flow_length_seconds histogram\n\
             moai_flow_length_seconds_bucket{k=\"v\",le=\"0.5\"} 1\n\
             moai_flow_length_seconds_bucket{k=\"v\",le=\"1\"} 2\n\
             moai_flow_length_seconds_bucket{k=\"v\",le=\"+Inf\"} 4\n\
             moai_flow_length_seconds_sum{k=\"v\"} 7.25\nmoai_flow_length_seconds_count{k=\"v\"} 4\n"
        );
        assert!(open.starts_with(
            "# TYPE moai_flow_length_seconds histogram\n# UNIT moai_flow_length_seconds seconds\n# HELP "
        ));
        assert!(open.contains("le=\"1.0\"} 2\n"));
    }

    #[test]
    fn timestamps_are_seconds_with_the_digits_they_need() {
        for (micros, text) in [
            (1_500_000, "1.5"),
            (2_000_000, "2"),
            (1, "0.000001"),
            (0, "0"),
            (-1_500_000, "-1.5"),
            (100_000_000, "100"),
        ] {
            assert_eq!(seconds(Micros(micros)), text);
        }
    }

    #[test]
    fn standard_names_have_no_prefix_and_no_labels_need_no_braces() {
        let mut text = Exposition::new(Dialect::Text);
        text.standard_family(&Family { name: "process_open_fds", kind: Kind::Gauge, unit: "", help: "Open files." });
        text.sample(&[], f64::INFINITY);
        let text = String::from_utf8(text.finish()).expect("UTF-8");
        assert!(text.ends_with("# TYPE process_open_fds gauge\nprocess_open_fds +Inf\n"), "{text}");
    }
}
