//! The server's own bounds that no variable changes; what may be configured is in [`crate::config`].

use std::time::Duration;

// --- Passwords and login ---

/// Password hashes computed at the same time: each takes 19 MiB and a core (AUT-1).
pub const PASSWORD_HASHES_AT_ONCE_MAX: usize = 4;
/// How long a login or registration waits for its turn to hash before it is answered `overloaded` (AUT-1).
pub const PASSWORD_WAIT_MAX: Duration = Duration::from_secs(2);
/// Requests that wait for their turn to hash: what four cores finish within [`PASSWORD_WAIT_MAX`]; more are answered
/// `overloaded` at once.
pub const PASSWORD_WAITERS_MAX: usize = 512;
/// Consecutive failures of one name from one address that lock the pair (AUT-3).
pub const LOCKOUT_FAILURES: u32 = 5;
/// How long a pair stays locked (AUT-3).
pub const LOCKOUT: Duration = Duration::from_secs(30);
/// Pairs with failures that are remembered: about 1 MiB. Beyond it the pair whose last failure is oldest is forgotten.
pub const LOCKOUT_PAIRS_MAX: usize = 16_384;

// --- Tokens and keys ---

/// Shortest access token looked at (AUT-10).
pub const ACCESS_TOKEN_CHARS_MIN: usize = 32;
/// Longest access token looked at (AUT-10).
pub const ACCESS_TOKEN_CHARS_MAX: usize = 4_096;
/// Access keys accepted at the same time: one that signs, the others until their last token has expired. More key files
/// end start-up.
pub const ACCESS_KEYS_MAX: usize = 8;
/// Largest key file read: a key is 52 or 60 characters and perhaps a line end.
pub const KEY_FILE_BYTES_MAX: u64 = 256;
/// Longest refresh token looked at (AUT-20).
pub const REFRESH_TOKEN_BYTES_MAX: usize = 512;

/// Sessions remembered as ended while access tokens of theirs may still be valid: about 12 MiB. Beyond it the one that
/// ended first is forgotten.
pub const ENDED_SESSIONS_MAX: usize = 262_144;

// --- Rates and addresses ---

/// Keys one limiter remembers: about 4 MiB. Beyond it the keys nearest to a full allowance are forgotten first.
pub const RATE_KEYS_MAX: usize = 65_536;
/// Independent parts of a limiter's map, so that requests on several cores seldom wait for each other.
pub const RATE_SHARDS: usize = 16;
/// Longest `X-Forwarded-For`, all header lines together; a longer one is ignored (HTTP-18).
pub const FORWARDED_FOR_BYTES_MAX: usize = 512;
/// Networks in `FILAMENT_TRUSTED_PROXY_CIDRS`: each is compared with every hop of a request.
pub const TRUSTED_PROXIES_MAX: usize = 64;

// --- Configuration ---

/// Origins in `FILAMENT_ALLOWED_ORIGINS`: each is compared with the `Origin` of a request.
pub const ALLOWED_ORIGINS_MAX: usize = 64;
/// Longest origin: a host name has at most 253 characters.
pub const ORIGIN_BYTES_MAX: usize = 272;
/// Longest secret taken from the configuration.
pub const SECRET_BYTES_MAX: usize = 512;
/// Longest `FILAMENT_LIVEKIT_URL`: what a voice token answer may carry.
pub const LIVEKIT_URL_BYTES_MAX: usize = 256;
/// Warnings about unknown `FILAMENT_*` variables; the rest is summed up in one line.
pub const UNKNOWN_VARIABLE_WARNINGS_MAX: usize = 16;

// --- Metrics ---

/// Series one process may expose (MET-3).
pub const METRIC_SERIES_MAX: usize = 5_000;
/// Rows (method and route template) of the HTTP request counter: the whole route table and one row per method for
/// requests that no route takes.
pub const METRIC_HTTP_ROWS_MAX: usize = 128;
/// Route templates of the HTTP time histogram, the one for unmatched paths included.
pub const METRIC_HTTP_TEMPLATES_MAX: usize = 80;
/// Distinct unknown event names counted by name; every further one counts as `other`.
pub const METRIC_UNKNOWN_NAMES_MAX: usize = 32;

// --- HTTP ---

