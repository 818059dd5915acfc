//! `cargo xtask test`: everything that is checked, step by step, with a summary that hides nothing.
//!
//! A step that needs a tool or a target that is not installed is skipped, and the summary says so in capitals with the
//! command that installs it: a skipped step proves nothing. A failed step does not stop the ones after it.

use crate::autobahn;
use crate::cargo::{self, cargo};
use crate::livekit;
use crate::schema;
use crate::shell;
use crate::step::{self, Outcome, Stream, Verdict};
use crate::typescript;
use std::io::IsTerminal as _;
use std::process::ExitCode;
use std::time::{Duration, Instant};

/// One thing that is checked.
struct Step {
    name: &'static str,
    about: &'static str,
    run: fn() -> Outcome,
}

/// Cheap ones first, so that a misplaced brace is told in seconds.
const STEPS: &[Step] = &[
    Step { name: "fmt", about: "formatting (rustfmt)", run: fmt },
    Step { name: "clippy", about: "lints of every target, warnings refused", run: clippy },
    Step { name: "rustdoc", about: "documentation builds, warnings refused", run: rustdoc },
    Step { name: "wasm32", about: "protocol and core compile where there is no operating system", run: wasm32 },
    Step { name: TESTS, about: "unit, integration and crate-edge tests (cargo-nextest, else cargo test)", run: tests },
    Step { name: "doctests", about: "examples in the documentation and the README files", run: doctests },
    Step {
        name: "documents",
        about: "schemas, OpenAPI, AsyncAPI and pages are what the types say, and independent validators accept them",
        run: schema::check,
    },
    Step {
        name: "typescript",
        about: "the TypeScript package builds, agrees with the vectors and speaks with the server (node, npm)",
        run: typescript::run,
    },
    Step { name: "shell", about: "the app shell: types, unit tests, bundle and its size (node, npm)", run: shell::run },
    Step {
        name: "browser",
        about: "the app shell in real browsers, against the server (node, npm, Chromium)",
        run: shell::browser,
    },
    Step {
        name: "livekit",
        about: "LiveKit's SDK verifies the server's tokens and API calls, and signs its webhooks (node, npm)",
        run: livekit::run,
    },
    Step { name: "deny", about: "licences, banned crates and sources of dependencies (cargo-deny)", run: deny },
    Step {
        name: "autobahn",
        about: "RFC 6455 conformance of the WebSocket layer (Autobahn's fuzzing client)",
        run: autobahn::run,
    },
];

const TESTS: &str = "tests";

/// What the line with which a test runner sums itself up contains, and the reason of a run that never began does not.
const RUNNER_MARK: &str = " tests run: ";

const WASM32: &str = "wasm32-unknown-unknown";

/// The steps' names and what each checks, for `cargo xtask help`.
pub(crate) fn steps_help() -> String {
    let mut text = String::from("steps of test, in order\n\n");
    for step in STEPS {
        text.push_str(&format!("  {:<10} {}\n", step.name, step.about));
    }
    text
}

/// Runs the steps named in `arguments`, or all; fails if one of them failed.
pub(crate) fn run(arguments: &[String]) -> ExitCode {
    let names: Vec<&str> = arguments.iter().map(String::as_str).collect();
    if let Some(unknown) = names.iter().find(|name| STEPS.iter().all(|step| step.name != **name)) {
        return crate::usage(&format!("test: no step `{unknown}`"));
    }
    let mut rows = Vec::new();
    for step in STEPS.iter().filter(|step| names.is_empty() || names.contains(&step.name)) {
        eprintln!("\n== {}: {}", step.name, step.about);
        let started = Instant::now();
        let outcome = (step.run)();
        rows.push(Row { name: step.name, outcome, time: started.elapsed() });
    }
    eprint!("\n{}", summary(&rows));
    if rows.iter().any(|row| row.outcome.verdict == Verdict::Failed) { ExitCode::FAILURE } else { ExitCode::SUCCESS }
}

