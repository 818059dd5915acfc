//! What the catalogue says of an event beside its name and payload.

/// Whom an event concerns; a label of metrics and of the catalogue.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Scope {
    /// One connection.
    Connection,
    /// The subscribers of a channel.
    Channel,
    /// The members of a guild.
    Guild,
    /// The connections of a user.
    User,
}

impl Scope {
    /// Returns the label.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Connection => "connection",
            Self::Channel => "channel",
            Self::Guild => "guild",
            Self::User => "user",
        }
    }
}

/// How an event is delivered (§2.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Class {
    /// Journalled, never dropped, in commit order.
    Durable,
    /// Not journalled, never dropped, in queue order.
    Live,
    /// May be replaced by a newer value or dropped; every drop is counted.
    Ephemeral,
}

impl Class {
    /// Returns the label.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Durable => "durable",
            Self::Live => "live",
            Self::Ephemeral => "ephemeral",
        }
    }
}

/// Whether an event names who caused it (§3).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ActorPolicy {
    /// `actor_user_id` is present for every receiver.
    Always,
    /// `actor_user_id` is present only for receivers who may read the audit log.
    Audit,
    /// `actor_user_id` is part of the payload.
    Required,
    /// There is no `actor_user_id`.
    Never,
}

impl ActorPolicy {
    /// Returns the word of the contract.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Always => "always",
            Self::Audit => "audit",
            Self::Required => "required",
            Self::Never => "never",
        }
    }
}

/// Whether an event is emitted, and whether new clients should still read it (ROL-2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Lifecycle {
    /// In use.
    Active,
    /// Emitted for existing clients; [`EventKind::migration`](super::EventKind::migration) says what to read instead.
    Deprecated,
    /// The name is reserved; never emitted, see [`PLANNED`](super::PLANNED).
    Planned,
}

impl Lifecycle {
    /// Returns the word of the contract.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Deprecated => "deprecated",
            Self::Planned => "planned",
        }
    }
}
