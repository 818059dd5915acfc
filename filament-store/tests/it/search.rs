//! The search index: what it costs nobody, how it is repaired, and what it never does.

use std::time::Duration;

use filament_core::{
    Actor, Engine, Limits, Store, TransactError,
    decide::{
        channel::{CreateChannel, DeleteChannel},
        message::CreateMessage,
    },
    read::SearchMessages,
    testing::{Cast, MemoryStore},
};
use filament_protocol::{ChannelId, ChannelKind, MessageId, SearchTerms, rest::SearchReconciled, text::SearchText};
use proptest::{collection::vec, prelude::*, sample::select, strategy::ValueTree, test_runner::TestRunner};
use rusqlite::Connection;

use crate::scene::{START_MS, Scene, eventually, soon};

fn search(cast: &Cast, text: &str) -> SearchMessages {
    let terms = SearchTerms::parse(&SearchText::new(text).expect("a text")).expect("terms");
    SearchMessages { guild_id: cast.guild_id, channel_id: None, terms, before: None, limit: 50 }
}

async fn found<S: Store>(engine: &Engine<S>, actor: Actor, search: SearchMessages) -> Vec<MessageId> {
    let page = engine.read(actor, search).await.unwrap_or_else(|error| panic!("{error}"));
    page.messages.iter().map(|message| message.message_id).collect()
}

/// A connection that may do harm.
fn vandal(scene: &Scene) -> Connection {
    let connection = Connection::open(scene.path()).expect("opens");
    connection.busy_timeout(Duration::from_secs(30)).expect("set");
    connection
}

fn place(connection: &Connection, message_id: MessageId) -> i64 {
    let key = message_id.as_u128().to_be_bytes();
    connection.query_row("SELECT place FROM messages WHERE message_id = ?1", [key], |row| row.get(0)).expect("there")
}

/// Takes words of a message out of the index, or puts words into it, behind the store's back.
fn tamper(connection: &Connection, place: i64, channel_id: ChannelId, words: &[&str], put_in: bool) {
    let tag = channel_id.to_string().to_lowercase();
    let text: String = words.iter().map(|word| format!("{tag}{word} ")).collect();
    let sql = if put_in {
        "INSERT INTO message_search (rowid, text) VALUES (?1, ?2)"
    } else {
        "INSERT INTO message_search (message_search, rowid, text) VALUES ('delete', ?1, ?2)"
    };
    connection.execute(sql, (place, text)).expect("done");
}

async fn reconciled(scene: &Scene, cast: &Cast) -> SearchReconciled {
    soon(scene.engine().reconcile_search(cast.owner, cast.guild_id)).await.expect("reconciles")
}

const SOUND: SearchReconciled = SearchReconciled { upserted: 0, deleted: 0 };

/// Proves SEA-6: a damaged index is repaired, entry by entry, and that of another guild is left alone.
#[tokio::test(flavor = "multi_thread")]
async fn a_damaged_index_is_repaired_in_its_guild_alone() {
    let scene = Scene::new();
    let (cast, other) = (scene.cast().await, Cast::in_store(&scene.engine(), "y").await);
    let engine = scene.engine();
    let mut ids = Vec::new();
    for text in ["lost whole", "lost in part", "says more than it should", "sound", "..."] {
        ids.push(cast.post(&engine, cast.owner, text).await.message_id);
    }
    let elsewhere = other.post(&engine, other.owner, "lost elsewhere").await.message_id;
    assert_eq!(reconciled(&scene, &cast).await, SOUND);
    let vandal = vandal(&scene);
    let channel_id = cast.channel_id;
    tamper(&vandal, place(&vandal, ids[0]), channel_id, &["lost", "whole"], false);
    tamper(&vandal, place(&vandal, ids[1]), channel_id, &["part"], false);
    tamper(&vandal, place(&vandal, ids[2]), channel_id, &["ghost", "says"], true);
    tamper(&vandal, place(&vandal, ids[4]), channel_id, &["ghost"], true);
    tamper(&vandal, 900_000, channel_id, &["ghost", "story"], true);
    tamper(&vandal, place(&vandal, elsewhere), other.channel_id, &["elsewhere"], false);
    assert_eq!(found(&engine, cast.owner, search(&cast, "whole")).await, []);
    assert_eq!(
        found(&engine, cast.owner, search(&cast, "ghost")).await,
        [ids[4], ids[2]],
        "what has no message is passed over"
    );
    assert_eq!(reconciled(&scene, &cast).await, SearchReconciled { upserted: 4, deleted: 1 });
    assert_eq!(reconciled(&scene, &cast).await, SOUND);
    for (text, expected) in
        [("lost", vec![ids[1], ids[0]]), ("whole", vec![ids[0]]), ("part", vec![ids[1]]), ("ghost", vec![])]
    {
        assert_eq!(found(&engine, cast.owner, search(&cast, text)).await, expected, "{text}");
    }
    assert_eq!(found(&engine, other.owner, search(&other, "elsewhere")).await, [], "this guild only");
    let findings = scene.store.integrity_check().await.expect("readable");
    assert_eq!(findings.len(), 1, "{findings:?}");
    assert_eq!(reconciled(&scene, &other).await, SearchReconciled { upserted: 1, deleted: 0 });
    scene.is_whole().await;
}

