//! Malformed input at every door: frames beyond those of the gateway's own tests, and the body of every REST route.

mod bodies;
mod frames;
