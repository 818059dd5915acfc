//! Every bound of the wire, declared once: the check, the error and the tests all read it here.

// ---- Envelope and documents -------------------------------------------------------------------

/// Bytes of one gateway message, both directions (ENV-7): one read buffer per connection holds any of them.
pub const MESSAGE_BYTES_MAX: usize = 65_536;
/// Bytes of one sealed event (ENV-12): leaves 1,024 bytes for the head of the `batch` frame that carries it.
pub const EVENT_BYTES_MAX: usize = 64_512;
/// Bytes of one JSON request body (HTTP-11): the same buffer size as a gateway message.
pub const BODY_BYTES_MAX: usize = 65_536;
/// Bytes of one JSON answer before content coding (HTTP-3): existing v1 clients refuse longer ones.
pub const ANSWER_BYTES_MAX: usize = 65_536;
/// Bytes of one `Message` record, reactors as in lists: fits an event and a page of its own.
pub const MESSAGE_JSON_BYTES_MAX: usize = 59_392;
/// Bytes of one `Access` record, with its time: fits an event and an answer.
pub const ACCESS_JSON_BYTES_MAX: usize = 60_416;
/// Nesting of objects and arrays in one document (ENV-8): far above any real payload, far below any stack.
pub const DEPTH_MAX: usize = 32;
/// Largest integer of the contract: the largest one that a browser holds exactly.
pub const INTEGER_MAX: u64 = 9_007_199_254_740_991;
/// Bytes of an event or command name (ENV-3).
pub const NAME_BYTES_MAX: usize = 64;

// ---- Text, in UTF-16 code units ---------------------------------------------------------------

/// Guild name after trimming.
pub const GUILD_NAME_UNITS_MAX: usize = 64;
/// Channel name after trimming.
pub const CHANNEL_NAME_UNITS_MAX: usize = 64;
/// Role name after trimming.
pub const ROLE_NAME_UNITS_MAX: usize = 32;
/// Shortest user name.
pub const USERNAME_UNITS_MIN: usize = 3;
/// Longest user name.
pub const USERNAME_UNITS_MAX: usize = 32;
/// Shortest password that can be registered.
pub const PASSWORD_UNITS_MIN: usize = 12;
/// Longest password: bounds the work of hashing it.
pub const PASSWORD_UNITS_MAX: usize = 128;
/// About text of a profile.
pub const ABOUT_UNITS_MAX: usize = 2_048;
/// Message content.
pub const MESSAGE_CONTENT_UNITS_MAX: usize = 2_000;
/// One reaction emoji.
pub const EMOJI_UNITS_MAX: usize = 32;
/// Name of an attachment.
pub const FILENAME_UNITS_MAX: usize = 128;
/// Media type of an attachment.
pub const MIME_TYPE_UNITS_MAX: usize = 128;
/// Identity of a voice participant.
pub const IDENTITY_UNITS_MAX: usize = 128;
/// Echo token of a command.
pub const REF_UNITS_MAX: usize = 64;
/// Human text of an `error` event and of `detail` in an error body.
pub const ERROR_MESSAGE_UNITS_MAX: usize = 200;
/// Search text of the public guild directory.
pub const DIRECTORY_QUERY_UNITS_MAX: usize = 64;
/// Characters of an `Idempotency-Key` header.
pub const IDEMPOTENCY_KEY_UNITS_MAX: usize = 64;
/// Characters of the cursor of a page (HTTP-15).
pub const PAGE_CURSOR_UNITS_MAX: usize = 128;
/// Characters of the cursor of a gateway stream (RES-10).
pub const RESUME_CURSOR_UNITS_MAX: usize = 256;
/// Name of an action of the audit log, and a prefix of one to look for.
pub const AUDIT_ACTION_UNITS_MAX: usize = 64;
/// Reason of a ban by address, after trimming.
pub const BAN_REASON_UNITS_MAX: usize = 240;
/// Search text, after trimming (SEA-1).
pub const SEARCH_UNITS_MAX: usize = 256;
/// One term of a search, its `*` included (SEA-1).
pub const SEARCH_TERM_UNITS_MAX: usize = 64;
/// Characters before the `*` of a prefix (SEA-1).
pub const SEARCH_PREFIX_CHARACTERS_MIN: usize = 2;
/// Name of a media room: holds two ids and what stands around them.
pub const ROOM_NAME_UNITS_MAX: usize = 128;
/// Address of the media server.
pub const LIVEKIT_URL_UNITS_MAX: usize = 256;
/// Token for the media server.
pub const MEDIA_TOKEN_UNITS_MAX: usize = 8_192;
/// Characters of the name of a close code.
pub const CLOSE_NAME_UNITS_MAX: usize = 64;
/// Characters of one negotiated feature name.
pub const FEATURE_NAME_UNITS_MAX: usize = 32;

