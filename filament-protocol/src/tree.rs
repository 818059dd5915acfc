//! A JSON document as a flat tree, for input that the fast pass did not take.
//!
//! The parser is the one judge of syntax, depth and duplicate names; it reads the whole document before anything asks
//! what the document means. Nodes lie in one vector in document order: a container is followed by its content and
//! knows where that ends; a member is its name, then its value.

mod deserialize;
mod parse;
mod path;

pub(crate) use deserialize::{Fault, NodeReader};

use std::borrow::Cow;

use crate::decode::DecodeErrorKind;

/// A parsed document. `'a` is the text it borrows from.
pub(crate) struct Tree<'a> {
    nodes: Vec<Node<'a>>,
    /// The name node of the first duplicate member, in document order of its object's end.
    duplicate: Option<usize>,
}

/// One value, or the name of a member.
#[derive(Debug)]
pub(crate) enum Node<'a> {
    /// `null`.
    Null,
    /// `true` or `false`.
    Flag(bool),
    /// An integer literal that is not negative and fits.
    Unsigned(u64),
    /// A negative integer literal that fits.
    Negative(i64),
    /// An integer literal of more than 64 bits.
    Huge,
    /// A number with a fraction or an exponent, or `-0`.
    Fraction,
    /// A string, or the name of a member.
    Text(Cow<'a, str>),
    /// An array; its content ends before node `end`.
    List {
        /// Index of the first node behind it.
        end: usize,
    },
    /// An object; its content ends before node `end`.
    Object {
        /// Index of the first node behind it.
        end: usize,
    },
}

impl<'a> Tree<'a> {
    /// The root value.
    pub(crate) const ROOT: usize = 0;

    /// Reads a whole document.
    ///
    /// # Errors
    /// `Syntax` or `TooDeep`. Duplicate names are reported by [`duplicate`](Self::duplicate).
    pub(crate) fn parse(text: &'a str) -> Result<Self, DecodeErrorKind> {
        parse::parse(text)
    }

    /// The name node of a duplicate member, if there is one.
    pub(crate) fn duplicate(&self) -> Option<usize> {
        self.duplicate
    }

    /// The node at an index.
    pub(crate) fn node(&self, index: usize) -> &Node<'a> {
        &self.nodes[index]
    }

    /// The index behind the value at `index` and all its content.
    pub(crate) fn next(&self, index: usize) -> usize {
        match self.nodes[index] {
            Node::List { end } | Node::Object { end } => end,
            Node::Null
            | Node::Flag(_)
            | Node::Unsigned(_)
            | Node::Negative(_)
            | Node::Huge
            | Node::Fraction
            | Node::Text(_) => index + 1,
        }
    }

    /// The name at an index; empty if there is no text node.
    pub(crate) fn text(&self, index: usize) -> &str {
        match &self.nodes[index] {
            Node::Text(text) => text,
            _ => "",
        }
    }

    /// Goes through the members of an object as (name, value index); nothing for other values.
    pub(crate) fn members(&self, object: usize) -> impl Iterator<Item = (&str, usize)> {
        let end = if let Node::Object { end } = self.nodes[object] { end } else { object };
        let mut index = object + 1;
        std::iter::from_fn(move || {
            if index >= end {
                return None;
            }
            let value = index + 1;
            let name = self.text(index);
            index = self.next(value);
            Some((name, value))
        })
    }

    /// Goes through the items of a list as value indices; nothing for other values.
    pub(crate) fn items(&self, list: usize) -> impl Iterator<Item = usize> {
        let end = if let Node::List { end } = self.nodes[list] { end } else { list };
        let mut index = list + 1;
        std::iter::from_fn(move || {
            if index >= end {
                return None;
            }
            let item = index;
            index = self.next(item);
            Some(item)
        })
    }
}
