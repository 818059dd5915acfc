//! `cargo xtask bench`: every benchmark of the workspace, in the release profile.

use crate::cargo;
use std::process::ExitCode;

/// Runs the benchmarks; what follows `--` goes to them, a name filter for instance.
pub(crate) fn run(arguments: &[String]) -> ExitCode {
    let rest = match arguments.split_first() {
        None => &[],
        Some((separator, rest)) if separator == "--" => rest,
        Some((unknown, _)) => {
            return crate::usage(&format!("bench: `{unknown}` is not known here; a filter follows `--`"));
        }
    };
    let mut command = cargo::cargo(&["bench", "--workspace", "--bench", "*", "--"]);
    command.args(rest);
    cargo::become_command(command)
}
