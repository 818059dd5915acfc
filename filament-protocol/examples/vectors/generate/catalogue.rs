//! Every event, command and request body, one file per family, written down from CONTRACT.md.

mod body;
mod channel;
mod command;
mod connection;
mod message;
mod role;
mod user;
mod workspace;

use super::kind::Kind;

/// All kinds, in the order of the contract.
pub(crate) fn kinds() -> Vec<Kind> {
    [
        connection::kinds(),
        message::kinds(),
        channel::kinds(),
        workspace::kinds(),
        role::kinds(),
        user::kinds(),
        command::kinds(),
        body::kinds(),
    ]
    .into_iter()
    .flatten()
    .collect()
}
