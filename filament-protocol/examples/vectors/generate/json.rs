//! JSON as text under full control: what a serializer would never write can be written here.

use std::fmt::Write;

/// A value to be written.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Json {
    /// Written as it is: literals, numbers, and what is wrong on purpose.
    Raw(String),
    /// A string.
    Text(String),
    /// An array.
    List(Vec<Json>),
    /// An object; members in order, names may repeat.
    Object(Vec<(String, Json)>),
}

/// One step from a container to what is in it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Step {
    /// To the value of a member.
    Member(String),
    /// To an item.
    Item(usize),
}

/// Steps from the outermost value.
pub(crate) type Path = Vec<Step>;

/// Writes a path as the vectors do.
pub(crate) fn shown(path: &[Step]) -> String {
    let mut text = String::new();
    for step in path {
        match step {
            Step::Member(name) if text.is_empty() => text.push_str(name),
            Step::Member(name) => write!(text, ".{name}").expect("a string takes everything"),
            Step::Item(index) => write!(text, "[{index}]").expect("a string takes everything"),
        }
    }
    text
}

/// Reads a path as the vectors write it; the empty one is the outermost value.
pub(crate) fn path(text: &str) -> Path {
    let mut steps = Vec::new();
    for part in text.split('.').filter(|part| !part.is_empty()) {
        let (name, items) = part.split_once('[').map_or((part, ""), |(name, items)| (name, items));
        steps.push(Step::Member(name.to_owned()));
        let items = items.split('[').filter(|item| !item.is_empty());
        steps.extend(
            items.map(|item| Step::Item(item.trim_end_matches(']').parse().expect("a path has numbers in brackets"))),
        );
    }
    steps
}

/// A path within a payload as a path of the document, both as text; either may be empty.
pub(crate) fn join(outer: &str, inner: &str) -> String {
    let dot = if outer.is_empty() || inner.is_empty() { "" } else { "." };
    format!("{outer}{dot}{inner}")
}

/// A value written as it is.
pub(crate) fn raw(text: impl Into<String>) -> Json {
    Json::Raw(text.into())
}

/// A string.
pub(crate) fn text(text: impl Into<String>) -> Json {
    Json::Text(text.into())
}

/// An object.
pub(crate) fn object<const N: usize>(members: [(&str, Json); N]) -> Json {
    Json::Object(members.into_iter().map(|(name, value)| (name.to_owned(), value)).collect())
}

impl Json {
    /// The value a path leads to.
    pub(crate) fn at(&self, path: &[Step]) -> Option<&Self> {
        path.iter().try_fold(self, |value, step| match (value, step) {
            (Self::Object(members), Step::Member(name)) => {
                members.iter().find(|(known, _)| known == name).map(|(_, value)| value)
            }
            (Self::List(items), Step::Item(index)) => items.get(*index),
            _ => None,
        })
    }

    fn at_mut(&mut self, path: &[Step]) -> &mut Self {
        path.iter().fold(self, |value, step| match (value, step) {
            (Self::Object(members), Step::Member(name)) => {
                let member = members.iter_mut().find(|(known, _)| known == name);
                &mut member.unwrap_or_else(|| panic!("no member `{name}`")).1
            }
            (Self::List(items), Step::Item(index)) => &mut items[*index],
            (value, step) => panic!("{step:?} does not lead into {value:?}"),
        })
    }

    /// The same document with another value at the end of a path; adds a member that is not there.
    pub(crate) fn with(&self, path: &[Step], new: Self) -> Self {
        let mut copy = self.clone();
        match path.split_last() {
            None => copy = new,
            Some((Step::Member(name), container)) => match copy.at_mut(container) {
                Self::Object(members) => match members.iter_mut().find(|(known, _)| known == name) {
                    Some((_, value)) => *value = new,
                    None => members.push((name.clone(), new)),
                },
                other => panic!("{other:?} has no members"),
            },
            Some(_) => *copy.at_mut(path) = new,
        }
        copy
    }

    /// The same document without a member.
    pub(crate) fn without(&self, path: &[Step]) -> Self {
        let mut copy = self.clone();
        let Some((Step::Member(name), container)) = path.split_last() else { panic!("only members are taken away") };
        match copy.at_mut(container) {
            Self::Object(members) => members.retain(|(known, _)| known != name),
            other => panic!("{other:?} has no members"),
        }
        copy
    }

    /// The same document with one more member at the end of an object, whether or not the name is there.
    pub(crate) fn with_member(&self, object: &[Step], name: &str, value: Self) -> Self {
        let mut copy = self.clone();
        match copy.at_mut(object) {
            Self::Object(members) => members.push((name.to_owned(), value)),
            other => panic!("{other:?} has no members"),
        }
        copy
    }

    /// The same document with the members of every object in the opposite order.
    pub(crate) fn reversed(&self) -> Self {
        match self {
            Self::Object(members) => {
                Self::Object(members.iter().rev().map(|(name, value)| (name.clone(), value.reversed())).collect())
            }
            Self::List(items) => Self::List(items.iter().map(Self::reversed).collect()),
            Self::Raw(_) | Self::Text(_) => self.clone(),
        }
    }

    /// The shortest text.
    pub(crate) fn written(&self) -> String {
        let mut out = String::new();
        self.write(&mut out, false);
        out
    }

    /// A text with white space wherever it may stand and an escape for every character of every string.
    pub(crate) fn written_oddly(&self) -> String {
        let mut out = String::from("\r\n");
        self.write(&mut out, true);
        out.push_str("\t ");
        out
    }

    fn write(&self, out: &mut String, oddly: bool) {
        let (open, comma, colon, close) = if oddly { ("\n ", "\t, ", " :\r", " ") } else { ("", ",", ":", "") };
        match self {
            Self::Raw(text) => out.push_str(text),
            Self::Text(text) => write_text(text, out, oddly),
            Self::List(items) => {
                out.push('[');
                for (index, item) in items.iter().enumerate() {
                    out.push_str(if index == 0 { open } else { comma });
                    item.write(out, oddly);
                }
                out.push_str(close);
                out.push(']');
            }
            Self::Object(members) => {
                out.push('{');
                for (index, (name, value)) in members.iter().enumerate() {
                    out.push_str(if index == 0 { open } else { comma });
                    write_text(name, out, oddly);
                    out.push_str(colon);
                    value.write(out, oddly);
                }
                out.push_str(close);
                out.push('}');
            }
        }
    }
}

/// Writes a string: only what has to be escaped, or everything, with the hex digits in both cases.
fn write_text(text: &str, out: &mut String, oddly: bool) {
    out.push('"');
    for character in text.chars() {
        match character {
            _ if oddly => {
                for (index, unit) in character.encode_utf16(&mut [0; 2]).iter().enumerate() {
                    let escape = if index == 0 { format!("\\u{unit:04x}") } else { format!("\\u{unit:04X}") };
                    out.push_str(&escape);
                }
            }
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\u{0}'..='\u{1F}' => {
                write!(out, "\\u{:04x}", u32::from(character)).expect("a string takes everything");
            }
            _ => out.push(character),
        }
    }
    out.push('"');
}