/// A finished step.
struct Row {
    name: &'static str,
    outcome: Outcome,
    time: Duration,
}

/// The table of all steps, the verdict, and as the last line what the test runner said.
fn summary(rows: &[Row]) -> String {
    let mut text = String::from("step       outcome      time\n");
    for row in rows {
        let word = match row.outcome.verdict {
            Verdict::Passed => "ok",
            Verdict::Skipped => "SKIPPED",
            Verdict::Failed => "FAILED",
        };
        let line = format!("{:<10} {word:<8} {:>6.1} s  {}", row.name, row.time.as_secs_f64(), row.outcome.note);
        text.push_str(line.trim_end());
        text.push('\n');
    }
    let names = |verdict| {
        let named: Vec<&str> = rows.iter().filter(|row| row.outcome.verdict == verdict).map(|row| row.name).collect();
        named.join(", ")
    };
    let (failed, skipped) = (names(Verdict::Failed), names(Verdict::Skipped));
    text.push_str(&match (failed.is_empty(), skipped.is_empty()) {
        (true, true) => "passed\n".to_owned(),
        (true, false) => format!("passed, but proves nothing about what was skipped: {skipped}\n"),
        (false, true) => format!("FAILED: {failed}\n"),
        (false, false) => format!("FAILED: {failed}; skipped: {skipped}\n"),
    });
    if let Some(row) = rows.iter().find(|row| row.name == TESTS && row.outcome.note.contains(RUNNER_MARK)) {
        text.push_str(&row.outcome.note);
        text.push('\n');
    }
    text
}

fn fmt() -> Outcome {
    step::run(cargo(&["fmt", "--all", "--check"]))
}

fn clippy() -> Outcome {
    step::run(cargo(&["clippy", "--workspace", "--all-targets", "--all-features", "--", "-D", "warnings"]))
}

fn rustdoc() -> Outcome {
    let mut command = cargo(&["doc", "--workspace", "--all-features", "--no-deps"]);
    command.env("RUSTDOCFLAGS", "-D warnings");
    step::run(command)
}

fn wasm32() -> Outcome {
    let installed = std::process::Command::new("rustc")
        .args(["--print", "target-libdir", "--target", WASM32])
        .current_dir(cargo::workspace_folder())
        .output()
        .is_ok_and(|output| std::path::Path::new(String::from_utf8_lossy(&output.stdout).trim()).is_dir());
    if !installed {
        return Outcome::skipped(format!("target {WASM32} is not installed: rustup target add {WASM32}"));
    }
    step::run(cargo(&["check", "-p", "filament-protocol", "-p", "filament-core", "--all-features", "--target", WASM32]))
}

fn tests() -> Outcome {
    let mut lines = RunnerLines::default();
    let outcome = if cargo::has_subcommand("nextest") {
        let mut command = cargo(&["nextest", "run", "--workspace", "--all-features", "--no-fail-fast"]);
        if std::io::stderr().is_terminal() {
            // It writes into a pipe here, and would not know that its lines end up on a terminal.
            command.args(["--color", "always"]);
        }
        step::run_watched(command, Stream::Error, |line| lines.see(line))
    } else {
        eprintln!(
            "cargo-nextest is not installed; cargo test runs the same tests, slower: cargo install cargo-nextest --locked"
        );
        let targets = ["--lib", "--bins", "--tests", "--examples"];
        let mut command = cargo(&["test", "--workspace", "--all-features", "--no-fail-fast"]);
        command.args(targets);
        step::run_watched(command, Stream::Out, |line| lines.see(line))
    };
    match lines.summary() {
        Some(line) => outcome.with_note(line),
        None => outcome,
    }
}

fn doctests() -> Outcome {
    step::run(cargo(&["test", "--doc", "--workspace", "--all-features"]))
}

fn deny() -> Outcome {
    if !cargo::has_subcommand("deny") {
        return Outcome::skipped("cargo-deny is not installed: cargo install cargo-deny --locked");
    }
    step::run(cargo(&["deny", "--offline", "check", "licenses", "bans", "sources"]))
}

