//! Black-box tests: the built server as a process, spoken to over real sockets, judged by the contract.

mod harness;

mod access;
mod attachments;
mod audit;
mod auth;
mod channels;
mod config;
mod delivery;
mod documents;
mod faults;
mod friends;
mod gateway;
mod http;
mod ip_bans;
mod limits;
mod members;
mod messages;
mod metrics;
mod moderation;
mod overrides;
mod presence;
mod profiles;
mod published;
mod refused;
mod resume;
mod roles;
mod search;
mod voice;
mod workspace;
