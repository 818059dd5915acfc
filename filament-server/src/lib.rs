#![doc = include_str!("../README.md")]

pub mod address;
pub mod app;
pub mod attachments;
pub mod auth;
pub mod blob;
pub mod config;
pub mod data_folder;
pub mod ended_sessions;
pub mod gateway;
pub mod http;
pub mod limits;
pub mod listener;
pub mod maintenance;
pub mod metrics;
pub mod rate;
pub mod server;
pub mod shutdown;
pub mod sightings;
pub mod voice;
pub mod ws;

/// The library taste of the project's front page, compiled and run.
#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
struct FrontPage;
