//! `cargo xtask schema`: the documents of the contract, written from the types, and judged by tools that did not write
//! them.

use std::process::ExitCode;

use crate::cargo::{self, cargo};
use crate::step::{self, Outcome, Verdict};
use crate::{node, typescript};

/// Folder of the tools that judge the documents, below the workspace.
const VALIDATE: &str = "xtask/validate";

/// Writes `schema/v1`, `docs/GATEWAY_EVENTS.md` and `docs/API.md`, and what the TypeScript package makes of them; with
/// `--check` only compares, with `--publish` also makes them what later ones are compared with.
pub(crate) fn run(arguments: &[String]) -> ExitCode {
    let is_check = match arguments.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        [] | ["--publish"] => false,
        ["--check"] => true,
        _ => return crate::usage("schema: takes nothing, `--check` or `--publish`"),
    };
    let mut outcome = generate(arguments);
    if outcome.verdict == Verdict::Passed && !is_check {
        outcome = typescript::generate();
    }
    match outcome.verdict {
        Verdict::Passed => ExitCode::SUCCESS,
        Verdict::Skipped => {
            eprintln!("xtask: examples/typescript was left as it is: {}", outcome.note);
            ExitCode::SUCCESS
        }
        Verdict::Failed => {
            eprintln!("xtask: {}", outcome.note);
            ExitCode::FAILURE
        }
    }
}

/// The step `documents`: what is committed is what the types say, and independent validators accept it.
pub(crate) fn check() -> Outcome {
    let compared = generate(&["--check".to_owned()]);
    if compared.verdict != Verdict::Passed {
        return compared;
    }
    let folder = cargo::workspace_folder().join(VALIDATE);
    let prepared = node::prepare(&folder);
    match prepared.verdict {
        Verdict::Passed => step::run(node::command("node", &["validate.mjs"], &folder)),
        Verdict::Skipped => {
            Outcome::skipped(format!("the documents were compared, but not validated: {}", prepared.note))
        }
        Verdict::Failed => prepared,
    }
}

fn generate(arguments: &[String]) -> Outcome {
    let mut command =
        cargo(&["run", "--quiet", "-p", "filament-protocol", "--features", "schema", "--example", "schema"]);
    command.arg("--").args(arguments);
    step::run(command)
}
