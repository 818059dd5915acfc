//! Authentication (§9.4, §11): scenarios 99 to 102.

mod access;
mod login;
mod refresh;
mod sessions;
mod stored;

/// Enough for tests that log in more often than people do.
const PLENTY: [(&str, &str); 2] =
    [("FILAMENT_RATE_LIMIT_REQUESTS_PER_MINUTE", "1000000"), ("FILAMENT_AUTH_ROUTE_REQUESTS_PER_MINUTE", "1000000")];

/// Lets a test choose its address.
const LOCAL_PROXY: (&str, &str) = ("FILAMENT_TRUSTED_PROXY_CIDRS", "127.0.0.0/8");
