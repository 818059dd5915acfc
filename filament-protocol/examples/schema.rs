//! Writes the documents of the contract into a source tree, compares them with it, or makes them the published ones.
//!
//! `cargo xtask schema` runs this; `--check` and `--publish` are passed on.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use filament_protocol::schema::{self, Document, growth};

/// Folder of the JSON documents, in the source tree.
const SCHEMAS: &str = "schema/v1";
/// Folder of the pages.
const PAGES: &str = "docs";
/// The documents as last published, words for people left out.
const PUBLISHED: &str = "schema/published-v1.json";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let result = match arguments.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        [] => write(&root),
        ["--check"] => check(&root),
        ["--publish"] => write(&root).and_then(|()| publish(&root)),
        _ => Err("usage: schema [--check | --publish]".to_owned()),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(problem) => {
            eprintln!("{problem}");
            ExitCode::FAILURE
        }
    }
}

/// Every generated file with its place in the tree.
fn files(root: &Path) -> impl Iterator<Item = (PathBuf, String)> {
    let place = move |folder: &'static str| {
        let root = root.to_owned();
        move |document: Document| (root.join(folder).join(&document.name), document.text)
    };
    schema::documents().into_iter().map(place(SCHEMAS)).chain(schema::pages().into_iter().map(place(PAGES)))
}

/// Names of files in the folder of schemas that nothing makes any more.
fn strays(root: &Path) -> Result<Vec<PathBuf>, String> {
    let folder = root.join(SCHEMAS);
    let entries = match fs::read_dir(&folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(format!("{}: {error}", folder.display())),
    };
    let made: Vec<PathBuf> = files(root).map(|(path, _)| path).collect();
    let paths = entries.filter_map(|entry| entry.ok().map(|entry| entry.path()));
    Ok(paths.filter(|path| !made.contains(path)).collect())
}

fn write(root: &Path) -> Result<(), String> {
    fs::create_dir_all(root.join(SCHEMAS)).map_err(|error| format!("{SCHEMAS}: {error}"))?;
    let mut changed = 0;
    for (path, text) in files(root) {
        if fs::read_to_string(&path).is_ok_and(|old| old == text) {
            continue;
        }
        fs::write(&path, text).map_err(|error| format!("{}: {error}", path.display()))?;
        changed += 1;
    }
    for path in strays(root)? {
        fs::remove_file(&path).map_err(|error| format!("{}: {error}", path.display()))?;
        changed += 1;
    }
    eprintln!("{changed} files of {SCHEMAS} and {PAGES} written or removed");
    Ok(())
}

fn check(root: &Path) -> Result<(), String> {
    let differing = files(root).filter(|(path, text)| fs::read_to_string(path).ok().as_ref() != Some(text));
    let mut wrong: Vec<PathBuf> = differing.map(|(path, _)| path).collect();
    wrong.extend(strays(root)?);
    if wrong.is_empty() {
        return Ok(());
    }
    let names: Vec<String> = wrong.iter().map(|path| format!("  {}", path.display())).collect();
    Err(format!("not what the types say; run `cargo xtask schema`:\n{}", names.join("\n")))
}

fn publish(root: &Path) -> Result<(), String> {
    let path = root.join(PUBLISHED);
    let new = growth::parse(schema::documents().into_iter().map(|document| (document.name, document.text)))?;
    match fs::read_to_string(&path) {
        Ok(text) => {
            let old = serde_json::from_str(&text).map_err(|error| format!("{}: {error}", path.display()))?;
            let refusals = growth::refusals(&old, &new);
            if !refusals.is_empty() {
                return Err(format!("version 1 only grows:\n  {}", refusals.join("\n  ")));
            }
        }
        Err(error) if error.kind() == ErrorKind::NotFound => {}
        Err(error) => return Err(format!("{}: {error}", path.display())),
    }
    let text = growth::published(&new);
    fs::write(&path, text).map_err(|error| format!("{}: {error}", path.display()))
}
