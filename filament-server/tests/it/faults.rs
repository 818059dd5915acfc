//! What must be survived: kills at random moments, readers that stop, full and broken disks.

mod crash;
mod readers;
mod storage;
