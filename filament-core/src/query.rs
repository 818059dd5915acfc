//! Reads that are more than facts: pages. A gate must grant on facts of the same snapshot before the page is read.

use filament_protocol::{
    ChannelId, DirectoryQuery, MessageId, UserId, Username,
    record::{Guild, Reaction},
};

use crate::facts::{StoredMessage, User};

/// What to read. `limit`s are within the contract's bounds: the edge checked them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Query {
    /// Nothing beyond the facts.
    FactsOnly,
    /// Messages of a channel, newest first, older than `before` if given, with the viewer's reactions.
    Messages {
        /// The channel.
        channel_id: ChannelId,
        /// Read strictly below this id.
        before: Option<MessageId>,
        /// At most so many; [`Page::Messages`] says whether older ones exist.
        limit: u16,
        /// Whose `reacted_by_me`.
        viewer: UserId,
    },
    /// Guilds the user is a member of, newest membership first, complete.
    GuildsOf(UserId),
    /// Public guilds, newest first, whose name contains the text, ASCII case ignored.
    PublicGuilds {
        /// The text; empty matches all.
        text: DirectoryQuery,
        /// At most so many.
        limit: u16,
    },
    /// Users by id, in request order, unknown ones left out.
    Users(Vec<UserId>),
    /// The password hash of an account, by name, ASCII case ignored.
    Credentials(Username),
}

/// The answer to a [`Query`], variant by variant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Page {
    /// To [`Query::FactsOnly`].
    FactsOnly,
    /// To [`Query::Messages`].
    Messages {
        /// The messages with the viewer's reactions, within the bounds of `Reaction`.
        messages: Vec<(StoredMessage, Vec<Reaction>)>,
        /// Whether messages older than the last one exist.
        more: bool,
    },
    /// To [`Query::GuildsOf`] and [`Query::PublicGuilds`].
    Guilds(Vec<Guild>),
    /// To [`Query::Users`].
    Users(Vec<User>),
    /// To [`Query::Credentials`].
    Credentials(Option<Credentials>),
}

/// What a login is checked against.
#[derive(Clone, PartialEq, Eq)]
pub struct Credentials {
    /// The account.
    pub user_id: UserId,
    /// Its password hash in PHC string form.
    pub password_hash: String,
}

impl std::fmt::Debug for Credentials {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Credentials").field("user_id", &self.user_id).finish_non_exhaustive()
    }
}
