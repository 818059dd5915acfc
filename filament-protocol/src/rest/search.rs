//! `/guilds/{g}/search` (§9.9, §14).

use crate::id::MessageId;
use crate::limits::{INTEGER_MAX, SEARCH_PAGE};
use crate::object::record;
use crate::record::Message;
use crate::text::PageCursor;

/// Largest page of results.
const PAGE_MAX: usize = SEARCH_PAGE.max as usize;

record! {
    /// Answer of `GET /guilds/{g}/search`: newest first, cut by bytes.
    pub struct SearchPage {
        /// The ids of the messages, in their order.
        pub message_ids: Vec<MessageId> [0..=PAGE_MAX, unique],
        /// The messages, at most 50.
        pub messages: Vec<Message> [0..=PAGE_MAX],
        /// The cursor of the next page; null if nothing follows.
        pub next_cursor: Option<PageCursor> [null],
    }
}

record! {
    /// Answer of `POST /guilds/{g}/search/reconcile`.
    pub struct SearchReconciled: Copy {
        /// How many messages were put into the index.
        pub upserted: u64 [0..=INTEGER_MAX],
        /// How many entries without a message were taken out.
        pub deleted: u64 [0..=INTEGER_MAX],
    }
}
