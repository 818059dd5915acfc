//! How flags and variables become a configuration.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt as _;
use std::os::unix::fs::PermissionsExt as _;

use super::*;

fn invoke(args: &[&str], variables: &[(&str, &str)]) -> Result<Invocation, ConfigError> {
    Invocation::parse(
        ["filament-server"].iter().chain(args).map(OsString::from),
        variables.iter().map(|(name, value)| (OsString::from(name), OsString::from(value))),
    )
}

fn config(args: &[&str], variables: &[(&str, &str)]) -> Config {
    invoke(args, variables).unwrap_or_else(|error| panic!("{args:?} {variables:?}: {error}")).config
}

fn setting(config: &Config, variable: &str) -> Option<String> {
    let found = config.settings().into_iter().find(|(name, _)| *name == variable);
    found.unwrap_or_else(|| panic!("{variable}")).1
}

/// Every variable of the contract with its default, values that are good and values that are not.
const TABLE: &[(&str, &str, &[&str], &[&str])] = &[
    (
        "FILAMENT_BIND_ADDR",
        "127.0.0.1:8080",
        &["[::1]:0", "0.0.0.0:65535"],
        &["", "8080", "localhost:8080", "127.0.0.1:65536"],
    ),
    ("FILAMENT_DATA_DIR", "./data", &["/tmp/x"], &[""]),
    ("FILAMENT_WEB_ROOT", "-", &["web"], &[""]),
    ("FILAMENT_ALLOWED_ORIGINS", "", &["", "https://a.example,http://localhost:1"], &["*", "a.example"]),
    ("FILAMENT_TRUSTED_PROXY_CIDRS", "", &["", "10.0.0.0/8,::1/128"], &["10.0.0.0/33", "proxy"]),
    ("FILAMENT_SERVER_OWNER_USER_ID", "-", &["01ARZ3NDEKTSV4RRFFQ69G5FAV"], &["", "01arz3ndektsv4rrffq69g5fav", "ada"]),
    ("FILAMENT_METRICS_TOKEN", "-", &["x"], &["", "a b"]),
    ("FILAMENT_LIVEKIT_URL", "ws://127.0.0.1:7880", &["wss://voice.example"], &["", "http://a", "wss://a/b"]),
    ("FILAMENT_LIVEKIT_API_URL", "-", &["http://127.0.0.1:7880"], &["", "https://a", "ws://a", "http://a/b"]),
    ("FILAMENT_VOICE_CONFIRM", "immediate", &["webhook"], &["", "Immediate", "never"]),
    ("FILAMENT_VOICE_RECONCILE_SECS", "-", &["1", "3600"], &["", "0", "3601", "x"]),
    ("FILAMENT_SYNCHRONOUS", "full", &["normal"], &["", "off"]),
    ("FILAMENT_JOURNAL_RETENTION_SECS", "86400", &["60", "604800"], &["", "0", "59", "604801", "1.5", "-1", "1d"]),
    ("FILAMENT_GATEWAY_EVENT_BYTES_MAX", "64512", &["256"], &["0", "255", "64513"]),
    ("FILAMENT_GATEWAY_QUEUE_FRAMES", "256", &["16", "4096"], &["0", "15", "4097"]),
    ("FILAMENT_GATEWAY_QUEUE_BYTES", "1048576", &["131072", "8388608"], &["0", "131071", "8388609"]),
    ("FILAMENT_GATEWAY_INGRESS_EVENTS_PER_WINDOW", "60", &["1"], &["0", "99999999999999999999"]),
    ("FILAMENT_GATEWAY_INGRESS_WINDOW_SECS", "10", &["1"], &["0", "x"]),
    ("FILAMENT_GATEWAY_SUBSCRIBES_PER_WINDOW", "512", &["1"], &["0", ""]),
    ("FILAMENT_GATEWAY_CONNECTIONS_MAX", "20000", &["1"], &["0", "many"]),
    ("FILAMENT_GATEWAY_CONNECTIONS_PER_USER", "32", &["1"], &["0", " 1"]),
    ("FILAMENT_GATEWAY_TOKEN_GRACE_SECS", "3600", &["0", "86400"], &["86401", "-1"]),
    ("FILAMENT_GATEWAY_PING_SECS", "25", &["1", "29"], &["0", "3601"]),
    ("FILAMENT_GATEWAY_IDLE_SECS", "60", &["51", "86400"], &["0", "50", "86401"]),
    ("FILAMENT_PLAIN_CATCHUP", "off", &["on"], &["", "true", "1"]),
    ("FILAMENT_ACCESS_TOKEN_SECS", "900", &["60", "86400"], &["0", "59", "86401"]),
    ("FILAMENT_RATE_LIMIT_REQUESTS_PER_MINUTE", "600", &["1"], &["0", "1000001"]),
    ("FILAMENT_AUTH_ROUTE_REQUESTS_PER_MINUTE", "60", &["1"], &["0"]),
    ("FILAMENT_DIRECTORY_JOIN_REQUESTS_PER_MINUTE_PER_IP", "60", &["1"], &["0"]),
    ("FILAMENT_DIRECTORY_JOIN_REQUESTS_PER_MINUTE_PER_USER", "30", &["1"], &["0"]),
    ("FILAMENT_MEDIA_TOKEN_REQUESTS_PER_MINUTE", "60", &["1"], &["0"]),
    ("FILAMENT_MEDIA_PUBLISH_REQUESTS_PER_MINUTE", "60", &["1"], &["0"]),
    ("FILAMENT_MAX_CREATED_GUILDS_PER_USER", "100", &["1"], &["0"]),
    ("FILAMENT_GUILD_MEMBERS_MAX", "10000", &["1"], &["0"]),
    ("FILAMENT_GUILD_IP_BAN_MAX_ENTRIES", "4096", &["1"], &["0"]),
    ("FILAMENT_AUDIT_LIST_LIMIT_MAX", "100", &["1"], &["0", "101"]),
    ("FILAMENT_ATTACHMENT_QUOTA_BYTES", "262144000", &["1"], &["0", "1e9"]),
    ("RUST_LOG", "info", &["warn,filament_server=debug"], &["filament=loud"]),
];

