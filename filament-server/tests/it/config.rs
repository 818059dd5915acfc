//! Starting the program: variables, exit codes, what it says (§16, CFG-1 to CFG-4).

use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::harness::{DataDir, PASSWORD, Server};

const BAD_CONFIGURATION: i32 = 2;
const END_MAX: Duration = Duration::from_secs(30);

/// How a run that did not serve ended.
struct Ended {
    code: Option<i32>,
    /// Both streams.
    output: String,
}

/// The program with these variables and none of the caller's, in a folder of its own.
fn program(folder: &Path, variables: &[(&str, &str)]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_filament-server"));
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("FILAMENT_") || name == "RUST_LOG" {
            command.env_remove(name);
        }
    }
    command.envs(variables.iter().copied()).current_dir(folder);
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// Runs the program to its end; one that serves instead is killed and has no code.
fn run(variables: &[(&str, &str)]) -> Ended {
    let folder = DataDir::create();
    let mut all = vec![("FILAMENT_BIND_ADDR", "127.0.0.1:0")];
    all.extend_from_slice(variables);
    let mut child = program(folder.path(), &all).spawn().expect("start the program");
    let (stdout, stderr) = (child.stdout.take().expect("stdout"), child.stderr.take().expect("stderr"));
    let errors = std::thread::spawn(move || read_all(stderr));
    let mut first = String::new();
    let mut lines = BufReader::new(stdout);
    lines.read_line(&mut first).expect("read");
    let code = if first.is_empty() {
        wait(&mut child)
    } else {
        child.kill().expect("kill");
        child.wait().expect("wait");
        None
    };
    Ended { code, output: first + &read_all(lines) + &errors.join().expect("standard error") }
}

fn read_all(mut stream: impl Read) -> String {
    let mut text = String::new();
    let _ = stream.read_to_string(&mut text);
    text
}

