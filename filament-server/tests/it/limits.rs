//! Limits of rates, lists, texts and events (§10.1, §16, HTTP-17, HTTP-18): scenarios 94 to 97.

mod configured;
mod events;
mod lists;
mod rates;
mod text;