/// Those that need each other and are tested by themselves.
const LIVEKIT: [&str; 2] = ["FILAMENT_LIVEKIT_API_KEY", "FILAMENT_LIVEKIT_API_SECRET"];
const SECRETS: [&str; 3] = ["FILAMENT_METRICS_TOKEN", LIVEKIT[0], LIVEKIT[1]];

fn flag(variable: &str) -> String {
    match variable.strip_prefix("FILAMENT_") {
        Some(rest) => format!("--{}", rest.to_ascii_lowercase().replace('_', "-")),
        None => "--log".to_owned(),
    }
}

/// Proves CFG-1 (the server starts with no variable set).
#[test]
fn the_defaults_are_those_of_the_contract() {
    let config = config(&[], &[]);
    for (variable, default, _, _) in TABLE {
        let expected = (*default != "-").then(|| (*default).to_owned());
        assert_eq!(setting(&config, variable), expected, "{variable}");
    }
    assert_eq!(config.livekit.credentials(), None);
    assert!(config.allowed_origins.is_empty());
    let named: BTreeSet<&str> = TABLE.iter().map(|row| row.0).chain(LIVEKIT).collect();
    assert_eq!(config.settings().iter().map(|(name, _)| *name).collect::<BTreeSet<_>>(), named);
}

#[test]
fn every_good_value_is_taken_from_flag_and_variable() {
    for (variable, _, good, _) in TABLE {
        for value in *good {
            let from_variable = config(&[], &[(variable, value)]);
            let from_flag = config(&[&format!("{}={value}", flag(variable))], &[]);
            assert_eq!(from_variable, from_flag, "{variable}={value}");
            let shown = setting(&from_variable, variable).expect("a value");
            if SECRETS.contains(variable) {
                assert_eq!(shown, "[redacted]");
            } else {
                assert_eq!(shown, *value, "{variable}");
            }
        }
    }
}

