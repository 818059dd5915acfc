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
