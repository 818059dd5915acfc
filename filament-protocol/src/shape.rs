//! What a strict document looks like, as data: member names, JSON types, words and bounds.
//!
//! Decoding a request body stops at its first fault, but a wrong shape has to win over a value out of bounds
//! wherever the two stand (HTTP-8). The shape of a body answers that question without building the value.

use crate::decode::DecodeErrorKind;
use crate::tree::{Fault, Node, Tree};

/// The JSON form of one type.
#[derive(Clone, Copy, Debug)]
pub enum Shape {
    /// A string of `min..=max` UTF-16 units; the type itself may ask for more.
    Text {
        /// Fewest units.
        min: usize,
        /// Most units.
        max: usize,
    },
    /// An integer literal in `min..=max`.
    Integer {
        /// Least value.
        min: u64,
        /// Greatest value.
        max: u64,
    },
    /// `true` or `false`.
    Flag,
    /// A string out of a closed list.
    Words(&'static [&'static str]),
    /// An array of `min..=max` like values.
    List {
        /// Fewest items.
        min: usize,
        /// Most items.
        max: usize,
        /// Form of each item.
        item: &'static Shape,
    },
    /// An object with exactly these members.
    Object(&'static [Member]),
}

/// One member of an object.
#[derive(Clone, Copy, Debug)]
pub struct Member {
    /// Name on the wire.
    pub name: &'static str,
    /// Whether it may be left out or be null.
    pub presence: Presence,
    /// Form of its value.
    pub shape: &'static Shape,
}

/// When a member has to stand in its object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Presence {
    /// Always, never null.
    Required,
    /// It may be absent, but is never null.
    Optional,
}

/// A type whose JSON form is known as data.
pub trait Described {
    /// The form.
    const SHAPE: Shape;
}

impl Described for String {
    const SHAPE: Shape = Shape::Text { min: 0, max: crate::limits::BODY_BYTES_MAX };
}

impl Described for bool {
    const SHAPE: Shape = Shape::Flag;
}

impl Described for u64 {
    const SHAPE: Shape = Shape::Integer { min: 0, max: u64::MAX };
}

impl Shape {
    /// Finds the first place where a value does not have this form, bounds aside.
    pub(crate) fn check(&self, tree: &Tree<'_>, index: usize) -> Result<(), Fault> {
        match (self, tree.node(index)) {
            (_, Node::Null) => Err(Fault::at(DecodeErrorKind::Null, index)),
            (Self::Text { .. }, Node::Text(_))
            | (Self::Integer { .. }, Node::Unsigned(_) | Node::Negative(_) | Node::Huge)
            | (Self::Flag, Node::Flag(_)) => Ok(()),
            (Self::Words(words), Node::Text(text)) => match words.contains(&&**text) {
                true => Ok(()),
                false => Err(Fault::at(DecodeErrorKind::UnknownWord, index)),
            },
            (Self::List { item, .. }, Node::List { .. }) => {
                tree.items(index).try_for_each(|value| item.check(tree, value))
            }
            (Self::Object(members), Node::Object { .. }) => check_members(members, tree, index),
            _ => Err(Fault::at(DecodeErrorKind::WrongType, index)),
        }
    }
}

fn check_members(members: &[Member], tree: &Tree<'_>, object: usize) -> Result<(), Fault> {
    for (name, value) in tree.members(object) {
        match members.iter().find(|member| member.name == name) {
            Some(member) => member.shape.check(tree, value)?,
            None => {
                return Err(Fault::of_member(DecodeErrorKind::UnknownField, object, name.to_owned()));
            }
        }
    }
    let is_missing = |member: &&Member| {
        member.presence == Presence::Required && tree.members(object).all(|(name, _)| name != member.name)
    };
    match members.iter().find(is_missing) {
        Some(member) => Err(Fault::of_member(DecodeErrorKind::MissingField, object, member.name)),
        None => Ok(()),
    }
}
