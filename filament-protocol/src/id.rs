//! Typed identifiers: one generic ULID that cannot be mistaken for the id of another thing.
//!
//! The text form is the canonical one only: 26 characters of upper-case Crockford base 32, at most
//! `7ZZZZZZZZZZZZZZZZZZZZZZZZZ`. Every other spelling is refused, because existing clients compare ids as text.

use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::marker::PhantomData;
use std::str::FromStr;

use serde::de::{Deserialize, Deserializer, Error, Unexpected, Visitor};
use serde::ser::{Serialize, Serializer};
use thiserror::Error as ThisError;

use crate::shape::{Described, Shape, Text};

/// Marks what an [`Id`] names. The types have no values; they exist for the compiler.
pub mod kind {
    /// What an id can name. Cannot be implemented elsewhere.
    pub trait Kind: sealed::Sealed {
        /// Name of the id's type.
        const ID: &'static str;
        /// What the id is, as documentation says it.
        const DOC: &'static str;
    }

    mod sealed {
        pub trait Sealed {}
    }

    /// Declares the kinds: what is named, and what its id is called.
    macro_rules! kinds {
        ($( $(#[doc = $doc:literal])+ $kind:ident, $id:literal; )+) => {
            $(
                $(#[doc = $doc])+
                pub enum $kind {}

                impl sealed::Sealed for $kind {}

                impl Kind for $kind {
                    const ID: &'static str = $id;
                    const DOC: &'static str = concat!(" Id:", $($doc, "\n"),+);
                }
            )+
        };
    }

    kinds! {
        /// A guild.
        Guild, "GuildId";
        /// A channel of a guild.
        Channel, "ChannelId";
        /// A message.
        Message, "MessageId";
        /// A user account.
        User, "UserId";
        /// A role of a guild.
        Role, "RoleId";
        /// An uploaded attachment.
        Attachment, "AttachmentId";
        /// A login: a refresh-token lineage.
        Session, "SessionId";
        /// One gateway connection.
        Connection, "ConnectionId";
        /// A row of the audit log.
        Audit, "AuditId";
        /// A request to become friends.
        FriendRequest, "FriendRequestId";
        /// A ban by address.
        IpBan, "IpBanId";
        /// What a permission override is aimed at: a role or a member, told apart by its target kind.
        OverrideTarget, "OverrideTargetId";
        /// What decided a step of a permission explanation: a role or a member, told apart by its source kind.
        PermissionSource, "PermissionSourceId";
    }
}

/// Id of a guild.
pub type GuildId = Id<kind::Guild>;
/// Id of a channel.
pub type ChannelId = Id<kind::Channel>;
/// Id of a message; ascends in commit order within a channel (ORD-6).
pub type MessageId = Id<kind::Message>;
/// Id of a user.
pub type UserId = Id<kind::User>;
/// Id of a role.
pub type RoleId = Id<kind::Role>;
/// Id of an attachment.
pub type AttachmentId = Id<kind::Attachment>;
/// Id of a login session.
pub type SessionId = Id<kind::Session>;
/// Id of a gateway connection; `ready.session_id` on the wire.
pub type ConnectionId = Id<kind::Connection>;
/// Id of an audit row.
pub type AuditId = Id<kind::Audit>;
/// Id of a friend request.
pub type FriendRequestId = Id<kind::FriendRequest>;
/// Id of a ban by address.
pub type IpBanId = Id<kind::IpBan>;
/// Id of what decided a step of a permission explanation.
pub type PermissionSourceId = Id<kind::PermissionSource>;
/// Id of the role or member an override is aimed at.
pub type OverrideTargetId = Id<kind::OverrideTarget>;

/// Bytes of the text form.
pub const ID_BYTES: usize = 26;

const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
/// The 40 bits of eight characters.
const GROUP: u128 = (1 << 40) - 1;
const INVALID: u8 = 0xFF;
const VALUES: [u8; 256] = values();

const fn values() -> [u8; 256] {
    let mut table = [INVALID; 256];
    let mut value = 0_u8;
    while value < 32 {
        table[ALPHABET[value as usize] as usize] = value;
        value += 1;
    }
    table
}

/// A ULID that names one `K`.
///
/// Copying is free; ordering is that of the text form, so ids minted later sort later.
///
/// ```
/// use filament_protocol::GuildId;
///
/// let id: GuildId = "01JZ8Q4M5N6P7Q8R9S0T1V2W3X".parse().unwrap();
/// assert_eq!(id.to_string(), "01JZ8Q4M5N6P7Q8R9S0T1V2W3X");
/// assert!("01jz8q4m5n6p7q8r9s0t1v2w3x".parse::<GuildId>().is_err());
/// ```
pub struct Id<K>(u128, PhantomData<fn() -> K>);

impl<K> Id<K> {
    /// Makes an id of its 128 bits.
    #[must_use]
    pub const fn from_u128(bits: u128) -> Self {
        Self(bits, PhantomData)
    }

    /// Returns the 128 bits.
    #[must_use]
    pub const fn as_u128(self) -> u128 {
        self.0
    }

    /// Returns the time part: milliseconds since the unix epoch, below 2^48.
    #[must_use]
    pub const fn timestamp_ms(self) -> u64 {
        (self.0 >> 80) as u64
    }

    /// Writes the text form into `buffer` and returns it; allocates nothing.
    pub fn write(self, buffer: &mut [u8; ID_BYTES]) -> &str {
        // The groups of `parse`, each in one machine word.
        let mut group = |range: std::ops::Range<usize>, mut rest: u64| {
            for byte in buffer[range].iter_mut().rev() {
                *byte = ALPHABET[(rest & 31) as usize];
                rest >>= 5;
            }
        };
        group(0..10, (self.0 >> 80) as u64);
        group(10..18, ((self.0 >> 40) & GROUP) as u64);
        group(18..26, (self.0 & GROUP) as u64);
        std::str::from_utf8(buffer).unwrap_or_default()
    }

    /// Reads the text form.
    ///
    /// # Errors
    /// [`InvalidId`] for every spelling but the canonical one.
    pub fn parse(text: &str) -> Result<Self, InvalidId> {
        let bytes: &[u8; ID_BYTES] = text.as_bytes().try_into().map_err(|_| InvalidId)?;
        let mut seen = 0_u8;
        let mut group = |range: std::ops::Range<usize>| {
            let mut bits = 0_u64;
            for &byte in &bytes[range] {
                let value = VALUES[usize::from(byte)];
                seen |= value;
                bits = (bits << 5) | u64::from(value & 31);
            }
            u128::from(bits)
        };
        // 10 characters of time (50 bits, of which 48 may be set), twice 8 of randomness: no group overflows a word.
        let bits = (group(0..10) << 80) | (group(10..18) << 40) | group(18..26);
        if seen > 31 || bytes[0] > b'7' {
            return Err(InvalidId);
        }
        Ok(Self::from_u128(bits))
    }
}

impl<K> Clone for Id<K> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<K> Copy for Id<K> {}

impl<K> PartialEq for Id<K> {
    fn eq(&self, other: &Self) -> bool {
        self.0 == other.0
    }
}

impl<K> Eq for Id<K> {}

impl<K> PartialOrd for Id<K> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl<K> Ord for Id<K> {
    fn cmp(&self, other: &Self) -> Ordering {
        self.0.cmp(&other.0)
    }
}

impl<K> Hash for Id<K> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.hash(state);
    }
}

impl<K> fmt::Debug for Id<K> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, formatter)
    }
}

