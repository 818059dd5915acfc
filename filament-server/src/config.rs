//! What an operator may set: flags, `FILAMENT_*` variables and their defaults (§16.1).
//!
//! A flag wins over its variable, a variable over the default. Every value is checked when the program starts, those of
//! parts that are switched off included; a bad one ends start-up with exit code 2 and the name of the variable (CFG-2).
//! The derive below is the one list of them: help, reading and checks come from it.

pub mod invocation;
pub mod livekit;
pub mod origin;
pub mod secret;

use std::fs::DirBuilder;
use std::io;
use std::net::SocketAddr;
use std::num::NonZeroU32;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, ValueEnum};
use filament_protocol::UserId;
use tracing_subscriber::EnvFilter;

pub use self::invocation::{Action, ConfigError, Invocation};
pub use self::livekit::{LivekitApiUrl, LivekitConfig, LivekitUrl, VoiceConfirm};
pub use self::origin::AllowedOrigins;
pub use self::secret::SecretValue;
use crate::address::TrustedProxies;

/// The whole configuration; plain data.
///
/// [`Invocation::from_process`] reads it as the program does, [`Config::for_data_dir`] makes one for tests.
#[derive(Clone, Debug, PartialEq, Eq, Args)]
pub struct Config {
    /// Address and port to listen on; port 0 takes a free one
    #[arg(long, env = "FILAMENT_BIND_ADDR", value_name = "ADDR", default_value = "127.0.0.1:8080")]
    pub bind_addr: SocketAddr,

    /// Folder of database, keys, attachments and images; created with mode 0700
    #[arg(long, env = "FILAMENT_DATA_DIR", value_name = "FOLDER", default_value = "./data", value_parser = folder)]
    pub data_dir: PathBuf,

    /// Folder of a web client to serve
    #[arg(long, env = "FILAMENT_WEB_ROOT", value_name = "FOLDER", value_parser = folder)]
    pub web_root: Option<PathBuf>,

    /// Origins that browsers may call from, separated by commas: `https://chat.example`; empty: CORS is off
    #[arg(
        long,
        env = "FILAMENT_ALLOWED_ORIGINS",
        value_name = "ORIGINS",
        default_value = "",
        hide_default_value = true
    )]
    pub allowed_origins: AllowedOrigins,

    /// Networks of proxies whose X-Forwarded-For is believed, separated by commas: 10.0.0.0/8,::1
    #[arg(
        long,
        env = "FILAMENT_TRUSTED_PROXY_CIDRS",
        value_name = "CIDRS",
        default_value = "",
        hide_default_value = true
    )]
    pub trusted_proxy_cidrs: TrustedProxies,

    /// User who may do anything in every guild
    #[arg(long, env = "FILAMENT_SERVER_OWNER_USER_ID", value_name = "ULID", value_parser = user_id)]
    pub server_owner_user_id: Option<UserId>,

    /// Bearer token that /metrics asks for; without it /metrics is open
    #[arg(long, env = "FILAMENT_METRICS_TOKEN", value_name = "TOKEN")]
    pub metrics_token: Option<SecretValue>,

    /// Life of an access token, 60 to 86400
    #[arg(long = "access-token-secs", env = "FILAMENT_ACCESS_TOKEN_SECS", value_name = "SECONDS", default_value = "900", value_parser = seconds::<60, 86_400>)]
    pub access_token_life: Duration,

    /// What is logged, in the form of the tracing crates: info,filament_server=debug
    #[arg(long, env = "RUST_LOG", value_name = "FILTER", default_value = "info", value_parser = log_filter)]
    pub log: String,

    /// Database and journal.
    #[command(flatten)]
    pub store: StoreConfig,

    /// Gateway connections.
    #[command(flatten)]
    pub gateway: GatewayConfig,

    /// Allowances per minute.
    #[command(flatten)]
    pub rates: RateConfig,

    /// How much there may be of what.
    #[command(flatten)]
    pub quotas: QuotaConfig,

    /// Voice.
    #[command(flatten)]
    pub livekit: LivekitConfig,
}

