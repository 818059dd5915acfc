//! Whose request it is, by address: networks, trusted proxies, and the client behind them (HTTP-18).
//!
//! | peer | `X-Forwarded-For` | client |
//! | --- | --- | --- |
//! | not trusted | anything | the peer |
//! | trusted | none, unreadable, or over 512 bytes | the peer |
//! | trusted | `6.6.6.6, 203.0.113.9, 10.0.0.2` with 10.0.0.0/8 trusted | 203.0.113.9 |
//!
//! Entries further left than the answer were written by the client itself and are never believed.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::str::FromStr;

use thiserror::Error;

use crate::limits::{FORWARDED_FOR_BYTES_MAX, TRUSTED_PROXIES_MAX};

/// Why a text is no network or list of networks.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum NetworkError {
    /// The part before the slash is no address.
    #[error("`{0}` is not an IP address")]
    Address(String),
    /// The part after the slash is no prefix length of that kind of address.
    #[error("`{0}` has no prefix length of that kind of address")]
    Prefix(String),
    /// The list has too many entries.
    #[error("more than {TRUSTED_PROXIES_MAX} networks")]
    TooMany,
}

/// A network: an address and the number of its leading bits that count.
///
/// Bits behind the prefix are ignored, a bare address is a network of one, and an IPv4-mapped IPv6 network is the IPv4
/// network in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Network {
    /// The first address, host bits zero.
    first: IpAddr,
    prefix: u8,
}

impl Network {
    /// Tells whether the address lies in the network. IPv4-mapped IPv6 counts as IPv4.
    pub fn contains(&self, address: IpAddr) -> bool {
        masked(address.to_canonical(), self.prefix) == Some(self.first)
    }
}

/// The address with only its first `prefix` bits, or `None` if that kind of address has fewer.
fn masked(address: IpAddr, prefix: u8) -> Option<IpAddr> {
    Some(match address {
        IpAddr::V4(v4) => {
            let host_bits = 32_u32.checked_sub(prefix.into())?;
            IpAddr::V4(Ipv4Addr::from_bits(v4.to_bits() & u32::MAX.checked_shl(host_bits).unwrap_or(0)))
        }
        IpAddr::V6(v6) => {
            let host_bits = 128_u32.checked_sub(prefix.into())?;
            IpAddr::V6(Ipv6Addr::from_bits(v6.to_bits() & u128::MAX.checked_shl(host_bits).unwrap_or(0)))
        }
    })
}

impl FromStr for Network {
    type Err = NetworkError;

    fn from_str(text: &str) -> Result<Self, NetworkError> {
        let (address_text, prefix_text) = match text.split_once('/') {
            Some((address, prefix)) => (address, Some(prefix)),
            None => (text, None),
        };
        let written: IpAddr = address_text.parse().map_err(|_| NetworkError::Address(text.to_owned()))?;
        let address = written.to_canonical();
        let mapped_bits = if written.is_ipv6() && address.is_ipv4() { 96 } else { 0 };
        let bits: u8 = if address.is_ipv4() { 32 } else { 128 };
        let prefix = match prefix_text {
            None => bits,
            Some(digits) if digits.bytes().all(|byte| byte.is_ascii_digit()) => digits
                .parse::<u8>()
                .ok()
                .and_then(|prefix| prefix.checked_sub(mapped_bits))
                .ok_or_else(|| NetworkError::Prefix(text.to_owned()))?,
            Some(_) => return Err(NetworkError::Prefix(text.to_owned())),
        };
        let first = masked(address, prefix).ok_or_else(|| NetworkError::Prefix(text.to_owned()))?;
        Ok(Self { first, prefix })
    }
}

impl fmt::Display for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.first, self.prefix)
    }
}

/// The networks whose `X-Forwarded-For` is believed; empty by default.
///
/// Text form: networks separated by commas, white space around them ignored, at most 64.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TrustedProxies(Vec<Network>);

impl TrustedProxies {
    /// Tells whether the address is one of a trusted proxy.
    pub fn contains(&self, address: IpAddr) -> bool {
        self.0.iter().any(|network| network.contains(address))
    }

    /// The client's address: the peer, or, if the peer is trusted, the right-most forwarded entry that is not (HTTP-18).
    ///
    /// `forwarded_for` are the values of all `X-Forwarded-For` headers in the order received. Entries may carry a port and
    /// brackets. An entry that is no address ends the search with the peer, since whoever wrote it is unknown.
    pub fn client<'a>(&self, peer: IpAddr, forwarded_for: impl IntoIterator<Item = &'a [u8]>) -> IpAddr {
        let peer = peer.to_canonical();
        if self.0.is_empty() || !self.contains(peer) {
            return peer;
        }
        let mut lines = Vec::new();
        let mut bytes = 0_usize;
        for line in forwarded_for {
            bytes = bytes.saturating_add(line.len());
            if bytes > FORWARDED_FOR_BYTES_MAX {
                return peer;
            }
            lines.push(line);
        }
        for entry in lines.iter().rev().flat_map(|line| line.rsplit(|&byte| byte == b',')) {
            match forwarded_address(entry) {
                Some(address) if self.contains(address) => {}
                Some(address) => return address,
                None => return peer,
            }
        }
        peer
    }
}

