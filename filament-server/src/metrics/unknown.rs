//! Names that clients made up: the first few are counted by name, the rest together.

use std::sync::{Mutex, PoisonError};

use crate::limits::METRIC_UNKNOWN_NAMES_MAX;

/// Counts every name beyond the first [`METRIC_UNKNOWN_NAMES_MAX`] distinct ones, and what is no event name at all.
const OTHER: &str = "other";
/// Longest event name (ENV-3).
const NAME_CHARS_MAX: usize = 64;

/// Counts of unknown event names. A lock is good enough here: an unknown name ends its connection.
#[derive(Debug, Default)]
pub struct UnknownNames(Mutex<Names>);

#[derive(Debug, Default)]
struct Names {
    first: Vec<(Box<str>, u64)>,
    other: u64,
}

impl UnknownNames {
    /// Counts one message with that name.
    pub fn increment(&self, name: &str) {
        // Counts are whole between any two statements.
        let mut names = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, count)) = names.first.iter_mut().find(|(known, _)| **known == *name) {
            *count += 1;
        } else if names.first.len() < METRIC_UNKNOWN_NAMES_MAX && name != OTHER && is_event_name(name) {
            names.first.push((name.into(), 1));
        } else {
            names.other += 1;
        }
    }

    /// Calls `each` with every name and its count, those that were seen.
    pub(super) fn for_each(&self, mut each: impl FnMut(&str, u64)) {
        let names = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for (name, count) in &names.first {
            each(name, *count);
        }
        if names.other > 0 {
            each(OTHER, names.other);
        }
    }
}

fn is_event_name(name: &str) -> bool {
    let allowed = |byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'_' | b'.');
    (1..=NAME_CHARS_MAX).contains(&name.len()) && name.bytes().all(allowed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_32_names_are_counted_apart_and_the_rest_together() {
        let names = UnknownNames::default();
        names.increment("other");
        names.increment("Not A Name");
        for round in 0..2 {
            for number in 0..40 {
                names.increment(&format!("name_{number}"));
            }
            names.increment(&format!("late_{round}"));
        }
        let mut seen = Vec::new();
        names.for_each(|name, count| seen.push((name.to_owned(), count)));
        assert_eq!(seen.len(), METRIC_UNKNOWN_NAMES_MAX + 1);
        assert!(seen[..METRIC_UNKNOWN_NAMES_MAX].iter().all(|(name, count)| name.starts_with("name_") && *count == 2));
        assert_eq!(seen[METRIC_UNKNOWN_NAMES_MAX], ("other".to_owned(), 2 + 2 * 8 + 2));
    }
}
