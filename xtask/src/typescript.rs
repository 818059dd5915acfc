//! The TypeScript package in `examples/typescript`: built, and tested against the debug server among other things.
//!
//! What npm installs stays in the package's `node_modules`; it is installed again only when `package-lock.json` changed.
//! What cannot be had is skipped with the reason.

use crate::cargo::{self, cargo};
use crate::step::{self, Outcome, Verdict};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Least major version of node: `package.json` asks for the same.
const NODE_MAJOR_MIN: u32 = 20;

/// Builds and tests the package.
pub(crate) fn run() -> Outcome {
    match try_run() {
        Ok(outcome) => outcome,
        Err(error) => Outcome::failed(format!("typescript: {error}")),
    }
}

fn try_run() -> io::Result<Outcome> {
    let folder = cargo::workspace_folder().join("examples/typescript");
    if let Some(reason) = missing_tool() {
        return Ok(Outcome::skipped(reason));
    }
    if !install(&folder)? {
        return Ok(Outcome::skipped("npm could not install what package-lock.json names, see above"));
    }
    let mut test = npm(&folder, &["test"]);
    test.env("FILAMENT_SERVER", server_program());
    let build_server = cargo(&["build", "-p", "filament-server", "--bin", "filament-server"]);
    for command in [npm(&folder, &["run", "build"]), build_server, test] {
        let outcome = step::run(command);
        if outcome.verdict == Verdict::Failed {
            return Ok(outcome);
        }
    }
    Ok(Outcome::passed())
}

/// Says what is not installed, or too old.
fn missing_tool() -> Option<String> {
    let wanted = format!("install node {NODE_MAJOR_MIN} or later, https://nodejs.org");
    match version_of("node").as_deref().and_then(major) {
        None => return Some(format!("node is not installed: {wanted}")),
        Some(found) if found < NODE_MAJOR_MIN => return Some(format!("node {found} is too old: {wanted}")),
        Some(_) => {}
    }
    match version_of("npm") {
        Some(_) => None,
        None => Some(format!("npm is not installed: {wanted}, it comes with it")),
    }
}

fn version_of(program: &str) -> Option<String> {
    let output = Command::new(program).arg("--version").output().ok().filter(|output| output.status.success())?;
    Some(String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

/// The first number of `v20.19.0`.
fn major(version: &str) -> Option<u32> {
    version.trim_start_matches('v').split('.').next()?.parse().ok()
}

fn npm(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new("npm");
    command.args(arguments).current_dir(folder);
    command
}

/// Installs what the lock file names, unless it is there; tells whether that worked.
fn install(folder: &Path) -> io::Result<bool> {
    let lock = fs::read_to_string(folder.join("package-lock.json"))?;
    let done = folder.join("node_modules/.installed");
    if fs::read_to_string(&done).is_ok_and(|installed| installed == lock) {
        return Ok(true);
    }
    let outcome = step::run(npm(folder, &["ci", "--no-audit", "--no-fund"]));
    if outcome.verdict == Verdict::Failed {
        return Ok(false);
    }
    fs::write(done, lock)?;
    Ok(true)
}

/// Where cargo puts the server, as an absolute path.
fn server_program() -> PathBuf {
    let named = std::env::var_os("CARGO_TARGET_DIR").map(PathBuf::from);
    let target = cargo::workspace_folder().join(named.unwrap_or_else(|| "target".into()));
    target.join("debug/filament-server").with_extension(std::env::consts::EXE_EXTENSION)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn major_version_is_read() {
        assert_eq!(major("v20.20.2"), Some(20));
        assert_eq!(major("11.19.1"), Some(11));
        assert_eq!(major(""), None);
    }
}
