//! Shapes against documents: the first place where a value has another shape, and the first member nobody knows.

use super::{Member, Presence, Shape, Tagged};
use crate::decode::DecodeErrorKind;
use crate::event::EventKind;
use crate::tree::{Fault, Node, Tree};

impl Shape {
    /// Finds the first place where a value does not have this form, bounds and rules aside.
    ///
    /// A wrong shape has to win over a value out of bounds wherever the two stand (HTTP-8), which a reader that stops at
    /// its first fault cannot see.
    pub(crate) fn check(&self, tree: &Tree<'_>, index: usize) -> Result<(), Fault> {
        match (self, tree.node(index)) {
            (Self::Nullable(_), Node::Null) => Ok(()),
            (Self::Nullable(inner), _) => inner.check(tree, index),
            (_, Node::Null) => Err(Fault::at(DecodeErrorKind::Null, index)),
            (Self::Text(_), Node::Text(_))
            | (Self::Integer(_), Node::Unsigned(_) | Node::Negative(_) | Node::Huge)
            | (Self::Flag | Self::True, Node::Flag(_))
            | (Self::Envelope, Node::Object { .. }) => Ok(()),
            (Self::Words(words), Node::Text(text)) => match words.contains(text) {
                true => Ok(()),
                false => Err(Fault::at(DecodeErrorKind::UnknownWord, index)),
            },
            (Self::List(list), Node::List { .. }) => {
                tree.items(index).try_for_each(|value| list.item.check(tree, value))
            }
            (Self::Object(object), Node::Object { .. }) => check_members(object.members, &[], tree, index),
            (Self::Tagged(tagged), Node::Object { .. }) => check_variant(tagged, tree, index),
            _ => Err(Fault::at(DecodeErrorKind::WrongType, index)),
        }
    }

    /// Finds the first member that this form does not name, in a value that has the form otherwise.
    pub(crate) fn check_known(&self, tree: &Tree<'_>, index: usize) -> Result<(), Fault> {
        match self {
            Self::Text(_) | Self::Integer(_) | Self::Flag | Self::True | Self::Words(_) => Ok(()),
            Self::Nullable(inner) => inner.check_known(tree, index),
            Self::List(list) => tree.items(index).try_for_each(|value| list.item.check_known(tree, value)),
            Self::Object(object) => check_names(object.members, &[], tree, index),
            Self::Tagged(tagged) => match variant_of(tagged, tree, index) {
                Some(members) => check_names(members, &[tagged.tag], tree, index),
                None => Ok(()),
            },
            Self::Envelope => check_envelope(tree, index),
        }
    }
}

fn check_members(members: &[Member], also: &[&str], tree: &Tree<'_>, object: usize) -> Result<(), Fault> {
    for (name, value) in tree.members(object) {
        match members.iter().find(|member| member.name == name) {
            Some(member) => member.shape.check(tree, value)?,
            None if also.contains(&name) => {}
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

fn check_variant(tagged: &Tagged, tree: &Tree<'_>, object: usize) -> Result<(), Fault> {
    let Some((_, tag)) = tree.members(object).find(|&(name, _)| name == tagged.tag) else {
        return Err(Fault::of_member(DecodeErrorKind::MissingField, object, tagged.tag));
    };
    let Node::Text(word) = tree.node(tag) else {
        return Err(Fault::at(DecodeErrorKind::WrongType, tag));
    };
    match tagged.variant(word) {
        Some(variant) => check_members(variant.members, &[tagged.tag], tree, object),
        None => Err(Fault::at(DecodeErrorKind::UnknownWord, tag)),
    }
}

fn variant_of(tagged: &Tagged, tree: &Tree<'_>, object: usize) -> Option<&'static [Member]> {
    let (_, tag) = tree.members(object).find(|&(name, _)| name == tagged.tag)?;
    Some(tagged.variant(tree.text(tag))?.members)
}

fn check_names(members: &[Member], also: &[&str], tree: &Tree<'_>, object: usize) -> Result<(), Fault> {
    for (name, value) in tree.members(object) {
        match members.iter().find(|member| member.name == name) {
            Some(member) => member.shape.check_known(tree, value)?,
            None if also.contains(&name) => {}
            None => return Err(Fault::of_member(DecodeErrorKind::UnknownField, object, name.to_owned())),
        }
    }
    Ok(())
}

/// An envelope inside of a payload: the payload of a known event is looked into, that of another one is not.
fn check_envelope(tree: &Tree<'_>, object: usize) -> Result<(), Fault> {
    let member = |wanted: &str| tree.members(object).find(|&(name, _)| name == wanted).map(|(_, value)| value);
    let kind = member("t").and_then(|name| EventKind::from_name(tree.text(name)));
    match (kind, member("d")) {
        (Some(kind), Some(payload)) => kind.shape().check_known(tree, payload),
        _ => Ok(()),
    }
}
