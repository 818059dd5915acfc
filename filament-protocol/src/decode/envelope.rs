//! The two passes over an envelope, the same for commands and events.

use std::fmt;
use std::marker::PhantomData;

use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, Visitor};

use super::error::{DecodeError, DecodeErrorKind, Level};
use crate::command::{Command, CommandKind};
use crate::envelope::{VERSION, is_name};
use crate::event::{Event, EventKind};
use crate::strict::{Rejected, Strict};
use crate::tree::{Fault, Node, NodeReader, Tree};

/// A closed set of names, each with its payload.
pub(super) trait Catalogue: Copy {
    type Payload;

    fn find(name: &str) -> Option<Self>;

    fn decode<'de, D: Deserializer<'de>>(self, payload: D) -> Result<Self::Payload, D::Error>;
}

impl Catalogue for CommandKind {
    type Payload = Command;

    fn find(name: &str) -> Option<Self> {
        Self::from_name(name)
    }

    fn decode<'de, D: Deserializer<'de>>(self, payload: D) -> Result<Command, D::Error> {
        self.deserialize(payload)
    }
}

impl Catalogue for EventKind {
    type Payload = Event;

    fn find(name: &str) -> Option<Self> {
        Self::from_name(name)
    }

    fn decode<'de, D: Deserializer<'de>>(self, payload: D) -> Result<Event, D::Error> {
        self.deserialize(payload)
    }
}

/// A well-formed envelope.
pub(super) enum Decoded<P> {
    /// Its name is of the catalogue and its payload is right.
    Known(P),
    /// Its name is not of the catalogue; the payload is not looked at.
    Unknown(Box<str>),
}

/// What is wrong: with the envelope, or with the payload of a known name.
pub(super) enum Failure<K> {
    Envelope(DecodeError),
    Payload(K, DecodeError),
}

/// Decodes an envelope, the fast way if it is correct and in the usual order.
pub(super) fn decode_envelope<K: Catalogue>(text: &str) -> Result<Decoded<K::Payload>, Failure<K>> {
    match decode_fast::<K>(text) {
        Ok(payload) => Ok(Decoded::Known(payload)),
        Err(Rejected) => decode_tree(text),
    }
}

fn decode_fast<K: Catalogue>(text: &str) -> Result<K::Payload, Rejected> {
    let mut reader = serde_json::Deserializer::from_str(text);
    let payload = Strict(&mut reader).deserialize_map(EnvelopeVisitor::<K>(PhantomData))?;
    reader.end().map_err(|_| Rejected)?;
    Ok(payload)
}

/// Takes `v`, `t` and `d`, each once, `t` before `d`.
struct EnvelopeVisitor<K>(PhantomData<fn() -> K>);

impl<'de, K: Catalogue> Visitor<'de> for EnvelopeVisitor<K> {
    type Value = K::Payload;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an envelope")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<K::Payload, A::Error> {
        let reject = || A::Error::custom("");
        let mut version = false;
        let mut kind: Option<K> = None;
        let mut payload = None;
        while let Some(member) = members.next_key::<EnvelopeMember>()? {
            match member {
                EnvelopeMember::Version if !version => {
                    if members.next_value::<u64>()? != VERSION {
                        return Err(reject());
                    }
                    version = true;
                }
                EnvelopeMember::Name if kind.is_none() => {
                    kind = Some(members.next_value_seed(NameSeed(PhantomData))?);
                }
                EnvelopeMember::Payload if payload.is_none() => {
                    payload = Some(members.next_value_seed(PayloadSeed(kind.ok_or_else(reject)?))?);
                }
                EnvelopeMember::Version | EnvelopeMember::Name | EnvelopeMember::Payload => {
                    return Err(reject());
                }
            }
        }
        payload.filter(|_| version).ok_or_else(reject)
    }
}

/// A member of an envelope.
#[derive(Clone, Copy)]
pub(super) enum EnvelopeMember {
    Version,
    Name,
    Payload,
}

impl<'de> serde::Deserialize<'de> for EnvelopeMember {
    #[inline]
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct MemberVisitor;

