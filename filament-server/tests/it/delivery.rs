//! Who receives what, and until when (§2): the rules that hold across all families of events.

mod interference;
mod purge;
mod races;
