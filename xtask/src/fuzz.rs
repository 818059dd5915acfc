//! `cargo xtask fuzz`: each fuzz target for a while, from the seeds that the vectors give.
//!
//! Needs a nightly compiler, cargo-fuzz and a C++ compiler. What is missing is said, with the command that installs it, and
//! nothing is proved then.

use crate::cargo::{self, cargo};
use crate::step::{self, Outcome, Verdict};
use std::process::{Command, ExitCode};

/// The targets of `fuzz/`, and what each is fed with.
const TARGETS: [&str; 7] = ["command", "event", "body", "markdown", "frames", "cursor", "sealed"];

/// Seconds per target unless told otherwise: long enough to find what is wrong on the surface.
const SECONDS: u32 = 30;

/// Longest input: above the 65,536 bytes of a document, so that the bound itself is tried.
const INPUT_BYTES_MAX: u32 = 70_000;

/// Longest time for one input, in seconds: a document of 64 KiB takes milliseconds.
const INPUT_SECS_MAX: u32 = 10;

/// Runs the targets named in `arguments`, or all; fails if one of them found something.
pub(crate) fn run(arguments: &[String]) -> ExitCode {
    let (targets, seconds) = match parse(arguments) {
        Ok(parsed) => parsed,
        Err(problem) => return crate::usage(&format!("fuzz: {problem}")),
    };
    let outcome = fuzz(&targets, seconds);
    match outcome.verdict {
        Verdict::Passed => {
            eprintln!("fuzz: nothing found in {seconds} s each: {}", targets.join(", "));
            ExitCode::SUCCESS
        }
        Verdict::Skipped => {
            eprintln!("fuzz: SKIPPED, nothing is proved: {}", outcome.note);
            ExitCode::SUCCESS
        }
        Verdict::Failed => {
            eprintln!("fuzz: FAILED: {}", outcome.note);
            ExitCode::FAILURE
        }
    }
}

/// Targets and seconds out of the command line.
fn parse(arguments: &[String]) -> Result<(Vec<&'static str>, u32), String> {
    let mut targets = Vec::new();
    let mut seconds = SECONDS;
    let mut rest = arguments.iter();
    while let Some(argument) = rest.next() {
        if argument == "--seconds" {
            let number = rest.next().and_then(|number| number.parse().ok()).filter(|&number| number > 0);
            seconds = number.ok_or("--seconds needs a number above 0")?;
            continue;
        }
        let target = TARGETS.iter().find(|target| *target == argument);
        targets.push(*target.ok_or_else(|| format!("no target `{argument}`; there are {}", TARGETS.join(", ")))?);
    }
    if targets.is_empty() {
        targets = TARGETS.to_vec();
    }
    Ok((targets, seconds))
}

fn fuzz(targets: &[&str], seconds: u32) -> Outcome {
    if let Some(missing) = missing() {
        return Outcome::skipped(missing);
    }
    let folder = cargo::workspace_folder();
    let seeds = folder.join("fuzz/target/seeds");
    let seeds = seeds.to_string_lossy();
    let written = step::run(cargo(&[
        "run",
        "--quiet",
        "-p",
        "filament-protocol",
        "--example",
        "vectors",
        "--",
        "--seeds",
        &seeds,
    ]));
    if written.verdict != Verdict::Passed {
        return written;
    }
    let mut found = Vec::new();
    for target in targets {
        let corpus = folder.join("fuzz/corpus").join(target);
        if let Err(error) = std::fs::create_dir_all(&corpus) {
            return Outcome::failed(format!("{}: {error}", corpus.display()));
        }
        // Where inputs that reach something new are kept comes first, seeds that are only read after it.
        let mut command = nightly(&["fuzz", "run", target]);
        command.arg(corpus).arg(format!("{seeds}/{target}")).arg("--").args([
            format!("-max_total_time={seconds}"),
            format!("-max_len={INPUT_BYTES_MAX}"),
            format!("-timeout={INPUT_SECS_MAX}"),
        ]);
        if step::run(command).verdict != Verdict::Passed {
            found.push(*target);
        }
    }
    if found.is_empty() {
        return Outcome::passed();
    }
    Outcome::failed(format!("{}; the inputs are in fuzz/artifacts/, docs/FUZZING.md says what to do", found.join(", ")))
}

/// What is not installed, with the command that installs it.
fn missing() -> Option<String> {
    let works = |mut command: Command| command.output().is_ok_and(|output| output.status.success());
    if !works(nightly(&["--version"])) {
        return Some("a nightly compiler is needed: rustup toolchain install nightly".to_owned());
    }
    if !works(nightly(&["fuzz", "--version"])) {
        return Some("cargo-fuzz is needed: cargo install cargo-fuzz --locked".to_owned());
    }
    None
}

/// A command of the nightly cargo, whatever runs this program.
fn nightly(arguments: &[&str]) -> Command {
    let mut command = Command::new("cargo");
    command.arg("+nightly").args(arguments).current_dir(cargo::workspace_folder());
    // Set by the cargo that runs this program, and meant for that one.
    command.env_remove("CARGO").env_remove("RUSTUP_TOOLCHAIN");
    command
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(arguments: &[&str]) -> Result<(Vec<&'static str>, u32), String> {
        parse(&arguments.iter().map(|&argument| argument.to_owned()).collect::<Vec<_>>())
    }

    #[test]
    fn all_targets_run_for_thirty_seconds_unless_told_otherwise() {
        assert_eq!(parsed(&[]), Ok((TARGETS.to_vec(), 30)));
        assert_eq!(parsed(&["event", "--seconds", "300", "body"]), Ok((vec!["event", "body"], 300)));
        assert_eq!(parsed(&["--seconds", "5"]), Ok((TARGETS.to_vec(), 5)));
    }

    #[test]
    fn what_makes_no_sense_is_refused() {
        for arguments in [&["evnt"][..], &["--seconds"], &["--seconds", "0"], &["--seconds", "soon"], &["--help"]] {
            assert!(parsed(arguments).is_err(), "{arguments:?}");
        }
    }

    /// Every target of the crate is run, and no other.
    #[test]
    fn targets_are_those_of_the_fuzz_crate() {
        let manifest = include_str!("../../fuzz/Cargo.toml");
        let bins: Vec<&str> = manifest
            .split("[[bin]]")
            .skip(1)
            .filter_map(|bin| bin.split_once("name = \"")?.1.split_once('"').map(|(name, _)| name))
            .collect();
        assert_eq!(bins, TARGETS);
    }
}
