//! What lies in the data folder (AUT-11, AUT-20) and what the log says (CFG-4).

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use serde_json::json;

use crate::harness::{PASSWORD, Server};

fn files_below(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path());
    entries.flat_map(|path| if path.is_dir() { files_below(&path) } else { vec![path] }).collect()
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).expect("a file").permissions().mode() & 0o777
}

fn holds(bytes: &[u8], text: &str) -> bool {
    bytes.windows(text.len()).any(|window| window == text.as_bytes())
}

/// Proves AUT-20's "only a hash is stored" and CFG-4: neither tokens nor passwords lie in any file of the server.
#[test]
fn no_secret_of_a_user_is_written_to_disk() {
    let mut server = Server::with_env(&[("RUST_LOG", "debug")]);
    let mut user = server.user("member");
    let mut secrets = vec![PASSWORD.to_owned(), user.access_token.clone(), user.refresh_token.clone()];
    user.refresh();
    secrets.extend([user.access_token.clone(), user.refresh_token.clone()]);
    let secret_parts: Vec<String> = secrets
        .iter()
        .filter_map(|secret| secret.split('.').nth(1).map(str::to_owned))
        .filter(|part| part.len() == 43)
        .collect();
    assert_eq!(secret_parts.len(), 2);
    secrets.extend(secret_parts);
    let wrong = json!({"username": "member", "password": "a mistyped password"});
    user.http.post("/auth/login", &wrong).refused(401, "invalid_credentials");
    secrets.push("a mistyped password".to_owned());
    user.say(&user.own_room(), "kept for ever");
    server.kill9();

    let files = files_below(&server.data_path());
    assert!(files.iter().any(|path| holds(&fs::read(path).expect("a file"), "kept for ever")), "{files:?}");
    for path in files.iter().chain([&server.log_path()]) {
        let bytes = fs::read(path).expect("a file");
        for secret in &secrets {
            assert!(!holds(&bytes, secret), "{secret} stands in {}", path.display());
        }
    }
}

/// Proves AUT-11's mode and §16.1: the folder belongs to its owner alone, every key file too.
#[test]
fn keys_and_folder_are_for_their_owner_only() {
    let server = Server::start();
    let _ = server.user("member");
    assert_eq!(mode(&server.data_path()), 0o700);
    let keys: Vec<PathBuf> = files_below(&server.data_path())
        .into_iter()
        .filter(|path| path.to_string_lossy().to_ascii_lowercase().contains("key"))
        .collect();
    assert!(!keys.is_empty(), "AUT-11: a persisted key");
    for path in keys {
        assert_eq!(mode(&path), 0o600, "{}", path.display());
    }
}
