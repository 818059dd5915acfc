//! Writes the vectors: `cargo run -p filament-protocol --example vectors`.
//!
//! With `--check` nothing is written; the exit code is 1 if a file differs or is too many. With `--seeds <folder>` the
//! documents are written as inputs of the fuzz targets instead.

mod generate;
mod seeds;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

fn main() -> ExitCode {
    let arguments: Vec<String> =
        std::env::args_os().skip(1).map(|argument| argument.to_string_lossy().into_owned()).collect();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../vectors");
    let done = match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        [] => bring_up_to_date(&folder, false).map(|changed| report("wrote", &changed)),
        ["--check"] => bring_up_to_date(&folder, true).map(|stale| {
            report("differs", &stale);
            if stale.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
        }),
        ["--seeds", folder] => seeds::write(Path::new(folder)).map(|()| ExitCode::SUCCESS),
        _ => {
            eprintln!("usage: vectors [--check | --seeds <folder>]");
            return ExitCode::from(2);
        }
    };
    done.unwrap_or_else(|error| {
        eprintln!("vectors: {error}");
        ExitCode::FAILURE
    })
}

fn report(what: &str, paths: &[PathBuf]) -> ExitCode {
    for path in paths {
        println!("{what} {}", path.display());
    }
    ExitCode::SUCCESS
}

/// Compares the folder with what is generated and, unless only checking, makes it equal; returns what differed.
fn bring_up_to_date(folder: &Path, check: bool) -> std::io::Result<Vec<PathBuf>> {
    let files = generate::files();
    let mut stale = Vec::new();
    for (path, text) in &files {
        let path = folder.join(path);
        if fs::read_to_string(&path).is_ok_and(|known| known == *text) {
            continue;
        }
        if !check {
            fs::write(&path, text)?;
        }
        stale.push(path);
    }
    for part in ["accept", "reject"] {
        for entry in fs::read_dir(folder.join(part))? {
            let path = entry?.path();
            if files.iter().any(|(known, _)| folder.join(known) == path) {
                continue;
            }
            if !check {
                fs::remove_file(&path)?;
            }
            stale.push(path);
        }
    }
    Ok(stale)
}