impl<K> fmt::Display for Id<K> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(self.write(&mut [0; ID_BYTES]))
    }
}

impl<K> FromStr for Id<K> {
    type Err = InvalidId;

    fn from_str(text: &str) -> Result<Self, InvalidId> {
        Self::parse(text)
    }
}

impl<K> Serialize for Id<K> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.write(&mut [0; ID_BYTES]))
    }
}

impl<'de, K> Deserialize<'de> for Id<K> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct IdVisitor<K>(PhantomData<fn() -> K>);

        impl<K> Visitor<'_> for IdVisitor<K> {
            type Value = Id<K>;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("an upper-case ULID")
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<Id<K>, E> {
                Id::parse(text).map_err(|InvalidId| E::invalid_value(Unexpected::Str(text), &self))
            }
        }

        deserializer.deserialize_str(IdVisitor(PhantomData))
    }
}

impl<K: kind::Kind> Described for Id<K> {
    const SHAPE: Shape = Shape::Text(Text {
        name: Some(K::ID),
        doc: K::DOC,
        min: ID_BYTES,
        max: ID_BYTES,
        trimmed: false,
        form: &crate::text::ULID,
    });
}

/// The text is no canonical ULID.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ThisError)]
#[error("not an upper-case ULID of 26 characters")]
pub struct InvalidId;
