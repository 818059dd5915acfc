//! Text of accounts: user name, password, about, secrets, directory query.

use super::bounded_text;
use crate::limits::{
    ABOUT_UNITS_MAX, BODY_BYTES_MAX, DIRECTORY_QUERY_UNITS_MAX, PASSWORD_UNITS_MAX, PASSWORD_UNITS_MIN,
    USERNAME_UNITS_MAX, USERNAME_UNITS_MIN,
};

bounded_text! {
    /// User name: `^[A-Za-z0-9_.]{3,32}$`. Unique and matched ignoring ASCII case, shown as registered.
    pub struct Username(USERNAME_UNITS_MIN, USERNAME_UNITS_MAX): verbatim USERNAME
}

impl Username {
    /// Returns the form under which names are unique: ASCII lower case.
    #[must_use]
    pub fn folded(&self) -> String {
        self.to_ascii_lowercase()
    }
}

bounded_text! {
    /// Password chosen at registration: 12..=128 UTF-16 units.
    ///
    /// `Debug` is redacted; it is never written to the wire.
    pub secret Password(PASSWORD_UNITS_MIN, PASSWORD_UNITS_MAX): verbatim ANY
}

bounded_text! {
    /// A secret of any length that a client presents: a wrong one is a failed login, not a malformed request.
    ///
    /// `Debug` is redacted; it is never written to the wire.
    pub secret Secret(0, BODY_BYTES_MAX): verbatim ANY
}

bounded_text! {
    /// About text of a profile: 0..=2,048 UTF-16 units of markdown, no U+0000, not trimmed.
    pub struct About(0, ABOUT_UNITS_MAX): verbatim NO_NUL
}

bounded_text! {
    /// Search text of the public guild directory: at most 64 UTF-16 units, no U+0000.
    pub struct DirectoryQuery(0, DIRECTORY_QUERY_UNITS_MAX): verbatim NO_NUL
}
