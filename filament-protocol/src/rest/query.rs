//! Members of queries (§9): the part of a URL behind `?`, as types.
//!
//! Splitting and percent-decoding are the transport's: [`read_query`] takes names and values as they were meant.

use std::borrow::Cow;

use serde::de::value::{CowStrDeserializer, StrDeserializer};
use serde::de::{DeserializeOwned, DeserializeSeed, Deserializer, Error as _, IntoDeserializer, MapAccess, Visitor};
use serde::forward_to_deserialize_any;

use crate::decode::DecodeErrorKind;
use crate::id::{ChannelId, MessageId, UserId};
use crate::limits::{
    AUDIT_PAGE, BANS_PAGE, DIRECTORY_PAGE, HISTORY_PAGE, IP_BANS_PAGE, MEMBERS_PAGE, PAGE_MIN, SEARCH_PAGE,
};
use crate::object::{body, record};
use crate::permission::Permission;
use crate::shape::Described;
use crate::text::{AuditAction, DirectoryQuery, Filename, PageCursor, SearchText};
use crate::tree::Fault;
use crate::word::words;

record! {
    /// Query of `GET /guilds/public`.
    pub struct PublicGuildsQuery: Default {
        /// Part of the name, ASCII case ignored.
        pub q: Option<DirectoryQuery>,
        /// Most guilds of the answer; 20 if absent.
        pub limit: Option<u16> [PAGE_MIN..=DIRECTORY_PAGE.max],
    }
}

body! {
    /// Query of `GET /guilds/{g}/members`.
    pub struct MembersQuery: Default {
        /// The last user of the page before.
        pub cursor: Option<UserId>,
        /// Most members of the answer; 50 if absent.
        pub limit: Option<u16> [PAGE_MIN..=MEMBERS_PAGE.max],
    }
}

body! {
    /// Query of `GET /guilds/{g}/bans`.
    pub struct BansQuery: Default {
        /// `next_cursor` of the page before.
        pub cursor: Option<PageCursor>,
        /// Most bans of the answer; 20 if absent.
        pub limit: Option<u16> [PAGE_MIN..=BANS_PAGE.max],
    }
}

body! {
    /// Query of `GET /guilds/{g}/ip-bans`.
    pub struct IpBansQuery: Default {
        /// `next_cursor` of the page before.
        pub cursor: Option<PageCursor>,
        /// Most bans of the answer; 20 if absent.
        pub limit: Option<u16> [PAGE_MIN..=IP_BANS_PAGE.max],
    }
}

body! {
    /// Query of `GET /guilds/{g}/audit`.
    pub struct AuditQuery: Default {
        /// `next_cursor` of the page before.
        pub cursor: Option<PageCursor>,
        /// Most rows of the answer; 20 if absent.
        pub limit: Option<u16> [PAGE_MIN..=AUDIT_PAGE.max],
        /// What the action begins with.
        pub action_prefix: Option<AuditAction>,
    }
}

body! {
    /// Query of `GET /guilds/{g}/permissions/explain`.
    pub struct ExplainQuery {
        /// The user.
        pub user_id: UserId,
        /// The channel; the guild level if absent.
        pub channel_id: Option<ChannelId>,
        /// The permission.
        pub permission: Permission,
    }
}

record! {
    /// Query of `GET /guilds/{g}/channels`.
    pub struct ChannelsQuery: Default {
        /// Which channels to list besides the visible ones.
        pub include: Option<Include>,
    }
}

words! {
    /// What a list of channels holds besides the visible ones.
    pub enum Include {
        /// Every channel, for those who manage them.
        Manageable = "manageable",
    }
}

record! {
    /// Query of `GET …/channels/{c}/messages`.
    pub struct MessagesQuery: Default {
        /// Only messages with a smaller id.
        pub before: Option<MessageId>,
        /// Most messages of the answer; 20 if absent.
        pub limit: Option<u16> [PAGE_MIN..=HISTORY_PAGE.max],
    }
}

body! {
    /// Query of `POST …/channels/{c}/attachments`.
    pub struct UploadQuery: Default {
        /// Name of the file; `upload.bin` if absent.
        pub filename: Option<Filename>,
    }
}

