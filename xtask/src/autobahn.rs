//! Autobahn's fuzzing client against the WebSocket layer alone (`examples/ws_echo.rs` of the server).
//!
//! The suite runs on Python 2.7 only and is installed under `target/autobahn`, nowhere else. What cannot be had is skipped
//! with the reason. The full report of the last run is `target/autobahn/report/index.html`.

use crate::cargo::{self, cargo};
use crate::step::{self, Outcome, Verdict};
use std::fs::{self, File};
use std::io::{self, BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

/// The one version the results below were read with.
const PACKAGE: &str = "autobahntestsuite==25.10.1";

/// Cases that are not run. 12 and 13 test compression, which is declined.
const EXCLUDED: &str = r#""12.*", "13.*""#;

/// Fewest cases a complete run reports: all of 1–7, 9 and 10. Fewer prove that the run was cut short.
const CASES_MIN: usize = 301;

/// Cases that may fail, each with the reason.
const DOCUMENTED: &[(&str, &str)] = &[];

/// Longest run of the fuzzing client; it takes half a minute.
const RUN_MAX: Duration = Duration::from_secs(600);

/// Pause between two looks at whether it has ended.
const POLL_INTERVAL: Duration = Duration::from_millis(100);

/// Runs every case and fails on what Autobahn calls failed, unless it is documented here.
pub(crate) fn run() -> Outcome {
    match try_run() {
        Ok(outcome) => outcome,
        Err(error) => Outcome::failed(format!("autobahn: {error}")),
    }
}

fn try_run() -> io::Result<Outcome> {
    let Some(python) = python() else {
        return Ok(Outcome::skipped("no Python 2.7, the only one Autobahn's test suite runs on: pyenv install 2.7.18"));
    };
    let folder = target_folder().join("autobahn");
    fs::create_dir_all(&folder)?;
    let site = folder.join("site");
    if let Some(reason) = install(&python, &site)? {
        return Ok(Outcome::skipped(reason));
    }
    let built = step::run(cargo(&["build", "-p", "filament-server", "--example", "ws_echo"]));
    if built.verdict == Verdict::Failed {
        return Ok(built);
    }
    let (server, url) = start_server()?;
    let ended = fuzz(&python, &folder, &site, &url);
    drop(server);
    if let Some(problem) = ended? {
        return Ok(Outcome::failed(problem));
    }
    Ok(judge(&cases(&fs::read_to_string(folder.join("report/index.json"))?)))
}

/// Where cargo puts what it builds.
fn target_folder() -> PathBuf {
    let named = std::env::var_os("CARGO_TARGET_DIR").map(PathBuf::from);
    cargo::workspace_folder().join(named.unwrap_or_else(|| "target".into()))
}

/// Finds a Python 2.7: on the path, or among pyenv's, whose shims answer only for the version that is switched on.
fn python() -> Option<PathBuf> {
    let mut candidates = vec![PathBuf::from("python2.7"), PathBuf::from("python2")];
    if let Ok(output) = Command::new("pyenv").arg("root").output() {
        let root = String::from_utf8_lossy(&output.stdout).trim().to_owned();
        let versions = fs::read_dir(Path::new(&root).join("versions"));
        for entry in versions.into_iter().flatten().flatten() {
            if entry.file_name().to_string_lossy().starts_with("2.7") {
                candidates.push(entry.path().join("bin/python2.7"));
            }
        }
    }
    candidates.into_iter().find(|python| {
        Command::new(python)
            .args(["-c", "import sys; print('%d.%d' % sys.version_info[:2])"])
            .output()
            .is_ok_and(|output| output.status.success() && output.stdout.starts_with(b"2.7"))
    })
}

/// Installs the suite once; gives the reason if that cannot be done here.
fn install(python: &Path, site: &Path) -> io::Result<Option<String>> {
    let done = site.join(".installed");
    if fs::read_to_string(&done).is_ok_and(|package| package == PACKAGE) {
        return Ok(None);
    }
    if site.exists() {
        fs::remove_dir_all(site)?;
    }
    eprintln!("installing {PACKAGE} in {}", site.display());
    let status =
        Command::new(python).args(["-m", "pip", "install", "--quiet", "--target"]).arg(site).arg(PACKAGE).status();
    if !status.is_ok_and(|status| status.success()) {
        return Ok(Some(format!("pip could not install {PACKAGE}, see above")));
    }
    // `pip --target` leaves the namespace package without the file that makes Python 2.7 find it.
    File::create(site.join("zope/__init__.py"))?;
    fs::write(done, PACKAGE)?;
    Ok(None)
}

/// A server that ends with the value.
struct Server(Child);

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Starts the echo server on a free port and reads its address from its first line.
fn start_server() -> io::Result<(Server, String)> {
    let program = target_folder().join("debug/examples/ws_echo").with_extension(std::env::consts::EXE_EXTENSION);
    let mut server =
        Server(Command::new(program).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn()?);
    let mut line = String::new();
    if let Some(output) = server.0.stdout.take() {
        BufReader::new(output).read_line(&mut line)?;
    }
    match line.trim().rsplit_once(' ') {
        Some((_, url)) => Ok((server, url.to_owned())),
        None => Err(io::Error::other("ws_echo did not say where it listens")),
    }
}

/// Runs the fuzzing client to its end; gives the problem if there was one.
fn fuzz(python: &Path, folder: &Path, site: &Path, url: &str) -> io::Result<Option<String>> {
    let report = folder.join("report");
    if report.exists() {
        fs::remove_dir_all(&report)?;
    }
    let specification = format!(
        r#"{{"outdir": "./report", "servers": [{{"agent": "filament", "url": "{url}"}}],
            "cases": ["*"], "exclude-cases": [{EXCLUDED}], "exclude-agent-cases": {{}}}}"#
    );
    fs::write(folder.join("fuzzingclient.json"), specification)?;
    eprintln!("running Autobahn's fuzzing client against {url}; log and report in {}", folder.display());
    let log = File::create(folder.join("wstest.log"))?;
    let mut client = Command::new(python)
        .args(["-m", "autobahntestsuite.wstest"])
        .args(["-m", "fuzzingclient", "-s", "fuzzingclient.json"])
        .env("PYTHONPATH", site)
        .current_dir(folder)
        .stdin(Stdio::null())
        .stderr(log.try_clone()?)
        .stdout(log)
        .spawn()?;
    let started = Instant::now();
    loop {
        match client.try_wait()? {
            Some(status) if status.success() => return Ok(None),
            Some(status) => {
                return Ok(Some(format!("wstest: {status}, see autobahn/wstest.log")));
            }
            None if started.elapsed() > RUN_MAX => {
                client.kill()?;
                client.wait()?;
                return Ok(Some(format!("wstest did not end within {} s", RUN_MAX.as_secs())));
            }
            None => thread::sleep(POLL_INTERVAL),
        }
    }
}

