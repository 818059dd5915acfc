-- Who is in which voice channel (contract §12.1). Written behind what is told: a stay that is no longer allowed, or whose channel is gone, is
-- dropped when it is read, so nothing here refers to other tables.
CREATE TABLE stays (
    user_id     BLOB    NOT NULL PRIMARY KEY,
    guild_id    BLOB    NOT NULL,
    channel_id  BLOB    NOT NULL,
    joined_at   INTEGER NOT NULL,
    updated_at  INTEGER NOT NULL,
    grants      INTEGER NOT NULL, -- of the latest token: microphone 1, camera 2, screen_share 4, receiving 8
    is_muted    INTEGER NOT NULL,
    is_deafened INTEGER NOT NULL,
    streams     INTEGER NOT NULL, -- live ones, bits as above
    sid         TEXT              -- the participant's session at the media server
) STRICT, WITHOUT ROWID;