/// One entry of the header: an address, or one with a port.
fn forwarded_address(entry: &[u8]) -> Option<IpAddr> {
    let text = std::str::from_utf8(entry.trim_ascii()).ok()?;
    let bracketed = || text.strip_prefix('[')?.strip_suffix(']')?.parse::<Ipv6Addr>().ok().map(IpAddr::V6);
    text.parse::<IpAddr>()
        .ok()
        .or_else(|| text.parse::<SocketAddr>().ok().map(|address| address.ip()))
        .or_else(bracketed)
        .map(|address| address.to_canonical())
}

impl FromStr for TrustedProxies {
    type Err = NetworkError;

    fn from_str(text: &str) -> Result<Self, NetworkError> {
        if text.trim().is_empty() {
            return Ok(Self::default());
        }
        let networks: Vec<Network> =
            text.split(',').take(TRUSTED_PROXIES_MAX + 1).map(|part| part.trim().parse()).collect::<Result<_, _>>()?;
        if networks.len() > TRUSTED_PROXIES_MAX {
            return Err(NetworkError::TooMany);
        }
        Ok(Self(networks))
    }
}

impl fmt::Display for TrustedProxies {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, network) in self.0.iter().enumerate() {
            let separator = if index == 0 { "" } else { "," };
            write!(f, "{separator}{network}")?;
        }
        Ok(())
    }
}

/// What limits by address count against: an IPv4 address, or the /64 an IPv6 client can pick addresses from (HTTP-17).
///
/// It has no text form on purpose: addresses stay out of answers, metrics and logs (IPB-5).
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct AddressBlock(IpAddr);

impl From<IpAddr> for AddressBlock {
    fn from(address: IpAddr) -> Self {
        Self(match address.to_canonical() {
            v4 @ IpAddr::V4(_) => v4,
            IpAddr::V6(v6) => IpAddr::V6(Ipv6Addr::from_bits(v6.to_bits() & (u128::MAX << 64))),
        })
    }
}

