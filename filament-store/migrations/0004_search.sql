-- Search over messages (contract §14).
--
-- The index holds each word with its channel before it, so that a search reads the words of the channels it may look into and nothing
-- else. It holds no text: `messages` has it, and says what to take out again when a message changes. Column sizes serve rankings, of
-- which there are none.
--
-- The messages there are get their places and entries by the step that follows this text; then `messages_by_place` is made.

-- Where a message stands among all: a number that grows with its id. The row of its entry.
ALTER TABLE messages ADD COLUMN place INTEGER NOT NULL DEFAULT 0;

CREATE VIRTUAL TABLE message_search USING fts5(
    text,
    content = '',
    columnsize = 0,
    tokenize = 'unicode61 remove_diacritics 2'
);

-- The index word by word, for comparing it with the messages.
CREATE VIRTUAL TABLE message_search_words USING fts5vocab('message_search', 'instance');
