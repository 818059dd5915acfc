//! Reads that are more than facts: pages. A gate must grant on facts of the same snapshot before the page is read.

use filament_protocol::{
    AuditId, ChannelId, DirectoryQuery, GuildId, IpBanId, MessageId, Timestamp, UserId, UserSummary, Username,
    record::{Guild, Reaction},
    rest::Friend,
    text::BanReason,
};

use crate::{
    audit::AuditAction,
    facts::{StoredMessage, User},
    friend::StoredFriendRequest,
    permission::Membership,
    profile::{ImageKind, StoredImage},
    read::MessageSearch,
    voice::VoiceRecord,
};

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
    /// Messages of a guild by what they say, newest first, within the channels its facts let it look into.
    Search(Box<MessageSearch>),
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
    /// Members of a guild, by user id, ascending.
    Members {
        /// The guild.
        guild_id: GuildId,
        /// Read strictly after this user.
        after: Option<UserId>,
        /// At most so many.
        limit: u16,
    },
    /// Banned users of a guild, newest ban first.
    Bans {
        /// The guild.
        guild_id: GuildId,
        /// Read strictly after this ban: when, and whom.
        after: Option<(Timestamp, UserId)>,
        /// At most so many.
        limit: u16,
    },
    /// Rows of a guild's audit log, newest first.
    Audit {
        /// The guild.
        guild_id: GuildId,
        /// Read strictly below this row.
        before: Option<AuditId>,
        /// These actions alone, or all.
        actions: Option<Vec<AuditAction>>,
        /// At most so many.
        limit: u16,
    },
    /// Bans by address that hold at the moment of the read, newest first.
    AddressBans {
        /// The guild.
        guild_id: GuildId,
        /// Read strictly below this ban.
        before: Option<IpBanId>,
        /// At most so many.
        limit: u16,
    },
    /// The friends of a user, complete, in no particular order.
    Friends(UserId),
    /// The pending requests to and of a user, complete, newest first.
    FriendRequests(UserId),
    /// One of the images of a user.
    Image(UserId, ImageKind),
    /// The password hash of an account, by name, ASCII case ignored.
    Credentials(Username),
    /// The stays that were kept, by user, at most so many as the caps of VOI-9 allow.
    Stays,
}

/// The answer to a [`Query`], variant by variant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Page {
    /// To [`Query::FactsOnly`].
    FactsOnly,
    /// To [`Query::Messages`] and [`Query::Search`].
    Messages {
        /// The messages with the viewer's reactions, within the bounds of `Reaction`.
        messages: Vec<(StoredMessage, Vec<Reaction>)>,
        /// Whether messages older than the last one exist.
        more: bool,
    },
    /// To [`Query::GuildsOf`] and [`Query::PublicGuilds`].
    Guilds(Vec<Guild>),
    /// To [`Query::Users`].
    Users(Vec<UserSummary>),
    /// To [`Query::Members`].
    Members {
        /// The members.
        members: Vec<Membership>,
        /// Whether more follow.
        more: bool,
    },
    /// To [`Query::Bans`].
    Bans {
        /// The bans.
        bans: Vec<BannedUser>,
        /// Whether more follow.
        more: bool,
    },
    /// To [`Query::AddressBans`].
    AddressBans {
        /// The bans.
        bans: Vec<ListedAddressBan>,
        /// Whether more follow.
        more: bool,
    },
    /// To [`Query::Audit`].
    Audit {
        /// The rows.
        rows: Vec<AuditRow>,
        /// Whether more follow.
        more: bool,
    },
    /// To [`Query::Friends`].
    Friends(Vec<Friend>),
    /// To [`Query::FriendRequests`].
    FriendRequests {
        /// Requests to the user.
        incoming: Vec<StoredFriendRequest>,
        /// Requests of the user.
        outgoing: Vec<StoredFriendRequest>,
    },
    /// To [`Query::Image`].
    Image(Option<StoredImage>),
    /// To [`Query::Credentials`].
    Credentials(Option<Credentials>),
    /// To [`Query::Stays`].
    Stays(Vec<VoiceRecord>),
}

/// A banned user, as the ban list shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BannedUser {
    /// Who is banned.
    pub user: User,
    /// Since when.
    pub banned_at: Timestamp,
    /// Who banned; not for everybody's eyes.
    pub actor_user_id: UserId,
}

/// A ban by address, as it is listed: the address is not part of it (IPB-5).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListedAddressBan {
    /// The ban.
    pub ban_id: IpBanId,
    /// Whose address it was.
    pub source_user_id: UserId,
    /// Why, if it was said.
    pub reason: Option<BanReason>,
    /// Since when.
    pub created_at: Timestamp,
    /// Until when; `None`: for ever.
    pub expires_at: Option<Timestamp>,
}

/// A row of the audit log, as it is listed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditRow {
    /// The row.
    pub audit_id: AuditId,
    /// Who acted.
    pub actor_user_id: UserId,
    /// Who was acted on, if a user was.
    pub target_user_id: Option<UserId>,
    /// What was done.
    pub action: AuditAction,
    /// When.
    pub created_at: Timestamp,
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
