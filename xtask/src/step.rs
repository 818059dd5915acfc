//! What one step of `cargo xtask test` comes to.

use crate::cargo;
use std::io::{BufRead as _, BufReader, Read};
use std::process::Command;

/// What a step proved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// It ran and found nothing.
    Passed,
    /// It did not run, and so proved nothing.
    Skipped,
    /// It found something, or could not be run to its end.
    Failed,
}

/// A verdict and what a reader of the summary should know about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Outcome {
    /// What the step proved.
    pub(crate) verdict: Verdict,
    /// Why it was skipped, what failed, or the test runner's own summary; may be empty.
    pub(crate) note: String,
}

impl Outcome {
    /// A step that ran and found nothing.
    pub(crate) fn passed() -> Self {
        Self { verdict: Verdict::Passed, note: String::new() }
    }

    /// A step that did not run; `reason` names what is missing and how to get it.
    pub(crate) fn skipped(reason: impl Into<String>) -> Self {
        Self { verdict: Verdict::Skipped, note: reason.into() }
    }

    /// A step that found something.
    pub(crate) fn failed(reason: impl Into<String>) -> Self {
        Self { verdict: Verdict::Failed, note: reason.into() }
    }

    /// The same verdict with a note of its own.
    pub(crate) fn with_note(self, note: String) -> Self {
        Self { note, ..self }
    }
}

/// Which of a command's streams is read line by line; the other one goes straight to the terminal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stream {
    /// Standard output.
    Out,
    /// Standard error.
    Error,
}

/// Runs a command to its end with its output on the terminal.
pub(crate) fn run(mut command: Command) -> Outcome {
    eprintln!("$ {}", cargo::shown(&command));
    match command.status() {
        Ok(status) if status.success() => Outcome::passed(),
        Ok(status) => Outcome::failed(format!("`{}`: {status}", cargo::shown(&command))),
        Err(error) => Outcome::failed(format!("`{}` did not start: {error}", cargo::shown(&command))),
    }
}

/// Runs a command like [`run`] and also shows each line of one of its streams to `on_line`.
pub(crate) fn run_watched(mut command: Command, stream: Stream, mut on_line: impl FnMut(&str)) -> Outcome {
    eprintln!("$ {}", cargo::shown(&command));
    match stream {
        Stream::Out => command.stdout(std::process::Stdio::piped()),
        Stream::Error => command.stderr(std::process::Stdio::piped()),
    };
    let mut child = match command.spawn() {
        Ok(child) => child,
        Err(error) => {
            return Outcome::failed(format!("`{}` did not start: {error}", cargo::shown(&command)));
        }
    };
    let watched: Option<Box<dyn Read>> = match stream {
        Stream::Out => child.stdout.take().map(|pipe| Box::new(pipe) as Box<dyn Read>),
        Stream::Error => child.stderr.take().map(|pipe| Box::new(pipe) as Box<dyn Read>),
    };
    if let Some(pipe) = watched {
        for line in BufReader::new(pipe).split(b'\n').map_while(Result::ok) {
            let line = String::from_utf8_lossy(&line);
            match stream {
                Stream::Out => println!("{line}"),
                Stream::Error => eprintln!("{line}"),
            }
            on_line(&line);
        }
    }
    match child.wait() {
        Ok(status) if status.success() => Outcome::passed(),
        Ok(status) => Outcome::failed(format!("`{}`: {status}", cargo::shown(&command))),
        Err(error) => Outcome::failed(format!("`{}`: {error}", cargo::shown(&command))),
    }
}
