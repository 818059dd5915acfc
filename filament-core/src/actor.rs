//! Who asks.

use filament_protocol::{SessionId, UserId};

use crate::address::Address;

/// An authenticated caller.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Actor {
    /// The user whose rights count.
    pub user_id: UserId,
    /// The login this call came through.
    pub session_id: SessionId,
    /// Whether this is the account named by `FILAMENT_SERVER_OWNER_USER_ID` (PE-0).
    pub is_server_owner: bool,
    /// Where the call comes from (HTTP-18), for the gate of guilds that ban addresses (IPB-3); without one no gate is closed.
    pub address: Option<Address>,
}

/// A caller without a token: register, login, refresh, logout prove themselves by what they present.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Anonymous;
