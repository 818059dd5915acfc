//! `vectors/differences.json`: where a runner cannot see what a decoder sees.

use std::fs;

use serde_json::Value;

use super::file::{Set, Vector, folder};

/// Vectors of which a runner says something else, and why.
pub(super) struct Difference {
    members: Value,
    /// What the runner says instead.
    pub(super) accepts: bool,
}

impl Difference {
    /// The entries of one runner.
    pub(super) fn of(runner: &str) -> Vec<Self> {
        let file: Value = serde_json::from_slice(&fs::read(folder().join("differences.json")).unwrap()).unwrap();
        let entries = file["differences"].as_array().expect("a list of differences").iter();
        let own = entries
            .filter(|entry| entry["runner"].as_array().is_some_and(|names| names.iter().any(|name| name == runner)));
        own.map(|entry| {
            assert!(entry["why"].as_str().is_some_and(|why| !why.is_empty()), "a difference has a reason: {entry}");
            let verdict = entry["verdict"].as_str();
            assert!(matches!(verdict, Some("accept" | "reject")), "a difference is one or the other: {entry}");
            Self { members: entry.clone(), accepts: verdict == Some("accept") }
        })
        .collect()
    }

    /// Tells whether it speaks of a vector: every selector it has has to match.
    pub(super) fn covers(&self, set: &Set, vector: &Vector) -> bool {
        let selectors = [
            ("folder", set.folder.name()),
            ("side", set.side.as_str()),
            ("type", set.kind.as_str()),
            ("rule", vector.rule.as_str()),
            ("code", vector.text("code")),
            ("name", vector.name.as_str()),
        ];
        selectors.iter().all(|(selector, value)| self.members.get(*selector).is_none_or(|wanted| wanted == value))
    }

    pub(super) fn shown(&self) -> String {
        self.members.to_string()
    }
}