/// Bytes of a request head, start line included; a longer one is 431 (HTTP-11).
pub const HEAD_BYTES_MAX: usize = 16_384;
/// How long a head may take, the wait between two requests of a connection included; then the connection ends.
pub const HEAD_READ_MAX: Duration = Duration::from_secs(30);
/// How long a body may take; then 408 (HTTP-11).
pub const BODY_READ_MAX: Duration = Duration::from_secs(10);
/// How long the unread body of a refused request is waited for before the connection ends instead.
pub const BODY_DISCARD_MAX: Duration = Duration::from_secs(1);
/// Bytes of an image looked at to know its type: the longest signature is AVIF's, whose list of brands rarely has more than ten.
pub const IMAGE_HEAD_BYTES: usize = 512;
/// How often the row of an image is read for one answer: each time it was replaced between row and file.
pub const IMAGE_READ_ATTEMPTS_MAX: usize = 3;
/// Bytes of an avatar (contract §9.4).
pub const AVATAR_BYTES_MAX: u64 = 2_097_152;
/// Bytes of a banner (contract §9.4).
pub const BANNER_BYTES_MAX: u64 = 6_291_456;
/// How long an upload may bring no byte; then 408 (ATT-5).
pub const UPLOAD_STALL_MAX: Duration = Duration::from_secs(15);
/// How long all bytes of an upload may take; then 408 (ATT-5).
pub const UPLOAD_MAX: Duration = Duration::from_secs(120);
/// Uploads under way at once: each has a file and a buffer of a connection; the next one is answered 503.
pub const UPLOADS_MAX: usize = 256;
/// Of these, uploads of one user, so that nobody takes them all; the next one is answered 503.
pub const UPLOADS_PER_USER_MAX: usize = 32;
/// How long a handler may take; then 503 (HTTP-11). Existing v1 clients give up at 7 s.
pub const HANDLER_MAX: Duration = Duration::from_secs(6);
/// How long a client may take none of the bytes of its answer; then the connection ends.
pub const WRITE_STALL_MAX: Duration = Duration::from_secs(30);
/// How long a connection that ends with unread bytes is read on, so that its last answer is not lost to a reset.
pub const LINGER_MAX: Duration = Duration::from_secs(1);
/// Bytes read and dropped meanwhile: more than the largest upload there is, so that whoever sends a longer one reads why it was refused.
pub const LINGER_BYTES_MAX: usize = 33_554_432;
/// Bytes of a file in memory while it is sent.
pub const FILE_CHUNK_BYTES_MAX: usize = 65_536;
/// Characters of a cursor (HTTP-15).
pub const CURSOR_BYTES_MAX: usize = 128;
/// HTTP connections at the same time, upgraded ones not counted; the next one is answered 503 and closed.
pub const HTTP_CONNECTIONS_MAX: usize = 8_192;
/// Connections that are being told so at the same time; more are closed without a word.
pub const HTTP_REFUSALS_MAX: usize = 64;
/// First pause after the system refused to accept a connection; it doubles up to [`ACCEPT_PAUSE_MAX`].
pub const ACCEPT_PAUSE_MIN: Duration = Duration::from_millis(10);
/// Longest pause after the system refused to accept a connection, out of descriptors most likely.
pub const ACCEPT_PAUSE_MAX: Duration = Duration::from_secs(1);
/// What a client that was refused for want of room is told to wait, in seconds.
pub const RETRY_AFTER_OVERLOAD_SECS: u32 = 1;
/// What a client is told to wait while nothing can be stored, in seconds.
pub const RETRY_AFTER_READ_ONLY_SECS: u32 = 10;
/// What a client that meets a draining server is told to wait, in seconds.
pub const RETRY_AFTER_DRAIN_SECS: u32 = 5;

/// What a user with too many gateway connections is told to wait, in seconds (GW-4).
pub const CONNECTIONS_PER_USER_RETRY_SECS: u32 = 5;

/// Commands at once that nobody waits for: where a user connected from, whom the gate kept out. After a restart every client
/// connects at once; these must never fill the writer's inbox (contract §16.2) in front of what somebody asked for.
pub const BACKGROUND_COMMANDS_MAX: usize = 32;

/// Pairs of user and address kept to know that they were written lately: half a megabyte, and more than reconnect in a minute.
pub const SIGHTINGS_MAX: usize = 32_768;

/// How long after one note of a closed gate a connection causes no other (IPB-3): refusals are cheap for who sends them, and each note
/// is work for the one writer.
pub const NOTE_ADDRESS_HIT_MIN: Duration = Duration::from_secs(1);

/// Guilds of which a connection that names channels is noted as kept out by the gate (IPB-3): each note is work for the one writer.
pub const NAMED_HITS_NOTED_MAX: usize = 4;

/// How long the cursor of a stream is accepted (RES-10), seconds.
pub const CURSOR_LIFE_SECS: u64 = 86_400;

// --- Files ---

/// Names of files looked at in one step, when files are compared with rows: a few milliseconds, and one question to the database.
pub const BLOB_NAMES_PER_STEP_MAX: usize = 256;

/// How often files whose rows are gone are looked for: soon after a deletion (MSG-2), and nothing to a server that has none.
pub const ATTACHMENT_SWEEP_PAUSE: Duration = Duration::from_secs(1);

/// How often all files are compared with rows: what this finds nobody misses, so seldom is often enough.
pub const ATTACHMENT_WHOLE_SWEEP_PAUSE: Duration = Duration::from_secs(3_600);
// --- WebSocket ---