        impl Visitor<'_> for MemberVisitor {
            type Value = EnvelopeMember;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("`v`, `t` or `d`")
            }

            #[inline]
            fn visit_str<E: Error>(self, name: &str) -> Result<EnvelopeMember, E> {
                match name {
                    "v" => Ok(EnvelopeMember::Version),
                    "t" => Ok(EnvelopeMember::Name),
                    "d" => Ok(EnvelopeMember::Payload),
                    _ => Err(E::unknown_field(name, &["v", "t", "d"])),
                }
            }
        }

        deserializer.deserialize_identifier(MemberVisitor)
    }
}

struct NameSeed<K>(PhantomData<fn() -> K>);

impl<'de, K: Catalogue> DeserializeSeed<'de> for NameSeed<K> {
    type Value = K;

    #[inline]
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<K, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl<K: Catalogue> Visitor<'_> for NameSeed<K> {
    type Value = K;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a known name")
    }

    #[inline]
    fn visit_str<E: Error>(self, name: &str) -> Result<K, E> {
        K::find(name).ok_or_else(|| E::custom(""))
    }
}

/// Reads the payload of a kind.
pub(super) struct PayloadSeed<K>(pub(super) K);

impl<'de, K: Catalogue> DeserializeSeed<'de> for PayloadSeed<K> {
    type Value = K::Payload;

    #[inline]
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<K::Payload, D::Error> {
        self.0.decode(deserializer)
    }
}

/// Decodes what the fast pass did not take; finds the reason of every refusal.
fn decode_tree<K: Catalogue>(text: &str) -> Result<Decoded<K::Payload>, Failure<K>> {
    let document = |kind, path| Failure::Envelope(DecodeError::new(kind, Level::Document, path));
    let tree = Tree::parse(text).map_err(|kind| document(kind, String::new()))?;
    if let Some(name) = tree.duplicate() {
        return Err(document(DecodeErrorKind::Duplicate, tree.path(name)));
    }
    let (name, payload) = check_envelope(&tree)
        .map_err(|fault| Failure::Envelope(DecodeError::new(fault.kind, Level::Envelope, fault.path(&tree))))?;
    let Some(kind) = K::find(name) else {
        return Ok(Decoded::Unknown(name.into()));
    };
    kind.decode(NodeReader::new(&tree, payload)).map(Decoded::Known).map_err(|fault| {
        let fault = fault.located(payload);
        Failure::Payload(kind, DecodeError::new(fault.kind, Level::Payload, fault.path(&tree)))
    })
}

/// Checks ENV-1 to ENV-5 and returns the name and where the payload is.
fn check_envelope<'t>(tree: &'t Tree<'_>) -> Result<(&'t str, usize), Fault> {
    let root = Tree::ROOT;
    if !matches!(tree.node(root), Node::Object { .. }) {
        return Err(Fault::at(DecodeErrorKind::NotEnvelope, root));
    }
    let (mut version, mut name, mut payload) = (None, None, None);
    for (member, value) in tree.members(root) {
        match member {
            "v" => version = Some(value),
            "t" => name = Some(value),
            "d" => payload = Some(value),
            _ => {
                return Err(Fault::of_member(DecodeErrorKind::UnknownField, root, member.to_owned()));
            }
        }
    }
    let missing = |member: &'static str| Fault::of_member(DecodeErrorKind::MissingField, root, member);
    let version = version.ok_or_else(|| missing("v"))?;
    let name = name.ok_or_else(|| missing("t"))?;
    let payload = payload.ok_or_else(|| missing("d"))?;
    if !matches!(tree.node(version), Node::Unsigned(VERSION)) {
        return Err(Fault::at(DecodeErrorKind::Version, version));
    }
    let text = match tree.node(name) {
        Node::Text(text) if is_name(text) => text,
        _ => return Err(Fault::at(DecodeErrorKind::Name, name)),
    };
    if !matches!(tree.node(payload), Node::Object { .. }) {
        return Err(Fault::at(DecodeErrorKind::NotEnvelope, payload));
    }
    Ok((text, payload))
}