impl fmt::Debug for AddressBlock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AddressBlock(..)")
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn ip(text: &str) -> IpAddr {
        text.parse().expect("an address")
    }

    fn client(trusted: &str, peer: &str, headers: &[&str]) -> IpAddr {
        let trusted: TrustedProxies = trusted.parse().expect("networks");
        trusted.client(ip(peer), headers.iter().map(|line| line.as_bytes()))
    }

    /// Proves HTTP-18.
    #[test]
    fn the_client_is_the_right_most_hop_that_is_not_a_trusted_proxy() {
        let table: &[(&str, &str, &[&str], &str)] = &[
            // trusted, peer, headers, client
            ("", "127.0.0.1", &["203.0.113.9"], "127.0.0.1"),
            ("10.0.0.0/8", "192.0.2.1", &["203.0.113.9"], "192.0.2.1"),
            ("10.0.0.0/8", "10.1.2.3", &[], "10.1.2.3"),
            ("10.0.0.0/8", "10.1.2.3", &["203.0.113.9"], "203.0.113.9"),
            ("10.0.0.0/8", "10.1.2.3", &["6.6.6.6, 203.0.113.9"], "203.0.113.9"),
            ("10.0.0.0/8", "10.1.2.3", &["6.6.6.6, 203.0.113.9,10.9.9.9"], "203.0.113.9"),
            ("10.0.0.0/8", "10.1.2.3", &["6.6.6.6", "203.0.113.9", "10.9.9.9"], "203.0.113.9"),
            ("10.0.0.0/8", "10.1.2.3", &["10.9.9.8, 10.9.9.9"], "10.1.2.3"),
            ("10.0.0.0/8", "10.1.2.3", &["203.0.113.9, unknown"], "10.1.2.3"),
            ("10.0.0.0/8", "10.1.2.3", &["203.0.113.9, unknown, 10.9.9.9"], "10.1.2.3"),
            ("10.0.0.0/8", "10.1.2.3", &["unknown, 203.0.113.9"], "203.0.113.9"),
            ("10.0.0.0/8", "10.1.2.3", &["203.0.113.9,"], "10.1.2.3"),
            ("10.0.0.0/8", "10.1.2.3", &[""], "10.1.2.3"),
            ("10.0.0.0/8", "10.1.2.3", &["203.0.113.9:4711"], "203.0.113.9"),
            ("10.0.0.0/8", "10.1.2.3", &["[2001:db8::1]:443"], "2001:db8::1"),
            ("10.0.0.0/8", "10.1.2.3", &["[2001:db8::1]"], "2001:db8::1"),
            ("10.0.0.0/8", "::ffff:10.1.2.3", &["::ffff:203.0.113.9"], "203.0.113.9"),
            ("::ffff:10.0.0.0/104", "10.1.2.3", &["203.0.113.9"], "203.0.113.9"),
            ("::1,fd00::/8", "::1", &["203.0.113.9, fd12::1"], "203.0.113.9"),
            ("", "::ffff:192.0.2.1", &[], "192.0.2.1"),
        ];
        for (trusted, peer, headers, expected) in table {
            assert_eq!(client(trusted, peer, headers), ip(expected), "{trusted} {peer} {headers:?}");
        }
    }

    /// Proves HTTP-18: a header of more than 512 bytes is ignored, over all its lines.
    #[test]
    fn a_long_header_is_ignored() {
        let fits = format!("{}203.0.113.9", " ".repeat(FORWARDED_FOR_BYTES_MAX - 11));
        assert_eq!(client("10.0.0.0/8", "10.0.0.1", &[&fits]), ip("203.0.113.9"));
        let long = format!(" {fits}");
        assert_eq!(client("10.0.0.0/8", "10.0.0.1", &[&long]), ip("10.0.0.1"));
        assert_eq!(client("10.0.0.0/8", "10.0.0.1", &[&fits, "203.0.113.9"]), ip("10.0.0.1"));
    }

    #[test]
    fn networks_that_are_none_are_refused() {
        for text in [
            "",
            "10.0.0.0/",
            "10.0.0.0/33",
            "10.0.0.0/-1",
            "10.0.0.0/+8",
            "::/129",
            "::ffff:10.0.0.0/95",
            "10.0.0/8",
            "a/8",
            "fe80::1%eth0/64",
            "10.0.0.0/256",
        ] {
            assert!(text.parse::<Network>().is_err(), "{text}");
        }
        assert!("10.0.0.0/8,,::1".parse::<TrustedProxies>().is_err());
        let many = vec!["10.0.0.0/8"; TRUSTED_PROXIES_MAX + 1].join(",");
        assert_eq!(many.parse::<TrustedProxies>(), Err(NetworkError::TooMany));
        assert!(many[11..].parse::<TrustedProxies>().is_ok());
    }

    #[test]
    fn networks_are_shown_as_their_first_address() {
        for (text, shown) in [
            ("10.1.2.3/8", "10.0.0.0/8"),
            ("192.0.2.1", "192.0.2.1/32"),
            ("2001:DB8::1/32", "2001:db8::/32"),
            ("0.0.0.0/0", "0.0.0.0/0"),
            ("::/0", "::/0"),
        ] {
            assert_eq!(text.parse::<Network>().expect(text).to_string(), shown);
        }
        let list = " 10.1.2.3/8 , ::1 ".parse::<TrustedProxies>().expect("a list");
        assert_eq!(list.to_string(), "10.0.0.0/8,::1/128");
    }

    /// Proves HTTP-17 (addresses of one IPv6 /64 share a limit).
    #[test]
    fn an_ipv6_client_is_counted_by_its_64() {
        let block = |text| AddressBlock::from(ip(text));
        assert!(block("2001:db8:1:2::1") == block("2001:db8:1:2:ffff::9"));
        assert!(block("2001:db8:1:2::1") != block("2001:db8:1:3::1"));
        assert!(block("::ffff:192.0.2.1") == block("192.0.2.1"));
        assert!(block("192.0.2.1") != block("192.0.2.2"));
    }

    proptest! {
        #[test]
        fn a_network_holds_exactly_the_addresses_with_its_bits(first: u32, other: u32, prefix in 0_u8..=32) {
            let network: Network = format!("{}/{prefix}", Ipv4Addr::from_bits(first)).parse().expect("a network");
            let same = (0..prefix).all(|bit| (first ^ other) & (0x8000_0000 >> bit) == 0);
            prop_assert_eq!(network.contains(Ipv4Addr::from_bits(other).into()), same);
            prop_assert_eq!(network.contains(Ipv4Addr::from_bits(other).to_ipv6_mapped().into()), same);
        }

        #[test]
        fn any_header_gives_an_answer_that_is_the_peer_or_an_entry(header in proptest::collection::vec(any::<u8>(), 0..64)) {
            let trusted: TrustedProxies = "10.0.0.0/8".parse().expect("a network");
            let peer = ip("10.0.0.1");
            let client = trusted.client(peer, [header.as_slice()]);
            prop_assert!(client == peer || !trusted.contains(client));
        }
    }
}
