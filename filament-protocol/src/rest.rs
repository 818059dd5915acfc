//! Bodies of REST requests and answers (§9), one file per resource.
//!
//! Request bodies are read by [`decode_body`](crate::decode_body) and refuse every unknown member. Answers carry no
//! such rule: clients ignore members they do not know.

mod answer;
mod auth;
mod channels;
mod guilds;
mod messages;
mod users;

pub use answer::{Accepted, ErrorBody, Health, HealthStatus};
pub use auth::{Login, Logout, Refresh, Register, SessionTokens};
pub use channels::{ChannelList, ChannelOverride, CreateChannel, ReorderChannels, SelfPermissions, UpdateChannel};
pub use guilds::{CreateGuild, GuildDetails, GuildList, JoinAnswer, JoinOutcome, UpdateGuild};
pub use messages::{EditMessage, MessagePage, PostMessage};
pub use users::{Lookup, UpdateProfile, UserList};

use serde::de::DeserializeOwned;

use crate::shape::Described;

/// The JSON body of a request: a type that [`decode_body`](crate::decode_body) reads. Cannot be implemented elsewhere.
pub trait Body: DeserializeOwned + Described {}

/// States the shape of a request body beside its struct.
///
/// The list has to name every field: the destructuring pattern does not compile otherwise.
macro_rules! body {
    ($name:ident { $($presence:ident $field:ident : $type:ty),+ $(,)? }) => {
        body!(@shape $name { $($presence $field : $type),+ });

        impl crate::rest::Body for $name {}
    };
    (@shape $name:ident { $($presence:ident $field:ident : $type:ty),+ }) => {
        impl crate::shape::Described for $name {
            const SHAPE: crate::shape::Shape = crate::shape::Shape::Object(&[
                $(crate::shape::Member {
                    name: stringify!($field),
                    presence: crate::shape::Presence::$presence,
                    shape: &<$type as crate::shape::Described>::SHAPE,
                }),+
            ]);
        }

        const _: fn($name) = |body| {
            let $name { $($field: _),+ } = body;
        };
    };
}

use body;
