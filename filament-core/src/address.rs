//! Addresses of clients, as far as a guild's address bans need them (contract §10.6). No address leaves the server: its `Debug` is mute.

use std::{
    fmt,
    net::{IpAddr, Ipv6Addr},
};

use filament_protocol::{IpBanId, Timestamp};
use serde::{Deserialize, Serialize};

/// A client's address. An IPv4 address and its IPv4-mapped IPv6 form are one (HTTP-18).
///
/// ```
/// use filament_core::Address;
/// let plain = Address::from("192.0.2.7".parse::<std::net::IpAddr>().unwrap());
/// let mapped = Address::from("::ffff:192.0.2.7".parse::<std::net::IpAddr>().unwrap());
/// assert_eq!(plain, mapped);
/// assert_eq!(format!("{plain:?}"), "Address(..)");
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Address(u128);

impl Address {
    /// The stored form: the bits of the IPv6 address, IPv4 ones mapped.
    #[must_use]
    pub const fn bits(self) -> u128 {
        self.0
    }

    /// From the stored form.
    #[must_use]
    pub const fn from_bits(bits: u128) -> Self {
        Self(bits)
    }
}

impl From<IpAddr> for Address {
    fn from(address: IpAddr) -> Self {
        let address: Ipv6Addr = match address {
            IpAddr::V4(address) => address.to_ipv6_mapped(),
            IpAddr::V6(address) => address,
        };
        Self(address.to_bits())
    }
}

impl fmt::Debug for Address {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Address(..)")
    }
}

/// An address that may not enter a guild, as the gate sees it (IPB-3).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AddressBan {
    /// The ban, as it is listed.
    pub ban_id: IpBanId,
    /// The address.
    pub address: Address,
    /// When it ends by itself; `None`: never.
    pub expires_at: Option<Timestamp>,
}

impl AddressBan {
    /// Whether it still holds.
    #[must_use]
    pub fn is_active(&self, now: Timestamp) -> bool {
        self.expires_at.is_none_or(|end| end > now)
    }
}
