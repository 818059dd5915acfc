//! The example over real sockets: the contract's scenarios of messages and of resuming, by their numbers.

mod client;
mod messages;
mod resume;
