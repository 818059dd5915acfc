//! Copies of a database that is in use, and what a check finds.

use std::{
    fs,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use filament_core::{Engine, Journal, Limits, testing::Cast};
use filament_store::{OpenError, SqliteStore, StoreConfig, Synchronous, backup};
use tempfile::TempDir;

use crate::scene::Scene;

/// Opens a copy in a folder of its own.
struct Copy {
    folder: TempDir,
}

impl Copy {
    fn of(scene: &Scene) -> Self {
        let folder = TempDir::new().expect("a folder");
        backup::back_up(&scene.path(), &folder.path().join("filament.db")).expect("copied");
        Self { folder }
    }

    fn path(&self) -> std::path::PathBuf {
        self.folder.path().join("filament.db")
    }

    fn opened(&self) -> SqliteStore {
        SqliteStore::open(StoreConfig::new(self.path())).expect("opens")
    }

    fn messages(&self) -> Vec<u128> {
        messages(&rusqlite::Connection::open(self.path()).expect("opens"))
    }
}

/// The ids of all messages, ascending.
fn messages(connection: &rusqlite::Connection) -> Vec<u128> {
    let mut statement = connection.prepare("SELECT message_id FROM messages ORDER BY message_id").expect("prepared");
    let ids = statement.query_map((), |row| row.get::<_, [u8; 16]>(0)).expect("readable");
    ids.map(|id| u128::from_be_bytes(id.expect("readable"))).collect()
}

/// What was acknowledged before the copy began is in it, what it holds is a prefix of what was written, and the writer goes on.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_copy_under_load_is_one_moment_and_begins_an_epoch() {
    let scene = Scene::new();
    let cast = scene.cast().await;
    let engine = scene.engine();
    let stop = Arc::new(AtomicBool::new(false));
    let writers: Vec<_> = (0..4)
        .map(|writer| {
            let (engine, stop) = (engine.clone(), Arc::clone(&stop));
            tokio::spawn(async move {
                let mut ids = Vec::new();
                while !stop.load(Ordering::Relaxed) {
                    let post = cast.message(&format!("{writer} {}", ids.len()));
                    ids.push(
                        engine.execute(cast.owner, post).await.expect("written").reply.message.message_id.as_u128(),
                    );
                }
                ids
            })
        })
        .collect();
    let mut copies = Vec::new();
    for _ in 0..3 {
        let before = cast.post(&engine, cast.owner, "before the copy").await.message_id.as_u128();
        let path = scene.path();
        let copy = tokio::task::spawn_blocking(move || {
            let folder = TempDir::new().expect("a folder");
            backup::back_up(&path, &folder.path().join("filament.db")).expect("copied");
            Copy { folder }
        });
        copies.push((before, copy.await.expect("no panic")));
    }
    stop.store(true, Ordering::Relaxed);
    for writer in writers {
        writer.await.expect("no panic");
    }
    let all = messages(&scene.look());
    for (before, copy) in copies {
        let held = copy.messages();
        assert!(held.contains(&before), "acknowledged before the copy began");
        assert_eq!(held, all[..held.len()], "a prefix of the history");
        let store = copy.opened();
        assert_ne!(store.head().epoch, scene.store.head().epoch, "a copy is another history");
        assert_eq!(store.integrity_check().await.expect("readable"), [""; 0]);
        let engine = Engine::new(store.clone(), Limits::default());
        let next = cast.post(&engine, cast.owner, "after").await;
        assert!(next.message_id.as_u128() > *held.last().expect("messages"), "ids go on");
        let epoch = store.head().epoch;
        store.close().await.expect("closes");
        drop((engine, store));
        assert_eq!(copy.opened().head().epoch, epoch, "one new epoch, not one for each start");
    }
    scene.is_whole().await;
}

