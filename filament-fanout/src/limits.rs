//! Every bound of delivery that no configuration changes, and the defaults of those that can be, each with its reason.

use std::time::Duration;

// ---- Queues -----------------------------------------------------------------------------------

/// Durable and live frames one connection may have waiting (GW-43): one more closes it with 4008.
pub const QUEUE_FRAMES: usize = 256;
/// Most frames that may be configured as that bound (contract §16.1): a mailbox counts them in 16 bits.
pub const QUEUE_FRAMES_LIMIT: usize = 4_096;
/// Bytes of those frames (GW-43): one frame that does not fit closes it with 4008.
pub const QUEUE_BYTES: usize = 1_048_576;
/// Frames waiting above which no more commands of the connection are read (GW-26): half of what it may have.
pub const INPUT_FRAMES_MAX: usize = QUEUE_FRAMES / 2;
/// Bytes waiting above which no more commands of the connection are read (GW-26): half of what it may have.
pub const INPUT_BYTES_MAX: usize = QUEUE_BYTES / 2;
/// Keys of the ephemeral lane of one connection (GW-44): one more drops the oldest, counted.
pub const EPHEMERAL_KEYS_MAX: usize = 256;
/// Keys an empty lane keeps room for until its connection is idle.
pub const LANE_KEYS_KEPT: usize = 8;
/// Replayed frames one connection may have waiting before a resume waits for the peer: two messages of `batch`.
pub const REPLAY_FRAMES_WAITING_MAX: usize = 2 * filament_protocol::limits::BATCH_EVENTS_MAX;
/// Bytes of those frames above which a resume waits for the peer.
pub const REPLAY_BYTES_WAITING_MAX: usize = 131_072;
/// Entries looked at for one resume (RES-15): more is a gap that is too large.
pub const REPLAY_ENTRIES_MAX: u64 = 10_000;
/// Entries of it read at once: at 64 KiB each, some megabytes.
pub const REPLAY_READ_ENTRIES_MAX: u16 = 64;
/// Bytes of entries kept between looking through them and telling of them; what is beyond is read again.
pub const REPLAY_KEPT_BYTES_MAX: usize = 131_072;
/// Events put into the mailbox per hold of the hub's lock: one message of `batch`.
pub const REPLAY_EVENTS_PER_STEP_MAX: usize = filament_protocol::limits::BATCH_EVENTS_MAX;
/// Resumes under way in the process (RES-16).
pub const REPLAYS_MAX: usize = 8;
/// Resumes under way of one user (RES-16).
pub const REPLAYS_PER_USER_MAX: usize = 2;
/// Connections that wait for their turn; one more is closed with 4401 at once.
pub const REPLAYS_WAITING_MAX: usize = 8_192;
/// How long a resume waits for its turn (RES-16); then 4401.
pub const REPLAY_WAIT_MAX: Duration = Duration::from_millis(5_000);
/// How long a resume may take, so that nobody keeps a turn by reading slowly: then 4008, and the next goes on where it ended.
pub const REPLAY_MAX: Duration = Duration::from_millis(60_000);
/// Control frames (pings, pongs) one connection may have waiting: a newer one takes the place of the last.
pub const CONTROLS_QUEUED_MAX: usize = 4;
/// Subscriptions of one connection (contract §16.2): one more is refused with `quota_exceeded`.
pub const SUBSCRIPTIONS_MAX: usize = filament_protocol::limits::SUBSCRIPTIONS_PER_CONNECTION_MAX;

// ---- Writing ----------------------------------------------------------------------------------

/// Pieces handed to a transport in one call: far below any system's IOV_MAX, and past it a second call costs little.
pub const SLICES_PER_WRITE_MAX: usize = 64;
/// Pieces one frame may take on a transport: SSE puts something before and behind the text.
pub const PIECES_PER_FRAME: usize = 3;
/// Events of a stream handed to a transport in one call: more gain little over the system call.
pub const BLOCKS_PER_WRITE_MAX: usize = 16;
/// Bytes of a cursor (RES-10).
pub const CURSOR_BYTES_MAX: usize = 256;
/// The first line of an SSE stream: how long a client waits before it comes back (SSE-2), milliseconds.
pub(crate) const STREAM_RETRY: &[u8] = b"retry: 2000\n";
/// Messages a transport in memory takes before it would block.
pub const MEMORY_MESSAGES_MAX: usize = 64;
/// Bytes of those messages; a single larger one is taken all the same.
pub const MEMORY_BYTES_MAX: usize = 262_144;
/// Mailboxes a flush loop writes before other tasks of its thread get a turn: a quarter of a millisecond of system calls. What the relay
/// puts into mailboxes in its turn is written with what waits there already.
pub const FLUSHES_PER_TURN_MAX: usize = 64;
/// Mailboxes written together, between two looks at the clock: keeps the error of the delivery times below their first bucket.
pub const FLUSHES_TOGETHER_MAX: usize = 16;
/// Bytes of frames that are laid one behind the other because several connections wait for the same: what one connection of a burst takes.
pub const JOINED_BYTES_MAX: usize = 65_536;
/// Connections whose memory a broadcast asks for at once: as many cache misses as a core has under way.
pub const LINKS_PER_PREFETCH: usize = 16;
/// Frames put into mailboxes before the flush loops are told: gathers writes, delays the first frame by 0.2 ms at most.
pub const PUTS_PER_PUBLISH_MAX: usize = 4_096;
/// How long a connection may take no byte while it has frames waiting (contract §6.5, 4008), milliseconds.
pub const WRITE_STALL_MS: u64 = 10_000;

