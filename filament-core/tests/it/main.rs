//! Behaviour of the core through its public interface.

mod authz;
mod conformance;
mod decisions;
mod hierarchy;
mod presence;
mod ranks;
mod revision;
mod voice;
mod world;

use std::{
    future::Future,
    pin::pin,
    task::{Context, Poll, Waker},
};

/// Runs a future of a store that never waits.
fn now<T>(future: impl Future<Output = T>) -> T {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(value) => value,
        Poll::Pending => panic!("a store in memory never waits"),
    }
}
