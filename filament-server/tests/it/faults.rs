//! What must survive: kills at random moments, readers that stop, cut cables, full and broken disks.

mod crash;
mod readers;
mod storage;
