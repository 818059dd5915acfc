//! The server judged by LiveKit's SDK, in `xtask/livekit`: it verifies what the server signs, and signs what the server verifies.

use crate::cargo::{self, cargo};
use crate::node;
use crate::step::{self, Outcome, Verdict};
use crate::typescript::server_program;

/// Builds the server and lets the SDK judge it.
pub(crate) fn run() -> Outcome {
    let folder = cargo::workspace_folder().join("xtask/livekit");
    let prepared = node::prepare(&folder);
    if prepared.verdict != Verdict::Passed {
        return prepared;
    }
    let built = step::run(cargo(&["build", "-p", "filament-server", "--bin", "filament-server"]));
    if built.verdict == Verdict::Failed {
        return built;
    }
    let mut test = node::command("npm", &["test"], &folder);
    test.env("FILAMENT_SERVER", server_program());
    step::run(test)
}