fn wait(child: &mut Child) -> Option<i32> {
    let deadline = Instant::now() + END_MAX;
    loop {
        if let Some(status) = child.try_wait().expect("wait") {
            return status.code();
        }
        if Instant::now() > deadline {
            let _ = child.kill();
            let _ = child.wait();
            panic!("the program neither served nor ended");
        }
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// Values outside of the ranges of §16.1, or none at all. Where the table gives no range only zero and nonsense are sure
/// to be refused.
const REFUSED: [(&str, &[&str]); 35] = [
    ("FILAMENT_BIND_ADDR", &["", "0", "localhost", "127.0.0.1", "127.0.0.1:65536", "300.0.0.1:80"]),
    ("FILAMENT_ALLOWED_ORIGINS", &["chat.example", "*", "https://", "https://a.example/path", "https://a.example,,"]),
    ("FILAMENT_TRUSTED_PROXY_CIDRS", &["10.0.0.0/33", "10.0.0/8", "x", "::/129", "10.0.0.0/8;10.1.0.0/16"]),
    ("FILAMENT_SERVER_OWNER_USER_ID", &["1", "01arz3ndektsv4rrffq69g5fav", "81ARZ3NDEKTSV4RRFFQ69G5FAV"]),
    ("FILAMENT_LIVEKIT_URL", &["", "http://127.0.0.1:7880", "127.0.0.1:7880", "wss://"]),
    ("FILAMENT_LIVEKIT_API_URL", &["", "https://127.0.0.1:7880", "127.0.0.1:7880", "http://"]),
    ("FILAMENT_VOICE_CONFIRM", &["", "0", "never", "Immediate"]),
    ("FILAMENT_VOICE_RECONCILE_SECS", &["", "0", "3601", "off"]),
    ("FILAMENT_SYNCHRONOUS", &["", "0", "off", "FULL"]),
    ("FILAMENT_JOURNAL_RETENTION_SECS", &["0", "59", "604801", "x", "-1", "60.0", ""]),
    ("FILAMENT_GATEWAY_EVENT_BYTES_MAX", &["0", "255", "64513", "x", "1e3"]),
    ("FILAMENT_GATEWAY_QUEUE_FRAMES", &["0", "15", "4097", "x"]),
    ("FILAMENT_GATEWAY_QUEUE_BYTES", &["0", "131071", "8388609", "1MiB"]),
    ("FILAMENT_GATEWAY_INGRESS_EVENTS_PER_WINDOW", &["0", "x", "-1"]),
    ("FILAMENT_GATEWAY_INGRESS_WINDOW_SECS", &["0", "x", "10s"]),
    ("FILAMENT_GATEWAY_SUBSCRIBES_PER_WINDOW", &["0", "x"]),
    ("FILAMENT_GATEWAY_CONNECTIONS_MAX", &["0", "x"]),
    ("FILAMENT_GATEWAY_CONNECTIONS_PER_USER", &["0", "x"]),
    ("FILAMENT_GATEWAY_TOKEN_GRACE_SECS", &["86401", "x", "-1"]),
    ("FILAMENT_GATEWAY_PING_SECS", &["0", "x", "30"]),
    ("FILAMENT_GATEWAY_IDLE_SECS", &["0", "x", "50"]),
    ("FILAMENT_PLAIN_CATCHUP", &["", "0", "yes", "On"]),
    ("FILAMENT_ACCESS_TOKEN_SECS", &["0", "59", "86401", "x"]),
    ("FILAMENT_RATE_LIMIT_REQUESTS_PER_MINUTE", &["0", "x"]),
    ("FILAMENT_AUTH_ROUTE_REQUESTS_PER_MINUTE", &["0", "x"]),
    ("FILAMENT_DIRECTORY_JOIN_REQUESTS_PER_MINUTE_PER_IP", &["0", "x"]),
    ("FILAMENT_DIRECTORY_JOIN_REQUESTS_PER_MINUTE_PER_USER", &["0", "x"]),
    ("FILAMENT_MEDIA_TOKEN_REQUESTS_PER_MINUTE", &["0", "x"]),
    ("FILAMENT_MEDIA_PUBLISH_REQUESTS_PER_MINUTE", &["0", "x"]),
    ("FILAMENT_MAX_CREATED_GUILDS_PER_USER", &["0", "x"]),
    ("FILAMENT_GUILD_MEMBERS_MAX", &["0", "x"]),
    ("FILAMENT_GUILD_IP_BAN_MAX_ENTRIES", &["0", "x"]),
    ("FILAMENT_AUDIT_LIST_LIMIT_MAX", &["0", "101", "x"]),
    ("FILAMENT_ATTACHMENT_QUOTA_BYTES", &["0", "x", "99999999999999999999999"]),
    ("RUST_LOG", &["filament=loud"]),
];

/// Proves CFG-2 for every variable of §16.1 that has a form: exit code 2, and the name in what the program says.
#[test]
fn a_bad_value_ends_start_up_with_2_and_the_name_of_its_variable() {
    for (name, values) in REFUSED {
        for value in values {
            let ended = run(&[(name, value)]);
            assert_eq!(ended.code, Some(BAD_CONFIGURATION), "{name}={value}: {}", ended.output);
            assert!(ended.output.contains(name), "{name}={value}: not named in {}", ended.output);
        }
    }
}

/// Proves CFG-2 for LiveKit's "both or neither", and CFG-4 for the one that is set.
#[test]
fn half_a_livekit_account_is_refused_without_telling_the_secret() {
    let secret = "a-secret-of-more-than-thirty-two-characters";
    for (set, missing) in [
        ("FILAMENT_LIVEKIT_API_SECRET", "FILAMENT_LIVEKIT_API_KEY"),
        ("FILAMENT_LIVEKIT_API_KEY", "FILAMENT_LIVEKIT_API_SECRET"),
    ] {
        let ended = run(&[(set, secret)]);
        assert_eq!(ended.code, Some(BAD_CONFIGURATION), "{}", ended.output);
        assert!(ended.output.contains(missing), "{}", ended.output);
        assert!(!ended.output.contains(secret), "{}", ended.output);
    }
}

/// Proves the bounds of §16.1 from inside: the values at both ends are taken.
#[test]
fn values_at_the_ends_of_their_ranges_are_taken() {
    for variables in [
        [
            ("FILAMENT_JOURNAL_RETENTION_SECS", "60"),
            ("FILAMENT_GATEWAY_EVENT_BYTES_MAX", "256"),
            ("FILAMENT_GATEWAY_QUEUE_FRAMES", "16"),
            ("FILAMENT_GATEWAY_QUEUE_BYTES", "131072"),
            ("FILAMENT_GATEWAY_TOKEN_GRACE_SECS", "0"),
            ("FILAMENT_ACCESS_TOKEN_SECS", "60"),
            ("FILAMENT_AUDIT_LIST_LIMIT_MAX", "1"),
            ("FILAMENT_GATEWAY_IDLE_SECS", "51"),
            ("FILAMENT_SYNCHRONOUS", "normal"),
            ("FILAMENT_VOICE_CONFIRM", "webhook"),
            ("FILAMENT_ALLOWED_ORIGINS", ""),
        ],
        [
            ("FILAMENT_JOURNAL_RETENTION_SECS", "604800"),
            ("FILAMENT_GATEWAY_EVENT_BYTES_MAX", "64512"),
            ("FILAMENT_GATEWAY_QUEUE_FRAMES", "4096"),
            ("FILAMENT_GATEWAY_QUEUE_BYTES", "8388608"),
            ("FILAMENT_GATEWAY_TOKEN_GRACE_SECS", "86400"),
            ("FILAMENT_ACCESS_TOKEN_SECS", "86400"),
            ("FILAMENT_AUDIT_LIST_LIMIT_MAX", "100"),
            ("FILAMENT_SERVER_OWNER_USER_ID", "7ZZZZZZZZZZZZZZZZZZZZZZZZZ"),
            ("FILAMENT_SYNCHRONOUS", "full"),
            ("FILAMENT_LIVEKIT_URL", "wss://voice.example:7443"),
            ("FILAMENT_TRUSTED_PROXY_CIDRS", "10.0.0.0/8,::1/128,192.168.1.1/32"),
        ],
    ] {
        let server = Server::with_env(&variables);
        server.http().get("/readyz").ok();
    }
}

/// Proves CFG-3: the name is in a warning, the value is not (it may be a secret), and the server serves.
#[test]
fn an_unknown_variable_is_warned_about() {
    let value = "whatever-somebody-meant-to-set";
    let server = Server::with_env(&[("FILAMENT_METRIC_TOKEN", value), ("FILAMENT_BIND_ADRESS", value)]);
    server.http().get("/readyz").ok();
    let log = fs::read_to_string(server.log_path()).expect("the log");
    for name in ["FILAMENT_METRIC_TOKEN", "FILAMENT_BIND_ADRESS"] {
        assert!(log.lines().any(|line| line.contains(name) && line.contains("WARN")), "{name}: {log}");
    }
    assert!(!log.contains(value), "{log}");
    let without = Server::start();
    let log = fs::read_to_string(without.log_path()).expect("the log");
    assert!(!log.contains("WARN"), "{log}");
}

/// Proves CFG-4 for the configured secrets, at the most talkative level.
#[test]
fn configured_secrets_are_never_logged() {
    let [metrics, key, secret] =
        ["metrics-token-0123456789", "livekit-key-0123", "livekit-secret-0123456789-0123456789"];
    let server = Server::with_env(&[
        ("RUST_LOG", "trace"),
        ("FILAMENT_METRICS_TOKEN", metrics),
        ("FILAMENT_LIVEKIT_API_KEY", key),
        ("FILAMENT_LIVEKIT_API_SECRET", secret),
    ]);
    let user = server.user("member");
    let bearer = format!("Bearer {metrics}");
    server.http().request("GET", "/metrics", &[("authorization", &bearer)], None).ok();
    server.http().request("GET", "/metrics", &[("authorization", "Bearer wrong-token-9876543210")], None).is(401);
    user.connect().is_usable();
    let log = fs::read_to_string(server.log_path()).expect("the log");
    assert!(!log.is_empty());
    for word in [metrics, secret, "wrong-token-9876543210", PASSWORD, &user.access_token, &user.refresh_token] {
        assert!(!log.contains(word), "{word} is in the log");
    }
}

/// Proves CFG-1, where its port is free: the server starts with nothing set, with its data beside it and no shell.
#[test]
fn the_server_starts_with_no_variable_set() {
    if TcpListener::bind("127.0.0.1:8080").is_err() {
        eprintln!("skipped: 127.0.0.1:8080 is in use on this machine");
        return;
    }
    let folder = DataDir::create();
    let mut child = program(folder.path(), &[]).spawn().expect("start the program");
    let mut first = String::new();
    BufReader::new(child.stdout.take().expect("stdout")).read_line(&mut first).expect("a line");
    let ask = |path: &str| -> String {
        let mut stream = std::net::TcpStream::connect("127.0.0.1:8080").expect("connect");
        let head = format!("GET {path} HTTP/1.1\r\nhost: filament.test\r\nconnection: close\r\n\r\n");
        std::io::Write::write_all(&mut stream, head.as_bytes()).expect("write");
        read_all(stream)
    };
    let seen = (!first.is_empty()).then(|| (ask("/readyz"), ask("/")));
    let mode = fs::metadata(folder.path().join("data")).map(|data| data.permissions().mode() & 0o777);
    child.kill().expect("kill");
    child.wait().expect("wait");
    let errors = read_all(child.stderr.take().expect("stderr"));
    if seen.is_none() && errors.contains("in use") {
        eprintln!("skipped: 127.0.0.1:8080 has just been taken by another process");
        return;
    }
    let (ready, page) = seen.unwrap_or_else(|| panic!("{errors}"));
    assert_eq!(first.trim_end(), "filament-server listening on http://127.0.0.1:8080");
    assert!(ready.starts_with("HTTP/1.1 200 ") && ready.contains(r#"{"status":"ready"}"#), "{ready}");
    assert!(page.starts_with("HTTP/1.1 404 "), "no web shell: {page}");
    assert_eq!(mode.expect("./data"), 0o700);
}

/// Proves that two processes never share a data folder: the second ends with 5 and the first goes on.
#[test]
fn a_second_process_on_the_same_data_folder_refuses_to_start() {
    let server = Server::start();
    let user = server.user("member");
    let folder = server.data_path();
    let ended = run(&[("FILAMENT_DATA_DIR", folder.to_str().expect("a path in UTF-8"))]);
    assert_eq!(ended.code, Some(5), "{}", ended.output);
    assert!(ended.output.contains(&*folder.to_string_lossy()), "it says which folder: {}", ended.output);
    user.create_guild("still writing", "private");
}

/// Where SQLite keeps the number that the schema's version is written to (file format, offset 60).
const USER_VERSION: std::ops::Range<usize> = 60..64;

/// Proves ROL-6: a database of a newer version ends start-up with 3 and is left as it was.
#[test]
fn a_database_of_a_newer_version_refuses_to_start() {
    let mut server = Server::start();
    let _ = server.user("member");
    server.sigterm();
    assert_eq!(server.wait_exit(Duration::from_secs(15)).code(), Some(0));
    let files = fs::read_dir(server.data_path()).expect("the folder").map(|entry| entry.expect("an entry").path());
    let is_database = |path: &std::path::PathBuf| {
        path.is_file() && fs::read(path).is_ok_and(|bytes| bytes.starts_with(b"SQLite format 3\0"))
    };
    let database = files.into_iter().find(is_database).expect("a database");
    let mut bytes = fs::read(&database).expect("the database");
    assert_ne!(bytes[USER_VERSION], [0; 4], "the version stands where it is looked for");
    bytes[USER_VERSION].copy_from_slice(&1_000_000_u32.to_be_bytes());
    fs::write(&database, &bytes).expect("write");
    let folder = server.data_path();
    let ended = run(&[("FILAMENT_DATA_DIR", folder.to_str().expect("a path in UTF-8"))]);
    assert_eq!(ended.code, Some(3), "{}", ended.output);
    assert_eq!(fs::read(&database).expect("the database"), bytes, "left as it was");
}
