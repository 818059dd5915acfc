-- Ids are the 16 bytes of the ULID, big-endian: byte order is id order, and a key is a third shorter than its text.
-- Times are whole unix seconds. Permissions are the sum of their bits. Words (visibility, kind, action) are the wire's.
-- Users are never deleted, so references to them are plain columns without a foreign key to check on every write.

PRAGMA application_id = 1179208769; -- "FILA"

-- What is known about the database as a whole: epoch, highest id handed out, who runs it.
CREATE TABLE meta (
    key   TEXT NOT NULL PRIMARY KEY,
    value ANY  NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE users (
    user_id       BLOB    NOT NULL PRIMARY KEY,
    username      TEXT    NOT NULL COLLATE NOCASE UNIQUE,
    password_hash TEXT    NOT NULL,
    created_at    INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- How often a user's effective access has changed. Beside the accounts: one entry may count for ten thousand members, in a few pages.
CREATE TABLE access_revisions (
    user_id  BLOB    NOT NULL PRIMARY KEY,
    revision INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE sessions (
    session_id       BLOB    NOT NULL PRIMARY KEY,
    user_id          BLOB    NOT NULL,
    generation       INTEGER NOT NULL,
    rotations        BLOB    NOT NULL, -- 12 bytes each, oldest first: generation (4), seconds (8), big-endian
    created_at       INTEGER NOT NULL,
    last_used_at     INTEGER NOT NULL,
    expires_at       INTEGER NOT NULL,
    token_expires_at INTEGER NOT NULL,
    ended_at         INTEGER
) STRICT, WITHOUT ROWID;
CREATE INDEX sessions_live ON sessions (user_id, last_used_at, session_id, expires_at) WHERE ended_at IS NULL;
CREATE INDEX sessions_ended ON sessions (ended_at) WHERE ended_at IS NOT NULL;
CREATE INDEX sessions_by_expiry ON sessions (expires_at);

CREATE TABLE guilds (
    guild_id        BLOB    NOT NULL PRIMARY KEY,
    name            TEXT    NOT NULL,
    visibility      TEXT    NOT NULL,
    owner_id        BLOB    NOT NULL,
    creator_id      BLOB    NOT NULL,
    default_role_id BLOB,
    created_at      INTEGER NOT NULL,
    member_count    INTEGER NOT NULL DEFAULT 0,
    graph_seq       INTEGER NOT NULL DEFAULT 0 -- the journal entry that last changed the guild's graph: the version of cached graphs
) STRICT, WITHOUT ROWID;
CREATE INDEX guilds_by_creator ON guilds (creator_id);
CREATE INDEX guilds_public ON guilds (guild_id, name) WHERE visibility = 'public';

CREATE TABLE roles (
    guild_id    BLOB    NOT NULL REFERENCES guilds ON DELETE CASCADE,
    role_id     BLOB    NOT NULL,
    name        TEXT    NOT NULL,
    position    INTEGER NOT NULL,
    is_system   INTEGER NOT NULL,
    permissions INTEGER NOT NULL,
    color_hex   TEXT,
    system_key  TEXT,
    PRIMARY KEY (guild_id, role_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE members (
    guild_id  BLOB    NOT NULL REFERENCES guilds ON DELETE CASCADE,
    user_id   BLOB    NOT NULL,
    joined_at INTEGER NOT NULL,
    PRIMARY KEY (guild_id, user_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX members_by_user ON members (user_id, joined_at, guild_id);

-- A guild may have ten thousand members and every join asks for their number.
CREATE TRIGGER members_counted_in AFTER INSERT ON members BEGIN
    UPDATE guilds SET member_count = member_count + 1 WHERE guild_id = new.guild_id;
END;
CREATE TRIGGER members_counted_out AFTER DELETE ON members BEGIN
    UPDATE guilds SET member_count = member_count - 1 WHERE guild_id = old.guild_id;
END;

CREATE TABLE member_roles (
    guild_id BLOB NOT NULL,
    user_id  BLOB NOT NULL,
    role_id  BLOB NOT NULL,
    PRIMARY KEY (guild_id, user_id, role_id),
    FOREIGN KEY (guild_id, user_id) REFERENCES members ON DELETE CASCADE,
    FOREIGN KEY (guild_id, role_id) REFERENCES roles ON DELETE CASCADE
) STRICT, WITHOUT ROWID;
CREATE INDEX member_roles_by_role ON member_roles (guild_id, role_id);

CREATE TABLE channels (
    channel_id BLOB    NOT NULL PRIMARY KEY,
    guild_id   BLOB    NOT NULL REFERENCES guilds ON DELETE CASCADE,
    name       TEXT    NOT NULL,
    kind       TEXT    NOT NULL,
    position   INTEGER NOT NULL -- order within the guild; gaps are allowed
) STRICT, WITHOUT ROWID;
CREATE INDEX channels_by_guild ON channels (guild_id, position, channel_id);

-- A member's override outlives the membership, so a member target is no reference.
CREATE TABLE overrides (
    channel_id  BLOB    NOT NULL REFERENCES channels ON DELETE CASCADE,
    target_kind INTEGER NOT NULL, -- 0 a role, 1 a member
    target_id   BLOB    NOT NULL,
    allow_bits  INTEGER NOT NULL,
    deny_bits   INTEGER NOT NULL,
    updated_at  INTEGER NOT NULL,
    PRIMARY KEY (channel_id, target_kind, target_id)
) STRICT, WITHOUT ROWID;

-- No reference to the guild, as with its audit log: both have no bound, and a guild must not hold up every other command while it is
-- deleted. Its id goes to guild_purges and they follow in small steps.
CREATE TABLE bans (
    guild_id      BLOB    NOT NULL,
    user_id       BLOB    NOT NULL,
    actor_user_id BLOB    NOT NULL,
    created_at    INTEGER NOT NULL,
    PRIMARY KEY (guild_id, user_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX bans_newest ON bans (guild_id, created_at, user_id);

CREATE TABLE guild_purges (
    guild_id BLOB NOT NULL PRIMARY KEY
) STRICT, WITHOUT ROWID;
CREATE TRIGGER guilds_purged AFTER DELETE ON guilds BEGIN
    INSERT INTO guild_purges (guild_id) VALUES (old.guild_id);
END;

-- Addresses are the 16 bytes of IPv6, IPv4 ones mapped.
CREATE TABLE address_bans (
    guild_id       BLOB    NOT NULL REFERENCES guilds ON DELETE CASCADE,
    ban_id         BLOB    NOT NULL,
    address        BLOB    NOT NULL,
    source_user_id BLOB    NOT NULL,
    reason         TEXT,
    created_at     INTEGER NOT NULL,
    expires_at     INTEGER,
    PRIMARY KEY (guild_id, ban_id)
) STRICT, WITHOUT ROWID;

-- Where a user was last seen, at most 64 places.
CREATE TABLE user_addresses (
    user_id BLOB    NOT NULL,
    address BLOB    NOT NULL,
    seen_at INTEGER NOT NULL,
    PRIMARY KEY (user_id, address)
) STRICT, WITHOUT ROWID;
CREATE INDEX user_addresses_by_age ON user_addresses (user_id, seen_at, address);

-- Clustered by channel and id: a page of history is one contiguous read. No reference to the channel: a channel of a million messages
-- must not hold up every other command while it is deleted. Its id goes to channel_purges and its messages follow in small steps;
-- nothing can read them meanwhile, because every way to a message leads through its channel.
CREATE TABLE messages (
    channel_id BLOB    NOT NULL,
    message_id BLOB    NOT NULL,
    author_id  BLOB    NOT NULL,
    content    TEXT    NOT NULL,
    created_at INTEGER NOT NULL,
    edited_at  INTEGER,
    PRIMARY KEY (channel_id, message_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE channel_purges (
    channel_id BLOB NOT NULL PRIMARY KEY
) STRICT, WITHOUT ROWID;
CREATE TRIGGER channels_purged AFTER DELETE ON channels BEGIN
    INSERT INTO channel_purges (channel_id) VALUES (old.channel_id);
END;

-- How many users reacted with which emoji: one contiguous read for a page of messages, and no counting of reactors.
CREATE TABLE reaction_counts (
    channel_id BLOB    NOT NULL,
    message_id BLOB    NOT NULL,
    emoji      TEXT    NOT NULL,
    count      INTEGER NOT NULL,
    PRIMARY KEY (channel_id, message_id, emoji),
    FOREIGN KEY (channel_id, message_id) REFERENCES messages ON DELETE CASCADE
) STRICT, WITHOUT ROWID;

CREATE TABLE reactions (
    message_id BLOB NOT NULL,
    emoji      TEXT NOT NULL,
    user_id    BLOB NOT NULL,
    channel_id BLOB NOT NULL,
    PRIMARY KEY (message_id, emoji, user_id),
    FOREIGN KEY (channel_id, message_id, emoji) REFERENCES reaction_counts ON DELETE CASCADE
) STRICT, WITHOUT ROWID;

CREATE TABLE idempotency (
    user_id    BLOB    NOT NULL,
    channel_id BLOB    NOT NULL,
    key        TEXT    NOT NULL,
    message_id BLOB    NOT NULL,
    body       TEXT    NOT NULL,
    created_at INTEGER NOT NULL,
    PRIMARY KEY (user_id, channel_id, key)
) STRICT, WITHOUT ROWID;
CREATE INDEX idempotency_by_age ON idempotency (created_at);

CREATE TABLE audit (
    guild_id       BLOB    NOT NULL,
    audit_id       BLOB    NOT NULL,
    actor_user_id  BLOB    NOT NULL,
    target_user_id BLOB,
    action         TEXT    NOT NULL,
    created_at     INTEGER NOT NULL,
    surface        TEXT, -- where somebody met the address gate
    PRIMARY KEY (guild_id, audit_id)
) STRICT, WITHOUT ROWID;
-- A page of a few actions is a short walk for each of them, however rare they are.
CREATE INDEX audit_by_action ON audit (guild_id, action, audit_id);
-- Refused joins are recorded once per minute: the last one must be found without reading the log.
CREATE INDEX audit_refusals ON audit (guild_id, actor_user_id, action, created_at)
    WHERE action >= 'directory.join.rejected.' AND action < 'directory.join.rejected/';
-- So is who meets the address gate.
CREATE INDEX audit_hits ON audit (guild_id, actor_user_id, surface, created_at) WHERE surface IS NOT NULL;

-- The writer numbers the entries itself, densely, and the last one is never removed: no number is given twice. No AUTOINCREMENT: it
-- would write a page of its own with every commit.
CREATE TABLE journal (
    seq    INTEGER PRIMARY KEY,
    at     INTEGER NOT NULL,
    stamp  BLOB    NOT NULL, -- the highest id handed out by then; kept here because the row is written anyway
    head   TEXT    NOT NULL, -- access changes, audiences and sizes, as JSON
    bodies BLOB    NOT NULL  -- the encoded events, one after the other
) STRICT;
