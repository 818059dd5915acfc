//! The bytes of composed messages: a `batch` of RES-1, the blocks of an SSE stream.

use std::borrow::Cow;

use bytes::Bytes;
use filament_protocol::limits::{BATCH_EVENTS_MAX, EVENT_BYTES_MAX};

use super::{compose::Composer, write::Writing};
use crate::{
    cursor::Reached,
    frame::Frame,
    limits::{CURSOR_BYTES_MAX, STREAM_RETRY},
};

const BATCH_HEAD: &[u8] = br#"{"v":1,"t":"batch","d":{"s":"#;
const BATCH_CURSOR: &[u8] = br#","cursor":""#;
const BATCH_EVENTS: &[u8] = br#","events":["#;
const BATCH_END: &[u8] = b"]}}";
const ID: &[u8] = b"id: ";
const DATA: &[u8] = b"data: ";
const BLOCK_END: &[u8] = b"\n\n";

/// The text of an event in the message of that number: a `heartbeat_ack` carries it (GW-46).
pub(super) fn of(frame: &Frame, s: u64) -> Cow<'_, [u8]> {
    match frame.numbered(s) {
        Some(numbered) => Cow::Owned(numbered.payload().to_vec()),
        None => Cow::Borrowed(frame.payload()),
    }
}

/// Whether so many events, of so many bytes, fit one message (RES-2). A single one always does (ENV-12).
pub(super) const fn fits(events: usize, bytes: usize) -> bool {
    events <= BATCH_EVENTS_MAX && bytes <= EVENT_BYTES_MAX
}

/// A `batch` of frames whose texts take `text_bytes` with a byte behind each.
pub(super) fn batch<'f>(
    frames: impl Iterator<Item = &'f Frame>,
    composer: &Composer,
    s: u64,
    text_bytes: usize,
    reached: Reached,
    writing: &Writing<'_>,
) -> Frame {
    let mut cursor = Vec::new();
    if composer.mode.has_cursor() {
        cursor.reserve_exact(CURSOR_BYTES_MAX);
        cursor.extend_from_slice(BATCH_CURSOR);
        writing.cursors.seal(composer.user_id, reached, writing.now.wall, &mut cursor);
        cursor.push(b'"');
    }
    let number = s.to_string();
    let around = BATCH_HEAD.len() + number.len() + cursor.len() + BATCH_EVENTS.len() + BATCH_END.len();
    // The byte behind the last text is the bracket, which `BATCH_END` has already.
    Frame::composed(around + text_bytes - 1, |bytes| {
        for part in [BATCH_HEAD, number.as_bytes(), &cursor, BATCH_EVENTS] {
            bytes.extend_from_slice(part);
        }
        for (index, frame) in frames.enumerate() {
            if index > 0 {
                bytes.push(b',');
            }
            bytes.extend_from_slice(&of(frame, s));
        }
        bytes.extend_from_slice(BATCH_END);
    })
}

/// The block of one event of a stream, with the cursor before it.
pub(super) fn block(
    frame: &Frame,
    reached: Reached,
    is_first: bool,
    composer: &Composer,
    writing: &Writing<'_>,
) -> Frame {
    let around = ID.len() + CURSOR_BYTES_MAX + 1 + DATA.len() + BLOCK_END.len();
    let bytes_max = STREAM_RETRY.len() + around + frame.payload().len();
    Frame::composed(bytes_max, |bytes| {
        if is_first {
            bytes.extend_from_slice(STREAM_RETRY);
        }
        push_id(bytes, composer, reached, writing);
        for part in [DATA, frame.payload(), BLOCK_END] {
            bytes.extend_from_slice(part);
        }
    })
}

/// Control bytes with a block behind them that has nothing but an `id:` line.
pub(super) fn control_with_id(control: &Bytes, composer: &Composer, reached: Reached, writing: &Writing<'_>) -> Bytes {
    let mut bytes = control.to_vec();
    push_id(&mut bytes, composer, reached, writing);
    bytes.push(b'\n');
    bytes.into()
}

fn push_id(bytes: &mut Vec<u8>, composer: &Composer, reached: Reached, writing: &Writing<'_>) {
    bytes.extend_from_slice(ID);
    writing.cursors.seal(composer.user_id, reached, writing.now.wall, bytes);
    bytes.push(b'\n');
}