record! {
    /// Query of `GET /guilds/{g}/search`.
    pub struct SearchQuery {
        /// What to search for.
        pub q: SearchText,
        /// Most messages of the answer; 20 if absent.
        pub limit: Option<u16> [PAGE_MIN..=SEARCH_PAGE.max],
        /// Only messages of this channel.
        pub channel_id: Option<ChannelId>,
        /// `next_cursor` of the page before.
        pub cursor: Option<PageCursor>,
    }
}

/// The members of a query that [`read_query`] reads. Cannot be implemented elsewhere.
pub trait Query: DeserializeOwned + Described + sealed::Sealed {}

mod sealed {
    pub trait Sealed {}
}

macro_rules! queries {
    ($($name:ident),+ $(,)?) => {
        $(
            impl sealed::Sealed for $name {}
            impl Query for $name {}
        )+
    };
}

queries! {
    AuditQuery, BansQuery, ChannelsQuery, ExplainQuery, IpBansQuery, MembersQuery, MessagesQuery, PublicGuildsQuery,
    SearchQuery, UploadQuery,
}

/// A query that was refused: always 400 (HTTP-7, HTTP-10). Quotes no value.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{kind} in the query: `{member}`")]
pub struct QueryError {
    /// Which rule is broken.
    pub kind: DecodeErrorKind,
    /// The member; empty if it is about all of them.
    pub member: String,
}

/// Reads the members of a query, percent-decoded, in any order, each at most once.
///
/// Unknown members are refused by the routes HTTP-10 names and ignored by the others.
///
/// # Errors
/// [`QueryError`]: an unknown, repeated or missing member, a value out of bounds, a number that is not 1 to 16 digits.
///
/// ```
/// use filament_protocol::rest::{MessagesQuery, read_query};
///
/// let query: MessagesQuery = read_query([("limit", "50"), ("v", "3")]).unwrap();
/// assert_eq!(query.limit, Some(50));
/// ```
pub fn read_query<'a, T: Query, V: Into<Cow<'a, str>>>(
    members: impl IntoIterator<Item = (&'a str, V)>,
) -> Result<T, QueryError> {
    let members = members.into_iter().map(|(name, value)| (name, value.into()));
    let mut reader = QueryReader { members, name: "", value: None };
    match T::deserialize(&mut reader) {
        Ok(query) => Ok(query),
        Err(fault) => {
            let member = fault.member().unwrap_or(reader.name).to_owned();
            Err(QueryError { kind: fault.kind, member })
        }
    }
}

struct QueryReader<'a, I> {
    members: I,
    name: &'a str,
    value: Option<Cow<'a, str>>,
}

impl<'de, 'a, I: Iterator<Item = (&'a str, Cow<'a, str>)>> Deserializer<'de> for &mut QueryReader<'a, I> {
    type Error = Fault;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        visitor.visit_map(self)
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 u8 u16 u32 u64 f32 f64 char str string bytes byte_buf option unit unit_struct
        newtype_struct seq tuple tuple_struct map struct enum identifier ignored_any
    }
}

impl<'de, 'a, I: Iterator<Item = (&'a str, Cow<'a, str>)>> MapAccess<'de> for &mut QueryReader<'a, I> {
    type Error = Fault;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, Fault> {
        let Some((name, value)) = self.members.next() else {
            self.name = "";
            return Ok(None);
        };
        self.name = name;
        self.value = Some(value);
        seed.deserialize(StrDeserializer::new(name)).map(Some)
    }

    fn next_value_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<S::Value, Fault> {
        seed.deserialize(ValueReader(self.value.take().unwrap_or_default()))
    }
}

/// Reads one value: a text, or digits where a number is asked for.
struct ValueReader<'a>(Cow<'a, str>);

impl<'de> Deserializer<'de> for ValueReader<'_> {
    type Error = Fault;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        CowStrDeserializer::new(self.0).deserialize_any(visitor)
    }

    fn deserialize_u64<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        /// Digits of the largest integer of the contract.
        const DIGITS_MAX: usize = 16;
        let is_number = (1..=DIGITS_MAX).contains(&self.0.len()) && self.0.bytes().all(|byte| byte.is_ascii_digit());
        match self.0.parse::<u64>() {
            Ok(value) if is_number => value.into_deserializer().deserialize_any(visitor),
            _ => Err(Fault::custom("not a number")),
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        visitor.visit_some(self)
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 u8 u16 u32 f32 f64 char str string bytes byte_buf unit unit_struct newtype_struct seq tuple
        tuple_struct map struct enum identifier ignored_any
    }
}
