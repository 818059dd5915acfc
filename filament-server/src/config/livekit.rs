//! Voice: where LiveKit is and who the server is there (§12).

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

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

    /// Where the server calls LiveKit's API, http; needed for calls if clients reach LiveKit by wss
    #[arg(long = "livekit-api-url", env = "FILAMENT_LIVEKIT_API_URL", value_name = "URL")]
    pub api_url: Option<LivekitApiUrl>,

    /// What makes somebody a participant: immediate (the token itself) or webhook (LiveKit's word)
    #[arg(
        long,
        env = "FILAMENT_VOICE_CONFIRM",
        value_name = "WHEN",
        default_value = "immediate",
        hide_possible_values = true
    )]
    pub voice_confirm: VoiceConfirm,

    /// How often LiveKit's rooms are compared with who is listed, 1 to 3600; never without it
    #[arg(long = "voice-reconcile-secs", env = "FILAMENT_VOICE_RECONCILE_SECS", value_name = "SECONDS", value_parser = super::seconds::<1, 3_600>)]
    pub voice_reconcile: Option<Duration>,
}

impl LivekitConfig {
    /// Key and secret, if voice is configured.
    pub fn credentials(&self) -> Option<(&SecretValue, &SecretValue)> {
        self.api_key.as_ref().zip(self.api_secret.as_ref())
    }

    /// Host and port for calls of the API in plain HTTP; `None` if no such address is known.
    pub fn api_authority(&self) -> Option<String> {
        let same_host = || (!self.url.secure).then(|| with_port(&self.url.authority));
        self.api_url.as_ref().map(|url| with_port(&url.0)).or_else(same_host)
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

/// Where the server calls LiveKit's API: `http://host[:port]`, at most 256 bytes, without path or user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LivekitApiUrl(String);

impl FromStr for LivekitApiUrl {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match bare_authority(text) {
            Some(("http", authority)) => Ok(Self(authority)),
            _ => Err(format!("must be http://host, perhaps with a port, at most {LIVEKIT_URL_BYTES_MAX} bytes")),
        }
    }
}

impl fmt::Display for LivekitApiUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "http://{}", self.0)
    }
}

/// Host and port, with the port of HTTP if none is said.
fn with_port(authority: &str) -> String {
    let has_port = authority.rsplit_once(':').is_some_and(|(_, port)| port.bytes().all(|byte| byte.is_ascii_digit()));
    if has_port { authority.to_owned() } else { format!("{authority}:80") }
}

/// Scheme and authority of an address that consists of them, at most 256 bytes.
fn bare_authority(text: &str) -> Option<(&'static str, String)> {
    let uri: http::Uri = text.parse().ok()?;
    let scheme = match uri.scheme_str() {
        Some("wss") => "wss",
        Some("ws") => "ws",
        Some("http") => "http",
        _ => return None,
    };
    let authority = uri.authority()?;
    let plain = match authority.port_u16() {
        Some(port) => format!("{}:{port}", authority.host()),
        None => authority.host().to_owned(),
    };
    let bare = text.strip_suffix('/').unwrap_or(text).ends_with(&plain);
    let is_bare = bare && authority.as_str() == plain && !authority.host().is_empty();
    (is_bare && text.len() <= LIVEKIT_URL_BYTES_MAX).then_some((scheme, plain))
}

impl FromStr for LivekitUrl {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match bare_authority(text) {
            Some((scheme @ ("ws" | "wss"), authority)) => Ok(Self { secure: scheme == "wss", authority }),
            _ => Err(format!(
                "must be ws://host or wss://host, perhaps with a port, at most {LIVEKIT_URL_BYTES_MAX} bytes"
            )),
        }
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

    fn config(url: &str, api_url: Option<&str>) -> LivekitConfig {
        LivekitConfig {
            api_key: None,
            api_secret: None,
            url: url.parse().expect(url),
            api_url: api_url.map(|url| url.parse().expect(url)),
            voice_confirm: VoiceConfirm::Immediate,
            voice_reconcile: None,
        }
    }

    #[test]
    fn the_api_is_on_the_same_host_or_where_it_is_said_to_be() {
        for (text, shown, api_url, authority) in [
            ("ws://127.0.0.1:7880", "ws://127.0.0.1:7880", None, Some("127.0.0.1:7880")),
            ("ws://voice.example/", "ws://voice.example", None, Some("voice.example:80")),
            ("ws://[::1]", "ws://[::1]", None, Some("[::1]:80")),
            ("wss://voice.example/", "wss://voice.example", None, None),
            ("wss://[::1]:1", "wss://[::1]:1", Some("http://10.0.0.1:7880"), Some("10.0.0.1:7880")),
        ] {
            let config = config(text, api_url);
            assert_eq!((config.url.to_string(), config.api_authority().as_deref()), (shown.to_owned(), authority));
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
            assert!(text.replace("wss:", "http:").parse::<LivekitApiUrl>().is_err() || text == "http://a", "{text}");
        }
    }
}
