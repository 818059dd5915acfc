//! Sealed cursors of resumed streams (RES-10): nothing opens but what was sealed, for whom it was sealed, and to the same place.

use std::sync::LazyLock;

use filament_core::Place;
use filament_fanout::{CursorError, Cursors, Reached};
use filament_protocol::{Timestamp, UserId};
use filament_server::gateway::{CursorKey, SealedCursors};

/// When every cursor is issued.
const ISSUED_SECS: u64 = 1_800_000_000;
/// How long a cursor is good for (RES-10).
const LIFE_SECS: u64 = 24 * 60 * 60;

static OURS: LazyLock<SealedCursors> = LazyLock::new(|| cursors(1, 5));
/// The same key and journal in another process.
static AFTER_RESTART: LazyLock<SealedCursors> = LazyLock::new(|| cursors(1, 5));
static OTHER_KEY: LazyLock<SealedCursors> = LazyLock::new(|| cursors(2, 5));
static OTHER_JOURNAL: LazyLock<SealedCursors> = LazyLock::new(|| cursors(1, 6));

/// Checks an input as a cursor, then as numbers to seal and a list of things to do to what was sealed.
pub fn check(input: &[u8]) {
    let text = String::from_utf8_lossy(input);
    assert_eq!(open(&OURS, &text, UserId::from_u128(7), 0), Err(CursorError::Invalid), "{text:?}");
    let Some((numbers, changes)) = input.split_first_chunk::<24>() else { return };
    let place = Place {
        seq: u64::from_be_bytes(*numbers.first_chunk().expect("24 bytes")),
        part: u16::from_be_bytes([numbers[8], numbers[9]]),
    };
    let reached = Reached { place, access: u64::from_be_bytes(*numbers[12..].first_chunk().expect("24 bytes")) };
    let user_id = UserId::from_u128(u128::from(numbers[10]) << 120 | u128::from(numbers[11]));
    let age_secs = u64::from(u32::from_be_bytes(*numbers.last_chunk().expect("24 bytes")));
    let sealed = seal(reached, user_id);
    good(&sealed, reached, user_id, age_secs);
    let other = seal(reached, user_id);
    let changed = changed(&sealed, &other, changes);
    if changed != sealed && changed != other {
        let opened = open(&AFTER_RESTART, &changed, user_id, age_secs);
        assert_eq!(opened, Err(CursorError::Invalid), "{changed:?} of {sealed:?}");
    }
}

/// What was sealed is opened by who has the key, for the user, in time, in its journal.
fn good(sealed: &str, reached: Reached, user_id: UserId, age_secs: u64) {
    let is_allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"-_".contains(&byte);
    assert!(sealed.len() == 111 && sealed.bytes().all(is_allowed), "{sealed:?}");
    assert_ne!(sealed, seal(reached, user_id), "two cursors show that they are of one place");
    let in_time = if age_secs <= LIFE_SECS { Ok(reached) } else { Err(CursorError::Expired) };
    assert_eq!(open(&OURS, sealed, user_id, age_secs), in_time);
    assert_eq!(open(&AFTER_RESTART, sealed, user_id, age_secs), in_time);
    assert_eq!(open(&OTHER_JOURNAL, sealed, user_id, age_secs), Err(CursorError::Epoch));
    assert_eq!(open(&OTHER_KEY, sealed, user_id, age_secs), Err(CursorError::Invalid));
    for bit in [0, 64, 127] {
        let other = UserId::from_u128(user_id.as_u128() ^ 1 << bit);
        assert_eq!(open(&OURS, sealed, other, age_secs), Err(CursorError::Invalid));
    }
}

/// Does to a text what the bytes say, in turns of a kind, a position and what the kind needs; `other` is another cursor of the same place.
fn changed(sealed: &str, other: &str, mut changes: &[u8]) -> String {
    let mut text: Vec<u8> = sealed.bytes().collect();
    while let [kind, at, rest @ ..] = changes {
        changes = rest;
        let at = usize::from(*at) % (text.len() + 1);
        match kind % 6 {
            kind @ (0 | 1) => {
                let [byte, rest @ ..] = rest else { break };
                changes = rest;
                if kind == 0 && at < text.len() {
                    text[at] = *byte;
                } else {
                    text.insert(at, *byte);
                }
            }
            2 if at < text.len() => drop(text.remove(at)),
            3 => text.truncate(at),
            4 => {
                // The rest is the other's.
                text.truncate(at);
                text.extend(other.bytes().skip(at));
            }
            5 => text.rotate_left(at),
            _ => {}
        }
    }
    String::from_utf8_lossy(&text).into_owned()
}

fn cursors(key: u8, epoch: u128) -> SealedCursors {
    SealedCursors::new(&CursorKey::from_bytes([key; 32]), epoch).expect("random bytes")
}

fn seal(reached: Reached, user_id: UserId) -> String {
    let mut text = Vec::new();
    OURS.seal(user_id, reached, at(0), &mut text);
    String::from_utf8(text).expect("ASCII")
}

fn open(cursors: &SealedCursors, text: &str, user_id: UserId, age_secs: u64) -> Result<Reached, CursorError> {
    cursors.open(text, user_id, at(age_secs))
}

fn at(age_secs: u64) -> Timestamp {
    Timestamp::new(ISSUED_SECS + age_secs).expect("a time")
}
