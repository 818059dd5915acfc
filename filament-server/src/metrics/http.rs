//! Requests by method, route template and status.
//!
//! The rows are those of the route table and one per method for everything that is not in it, so a client cannot make a
//! series by inventing a path or a method.

use std::collections::HashMap;
use std::time::Duration;

use super::label::{Label, MethodLabel};
use super::text::Exposition;
use super::value::{Counters, Histogram, SECONDS};
use crate::limits::{METRIC_HTTP_ROWS_MAX, METRIC_HTTP_TEMPLATES_MAX};

/// Stands for the template where no route has that path and method.
const UNMATCHED: &str = "unmatched";
/// The statuses of the contract; any other counts as `other`.
const STATUSES: [(u16, &str); 22] = [
    (101, "101"),
    (200, "200"),
    (204, "204"),
    (206, "206"),
    (304, "304"),
    (400, "400"),
    (401, "401"),
    (403, "403"),
    (404, "404"),
    (405, "405"),
    (408, "408"),
    (409, "409"),
    (413, "413"),
    (415, "415"),
    (416, "416"),
    (422, "422"),
    (426, "426"),
    (429, "429"),
    (431, "431"),
    (500, "500"),
    (503, "503"),
    (0, "other"),
];

/// Series that requests can make at most: every status of every row, and the time of every template.
pub(super) const SERIES_MAX: usize =
    METRIC_HTTP_ROWS_MAX * STATUSES.len() + METRIC_HTTP_TEMPLATES_MAX * (SECONDS_BOUNDS + 3);
const SECONDS_BOUNDS: usize = 13;

#[derive(Clone, Copy, Debug)]
struct StatusLabel(usize);

impl From<u16> for StatusLabel {
    fn from(status: u16) -> Self {
        Self(STATUSES.iter().position(|&(code, _)| code == status).unwrap_or(STATUSES.len() - 1))
    }
}

impl Label for StatusLabel {
    const COUNT: usize = STATUSES.len();

    fn index(self) -> usize {
        self.0
    }
}

/// Which row a request counts in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RouteLabel(usize);

#[derive(Debug)]
struct Row {
    method: MethodLabel,
    template: usize,
    statuses: Counters<StatusLabel>,
}

/// How many requests had which outcome, and how long they took.
#[derive(Debug)]
pub struct HttpMetrics {
    rows: Vec<Row>,
    templates: Vec<(&'static str, Histogram)>,
    labels: HashMap<(MethodLabel, &'static str), RouteLabel>,
}

impl HttpMetrics {
    /// Makes the rows from the route table: every pair of method and template, without the `/api` mirror.
    ///
    /// # Panics
    /// If the table has more rows or templates than fit the bound of series.
    pub fn new(routes: impl IntoIterator<Item = (http::Method, &'static str)>) -> Self {
        let mut made = Self { rows: Vec::new(), templates: Vec::new(), labels: HashMap::new() };
        for &method in MethodLabel::ALL {
            made.add(method, UNMATCHED);
        }
        for (method, template) in routes {
            made.add(MethodLabel::from(&method), template);
        }
        assert!(made.rows.len() <= METRIC_HTTP_ROWS_MAX, "{} routes", made.rows.len());
        assert!(made.templates.len() <= METRIC_HTTP_TEMPLATES_MAX, "{} templates", made.templates.len());
        made
    }

    fn add(&mut self, method: MethodLabel, template: &'static str) {
        let known = self.templates.iter().position(|(known, _)| *known == template);
        let index = known.unwrap_or_else(|| {
            self.templates.push((template, Histogram::new(&SECONDS)));
            self.templates.len() - 1
        });
        let label = RouteLabel(self.rows.len());
        if self.labels.insert((method, template), label).is_none() {
            self.rows.push(Row { method, template: index, statuses: Counters::default() });
        }
    }

    /// The row of a request: of its route, or, with no route, of its method among the unmatched.
    pub fn label(&self, method: &http::Method, template: Option<&str>) -> RouteLabel {
        let method = MethodLabel::from(method);
        let routed = template.and_then(|template| self.labels.get(&(method, template)).copied());
        routed.unwrap_or(RouteLabel(method.index()))
    }

    /// Counts a request that was answered with the status after that time.
    pub fn observe(&self, label: RouteLabel, status: u16, elapsed: Duration) {
        let row = &self.rows[label.0];
        row.statuses.increment(status.into());
        self.templates[row.template].1.observe_duration(elapsed);
    }

    /// Writes the outcomes that occurred.
    pub(super) fn write_requests(&self, name: &str, out: &mut Exposition) {
        for row in &self.rows {
            for (index, (_, status)) in STATUSES.iter().enumerate() {
                let count = row.statuses.count(StatusLabel(index));
                if count > 0 {
                    let route = self.templates[row.template].0;
                    out.series(name, &[("method", row.method.name()), ("route", route), ("status", status)], count);
                }
            }
        }
    }

    /// Writes the times of the templates that were requested.
    pub(super) fn write_seconds(&self, name: &str, out: &mut Exposition) {
        for (template, seconds) in &self.templates {
            let snapshot = seconds.snapshot();
            if snapshot.buckets.iter().any(|&count| count > 0) {
                out.histogram(name, &[("route", template)], &snapshot);
            }
        }
    }
}

const _: () = assert!(SECONDS.bounds.len() == SECONDS_BOUNDS);