/// Database and journal.
#[derive(Clone, Debug, PartialEq, Eq, Args)]
#[command(next_help_heading = "Storage")]
pub struct StoreConfig {
    /// When a commit is on the disk, full or normal; with normal an unclean power loss starts a new journal epoch
    #[arg(
        long,
        env = "FILAMENT_SYNCHRONOUS",
        value_name = "LEVEL",
        default_value = "full",
        hide_possible_values = true
    )]
    pub synchronous: Synchronous,

    /// How long journal entries are kept for clients that resume, 60 to 604800
    #[arg(long = "journal-retention-secs", env = "FILAMENT_JOURNAL_RETENTION_SECS", value_name = "SECONDS", default_value = "86400", value_parser = seconds::<60, 604_800>)]
    pub journal_retention: Duration,
}

/// When a commit counts as written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Synchronous {
    /// On the disk before it is acknowledged.
    Full,
    /// On the disk with the next checkpoint.
    Normal,
}

/// Gateway connections.
#[derive(Clone, Debug, PartialEq, Eq, Args)]
#[command(next_help_heading = "Gateway")]
pub struct GatewayConfig {
    /// Largest durable event, 256 to 64512; a change that needs a larger one is refused
    #[arg(long = "gateway-event-bytes-max", env = "FILAMENT_GATEWAY_EVENT_BYTES_MAX", value_name = "BYTES", default_value = "64512", value_parser = number::<usize, 256, 64_512>)]
    pub event_bytes_max: usize,

    /// Frames queued for a connection before it is closed as slow, 16 to 4096
    #[arg(long = "gateway-queue-frames", env = "FILAMENT_GATEWAY_QUEUE_FRAMES", value_name = "FRAMES", default_value = "256", value_parser = number::<usize, 16, 4_096>)]
    pub queue_frames: usize,

    /// Bytes queued for a connection before it is closed as slow, 131072 to 8388608
    #[arg(long = "gateway-queue-bytes", env = "FILAMENT_GATEWAY_QUEUE_BYTES", value_name = "BYTES", default_value = "1048576", value_parser = number::<usize, 131_072, 8_388_608>)]
    pub queue_bytes: usize,

    /// Messages a connection may send per window, 1 to 10000
    #[arg(long = "gateway-ingress-events-per-window", env = "FILAMENT_GATEWAY_INGRESS_EVENTS_PER_WINDOW", value_name = "COUNT", default_value = "60", value_parser = number::<u32, 1, 10_000>)]
    pub ingress_events_per_window: u32,

    /// Length of that window, 1 to 3600
    #[arg(long = "gateway-ingress-window-secs", env = "FILAMENT_GATEWAY_INGRESS_WINDOW_SECS", value_name = "SECONDS", default_value = "10", value_parser = seconds::<1, 3_600>)]
    pub ingress_window: Duration,

    /// Subscribes and unsubscribes a connection may send in 10 s, 1 to 4096
    #[arg(long = "gateway-subscribes-per-window", env = "FILAMENT_GATEWAY_SUBSCRIBES_PER_WINDOW", value_name = "COUNT", default_value = "512", value_parser = number::<u32, 1, 4_096>)]
    pub subscribes_per_window: u32,

    /// Connections of the whole server, 1 to 1000000
    #[arg(long = "gateway-connections-max", env = "FILAMENT_GATEWAY_CONNECTIONS_MAX", value_name = "COUNT", default_value = "20000", value_parser = number::<usize, 1, 1_000_000>)]
    pub connections_max: usize,

    /// Connections of one user, 1 to 1024
    #[arg(long = "gateway-connections-per-user", env = "FILAMENT_GATEWAY_CONNECTIONS_PER_USER", value_name = "COUNT", default_value = "32", value_parser = number::<usize, 1, 1_024>)]
    pub connections_per_user: usize,

    /// How long a connection outlives the newest access token of its session, 0 to 86400
    #[arg(long = "gateway-token-grace-secs", env = "FILAMENT_GATEWAY_TOKEN_GRACE_SECS", value_name = "SECONDS", default_value = "3600", value_parser = seconds::<0, 86_400>)]
    pub token_grace: Duration,

