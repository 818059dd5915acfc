//! What holds for every route (§9.1, §9.2): scenarios 93 and 98, and what surrounds them.

mod cors;
mod framework;
mod media;
mod order;
mod refusals;
mod shell;
