//! Writes the text exposition format, version 0.0.4.

use std::fmt::Write as _;

use super::value::{HistogramSnapshot, Scale};

/// The content type of the text.
pub const CONTENT_TYPE: &str = "text/plain; version=0.0.4; charset=utf-8";

/// What a metric is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MetricType {
    /// Only grows.
    Counter,
    /// Goes up and down.
    Gauge,
    /// Counts values by size.
    Histogram,
}

impl MetricType {
    /// The word of the format.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Counter => "counter",
            Self::Gauge => "gauge",
            Self::Histogram => "histogram",
        }
    }
}

/// The text so far.
#[derive(Debug, Default)]
pub(super) struct Exposition {
    text: String,
}

/// Labels of a series with their values, in the order of the contract.
pub(super) type Labels<'a> = &'a [(&'a str, &'a str)];

impl Exposition {
    pub(super) fn into_text(self) -> String {
        self.text
    }

    /// Writes the HELP and TYPE lines that precede the series of a metric.
    pub(super) fn head(&mut self, name: &str, metric_type: MetricType, help: &str) {
        self.text.push_str("# HELP ");
        self.text.push_str(name);
        self.text.push(' ');
        self.text.push_str(help);
        self.text.push_str("\n# TYPE ");
        self.text.push_str(name);
        self.text.push(' ');
        self.text.push_str(metric_type.name());
        self.text.push('\n');
    }

    /// Writes one series.
    pub(super) fn series(&mut self, name: &str, labels: Labels<'_>, value: u64) {
        self.series_start(name, "", labels, None);
        self.number(value);
    }

    /// Writes the cumulative buckets, the sum and the count of a histogram.
    pub(super) fn histogram(&mut self, name: &str, labels: Labels<'_>, snapshot: &HistogramSnapshot) {
        let mut count = 0;
        let bounds = snapshot.scale.bounds.iter().map(|&bound| Some(bound)).chain([None]);
        for (bound, bucket) in bounds.zip(&snapshot.buckets) {
            count += bucket;
            let bound = bound.map_or_else(|| "+Inf".to_owned(), |bound| decimal(bound, snapshot.scale));
            self.series_start(name, "_bucket", labels, Some(&bound));
            self.number(count);
        }
        self.series_start(name, "_sum", labels, None);
        self.text.push_str(&decimal(snapshot.sum, snapshot.scale));
        self.text.push('\n');
        self.series_start(name, "_count", labels, None);
        self.number(count);
    }

    fn series_start(&mut self, name: &str, suffix: &str, labels: Labels<'_>, bound: Option<&str>) {
        self.text.push_str(name);
        self.text.push_str(suffix);
        let mut separator = '{';
        for (label, value) in labels.iter().copied().chain(bound.map(|bound| ("le", bound))) {
            self.text.push(separator);
            self.text.push_str(label);
            self.text.push_str("=\"");
            for character in value.chars() {
                match character {
                    '\\' => self.text.push_str("\\\\"),
                    '"' => self.text.push_str("\\\""),
                    '\n' => self.text.push_str("\\n"),
                    other => self.text.push(other),
                }
            }
            self.text.push('"');
            separator = ',';
        }
        self.text.push_str(if separator == '{' { " " } else { "} " });
    }

    fn number(&mut self, value: u64) {
        writeln!(self.text, "{value}").expect("writing to a string");
    }
}

/// The value in the exposed unit, exact, without trailing zeros.
fn decimal(value: u64, scale: &Scale) -> String {
    let (whole, fraction) = (value / scale.divisor, value % scale.divisor);
    if fraction == 0 {
        return whole.to_string();
    }
    let digits = scale.divisor.ilog10() as usize;
    format!("{whole}.{}", format!("{fraction:0digits$}").trim_end_matches('0'))
}

#[cfg(test)]
mod tests {
    use super::super::value::{Histogram, SECONDS};
    use super::*;

    #[test]
    fn label_values_are_escaped() {
        let mut exposition = Exposition::default();
        exposition.series("a_total", &[("x", "\"\\\n"), ("y", "é")], 7);
        exposition.series("b", &[], 0);
        assert_eq!(exposition.into_text(), "a_total{x=\"\\\"\\\\\\n\",y=\"é\"} 7\nb 0\n");
    }

    #[test]
    fn a_histogram_is_cumulative_and_in_seconds() {
        let histogram = Histogram::new(&SECONDS);
        for nanos in [500_000, 700_000, 1_250_000_001, 7_000_000_000] {
            histogram.observe(nanos);
        }
        let mut exposition = Exposition::default();
        exposition.histogram("t_seconds", &[("class", "live")], &histogram.snapshot());
        let text = exposition.into_text();
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines.len(), 16);
        assert_eq!(lines[0], r#"t_seconds_bucket{class="live",le="0.0005"} 1"#);
        assert_eq!(lines[1], r#"t_seconds_bucket{class="live",le="0.001"} 2"#);
        assert_eq!(lines[10], r#"t_seconds_bucket{class="live",le="1"} 2"#);
        assert_eq!(lines[11], r#"t_seconds_bucket{class="live",le="2.5"} 3"#);
        assert_eq!(lines[13], r#"t_seconds_bucket{class="live",le="+Inf"} 4"#);
        assert_eq!(lines[14], r#"t_seconds_sum{class="live"} 8.251200001"#);
        assert_eq!(lines[15], r#"t_seconds_count{class="live"} 4"#);
    }
}
