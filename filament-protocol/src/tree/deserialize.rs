//! Typed values from a tree, with a typed reason and the place of the first fault.

use std::borrow::Cow;
use std::fmt;

use serde::de::value::StrDeserializer;
use serde::de::{DeserializeSeed, Deserializer, Error, Expected, MapAccess, SeqAccess, Unexpected, Visitor};

use super::path::push_member;
use super::{Node, Tree};
use crate::decode::{DecodeErrorKind, IN_ORDER};

/// What is wrong, and where.
#[derive(Debug)]
pub(crate) struct Fault {
    pub(crate) kind: DecodeErrorKind,
    /// The value that is wrong; for an unknown or missing member, its object.
    node: Option<usize>,
    /// The unknown or missing member.
    member: Option<Cow<'static, str>>,
}

impl Fault {
    /// A fault of the value at `node`.
    pub(crate) fn at(kind: DecodeErrorKind, node: usize) -> Self {
        Self { kind, node: Some(node), member: None }
    }

    /// A fault of a member that `object` has too much or too little.
    pub(crate) fn of_member(kind: DecodeErrorKind, object: usize, name: impl Into<Cow<'static, str>>) -> Self {
        Self { kind, node: Some(object), member: Some(name.into()) }
    }

    fn new(kind: DecodeErrorKind) -> Self {
        Self { kind, node: None, member: None }
    }

    fn with_member(kind: DecodeErrorKind, name: impl Into<Cow<'static, str>>) -> Self {
        Self { kind, node: None, member: Some(name.into()) }
    }

    /// Says where it happened, unless something further inside has said so.
    pub(crate) fn located(mut self, node: usize) -> Self {
        self.node.get_or_insert(node);
        self
    }

    /// The unknown, missing or repeated member it is about, if it is about one.
    pub(crate) fn member(&self) -> Option<&str> {
        self.member.as_deref()
    }

    /// Writes down the place.
    pub(crate) fn path(&self, tree: &Tree<'_>) -> String {
        let mut path = tree.path(self.node.unwrap_or(Tree::ROOT));
        if let Some(member) = &self.member {
            push_member(&mut path, member);
        }
        path
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.kind, formatter)
    }
}

impl std::error::Error for Fault {}

impl Error for Fault {
    fn custom<T: fmt::Display>(_: T) -> Self {
        Self::new(DecodeErrorKind::OutOfBounds)
    }

    fn invalid_type(unexpected: Unexpected<'_>, _: &dyn Expected) -> Self {
        Self::new(if unexpected == Unexpected::Unit { DecodeErrorKind::Null } else { DecodeErrorKind::WrongType })
    }

    fn invalid_value(_: Unexpected<'_>, _: &dyn Expected) -> Self {
        Self::new(DecodeErrorKind::OutOfBounds)
    }

    fn invalid_length(_: usize, _: &dyn Expected) -> Self {
        Self::new(DecodeErrorKind::OutOfBounds)
    }

    fn unknown_variant(_: &str, _: &'static [&'static str]) -> Self {
        Self::new(DecodeErrorKind::UnknownWord)
    }

    fn unknown_field(name: &str, _: &'static [&'static str]) -> Self {
        Self::with_member(DecodeErrorKind::UnknownField, name.to_owned())
    }

    fn missing_field(name: &'static str) -> Self {
        Self::with_member(DecodeErrorKind::MissingField, name)
    }

    fn duplicate_field(name: &'static str) -> Self {
        Self::with_member(DecodeErrorKind::Duplicate, name)
    }
}

/// Reads the value at one node.
#[derive(Clone, Copy)]
pub(crate) struct NodeReader<'t, 'a> {
    tree: &'t Tree<'a>,
    index: usize,
}

impl<'t, 'a> NodeReader<'t, 'a> {
    pub(crate) fn new(tree: &'t Tree<'a>, index: usize) -> Self {
        Self { tree, index }
    }

    /// Shows the visitor what is there; a visitor for another JSON type answers with `invalid_type`.
    fn visit<'de, V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        let Self { tree, index } = self;
        let visited = match tree.node(index) {
            Node::Null => visitor.visit_unit(),
            Node::Flag(value) => visitor.visit_bool(*value),
            Node::Unsigned(value) => visitor.visit_u64(*value),
            Node::Negative(value) => visitor.visit_i64(*value),
            Node::Huge | Node::Fraction => Err(Fault::new(DecodeErrorKind::WrongType)),
            Node::Text(text) => visitor.visit_str(text),
            Node::List { end } => visitor.visit_seq(Items { tree, next: index + 1, end: *end }),
            Node::Object { end } => visitor.visit_map(Members { tree, next: index + 1, end: *end }),
        };
        visited.map_err(|fault| fault.located(index))
    }

    /// Reads a number: an integer literal beyond 64 bits is of the right type but out of bounds.
    fn integer<'de, V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        if matches!(self.tree.node(self.index), Node::Huge) {
            return Err(Fault::at(DecodeErrorKind::OutOfBounds, self.index));
        }
        self.visit(visitor)
    }
}