    /// Pause between pings, 1 to 3600
    #[arg(long = "gateway-ping-secs", env = "FILAMENT_GATEWAY_PING_SECS", value_name = "SECONDS", default_value = "25", value_parser = seconds::<1, 3_600>)]
    pub ping: Duration,

    /// Silence after which a connection is closed, 3 to 86400 and more than twice the ping pause
    #[arg(long = "gateway-idle-secs", env = "FILAMENT_GATEWAY_IDLE_SECS", value_name = "SECONDS", default_value = "60", value_parser = seconds::<3, 86_400>)]
    pub idle: Duration,

    /// Whether plain connections are sent what they missed, on or off; this server has no such catch-up and warns if it is on
    #[arg(long, env = "FILAMENT_PLAIN_CATCHUP", value_name = "SWITCH", default_value = "off", value_parser = switch, action = clap::ArgAction::Set)]
    pub plain_catchup: bool,
}

/// Allowances per minute, each 1 to 1000000.
#[derive(Clone, Debug, PartialEq, Eq, Args)]
#[command(next_help_heading = "Rate limits, each 1 to 1000000 per minute")]
pub struct RateConfig {
    /// Requests of one user, or of one address without a valid token; also the burst
    #[arg(long = "rate-limit-requests-per-minute", env = "FILAMENT_RATE_LIMIT_REQUESTS_PER_MINUTE", value_name = "COUNT", default_value = "600", value_parser = rate)]
    pub requests_per_minute: NonZeroU32,

    /// Logins, registrations and refreshes of one address, each route by itself
    #[arg(long = "auth-route-requests-per-minute", env = "FILAMENT_AUTH_ROUTE_REQUESTS_PER_MINUTE", value_name = "COUNT", default_value = "60", value_parser = rate)]
    pub auth_route_requests_per_minute: NonZeroU32,

    /// Attempts of one address to join a guild
    #[arg(long = "directory-join-requests-per-minute-per-ip", env = "FILAMENT_DIRECTORY_JOIN_REQUESTS_PER_MINUTE_PER_IP", value_name = "COUNT", default_value = "60", value_parser = rate)]
    pub join_requests_per_minute_per_address: NonZeroU32,

    /// Attempts of one user to join a guild
    #[arg(long = "directory-join-requests-per-minute-per-user", env = "FILAMENT_DIRECTORY_JOIN_REQUESTS_PER_MINUTE_PER_USER", value_name = "COUNT", default_value = "30", value_parser = rate)]
    pub join_requests_per_minute_per_user: NonZeroU32,

    /// Voice tokens of one user for one channel
    #[arg(long = "media-token-requests-per-minute", env = "FILAMENT_MEDIA_TOKEN_REQUESTS_PER_MINUTE", value_name = "COUNT", default_value = "60", value_parser = rate)]
    pub media_token_requests_per_minute: NonZeroU32,

    /// Voice tokens with camera or screen of one user for one channel
    #[arg(long = "media-publish-requests-per-minute", env = "FILAMENT_MEDIA_PUBLISH_REQUESTS_PER_MINUTE", value_name = "COUNT", default_value = "60", value_parser = rate)]
    pub media_publish_requests_per_minute: NonZeroU32,
}

/// How much there may be of what.
#[derive(Clone, Debug, PartialEq, Eq, Args)]
#[command(next_help_heading = "Quotas")]
pub struct QuotaConfig {
    /// Guilds one user may have created and not deleted, 1 to 10000
    #[arg(long, env = "FILAMENT_MAX_CREATED_GUILDS_PER_USER", value_name = "COUNT", default_value = "100", value_parser = number::<u32, 1, 10_000>)]
    pub max_created_guilds_per_user: u32,

    /// Members of one guild, 1 to 1000000
    #[arg(long, env = "FILAMENT_GUILD_MEMBERS_MAX", value_name = "COUNT", default_value = "10000", value_parser = number::<u32, 1, 1_000_000>)]
    pub guild_members_max: u32,

    /// Addresses banned from one guild, 1 to 65536
    #[arg(long, env = "FILAMENT_GUILD_IP_BAN_MAX_ENTRIES", value_name = "COUNT", default_value = "4096", value_parser = number::<u32, 1, 65_536>)]
    pub guild_ip_ban_max_entries: u32,