/// One case of the report: its number, and what Autobahn says of the messages and of the close.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Case<'a> {
    id: &'a str,
    behavior: &'a str,
    behavior_close: &'a str,
}

impl Case<'_> {
    fn is_bad(&self) -> bool {
        let fine = |word: &str| matches!(word, "OK" | "NON-STRICT" | "INFORMATIONAL");
        !fine(self.behavior) || !fine(self.behavior_close)
    }
}

/// Reads `{agent: {case: {"behavior": word, "behaviorClose": word, …}}}`, the shape of `index.json`.
fn cases(json: &str) -> Vec<Case<'_>> {
    let mut cases: Vec<Case<'_>> = Vec::new();
    let (mut depth, mut key) = (0, "");
    let mut rest = json;
    while let Some(index) = rest.find(['{', '}', '"']) {
        let (found, after) = (rest.as_bytes()[index], &rest[index + 1..]);
        rest = after;
        match found {
            b'{' => depth += 1,
            b'}' => depth -= 1,
            _ => {
                let (text, after) = after.split_once('"').unwrap_or((after, ""));
                rest = after;
                match (depth, key, cases.last_mut()) {
                    (2, _, _) => cases.push(Case { id: text, behavior: "", behavior_close: "" }),
                    (3, "behavior", Some(case)) => case.behavior = text,
                    (3, "behaviorClose", Some(case)) => case.behavior_close = text,
                    _ => {}
                }
                // The text after one of these two keys is its value; any other text may be the next key.
                key = match key {
                    "behavior" | "behaviorClose" => "",
                    _ => text,
                };
            }
        }
    }
    cases
}

/// Counts the words of the report and compares the bad ones with what is documented.
fn judge(cases: &[Case<'_>]) -> Outcome {
    let count = |word| cases.iter().filter(|case| case.behavior == word).count();
    let unexpected: Vec<String> = cases
        .iter()
        .filter(|case| case.is_bad())
        .filter(|case| DOCUMENTED.iter().all(|(id, _)| *id != case.id))
        .map(|case| format!("{} ({}, close {})", case.id, case.behavior, case.behavior_close))
        .collect();
    let counts = format!(
        "{} cases: {} ok, {} non-strict, {} informational, {} bad",
        cases.len(),
        count("OK"),
        count("NON-STRICT"),
        count("INFORMATIONAL"),
        cases.iter().filter(|case| case.is_bad()).count(),
    );
    if !unexpected.is_empty() {
        return Outcome::failed(format!("{counts}: {}", unexpected.join(", ")));
    }
    if cases.len() < CASES_MIN {
        return Outcome::failed(format!("{counts}; at least {CASES_MIN} were to be run"));
    }
    Outcome::passed().with_note(counts)
}

#[cfg(test)]
mod tests {
    use super::*;

    const REPORT: &str = r#"{
   "filament": {
      "1.1.1": {
         "behavior": "OK",
         "behaviorClose": "OK",
         "duration": 1,
         "remoteCloseCode": 1000,
         "reportfile": "filament_case_1_1_1.json"
      },
      "7.3.6": {
         "behavior": "NON-STRICT",
         "behaviorClose": "FAILED",
         "remoteCloseCode": null,
         "reportfile": "filament_case_7_3_6.json"
      }
   }
}"#;

    #[test]
    fn report_is_read() {
        let expected = [
            Case { id: "1.1.1", behavior: "OK", behavior_close: "OK" },
            Case { id: "7.3.6", behavior: "NON-STRICT", behavior_close: "FAILED" },
        ];
        assert_eq!(cases(REPORT), expected);
        assert_eq!(cases(""), []);
    }

    #[test]
    fn failed_close_fails_the_run_and_is_named() {
        let outcome = judge(&cases(REPORT));
        assert_eq!(outcome.verdict, Verdict::Failed);
        assert!(outcome.note.ends_with(": 7.3.6 (NON-STRICT, close FAILED)"), "{}", outcome.note);
    }

    #[test]
    fn run_that_was_cut_short_fails() {
        let ok = Case { id: "1.1.1", behavior: "OK", behavior_close: "OK" };
        assert_eq!(judge(&vec![ok; CASES_MIN - 1]).verdict, Verdict::Failed);
        assert_eq!(judge(&vec![ok; CASES_MIN]).verdict, Verdict::Passed);
    }
}
