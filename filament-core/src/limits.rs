//! Every bound this crate enforces that is not a wire bound (those live in `filament_protocol::limits`), each with its reason.

/// Facts one decision may ask for: creating a channel with sixteen member overrides needs eighteen.
pub const NEEDS_PER_PLAN_MAX: usize = 20;

/// Ids one decision may mint from its stamp: banning the addresses of a user takes sixty-four and an audit row.
pub const IDS_PER_STAMP_MAX: u8 = 96;

/// Audit rows one mutation may write: a role whose name, permissions and colour change at once writes three.
pub const AUDITS_PER_MUTATION_MAX: u8 = 3;

/// Channels that became visible and are announced to one user's plain connections per mutation, CMP-5.
pub const GAIN_NOTICES_MAX: usize = 64;

/// Networks remembered per user, IPB-1; the oldest is forgotten.
pub const ADDRESSES_PER_USER_MAX: usize = 64;

/// How long a network is remembered, IPB-1, in seconds.
pub const ADDRESS_MEMORY_SECS: u64 = 90 * 24 * 3600;

/// Longest life of a ban by address, contract §9.10, in seconds.
pub const ADDRESS_BAN_SECS_MAX: u64 = 15_552_000;

/// A network of a user is written at most once in this many seconds, IPB-1.
pub const ADDRESS_WRITE_SECS: u64 = 60;

/// Channels of one guild, contract §16.2: complete lists and access snapshots must fit 64 KiB.
pub const CHANNELS_PER_GUILD_MAX: usize = 200;

/// Roles of one guild, seeded ones included, PRM-10.
pub const ROLES_PER_GUILD_MAX: usize = 64;

/// Roles assigned to one member, PRM-10.
pub const ASSIGNMENTS_PER_MEMBER_MAX: usize = 16;

/// Overrides of one channel, contract §16.2.
pub const OVERRIDES_PER_CHANNEL_MAX: usize = 128;

/// Overrides that may be given with the creation of a channel, contract §9.8.
pub const INITIAL_OVERRIDES_MAX: usize = 16;

/// Guilds one user may be a member of, contract §16.2: the guild list is complete and must fit 64 KiB.
pub const GUILDS_PER_USER_MAX: usize = 200;

/// Distinct emoji on one message, contract §16.2.
pub const EMOJI_PER_MESSAGE_MAX: usize = 64;

/// Reactors shown with one reaction, contract §4.1.
pub const REACTORS_SHOWN_MAX: usize = 32;

/// Reactors shown with one message of a list, all reactions together, contract §4.1.
pub const REACTORS_PER_MESSAGE_MAX: usize = 256;

/// Live sessions of one user, AUT-25; one more ends the least recently used.
pub const SESSIONS_PER_USER_MAX: usize = 256;

/// Life of a session without a refresh, AUT-20, in seconds.
pub const SESSION_SECS: u64 = 30 * 24 * 3600;

/// For how long a rotated refresh generation still answers with the current one, AUT-22, in seconds.
pub const REFRESH_GRACE_SECS: u64 = 10;

/// Rotations remembered for the grace of AUT-22; a session that rotates more often within ten seconds is not a browser.
pub const REFRESH_ROTATIONS_MAX: usize = 8;

/// Life of an idempotency key, HTTP-16, in seconds.
pub const IDEMPOTENCY_SECS: u64 = 24 * 3600;

/// How long an upload waits for a message to carry it, ATT-3, in seconds.
pub const UNBOUND_ATTACHMENT_SECS: u64 = 24 * 3600;

/// Rejected joins are audited once per guild, user and action in this many seconds, AUD-3.
pub const REFUSAL_AUDIT_SECS: u64 = 60;

/// Position of the seeded `workspace_owner` role, contract §8.2.
pub const OWNER_POSITION: u16 = 10_000;

/// Frames other than subscribe and unsubscribe that a connection may send per window, GW-25.
pub const INGRESS_PER_WINDOW: u16 = 60;

/// Length of the ingress window, GW-25, in milliseconds.
pub const INGRESS_WINDOW_MS: u64 = 10_000;

/// Subscribe and unsubscribe commands answered per window, GW-24.
pub const SUBSCRIBES_PER_WINDOW: u16 = 512;

