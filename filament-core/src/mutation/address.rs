//! Address bans, and what is remembered about addresses.

use filament_protocol::{GuildId, IpBanId, Timestamp, UserId, text::BanReason};

use crate::address::{Address, AddressBan};

/// Addresses of a user that may not enter from now on (IPB-2); at least one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewAddressBans {
    /// The guild.
    pub guild_id: GuildId,
    /// Whose addresses.
    pub target_user_id: UserId,
    /// The bans, ascending.
    pub bans: Vec<AddressBan>,
    /// Earlier bans that have expired and are cleared away on this occasion, silently.
    pub expired: Vec<IpBanId>,
    /// Why, if it was said.
    pub reason: Option<BanReason>,
    /// Who.
    pub actor_user_id: UserId,
    /// When.
    pub created_at: Timestamp,
}

/// An address a user was seen at (IPB-1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AddressSighting {
    /// The user.
    pub user_id: UserId,
    /// The address.
    pub address: Address,
    /// When.
    pub seen_at: Timestamp,
}
