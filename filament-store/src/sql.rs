//! Every statement of this crate in one place: what touches the database can be read in a few minutes, and a test looks at the query
//! plan of each.

use rusqlite::{Connection, Error, Params, Result};

macro_rules! statements {
    ($($(#[$doc:meta])* $name:ident = $sql:literal;)+) => {
        $($(#[$doc])* pub(crate) const $name: &str = $sql;)+

        /// Every statement by name.
        #[cfg(test)]
        pub(crate) const ALL: &[(&str, &str)] = &[$((stringify!($name), $name),)+];
    };
}

statements! {
    // The database as a whole.
    META = "SELECT value FROM meta WHERE key = ?1";
    META_PUT = "INSERT INTO meta (key, value) VALUES (?1, ?2) ON CONFLICT (key) DO UPDATE SET value = excluded.value";
    META_REMOVE = "DELETE FROM meta WHERE key = ?1";

    // Transactions. A group is one transaction, a command that writes is one savepoint in it.
    BEGIN_WRITE = "BEGIN IMMEDIATE";
    BEGIN_READ = "BEGIN DEFERRED";
    COMMIT = "COMMIT";
    ROLLBACK = "ROLLBACK";
    SAVEPOINT = "SAVEPOINT command";
    SAVEPOINT_RELEASE = "RELEASE command";
    SAVEPOINT_UNDO = "ROLLBACK TO command";

    // Journal.
    JOURNAL_APPEND = "INSERT INTO journal (seq, at, stamp, head, bodies) VALUES (?1, ?2, ?3, ?4, ?5)";
    JOURNAL_AFTER = "SELECT seq, at, head, bodies FROM journal WHERE seq > ?1 ORDER BY seq LIMIT ?2";
    JOURNAL_HEAD = "SELECT max(seq) FROM journal";
    JOURNAL_OLDEST = "SELECT min(seq) FROM journal";
    JOURNAL_LAST = "SELECT seq, stamp FROM journal ORDER BY seq DESC LIMIT 1";
    /// How far a step may trim: entries of the oldest so many that are too old or too many. The newest entry always stays.
    JOURNAL_TRIM_TO = "SELECT max(seq) FROM (SELECT seq, at FROM journal WHERE seq < ?1 ORDER BY seq LIMIT ?2) WHERE at < ?3 OR seq <= ?4";
    JOURNAL_TRIM = "DELETE FROM journal WHERE seq <= ?1";

    // Accounts and sessions.
    USER_ADD = "INSERT INTO users (user_id, username, password_hash, created_at) VALUES (?1, ?2, ?3, ?4)";
    USER = "SELECT user_id, username FROM users WHERE user_id = ?1";
    USER_BY_NAME = "SELECT user_id, username FROM users WHERE username = ?1";
    CREDENTIALS = "SELECT user_id, password_hash FROM users WHERE username = ?1";
    USER_RENAME = "UPDATE users SET username = ?2 WHERE user_id = ?1";
    USER_SUMMARY = "SELECT u.username, COALESCE(i.version, 0) FROM users u LEFT JOIN images i ON i.user_id = u.user_id AND i.kind = 0
        WHERE u.user_id = ?1";
    PROFILE = "SELECT u.username, COALESCE(a.about, '') FROM users u LEFT JOIN about_texts a ON a.user_id = u.user_id WHERE u.user_id = ?1";
    ABOUT_PUT = "INSERT INTO about_texts (user_id, about) VALUES (?1, ?2) ON CONFLICT (user_id) DO UPDATE SET about = excluded.about";
    IMAGE = "SELECT version, media, blob FROM images WHERE user_id = ?1 AND kind = ?2";
    IMAGE_PUT = "INSERT INTO images (user_id, kind, version, media, blob) VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT (user_id, kind)
        DO UPDATE SET version = excluded.version, media = excluded.media, blob = excluded.blob";
    IMAGE_NAMED = "SELECT 1 FROM images WHERE blob = ?1";
    SESSION_ADD = "INSERT INTO sessions (session_id, user_id, generation, rotations, created_at, last_used_at, expires_at, token_expires_at)
        VALUES (?1, ?2, 1, x'', ?3, ?3, ?4, ?5)";
    SESSION = "SELECT user_id, generation, rotations, expires_at, token_expires_at, ended_at FROM sessions WHERE session_id = ?1";
    SESSION_ROTATE = "UPDATE sessions SET generation = ?2, rotations = ?3, last_used_at = ?4, expires_at = ?5, token_expires_at = ?6
        WHERE session_id = ?1";
    SESSION_EXTEND = "UPDATE sessions SET token_expires_at = ?2 WHERE session_id = ?1";
    SESSION_END = "UPDATE sessions SET ended_at = ?2 WHERE session_id = ?1";
    SESSIONS_LIVE = "SELECT count(*) FROM sessions WHERE user_id = ?1 AND ended_at IS NULL AND expires_at > ?2";
    SESSION_LEAST_RECENT = "SELECT session_id FROM sessions WHERE user_id = ?1 AND ended_at IS NULL AND expires_at > ?2
        ORDER BY last_used_at, session_id LIMIT 1";
    SESSIONS_ENDED = "SELECT session_id FROM sessions WHERE ended_at IS NOT NULL AND ended_at >= ?1 ORDER BY ended_at DESC LIMIT ?2";
    SESSIONS_PURGE_EXPIRED = "DELETE FROM sessions WHERE session_id IN
        (SELECT session_id FROM sessions WHERE expires_at <= ?1 ORDER BY expires_at LIMIT ?2)";
    SESSIONS_PURGE_ENDED = "DELETE FROM sessions WHERE session_id IN
        (SELECT session_id FROM sessions WHERE ended_at IS NOT NULL AND ended_at <= ?1 ORDER BY ended_at LIMIT ?2)";

    // Friends. A pair is stored with the lower id first.
    FRIENDSHIP_ADD = "INSERT INTO friendships (low_user_id, high_user_id, created_at) VALUES (?1, ?2, ?3)";
    FRIENDSHIP = "SELECT created_at FROM friendships WHERE low_user_id = ?1 AND high_user_id = ?2";
    FRIENDSHIP_REMOVE = "DELETE FROM friendships WHERE low_user_id = ?1 AND high_user_id = ?2";
    FRIENDS = "SELECT high_user_id, created_at FROM friendships WHERE low_user_id = ?1
        UNION ALL SELECT low_user_id, created_at FROM friendships WHERE high_user_id = ?1";
    FRIEND_COUNT = "SELECT (SELECT count(*) FROM friendships WHERE low_user_id = ?1)
        + (SELECT count(*) FROM friendships WHERE high_user_id = ?1)";
    FRIEND_REQUEST_ADD = "INSERT INTO friend_requests (request_id, sender_id, recipient_id, created_at) VALUES (?1, ?2, ?3, ?4)";
    FRIEND_REQUEST = "SELECT r.request_id, r.sender_id, s.username, r.recipient_id, t.username, r.created_at FROM friend_requests r
        CROSS JOIN users s ON s.user_id = r.sender_id CROSS JOIN users t ON t.user_id = r.recipient_id WHERE r.request_id = ?1";
    FRIEND_REQUEST_REMOVE = "DELETE FROM friend_requests WHERE request_id = ?1";
    /// The terms of the unique index, so that it is used.
    FRIEND_REQUEST_BETWEEN = "SELECT 1 FROM friend_requests
        WHERE min(sender_id, recipient_id) = ?1 AND max(sender_id, recipient_id) = ?2";
    FRIEND_REQUESTS_IN = "SELECT r.request_id, r.sender_id, s.username, r.recipient_id, t.username, r.created_at FROM friend_requests r
        CROSS JOIN users s ON s.user_id = r.sender_id CROSS JOIN users t ON t.user_id = r.recipient_id
        WHERE r.recipient_id = ?1 ORDER BY r.request_id DESC";
    FRIEND_REQUESTS_OUT = "SELECT r.request_id, r.sender_id, s.username, r.recipient_id, t.username, r.created_at FROM friend_requests r
        CROSS JOIN users s ON s.user_id = r.sender_id CROSS JOIN users t ON t.user_id = r.recipient_id
        WHERE r.sender_id = ?1 ORDER BY r.request_id DESC";
    FRIEND_REQUESTS_IN_COUNT = "SELECT count(*) FROM friend_requests WHERE recipient_id = ?1";
    FRIEND_REQUESTS_OUT_COUNT = "SELECT count(*) FROM friend_requests WHERE sender_id = ?1";

    // Guilds and their graphs.
    GUILD_ADD = "INSERT INTO guilds (guild_id, name, visibility, owner_id, creator_id, default_role_id, created_at)
        VALUES (?1, ?2, ?3, ?4, ?4, ?5, ?6)";
    GUILD_DESCRIBE = "UPDATE guilds SET name = ?2, visibility = ?3 WHERE guild_id = ?1";
    GUILD_OWNER_PUT = "UPDATE guilds SET owner_id = ?2 WHERE guild_id = ?1";
    GUILD_DEFAULT_ROLE_PUT = "UPDATE guilds SET default_role_id = ?2 WHERE guild_id = ?1";
    GUILD_REMOVE = "DELETE FROM guilds WHERE guild_id = ?1";
    GUILD_TO_PURGE = "SELECT guild_id FROM guild_purges LIMIT 1";
    /// That the guild was deleted, and by whom, is all that stays.
    GUILD_PURGE_AUDIT = "DELETE FROM audit WHERE guild_id = ?1 AND audit_id IN
        (SELECT audit_id FROM audit WHERE guild_id = ?1 AND action <> 'guild.delete' ORDER BY audit_id LIMIT ?2)";
    GUILD_PURGE_BANS = "DELETE FROM bans WHERE guild_id = ?1 AND user_id IN
        (SELECT user_id FROM bans WHERE guild_id = ?1 ORDER BY user_id LIMIT ?2)";
    GUILD_PURGE_DONE = "DELETE FROM guild_purges WHERE guild_id = ?1";
    GUILD_VERSION = "SELECT graph_seq FROM guilds WHERE guild_id = ?1";
    GUILD_VERSION_PUT = "UPDATE guilds SET graph_seq = ?2 WHERE guild_id = ?1";
    GUILD = "SELECT graph_seq, name, visibility, owner_id, default_role_id, created_at FROM guilds WHERE guild_id = ?1";
    GUILD_ROLES = "SELECT role_id, name, position, is_system, permissions, color_hex, system_key FROM roles WHERE guild_id = ?1
        ORDER BY role_id";
    GUILD_CHANNELS = "SELECT channel_id, name, kind FROM channels WHERE guild_id = ?1 ORDER BY position, channel_id";
    GUILD_OVERRIDES = "SELECT o.channel_id, o.target_kind, o.target_id, o.allow_bits, o.deny_bits, o.updated_at
        FROM channels c CROSS JOIN overrides o ON o.channel_id = c.channel_id WHERE c.guild_id = ?1 ORDER BY c.position, c.channel_id";
    GUILDS_CREATED = "SELECT count(*) FROM guilds WHERE creator_id = ?1";
    GUILDS_OF = "SELECT g.guild_id, g.name, g.visibility FROM members m CROSS JOIN guilds g ON g.guild_id = m.guild_id
        WHERE m.user_id = ?1 ORDER BY m.joined_at DESC, m.guild_id DESC";
    GUILDS_PUBLIC = "SELECT guild_id, name FROM guilds INDEXED BY guilds_public
        WHERE visibility = 'public' AND instr(lower(name), ?1) > 0 ORDER BY guild_id DESC LIMIT ?2";
    ROLE_ADD = "INSERT INTO roles (guild_id, role_id, name, position, is_system, permissions, color_hex, system_key)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)";

    ROLE_CHANGE = "UPDATE roles SET name = ?3, permissions = ?4, color_hex = ?5 WHERE guild_id = ?1 AND role_id = ?2";
    ROLE_PLACE = "UPDATE roles SET position = ?3 WHERE guild_id = ?1 AND role_id = ?2";
    ROLE_REMOVE = "DELETE FROM roles WHERE guild_id = ?1 AND role_id = ?2";
    ROLE_REMOVE_OVERRIDES = "DELETE FROM overrides WHERE channel_id IN (SELECT channel_id FROM channels WHERE guild_id = ?1)
        AND target_kind = 0 AND target_id = ?2";

    // Members.
    MEMBER_ADD = "INSERT INTO members (guild_id, user_id, joined_at) VALUES (?1, ?2, ?3)";
    MEMBER_ROLE_ADD = "INSERT INTO member_roles (guild_id, user_id, role_id) VALUES (?1, ?2, ?3)";
    MEMBER_ROLE_REMOVE = "DELETE FROM member_roles WHERE guild_id = ?1 AND user_id = ?2 AND role_id = ?3";
    MEMBER_REMOVE = "DELETE FROM members WHERE guild_id = ?1 AND user_id = ?2";
    MEMBERSHIP = "SELECT joined_at FROM members WHERE guild_id = ?1 AND user_id = ?2";
    MEMBERSHIP_ROLES = "SELECT role_id FROM member_roles WHERE guild_id = ?1 AND user_id = ?2 ORDER BY role_id";
    MEMBERSHIPS_OF = "SELECT guild_id, joined_at FROM members WHERE user_id = ?1";
    GUILD_IDS_OF = "SELECT guild_id FROM members WHERE user_id = ?1";
    MEMBER_COUNT = "SELECT member_count FROM guilds WHERE guild_id = ?1";
    MEMBER_OF_COUNT = "SELECT count(*) FROM members WHERE user_id = ?1";
    MEMBER_IDS = "SELECT user_id FROM members WHERE guild_id = ?1 ORDER BY user_id";
    MEMBERS_AFTER = "SELECT user_id FROM members WHERE guild_id = ?1 AND user_id > ?2 ORDER BY user_id LIMIT ?3";
    BAN_ADD = "INSERT INTO bans (guild_id, user_id, actor_user_id, created_at) VALUES (?1, ?2, ?3, ?4)";
    BAN_REMOVE = "DELETE FROM bans WHERE guild_id = ?1 AND user_id = ?2";
    BANS_BEFORE = "SELECT b.user_id, u.username, b.created_at, b.actor_user_id
        FROM bans b CROSS JOIN users u ON u.user_id = b.user_id
        WHERE b.guild_id = ?1 AND (b.created_at, b.user_id) < (?2, ?3) ORDER BY b.created_at DESC, b.user_id DESC LIMIT ?4";
    ADDRESS_BAN_ADD = "INSERT INTO address_bans (guild_id, ban_id, address, source_user_id, reason, created_at, expires_at)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)";
    ADDRESS_BAN_REMOVE = "DELETE FROM address_bans WHERE guild_id = ?1 AND ban_id = ?2";
    GUILD_ADDRESS_BANS = "SELECT ban_id, address, expires_at FROM address_bans WHERE guild_id = ?1 ORDER BY ban_id";
    ADDRESS_BANS_BEFORE = "SELECT ban_id, source_user_id, reason, created_at, expires_at FROM address_bans
        WHERE guild_id = ?1 AND ban_id < ?2 AND (expires_at IS NULL OR expires_at > ?3) ORDER BY ban_id DESC LIMIT ?4";
    ADDRESS_SEE = "INSERT INTO user_addresses (user_id, address, seen_at) VALUES (?1, ?2, ?3)
        ON CONFLICT (user_id, address) DO UPDATE SET seen_at = excluded.seen_at";
    ADDRESS_SEEN = "SELECT seen_at FROM user_addresses WHERE user_id = ?1 AND address = ?2";
    ADDRESSES_OF = "SELECT address FROM user_addresses WHERE user_id = ?1 AND seen_at > ?2 ORDER BY seen_at DESC, address DESC LIMIT ?3";
    /// Those too old, and those beyond the newest so many.
    ADDRESSES_FORGET = "DELETE FROM user_addresses WHERE user_id = ?1 AND (seen_at <= ?2 OR address IN
        (SELECT address FROM user_addresses WHERE user_id = ?1 ORDER BY seen_at DESC, address DESC LIMIT -1 OFFSET ?3))";
    STAY_KEEP = "INSERT OR REPLACE INTO stays
        (user_id, guild_id, channel_id, joined_at, updated_at, grants, is_muted, is_deafened, streams, sid)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)";
    STAY_FORGET = "DELETE FROM stays WHERE user_id = ?1";
    STAYS = "SELECT user_id, guild_id, channel_id, joined_at, updated_at, grants, is_muted, is_deafened, streams, sid
        FROM stays ORDER BY user_id LIMIT ?1";
    BANNED = "SELECT 1 FROM bans WHERE guild_id = ?1 AND user_id = ?2";

    GUILD_MEMBERS = "SELECT m.user_id, m.joined_at, r.role_id FROM members m
        LEFT JOIN member_roles r ON r.guild_id = m.guild_id AND r.user_id = m.user_id
        WHERE m.guild_id = ?1 ORDER BY m.user_id, r.role_id";
    ACCESS_REVISION = "SELECT revision FROM access_revisions WHERE user_id = ?1";
    ACCESS_REVISION_RAISE = "INSERT INTO access_revisions (user_id, revision) VALUES (?1, 1)
        ON CONFLICT (user_id) DO UPDATE SET revision = revision + 1";

    // Channels.
    CHANNEL_ADD = "INSERT INTO channels (channel_id, guild_id, name, kind, position)
        SELECT ?1, ?2, ?3, ?4, COALESCE(max(position) + 1, 0) FROM channels WHERE guild_id = ?2";
    CHANNEL_RENAME = "UPDATE channels SET name = ?2 WHERE channel_id = ?1";
    CHANNEL_PLACE = "UPDATE channels SET position = ?2 WHERE channel_id = ?1";
    CHANNEL_REMOVE = "DELETE FROM channels WHERE channel_id = ?1";
    OVERRIDE_PUT = "INSERT INTO overrides (channel_id, target_kind, target_id, allow_bits, deny_bits, updated_at)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6) ON CONFLICT (channel_id, target_kind, target_id)
        DO UPDATE SET allow_bits = excluded.allow_bits, deny_bits = excluded.deny_bits, updated_at = excluded.updated_at";
    OVERRIDE_REMOVE = "DELETE FROM overrides WHERE channel_id = ?1 AND target_kind = ?2 AND target_id = ?3";
    CHANNEL_TO_PURGE = "SELECT channel_id FROM channel_purges LIMIT 1";
    CHANNEL_PURGE_MESSAGES = "DELETE FROM messages WHERE channel_id = ?1 AND message_id <= ?2";
    CHANNEL_PURGE_DONE = "DELETE FROM channel_purges WHERE channel_id = ?1";

    // Messages and reactions.
    MESSAGE_ADD = "INSERT INTO messages (channel_id, message_id, author_id, content, created_at, place) VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
    MESSAGE_EDIT = "UPDATE messages SET content = ?3, edited_at = ?4 WHERE channel_id = ?1 AND message_id = ?2";
    MESSAGE_REMOVE = "DELETE FROM messages WHERE channel_id = ?1 AND message_id = ?2";
    MESSAGE = "SELECT c.guild_id, m.channel_id, m.message_id, m.author_id, m.content, m.created_at, m.edited_at
        FROM channels c CROSS JOIN messages m ON m.channel_id = c.channel_id WHERE c.channel_id = ?1 AND m.message_id = ?2";
    MESSAGES_BEFORE = "SELECT c.guild_id, m.channel_id, m.message_id, m.author_id, m.content, m.created_at, m.edited_at
        FROM channels c CROSS JOIN messages m ON m.channel_id = c.channel_id WHERE c.channel_id = ?1 AND m.message_id < ?2
        ORDER BY m.message_id DESC LIMIT ?3";
    REACTION_CHANNEL = "SELECT channel_id FROM reactions WHERE message_id = ?1 LIMIT 1";
    REACTION_COUNTS = "SELECT message_id, emoji, count FROM reaction_counts WHERE channel_id = ?1 AND message_id BETWEEN ?2 AND ?3
        ORDER BY message_id, emoji";
    REACTORS_BETWEEN = "SELECT c.message_id, c.emoji, r.user_id
        FROM reaction_counts c CROSS JOIN reactions r ON r.message_id = c.message_id AND r.emoji = c.emoji
        WHERE c.channel_id = ?1 AND c.message_id BETWEEN ?2 AND ?3 ORDER BY c.message_id, c.emoji, r.user_id";
    REACTORS_LOWEST = "SELECT user_id FROM reactions WHERE message_id = ?1 AND emoji = ?2 ORDER BY user_id LIMIT ?3";
    REACTION_HELD = "SELECT 1 FROM reactions WHERE message_id = ?1 AND emoji = ?2 AND user_id = ?3";
    REACTION_COUNT_PUT = "INSERT INTO reaction_counts (channel_id, message_id, emoji, count) VALUES (?1, ?2, ?3, ?4)
        ON CONFLICT (channel_id, message_id, emoji) DO UPDATE SET count = excluded.count";
    REACTION_COUNT_REMOVE = "DELETE FROM reaction_counts WHERE channel_id = ?1 AND message_id = ?2 AND emoji = ?3";
    REACTION_ADD = "INSERT INTO reactions (message_id, emoji, user_id, channel_id) VALUES (?1, ?2, ?3, ?4)";
    REACTION_REMOVE = "DELETE FROM reactions WHERE message_id = ?1 AND emoji = ?2 AND user_id = ?3";

    // Attachments.
    ATTACHMENT_ADD = "INSERT INTO attachments (attachment_id, channel_id, message_id, owner_id, filename, mime_type, size_bytes, sha256, blob, uploaded_at)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)";
    ATTACHMENT_BIND = "UPDATE attachments SET message_id = ?4 WHERE attachment_id = ?1 AND channel_id = ?2 AND owner_id = ?3 AND message_id IS NULL";
    ATTACHMENT_REMOVE = "DELETE FROM attachments WHERE channel_id = ?1 AND attachment_id = ?2";
    ATTACHMENT = "SELECT a.attachment_id, c.guild_id, a.channel_id, a.owner_id, a.filename, a.mime_type, a.size_bytes, a.sha256, a.message_id,
        a.blob, a.uploaded_at
        FROM channels c CROSS JOIN attachments a ON a.channel_id = c.channel_id WHERE c.channel_id = ?1 AND a.attachment_id = ?2";
    ATTACHMENTS_BETWEEN = "SELECT a.attachment_id, c.guild_id, a.channel_id, a.owner_id, a.filename, a.mime_type, a.size_bytes, a.sha256, a.message_id
        FROM channels c CROSS JOIN attachments a INDEXED BY attachments_by_message ON a.channel_id = c.channel_id
        WHERE c.channel_id = ?1 AND a.message_id BETWEEN ?2 AND ?3 ORDER BY a.message_id, a.attachment_id";
    ATTACHMENT_BYTES = "SELECT ifnull(sum(bytes), 0) FROM attachment_usage WHERE user_id = ?1";
    ATTACHMENTS_PURGE_UNBOUND = "DELETE FROM attachments WHERE attachment_id IN
        (SELECT attachment_id FROM attachments WHERE message_id IS NULL AND uploaded_at <= ?1 ORDER BY uploaded_at LIMIT ?2)";
    CHANNEL_PURGE_UNBOUND = "DELETE FROM attachments WHERE attachment_id IN
        (SELECT attachment_id FROM attachments WHERE channel_id = ?1 LIMIT ?2)";
    ATTACHMENT_NAMED = "SELECT 1 FROM attachments WHERE blob = ?1";
    ATTACHMENT_PURGES = "SELECT blob FROM attachment_purges LIMIT ?1";
    ATTACHMENT_PURGE_DONE = "DELETE FROM attachment_purges WHERE blob = ?1";
    // Search. Places are rows of the index and grow with message ids.
    PLACE_LAST = "SELECT max(place) FROM messages";
    PLACE_BEFORE = "SELECT place FROM messages WHERE channel_id = ?1 AND message_id < ?2 ORDER BY message_id DESC LIMIT 1";
    MESSAGE_TEXT = "SELECT place, content FROM messages WHERE channel_id = ?1 AND message_id = ?2";
    MESSAGE_AT = "SELECT c.guild_id, m.channel_id, m.message_id, m.author_id, m.content, m.created_at, m.edited_at
        FROM messages m CROSS JOIN channels c ON c.channel_id = m.channel_id WHERE m.place = ?1";
    TEXT_AT = "SELECT content FROM messages WHERE place = ?1 AND channel_id = ?2";
    TEXTS_AFTER = "SELECT message_id, place, content FROM messages WHERE channel_id = ?1 AND message_id > ?2 ORDER BY message_id LIMIT ?3";
    SEARCH = "SELECT rowid FROM message_search WHERE message_search MATCH ?1 AND rowid <= ?2 ORDER BY rowid DESC";
    ENTRY_ADD = "INSERT INTO message_search (rowid, text) VALUES (?1, ?2)";
    ENTRY_REMOVE = "INSERT INTO message_search (message_search, rowid, text) VALUES ('delete', ?1, ?2)";
    ENTRIES_CLEAR = "INSERT INTO message_search (message_search) VALUES ('delete-all')";
    ENTRY_WORDS = "SELECT term, doc, \"offset\" FROM message_search_words WHERE term >= ?1 AND term < ?2";

    // Idempotency keys.
    REMEMBER = "INSERT OR REPLACE INTO idempotency (user_id, channel_id, key, message_id, body, created_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
    REMEMBERED = "SELECT message_id, body FROM idempotency WHERE user_id = ?1 AND channel_id = ?2 AND key = ?3 AND created_at > ?4";
    FORGET = "DELETE FROM idempotency WHERE (user_id, channel_id, key) IN
        (SELECT user_id, channel_id, key FROM idempotency WHERE created_at <= ?1 ORDER BY created_at LIMIT ?2)";

    // Audit log.
    AUDIT_ADD = "INSERT INTO audit (guild_id, audit_id, actor_user_id, target_user_id, action, created_at, surface)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)";
    AUDIT_LAST_HIT = "SELECT max(created_at) FROM audit WHERE guild_id = ?1 AND actor_user_id = ?2 AND surface = ?3 AND surface IS NOT NULL";
    AUDIT_BEFORE = "SELECT audit_id, actor_user_id, target_user_id, action, created_at FROM audit WHERE guild_id = ?1 AND audit_id < ?2
        ORDER BY audit_id DESC LIMIT ?3";
    AUDIT_OF_ACTION_BEFORE = "SELECT audit_id, actor_user_id, target_user_id, action, created_at FROM audit
        WHERE guild_id = ?1 AND action = ?2 AND audit_id < ?3 ORDER BY audit_id DESC LIMIT ?4";
    /// The bounds repeat those of the partial index, or SQLite would not use it.
    AUDIT_LAST_REFUSAL = "SELECT max(created_at) FROM audit WHERE guild_id = ?1 AND actor_user_id = ?2 AND action = ?3
        AND action >= 'directory.join.rejected.' AND action < 'directory.join.rejected/'";

    CHECKPOINT = "PRAGMA wal_checkpoint(PASSIVE)";

    // Copies and checks, for operators and tests. These read whole tables.
    COPY = "VACUUM INTO ?1";
    CHECK_QUICK = "PRAGMA quick_check(20)";
    CHECK_FULL = "PRAGMA integrity_check(20)";
    CHECK_REFERENCES = "SELECT DISTINCT \"table\" FROM pragma_foreign_key_check LIMIT 20";
    CHECK_MEMBER_COUNTS = "SELECT count(*) FROM guilds g
        WHERE member_count <> (SELECT count(*) FROM members m WHERE m.guild_id = g.guild_id)";
    CHECK_REACTION_COUNTS = "SELECT count(*) FROM reaction_counts c WHERE count <> (SELECT count(*) FROM reactions r
        WHERE r.message_id = c.message_id AND r.emoji = c.emoji AND r.channel_id = c.channel_id)";
    CHECK_JOURNAL = "SELECT max(seq) - min(seq) + 1 - count(*) FROM journal";
    CHECK_JOURNAL_ORDER = "SELECT count(*) FROM (SELECT at, stamp, lag(at) OVER w AS at_before, lag(stamp) OVER w AS stamp_before
        FROM journal WINDOW w AS (ORDER BY seq)) WHERE at < at_before OR stamp < stamp_before";
    CHECK_IDS = "SELECT count(*) FROM messages WHERE message_id > max(COALESCE((SELECT value FROM meta WHERE key = 'stamp'), x''),
        COALESCE((SELECT stamp FROM journal ORDER BY seq DESC LIMIT 1), x''))";
    CHECK_FILES = "SELECT 0, blob FROM images UNION ALL SELECT 1, blob FROM attachments";
    CHECK_GUILD_IDS = "SELECT guild_id FROM guilds ORDER BY guild_id";
    CHECK_ORPHANED_MESSAGES = "SELECT count(*) FROM (SELECT DISTINCT channel_id FROM messages) m
        WHERE NOT EXISTS (SELECT 1 FROM channels c WHERE c.channel_id = m.channel_id)
        AND NOT EXISTS (SELECT 1 FROM channel_purges p WHERE p.channel_id = m.channel_id)";
    CHECK_ORPHANED_ATTACHMENTS = "SELECT count(*) FROM (SELECT DISTINCT channel_id FROM attachments) a
        WHERE NOT EXISTS (SELECT 1 FROM channels c WHERE c.channel_id = a.channel_id)
        AND NOT EXISTS (SELECT 1 FROM channel_purges p WHERE p.channel_id = a.channel_id)";
    CHECK_ATTACHMENT_USAGE = "SELECT count(*) FROM (SELECT 1 FROM (SELECT user_id, channel_id, bytes FROM attachment_usage
        UNION ALL SELECT a.owner_id, a.channel_id, -a.size_bytes FROM attachments a CROSS JOIN channels c ON c.channel_id = a.channel_id)
        GROUP BY user_id, channel_id HAVING sum(bytes) <> 0)";
    CHECK_ORPHANED_BANS = "SELECT count(*) FROM (SELECT DISTINCT guild_id FROM bans) b
        WHERE NOT EXISTS (SELECT 1 FROM guilds g WHERE g.guild_id = b.guild_id)
        AND NOT EXISTS (SELECT 1 FROM guild_purges p WHERE p.guild_id = b.guild_id)";
    CHECK_PLACES = "SELECT count(*) FROM (SELECT place, lag(place) OVER (ORDER BY message_id) AS older FROM messages)
        WHERE place <= older";
    CHECK_CHANNELS = "SELECT channel_id FROM channels";
    CHECK_TAGS = "SELECT count(*) FROM (SELECT DISTINCT substr(term, 1, 26) AS tag FROM message_search_words)
        WHERE tag NOT IN (SELECT value FROM json_each(?1))";
    CHECK_PURGED_CHANNELS = "SELECT channel_id FROM channel_purges";
    CHECK_OWNERS = "SELECT count(*) FROM guilds g WHERE 1 <> (SELECT count(*) FROM member_roles m CROSS JOIN roles r
        ON r.guild_id = m.guild_id AND r.role_id = m.role_id
        WHERE m.guild_id = g.guild_id AND r.system_key = 'workspace_owner' AND m.user_id = g.owner_id)";
    CHECK_OWNER_ROLES = "SELECT count(*) FROM member_roles m CROSS JOIN roles r ON r.guild_id = m.guild_id AND r.role_id = m.role_id
        CROSS JOIN guilds g ON g.guild_id = m.guild_id WHERE r.system_key = 'workspace_owner' AND m.user_id <> g.owner_id";
}

/// Runs a statement that must change exactly one row.
///
/// # Errors
/// [`Error::StatementChangedRows`] if it changed more or none.
pub(crate) fn one_row(connection: &Connection, sql: &str, params: impl Params) -> Result<()> {
    match connection.prepare_cached(sql)?.execute(params)? {
        1 => Ok(()),
        changed => Err(Error::StatementChangedRows(changed)),
    }
}

#[cfg(test)]
mod tests;
