//! What the schema itself refuses of friends and images, whatever a decision says.

use filament_core::{
    BlobName, ImageKind, ImageType,
    decide::{
        friend::{AcceptFriendRequest, RequestFriend},
        profile::SetImage,
    },
};
use rusqlite::{Connection, ErrorCode, Params};

use crate::scene::Scene;

/// Tries a statement and takes it back; tells whether a constraint refused it.
fn is_refused(connection: &Connection, sql: &str, params: impl Params) -> bool {
    connection.execute_batch("BEGIN").expect("begins");
    let tried = connection.execute(sql, params);
    connection.execute_batch("ROLLBACK").expect("rolls back");
    match tried {
        Ok(_) => false,
        Err(error) => {
            assert_eq!(error.sqlite_error_code(), Some(ErrorCode::ConstraintViolation), "{error}");
            true
        }
    }
}

/// Proves FRD-1 for the database itself: one friendship and one pending request per pair, in either direction.
#[tokio::test]
async fn pairs_are_unique_by_constraint() {
    const REQUEST: &str =
        "INSERT INTO friend_requests (request_id, sender_id, recipient_id, created_at) VALUES (?1, ?2, ?3, 1)";
    const FRIENDSHIP: &str = "INSERT INTO friendships (low_user_id, high_user_id, created_at) VALUES (?1, ?2, 1)";
    let scene = Scene::new();
    let cast = scene.cast().await;
    let ask = |recipient_id| RequestFriend { recipient_id };
    scene.done(cast.owner, ask(cast.member.user_id)).await;
    let request_id = scene.done(cast.stranger, ask(cast.member.user_id)).await.reply.request_id;
    scene.done(cast.member, AcceptFriendRequest { request_id }).await;
    let [owner, member, stranger] =
        [cast.owner, cast.member, cast.stranger].map(|actor| actor.user_id.as_u128().to_be_bytes());
    let shut = scene.closed().await;
    let beside = Connection::open(shut.config().path).expect("opens");
    let fresh = [7_u8; 16];
    for (sender, recipient, expected) in
        [(owner, member, true), (member, owner, true), (owner, owner, true), (owner, stranger, false)]
    {
        assert_eq!(is_refused(&beside, REQUEST, (fresh, sender, recipient)), expected);
    }
    let (low, high) = (member.min(stranger), member.max(stranger));
    for (one, other, expected) in [(low, high, true), (high, low, true), (low, low, true)] {
        assert_eq!(is_refused(&beside, FRIENDSHIP, (one, other)), expected);
    }
    let (low, high) = (owner.min(member), owner.max(member));
    assert!(!is_refused(&beside, FRIENDSHIP, (low, high)));
}

/// Proves that a row holds its bytes alone, and that what no row holds is told from what one does.
#[tokio::test]
async fn files_of_images_are_known_by_their_rows() {
    let scene = Scene::new();
    let cast = scene.cast().await;
    let names = [1, 2, 3].map(BlobName::from_bits);
    let set = |kind, blob| SetImage { kind, media: ImageType::Png, blob };
    scene.done(cast.owner, set(ImageKind::Avatar, names[0])).await;
    scene.done(cast.member, set(ImageKind::Avatar, names[1])).await;
    let named = async || scene.store.named_images(names.to_vec()).await.expect("readable");
    assert_eq!(named().await, names[..2]);
    scene.done(cast.owner, set(ImageKind::Avatar, names[2])).await;
    assert_eq!(named().await, names[1..], "the bytes replaced are nobody's");
    let twice = scene.engine().execute(cast.owner, set(ImageKind::Banner, names[1])).await;
    assert!(twice.is_err(), "no two rows hold the same bytes");
    scene.is_whole().await;
}
