//! Where in a document something stands, in words: `d.attachment_ids[3]`.

use std::fmt::Write;

use super::{Node, Tree};

/// Characters of one member name in a path; names come from the other side and end up in logs.
const NAME_CHARS_MAX: usize = 64;

impl Tree<'_> {
    /// Returns the path of a value, or of the member a name node belongs to. The root has the empty path.
    pub(crate) fn path(&self, target: usize) -> String {
        let mut path = String::new();
        let mut container = Self::ROOT;
        while container != target {
            let inner = match self.node(container) {
                Node::Object { .. } => self.members(container).find(|&(_, value)| target < self.next(value)),
                _ => None,
            };
            if let Some((name, value)) = inner {
                push_member(&mut path, name);
                if target < value {
                    break;
                }
                container = value;
                continue;
            }
            let Some((position, item)) = self.items(container).enumerate().find(|&(_, item)| target < self.next(item))
            else {
                break;
            };
            // Writing to a string cannot fail.
            let _ = write!(path, "[{position}]");
            container = item;
        }
        path
    }
}

/// Appends a member name: letters, digits and `_` as they are, everything else as `?`, cut at 64 characters.
pub(crate) fn push_member(path: &mut String, name: &str) {
    if !path.is_empty() {
        path.push('.');
    }
    let shown = name.chars().take(NAME_CHARS_MAX);
    path.extend(shown.map(
        |character| {
            if character.is_ascii_alphanumeric() || character == '_' { character } else { '?' }
        },
    ));
}
