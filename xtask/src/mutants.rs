//! `cargo xtask mutants`: proof that the storm of `filament-fanout` can fail.
//!
//! Each file of `filament-fanout/mutations` breaks one promise of delivery or of permissions in a few lines. It is applied to a copy
//! of the tree, and the storm has to find it there. A mutation that the storm lets pass, that does not compile, or whose lines are not in the
//! tree any more, is a failure; that last part is also a test, which costs nothing.

use crate::cargo;
use crate::step;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};
use std::time::Instant;

/// Plans of the storm per mutation: as many as the test command runs.
const CASES: &str = "500";

/// Shorter plans it tries: that it fails is enough here.
const SHRINKS: &str = "50";

/// The tests of it, in the order they are asked: what is heard, step by step; then what somebody knows who is cut off and resumed.
const TESTS: [&str; 2] = ["storm::seeds::", "storm::equation::"];

/// What the storm prints before the plan that fails.
const MARK: &str = "the shortest plan that fails";

/// What of the workspace is not copied.
const LEFT_OUT: [&str; 4] = ["target", ".git", "node_modules", "data"];

/// One file of `filament-fanout/mutations`.
struct Mutation {
    name: String,
    /// What it breaks, in a sentence.
    why: String,
    hunks: Vec<Hunk>,
}

/// Lines of a file that are replaced by others.
struct Hunk {
    file: String,
    old: String,
    new: String,
}

/// Runs the storm against the mutations named in `arguments`, or all.
pub(crate) fn run(arguments: &[String]) -> ExitCode {
    let mutations = match read_all(cargo::workspace_folder()) {
        Ok(mutations) => mutations,
        Err(problem) => return failed(&problem),
    };
    if let Some(unknown) = arguments.iter().find(|name| mutations.iter().all(|mutation| mutation.name != **name)) {
        return crate::usage(&format!("mutants: no mutation `{unknown}`"));
    }
    let chosen = mutations.iter().filter(|mutation| arguments.is_empty() || arguments.contains(&mutation.name));
    let folder = cargo::workspace_folder().join("target/mutants");
    // A copy of its own to begin with: whoever goes on working on the tree does not disturb the run.
    let (origin, copy) = (folder.join("origin"), folder.join("tree"));
    if let Err(error) = refresh(cargo::workspace_folder(), &origin) {
        return failed(&format!("the tree cannot be copied: {error}"));
    }
    let mut table = String::new();
    let mut is_proved = true;
    for mutation in chosen {
        eprintln!("\n== {}: {}", mutation.name, mutation.why);
        let started = Instant::now();
        let verdict = try_out(mutation, &origin, &copy);
        is_proved &= verdict.is_ok();
        let word = verdict.map_or_else(|problem| format!("FAILED: {problem}"), |()| "caught".to_owned());
        let _ = writeln!(table, "{:<40} {:>6.1} s  {word}", mutation.name, started.elapsed().as_secs_f64());
    }
    eprint!("\n{table}");
    if is_proved { ExitCode::SUCCESS } else { failed("the storm does not prove what it is there for") }
}

fn failed(problem: &str) -> ExitCode {
    eprintln!("mutants: {problem}");
    ExitCode::FAILURE
}

/// Applies a mutation to a fresh copy and runs the storm there, which has to fail.
fn try_out(mutation: &Mutation, origin: &Path, copy: &Path) -> Result<(), String> {
    refresh(origin, copy).map_err(|error| format!("the tree cannot be copied: {error}"))?;
    for hunk in &mutation.hunks {
        let path = copy.join(&hunk.file);
        let text = fs::read_to_string(&path).map_err(|error| format!("{}: {error}", hunk.file))?;
        fs::write(&path, hunk.applied(&text)?).map_err(|error| format!("{}: {error}", hunk.file))?;
    }
    let built = step::run(storm(copy, &["--no-run"]));
    if built.verdict != step::Verdict::Passed {
        return Err(format!("it does not compile: {}", built.note));
    }
    TESTS.iter().find_map(|test| finds(copy, test).transpose()).unwrap_or_else(|| Err("the storm passes".to_owned()))
}

/// Runs one of the tests. `None`: it passes.
fn finds(copy: &Path, test: &str) -> Result<Option<()>, String> {
    let output = storm(copy, &[test]).stderr(Stdio::null()).output().map_err(|error| error.to_string())?;
    let text = String::from_utf8_lossy(&output.stdout);
    if output.status.success() {
        return Ok(None);
    }
    if !text.contains(MARK) {
        return Err(format!("the storm does not come to an end:\n{text}"));
    }
    let plan = text.lines().find(|line| line.contains("seed ")).unwrap_or_default();
    eprintln!("{test} {}", plan.trim());
    Ok(Some(()))
}

