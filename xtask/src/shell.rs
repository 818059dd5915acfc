//! The app shell in `examples/app-shell`: built for `serve`, checked by the steps `shell` and `browser`.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::SystemTime;

use crate::cargo::{self, cargo};
use crate::node;
use crate::step::{self, Outcome, Stream, Verdict};
use crate::typescript;

/// Where Chromium is, in the order of the tests' own search (`test/browser/browser.ts`).
const CHROMIUM: [&str; 3] = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];

/// Names a Chromium elsewhere.
const CHROMIUM_VARIABLE: &str = "FILAMENT_CHROMIUM";

/// How node's reporter begins the line of a test that it skipped.
const SKIPPED_MARK: char = '\u{fe63}';

/// What the bundle is made of, below the shell's folder.
const SOURCES: [&str; 7] = [
    "src",
    "public",
    "index.html",
    "vite.config.ts",
    "package-lock.json",
    "../typescript/src",
    "../typescript/package-lock.json",
];

/// The folder a server is told to serve: the built shell, or, without it and with the reason, the landing page.
pub(crate) fn web_root() -> (PathBuf, Option<String>) {
    let built = folder().join("dist");
    if is_fresh(&built) {
        return (built, None);
    }
    let outcome = build();
    match outcome.verdict {
        Verdict::Passed => (built, None),
        Verdict::Skipped | Verdict::Failed => (folder().join("landing"), Some(outcome.note)),
    }
}

/// Types, unit tests, the bundle and its size.
pub(crate) fn run() -> Outcome {
    let prepared = prepare();
    if prepared.verdict != Verdict::Passed {
        return prepared;
    }
    all(["check", "test:build", "test:unit", "build", "size"].map(npm_run))
}

/// Users in real browsers, against the debug server.
pub(crate) fn browser() -> Outcome {
    if let Some(reason) = node::missing_tool() {
        return Outcome::skipped(reason);
    }
    if let Err(reason) = provide_chromium() {
        return Outcome::skipped(reason);
    }
    let prepared = build();
    if prepared.verdict != Verdict::Passed {
        return prepared;
    }
    let build_server = cargo(&["build", "-p", "filament-server", "--bin", "filament-server"]);
    let mut test = npm_run("test:browser");
    test.env("FILAMENT_SERVER", typescript::server_program()).env_remove("FILAMENT_WEB_ROOT");
    let built = all([npm_run("test:build"), build_server]);
    if built.verdict != Verdict::Passed {
        return built;
    }
    let mut skipped = Vec::new();
    let outcome = step::run_watched(test, Stream::Out, |line| {
        if let Some(name) = line.trim_start().strip_prefix(SKIPPED_MARK) {
            skipped.push(name.trim().to_owned());
        }
    });
    if outcome.verdict == Verdict::Failed || skipped.is_empty() {
        return outcome;
    }
    outcome.with_note(format!("{} NOT RUN: {}", skipped.len(), skipped.join("; ")))
}

fn folder() -> PathBuf {
    cargo::workspace_folder().join("examples/app-shell")
}

/// Installs the packages, and builds the one the shell stands on.
fn prepare() -> Outcome {
    let package = typescript::build();
    if package.verdict == Verdict::Passed { node::prepare(&folder()) } else { package }
}

fn build() -> Outcome {
    let prepared = prepare();
    if prepared.verdict == Verdict::Passed { step::run(npm_run("build")) } else { prepared }
}

fn npm_run(script: &str) -> Command {
    node::command("npm", &["run", "--silent", script], &folder())
}

/// Runs commands up to the first that fails.
fn all<const COUNT: usize>(commands: [Command; COUNT]) -> Outcome {
    for command in commands {
        let outcome = step::run(command);
        if outcome.verdict != Verdict::Passed {
            return outcome;
        }
    }
    Outcome::passed()
}

/// Whether a bundle is younger than everything it is made of.
fn is_fresh(built: &Path) -> bool {
    let Some(made) = modified(&built.join("index.html")) else { return false };
    SOURCES.iter().all(|source| newest(&folder().join(source)).is_some_and(|changed| changed < made))
}

/// When the youngest file at or below a path was changed.
fn newest(path: &Path) -> Option<SystemTime> {
    if !path.is_dir() {
        return modified(path);
    }
    let entries = fs::read_dir(path).ok()?;
    entries.filter_map(|entry| newest(&entry.ok()?.path())).max()
}

fn modified(path: &Path) -> Option<SystemTime> {
    fs::metadata(path).and_then(|metadata| metadata.modified()).ok()
}

/// Finds Chromium; where it is missing, root on Debian gets it from the distribution.
fn provide_chromium() -> Result<(), String> {
    if has_chromium() {
        return Ok(());
    }
    let wanted = format!("Chromium is not installed: apt-get install chromium, or name one in {CHROMIUM_VARIABLE}");
    if !is_root() || !Path::new("/usr/bin/apt-get").exists() {
        return Err(wanted);
    }
    for arguments in [&["update", "-q"][..], &["install", "-q", "-y", "--no-install-recommends", "chromium"]] {
        let mut command = Command::new("apt-get");
        command.args(arguments).env("DEBIAN_FRONTEND", "noninteractive").stdin(Stdio::null()).stdout(Stdio::null());
        if step::run(command).verdict != Verdict::Passed {
            return Err(wanted);
        }
    }
    if has_chromium() { Ok(()) } else { Err(wanted) }
}

fn has_chromium() -> bool {
    std::env::var_os(CHROMIUM_VARIABLE).is_some_and(|named| Path::new(&named).exists())
        || CHROMIUM.iter().any(|place| Path::new(place).exists())
}

fn is_root() -> bool {
    let output = Command::new("id").arg("-u").output();
    output.is_ok_and(|output| output.stdout.trim_ascii() == b"0")
}
