//! Shapes in words, and the shape at a place of a document: what a refused value should have been.

use std::fmt;

use super::{Member, Shape, Unique};
use crate::event::EventKind;

impl Shape {
    /// Finds the form of the value at a path as [`DecodeError::path`](crate::DecodeError::path) writes it, below this one.
    ///
    /// For payloads the path begins with `d`, which is this form itself. `None` if there is no member of that name; where
    /// several objects are told apart by a member, the first that has the name is taken.
    ///
    /// ```
    /// use filament_protocol::{CommandKind, decode_command};
    ///
    /// let error = decode_command(br#"{"v":1,"t":"heartbeat","d":{"s":-1}}"#).unwrap_err();
    /// let expected = CommandKind::Heartbeat.shape().at(error.path()).unwrap();
    /// assert_eq!(expected.to_string(), "an integer of 0 to 9007199254740991");
    /// ```
    #[must_use]
    pub fn at(&self, path: &str) -> Option<Self> {
        let mut steps = path.split(['.', '[']).filter(|step| !step.is_empty()).peekable();
        steps.next_if_eq(&"d");
        steps.try_fold(*self, |shape, step| shape.step(step))
    }

    fn step(&self, step: &str) -> Option<Self> {
        let of = |members: &[Member]| members.iter().find(|member| member.name == step).map(|member| *member.shape);
        match self {
            Self::Nullable(inner) => inner.step(step),
            Self::List(list) => step.ends_with(']').then_some(*list.item),
            Self::Object(object) => of(object.members),
            Self::Tagged(tagged) => tagged.variants.iter().find_map(|variant| of(variant.members)),
            Self::Text(_) | Self::Integer(_) | Self::Flag | Self::True | Self::Words(_) | Self::Envelope => None,
        }
    }
}

impl fmt::Display for Shape {
    /// Says what a value looks like: "a text of 1 to 64 UTF-16 units, …".
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(text) => {
                let trimmed = if text.trimmed { " without the white space around it" } else { "" };
                let (min, max) = (text.min, text.max);
                match min == max {
                    true => write!(formatter, "a text of {max} UTF-16 units{trimmed}: {}", text.form.words),
                    false => write!(formatter, "a text of {min} to {max} UTF-16 units{trimmed}: {}", text.form.words),
                }
            }
            Self::Integer(integer) => write!(formatter, "an integer of {} to {}", integer.min, integer.max),
            Self::Flag => formatter.write_str("true or false"),
            Self::True => formatter.write_str("true"),
            Self::Words(words) => {
                formatter.write_str("one of ")?;
                words.words.iter().enumerate().try_for_each(|(index, word)| {
                    let comma = if index == 0 { "" } else { ", " };
                    write!(formatter, "{comma}`{}`", word.name)
                })
            }
            Self::List(list) => {
                let different = if list.unique == Unique::No { "" } else { " different" };
                write!(formatter, "a list of {} to {}{different} items", list.min, list.max)
            }
            Self::Object(object) => write!(formatter, "an object `{}`", object.name),
            Self::Tagged(tagged) => write!(formatter, "an object `{}`", tagged.name),
            Self::Nullable(inner) => write!(formatter, "{inner}, or null"),
            Self::Envelope => write!(formatter, "the envelope of any event but `{}`", EventKind::Batch),
        }
    }
}
