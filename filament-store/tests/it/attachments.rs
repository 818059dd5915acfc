//! Rows of attachments: what they count, when they go, and the names of files they leave behind.

use filament_core::{
    Actor, BlobName, TransactError,
    decide::{
        attachment::{BeginUpload, DeleteAttachment, RecordUpload},
        channel::{CreateChannel, DeleteChannel},
        message::{CreateMessage, DeleteMessage},
    },
    testing::Cast,
};
use filament_protocol::{
    ChannelKind, ErrorCode,
    limits::ATTACHMENT_BYTES_MAX,
    record::Attachment,
    text::{Filename, MimeType, Sha256Hex},
};

use crate::scene::{Scene, eventually, soon};

fn upload(cast: &Cast, blob: u128, size_bytes: u64) -> RecordUpload {
    RecordUpload {
        guild_id: cast.guild_id,
        channel_id: cast.channel_id,
        filename: Filename::fallback(),
        mime_type: MimeType::new("image/png").expect("a media type"),
        size_bytes,
        sha256_hex: Sha256Hex::new("0123456789abcdef".repeat(4)).expect("a digest"),
        blob: BlobName::from_bits(blob),
    }
}

async fn uploaded(scene: &Scene, cast: &Cast, blob: u128, size_bytes: u64) -> Attachment {
    scene.done(cast.member, upload(cast, blob, size_bytes)).await.reply
}

async fn left(scene: &Scene, cast: &Cast, user: Actor) -> u64 {
    let begin = BeginUpload { guild_id: cast.guild_id, channel_id: cast.channel_id, size_bytes_min: 0 };
    scene.done(user, begin).await.reply
}

async fn purged(scene: &Scene) -> Vec<u128> {
    let blobs = scene.store.purged_attachments().await.expect("readable");
    blobs.into_iter().map(BlobName::bits).collect()
}

/// Proves ATT-2: however many uploads end at once, the sum stays within the quota.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn racing_uploads_never_exceed_the_quota() {
    let scene = Scene::new();
    let cast = scene.cast().await;
    let racing: Vec<_> = (0..20)
        .map(|n| {
            let (engine, record) = (scene.engine(), upload(&cast, n, ATTACHMENT_BYTES_MAX));
            tokio::spawn(async move { engine.execute(cast.member, record).await })
        })
        .collect();
    let mut stored = 0;
    for race in racing {
        match soon(race).await.expect("no panic") {
            Ok(_) => stored += 1,
            Err(TransactError::Denied { denial, .. }) => assert_eq!(denial.code(), ErrorCode::QuotaExceeded),
            Err(other) => panic!("{other}"),
        }
    }
    assert_eq!((stored, left(&scene, &cast, cast.member).await), (10, 0), "262,144,000 bytes are ten of the largest");
    scene.is_whole().await;
}

