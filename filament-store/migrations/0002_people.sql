-- Profiles beyond the name, images, friends.

-- A row only for who has written something: accounts are read at every login, about texts hardly ever.
CREATE TABLE about_texts (
    user_id BLOB NOT NULL PRIMARY KEY,
    about   TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- What is known of the bytes of an image; they stand in a file of their own, under the name `blob`.
CREATE TABLE images (
    user_id BLOB    NOT NULL,
    kind    INTEGER NOT NULL CHECK (kind IN (0, 1)), -- 0 avatar, 1 banner
    version INTEGER NOT NULL,
    media   TEXT    NOT NULL,
    blob    BLOB    NOT NULL UNIQUE,
    PRIMARY KEY (user_id, kind)
) STRICT, WITHOUT ROWID;

-- One row per pair, the lower id first, so that a pair can stand here once only (FRD-1).
CREATE TABLE friendships (
    low_user_id  BLOB    NOT NULL,
    high_user_id BLOB    NOT NULL,
    created_at   INTEGER NOT NULL,
    PRIMARY KEY (low_user_id, high_user_id),
    CHECK (low_user_id < high_user_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX friendships_by_high ON friendships (high_user_id, low_user_id, created_at);

CREATE TABLE friend_requests (
    request_id   BLOB    NOT NULL PRIMARY KEY,
    sender_id    BLOB    NOT NULL,
    recipient_id BLOB    NOT NULL,
    created_at   INTEGER NOT NULL,
    CHECK (sender_id <> recipient_id)
) STRICT, WITHOUT ROWID;
-- One pending request per pair, whoever asked (FRD-1).
CREATE UNIQUE INDEX friend_requests_by_pair
    ON friend_requests (min(sender_id, recipient_id), max(sender_id, recipient_id));
CREATE INDEX friend_requests_by_sender ON friend_requests (sender_id, request_id);
CREATE INDEX friend_requests_by_recipient ON friend_requests (recipient_id, request_id);
