//! Origins that browsers may call from (HTTP-19).

use std::fmt;
use std::str::FromStr;

use thiserror::Error;

use crate::limits::{ALLOWED_ORIGINS_MAX, ORIGIN_BYTES_MAX};

/// Why a text is no list of origins.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum OriginError {
    /// An entry is not `scheme://host` or `scheme://host:port`.
    #[error("`{0}` is not an origin: write scheme://host or scheme://host:port, without a path")]
    Malformed(String),
    /// The list has too many entries.
    #[error("more than {ALLOWED_ORIGINS_MAX} origins")]
    TooMany,
}

/// The origins that may call, as browsers write them; empty by default, which switches CORS off.
///
/// Text form: origins separated by commas, white space around them ignored, at most 64. There is no wildcard.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AllowedOrigins(Vec<String>);

impl AllowedOrigins {
    /// Tells whether the list is empty: CORS is off and the gateway does not look at `Origin`.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Tells whether the value of an `Origin` header is in the list, ignoring ASCII case.
    pub fn contains(&self, origin: &[u8]) -> bool {
        self.0.iter().any(|allowed| allowed.as_bytes().eq_ignore_ascii_case(origin))
    }
}

impl FromStr for AllowedOrigins {
    type Err = OriginError;

    fn from_str(text: &str) -> Result<Self, OriginError> {
        if text.trim().is_empty() {
            return Ok(Self::default());
        }
        let origins: Vec<String> =
            text.split(',').take(ALLOWED_ORIGINS_MAX + 1).map(|part| origin(part.trim())).collect::<Result<_, _>>()?;
        if origins.len() > ALLOWED_ORIGINS_MAX {
            return Err(OriginError::TooMany);
        }
        Ok(Self(origins))
    }
}

/// The origin as a browser would write it: lower case, without the port that goes without saying.
fn origin(text: &str) -> Result<String, OriginError> {
    let malformed = || OriginError::Malformed(text.chars().take(ORIGIN_BYTES_MAX).collect());
    if text.len() > ORIGIN_BYTES_MAX {
        return Err(malformed());
    }
    let lower = text.to_ascii_lowercase();
    let uri: http::Uri = lower.parse().map_err(|_| malformed())?;
    let (Some(scheme), Some(authority)) = (uri.scheme_str(), uri.authority()) else {
        return Err(malformed());
    };
    let port = authority.port_u16();
    let written = match port {
        Some(port) => format!("{scheme}://{}:{port}", authority.host()),
        None => format!("{scheme}://{}", authority.host()),
    };
    if written != lower || authority.host().is_empty() || authority.host().contains('*') {
        return Err(malformed());
    }
    Ok(match (scheme, port) {
        ("https", Some(443)) | ("http", Some(80)) => format!("{scheme}://{}", authority.host()),
        _ => written,
    })
}

impl fmt::Display for AllowedOrigins {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.join(","))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn origins_are_kept_as_browsers_write_them() {
        let origins: AllowedOrigins =
            " HTTPS://Chat.Example , http://localhost:5173,https://a.example:443,http://[::1]:8080"
                .parse()
                .expect("origins");
        assert_eq!(
            origins.to_string(),
            "https://chat.example,http://localhost:5173,https://a.example,http://[::1]:8080"
        );
        for allowed in ["https://chat.example", "https://CHAT.example", "https://a.example", "http://[::1]:8080"] {
            assert!(origins.contains(allowed.as_bytes()), "{allowed}");
        }
        for other in ["https://chat.example:8443", "http://chat.example", "https://evil.chat.example", "null", "", "*"]
        {
            assert!(!origins.contains(other.as_bytes()), "{other}");
        }
    }

    #[test]
    fn what_is_no_origin_is_refused() {
        for text in [
            "*",
            "chat.example",
            "https://",
            "https://chat.example/",
            "https://chat.example/x",
            "https://u@chat.example",
            "https://chat.example?x",
            "https://*.example",
            "https://a b",
            "https://chat.example:99999",
            "https://chat.example:",
            "null",
            "https://a.example,,https://b.example",
        ] {
            assert!(text.parse::<AllowedOrigins>().is_err(), "{text}");
        }
        let many = vec!["https://a.example"; ALLOWED_ORIGINS_MAX + 1].join(",");
        assert_eq!(many.parse::<AllowedOrigins>(), Err(OriginError::TooMany));
        assert!(AllowedOrigins::from_str(" ").expect("empty").is_empty());
    }
}
