//! Which databases open, and what those who do not are told.

use std::{fs, io::Write};

use filament_core::{Journal, testing::Cast};
use filament_store::{OpenError, SqliteStore, StoreConfig, StoreError, Synchronous};

use crate::scene::{Scene, soon};

fn refusal(config: StoreConfig) -> OpenError {
    SqliteStore::open(config).expect_err("refused")
}

#[tokio::test]
async fn second_process_on_a_database_is_refused_and_told_why() {
    let scene = Scene::new();
    let error = refusal(scene.config());
    assert!(matches!(error, OpenError::AlreadyInUse { .. }), "{error}");
    assert!(error.to_string().contains("stop it first"), "{error}");
    let shut = scene.closed().await;
    shut.opened();
}

#[tokio::test(flavor = "multi_thread")]
async fn dropping_the_last_clone_frees_the_database() {
    let scene = Scene::new();
    let cast = scene.cast().await;
    let config = scene.config();
    let clone = scene.store.clone();
    let folder = scene.abandoned();
    let engine = filament_core::Engine::new(clone, filament_core::Limits::default());
    cast.post(&engine, cast.owner, "a clone is a store").await;
    assert!(matches!(refusal(config.clone()), OpenError::AlreadyInUse { .. }));
    drop(engine);
    let store = SqliteStore::open(config).expect("opens");
    let engine = filament_core::Engine::new(store, filament_core::Limits::default());
    cast.post(&engine, cast.owner, "still writable").await;
    drop(folder);
}

#[tokio::test]
async fn newer_database_is_refused_with_both_versions() {
    let shut = Scene::new().closed().await;
    rusqlite::Connection::open(shut.config().path)
        .expect("opens")
        .pragma_update(None, "user_version", 99)
        .expect("writable");
    let error = refusal(shut.config());
    let steps = fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/migrations")).expect("a folder").count();
    let OpenError::NewerDatabase { found: 99, supported, .. } = error else { panic!("{error}") };
    assert_eq!(supported, steps);
    assert!(error.to_string().contains("newer version"), "{error}");
}

#[tokio::test]
async fn damaged_database_is_refused_with_advice() {
    let scene = Scene::new();
    let cast = scene.cast().await;
    for n in 0..200 {
        cast.post(&scene.engine(), cast.owner, &format!("message {n} {}", "x".repeat(500))).await;
    }
    let shut = scene.closed().await;
    let path = shut.config().path;
    let whole = fs::read(&path).expect("readable");
    let mut torn = whole.clone();
    let middle = torn.len() / 2;
    torn[middle..middle + 8_192].fill(0xA5);
    fs::write(&path, torn).expect("writable");
    let error = refusal(shut.config());
    assert!(matches!(error, OpenError::Corrupt { .. }), "{error}");
    assert!(error.to_string().contains("put the last backup in its place"), "{error}");
    fs::write(&path, whole).expect("writable");
    shut.opened();
}

#[tokio::test]
async fn what_is_no_database_of_ours_is_refused_and_left_alone() {
    let shut = Scene::new().closed().await;
    let path = shut.config().path;
    for foreign in [false, true] {
        fs::remove_file(&path).expect("removable");
        if foreign {
            let connection = rusqlite::Connection::open(&path).expect("opens");
            connection.execute_batch("CREATE TABLE theirs (x); INSERT INTO theirs VALUES (1)").expect("writable");
        } else {
            fs::File::create(&path).and_then(|mut file| file.write_all(&[b'x'; 9_000])).expect("writable");
        }
        let before = fs::read(&path).expect("readable");
        let error = refusal(shut.config());
        assert!(matches!(error, OpenError::Corrupt { .. }), "{error}");
        assert_eq!(fs::read(&path).expect("readable"), before);
    }
}

