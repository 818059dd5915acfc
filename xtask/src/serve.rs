//! `cargo xtask serve`: builds the server and becomes it.
//!
//! The dev profile is the default: it needs no link-time optimisation, `cargo xtask test` needs most of what it compiles
//! anyway, and the parts that would be felt (password hashing, SQLite) are optimised in it too. `--release` is for
//! measuring and for use.

use crate::cargo;
use std::process::ExitCode;

/// Runs the server with the flags after `--`.
pub(crate) fn run(arguments: &[String]) -> ExitCode {
    let mut command = cargo::cargo(&["run", "--package", "filament-server", "--bin", "filament-server"]);
    let mut rest = arguments.iter();
    for argument in rest.by_ref() {
        match argument.as_str() {
            "--release" => {
                command.arg("--release");
            }
            "--" => break,
            unknown => {
                return crate::usage(&format!(
                    "serve: `{unknown}` is not known here; the server's own flags follow `--`"
                ));
            }
        }
    }
    command.arg("--").args(rest);
    cargo::become_command(command)
}
