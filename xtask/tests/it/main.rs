//! Checks of the workspace as a whole.

mod crate_edges;
