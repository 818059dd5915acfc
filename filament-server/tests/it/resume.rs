//! Batches, resuming and Server-Sent Events (§7): scenarios 86 to 92 and what surrounds them.

mod batches;
mod forms;
mod scenarios;
mod sse;
