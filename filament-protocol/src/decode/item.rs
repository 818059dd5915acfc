//! Envelopes inside of a payload: the events of a `batch`.
//!
//! Their members may stand in any order, and one pass reads them only if the name comes first. The typed pass over
//! text gives up where it does not; the tree shows the members in the order that is asked for by [`IN_ORDER`].

use std::fmt;

use serde::de::{Deserializer, Error, IgnoredAny, MapAccess, Visitor};

use super::Received;
use super::envelope::{EnvelopeMember, PayloadSeed};
use crate::envelope::{VERSION, is_name};
use crate::event::EventKind;
use crate::shape::Shape;

/// What an event of a batch looks like.
pub(crate) const BATCH_ITEM_SHAPE: Shape = Shape::Envelope;

/// Name of the struct whose members a tree shows in the order of the fields.
pub(crate) const IN_ORDER: &str = "filament_protocol::in_order";

/// The order in which they can be read in one pass.
const MEMBERS: &[&str] = &["t", "v", "d"];

/// Reads one event of a batch: any event but a batch, known or not.
pub(crate) fn read_batch_item<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Received, D::Error> {
    deserializer.deserialize_struct(IN_ORDER, MEMBERS, ItemVisitor)
}

struct ItemVisitor;

impl<'de> Visitor<'de> for ItemVisitor {
    type Value = Received;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an envelope")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Received, A::Error> {
        let mut version = false;
        let mut name: Option<ItemName> = None;
        let mut event = None;
        while let Some(member) = members.next_key::<EnvelopeMember>()? {
            match member {
                EnvelopeMember::Version if !version => {
                    members.next_value::<ThisVersion>()?;
                    version = true;
                }
                EnvelopeMember::Name if name.is_none() => name = Some(members.next_value()?),
                EnvelopeMember::Payload if event.is_none() => {
                    event = Some(match name.take().ok_or_else(|| A::Error::missing_field("t"))? {
                        ItemName::Known(kind) => Received::Event(members.next_value_seed(PayloadSeed(kind))?),
                        ItemName::Unknown(name) => {
                            members.next_value::<AnyObject>()?;
                            Received::Unknown { name }
                        }
                    });
                    name = Some(ItemName::Unknown(Box::default()));
                }
                EnvelopeMember::Version => return Err(A::Error::duplicate_field("v")),
                EnvelopeMember::Name => return Err(A::Error::duplicate_field("t")),
                EnvelopeMember::Payload => return Err(A::Error::duplicate_field("d")),
            }
        }
        if !version {
            return Err(A::Error::missing_field("v"));
        }
        event.ok_or_else(|| A::Error::missing_field(if name.is_none() { "t" } else { "d" }))
    }
}

/// The `v` of an event of a batch: 1.
struct ThisVersion;

impl<'de> serde::Deserialize<'de> for ThisVersion {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match u64::deserialize(deserializer)? {
            VERSION => Ok(Self),
            _ => Err(D::Error::custom("another version")),
        }
    }
}

/// The `t` of an event of a batch.
enum ItemName {
    Known(EventKind),
    Unknown(Box<str>),
}

impl<'de> serde::Deserialize<'de> for ItemName {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct NameVisitor;

        impl Visitor<'_> for NameVisitor {
            type Value = ItemName;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("the name of an event")
            }

            fn visit_str<E: Error>(self, name: &str) -> Result<ItemName, E> {
                match EventKind::from_name(name) {
                    Some(EventKind::Batch) => Err(E::custom("a batch in a batch")),
                    Some(kind) => Ok(ItemName::Known(kind)),
                    None if is_name(name) => Ok(ItemName::Unknown(name.into())),
                    None => Err(E::custom("not a name")),
                }
            }
        }

        deserializer.deserialize_str(NameVisitor)
    }
}

/// An object that nobody looks into.
struct AnyObject;

impl<'de> serde::Deserialize<'de> for AnyObject {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct ObjectVisitor;

        impl<'de> Visitor<'de> for ObjectVisitor {
            type Value = AnyObject;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<AnyObject, A::Error> {
                while members.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
                Ok(AnyObject)
            }
        }

        deserializer.deserialize_map(ObjectVisitor)
    }
}