fn storm(copy: &Path, more: &[&str]) -> Command {
    let mut command = cargo::cargo(&["test", "--quiet", "-p", "filament-fanout", "--all-features", "--lib"]);
    command.args(more).current_dir(copy);
    command
        .env("CARGO_TARGET_DIR", copy.with_file_name("build"))
        .env("FILAMENT_STORM_CASES", CASES)
        .env("FILAMENT_STORM_SHRINKS", SHRINKS);
    command.env("RUST_BACKTRACE", "0").env("CARGO_PROFILE_DEV_DEBUG", "0").env("RUSTFLAGS", "--cap-lints allow");
    command
}

/// Makes `copy` the same as the tree. Files that are the same already stay untouched, so that little is compiled again.
fn refresh(tree: &Path, copy: &Path) -> std::io::Result<()> {
    fs::create_dir_all(copy)?;
    for entry in fs::read_dir(tree)? {
        let entry = entry?;
        let (from, to) = (entry.path(), copy.join(entry.file_name()));
        if LEFT_OUT.iter().any(|name| entry.file_name() == *name) {
            continue;
        }
        if entry.file_type()?.is_dir() {
            refresh(&from, &to)?;
        } else if fs::read(&to).ok() != Some(fs::read(&from)?) {
            fs::write(&to, fs::read(&from)?)?;
        }
    }
    Ok(())
}

/// All mutations, by name.
fn read_all(workspace: &Path) -> Result<Vec<Mutation>, String> {
    let folder = workspace.join("filament-fanout/mutations");
    let entries = fs::read_dir(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    let mut paths: Vec<PathBuf> = entries.filter_map(Result::ok).map(|entry| entry.path()).collect();
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "mutation"));
    paths.sort();
    paths.iter().map(|path| read(path)).collect()
}

fn read(path: &Path) -> Result<Mutation, String> {
    let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    let text = fs::read_to_string(path).map_err(|error| format!("{name}: {error}"))?;
    parse(&name, &text)
}

/// Reads `why`, then hunks: `file: <path>` and lines that stay (` `), go (`-`) and come (`+`).
fn parse(name: &str, text: &str) -> Result<Mutation, String> {
    let (why, rest) = text.split_once("\n\nfile: ").ok_or_else(|| format!("{name}: no hunk"))?;
    let mut hunks = Vec::new();
    for hunk in rest.split("\n\nfile: ") {
        let (file, lines) = hunk.split_once('\n').ok_or_else(|| format!("{name}: an empty hunk"))?;
        let (mut old, mut new) = (String::new(), String::new());
        for line in lines.lines() {
            let (mark, line) = line.split_at_checked(1).ok_or_else(|| format!("{name}: an empty line in a hunk"))?;
            if !matches!(mark, " " | "-" | "+") {
                return Err(format!("{name}: a line of a hunk begins with ` `, `-` or `+`"));
            }
            if mark != "+" {
                old = old + line + "\n";
            }
            if mark != "-" {
                new = new + line + "\n";
            }
        }
        hunks.push(Hunk { file: file.to_owned(), old, new });
    }
    Ok(Mutation { name: name.to_owned(), why: why.replace('\n', " "), hunks })
}

impl Hunk {
    /// The text with the old lines, which are in it once, replaced by the new ones.
    fn applied(&self, text: &str) -> Result<String, String> {
        let found = text.match_indices(&self.old).count();
        if found != 1 || self.old.is_empty() {
            return Err(format!("its lines are {found} times in {}; bring it up to date:\n{}", self.file, self.old));
        }
        Ok(text.replacen(&self.old, &self.new, 1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// How many there are at least.
    const MUTATIONS_MIN: usize = 8;

    #[test]
    fn every_mutation_applies_to_the_tree_as_it_is() {
        let mutations = read_all(cargo::workspace_folder()).expect("readable");
        assert!(mutations.len() >= MUTATIONS_MIN, "{} mutations", mutations.len());
        for mutation in &mutations {
            assert!(!mutation.why.is_empty() && !mutation.hunks.is_empty(), "{} says what it breaks", mutation.name);
            for hunk in &mutation.hunks {
                let text = fs::read_to_string(cargo::workspace_folder().join(&hunk.file)).expect("a file of the tree");
                let applied = hunk.applied(&text).unwrap_or_else(|problem| panic!("{}: {problem}", mutation.name));
                assert_ne!(applied, text, "{} changes something", mutation.name);
            }
        }
    }

    #[test]
    fn a_hunk_that_is_not_there_or_is_there_twice_is_refused() {
        let mutation = parse("it", "Breaks it.\n\nfile: a.rs\n-one\n+two\n three\n").expect("a mutation");
        assert_eq!((mutation.why.as_str(), mutation.hunks.len()), ("Breaks it.", 1));
        let hunk = &mutation.hunks[0];
        assert_eq!(hunk.applied("zero\none\nthree\n").as_deref(), Ok("zero\ntwo\nthree\n"));
        assert!(hunk.applied("one\nfour\n").is_err());
        assert!(hunk.applied("one\nthree\none\nthree\n").is_err());
        assert!(parse("it", "Breaks it.\n\nfile: a.rs\nneither\n").is_err());
    }
}
