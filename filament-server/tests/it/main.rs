//! Black-box tests: the built server as a process, spoken to over real sockets, judged by the contract.

mod harness;

mod auth;
mod channels;
mod config;
mod delivery;
mod faults;
mod gateway;
mod http;
mod limits;
mod messages;
mod metrics;
mod presence;
mod refused;
mod workspace;
