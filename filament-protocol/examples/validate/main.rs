//! Judges documents of the contract, one per line: for people who pipe a capture through it.
//!
//! ```text
//! cargo run -q -p filament-protocol --example validate -- --side server < captured.jsonl
//! ok message_create
//! reject null d.author_id
//! ok typing_finished unknown
//! ```
//!
//! Codes and paths are those of `vectors/README.md`; the path of a document as a whole is written `.`.

mod lines;
mod verdict;

use std::io::{self, BufWriter, Write};
use std::process::ExitCode;

use filament_protocol::limits::MESSAGE_BYTES_MAX;
use filament_protocol::rest::TYPES;
use lines::{Line, next_line};
use verdict::{Side, Verdict};

/// Exit code if a document was refused.
const EXIT_REFUSED: u8 = 1;
/// Exit code if the command line makes no sense or the input cannot be read.
const EXIT_USAGE: u8 = 2;

const USAGE: &str = "\
usage: validate --side server|client|rest:<Type> [--strict] < lines

Judges one document per line: `ok <type>`, or `reject <code> <path>`.

  --side server        events, as a client reads them: unknown events and members are skipped
  --side client        commands
  --side rest:<Type>   request bodies or answers of that type
  --strict             refuse unknown events and members of events too: for who checks what a server writes
  --help               this text, and the types

Exit code 0 if all were taken, 1 if one was refused, 2 if nothing could be judged.
";

fn main() -> ExitCode {
    let side = match arguments(std::env::args_os().skip(1).map(|argument| argument.to_string_lossy().into_owned())) {
        Ok(Some(side)) => side,
        Ok(None) => {
            return match write!(io::stdout(), "{USAGE}\ntypes: {}\n", type_names()) {
                Ok(()) | Err(_) => ExitCode::SUCCESS,
            };
        }
        Err(problem) => {
            complain(&format!("validate: {problem}\n\n{USAGE}"));
            return ExitCode::from(EXIT_USAGE);
        }
    };
    match judge(side, &mut io::stdin().lock(), &mut BufWriter::new(io::stdout().lock())) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::from(EXIT_REFUSED),
        Err(error) => {
            complain(&format!("validate: {error}\n"));
            ExitCode::from(EXIT_USAGE)
        }
    }
}

/// Reads the command line; `None` if only help is wanted.
fn arguments(mut arguments: impl Iterator<Item = String>) -> Result<Option<Side>, String> {
    let (mut side, mut strict) = (None, false);
    while let Some(argument) = arguments.next() {
        let name = match argument.strip_prefix("--side") {
            Some("") => arguments.next().ok_or("--side needs a side")?,
            Some(rest) if rest.starts_with('=') => rest[1..].to_owned(),
            _ if matches!(argument.as_str(), "--help" | "-h") => return Ok(None),
            _ if argument == "--strict" => {
                strict = true;
                continue;
            }
            _ => return Err(format!("unknown argument {argument:?}")),
        };
        if side.is_some() {
            return Err("more than one --side".to_owned());
        }
        side = Some(Side::named(&name).ok_or_else(|| format!("unknown side {name:?}; types: {}", type_names()))?);
    }
    match (side, strict) {
        (None, _) => Err("--side is missing".to_owned()),
        (Some(Side::Server), true) => Ok(Some(Side::StrictServer)),
        (Some(Side::Client | Side::Rest(_)), true) => {
            Err("--strict is for `--side server`; others are strict".to_owned())
        }
        (side, _) => Ok(side),
    }
}

fn type_names() -> String {
    TYPES.iter().map(|known| known.name).collect::<Vec<_>>().join(" ")
}

/// Says something to the person at the terminal, if there still is one.
fn complain(text: &str) {
    // Whoever closed standard error does not want to know.
    let _ = io::stderr().write_all(text.as_bytes());
}

/// Judges every line; tells whether all were taken. A reader of the answers who leaves ends it without an error.
fn judge(side: Side, input: &mut impl io::BufRead, output: &mut impl Write) -> io::Result<bool> {
    let mut all_taken = true;
    while let Some(line) = next_line(input, MESSAGE_BYTES_MAX)? {
        let verdict = match &line {
            Line::Whole(document) => side.verdict(document),
            Line::TooLong => Verdict::Refused { code: "too_large", path: String::new(), answer: None },
        };
        all_taken &= matches!(verdict, Verdict::Taken { .. });
        match write_verdict(&verdict, output) {
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => return Ok(all_taken),
            written => written?,
        }
    }
    match output.flush() {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(all_taken),
        flushed => flushed.map(|()| all_taken),
    }
}

fn write_verdict(verdict: &Verdict, output: &mut impl Write) -> io::Result<()> {
    match verdict {
        Verdict::Taken { name, unknown: false } => writeln!(output, "ok {name}"),
        Verdict::Taken { name, unknown: true } => writeln!(output, "ok {name} unknown"),
        Verdict::Refused { code, path, .. } => {
            writeln!(output, "reject {code} {}", if path.is_empty() { "." } else { path })
        }
    }
}
