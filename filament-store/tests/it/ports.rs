//! What core asks of every store.

use filament_core::{
    AccessSource, Anonymous, Journal, TransactError,
    decide::{
        account::{OpenSession, RefreshSession},
        message::CreateMessage,
    },
    limits::SESSIONS_PER_USER_MAX,
    testing::{MemoryStore, check_agreement, check_conformance, check_way_back},
};

use crate::scene::{START_MS, Scene, soon};

/// Proves MSG-1, MSG-4, EMI-1, EMI-3, ORD-6, ORD-7, HTTP-16, AUT-21 and AUT-22 as far as a store can keep or break them.
#[tokio::test(flavor = "multi_thread")]
async fn sqlite_keeps_the_rules_of_every_store() {
    let scene = Scene::new();
    check_conformance(scene.store.clone()).await;
    scene.is_whole().await;
}

/// The store in memory is the model: after random commands both hold the same state and tell the same story.
#[tokio::test(flavor = "multi_thread")]
async fn memory_and_sqlite_agree_after_random_commands() {
    for seed in 1..=12 {
        let scene = Scene::new();
        soon(check_agreement(MemoryStore::at(START_MS), scene.store.clone(), seed, 250)).await;
        scene.is_whole().await;
    }
}

/// Proves that what the journal on disk says an entry replaced leads back over it, as RES-13 needs.
#[tokio::test(flavor = "multi_thread")]
async fn stepping_back_over_the_journal_leads_to_what_there_was() {
    for seed in 1..=3 {
        soon(check_way_back(Scene::new().store.clone(), seed, 200)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn rules_hold_again_after_a_restart() {
    let scene = Scene::new();
    let cast = scene.cast().await;
    cast.post(&scene.engine(), cast.owner, "before").await;
    let scene = scene.closed().await.opened();
    cast.post(&scene.engine(), cast.member, "after").await;
    scene.is_whole().await;
}

/// Proves HTTP-16 for requests at the same moment: one message, and everybody is told of it.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn requests_with_one_key_at_once_make_one_message() {
    let scene = Scene::new();
    let cast = scene.cast().await;
    let head = scene.store.head().seq;
    let keyed = CreateMessage { idempotency_key: Some("same".parse().expect("a key")), ..cast.message("once") };
    let tasks: Vec<_> = (0..24)
        .map(|_| {
            let (engine, keyed) = (scene.engine(), keyed.clone());
            tokio::spawn(async move { engine.execute(cast.owner, keyed).await.expect("accepted").reply })
        })
        .collect();
    let mut made = Vec::new();
    for task in tasks {
        made.push(soon(task).await.expect("no panic"));
    }
    assert_eq!(made.iter().filter(|created| !created.replayed).count(), 1);
    assert!(made.iter().all(|created| created.message.message_id == made[0].message.message_id));
    assert_eq!(scene.store.head().seq, head + 1);
}

/// Proves AUT-21 and AUT-22 for refreshes at the same moment: one rotation, all get its generation.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn refreshes_at_once_rotate_once() {
    let scene = Scene::new();
    let cast = scene.cast().await;
    let refresh = RefreshSession { session_id: cast.owner.session_id, generation: 1, access_token_secs: 900 };
    let tasks: Vec<_> = (0..16)
        .map(|_| {
            let engine = scene.engine();
            tokio::spawn(async move { engine.execute(Anonymous, refresh).await.expect("accepted").reply.generation })
        })
        .collect();
    for task in tasks {
        assert_eq!(soon(task).await.expect("no panic"), 2);
    }
    scene.advance_secs(11);
    let replay = scene.engine().execute(Anonymous, refresh).await;
    assert!(matches!(replay, Err(TransactError::Denied { seq: Some(_), .. })), "AUT-23: {replay:?}");
    let told = scene.store.recently_ended_sessions(filament_protocol::Timestamp::MIN).await.expect("readable");
    assert_eq!(told, [cast.owner.session_id], "the refusal left its trace");
}

/// Proves AUT-25.
#[tokio::test(flavor = "multi_thread")]
async fn one_session_too_many_ends_the_least_recently_used() {
    let scene = Scene::new();
    let cast = scene.cast().await;
    let user_id = cast.owner.user_id;
    let open = OpenSession { user_id, access_token_secs: 900 };
    let first = cast.owner.session_id;
    scene.advance_secs(1);
    let second = scene.done_anonymously(open).await.reply.session_id;
    scene.advance_secs(1);
    for _ in 2..SESSIONS_PER_USER_MAX {
        assert_eq!(scene.done_anonymously(open).await.reply.ended, None);
    }
    scene.advance_secs(1);
    scene.done_anonymously(RefreshSession { session_id: first, generation: 1, access_token_secs: 900 }).await;
    assert_eq!(scene.done_anonymously(open).await.reply.ended, Some(second), "the first was used since");
    let access = scene.store.load_user(user_id, second, vec![]).await.expect("readable");
    assert_eq!(access.token_expires_at, None);
}
