//! What can be asked over HTTP: every endpoint of §9 as data, one file per family.
//!
//! The OpenAPI document, `docs/API.md` and the mapping from endpoints to events derive from these tables, and a test of
//! the reference server compares them with its routes. Bodies and answers are named here and described in
//! [`rest`](crate::rest) and [`record`](crate::record).
//!
//! ```
//! use filament_protocol::endpoint::{self, Method};
//!
//! let create = endpoint::find(Method::Post, "/guilds").unwrap();
//! assert_eq!(create.operation, "create_guild");
//! assert_eq!(create.effects[0].event, "workspace_available");
//! ```

mod auth;
mod build;
mod channels;
mod friends;
mod gateway;
mod guilds;
mod messages;
mod moderation;
mod parameter;
mod refusal;
mod roles;
mod system;
mod users;
mod voice;

pub use parameter::{Location, Parameter};
pub use refusal::Refusal;

use crate::limits::PageLimit;
use crate::permission::Permission;
use crate::shape::Shape;

/// One way to ask the server for something.
#[derive(Clone, Copy, Debug)]
pub struct Endpoint {
    /// Name of the operation, unique, lower case with underscores.
    pub operation: &'static str,
    /// Method.
    pub method: Method,
    /// Path below the root, and below `/api` if [`is_mirrored`](Self::is_mirrored); `{name}` stands for a parameter.
    pub path: &'static str,
    /// Which part of the interface it belongs to.
    pub family: Family,
    /// What it does, in one sentence.
    pub summary: &'static str,
    /// What else a caller should know, in Markdown; may be empty.
    pub notes: &'static str,
    /// Who may call it.
    pub access: Access,
    /// Whether a ban by address keeps members out (marked **IPB** in the contract).
    pub is_ip_gated: bool,
    /// Whether it exists under `/api` as well (HTTP-1).
    pub is_mirrored: bool,
    /// What a request is charged to beside the global allowance.
    pub rate: RateClass,
    /// What its query looks like: an object, each member of which is a member of the query.
    pub query: Option<Shape>,
    /// How many rows a page holds, if the query has a `limit`.
    pub page: Option<PageLimit>,
    /// Parameters besides those of the path and of `query`.
    pub extra: &'static [Parameter],
    /// Whether unknown members of the query are refused (HTTP-10).
    pub is_query_closed: bool,
    /// What it takes.
    pub body: RequestBody,
    /// What it gives when it did what was asked.
    pub answers: &'static [Answer],
    /// Refusals of its own, beside those that follow from access, body and path.
    pub refusals: &'static [Refusal],
    /// Events it causes, in the order of §4.12.
    pub effects: &'static [Effect],
    /// Section of the contract.
    pub section: &'static str,
    /// Whether a server may leave it out.
    pub is_optional: bool,
    /// Whether the reference server answers it.
    pub state: State,
}

/// Method of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Method {
    /// Reads; answers `HEAD` as well.
    Get,
    /// Creates, or does something.
    Post,
    /// Changes some properties.
    Patch,
    /// Removes.
    Delete,
}

impl Method {
    /// Returns the name on the wire, upper case.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Post => "POST",
            Self::Patch => "PATCH",
            Self::Delete => "DELETE",
        }
    }
}

/// Which part of the interface an endpoint belongs to: one sub-section of §9, one file here.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Family {
    /// Health, metrics, the documents of the interface.
    System,
    /// Accounts, logins, sessions.
    Auth,
    /// Profiles and images.
    Users,
    /// Friends and requests.
    Friends,
    /// Guilds, members, bans, the audit log.
    Guilds,
    /// Roles and who has them.
    Roles,
    /// Channels, overrides, permissions.
    Channels,
    /// Messages, reactions, attachments, search.
    Messages,
    /// Bans by address.
    Moderation,
    /// Voice.
    Voice,
    /// Where event streams begin.
    Gateway,
}

