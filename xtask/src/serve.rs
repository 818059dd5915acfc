//! `cargo xtask serve`: builds the server and becomes it.
//!
//! The dev profile is the default: it needs no link-time optimisation, `cargo xtask test` needs most of what it compiles
//! anyway, and the parts that would be felt (password hashing, SQLite) are optimised in it too. `--release` is for
//! measuring and for use.
//!
//! It serves the app shell at `/`, built here if it is not built yet. A server that is told of no web root answers `/` with
//! a JSON 404 (HTTP-20), which says nothing to somebody who opens a browser: so where the shell cannot be built, for want of
//! node, the root is a page that says so and names what else there is.

use crate::{cargo, shell};
use std::process::ExitCode;

/// The server's own variable and flag; whoever sets one of them decides what is served.
const WEB_ROOT_VARIABLE: &str = "FILAMENT_WEB_ROOT";
const WEB_ROOT_FLAG: &str = "--web-root";

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
    let flags: Vec<&String> = rest.collect();
    let is_decided =
        std::env::var_os(WEB_ROOT_VARIABLE).is_some() || flags.iter().any(|flag| flag.starts_with(WEB_ROOT_FLAG));
    let only_asks = flags.iter().any(|flag| matches!(flag.as_str(), "--help" | "-h" | "--version" | "-V"));
    if !is_decided && !only_asks {
        let (root, reason) = shell::web_root();
        if let Some(reason) = reason {
            eprintln!("the app shell is not built, a landing page is served instead: {reason}");
        }
        command.env(WEB_ROOT_VARIABLE, root);
    }
    command.arg("--").args(flags);
    cargo::become_command(command)
}
