//! What must be survived: kills at random moments, readers that stop, full and broken disks.

mod backup;
mod crash;
#[cfg(feature = "failpoints")]
mod failpoints;
mod readers;
mod restored;
#[cfg(feature = "failpoints")]
mod resumed;
pub(crate) mod storage;