    /// Largest page of the audit log, 1 to 100
    #[arg(long, env = "FILAMENT_AUDIT_LIST_LIMIT_MAX", value_name = "COUNT", default_value = "100", value_parser = number::<u32, 1, 100>)]
    pub audit_list_limit_max: u32,

    /// Bytes of attachments one user may keep, 1 to 1099511627776
    #[arg(long, env = "FILAMENT_ATTACHMENT_QUOTA_BYTES", value_name = "BYTES", default_value = "262144000", value_parser = number::<u64, 1, 1_099_511_627_776>)]
    pub attachment_quota_bytes: u64,
}

impl Config {
    /// The defaults with that data folder and a free port on the loopback interface, whatever the environment says.
    pub fn for_data_dir(data_dir: impl Into<PathBuf>) -> Self {
        let mut config = Invocation::defaults().config;
        config.data_dir = data_dir.into();
        config.bind_addr = SocketAddr::from(([127, 0, 0, 1], 0));
        config
    }

    /// Creates the data folder and its parents with mode 0700 where they do not exist.
    ///
    /// # Errors
    /// What the system says, also if something else has that name.
    pub fn create_data_dir(&self) -> io::Result<()> {
        DirBuilder::new().recursive(true).mode(0o700).create(&self.data_dir)
    }

    /// Every variable with the text of its value, in the order of the contract; `None` where it is not set. Secrets are
    /// redacted (CFG-4).
    pub fn settings(&self) -> Vec<(&'static str, Option<String>)> {
        fn secs(duration: Duration) -> Option<String> {
            Some(duration.as_secs().to_string())
        }
        fn text(value: &impl ToString) -> Option<String> {
            Some(value.to_string())
        }
        fn optional<T: ToString>(value: Option<&T>) -> Option<String> {
            value.map(ToString::to_string)
        }
        let Self { store, gateway, rates, quotas, livekit, .. } = self;
        vec![
            ("FILAMENT_BIND_ADDR", text(&self.bind_addr)),
            ("FILAMENT_DATA_DIR", text(&self.data_dir.display())),
            ("FILAMENT_WEB_ROOT", optional(self.web_root.as_ref().map(|folder| folder.display()).as_ref())),
            ("FILAMENT_ALLOWED_ORIGINS", text(&self.allowed_origins)),
            ("FILAMENT_TRUSTED_PROXY_CIDRS", text(&self.trusted_proxy_cidrs)),
            ("FILAMENT_SERVER_OWNER_USER_ID", optional(self.server_owner_user_id.as_ref())),
            ("FILAMENT_METRICS_TOKEN", optional(self.metrics_token.as_ref())),
            ("FILAMENT_LIVEKIT_API_KEY", optional(livekit.api_key.as_ref())),
            ("FILAMENT_LIVEKIT_API_SECRET", optional(livekit.api_secret.as_ref())),
            ("FILAMENT_LIVEKIT_URL", text(&livekit.url)),
            ("FILAMENT_LIVEKIT_API_URL", optional(livekit.api_url.as_ref())),
            ("FILAMENT_VOICE_CONFIRM", text(&word(&livekit.voice_confirm))),
            ("FILAMENT_VOICE_RECONCILE_SECS", livekit.voice_reconcile.and_then(secs)),
            ("FILAMENT_SYNCHRONOUS", text(&word(&store.synchronous))),
            ("FILAMENT_JOURNAL_RETENTION_SECS", secs(store.journal_retention)),
            ("FILAMENT_GATEWAY_EVENT_BYTES_MAX", text(&gateway.event_bytes_max)),
            ("FILAMENT_GATEWAY_QUEUE_FRAMES", text(&gateway.queue_frames)),
            ("FILAMENT_GATEWAY_QUEUE_BYTES", text(&gateway.queue_bytes)),
            ("FILAMENT_GATEWAY_INGRESS_EVENTS_PER_WINDOW", text(&gateway.ingress_events_per_window)),
            ("FILAMENT_GATEWAY_INGRESS_WINDOW_SECS", secs(gateway.ingress_window)),
            ("FILAMENT_GATEWAY_SUBSCRIBES_PER_WINDOW", text(&gateway.subscribes_per_window)),
            ("FILAMENT_GATEWAY_CONNECTIONS_MAX", text(&gateway.connections_max)),
            ("FILAMENT_GATEWAY_CONNECTIONS_PER_USER", text(&gateway.connections_per_user)),
            ("FILAMENT_GATEWAY_TOKEN_GRACE_SECS", secs(gateway.token_grace)),
            ("FILAMENT_GATEWAY_PING_SECS", secs(gateway.ping)),
            ("FILAMENT_GATEWAY_IDLE_SECS", secs(gateway.idle)),
            ("FILAMENT_PLAIN_CATCHUP", text(&switch_word(gateway.plain_catchup))),
            ("FILAMENT_ACCESS_TOKEN_SECS", secs(self.access_token_life)),
            ("FILAMENT_RATE_LIMIT_REQUESTS_PER_MINUTE", text(&rates.requests_per_minute)),
            ("FILAMENT_AUTH_ROUTE_REQUESTS_PER_MINUTE", text(&rates.auth_route_requests_per_minute)),
            ("FILAMENT_DIRECTORY_JOIN_REQUESTS_PER_MINUTE_PER_IP", text(&rates.join_requests_per_minute_per_address)),
            ("FILAMENT_DIRECTORY_JOIN_REQUESTS_PER_MINUTE_PER_USER", text(&rates.join_requests_per_minute_per_user)),
            ("FILAMENT_MEDIA_TOKEN_REQUESTS_PER_MINUTE", text(&rates.media_token_requests_per_minute)),
            ("FILAMENT_MEDIA_PUBLISH_REQUESTS_PER_MINUTE", text(&rates.media_publish_requests_per_minute)),
            ("FILAMENT_MAX_CREATED_GUILDS_PER_USER", text(&quotas.max_created_guilds_per_user)),
            ("FILAMENT_GUILD_MEMBERS_MAX", text(&quotas.guild_members_max)),
            ("FILAMENT_GUILD_IP_BAN_MAX_ENTRIES", text(&quotas.guild_ip_ban_max_entries)),
            ("FILAMENT_AUDIT_LIST_LIMIT_MAX", text(&quotas.audit_list_limit_max)),
            ("FILAMENT_ATTACHMENT_QUOTA_BYTES", text(&quotas.attachment_quota_bytes)),
            ("RUST_LOG", text(&self.log)),
        ]
    }
}

