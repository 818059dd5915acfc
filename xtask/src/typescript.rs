//! The TypeScript package in `examples/typescript`: built, and tested against the debug server among other things.

use std::path::PathBuf;

use crate::cargo::{self, cargo};
use crate::node;
use crate::step::{self, Outcome, Verdict};

/// Seeds of the histories that are recorded for the reducers to be replayed: one in eight is one.
const CORPUS_SEEDS: &str = "320";

/// Writes the generated part of the package from the schemas.
pub(crate) fn generate() -> Outcome {
    match node::missing_tool() {
        Some(reason) => Outcome::skipped(reason),
        None => step::run(node::command("node", &["generate/main.js"], &folder())),
    }
}

/// Installs what the package needs, and builds it.
pub(crate) fn build() -> Outcome {
    let folder = folder();
    let prepared = node::prepare(&folder);
    if prepared.verdict != Verdict::Passed {
        return prepared;
    }
    step::run(node::command("npm", &["run", "--silent", "build"], &folder))
}

/// Builds and tests the package.
pub(crate) fn run() -> Outcome {
    let folder = folder();
    let built = build();
    if built.verdict != Verdict::Passed {
        return built;
    }
    let corpus = cargo::workspace_folder().join("target/corpus");
    let mut record = cargo(&["test", "--quiet", "-p", "filament-fanout", "--all-features", "--lib", "storm::equation"]);
    record.env("FILAMENT_CORPUS", &corpus).env("FILAMENT_STORM_CASES", CORPUS_SEEDS);
    let mut test = node::command("npm", &["test"], &folder);
    test.env("FILAMENT_SERVER", server_program()).env("FILAMENT_CORPUS", &corpus);
    let build_server = cargo(&["build", "-p", "filament-server", "--bin", "filament-server"]);
    for command in [build_server, record, test] {
        let outcome = step::run(command);
        if outcome.verdict == Verdict::Failed {
            return outcome;
        }
    }
    Outcome::passed()
}

fn folder() -> PathBuf {
    cargo::workspace_folder().join("examples/typescript")
}

/// Where cargo puts the server, as an absolute path.
pub(crate) fn server_program() -> PathBuf {
    let named = std::env::var_os("CARGO_TARGET_DIR").map(PathBuf::from);
    let target = cargo::workspace_folder().join(named.unwrap_or_else(|| "target".into()));
    target.join("debug/filament-server").with_extension(std::env::consts::EXE_EXTENSION)
}