/// Proves CFG-2.
#[test]
fn every_bad_value_is_refused_with_exit_code_2_and_the_variable() {
    for (variable, _, _, bad) in TABLE {
        for value in *bad {
            let flag = flag(variable);
            let flagged = format!("{flag}={value}");
            for error in [invoke(&[], &[(variable, value)]), invoke(&[&flagged], &[])].map(Result::unwrap_err) {
                assert_eq!(error.exit_code(), 2, "{variable}={value}");
                let message = error.to_string();
                assert!(message.starts_with(&format!("error: {variable} ({flag}): ")), "{value}: {message}");
                assert!(!message.contains('\n') && message.len() < 240, "{message}");
            }
        }
    }
}

#[test]
fn a_message_tells_what_is_allowed() {
    for (variable, value, expected) in [
        (
            "FILAMENT_GATEWAY_QUEUE_FRAMES",
            "0",
            "error: FILAMENT_GATEWAY_QUEUE_FRAMES (--gateway-queue-frames): must be a whole number from 16 to 4096, not \"0\"",
        ),
        (
            "FILAMENT_SYNCHRONOUS",
            "off",
            "error: FILAMENT_SYNCHRONOUS (--synchronous): must be full or normal, not \"off\"",
        ),
        (
            "FILAMENT_GATEWAY_IDLE_SECS",
            "50",
            "error: FILAMENT_GATEWAY_IDLE_SECS (--gateway-idle-secs): must be more than twice FILAMENT_GATEWAY_PING_SECS, which is 25, not \"50\"",
        ),
        (
            "FILAMENT_METRICS_TOKEN",
            "hun ter2",
            "error: FILAMENT_METRICS_TOKEN (--metrics-token): must be 1 to 512 visible ASCII characters",
        ),
    ] {
        assert_eq!(invoke(&[], &[(variable, value)]).unwrap_err().to_string(), expected);
    }
}

#[test]
fn a_flag_wins_over_its_variable_even_over_a_bad_one() {
    let variables = [("FILAMENT_GATEWAY_QUEUE_FRAMES", "0"), ("FILAMENT_GATEWAY_QUEUE_BYTES", "131072")];
    for args in [&["--gateway-queue-frames=17"][..], &["--gateway-queue-frames", "17"]] {
        let gateway = config(args, &variables).gateway;
        assert_eq!((gateway.queue_frames, gateway.queue_bytes), (17, 131_072));
    }
}

#[test]
fn key_and_secret_of_livekit_are_both_set_or_both_not() {
    let both = config(&[], &[(LIVEKIT[0], "key"), (LIVEKIT[1], "sec-ret")]);
    let (key, secret) = both.livekit.credentials().expect("voice is configured");
    assert_eq!((key.expose(), secret.expose()), ("key", "sec-ret"));
    for (set, missing) in [(LIVEKIT[0], LIVEKIT[1]), (LIVEKIT[1], LIVEKIT[0])] {
        let error = invoke(&[], &[(set, "sec-ret")]).unwrap_err();
        assert_eq!(error.exit_code(), 2);
        assert!(error.to_string().starts_with(&format!("error: {missing} ")), "{error}");
    }
}

/// Proves CFG-3.
#[test]
fn unknown_variables_are_warned_about_and_their_values_not_shown() {
    let invocation = invoke(
        &[],
        &[
            ("FILAMENT_BIND_ADR", "hunter2"),
            ("FILAMENT_A\n", "x"),
            ("PATH", "/bin"),
            ("MY_FILAMENT_X", "1"),
            ("FILAMENT_PLAIN_CATCHUP", "on"),
        ],
    );
    let warnings = invocation.expect("a configuration").warnings;
    assert_eq!(
        warnings,
        [
            "unknown variable FILAMENT_A\\n has no effect",
            "unknown variable FILAMENT_BIND_ADR has no effect",
            "FILAMENT_PLAIN_CATCHUP=on has no effect: this server has no catch-up for plain connections",
        ]
    );

    let names: Vec<String> = (0..100).map(|number| format!("FILAMENT_X{number:03}")).collect();
    let many: Vec<(&str, &str)> = names.iter().map(|name| (name.as_str(), "")).collect();
    let warnings = invoke(&[], &many).expect("a configuration").warnings;
    assert_eq!(warnings.len(), 17);
    assert_eq!(warnings[16], "84 more unknown FILAMENT_* variables have no effect");
}