// ---- Counts -----------------------------------------------------------------------------------

/// Terms of one search (SEA-1).
pub const SEARCH_TERMS_MAX: usize = 20;
/// Terms of one search that are prefixes (SEA-1).
pub const SEARCH_PREFIXES_MAX: usize = 4;
/// Attachments of one message, counted before duplicates are removed (CMD-2).
pub const ATTACHMENTS_PER_MESSAGE_MAX: usize = 5;
/// Bytes of one attachment.
pub const ATTACHMENT_BYTES_MAX: u64 = 26_214_400;
/// Distinct emoji on one message.
pub const REACTIONS_PER_MESSAGE_MAX: usize = 64;
/// Largest reaction count shown.
pub const REACTION_COUNT_MAX: u32 = 1_000_000;
/// User ids shown with one reaction.
pub const REACTORS_PER_REACTION_MAX: usize = 32;
/// User ids shown with all reactions of one message in lists.
pub const REACTORS_PER_MESSAGE_MAX: usize = 256;
/// Channels of one guild: a complete list fits one answer and one event.
pub const CHANNELS_PER_GUILD_MAX: usize = 200;
/// Guilds of one user: a complete list fits one answer.
pub const GUILDS_PER_USER_MAX: usize = 200;
/// Roles of one guild, seeded ones included.
pub const ROLES_PER_GUILD_MAX: usize = 64;
/// Role assignments of one member.
pub const ROLES_PER_MEMBER_MAX: usize = 16;
/// Permission overrides of one channel.
pub const OVERRIDES_PER_CHANNEL_MAX: usize = 128;
/// Overrides a channel can be born with.
pub const INITIAL_OVERRIDES_MAX: usize = 16;
/// Highest position of a role; held by `workspace_owner` alone.
pub const ROLE_POSITION_MAX: u16 = 10_000;
/// Highest position of a role that is not `workspace_owner`.
pub const CUSTOM_ROLE_POSITION_MAX: u16 = ROLE_POSITION_MAX - 1;
/// Roles that have an order: all but `everyone` and `workspace_owner`.
pub const ROLES_ORDERED_MAX: usize = ROLES_PER_GUILD_MAX - 2;
/// Highest index of a channel in a list.
pub const CHANNEL_POSITION_MAX: u16 = 199;
/// Friends of one user: a complete list fits one answer.
pub const FRIENDS_MAX: usize = 500;
/// Pending friend requests of one user, each way: a complete list fits one answer.
pub const FRIEND_REQUESTS_MAX: usize = 100;
/// Sessions listed to their user.
pub const SESSIONS_LISTED_MAX: usize = 100;
/// Largest number of connections told of one session.
pub const SESSION_CONNECTIONS_MAX: u32 = 1_000_000;
/// Bans one request by user makes: the addresses remembered of a user (IPB-1).
pub const IP_BANS_PER_REQUEST_MAX: usize = 64;
/// Longest ban by address that ends by itself, in seconds: 180 days.
pub const IP_BAN_EXPIRY_SECS_MAX: u32 = 15_552_000;
/// Steps of a permission explanation: rules, `everyone`, and 16 roles at guild level and as overrides, with room.
pub const EXPLANATION_STEPS_MAX: usize = 64;
/// Sources of media.
pub const STREAM_KINDS: usize = 3;
/// Longest life of a token for the media server, in seconds.
pub const VOICE_TOKEN_SECS_MAX: u32 = 86_400;
/// User ids of one `presence_sync`.
pub const PRESENCE_IDS_MAX: usize = 1_024;
/// Voice participants of one channel.
pub const VOICE_PARTICIPANTS_MAX: usize = 200;
/// Events of one `batch` (RES-2).
pub const BATCH_EVENTS_MAX: usize = 64;
/// Events of one replay (RES-15).
pub const REPLAY_EVENTS_MAX: u32 = 2_000;
/// Features named by `ready`.
pub const FEATURES_MAX: usize = 16;
/// User ids of one lookup.
pub const LOOKUP_USERS_MAX: usize = 64;
/// Live subscriptions of one connection.
pub const SUBSCRIPTIONS_PER_CONNECTION_MAX: usize = 1_024;
/// Channels named in a query to the gateway (RES-11).
pub const QUERY_SUBSCRIPTIONS_MAX: usize = 128;
/// Default and largest page of message history.
pub const HISTORY_PAGE: PageLimit = PageLimit { default: 20, max: 100 };
/// Default and largest page of members.
pub const MEMBERS_PAGE: PageLimit = PageLimit { default: 50, max: 200 };
/// Default and largest page of bans.
pub const BANS_PAGE: PageLimit = PageLimit { default: 20, max: 100 };
/// Default and largest page of bans by address.
pub const IP_BANS_PAGE: PageLimit = PageLimit { default: 20, max: 100 };
/// Default and largest page of audit rows.
pub const AUDIT_PAGE: PageLimit = PageLimit { default: 20, max: 100 };
/// Default and largest page of search results.
pub const SEARCH_PAGE: PageLimit = PageLimit { default: 20, max: 50 };
/// Default and largest page of the public guild directory.
pub const DIRECTORY_PAGE: PageLimit = PageLimit { default: 20, max: 50 };
/// Shortest heartbeat interval a server may announce, in milliseconds.
pub const HEARTBEAT_INTERVAL_MS_MIN: u32 = 1_000;
/// Longest heartbeat interval a server may announce, in milliseconds.
pub const HEARTBEAT_INTERVAL_MS_MAX: u32 = 120_000;
/// Longest wait the server asks for, in milliseconds: one day.
pub const RETRY_AFTER_MS_MAX: u32 = 86_400_000;
/// Largest number of members of a guild told.
pub const MEMBER_COUNT_MAX: u32 = u32::MAX;
/// Largest number of online members told.
pub const ONLINE_COUNT_MAX: u32 = MEMBER_COUNT_MAX;
/// Least close code (RFC 6455).
pub const CLOSE_CODE_MIN: u16 = 1_000;
/// Greatest close code (RFC 6455).
pub const CLOSE_CODE_MAX: u16 = 4_999;
/// Longest life of an access token, in seconds.
pub const ACCESS_TOKEN_SECS_MAX: u32 = 86_400;
/// Heartbeat interval announced by `ready`, in milliseconds (GW-12).
pub const HEARTBEAT_INTERVAL_MS: u32 = 30_000;