/// Subscribe and unsubscribe commands per window beyond which the connection is closed, GW-24.
pub const SUBSCRIBES_CLOSE_PER_WINDOW: u16 = 4_096;

/// Length of the subscribe window, GW-24, in milliseconds.
pub const SUBSCRIBE_WINDOW_MS: u64 = 10_000;

/// Presence ids in one `presence_sync`, PRE-5.
pub const PRESENCE_IDS_MAX: usize = 1_024;

/// Lists of presence given in one guild between two flushes that are told apart: as many as there are while clients come and go one by
/// one. While thousands arrive at once everybody hears of all who moved.
pub const PRESENCE_LISTS_MAX: usize = 4_096;

/// Grace after a clean close of the last connection, PRE-3, in milliseconds.
pub const PRESENCE_CLEAN_GRACE_MS: u64 = 1_000;

/// Grace after any other observed end of the last connection, PRE-3, in milliseconds.
pub const PRESENCE_ABRUPT_GRACE_MS: u64 = 10_000;

/// Presence diffs are flushed once per this many milliseconds and guild, PRE-4.
pub const PRESENCE_FLUSH_MS: u64 = 1_000;

/// Participants of one voice channel, pending ones included, VOI-9: a list of them is one event.
pub const VOICE_PARTICIPANTS_MAX: usize = filament_protocol::limits::VOICE_PARTICIPANTS_MAX;

/// Voice channels with participants, VOI-9.
pub const VOICE_CHANNELS_MAX: usize = 1_024;

/// Stays stored by one command: a short transaction.
pub const STAYS_PER_COMMAND_MAX: usize = 256;

/// Life of a record that waits for the media server's word, VOI-2, in milliseconds.
pub const VOICE_PENDING_MS: u64 = 30_000;

/// Life of a stay whose user never had a connection, from its last sign of life, VOI-3, in milliseconds.
pub const VOICE_RENEWAL_MS: u64 = 120_000;

/// For how long a user whose last connection ended is waited for, VOI-4, in milliseconds.
pub const VOICE_DISCONNECT_GRACE_MS: u64 = 15_000;

/// For how long users are waited for after a start, VOI-8, in milliseconds.
pub const VOICE_RESTORE_GRACE_MS: u64 = 30_000;

/// Age of a stay up to which a departure that names no session known is not believed, VOI-33, in milliseconds.
pub const VOICE_LEFT_WITHOUT_SID_MS: u64 = 10_000;

/// Life of a token for the media server, contract §12.2, in seconds.
pub const VOICE_TOKEN_SECS: u32 = 300;

/// Longest name of a session or a track at the media server, in bytes; its own have fifteen.
pub const MEDIA_SID_BYTES_MAX: usize = 64;

/// Sessions and tracks at the media server remembered as over, so that notes which come late bring nobody back.
pub const DEPARTED_SIDS_MAX: usize = 1_024;

const _: () = assert!(REFRESH_GRACE_SECS < SESSION_SECS);
const _: () = assert!(SUBSCRIBES_PER_WINDOW < SUBSCRIBES_CLOSE_PER_WINDOW);
const _: () =
    assert!(PRESENCE_FLUSH_MS + PRESENCE_CLEAN_GRACE_MS <= 2_000, "PRE-4: offline within 2 s of a clean close");
const _: () =
    assert!(PRESENCE_FLUSH_MS + PRESENCE_ABRUPT_GRACE_MS <= 12_000, "PRE-4: offline within 12 s of an abrupt loss");
const _: () = assert!(VOICE_DISCONNECT_GRACE_MS < VOICE_RENEWAL_MS && VOICE_LEFT_WITHOUT_SID_MS < VOICE_PENDING_MS);
const _: () = assert!(VOICE_TOKEN_SECS <= filament_protocol::limits::VOICE_TOKEN_SECS_MAX);
const _: () = assert!(INITIAL_OVERRIDES_MAX + 2 <= NEEDS_PER_PLAN_MAX);
const _: () = assert!(filament_protocol::limits::ATTACHMENTS_PER_MESSAGE_MAX + 3 <= NEEDS_PER_PLAN_MAX);
const _: () = assert!(ADDRESSES_PER_USER_MAX + 4 * AUDITS_PER_MUTATION_MAX as usize <= IDS_PER_STAMP_MAX as usize);