macro_rules! read {
    ($how:ident: $($method:ident)*) => {
        $(
            fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
                self.$how(visitor)
            }
        )*
    };
}

impl<'de> Deserializer<'de> for NodeReader<'_, '_> {
    type Error = Fault;

    read! { integer:
        deserialize_u8 deserialize_u16 deserialize_u32 deserialize_u64 deserialize_u128
        deserialize_i8 deserialize_i16 deserialize_i32 deserialize_i64 deserialize_i128
    }

    read! { visit:
        deserialize_any deserialize_bool deserialize_str deserialize_string deserialize_char deserialize_seq
        deserialize_map deserialize_unit deserialize_f32 deserialize_f64 deserialize_bytes deserialize_byte_buf
        deserialize_identifier
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        let index = self.index;
        let visited = match self.tree.node(index) {
            Node::Null => visitor.visit_none(),
            _ => visitor.visit_some(self),
        };
        visited.map_err(|fault: Fault| fault.located(index))
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Fault> {
        let Self { tree, index } = self;
        match tree.node(index) {
            // Derived visitors would take the items of a list as fields.
            Node::List { .. } => Err(Fault::at(DecodeErrorKind::WrongType, index)),
            Node::Object { .. } if name == IN_ORDER => {
                let mut names: Vec<usize> = tree.members(index).map(|(_, value)| value - 1).collect();
                names.sort_by_key(|&name| fields.iter().position(|field| *field == tree.text(name)));
                let members = Sorted { tree, names: names.into_iter(), value: index };
                visitor.visit_map(members).map_err(|fault| fault.located(index))
            }
            _ => self.visit(visitor),
        }
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        visitor.visit_unit()
    }

    fn deserialize_unit_struct<V: Visitor<'de>>(self, _: &'static str, visitor: V) -> Result<V::Value, Fault> {
        self.visit(visitor)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, _: &'static str, visitor: V) -> Result<V::Value, Fault> {
        self.visit(visitor)
    }

    fn deserialize_tuple<V: Visitor<'de>>(self, _: usize, visitor: V) -> Result<V::Value, Fault> {
        self.visit(visitor)
    }

    fn deserialize_tuple_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: usize,
        visitor: V,
    ) -> Result<V::Value, Fault> {
        self.visit(visitor)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        _: V,
    ) -> Result<V::Value, Fault> {
        Err(Fault::at(DecodeErrorKind::WrongType, self.index))
    }
}

struct Items<'t, 'a> {
    tree: &'t Tree<'a>,
    next: usize,
    end: usize,
}

impl<'de> SeqAccess<'de> for Items<'_, '_> {
    type Error = Fault;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, Fault> {
        if self.next >= self.end {
            return Ok(None);
        }
        let index = self.next;
        self.next = self.tree.next(index);
        let item = seed.deserialize(NodeReader::new(self.tree, index));
        item.map(Some).map_err(|fault| fault.located(index))
    }
}

/// The members of an object in another order than they stand in.
struct Sorted<'t, 'a> {
    tree: &'t Tree<'a>,
    names: std::vec::IntoIter<usize>,
    value: usize,
}

impl<'de> MapAccess<'de> for Sorted<'_, '_> {
    type Error = Fault;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, Fault> {
        let Some(name) = self.names.next() else { return Ok(None) };
        self.value = name + 1;
        seed.deserialize(StrDeserializer::new(self.tree.text(name))).map(Some)
    }

    fn next_value_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<S::Value, Fault> {
        seed.deserialize(NodeReader::new(self.tree, self.value)).map_err(|fault| fault.located(self.value))
    }
}

struct Members<'t, 'a> {
    tree: &'t Tree<'a>,
    next: usize,
    end: usize,
}

impl<'de> MapAccess<'de> for Members<'_, '_> {
    type Error = Fault;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, Fault> {
        if self.next >= self.end {
            return Ok(None);
        }
        let name = self.tree.text(self.next);
        self.next += 1;
        seed.deserialize(StrDeserializer::new(name)).map(Some)
    }

    fn next_value_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<S::Value, Fault> {
        let index = self.next;
        self.next = self.tree.next(index);
        // A check on the finished value, as `try_from` makes one, does not know its place.
        seed.deserialize(NodeReader::new(self.tree, index)).map_err(|fault| fault.located(index))
    }
}
