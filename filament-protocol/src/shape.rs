//! What every document of the contract looks like, as data: names, JSON types, words, bounds, and what they mean.
//!
//! Each type that stands on the wire implements [`Described`]. The declaration it is made from also makes its reader and
//! its writer, so that a bound stands in one place. From this data alone follow JSON Schema, documents, TypeScript and
//! random values; decoding itself walks a shape only when a body was refused, or where a reader asks for strictness.
//!
//! | JSON | shape | notes |
//! | --- | --- | --- |
//! | string | [`Shape::Text`], [`Shape::Words`] | lengths in UTF-16 units; [`Text::pattern`] is the rest |
//! | integer | [`Shape::Integer`] | never a fraction, an exponent or `-0` |
//! | `true`, `false` | [`Shape::Flag`], [`Shape::True`] | |
//! | array | [`Shape::List`] | |
//! | object | [`Shape::Object`], [`Shape::Tagged`], [`Shape::Envelope`] | named: one definition each |
//! | null | [`Shape::Nullable`] | of its own; an optional member is absent, never null |
//!
//! Whether an unknown member is refused is not part of a shape: requests refuse it (ENV-9, HTTP-7), readers of events
//! and answers pass over it (ENV-10).

mod check;
mod size;
mod words;

pub(crate) use size::digits;

use crate::text::{Form, utf16_len};

/// The JSON form of one type.
#[derive(Clone, Copy, Debug)]
pub enum Shape {
    /// A string.
    Text(Text),
    /// An integer literal.
    Integer(Integer),
    /// `true` or `false`.
    Flag,
    /// `true`.
    True,
    /// A string out of a closed list.
    Words(&'static Words),
    /// An array of like values.
    List(List),
    /// An object with known members.
    Object(&'static Object),
    /// One of several objects, told apart by one member.
    Tagged(&'static Tagged),
    /// The value, or null.
    Nullable(&'static Shape),
    /// A whole event envelope `{"v":1,"t":…,"d":…}` of any event but `batch` (RES-1).
    Envelope,
}

/// A string of bounded length and known form.
#[derive(Clone, Copy, Debug)]
pub struct Text {
    /// Name of the type; types of one name are equal. `None` if it has none of its own.
    pub name: Option<&'static str>,
    /// What it is, as the documentation of the type says it; lines begin with a blank.
    pub doc: &'static str,
    /// Fewest UTF-16 units, counted after trimming if it is trimmed.
    pub min: usize,
    /// Most UTF-16 units, counted after trimming if it is trimmed.
    pub max: usize,
    /// Whether white space (W of §10.1) at both ends is removed before anything is tested.
    pub trimmed: bool,
    /// Which characters may stand in it, and how.
    pub form: &'static Form,
}

/// An integer literal in `min..=max`.
#[derive(Clone, Copy, Debug)]
pub struct Integer {
    /// Name of the type; types of one name are equal. `None` if it has none of its own.
    pub name: Option<&'static str>,
    /// Least value.
    pub min: u64,
    /// Greatest value, at most 9,007,199,254,740,991.
    pub max: u64,
}

/// A closed list of words.
#[derive(Clone, Copy, Debug)]
pub struct Words {
    /// Name of the type.
    pub name: &'static str,
    /// What it says; lines begin with a blank.
    pub doc: &'static str,
    /// The words, in the order of the contract.
    pub words: &'static [Word],
}

/// One word of a closed list.
#[derive(Clone, Copy, Debug)]
pub struct Word {
    /// The word on the wire.
    pub name: &'static str,
    /// What it means; lines begin with a blank.
    pub doc: &'static str,
}

/// An array of `min..=max` items of one form.
#[derive(Clone, Copy, Debug)]
pub struct List {
    /// Name of the type; types of one name are equal. `None` if it has none of its own.
    pub name: Option<&'static str>,
    /// Fewest items.
    pub min: usize,
    /// Most items.
    pub max: usize,
    /// Form of each item.
    pub item: &'static Shape,
    /// Which items may not stand in it twice.
    pub unique: Unique,
}

/// Which items of a list may not stand in it twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unique {
    /// Any item may be repeated.
    No,
    /// No two items are equal.
    Items,
    /// No two items agree in all members of any one of these keys.
    By(&'static [&'static [&'static str]]),
}

/// An object with known members.
#[derive(Clone, Copy, Debug)]
pub struct Object {
    /// Name of the type: `Message`, `WorkspaceUpdatedFields`. One definition of the contract has one name.
    pub name: &'static str,
    /// What it is; lines begin with a blank.
    pub doc: &'static str,
    /// The members, in the order in which they are written.
    pub members: &'static [Member],
    /// What is asked of several members together.
    pub rules: &'static [Rule],
}

/// One member of an object.
#[derive(Clone, Copy, Debug)]
pub struct Member {
    /// Name on the wire.
    pub name: &'static str,
    /// What it says; lines begin with a blank.
    pub doc: &'static str,
    /// Whether it may be left out.
    pub presence: Presence,
    /// Form of its value.
    pub shape: &'static Shape,
}

/// When a member has to stand in its object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Presence {
    /// Always.
    Required,
    /// It may be absent.
    Optional,
}

/// A rule about several members of one object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rule {
    /// At least one of these is there.
    AnyOf(&'static [&'static str]),
    /// These are all there, or none of them is.
    Together(&'static [&'static str]),
    /// No item stands in both lists.
    Disjoint(&'static str, &'static str),
    /// The text is not empty, or the list is there and not empty.
    NotBothEmpty {
        /// The text.
        text: &'static str,
        /// The list.
        list: &'static str,
    },
    /// The text is not empty.
    NotEmpty(&'static str),
    /// If the member has this word, another one is absent.
    AbsentIf {
        /// The member that decides.
        member: &'static str,
        /// Its word.
        word: &'static str,
        /// What is then absent.
        absent: &'static str,
    },
}

/// One of several objects, told apart by the word in one member.
#[derive(Clone, Copy, Debug)]
pub struct Tagged {
    /// Name of the type.
    pub name: &'static str,
    /// What it is; lines begin with a blank.
    pub doc: &'static str,
    /// The member that holds the word.
    pub tag: &'static str,
    /// The objects.
    pub variants: &'static [Variant],
}

/// One object of a [`Tagged`].
#[derive(Clone, Copy, Debug)]
pub struct Variant {
    /// Its word.
    pub word: &'static str,
    /// What it is; lines begin with a blank.
    pub doc: &'static str,
    /// Its members besides the tag.
    pub members: &'static [Member],
}

/// A type whose JSON form is known as data.
pub trait Described {
    /// The form.
    const SHAPE: Shape;
}

impl Described for bool {
    const SHAPE: Shape = Shape::Flag;
}

impl Described for String {
    const SHAPE: Shape = Shape::Text(Text {
        name: None,
        doc: "",
        min: 0,
        max: crate::limits::BODY_BYTES_MAX,
        trimmed: false,
        form: &crate::text::ANY,
    });
}

impl Shape {
    /// Returns the name of the type, if it has one.
    #[must_use]
    pub const fn name(&self) -> Option<&'static str> {
        match self {
            Self::Text(text) => text.name,
            Self::Integer(integer) => integer.name,
            Self::Words(words) => Some(words.name),
            Self::List(list) => list.name,
            Self::Object(object) => Some(object.name),
            Self::Tagged(tagged) => Some(tagged.name),
            Self::Flag | Self::True | Self::Nullable(_) | Self::Envelope => None,
        }
    }

    /// Returns the object, if this is one.
    #[must_use]
    pub const fn object(&self) -> Option<&'static Object> {
        match self {
            Self::Object(object) => Some(object),
            Self::Text(_)
            | Self::Integer(_)
            | Self::Flag
            | Self::True
            | Self::Words(_)
            | Self::List(_)
            | Self::Tagged(_)
            | Self::Nullable(_)
            | Self::Envelope => None,
        }
    }
}

