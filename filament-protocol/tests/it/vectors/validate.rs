//! The `validate` program as a process: what it prints, how it ends, what it survives.

use std::fmt::Write as _;
use std::io::{Read, Write};
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};

use super::file::{Folder, sets};

/// The program, beside this test's own folder; built now if this test was built without it.
fn program() -> PathBuf {
    let own = std::env::current_exe().expect("a test knows where it is");
    let path = own.parent().and_then(|deps| deps.parent()).expect("tests lie in deps").join("examples/validate");
    let path = path.with_extension(std::env::consts::EXE_EXTENSION);
    if !path.exists() {
        let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        let built = Command::new(cargo).args(["build", "-p", "filament-protocol", "--example", "validate"]).status();
        assert!(built.is_ok_and(|status| status.success()), "the example does not build");
    }
    path
}

fn run(arguments: &[&str], input: &[u8]) -> Output {
    let mut child = Command::new(program())
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the example was built");
    let mut stdin = child.stdin.take().expect("a pipe");
    let input = input.to_owned();
    // Both ends of the pipes have to be served at once: the answers may fill theirs before the input is read.
    let feeder = std::thread::spawn(move || {
        // A program that ends early closes its end.
        let _ = stdin.write_all(&input);
    });
    let output = child.wait_with_output().expect("the example ends");
    feeder.join().expect("the feeder does not panic");
    output
}

fn lines(output: &Output) -> Vec<String> {
    String::from_utf8(output.stdout.clone()).unwrap().lines().map(str::to_owned).collect()
}

const SUBSCRIBE: &str = r#"{"v":1,"t":"subscribe","d":{"guild_id":"01JZ8Q4M5N6P7Q8R9S0T1V2W3X","channel_id":"01JZ8Q7B3C4D5E6F7G8H9JAKBM"}}"#;

#[test]
fn each_line_is_answered_by_one_line() {
    let mut input = Vec::new();
    writeln!(input, "{SUBSCRIBE}").unwrap();
    write!(input, "{SUBSCRIBE}\r\n\n").unwrap();
    writeln!(input, r#"{{"v":1,"t":"subscribe","d":{{"guild_id":null}}}}"#).unwrap();
    writeln!(input, r#"{{"v":1,"t":"dance","d":{{}}}}"#).unwrap();
    input.extend_from_slice(b"\xFF\xFE\0\n");
    input.extend(std::iter::repeat_n(b'[', 200_000));
    input.push(b'\n');
    write!(input, "{{\"v\":1").unwrap();
    let output = run(&["--side", "client"], &input);
    assert_eq!(
        lines(&output),
        [
            "ok subscribe",
            "ok subscribe",
            "reject syntax .",
            "reject null d.guild_id",
            "reject unknown_command t",
            "reject not_utf8 .",
            "reject too_large .",
            "reject syntax .",
        ]
    );
    assert_eq!(output.status.code(), Some(1));
    assert!(output.stderr.is_empty());
}

#[test]
fn the_exit_code_tells_whether_anything_was_refused() {
    assert_eq!(run(&["--side", "client"], SUBSCRIBE.as_bytes()).status.code(), Some(0));
    assert_eq!(run(&["--side=server"], b"").status.code(), Some(0));
    let body = run(&["--side", "rest:CreateGuild"], b"{\"name\":\"Harbour\"}\n{\"name\":\"\"}\n");
    assert_eq!(lines(&body), ["ok CreateGuild", "reject out_of_bounds name"]);
    assert_eq!(body.status.code(), Some(1));
}

#[test]
fn a_line_may_be_as_long_as_a_message_and_no_longer() {
    let padded = |bytes: usize| format!("{SUBSCRIBE}{}", " ".repeat(bytes - SUBSCRIBE.len()));
    let output = run(&["--side", "client"], format!("{}\n{}\n", padded(65_536), padded(65_537)).as_bytes());
    assert_eq!(lines(&output), ["ok subscribe", "reject too_large ."]);
}

#[test]
fn a_command_line_that_makes_no_sense_is_a_usage_error() {
    for arguments in [
        &[][..],
        &["--side"],
        &["--side", "middle"],
        &["--side", "rest:"],
        &["--side", "rest:NoSuchBody"],
        &["--side", "client", "--side", "server"],
        &["--sides=client"],
        &["file.json"],
    ] {
        let output = run(arguments, b"");
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        assert!(output.stdout.is_empty() && !output.stderr.is_empty(), "{arguments:?}");
    }
    let help = run(&["--help"], b"");
    assert_eq!(help.status.code(), Some(0));
    assert!(String::from_utf8_lossy(&help.stdout).contains("CreateGuild"));
}

#[test]
fn whoever_stops_reading_the_answers_ends_it_quietly() {
    let mut child = Command::new(program())
        .args(["--side", "client"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let mut stdin = child.stdin.take().unwrap();
    let line = format!("{SUBSCRIBE}\n");
    // More than any pipe holds; the program is gone before all of it is written.
    for _ in 0..20_000 {
        if stdin.write_all(line.as_bytes()).is_err() {
            break;
        }
    }
    drop(stdin);
    let mut said = String::new();
    child.stderr.take().unwrap().read_to_string(&mut said).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(0), "{said}");
    assert_eq!(said, "");
}

/// The program, the decoders and the vectors agree, document for document.
#[test]
fn every_vector_of_one_line_gets_its_line() {
    for set in sets() {
        let side = if set.side == "rest" { format!("rest:{}", set.kind) } else { set.side.clone() };
        let (mut input, mut expected) = (Vec::new(), String::new());
        for vector in &set.vectors {
            // A line cannot hold what has lines itself, nor a return that would belong to its end.
            if vector.document.contains(&b'\n') || vector.document.ends_with(b"\r") {
                continue;
            }
            input.extend_from_slice(&vector.document);
            input.push(b'\n');
            let path = Some(vector.text("path")).filter(|path| !path.is_empty()).unwrap_or(".");
            match set.folder {
                Folder::Accept => expected.push_str("ok\n"),
                Folder::Reject => writeln!(expected, "reject {} {path}", vector.text("code")).unwrap(),
            }
        }
        let output = run(&["--side", &side], &input);
        let found: String = lines(&output)
            .iter()
            .map(|line| if line.starts_with("ok ") { "ok\n".to_owned() } else { format!("{line}\n") })
            .collect();
        assert!(found == expected, "{}/{side}:\n{found}\nis not\n{expected}", set.folder.name());
    }
}