/// Proves SEA-6: the index is gone, both ways of repair bring it back, and what is written, edited and deleted meanwhile is as it was said.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_lost_index_comes_back_while_others_write() {
    let scene = Scene::new();
    let cast = scene.cast().await;
    for rebuilds in [true, false] {
        for number in 0..700 {
            cast.post(&scene.engine(), cast.owner, &format!("quoll {number}")).await;
        }
        let vandal = vandal(&scene);
        vandal.execute("INSERT INTO message_search (message_search) VALUES ('delete-all')", ()).expect("done");
        assert_eq!(found(&scene.engine(), cast.owner, search(&cast, "quoll")).await, []);
        let engine = scene.engine();
        let writing = tokio::spawn(async move {
            for number in 0..300 {
                let made = cast.post(&engine, cast.member, &format!("numbat {number}")).await;
                let message = (cast.guild_id, cast.channel_id, made.message_id);
                change(&engine, &cast, message, number).await;
            }
        });
        if rebuilds {
            soon(scene.engine().rebuild_search(cast.owner, cast.guild_id)).await.expect("rebuilds");
        } else {
            let done = reconciled(&scene, &cast).await;
            assert!(done.upserted >= 700 && done.deleted == 0, "{done:?}");
        }
        soon(writing).await.expect("no panic");
        assert_eq!(reconciled(&scene, &cast).await, SOUND);
        assert_eq!(
            found(&scene.engine(), cast.owner, search(&cast, "quoll 699")).await.len(),
            if rebuilds { 1 } else { 2 }
        );
        scene.is_whole().await;
    }
}

/// Leaves every third message, edits one, deletes one.
async fn change(
    engine: &Engine<filament_store::SqliteStore>,
    cast: &Cast,
    (guild_id, channel_id, message_id): (filament_protocol::GuildId, ChannelId, MessageId),
    number: u32,
) {
    use filament_core::decide::message::{DeleteMessage, EditMessage};
    let content = "bilby".parse().expect("message text");
    match number % 3 {
        0 => {}
        1 => drop(
            engine
                .execute(cast.member, EditMessage { guild_id, channel_id, message_id, content })
                .await
                .expect("edited"),
        ),
        _ => drop(
            engine.execute(cast.member, DeleteMessage { guild_id, channel_id, message_id }).await.expect("deleted"),
        ),
    }
}

/// Proves SEA-5: what runs too long is stopped and can be asked again; the reader lives on.
#[tokio::test(flavor = "multi_thread")]
async fn a_search_that_takes_too_long_is_stopped() {
    let scene = Scene::new();
    let cast = scene.cast().await;
    for number in 0..400 {
        cast.post(&scene.engine(), cast.owner, &format!("quoll {number}")).await;
    }
    let shut = scene.closed().await;
    let mut config = shut.config();
    config.search_time_max = Duration::ZERO;
    let engine = Engine::new(filament_store::SqliteStore::open(config).expect("opens"), Limits::default());
    for _ in 0..3 {
        let stopped = engine.read(cast.owner, search(&cast, "qu*")).await.expect_err("stopped");
        assert!(matches!(stopped, TransactError::Busy), "{stopped}");
    }
    assert_eq!(found(&engine, cast.owner, search(&cast, "...")).await, [], "nothing to look for takes no time");
}

/// A database of before there was an index gets one when it is opened, in the order of ids over all channels.
#[tokio::test(flavor = "multi_thread")]
async fn an_older_database_is_indexed_before_it_opens() {
    let scene = Scene::new();
    let cast = scene.cast().await;
    let name = "second".parse().expect("a name");
    let create = CreateChannel { guild_id: cast.guild_id, name, kind: ChannelKind::Text, overrides: vec![] };
    let second = scene.done(cast.owner, create).await.reply.channel_id;
    let mut ids = Vec::new();
    for number in 0..40 {
        let channel_id = if number % 3 == 0 { second } else { cast.channel_id };
        let post = CreateMessage { channel_id, ..cast.message(&format!("potoroo {number}")) };
        ids.push(scene.done(cast.owner, post).await.reply.message.message_id);
    }
    let shut = scene.closed().await;
    let before =
        "DROP TABLE stays; DROP TABLE message_search_words; DROP TABLE message_search; DROP INDEX messages_by_place;
        ALTER TABLE messages DROP COLUMN place; PRAGMA user_version = 3;";
    Connection::open(shut.config().path).expect("opens").execute_batch(before).expect("taken back");
    let scene = shut.opened();
    ids.push(cast.post(&scene.engine(), cast.owner, "potoroo 40").await.message_id);
    ids.reverse();
    assert_eq!(found(&scene.engine(), cast.owner, search(&cast, "potoroo")).await, ids);
    assert_eq!(found(&scene.engine(), cast.owner, search(&cast, "potoroo 7")).await, [ids[33]]);
    assert_eq!(reconciled(&scene, &cast).await, SOUND);
    scene.is_whole().await;
}

