//! Facts of addresses: the gate a guild closes on some, and where users were seen.

use filament_protocol::{GuildId, Timestamp, UserId};

use super::{Fact, Facts, Need};
use crate::{actor::Actor, address::Address, audit::Surface, denial::Denial, permission::rank};

impl Facts {
    /// Refuses a caller whose address the guild bans; owner and server owner are exempt (IPB-3). Comes before everything else.
    /// Needs [`Need::Guild`] and [`Need::Member`] of the actor.
    ///
    /// # Errors
    /// [`Denial::AddressBanned`].
    pub fn pass_gate(&self, guild_id: GuildId, actor: &Actor) -> Result<(), Denial> {
        let (Some(graph), Some(address)) = (self.guild(guild_id)?, actor.address) else {
            return Ok(());
        };
        let is_banned = graph.bans_address(address, self.stamp.now());
        if is_banned && !rank(graph, self.subject(guild_id, actor)?).is_excepted() {
            return Err(Denial::AddressBanned);
        }
        Ok(())
    }

    /// When this user last met the address gate there.
    ///
    /// # Errors
    /// [`Denial::Unplanned`].
    pub fn last_address_hit(
        &self,
        guild_id: GuildId,
        user_id: UserId,
        surface: Surface,
    ) -> Result<Option<Timestamp>, Denial> {
        self.time(&Need::LastAddressHit(guild_id, user_id, surface))
    }

    /// When a user was last seen at an address.
    ///
    /// # Errors
    /// [`Denial::Unplanned`].
    pub fn address_seen(&self, user_id: UserId, address: Address) -> Result<Option<Timestamp>, Denial> {
        self.time(&Need::AddressSeen(user_id, address))
    }

    /// Where a user was seen, newest first.
    ///
    /// # Errors
    /// [`Denial::Unplanned`].
    pub fn addresses(&self, user_id: UserId) -> Result<&[Address], Denial> {
        match self.find(&Need::Addresses(user_id))? {
            Fact::Addresses(addresses) => Ok(addresses),
            _ => Err(Denial::Unplanned("addresses")),
        }
    }
}
