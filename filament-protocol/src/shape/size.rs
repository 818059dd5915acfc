//! The longest JSON text a value of a shape may have, computed by the compiler (EMI-5).

use super::{List, Member, Object, Rule, Shape, Unique, Words};
use crate::limits::{EVENT_BYTES_MAX, MARKDOWN_BYTES_MAX};

/// Bytes of a quoted name with its colon.
const fn name_bytes(name: &str) -> usize {
    name.len() + r#""":"#.len()
}

/// Commas between `items` items.
const fn commas(items: usize) -> usize {
    items.saturating_sub(1)
}

/// Decimal digits of a number.
pub(crate) const fn digits(mut value: u64) -> usize {
    let mut digits = 1;
    while value > 9 {
        value /= 10;
        digits += 1;
    }
    digits
}

impl Shape {
    /// Returns the most bytes of JSON a value of this form takes, without white space.
    ///
    /// An upper bound: bounds that hold for several lists together are not known here, except that a list of tokens has
    /// one for all of it (MD-1).
    #[must_use]
    pub const fn json_bytes_max(&self) -> usize {
        match self {
            Self::Text(text) => 2 + text.max * text.form.unit_bytes,
            Self::Integer(integer) => digits(integer.max),
            Self::Flag => "false".len(),
            Self::True => "true".len(),
            Self::Words(words) => longest_word(words),
            Self::List(list) => list_bytes(list),
            Self::Object(object) => object_bytes(object),
            Self::Tagged(tagged) => {
                let (mut longest, mut index) = (0, 0);
                while index < tagged.variants.len() {
                    let variant = &tagged.variants[index];
                    let tag = name_bytes(tagged.tag) + 2 + variant.word.len();
                    let bytes = 2 + tag + members_bytes(variant.members) + variant.members.len();
                    longest = if bytes > longest { bytes } else { longest };
                    index += 1;
                }
                longest
            }
            Self::Nullable(inner) => {
                let bytes = inner.json_bytes_max();
                if bytes > "null".len() { bytes } else { "null".len() }
            }
            Self::Envelope => EVENT_BYTES_MAX,
        }
    }
}

const fn longest_word(words: &Words) -> usize {
    let (mut longest, mut index) = (0, 0);
    while index < words.words.len() {
        let bytes = 2 + words.words[index].name.len();
        longest = if bytes > longest { bytes } else { longest };
        index += 1;
    }
    longest
}

const fn list_bytes(list: &List) -> usize {
    match (list.item, list.unique) {
        (Shape::Tagged(_), _) => MARKDOWN_BYTES_MAX,
        // Each word at most once.
        (Shape::Words(words), Unique::Items) => {
            let (mut bytes, mut index) = (2 + commas(words.words.len()), 0);
            while index < words.words.len() {
                bytes += 2 + words.words[index].name.len();
                index += 1;
            }
            bytes
        }
        (item, _) => 2 + list.max * item.json_bytes_max() + commas(list.max),
    }
}

const fn members_bytes(members: &[Member]) -> usize {
    let (mut bytes, mut index) = (0, 0);
    while index < members.len() {
        bytes += name_bytes(members[index].name) + members[index].shape.json_bytes_max();
        index += 1;
    }
    bytes
}

const fn object_bytes(object: &Object) -> usize {
    let mut bytes = 2 + members_bytes(object.members) + commas(object.members.len());
    let mut index = 0;
    while index < object.rules.len() {
        // What stands in one list does not stand in the other: together they are as long as one, and an empty one.
        if let Rule::Disjoint(_, right) = object.rules[index] {
            let mut member = 0;
            while member < object.members.len() {
                if is_same(object.members[member].name, right) {
                    bytes -= object.members[member].shape.json_bytes_max() - 2;
                }
                member += 1;
            }
        }
        index += 1;
    }
    bytes
}

const fn is_same(left: &str, right: &str) -> bool {
    let (left, right) = (left.as_bytes(), right.as_bytes());
    if left.len() != right.len() {
        return false;
    }
    let mut index = 0;
    while index < left.len() {
        if left[index] != right[index] {
            return false;
        }
        index += 1;
    }
    true
}
