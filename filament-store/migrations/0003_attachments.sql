-- No reference to the channel, as with messages: what is in a deleted channel follows in small steps. Those a message carries go with it.
-- Ids ascend in the order of uploads, so the id alone is the order of a message's attachments.
CREATE TABLE attachments (
    attachment_id BLOB    NOT NULL PRIMARY KEY,
    channel_id    BLOB    NOT NULL,
    message_id    BLOB, -- null until a message carries it
    owner_id      BLOB    NOT NULL,
    filename      TEXT    NOT NULL,
    mime_type     TEXT    NOT NULL,
    size_bytes    INTEGER NOT NULL,
    sha256        BLOB    NOT NULL,
    blob          BLOB    NOT NULL UNIQUE, -- the name of its file
    uploaded_at   INTEGER NOT NULL,
    FOREIGN KEY (channel_id, message_id) REFERENCES messages ON DELETE CASCADE
) STRICT, WITHOUT ROWID;
CREATE INDEX attachments_by_message ON attachments (channel_id, message_id, attachment_id);
CREATE INDEX attachments_unbound ON attachments (uploaded_at) WHERE message_id IS NULL;

-- What a user keeps in a channel: the quota is a short sum, and a deleted channel or guild frees it at once, however many rows follow later.
CREATE TABLE attachment_usage (
    user_id    BLOB    NOT NULL,
    channel_id BLOB    NOT NULL REFERENCES channels ON DELETE CASCADE,
    bytes      INTEGER NOT NULL,
    PRIMARY KEY (user_id, channel_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX attachment_usage_by_channel ON attachment_usage (channel_id);

-- Files whose rows are gone; the name goes when the file has.
CREATE TABLE attachment_purges (
    blob BLOB NOT NULL PRIMARY KEY
) STRICT, WITHOUT ROWID;

CREATE TRIGGER attachments_counted_in AFTER INSERT ON attachments BEGIN
    INSERT INTO attachment_usage (user_id, channel_id, bytes) VALUES (new.owner_id, new.channel_id, new.size_bytes)
        ON CONFLICT (user_id, channel_id) DO UPDATE SET bytes = bytes + excluded.bytes;
END;
CREATE TRIGGER attachments_counted_out AFTER DELETE ON attachments BEGIN
    UPDATE attachment_usage SET bytes = bytes - old.size_bytes WHERE user_id = old.owner_id AND channel_id = old.channel_id;
    DELETE FROM attachment_usage WHERE user_id = old.owner_id AND channel_id = old.channel_id AND bytes = 0;
    INSERT INTO attachment_purges (blob) VALUES (old.blob);
END;