/// Finds the line with which a test runner sums itself up.
#[derive(Debug, Default)]
struct RunnerLines {
    /// nextest's, which is the only one of its run.
    nextest: Option<String>,
    /// The sum over cargo test's, one per binary: passed, failed, ignored.
    cargo_test: Option<[u64; 3]>,
}

impl RunnerLines {
    fn see(&mut self, line: &str) {
        let line = without_colour(line);
        let line = line.trim();
        if line.starts_with("Summary [") {
            self.nextest = Some(line.to_owned());
        } else if let Some(counts) = line.strip_prefix("test result: ") {
            let sums = self.cargo_test.get_or_insert_default();
            for (sum, word) in sums.iter_mut().zip([" passed", " failed", " ignored"]) {
                *sum += number_before(counts, word);
            }
        }
    }

    fn summary(&self) -> Option<String> {
        self.nextest.clone().or_else(|| {
            let [passed, failed, ignored] = self.cargo_test?;
            Some(format!("{} tests run: {passed} passed, {failed} failed, {ignored} ignored", passed + failed))
        })
    }
}

/// The line without the escape sequences that colour it: ESC `[` parameters, one letter.
fn without_colour(line: &str) -> String {
    let mut parts = line.split("\u{1b}[");
    let mut plain = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        plain.push_str(part.split_once(|character: char| character.is_ascii_alphabetic()).map_or("", |(_, rest)| rest));
    }
    plain
}

/// The number that stands directly before `word`, or 0.
fn number_before(text: &str, word: &str) -> u64 {
    let Some(end) = text.find(word) else { return 0 };
    let digits = text[..end].rsplit(|character: char| !character.is_ascii_digit()).next().unwrap_or("");
    digits.parse().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(name: &'static str, outcome: Outcome) -> Row {
        Row { name, outcome, time: Duration::from_millis(1_250) }
    }

    #[test]
    fn summary_names_what_was_skipped_and_ends_with_the_runners_line() {
        let rows = [
            row("fmt", Outcome::passed()),
            row("wasm32", Outcome::skipped("no target")),
            row(TESTS, Outcome::passed().with_note("Summary [ 1s] 3 tests run: 3 passed".to_owned())),
        ];
        let expected = "\
step       outcome      time
fmt        ok          1.2 s
wasm32     SKIPPED     1.2 s  no target
tests      ok          1.2 s  Summary [ 1s] 3 tests run: 3 passed
passed, but proves nothing about what was skipped: wasm32
Summary [ 1s] 3 tests run: 3 passed
";
        assert_eq!(summary(&rows), expected);
    }

    #[test]
    fn summary_of_a_failed_run_says_so() {
        let rows = [row("clippy", Outcome::failed("exit status: 101")), row("deny", Outcome::skipped("no tool"))];
        assert!(summary(&rows).ends_with("FAILED: clippy; skipped: deny\n"));
    }

    #[test]
    fn runner_line_of_nextest_is_kept_without_its_colours() {
        let mut lines = RunnerLines::default();
        lines.see("        PASS [   0.004s] xtask tests::a");
        lines.see("\u{1b}[31;1m     Summary\u{1b}[0m [   0.015s] \u{1b}[1m2\u{1b}[0m tests run: 1 passed, 1 failed, 0 skipped");
        assert_eq!(lines.summary().as_deref(), Some("Summary [   0.015s] 2 tests run: 1 passed, 1 failed, 0 skipped"));
    }

    #[test]
    fn runner_lines_of_cargo_test_are_added_up() {
        let mut lines = RunnerLines::default();
        lines.see("test result: ok. 12 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.00s");
        lines.see("test result: FAILED. 3 passed; 2 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.00s");
        assert_eq!(lines.summary().as_deref(), Some("17 tests run: 15 passed, 2 failed, 1 ignored"));
    }
}
