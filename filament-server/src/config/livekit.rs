//! Voice: where LiveKit is and who the server is there (§12).

use std::fmt;
use std::str::FromStr;

use clap::{Args, ValueEnum};

use super::SecretValue;
use crate::limits::LIVEKIT_URL_BYTES_MAX;

/// Voice. Key and secret are both set or both not; without them every voice route answers `voice_unavailable`.
#[derive(Clone, Debug, PartialEq, Eq, Args)]
#[command(next_help_heading = "Voice")]
pub struct LivekitConfig {
    /// API key of LiveKit; needs the API secret
    #[arg(long = "livekit-api-key", env = "FILAMENT_LIVEKIT_API_KEY", value_name = "KEY")]
    pub api_key: Option<SecretValue>,

    /// API secret of LiveKit; needs the API key
    #[arg(long = "livekit-api-secret", env = "FILAMENT_LIVEKIT_API_SECRET", value_name = "SECRET")]
    pub api_secret: Option<SecretValue>,

    /// Where clients reach LiveKit, ws or wss; the server calls http or https of the same host
    #[arg(
        long = "livekit-url",
        env = "FILAMENT_LIVEKIT_URL",
        value_name = "URL",
        default_value = "ws://127.0.0.1:7880"
    )]
    pub url: LivekitUrl,

    /// What makes somebody a participant: immediate (the token itself) or webhook (LiveKit's word)
    #[arg(
        long,
        env = "FILAMENT_VOICE_CONFIRM",
        value_name = "WHEN",
        default_value = "immediate",
        hide_possible_values = true
    )]
    pub voice_confirm: VoiceConfirm,
}

impl LivekitConfig {
    /// Key and secret, if voice is configured.
    pub fn credentials(&self) -> Option<(&SecretValue, &SecretValue)> {
        self.api_key.as_ref().zip(self.api_secret.as_ref())
    }
}

/// What makes somebody a participant of a voice channel (VOI-2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum VoiceConfirm {
    /// Issuing the token.
    Immediate,
    /// LiveKit's word that they joined.
    Webhook,
}

/// The address of LiveKit: `ws://host[:port]` or `wss://host[:port]`, at most 256 bytes, without path or user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LivekitUrl {
    secure: bool,
    authority: String,
}

impl LivekitUrl {
    /// Where the server calls the API: `http` or `https` of the same host.
    pub fn api_base(&self) -> String {
        let scheme = if self.secure { "https" } else { "http" };
        format!("{scheme}://{}", self.authority)
    }
}

impl FromStr for LivekitUrl {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let malformed =
            || format!("must be ws://host or wss://host, perhaps with a port, at most {LIVEKIT_URL_BYTES_MAX} bytes");
        let uri: http::Uri = text.parse().map_err(|_| malformed())?;
        let secure = match uri.scheme_str() {
            Some("wss") => true,
            Some("ws") => false,
            _ => return Err(malformed()),
        };
        let authority = uri.authority().ok_or_else(malformed)?;
        let plain = match authority.port_u16() {
            Some(port) => format!("{}:{port}", authority.host()),
            None => authority.host().to_owned(),
        };
        let bare = text.strip_suffix('/').unwrap_or(text).ends_with(&plain);
        if text.len() > LIVEKIT_URL_BYTES_MAX || !bare || authority.as_str() != plain || authority.host().is_empty() {
            return Err(malformed());
        }
        Ok(Self { secure, authority: authority.as_str().to_owned() })
    }
}

impl fmt::Display for LivekitUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://{}", if self.secure { "wss" } else { "ws" }, self.authority)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_api_is_on_the_same_host() {
        for (text, shown, api) in [
            ("ws://127.0.0.1:7880", "ws://127.0.0.1:7880", "http://127.0.0.1:7880"),
            ("wss://voice.example/", "wss://voice.example", "https://voice.example"),
            ("wss://[::1]:1", "wss://[::1]:1", "https://[::1]:1"),
        ] {
            let url: LivekitUrl = text.parse().expect(text);
            assert_eq!((url.to_string(), url.api_base()), (shown.to_owned(), api.to_owned()));
        }
    }

    #[test]
    fn other_addresses_are_refused() {
        let long = format!("wss://{}", "a".repeat(LIVEKIT_URL_BYTES_MAX));
        for text in [
            "",
            "ws://",
            "http://a",
            "voice.example",
            "wss://a/b",
            "wss://a?b",
            "wss://a#b",
            "wss://u@a",
            "wss://u:p@a",
            "wss://a:",
            "wss://a:99999",
            "wss://a//",
            &long,
        ] {
            assert!(text.parse::<LivekitUrl>().is_err(), "{text}");
        }
    }
}