// ---- Markdown tokens (MD-1) -------------------------------------------------------------------

/// Tokens of one text.
pub const MARKDOWN_TOKENS_MAX: usize = 4_096;
/// JSON bytes of one token list: without it a legal message makes an event of 110 KB.
pub const MARKDOWN_BYTES_MAX: usize = 24_576;
/// Code blocks of one text.
pub const MARKDOWN_CODE_BLOCKS_MAX: usize = 64;
/// UTF-16 units of one `text`, `code` or `href`.
pub const MARKDOWN_TEXT_UNITS_MAX: usize = 4_096;
/// UTF-16 units of the code of one block.
pub const MARKDOWN_BLOCK_UNITS_MAX: usize = 16_384;
/// Characters of the language of a code block.
pub const MARKDOWN_LANGUAGE_BYTES_MAX: usize = 32;

/// Smallest page.
pub const PAGE_MIN: u16 = 1;

/// How many rows a page holds if nothing is asked, and at most. The smallest page is 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PageLimit {
    /// Rows of a page when the request names no limit.
    pub default: u16,
    /// Largest limit a request may name.
    pub max: u16,
}

const _: () = assert!(EVENT_BYTES_MAX + 1_024 <= MESSAGE_BYTES_MAX, "a sealed event must fit a batch frame");
const _: () =
    assert!(HEARTBEAT_INTERVAL_MS_MIN <= HEARTBEAT_INTERVAL_MS && HEARTBEAT_INTERVAL_MS <= HEARTBEAT_INTERVAL_MS_MAX);
const _: () = assert!(REACTORS_PER_REACTION_MAX <= REACTORS_PER_MESSAGE_MAX);
const _: () = assert!(CHANNEL_POSITION_MAX as usize + 1 == CHANNELS_PER_GUILD_MAX);
const _: () = assert!(INITIAL_OVERRIDES_MAX <= OVERRIDES_PER_CHANNEL_MAX);
const _: () = assert!(MARKDOWN_TEXT_UNITS_MAX <= MARKDOWN_BLOCK_UNITS_MAX);
