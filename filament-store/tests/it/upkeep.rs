//! What goes away by itself.

use filament_core::{
    Journal,
    decide::{
        account::OpenSession,
        channel::{CreateChannel, DeleteChannel},
        message::CreateMessage,
        reaction::{AddReaction, ReactionTarget},
    },
};
use filament_protocol::{ChannelKind, IdempotencyKey};

use crate::scene::{Scene, eventually, soon};

fn rows(scene: &Scene, table: &str) -> u64 {
    let count: i64 =
        scene.look().query_row(&format!("SELECT count(*) FROM {table}"), (), |row| row.get(0)).expect("readable");
    u64::try_from(count).expect("a count")
}

/// A large channel is deleted at once for everybody, and its rows go in steps that let others write in between.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn messages_of_a_deleted_channel_go_in_steps() {
    let scene = Scene::new();
    let cast = scene.cast().await;
    let guild_id = cast.guild_id;
    let name = "doomed".parse().expect("a name");
    let create = CreateChannel { guild_id, name, kind: ChannelKind::Text, overrides: vec![] };
    let doomed = scene.done(cast.owner, create).await.reply.channel_id;
    let posts: Vec<_> = (0..1_300)
        .map(|n| {
            let (engine, post) =
                (scene.engine(), CreateMessage { channel_id: doomed, ..cast.message(&format!("{n}")) });
            tokio::spawn(async move {
                loop {
                    match engine.execute(cast.owner, post.clone()).await {
                        Ok(committed) => return committed.reply.message.message_id,
                        Err(filament_core::TransactError::Busy) => tokio::task::yield_now().await,
                        Err(other) => panic!("{other}"),
                    }
                }
            })
        })
        .collect();
    let mut message_id = None;
    for post in posts {
        message_id = Some(soon(post).await.expect("no panic"));
    }
    let message_id = message_id.expect("posted");
    let emoji = "x".parse().expect("an emoji");
    scene.done(cast.owner, AddReaction(ReactionTarget { guild_id, channel_id: doomed, message_id, emoji })).await;
    let kept = cast.post(&scene.engine(), cast.owner, "elsewhere").await;
    scene.done(cast.owner, DeleteChannel { guild_id, channel_id: doomed }).await;
    let gone = scene.engine().execute(cast.owner, CreateMessage { channel_id: doomed, ..cast.message("late") }).await;
    assert!(matches!(gone, Err(filament_core::TransactError::Denied { .. })));
    scene.is_whole().await;
    eventually("the rows go", || rows(&scene, "messages") == 1 && rows(&scene, "channel_purges") == 0).await;
    assert_eq!((rows(&scene, "reactions"), rows(&scene, "reaction_counts")), (0, 0));
    let left: [u8; 16] =
        scene.look().query_row("SELECT message_id FROM messages", (), |row| row.get(0)).expect("readable");
    assert_eq!(u128::from_be_bytes(left), kept.message_id.as_u128());
    scene.is_whole().await;
}

/// Proves AUT-20 and HTTP-16 as far as rows go: what has lived its life is removed.
#[tokio::test(flavor = "multi_thread")]
async fn dead_sessions_and_spent_keys_go() {
    let scene = Scene::new();
    let cast = scene.cast().await;
    let key = IdempotencyKey::new("key").expect("a key");
    let keyed = CreateMessage { idempotency_key: Some(key), ..cast.message("once") };
    let first = scene.done(cast.owner, keyed.clone()).await.reply;
    assert_eq!((rows(&scene, "sessions"), rows(&scene, "idempotency")), (3, 1));
    scene.advance_secs(86_400 - 1);
    assert!(scene.done(cast.owner, keyed.clone()).await.reply.replayed, "within its life a key is known");
    scene.advance_secs(1);
    let again = scene.done(cast.owner, keyed).await.reply;
    assert!(!again.replayed && again.message.message_id != first.message.message_id, "after it, it is free");
    scene.done_anonymously(OpenSession { user_id: cast.owner.user_id, access_token_secs: 900 }).await;
    scene.advance_secs(29 * 86_400 + 1);
    eventually("what is dead goes", || (rows(&scene, "sessions"), rows(&scene, "idempotency")) == (1, 0)).await;
    assert!(scene.store.head().seq > 0);
    scene.is_whole().await;
}

