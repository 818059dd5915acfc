//! Who is in which voice channel: one row per user, written and read whole.

use filament_core::{
    limits::{VOICE_CHANNELS_MAX, VOICE_PARTICIPANTS_MAX},
    voice::{Sid, Streams, VoiceGrants, VoicePlace, VoiceRecord},
};
use filament_protocol::UserId;
use rusqlite::{Connection, Result, Row};

use crate::{
    row::{id, key, secs, signed, small, time},
    sql,
};

/// As many as there can be at once (VOI-9).
const STAYS_MAX: u64 = (VOICE_CHANNELS_MAX * VOICE_PARTICIPANTS_MAX) as u64;

/// Writes stays, and forgets those of users who are gone, whether there are any or not.
pub(crate) fn keep(connection: &Connection, kept: &[VoiceRecord], gone: &[UserId]) -> Result<()> {
    for stay in kept {
        connection.prepare_cached(sql::STAY_KEEP)?.execute((
            key(stay.user_id),
            key(stay.place.guild_id),
            key(stay.place.channel_id),
            secs(stay.joined_at),
            secs(stay.updated_at),
            stay.grants.bits(),
            stay.is_muted,
            stay.is_deafened,
            stay.streams.bits(),
            stay.sid.as_ref().map(Sid::as_str),
        ))?;
    }
    for user_id in gone {
        connection.prepare_cached(sql::STAY_FORGET)?.execute([key(*user_id)])?;
    }
    Ok(())
}

/// Reads every stay, by user.
pub(crate) fn all(connection: &Connection) -> Result<Vec<VoiceRecord>> {
    connection.prepare_cached(sql::STAYS)?.query_map([signed(STAYS_MAX)], stay)?.collect()
}

fn stay(row: &Row<'_>) -> Result<VoiceRecord> {
    let sid: Option<String> = row.get(9)?;
    Ok(VoiceRecord {
        user_id: id(row, 0)?,
        place: VoicePlace { guild_id: id(row, 1)?, channel_id: id(row, 2)? },
        joined_at: time(row, 3)?,
        updated_at: time(row, 4)?,
        grants: VoiceGrants::from_bits(small(row, 5)?),
        is_muted: row.get(6)?,
        is_deafened: row.get(7)?,
        streams: Streams::from_bits(small(row, 8)?),
        sid: sid.as_deref().and_then(Sid::new), // one that is not known is learned again
    })
}
