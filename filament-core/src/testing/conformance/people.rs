//! Profiles, images and friends.

use std::sync::Arc;

use filament_protocol::{
    About, EventKind, Username, decode_event,
    limits::{FRIEND_REQUESTS_MAX, FRIENDS_MAX},
    rest::Friend,
};

use super::{Cast, account, done, entries, refused};
use crate::{
    AccessSource, Actor, Audience, BlobName, Denial, Engine, Entry, ImageKind, ImageType, Journal, Peers, SealedBody,
    SealedEvent, Seq, Store, StoredImage,
    decide::{
        friend::{AcceptFriendRequest, DeleteFriendRequest, RemoveFriend, RequestFriend},
        guild::LeaveGuild,
        profile::{SetImage, UpdateProfile},
    },
    read::{ListFriendRequests, ListFriends, LookUpUsers, ReadProfile},
};

fn name(text: &str) -> Username {
    Username::new(text).expect("a user name")
}

fn renamed(text: &str) -> UpdateProfile {
    UpdateProfile { username: Some(name(text)), about: None }
}

/// Every event after an entry, with the text it is sent as.
async fn events_after<S: Journal>(store: &S, after: Seq) -> Vec<(SealedEvent, String)> {
    let text_of = |event: &SealedEvent| match &event.body {
        SealedBody::Shared(text) | SealedBody::Peers { text, .. } => text.clone(),
        other => panic!("no event of people is {other:?}"),
    };
    let all: Vec<Arc<Entry>> = entries(store, after).await;
    let events = all.iter().flat_map(|entry| &entry.events);
    let read = events.map(|event| {
        let text = text_of(event);
        decode_event(&text).expect("a client can read it");
        (event.clone(), String::from_utf8(text.to_vec()).expect("text"))
    });
    read.collect()
}

/// The only event after an entry: where its receivers are, and its text.
async fn told_to_peers<S: Journal>(store: &S, after: Seq, actor: Actor, kind: EventKind) -> (Peers, String) {
    let mut events = events_after(store, after).await;
    assert_eq!(events.len(), 1, "§4.12");
    let (event, text) = events.remove(0);
    assert_eq!((event.kind, event.audience), (kind, Audience::Peers(actor.user_id)));
    match event.body {
        SealedBody::Peers { peers, .. } => (peers, text),
        other => panic!("{other:?}"),
    }
}

async fn befriend<S: Store>(engine: &Engine<S>, sender: Actor, recipient: Actor) {
    let request = RequestFriend { recipient_id: recipient.user_id };
    let request_id = done(engine, sender, request).await.reply.request_id;
    done(engine, recipient, AcceptFriendRequest { request_id }).await;
}