/// The words of a deleted channel do not stay in the file.
#[tokio::test(flavor = "multi_thread")]
async fn words_of_a_deleted_channel_go() {
    let scene = Scene::new();
    let cast = scene.cast().await;
    for number in 0..600 {
        cast.post(&scene.engine(), cast.owner, &format!("quoll {number}")).await;
    }
    scene.done(cast.owner, DeleteChannel { guild_id: cast.guild_id, channel_id: cast.channel_id }).await;
    let words = || -> i64 {
        scene.look().query_row("SELECT count(*) FROM message_search_words", (), |row| row.get(0)).expect("readable")
    };
    eventually("the words go", || words() == 0).await;
    scene.is_whole().await;
}

/// Proves SEA-1: whatever is asked, nothing of it is syntax. The store in memory, which has none, finds the same.
#[test]
fn no_text_is_syntax() {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let scene = Scene::new();
    let (engine, model) = (scene.engine(), Engine::new(MemoryStore::at(START_MS), Limits::default()));
    let (cast, modelled) = runtime.block_on(async { (scene.cast().await, Cast::in_store(&model, "x").await) });
    const PIECES: &[&str] = &[
        "ab",
        "abc",
        "x",
        "AND",
        "or",
        "NOT",
        "NEAR",
        "text",
        "rowid",
        "7",
        "\"",
        "'",
        "*",
        "(",
        ")",
        ":",
        "-",
        "+",
        "^",
        "{",
        "}",
        ",",
        ";",
        "_",
        ".",
        "/",
        "\\",
        "%",
        "é",
        "\u{301}",
        "ß",
        "\u{1F600}",
        "\u{200B}",
        " ",
        " ",
        " ",
        " ",
        "\u{3000}",
        "\t",
    ];
    let text = |max: usize| vec(select(PIECES), 1..max).prop_map(|pieces| pieces.concat());
    let mut runner = TestRunner::deterministic();
    let mut pairs = Vec::new();
    for _ in 0..60 {
        let said = text(30).new_tree(&mut runner).expect("a text").current();
        let ids = runtime.block_on(async {
            (
                cast.post(&engine, cast.owner, &said).await.message_id,
                modelled.post(&model, modelled.owner, &said).await.message_id,
            )
        });
        pairs.push(ids);
    }
    runner
        .run(&text(9), |asked| {
            let Ok(text) = SearchText::new(asked.as_str()) else { return Ok(()) };
            let Ok(terms) = SearchTerms::parse(&text) else { return Ok(()) };
            let look = |cast: &Cast| SearchMessages { terms: terms.clone(), ..search(cast, "x") };
            let (here, there) = runtime.block_on(async {
                (found(&engine, cast.owner, look(&cast)).await, found(&model, modelled.owner, look(&modelled)).await)
            });
            let number = |id: &MessageId| pairs.iter().position(|(mine, theirs)| id == mine || id == theirs);
            prop_assert_eq!(here.iter().map(number).collect::<Vec<_>>(), there.iter().map(number).collect::<Vec<_>>());
            Ok(())
        })
        .unwrap_or_else(|failure| panic!("{failure}"));
}

/// The largest search there is: twenty terms, four of them prefixes, in two hundred channels.
#[tokio::test(flavor = "multi_thread")]
async fn the_largest_search_is_answered() {
    let scene = Scene::new();
    let cast = scene.cast().await;
    let mut last = cast.channel_id;
    for number in 1..200 {
        let name = format!("channel {number}").parse().expect("a name");
        let create = CreateChannel { guild_id: cast.guild_id, name, kind: ChannelKind::Text, overrides: vec![] };
        last = scene.done(cast.owner, create).await.reply.channel_id;
    }
    let words: Vec<String> = (0..20).map(|number| format!("wo{number}w")).collect();
    let said = CreateMessage { channel_id: last, ..cast.message(&words.join(" ")) };
    let id = scene.done(cast.owner, said).await.reply.message.message_id;
    let shorten = |(number, word): (usize, &String)| if number < 4 { format!("{}*", &word[..3]) } else { word.clone() };
    let asked = words.iter().enumerate().map(shorten).collect::<Vec<_>>().join(" ");
    assert_eq!(found(&scene.engine(), cast.owner, search(&cast, &asked)).await, [id]);
    assert_eq!(found(&scene.engine(), cast.owner, search(&cast, &asked.replace("wo19w", "wo20w"))).await, []);
}