/// Entries of the backlog; a longer one for a figure worth quoting.
const BACKLOG_VARIABLE: &str = "FILAMENT_BACKLOG_ENTRIES";

/// A closed store whose journal has that many entries more, of the size of a message.
async fn with_backlog(scene: Scene, entries: u64) -> crate::scene::Shut {
    let shut = scene.closed().await;
    let connection = rusqlite::Connection::open(shut.config().path).expect("opens");
    connection
        .execute_batch(&format!(
            "PRAGMA synchronous = OFF;
             INSERT INTO journal (seq, at, stamp, head, bodies)
             WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {entries}), last AS
                 (SELECT seq, at, stamp, head, bodies FROM journal ORDER BY seq DESC LIMIT 1)
             SELECT last.seq + i, last.at, last.stamp, '{{}}', zeroblob(350) FROM last, n"
        ))
        .expect("writable");
    shut
}

/// Proves RES-19 without a stall: while a large backlog goes, a commit waits for one bounded step of it, not for the whole.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn trimming_a_large_backlog_holds_a_commit_up_for_one_step_at_most() {
    let backlog = std::env::var(BACKLOG_VARIABLE).ok().and_then(|text| text.parse().ok()).unwrap_or(50_000_u64);
    let scene = Scene::new();
    let cast = scene.cast().await;
    let scene = with_backlog(scene, backlog).await.opened();
    let entries = || scene.store.stats().journal_entries();
    assert!(entries() >= backlog);
    let alone = waits(&scene, &cast, || false).await;
    scene.advance_secs(2 * 86_400);
    let while_trimming = waits(&scene, &cast, || entries() > 2_048).await;
    eprintln!(
        "a commit waited, in ms, median, 99 % and longest: {alone:?} without trimming, {while_trimming:?} while {backlog} went"
    );
    eventually("the backlog goes", || entries() < 1_024).await;
    scene.is_whole().await;
}

/// Commits with pauses in which chores are done, while `goes_on` and at least forty times; how long they waited. No commit sees more
/// of the journal go than a step removes before it, and one behind it.
async fn waits(scene: &Scene, cast: &filament_core::testing::Cast, goes_on: impl Fn() -> bool) -> [u128; 3] {
    let mut waits = Vec::new();
    while goes_on() || waits.len() < 40 {
        let before = scene.store.stats().journal_entries();
        let began = std::time::Instant::now();
        cast.post(&scene.engine(), cast.owner, "in between").await;
        waits.push(began.elapsed().as_millis());
        let gone = before.saturating_sub(scene.store.stats().journal_entries());
        assert!(gone <= 2 * u64::from(filament_store::limits::CHORE_JOURNAL_ROWS_MAX), "{gone} went during one commit");
        tokio::time::sleep(std::time::Duration::from_millis(20 + waits.len() as u64 % 4 * 5)).await;
    }
    waits.sort_unstable();
    [waits[waits.len() / 2], waits[waits.len() * 99 / 100], waits[waits.len() - 1]]
}

/// Under steady load, when the writer is never idle, trimming outruns appending.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_backlog_shrinks_while_the_writer_is_never_idle() {
    let scene = Scene::new();
    let cast = scene.cast().await;
    let scene = with_backlog(scene, 20_000).await.opened();
    scene.advance_secs(2 * 86_400);
    let before = scene.store.stats().journal_entries();
    let writers: Vec<_> = (0..16)
        .map(|n| {
            let engine = scene.engine();
            tokio::spawn(async move {
                for m in 0..300 {
                    cast.post(&engine, cast.owner, &format!("{n} {m}")).await;
                }
            })
        })
        .collect();
    for writer in writers {
        soon(writer).await.expect("no panic");
    }
    let after = scene.store.stats().journal_entries();
    assert!(after < before, "{before} before, {after} after 4,800 more");
}
