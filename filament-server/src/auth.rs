//! Who somebody is: passwords, lockout, access tokens and refresh tokens.
//!
//! | file | holds |
//! | --- | --- |
//! | [`password`] | argon2id off the async threads, few at a time, the same work for every outcome |
//! | [`lockout`] | five wrong passwords for a name from an address: that pair waits |
//! | [`keys`] | the key files of the data folder |
//! | [`token`] | access tokens: PASETO v4.local, fifteen minutes |
//! | [`refresh`] | refresh tokens: derived from session and generation, so that they can be given out again |
//!
//! Nothing here reads a clock or knows of HTTP or of the database. Whether a session is alive, and whether a generation is
//! current, in grace or replayed, is decided where sessions are kept.

pub mod keys;
pub mod lockout;
pub mod password;
pub mod refresh;
pub mod token;