/// Proves CFG-4.
#[test]
fn secrets_are_never_shown() {
    let secrets: Vec<(&str, &str)> = SECRETS.iter().map(|name| (*name, "hunter2")).collect();
    let invocation = invoke(&[], &secrets).expect("a configuration");
    let shown = format!("{invocation:?}{}", invocation.printed_config());
    assert!(!shown.contains("hunter2") && shown.contains("FILAMENT_METRICS_TOKEN=[redacted]"), "{shown}");
    for name in SECRETS {
        for error in [invoke(&[], &[(name, "hunter2 ")]), invoke(&[&format!("{}=hunter2 ", flag(name))], &[])] {
            let error = error.unwrap_err();
            assert!(!format!("{error} {error:?}").contains("hunter2"), "{error:?}");
        }
    }
}

#[test]
fn a_printed_configuration_gives_the_same_again() {
    let good: Vec<(&str, &str)> = TABLE
        .iter()
        .filter(|row| !SECRETS.contains(&row.0) && row.0 != "FILAMENT_GATEWAY_PING_SECS")
        .map(|(variable, _, good, _)| (*variable, good[good.len() - 1]))
        .collect();
    let first = invoke(&[], &good).expect("a configuration");
    let printed = first.printed_config();
    let lines: Vec<(&str, &str)> = printed.lines().filter_map(|line| line.split_once('=')).collect();
    assert_eq!(config(&[], &lines), first.config);
    assert!(printed.contains("# FILAMENT_METRICS_TOKEN is not set\n"));
}

#[test]
fn help_names_every_flag_variable_and_default() {
    let error = invoke(&["--help"], &[("FILAMENT_METRICS_TOKEN", "hunter2")]).unwrap_err();
    assert_eq!(error.exit_code(), 0);
    let help = error.to_string();
    let words = help.split_whitespace().collect::<Vec<_>>().join(" ");
    for (variable, default, _, _) in TABLE {
        assert!(words.contains(&format!("{} <", flag(variable))), "{variable}\n{help}");
        assert!(words.contains(&format!("[env: {variable}]")), "{variable}\n{help}");
        if !matches!(*default, "-" | "") {
            assert!(words.contains(&format!("[env: {variable}] [default: {default}]")), "{variable}\n{help}");
        }
    }
    assert!(!help.contains("hunter2"));
    assert!(help.starts_with("Realtime chat server"), "{help}");
}

#[test]
fn actions_and_wrong_flags() {
    for (args, action) in [
        (&[][..], Action::Serve),
        (&["--check-config"], Action::CheckConfig),
        (&["--print-config"], Action::PrintConfig),
        (&["--check-config", "--print-config"], Action::PrintConfig),
    ] {
        assert_eq!(invoke(args, &[]).expect("an action").action, action);
    }
    let version = invoke(&["--version"], &[]).unwrap_err();
    assert_eq!(
        (version.exit_code(), version.to_string()),
        (0, format!("filament-server {}\n", env!("CARGO_PKG_VERSION")))
    );
    for args in [&["--no-such-flag"][..], &["serve"], &["--check-config=yes"], &["--bind-addr"]] {
        assert_eq!(invoke(args, &[]).unwrap_err().exit_code(), 2, "{args:?}");
    }
}

#[test]
fn a_variable_that_is_not_utf_8_is_named() {
    let value = OsString::from_vec(vec![0xff]);
    let error = Invocation::parse([], [("FILAMENT_DATA_DIR".into(), value)]).unwrap_err();
    assert_eq!(error.to_string(), "error: FILAMENT_DATA_DIR (--data-dir): is not UTF-8");
}

#[test]
fn the_data_folder_is_for_the_owner_only() {
    let parent = std::env::temp_dir().join(format!("filament-config-{}", std::process::id()));
    let config = Config::for_data_dir(parent.join("a/data"));
    assert_eq!(config.bind_addr.port(), 0);
    config.create_data_dir().expect("created");
    config.create_data_dir().expect("there already");
    let mode = std::fs::metadata(&config.data_dir).expect("metadata").permissions().mode();
    std::fs::remove_dir_all(&parent).expect("removed");
    assert_eq!(mode & 0o777, 0o700);
}