impl Text {
    /// Returns the least and the greatest length of the string as sent, in UTF-16 units; `None` if it is trimmed, since
    /// white space around it then has no bound of its own and the length stands in the [`pattern`](Self::pattern).
    #[must_use]
    pub const fn length(&self) -> Option<(usize, usize)> {
        if self.trimmed { None } else { Some((self.min, self.max)) }
    }

    /// Returns a regular expression that the string as sent has to match as a whole: anchored, in the syntax shared by
    /// ECMA 262 (with the `u` flag), Python and Rust. `None` if the length says it all.
    ///
    /// In the pattern of a trimmed text lengths count characters, not UTF-16 units: characters beyond U+FFFF make it
    /// more generous than the type.
    #[must_use]
    pub fn pattern(&self) -> Option<String> {
        if let Some(whole) = self.form.whole {
            return Some(format!("^(?:{whole})$"));
        }
        let class = self.form.class?;
        if !self.trimmed {
            return Some(format!("^[{class}]*$"));
        }
        let white = crate::text::WHITE_SPACE_CLASS;
        let inner = self.max.saturating_sub(2);
        // A class that is not a negation would need an intersection here; no trimmed text has one.
        debug_assert!(class.starts_with('^'));
        let text = format!("[{class}{white}](?:[{class}]{{0,{inner}}}[{class}{white}])?");
        let text = if self.min == 0 { format!("(?:{text})?") } else { text };
        Some(format!("^[{white}]*{text}[{white}]*$"))
    }

    /// Tells whether a string satisfies everything this shape says.
    #[must_use]
    pub fn accepts(&self, text: &str) -> bool {
        let text = if self.trimmed { crate::text::trim(text) } else { text };
        (self.min..=self.max).contains(&utf16_len(text)) && (self.form.check)(text).is_ok()
    }
}

impl Words {
    /// Tells whether a text is one of the words.
    #[must_use]
    pub fn contains(&self, text: &str) -> bool {
        self.words.iter().any(|word| word.name == text)
    }
}

impl Object {
    /// Finds a member by its name on the wire.
    #[must_use]
    pub fn member(&self, name: &str) -> Option<&'static Member> {
        self.members.iter().find(|member| member.name == name)
    }
}

impl Tagged {
    /// Finds an object by its word.
    #[must_use]
    pub fn variant(&self, word: &str) -> Option<&'static Variant> {
        self.variants.iter().find(|variant| variant.word == word)
    }
}

/// Returns a documentation text of this module as plain lines: the blank each begins with is removed.
pub fn lines(doc: &str) -> impl Iterator<Item = &str> {
    doc.lines().map(|line| line.strip_prefix(' ').unwrap_or(line))
}

/// The name on the wire of a field: a raw identifier without its mark.
pub(crate) const fn wire_name(field: &'static str) -> &'static str {
    let bytes = field.as_bytes();
    if bytes.len() > 2 && bytes[0] == b'r' && bytes[1] == b'#' { field.split_at(2).1 } else { field }
}