// ---- Ending -----------------------------------------------------------------------------------

/// How long a peer may take to accept the close frame (GW-35), milliseconds; then the connection is reset.
pub const CLOSE_TAKE_MS: u64 = 1_000;
/// How long a peer may take to answer the close frame (GW-35), milliseconds; then the connection is reset.
pub const CLOSE_ANSWER_MS: u64 = 2_000;
/// Largest `retry_after_ms` of a drain (contract §6.5, 1001): spreads the return of all clients over this time.
pub const RETRY_AFTER_MS_MAX: u32 = 5_000;
/// How long a drain waits for connections to take their close frames (GW-50): above both close deadlines together.
pub const DRAIN_MAX: Duration = Duration::from_millis(DRAIN_MS);
const DRAIN_MS: u64 = 4_000;
/// Least `retry_after_ms` of a connection that cannot be admitted after its upgrade (contract §6.5, 4401).
pub const OVERLOADED_RETRY_AFTER_MS_MIN: u32 = 1_000;
/// Largest such wait: each gets one of its own, so that they come back one after another.
pub const OVERLOADED_RETRY_AFTER_MS_MAX: u32 = 6_000;

// ---- Clockwork --------------------------------------------------------------------------------

/// How often close deadlines are looked at, milliseconds: their error.
pub const TICK_MS: u64 = 100;
/// Members told of their changed access per hold of the hub's lock: some milliseconds at 200 channels each.
pub const ACCESS_TOLD_PER_TURN_MAX: usize = 64;
/// How often all connections are looked at (liveness, expiry, stalls, spare memory), milliseconds.
pub const SWEEP_MS: u64 = 1_000;
/// Time between two pings of one connection (GW-40), seconds.
pub const PING_SECS: u64 = 25;
/// Time between two pings of an SSE stream (SSE-4), seconds.
pub const STREAM_PING_SECS: u64 = 15;
/// Time without any inbound byte after which a connection is closed with 4003 (GW-40), seconds.
pub const IDLE_SECS: u64 = 60;
/// Time a connection outlives the newest access token of its session (GW-42), seconds.
pub const TOKEN_GRACE_SECS: u64 = 3_600;
/// Presence frames put into mailboxes before others get a turn: under a millisecond.
pub const PRESENCE_PUTS_PER_TURN_MAX: usize = 16_384;

// ---- Connections ------------------------------------------------------------------------------

/// Connections of the process (contract §16.1): one more is refused.
pub const CONNECTIONS_MAX: usize = 20_000;
/// Connections of one user (GW-4): one more is refused.
pub const CONNECTIONS_PER_USER: usize = 32;
/// Flush loops: more than this many cores do not help a loop that mostly waits for the kernel.
pub const SHARDS_MAX: usize = 64;

// ---- Voice ------------------------------------------------------------------------------------

/// Wishes to the media server that wait to be said: a guild that is deleted has at most so many participants in full channels, and
/// nobody depends on any of them. Beyond it the oldest is dropped.
pub const MEDIA_DUTIES_MAX: usize = 4_096;

// ---- Relay and access -------------------------------------------------------------------------

/// Entries the relay reads at once: enough to gather under load, little enough to hold.
pub const RELAY_BATCH_ENTRIES: u16 = 64;
/// Pause before a relay that failed tries again, at first.
pub const RELAY_RETRY_MIN: Duration = Duration::from_millis(100);
/// Pause before a relay that failed again and again tries again.
pub const RELAY_RETRY_MAX: Duration = Duration::from_millis(2_000);
/// Entries looked at to make sure that a graph loaded late is not ahead of the relay; more closes its users with 4009.
pub const LOOKAHEAD_ENTRIES_MAX: u16 = 1_024;
/// Entries with access changes kept for loads under way; a load that needs older ones starts again.
pub const LOAD_LOG_ENTRIES_MAX: usize = 1_024;
/// How often one load is tried before the connection is refused with 4009.
pub const LOAD_ATTEMPTS_MAX: usize = 4;
/// How long one load, or waiting for the relay to reach it, may take before the connection is refused with 4009.
pub const LOAD_MAX: Duration = Duration::from_millis(5_000);
/// Guilds named to the access source as known already: beyond it a graph may be read once more than needed.
pub const KNOWN_GUILDS_MAX: usize = 1_024;
/// How long a refused subscribe waits for the relay to catch up with what was committed before it.
pub const CATCH_UP_MAX: Duration = Duration::from_millis(2_000);
/// How long an answer waits for its fence (FEN-5); then the users concerned are closed with 4009.
pub const FENCE_MAX: Duration = Duration::from_millis(2_000);

/// Largest single set of answers to one command: `presence_sync` of 1,024 ids of 29 bytes, and two small frames.
const ANSWER_BYTES_MAX: usize = 32 * 1_024;

const _: () = assert!(INPUT_FRAMES_MAX + 3 <= QUEUE_FRAMES && INPUT_BYTES_MAX + ANSWER_BYTES_MAX <= QUEUE_BYTES);
const _: () = assert!(SLICES_PER_WRITE_MAX >= PIECES_PER_FRAME);
const _: () = assert!(TICK_MS <= CLOSE_TAKE_MS && SWEEP_MS <= WRITE_STALL_MS);
const _: () = assert!(IDLE_SECS > 2 * PING_SECS);
const _: () = assert!(CLOSE_TAKE_MS + CLOSE_ANSWER_MS + 2 * TICK_MS < DRAIN_MS);