/// The text of an enumerated value.
fn word(value: &impl ValueEnum) -> String {
    value.to_possible_value().map(|possible| possible.get_name().to_owned()).unwrap_or_default()
}

fn number<T: TryFrom<u64>, const MIN: u64, const MAX: u64>(text: &str) -> Result<T, String> {
    let in_range = text.parse::<u64>().ok().filter(|number| (MIN..=MAX).contains(number));
    in_range
        .and_then(|number| T::try_from(number).ok())
        .ok_or_else(|| format!("must be a whole number from {MIN} to {MAX}"))
}

fn seconds<const MIN: u64, const MAX: u64>(text: &str) -> Result<Duration, String> {
    number::<u64, MIN, MAX>(text).map(Duration::from_secs)
}

fn rate(text: &str) -> Result<NonZeroU32, String> {
    number::<u32, 1, 1_000_000>(text).map(|rate| NonZeroU32::new(rate).unwrap_or(NonZeroU32::MIN))
}

fn switch(text: &str) -> Result<bool, String> {
    match text {
        "on" => Ok(true),
        "off" => Ok(false),
        _ => Err("must be on or off".to_owned()),
    }
}

fn switch_word(on: bool) -> &'static str {
    if on { "on" } else { "off" }
}

fn folder(text: &str) -> Result<PathBuf, String> {
    if text.is_empty() { Err("must not be empty".to_owned()) } else { Ok(text.into()) }
}

fn user_id(text: &str) -> Result<UserId, String> {
    text.parse().map_err(|_| "must be a ULID, 26 characters in upper case".to_owned())
}

fn log_filter(text: &str) -> Result<String, String> {
    EnvFilter::builder().parse(text).map(|_| text.to_owned()).map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests;