#[tokio::test]
async fn missing_folder_is_named() {
    let shut = Scene::new().closed().await;
    let mut config = shut.config();
    config.path = config.path.with_file_name("no").join("such").join("folder.db");
    let error = refusal(config);
    assert!(matches!(error, OpenError::Io { .. }) && error.to_string().contains("folder.db"), "{error}");
}

#[cfg(unix)]
#[tokio::test]
async fn files_are_for_the_owner_alone() {
    use std::os::unix::fs::PermissionsExt;
    let scene = Scene::new();
    scene.cast().await;
    for file in fs::read_dir(scene.path().parent().expect("a folder")).expect("readable") {
        let file = file.expect("readable");
        let mode = file.metadata().expect("readable").permissions().mode() & 0o777;
        assert_eq!(mode, 0o600, "{:?}", file.file_name());
    }
}

/// Proves ORD-8 as far as the store keeps it: epoch, head and entries survive an end that was none.
#[tokio::test(flavor = "multi_thread")]
async fn killed_process_leaves_epoch_head_and_messages() {
    for synchronous in [Synchronous::Full, Synchronous::Normal] {
        let scene = Scene::new();
        let cast = scene.cast().await;
        let position = scene.store.head();
        // What a killed process leaves: the files as they are, taken while it runs.
        let copy = tempfile::TempDir::new().expect("a folder");
        for file in ["filament.db", "filament.db-wal"] {
            fs::copy(scene.path().with_file_name(file), copy.path().join(file)).expect("readable");
        }
        let mut config = scene.config();
        config.synchronous = synchronous;
        config.path = copy.path().join("filament.db");
        let store = SqliteStore::open(config.clone()).expect("recovers");
        assert_eq!(store.head().seq, position.seq);
        assert_ne!(store.head().epoch, position.epoch, "a copy is another history");
        let epoch = store.head().epoch;
        let engine = filament_core::Engine::new(store.clone(), filament_core::Limits::default());
        cast.post(&engine, cast.owner, "after").await;
        assert_eq!(store.head().seq, position.seq + 1);
        assert_eq!(store.integrity_check().await.expect("readable"), [""; 0]);
        soon(store.close()).await.expect("closes");
        drop((engine, store));
        assert_eq!(SqliteStore::open(config).expect("opens").head().epoch, epoch);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn closed_store_refuses_commands_and_still_reads() {
    let scene = Scene::new();
    let cast = scene.cast().await;
    let engine = scene.engine();
    soon(scene.store.close()).await.expect("closes");
    soon(scene.store.close()).await.expect("closes again");
    let refused = engine.execute(cast.owner, cast.message("late")).await;
    assert!(matches!(refused, Err(filament_core::TransactError::Failed(StoreError::Closed))), "{refused:?}");
    let read = engine.read(cast.owner, filament_core::read::ListGuilds).await.expect("readable");
    assert_eq!(read.len(), 1);
    let wal = fs::metadata(scene.path().with_file_name("filament.db-wal")).map_or(0, |file| file.len());
    assert_eq!(wal, 0, "closing leaves one tidy file");
}

#[tokio::test(flavor = "multi_thread")]
async fn commands_accepted_before_closing_are_carried_out() {
    let scene = Scene::new();
    let cast: Cast = scene.cast().await;
    let engine = scene.engine();
    let posts: Vec<_> = (0..300)
        .map(|n| {
            let engine = engine.clone();
            tokio::spawn(async move { engine.execute(cast.owner, cast.message(&format!("{n}"))).await })
        })
        .collect();
    let closing = scene.store.close();
    let mut done = 0;
    soon(closing).await.expect("closes");
    for post in posts {
        match soon(post).await.expect("no panic") {
            Ok(_) => done += 1,
            Err(filament_core::TransactError::Failed(StoreError::Closed)) => {}
            Err(other) => panic!("{other}"),
        }
    }
    let stored: u32 = scene.look().query_row("SELECT count(*) FROM messages", (), |row| row.get(0)).expect("readable");
    assert_eq!(stored, done, "answered means stored, refused means not");
}