/// Proves ORD-7 for a restored database: ids and times go on after those of the database whose place it takes.
#[tokio::test(flavor = "multi_thread")]
async fn a_copy_goes_on_after_the_ids_of_what_it_replaces() {
    let scene = Scene::new();
    let cast = scene.cast().await;
    let copy = Copy::of(&scene);
    scene.advance_secs(1_000_000_000);
    let lost = cast.post(&scene.engine(), cast.owner, "after the copy").await;
    let highest = backup::highest_stamp(&scene.path()).expect("readable");
    assert!(highest >= lost.message_id.as_u128() && backup::highest_stamp(&copy.path()).expect("readable") < highest);
    backup::begin_history(&copy.path(), highest).expect("writable");
    // Its clock is the system's, years behind the scene's.
    let store = copy.opened();
    let after = cast.post(&Engine::new(store.clone(), Limits::default()), cast.owner, "after the restore").await;
    assert!(after.message_id > lost.message_id && after.created_at_unix >= lost.created_at_unix);
    assert_eq!(store.integrity_check().await.expect("readable"), [""; 0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_sound_database_is_not_copied() {
    let scene = Scene::new();
    let cast = scene.cast().await;
    for n in 0..200 {
        cast.post(&scene.engine(), cast.owner, &format!("message {n} {}", "x".repeat(500))).await;
    }
    let shut = scene.closed().await;
    let (path, target) = (shut.config().path, TempDir::new().expect("a folder"));
    let whole = fs::read(&path).expect("readable");
    let mut torn = whole.clone();
    let middle = torn.len() / 2;
    torn[middle..middle + 8_192].fill(0xA5);
    fs::write(&path, torn).expect("writable");
    let refused = backup::back_up(&path, &target.path().join("copy.db")).expect_err("refused");
    assert!(matches!(refused, OpenError::Corrupt { .. }), "{refused}");
    fs::write(&path, whole).expect("writable");
    let missing = backup::back_up(&path.with_file_name("nothing.db"), &target.path().join("copy2.db"));
    assert!(matches!(missing, Err(OpenError::Io { .. })), "{missing:?}");
    backup::back_up(&path, &target.path().join("copy3.db")).expect("copied");
    let again = backup::back_up(&path, &target.path().join("copy3.db"));
    assert!(matches!(again, Err(OpenError::Io { .. })), "a file that exists is not written over: {again:?}");
    rusqlite::Connection::open(&path).expect("opens").pragma_update(None, "user_version", 99).expect("writable");
    let newer = backup::back_up(&path, &target.path().join("copy4.db"));
    assert!(matches!(newer, Err(OpenError::NewerDatabase { .. })), "{newer:?}");
}

/// Every kind of damage that a check promises to find, and the word that names it.
const DAMAGES: [(&str, &str); 10] = [
    ("DELETE FROM journal WHERE seq = (SELECT max(seq) - 2 FROM journal)", "missing from the journal"),
    ("UPDATE journal SET at = 1 WHERE seq = (SELECT max(seq) FROM journal)", "older than the one before"),
    ("UPDATE journal SET head = '{' WHERE seq = (SELECT max(seq) FROM journal)", "cannot be decoded"),
    ("UPDATE guilds SET name = 'another'", "not what the journal tells"),
    ("UPDATE guilds SET visibility = 'secret'", "cannot be read"),
    ("UPDATE guilds SET member_count = 7", "member count"),
    ("PRAGMA foreign_keys = off; DELETE FROM roles WHERE system_key = 'workspace_owner'", "do not exist"),
    ("PRAGMA foreign_keys = off; DELETE FROM channels; DELETE FROM channel_purges", "messages nobody removes"),
    ("PRAGMA foreign_keys = off; DELETE FROM guilds", "the journal does not tell of its end"),
    ("UPDATE messages SET message_id = x'7fffffffffffffffffffffffffffffff'", "newer than the highest id"),
];

#[tokio::test(flavor = "multi_thread")]
async fn a_check_finds_every_kind_of_damage_it_promises_to_find() {
    let scene = Scene::new();
    let cast: Cast = scene.cast().await;
    cast.post(&scene.engine(), cast.owner, "a message").await;
    let copy = Copy::of(&scene);
    assert_eq!(backup::check(&copy.path()).expect("readable"), [""; 0]);
    assert_eq!(backup::check(&scene.path()).expect("readable"), [""; 0], "also while it is in use");
    let whole = fs::read(copy.path()).expect("readable");
    for (damage, word) in DAMAGES {
        rusqlite::Connection::open(copy.path()).and_then(|other| other.execute_batch(damage)).expect("writable");
        let findings = backup::check(&copy.path()).expect("readable");
        assert!(findings.iter().any(|finding| finding.contains(word)), "{damage}: {findings:#?}");
        fs::write(copy.path(), &whole).expect("writable");
    }
}

/// Proves §16.1's `FILAMENT_SYNCHRONOUS`: after a run with `normal` that lost its machine, positions are foreign; not after one with `full`.
#[tokio::test(flavor = "multi_thread")]
async fn a_lost_machine_starts_an_epoch_under_normal_alone() {
    for (synchronous, is_new) in [(Synchronous::Normal, true), (Synchronous::Full, false)] {
        let shut = Scene::new().closed().await;
        let mut config = shut.config();
        config.synchronous = synchronous;
        let store = SqliteStore::open(config.clone()).expect("opens");
        let epoch = store.head().epoch;
        let mark = |sql: &str| {
            rusqlite::Connection::open(&config.path).and_then(|other| other.execute_batch(sql)).expect("writable");
        };
        // What a process that is gone leaves, on a machine that was started since.
        mark(
            "UPDATE meta SET value = substr(value, 1, instr(value, ' ')) || 'another start' WHERE key = 'running';
              CREATE TABLE kept AS SELECT * FROM meta WHERE key = 'running'",
        );
        store.close().await.expect("closes");
        drop(store);
        mark("INSERT INTO meta SELECT * FROM kept; DROP TABLE kept");
        let store = SqliteStore::open(config).expect("opens");
        assert_eq!(store.head().epoch != epoch, is_new, "{synchronous:?}");
    }
}