/// Frames of one message, empty ones included; one more closes with 1002. Well-meant clients cut at kilobytes; without a
/// bound a largest message could cost 65,536 frame heads.
pub const MESSAGE_FRAGMENTS_MAX: u32 = 1_024;
/// Bytes one read of a gateway socket takes: a largest message comes in one or two. One such buffer per thread.
pub const SOCKET_READ_BYTES_MAX: usize = 65_536;

// --- Backup, restore, check ---

/// Folders within folders of the data folder; the program makes one or two. Beyond it a link leads in a circle.
pub const BACKUP_FOLDER_DEPTH_MAX: usize = 8;
/// Bytes of a path below the data folder; the program's own are below 100.
pub const BACKUP_PATH_BYTES_MAX: usize = 1_024;
/// Bytes of a backup's list of sums: more than two million files. It is held in memory while a backup is made or restored.
pub const BACKUP_SUMS_BYTES_MAX: u64 = 268_435_456;
/// Findings of a check that are told; the first ones say what to do.
pub const CHECK_FINDINGS_MAX: usize = 20;
// --- Voice ---

/// Longest token of the media server that is looked at: its own have some hundred bytes.
pub const MEDIA_JWT_BYTES_MAX: usize = 8_192;
/// For how long after its end the signature of a webhook is still believed, in seconds (VOI-30).
pub const WEBHOOK_LEEWAY_SECS: u64 = 60;
/// Age from which a webhook is ignored, in seconds (VOI-31).
pub const WEBHOOK_AGE_SECS_MAX: u64 = 300;
/// How long the id of a webhook is remembered (VOI-31).
pub const WEBHOOK_MEMORY: Duration = Duration::from_secs(600);
/// Webhooks remembered: a hundred a second for all of that time. Beyond it the oldest is forgotten.
pub const WEBHOOKS_REMEMBERED_MAX: usize = 65_536;
/// How long one call of LiveKit's API may take: three fit the ten seconds of VOI-6, pauses included.
pub const LIVEKIT_CALL_MAX: Duration = Duration::from_millis(2_500);
/// How often LiveKit is asked for something (VOI-6).
pub const MEDIA_DUTY_TRIES: u32 = 3;
/// Pause before it is asked again.
pub const MEDIA_DUTY_PAUSE: Duration = Duration::from_secs(1);
/// Wishes that are said to LiveKit at the same time: a server that does not answer keeps so many waiting.
pub const MEDIA_DUTIES_AT_ONCE_MAX: usize = 16;
/// Largest answer of LiveKit's API: two hundred participants with three tracks each.
pub const LIVEKIT_ANSWER_BYTES_MAX: usize = 2_097_152;
/// Participants of one room that are looked at: those that may be there, as many who may not, and recorders.
pub const ROOM_PARTICIPANTS_MAX: usize = 512;
/// Life of a token for one call of LiveKit's API, in seconds: its clock may be as far off.
pub const LIVEKIT_API_TOKEN_SECS: u64 = 60;
/// How often in a row a difference between list and room is found before it is believed (VOI-35).
pub const RECONCILE_STRIKES: u32 = 3;
/// Pause between two times that stays are stored: a burst is one transaction.
pub const KEEP_STAYS_PAUSE: Duration = Duration::from_millis(50);
/// How long an answer waits for its stay to be stored; then it is given without.
pub const KEEP_STAYS_WAIT_MAX: Duration = Duration::from_secs(1);

// --- Shutdown (GW-50) ---

/// How long running requests may go on after the signal: with the four seconds in which the gateway closes, everything
/// fits [`DRAIN_MAX`].
pub const DRAIN_REQUESTS_MAX: Duration = Duration::from_secs(8);
/// How long what was cut off then may take to end.
pub const DRAIN_CUT_MAX: Duration = Duration::from_millis(500);
/// How long connections that came after the signal are waited for: enough to be told 503.
pub const LATE_REQUESTS_MAX: Duration = Duration::from_millis(250);
/// From the signal to the end of the process, whatever is left.
pub const DRAIN_MAX: Duration = Duration::from_secs(14);

const _: () = assert!(UPLOADS_PER_USER_MAX <= UPLOADS_MAX / 4, "a few users leave room for the others");
const _: () = assert!(
    MEDIA_DUTY_TRIES as u128 * LIVEKIT_CALL_MAX.as_millis()
        + (MEDIA_DUTY_TRIES as u128 - 1) * MEDIA_DUTY_PAUSE.as_millis()
        <= 10_000,
    "VOI-6: three tries in ten seconds"
);
const _: () = assert!(RATE_KEYS_MAX.is_multiple_of(RATE_SHARDS));
const _: () = assert!(PASSWORD_WAITERS_MAX > PASSWORD_HASHES_AT_ONCE_MAX);
