//! Node and npm, for the steps that need them: whether they are there, and installing exactly what a lock file names.

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::step::{self, Outcome, Verdict};

/// Least major version of node: the `package.json` files ask for the same.
const NODE_MAJOR_MIN: u32 = 20;

/// Below `node_modules`: the lock file it was installed from.
const INSTALLED: &str = "node_modules/.installed";

/// Makes the packages of a folder ready for use; skips, with the reason, what this machine cannot do.
pub(crate) fn prepare(folder: &Path) -> Outcome {
    match missing_tool() {
        Some(reason) => Outcome::skipped(reason),
        None => install(folder),
    }
}

/// Says what is not installed, or too old.
pub(crate) fn missing_tool() -> Option<String> {
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

/// `node` or `npm` in a folder. What it says goes to standard error: the first line on the standard output of `serve` is
/// the server's.
pub(crate) fn command(program: &str, arguments: &[&str], folder: &Path) -> Command {
    let mut command = Command::new(program);
    command.args(arguments).current_dir(folder).stdout(std::io::stderr());
    command
}

/// Installs exactly what the lock file names, unless it is there.
fn install(folder: &Path) -> Outcome {
    let lock = match fs::read_to_string(folder.join("package-lock.json")) {
        Ok(lock) => lock,
        Err(error) => return Outcome::failed(format!("{}: {error}", folder.join("package-lock.json").display())),
    };
    let done = folder.join(INSTALLED);
    if fs::read_to_string(&done).is_ok_and(|installed| installed == lock) {
        return Outcome::passed();
    }
    if step::run(command("npm", &["ci", "--no-audit", "--no-fund"], folder)).verdict == Verdict::Failed {
        return Outcome::skipped("npm could not install what package-lock.json names, see above");
    }
    match fs::write(&done, lock) {
        Ok(()) => Outcome::passed(),
        Err(error) => Outcome::failed(format!("{}: {error}", done.display())),
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