/// Proves ATT-3, and that a file is handed out as long as nobody has said that it is gone.
#[tokio::test(flavor = "multi_thread")]
async fn unbound_uploads_go_after_a_day_and_leave_the_names_of_their_files() {
    let scene = Scene::new();
    let cast = scene.cast().await;
    let bound = uploaded(&scene, &cast, 1, 10).await;
    let deleted = uploaded(&scene, &cast, 2, 20).await;
    uploaded(&scene, &cast, 4, 40).await;
    scene.advance_secs(1);
    uploaded(&scene, &cast, 3, 30).await;
    let post = CreateMessage { attachment_ids: vec![bound.attachment_id], ..cast.message("") };
    scene.done(cast.member, post).await;
    let Attachment { guild_id, channel_id, attachment_id, .. } = deleted;
    scene.done(cast.member, DeleteAttachment { guild_id, channel_id, attachment_id }).await;
    assert_eq!(purged(&scene).await, [2]);
    let whole = left(&scene, &cast, cast.owner).await;
    let purges = || {
        scene
            .look()
            .query_row("SELECT count(*) FROM attachment_purges", (), |row| row.get::<_, i64>(0))
            .expect("readable")
    };
    scene.advance_secs(86_400 - 1);
    eventually("the upload of a day ago goes", || purges() == 2).await;
    // The same step would have taken the one of a second later, had it been due.
    assert_eq!((purged(&scene).await, left(&scene, &cast, cast.member).await), (vec![2, 4], whole - 40));
    scene.advance_secs(1);
    eventually("so does that of a second later", || purges() == 3).await;
    assert_eq!((purged(&scene).await, left(&scene, &cast, cast.member).await), (vec![2, 3, 4], whole - 10));
    let blobs: Vec<_> = [1, 2, 3, 4].map(BlobName::from_bits).into();
    let named = scene.store.named_attachments(blobs.clone()).await.expect("readable");
    assert_eq!(named, [BlobName::from_bits(1)], "a file without a row is nobody's");
    for _ in 0..2 {
        scene.store.forget_attachments(vec![blobs[1], blobs[3]]).await.expect("written");
    }
    assert_eq!(purged(&scene).await, [3]);
    scene.is_whole().await;
    let scene = scene.closed().await.opened();
    assert_eq!(purged(&scene).await, [3], "a restart forgets no file");
}

/// Proves the quota's part of MSG-2 and of scenario 14: free with the answer, while rows and files follow.
#[tokio::test(flavor = "multi_thread")]
async fn deleted_messages_and_channels_free_the_quota_at_once_and_every_file_in_the_end() {
    let scene = Scene::new();
    let cast = scene.cast().await;
    let (guild_id, name) = (cast.guild_id, "doomed".parse().expect("a name"));
    let create = CreateChannel { guild_id, name, kind: ChannelKind::Text, overrides: vec![] };
    let doomed = scene.done(cast.owner, create).await.reply.channel_id;
    let there = Cast { channel_id: doomed, ..cast };
    let whole = left(&scene, &cast, cast.member).await;
    let mut files = 0..;
    for _ in 0..300 {
        let mut ids = Vec::new();
        for _ in 0..3 {
            ids.push(uploaded(&scene, &there, files.next().expect("a number"), 1).await.attachment_id);
        }
        ids.pop(); // stays unbound
        scene.done(cast.member, CreateMessage { attachment_ids: ids, ..there.message("") }).await;
    }
    let kept = uploaded(&scene, &cast, 1_000_000, 5).await;
    let mine = uploaded(&scene, &cast, 2_000_000, 7).await;
    let post = CreateMessage { attachment_ids: vec![mine.attachment_id], ..cast.message("") };
    let message_id = scene.done(cast.member, post).await.reply.message.message_id;
    assert_eq!(left(&scene, &cast, cast.member).await, whole - 912);
    scene.done(cast.owner, DeleteMessage { guild_id, channel_id: cast.channel_id, message_id }).await;
    assert_eq!(left(&scene, &cast, cast.member).await, whole - 905);
    scene.done(cast.owner, DeleteChannel { guild_id, channel_id: doomed }).await;
    assert_eq!(left(&scene, &cast, cast.member).await, whole - 5);
    scene.is_whole().await;
    eventually("every row goes", || {
        let rows: i64 =
            scene.look().query_row("SELECT count(*) FROM attachments", (), |row| row.get(0)).expect("readable");
        rows == 1
    })
    .await;
    let mut gone = 0;
    loop {
        let blobs = scene.store.purged_attachments().await.expect("readable");
        if blobs.is_empty() {
            break;
        }
        assert!(blobs.len() <= 256);
        gone += blobs.len();
        scene.store.forget_attachments(blobs).await.expect("written");
    }
    assert_eq!((gone, left(&scene, &cast, cast.member).await), (901, whole - 5));
    let named = scene.store.named_attachments(vec![BlobName::from_bits(1_000_000)]).await.expect("readable");
    assert_eq!((named.len(), kept.size_bytes), (1, 5));
    scene.is_whole().await;
}