impl Family {
    /// Every family, in the order of the contract.
    pub const ALL: &'static [Self] = &[
        Self::System,
        Self::Auth,
        Self::Users,
        Self::Friends,
        Self::Guilds,
        Self::Roles,
        Self::Channels,
        Self::Messages,
        Self::Moderation,
        Self::Voice,
        Self::Gateway,
    ];

    /// Returns the heading of the family in documents.
    #[must_use]
    pub const fn title(self) -> &'static str {
        match self {
            Self::System => "System",
            Self::Auth => "Authentication",
            Self::Users => "Users",
            Self::Friends => "Friends",
            Self::Guilds => "Guilds, members and bans",
            Self::Roles => "Roles",
            Self::Channels => "Channels and overrides",
            Self::Messages => "Messages, attachments and search",
            Self::Moderation => "Moderation by address",
            Self::Voice => "Voice",
            Self::Gateway => "Gateway",
        }
    }

    /// Returns what the family is about, in one sentence.
    #[must_use]
    pub const fn about(self) -> &'static str {
        match self {
            Self::System => "Whether the server runs, what it counts, and the documents that describe it.",
            Self::Auth => "Accounts, logins and the sessions they make.",
            Self::Users => "Profiles and images of users.",
            Self::Friends => "Friendships and the requests that lead to them.",
            Self::Guilds => "Guilds with their members, bans and audit log.",
            Self::Roles => "Roles of a guild and who has them.",
            Self::Channels => "Channels of a guild, the permission overrides in them, and what a user may do.",
            Self::Messages => "Messages with their reactions and attachments, and the search over them.",
            Self::Moderation => "Bans of the addresses a user came from. No answer ever names an address.",
            Self::Voice => "Tokens for the media server and the state of participants.",
            Self::Gateway => "Where event streams begin. What travels on them is described in GATEWAY_EVENTS.md.",
        }
    }

    /// Returns the endpoints of the family, in the order of the contract.
    #[must_use]
    pub const fn endpoints(self) -> &'static [Endpoint] {
        match self {
            Self::System => system::ENDPOINTS,
            Self::Auth => auth::ENDPOINTS,
            Self::Users => users::ENDPOINTS,
            Self::Friends => friends::ENDPOINTS,
            Self::Guilds => guilds::ENDPOINTS,
            Self::Roles => roles::ENDPOINTS,
            Self::Channels => channels::ENDPOINTS,
            Self::Messages => messages::ENDPOINTS,
            Self::Moderation => moderation::ENDPOINTS,
            Self::Voice => voice::ENDPOINTS,
            Self::Gateway => gateway::ENDPOINTS,
        }
    }
}

/// Who may call an endpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// Everybody, without a token.
    Open,
    /// Everybody, or who knows the metrics token if the operator set one.
    Metrics,
    /// Any user with a valid access token.
    Session,
    /// A current member of the guild.
    Member,
    /// A member who holds the permission at guild level.
    Guild(Permission),
    /// A member who holds the permission in the channel.
    Channel(Permission),
    /// As [`Channel`](Self::Channel) with `create_message`, and the author of the message, or holder of `delete_message`.
    Author,
    /// The owner of the guild, or the owner of the server.
    Owner,
    /// The media server, by a signature over the body.
    MediaServer,
}

impl Access {
    /// Returns whether a request needs an access token.
    #[must_use]
    pub const fn needs_token(self) -> bool {
        match self {
            Self::Open | Self::Metrics | Self::MediaServer => false,
            Self::Session | Self::Member | Self::Guild(_) | Self::Channel(_) | Self::Author | Self::Owner => true,
        }
    }

    /// Returns whether a user with a valid token may still be refused (403).
    #[must_use]
    pub const fn is_restricted(self) -> bool {
        match self {
            Self::Open | Self::Metrics | Self::MediaServer | Self::Session => false,
            Self::Member | Self::Guild(_) | Self::Channel(_) | Self::Author | Self::Owner => true,
        }
    }
}

/// What a request is charged to beside the global allowance of 600 and 10 a second (HTTP-17).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RateClass {
    /// Nothing else.
    Global,
    /// 60 in 60 s for the route and the address: guesses at credentials.
    Auth,
    /// 60 in 60 s for the address and 30 for the user.
    Join,
    /// 60 in 60 s for the user and the channel.
    VoiceToken,
}

/// What a request carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RequestBody {
    /// Nothing; what is sent is not looked at.
    None,
    /// Nothing; a body that is not empty is refused (HTTP-6).
    Refused,
    /// JSON of the named type, at most [`BODY_BYTES_MAX`](crate::limits::BODY_BYTES_MAX) bytes.
    Json(&'static str),
    /// Bytes as they are.
    Bytes {
        /// Fewest bytes.
        min: u64,
        /// Most bytes.
        max: u64,
        /// Media types that are taken.
        media: &'static [&'static str],
    },
    /// JSON of the media server, at most as many bytes.
    Foreign {
        /// Most bytes.
        max: u64,
    },
}

/// A successful answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Answer {
    /// Status.
    pub status: u16,
    /// What it carries.
    pub content: Content,
    /// What it means; may be empty.
    pub about: &'static str,
}

/// What a successful answer carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Content {
    /// Zero bytes.
    Empty,
    /// JSON of the named type.
    Json(&'static str),
    /// A JSON document that describes this interface, of one of these media types.
    Document(&'static [&'static str]),
    /// Something else, of these media types.
    Bytes(&'static [&'static str]),
    /// The connection goes on with another protocol.
    Upgrade,
}

/// An event that a successful request may cause.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Effect {
    /// Name of the event.
    pub event: &'static str,
    /// Which payload, or to whom; may be empty.
    pub detail: &'static str,
    /// In which case; empty if always when something changed (EMI-1).
    pub condition: &'static str,
}

/// Whether the reference server of this release answers an endpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// It does.
    Served,
    /// Not yet: the answer is a 404.
    Planned,
}

/// Goes through all endpoints, in the order of the contract.
pub fn all() -> impl Iterator<Item = &'static Endpoint> {
    Family::ALL.iter().flat_map(|family| family.endpoints())
}

/// Finds an endpoint by method and path template.
#[must_use]
pub fn find(method: Method, path: &str) -> Option<&'static Endpoint> {
    all().find(|endpoint| endpoint.method == method && endpoint.path == path)
}