/// Names and about texts: EMI-1, EMI-2, unique names, and who is named as a receiver.
pub(super) async fn profiles_change_and_their_peers_are_named<S: Store + Journal + AccessSource>(engine: &Engine<S>) {
    let cast = Cast::in_store(engine, "prof").await;
    let (member, stranger, guild_id) = (cast.member, cast.stranger, cast.guild_id);
    let read = |user_id| engine.read(stranger, ReadProfile { user_id });
    let born = read(member.user_id).await.expect("readable");
    assert_eq!((born.username.as_str(), born.about_markdown.as_str()), ("prof_member", ""));
    assert_eq!((born.avatar_version, born.banner_version, born.about_markdown_tokens.len()), (0, 0, 0));

    let head = engine.store().head().seq;
    let answer = done(engine, member, renamed("prof_Ada")).await.reply;
    assert_eq!(answer, read(member.user_id).await.expect("readable"), "the answer is what is read");
    let (peers, text) = told_to_peers(engine.store(), head, member, EventKind::ProfileUpdate).await;
    assert_eq!(peers, Peers { guild_ids: vec![guild_id], friend_ids: vec![] });
    assert!(text.contains(r#""updated_fields":{"username":"prof_Ada"}"#), "EMI-2: {text}");

    let head = engine.store().head().seq;
    assert_eq!(done(engine, member, renamed("prof_Ada")).await.seq, None, "EMI-1");
    assert_eq!(done(engine, member, renamed("PROF_ada")).await.seq, Some(head + 1), "the case of one's own name");
    for taken in ["prof_owner", "PROF_OWNER"] {
        assert_eq!(refused(engine, member, renamed(taken)).await, Denial::Invalid("this name is taken"));
    }
    let found = engine.credentials(name("prof_ADA")).await.expect("readable").expect("found by any case");
    assert_eq!(found.user_id, member.user_id);
    assert!(engine.credentials(name("prof_member")).await.expect("readable").is_none(), "the old name is free");
    done(engine, stranger, renamed("prof_member")).await;

    befriend(engine, stranger, member).await;
    let head = engine.store().head().seq;
    let about = About::new("*hello*").expect("a text");
    let update = UpdateProfile { username: Some(name("PROF_ada")), about: Some(about.clone()) };
    let answer = done(engine, member, update.clone()).await.reply;
    assert_eq!((&answer.about_markdown, answer.about_markdown_tokens.len()), (&about, 5));
    let (peers, text) = told_to_peers(engine.store(), head, member, EventKind::ProfileUpdate).await;
    assert_eq!(peers, Peers { guild_ids: vec![guild_id], friend_ids: vec![stranger.user_id] });
    assert!(!text.contains("username") && text.contains(r#""about_markdown_tokens":["#), "EMI-2: {text}");
    assert_eq!(done(engine, member, update).await.seq, None, "EMI-1");
    let empty = UpdateProfile { username: None, about: About::new("").ok() };
    done(engine, member, empty).await;
    assert_eq!(read(member.user_id).await.expect("readable").about_markdown.as_str(), "", "an empty text is a text");

    done(engine, member, LeaveGuild { guild_id }).await;
    let head = engine.store().head().seq;
    done(engine, member, renamed("prof_gone")).await;
    let (peers, _) = told_to_peers(engine.store(), head, member, EventKind::ProfileUpdate).await;
    assert_eq!(peers, Peers { guild_ids: vec![], friend_ids: vec![stranger.user_id] });
    let unknown = read(filament_protocol::UserId::from_u128(404)).await;
    assert!(matches!(unknown, Err(crate::TransactError::Denied { denial: Denial::NotFound(_), .. })));
}

/// Bytes, type and version of an image change together, and the bytes replaced are named.
pub(super) async fn images_replace_each_other<S: Store + Journal>(engine: &Engine<S>) {
    let user = account(engine, "images").await;
    let set = |kind, media, bits| SetImage { kind, media, blob: BlobName::from_bits(bits) };
    let stored = async |kind| engine.image(user.user_id, kind).await.expect("readable");
    assert_eq!(stored(ImageKind::Avatar).await, None);
    let head = engine.store().head().seq;
    let first = done(engine, user, set(ImageKind::Avatar, ImageType::Png, 501)).await.reply;
    assert_eq!((first.replaced, first.profile.banner_version), (None, 0));
    let (_, text) = told_to_peers(engine.store(), head, user, EventKind::ProfileAvatarUpdate).await;
    assert!(text.contains(&format!(r#""avatar_version":{}"#, first.profile.avatar_version)), "{text}");
    let head = engine.store().head().seq;
    let banner = done(engine, user, set(ImageKind::Banner, ImageType::Webp, 502)).await.reply;
    told_to_peers(engine.store(), head, user, EventKind::ProfileBannerUpdate).await;
    let second = done(engine, user, set(ImageKind::Avatar, ImageType::Gif, 503)).await.reply;
    assert_eq!(second.replaced, Some(BlobName::from_bits(501)));
    assert!(second.profile.avatar_version > first.profile.avatar_version, "within the same second too");
    let avatar =
        StoredImage { version: second.profile.avatar_version, media: ImageType::Gif, blob: BlobName::from_bits(503) };
    assert_eq!(stored(ImageKind::Avatar).await, Some(avatar));
    let kept = stored(ImageKind::Banner).await.expect("a banner");
    assert_eq!((kept.version, kept.media), (banner.profile.banner_version, ImageType::Webp));
    let users = engine.read(user, LookUpUsers { user_ids: vec![user.user_id] }).await.expect("readable");
    assert_eq!(users[0].avatar_version, avatar.version, "lookups show it");
}

/// FRD-1, FRD-3, and §4.9's events in their order.
pub(super) async fn friends_are_pairs<S: Store + Journal>(engine: &Engine<S>) {
    let [ada, bob, eve] =
        [account(engine, "ada_f").await, account(engine, "Bob_f").await, account(engine, "eve_f").await];
    let ask = |recipient: Actor| RequestFriend { recipient_id: recipient.user_id };
    let head = engine.store().head().seq;
    let request_id = done(engine, ada, ask(bob)).await.reply.request_id;
    let events = events_after(engine.store(), head).await;
    let receivers = [Audience::User(ada.user_id), Audience::User(bob.user_id)];
    assert_eq!(events.iter().map(|(event, _)| event.audience).collect::<Vec<_>>(), receivers);
    assert_eq!(events[0].1, events[1].1, "§4.9: the same payload");
    assert!(events[0].1.contains("ada_f") && events[0].1.contains("Bob_f"), "{}", events[0].1);

    for (actor, other) in [(ada, bob), (bob, ada), (ada, ada)] {
        assert!(matches!(refused(engine, actor, ask(other)).await, Denial::Invalid(_)));
    }
    let unknown = RequestFriend { recipient_id: filament_protocol::UserId::from_u128(404) };
    assert!(matches!(refused(engine, ada, unknown).await, Denial::Invalid(_)));
    for actor in [ada, eve] {
        assert!(
            matches!(refused(engine, actor, AcceptFriendRequest { request_id }).await, Denial::NotFound(_)),
            "FRD-3"
        );
    }
    assert!(matches!(refused(engine, eve, DeleteFriendRequest { request_id }).await, Denial::NotFound(_)));

    let lists = async |actor| engine.read(actor, ListFriendRequests).await.expect("readable");
    let (of_ada, of_bob) = (lists(ada).await, lists(bob).await);
    assert_eq!((of_ada.outgoing.len(), of_ada.incoming.len()), (1, 0));
    assert_eq!((of_bob.outgoing.len(), of_bob.incoming.clone()), (0, of_ada.outgoing));

    let head = engine.store().head().seq;
    done(engine, bob, AcceptFriendRequest { request_id }).await;
    let events = events_after(engine.store(), head).await;
    let receivers = [Audience::User(bob.user_id), Audience::User(ada.user_id)];
    assert_eq!(events.iter().map(|(event, _)| event.audience).collect::<Vec<_>>(), receivers, "acceptor first");
    for ((_, text), (receiver, friend)) in events.iter().zip([(bob, ada), (ada, bob)]) {
        assert!(
            text.contains(&format!(r#""user_id":"{}","friend_user_id":"{}""#, receiver.user_id, friend.user_id)),
            "{text}"
        );
        assert!(text.contains(&format!(r#""actor_user_id":"{}""#, bob.user_id)), "{text}");
    }
    assert!(
        matches!(refused(engine, bob, AcceptFriendRequest { request_id }).await, Denial::NotFound(_)),
        "it is gone"
    );
    assert!(matches!(refused(engine, ada, ask(bob)).await, Denial::Invalid(_)), "friends already");
    assert!(lists(bob).await.incoming.is_empty());

    let request_id = done(engine, eve, ask(ada)).await.reply.request_id;
    let second = done(engine, bob, ask(eve)).await.reply.request_id;
    done(engine, eve, AcceptFriendRequest { request_id: second }).await;
    done(engine, ada, AcceptFriendRequest { request_id }).await;
    let friends = engine.read(ada, ListFriends).await.expect("readable");
    let names = |friends: &[Friend]| friends.iter().map(|friend| friend.username.to_string()).collect::<Vec<_>>();
    assert_eq!(names(&friends), ["Bob_f", "eve_f"], "by name");
    let friends = engine.read(eve, ListFriends).await.expect("readable");
    assert_eq!(names(&friends), ["ada_f", "Bob_f"], "by name, ignoring case");

    let head = engine.store().head().seq;
    done(engine, ada, RemoveFriend { user_id: bob.user_id }).await;
    let events = events_after(engine.store(), head).await;
    let receivers = [Audience::User(ada.user_id), Audience::User(bob.user_id)];
    assert_eq!(events.iter().map(|(event, _)| event.audience).collect::<Vec<_>>(), receivers, "actor first");
    for ((_, text), (receiver, friend)) in events.iter().zip([(ada, bob), (bob, ada)]) {
        assert!(
            text.contains(&format!(r#""user_id":"{}","friend_user_id":"{}""#, receiver.user_id, friend.user_id)),
            "{text}"
        );
    }
    assert_eq!(done(engine, bob, RemoveFriend { user_id: ada.user_id }).await.seq, None, "EMI-1");
    assert!(matches!(refused(engine, bob, RemoveFriend { user_id: bob.user_id }).await, Denial::Invalid(_)));

    for actor in [ada, bob] {
        let request_id = done(engine, ada, ask(bob)).await.reply.request_id;
        let head = engine.store().head().seq;
        done(engine, actor, DeleteFriendRequest { request_id }).await;
        let events = events_after(engine.store(), head).await;
        let other = if actor.user_id == ada.user_id { bob } else { ada };
        let receivers = [Audience::User(actor.user_id), Audience::User(other.user_id)];
        assert_eq!(events.iter().map(|(event, _)| event.audience).collect::<Vec<_>>(), receivers);
        assert_eq!(events[0].1, events[1].1, "§4.9: the same payload");
        assert!(events[0].1.contains(&format!(r#""actor_user_id":"{}""#, actor.user_id)));
    }
}

/// FRD-2 on both sides and in both directions.
pub(super) async fn requests_and_friends_are_bounded<S: Store>(engine: &Engine<S>) {
    let (popular, late) = (account(engine, "popular").await, account(engine, "late").await);
    let mut crowd = Vec::new();
    for n in 0..=FRIENDS_MAX {
        crowd.push(account(engine, &format!("crowd_{n}")).await);
    }
    let ask = |recipient: Actor| RequestFriend { recipient_id: recipient.user_id };
    let is_quota = |denial| assert!(matches!(denial, Denial::Quota(_)), "FRD-2: {denial:?}");
    for other in &crowd[..FRIEND_REQUESTS_MAX] {
        done(engine, popular, ask(*other)).await;
        done(engine, *other, ask(late)).await;
    }
    is_quota(refused(engine, popular, ask(crowd[FRIEND_REQUESTS_MAX])).await);
    is_quota(refused(engine, popular, ask(late)).await);
    is_quota(refused(engine, crowd[FRIEND_REQUESTS_MAX], ask(late)).await);
    done(engine, late, ask(popular)).await;
    let lists = engine.read(popular, ListFriendRequests).await.expect("readable");
    assert_eq!((lists.incoming.len(), lists.outgoing.len()), (1, FRIEND_REQUESTS_MAX));
    let ids: Vec<_> = lists.outgoing.iter().map(|request| request.request_id).collect();
    assert!(ids.is_sorted_by(|newer, older| newer > older), "newest first");

    for other in &crowd[..FRIEND_REQUESTS_MAX] {
        let found = engine.read(*other, ListFriendRequests).await.expect("readable");
        done(engine, *other, AcceptFriendRequest { request_id: found.incoming[0].request_id }).await;
    }
    for other in &crowd[FRIEND_REQUESTS_MAX..FRIENDS_MAX] {
        befriend(engine, *other, popular).await;
    }
    let last = crowd[FRIENDS_MAX];
    is_quota(refused(engine, last, ask(popular)).await);
    is_quota(refused(engine, popular, ask(last)).await);
    let waiting = lists.incoming[0].request_id;
    is_quota(refused(engine, popular, AcceptFriendRequest { request_id: waiting }).await);
    assert_eq!(engine.read(popular, ListFriends).await.expect("readable").len(), FRIENDS_MAX);
    done(engine, popular, RemoveFriend { user_id: crowd[0].user_id }).await;
    done(engine, popular, AcceptFriendRequest { request_id: waiting }).await;
    done(engine, late, RemoveFriend { user_id: popular.user_id }).await;
    done(engine, popular, ask(last)).await;
}
