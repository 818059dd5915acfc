//! `cargo xtask schema`: the documents of the contract, written from the types, and judged by tools that did not write
//! them.

use std::path::PathBuf;
use std::process::{Command, ExitCode, Stdio};

use crate::cargo::{self, cargo};
use crate::step::{self, Outcome, Verdict};

/// Folder of the tools that judge the documents, below the workspace.
const VALIDATE: &str = "xtask/validate";

/// Oldest Node that the tools run on.
const NODE_MAJOR_MIN: u32 = 20;

/// Writes `schema/v1`, `docs/GATEWAY_EVENTS.md` and `docs/API.md`; with `--check` only compares, with `--publish` also
/// makes them what later ones are compared with.
pub(crate) fn run(arguments: &[String]) -> ExitCode {
    match arguments.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        [] | ["--check"] | ["--publish"] => {}
        _ => return crate::usage("schema: takes nothing, `--check` or `--publish`"),
    }
    let outcome = generate(arguments);
    if outcome.verdict == Verdict::Passed {
        return ExitCode::SUCCESS;
    }
    eprintln!("xtask: {}", outcome.note);
    ExitCode::FAILURE
}

/// The step `documents`: what is committed is what the types say, and independent validators accept it.
pub(crate) fn check() -> Outcome {
    let compared = generate(&["--check".to_owned()]);
    if compared.verdict != Verdict::Passed {
        return compared;
    }
    match node_major() {
        None => return Outcome::skipped("node is not installed: the documents were compared, but not validated"),
        Some(major) if major < NODE_MAJOR_MIN => {
            return Outcome::skipped(format!("node {major} is older than {NODE_MAJOR_MIN}: nothing was validated"));
        }
        Some(_) => {}
    }
    let installed = install();
    if installed.verdict != Verdict::Passed {
        return installed;
    }
    let mut command = Command::new("node");
    command.arg("validate.mjs").current_dir(folder());
    step::run(command)
}

fn generate(arguments: &[String]) -> Outcome {
    let mut command =
        cargo(&["run", "--quiet", "-p", "filament-protocol", "--features", "schema", "--example", "schema"]);
    command.arg("--").args(arguments);
    step::run(command)
}

fn folder() -> PathBuf {
    cargo::workspace_folder().join(VALIDATE)
}

/// Installs the tools exactly as the lock file names them, unless they are there already.
fn install() -> Outcome {
    // npm writes its own copy of the lock file last, so an installation that was cut short is older than the lock.
    let written = |path: PathBuf| path.metadata().and_then(|it| it.modified()).ok();
    let lock = written(folder().join("package-lock.json"));
    let done = written(folder().join("node_modules/.package-lock.json"));
    if done.is_some() && done >= lock {
        return Outcome::passed();
    }
    let mut command = Command::new("npm");
    command.args(["ci", "--ignore-scripts", "--no-audit", "--no-fund"]).current_dir(folder());
    step::run(command)
}

fn node_major() -> Option<u32> {
    let output = Command::new("node").arg("--version").stdin(Stdio::null()).output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    text.trim().strip_prefix('v')?.split('.').next()?.parse().ok()
}
