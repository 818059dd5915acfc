//! Bans by address, and where users were seen.

use filament_core::{
    AddressSighting, NewAddressBans,
    limits::{ADDRESS_MEMORY_SECS, ADDRESSES_PER_USER_MAX},
};
use rusqlite::{Connection, Result};

use crate::{
    row::{key, secs, signed},
    sql::{self, one_row},
};

pub(super) fn ban_addresses(connection: &Connection, new: &NewAddressBans) -> Result<()> {
    for ban_id in &new.expired {
        one_row(connection, sql::ADDRESS_BAN_REMOVE, [key(new.guild_id), key(*ban_id)])?;
    }
    for ban in &new.bans {
        let columns = (
            key(new.guild_id),
            key(ban.ban_id),
            ban.address.bits().to_be_bytes(),
            key(new.target_user_id),
            new.reason.as_ref().map(|reason| reason.as_str()),
            secs(new.created_at),
            ban.expires_at.map(secs),
        );
        one_row(connection, sql::ADDRESS_BAN_ADD, columns)?;
    }
    Ok(())
}

/// Remembers one address and forgets what IPB-1 does not keep.
pub(super) fn see_address(connection: &Connection, seen: &AddressSighting) -> Result<()> {
    let (user, at) = (key(seen.user_id), secs(seen.seen_at));
    one_row(connection, sql::ADDRESS_SEE, (user, seen.address.bits().to_be_bytes(), at))?;
    let too_old = at.saturating_sub(signed(ADDRESS_MEMORY_SECS));
    connection.prepare_cached(sql::ADDRESSES_FORGET)?.execute((
        user,
        too_old,
        signed(ADDRESSES_PER_USER_MAX as u64),
    ))?;
    Ok(())
}
