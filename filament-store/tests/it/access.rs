//! Snapshots: pages and access, as of one moment that is never in the past.

use filament_core::{
    AccessSource, Journal, TransactError,
    decide::{
        account::{EndSession, OpenSession},
        channel::{CreateChannel, DeleteChannel, ReorderChannels},
        guild::{CreateGuild, JoinGuild, LeaveGuild},
        reaction::{AddReaction, ReactionTarget},
    },
    limits::{REACTORS_PER_MESSAGE_MAX, REACTORS_SHOWN_MAX},
    read::{ListGuilds, ListMessages, ReadGuild},
};
use filament_protocol::{ChannelKind, Emoji, Timestamp, UserId, Visibility};

use crate::scene::{START_MS, Scene, soon};

/// Proves ORD-5.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn reads_see_every_commit_that_was_answered_before() {
    let scene = Scene::new();
    let cast = scene.cast().await;
    let tasks: Vec<_> = (0..4)
        .map(|_| {
            let engine = scene.engine();
            tokio::spawn(async move {
                for n in 0..100 {
                    let posted = cast.post(&engine, cast.owner, &format!("{n}")).await.message_id;
                    let before = Some(filament_protocol::Id::from_u128(posted.as_u128() + 1));
                    let page = ListMessages { guild_id: cast.guild_id, channel_id: cast.channel_id, before, limit: 1 };
                    let page = engine.read(cast.member, page).await.expect("readable");
                    assert_eq!(page.messages[0].message_id, posted);
                }
            })
        })
        .collect();
    for task in tasks {
        soon(task).await.expect("no panic");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_says_whether_older_messages_exist() {
    let scene = Scene::new();
    let cast = scene.cast().await;
    let engine = scene.engine();
    let mut ids = Vec::new();
    for n in 0..4 {
        ids.push(cast.post(&engine, cast.owner, &format!("{n}")).await.message_id);
    }
    for (limit, before, shown, more) in
        [(4, None, 4, false), (3, None, 3, true), (5, None, 4, false), (1, Some(1), 1, false), (1, Some(0), 0, false)]
    {
        let before = before.map(|n: usize| ids[n]);
        let page = ListMessages { guild_id: cast.guild_id, channel_id: cast.channel_id, before, limit };
        let page = engine.read(cast.member, page).await.expect("readable");
        assert_eq!((page.messages.len(), page.more), (shown, more), "limit {limit}, before {before:?}");
    }
}

/// Graphs that readers share are valid for their snapshot, however fast the guild changes: here every entry adds or removes a channel.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn shared_graphs_are_those_of_their_snapshot() {
    let scene = Scene::new();
    let cast = scene.cast().await;
    let guild_id = cast.guild_id;
    let start = scene.store.head().seq;
    let end = start + 200;
    let readers: Vec<_> = (0..3)
        .map(|_| {
            let store = scene.store.clone();
            tokio::spawn(async move {
                let (mut last, mut looks) = (0, 0);
                while last < end {
                    let answered = store.head().seq;
                    let (seq, graph) = store.load_guild(guild_id).await.expect("readable");
                    assert!(seq >= answered && seq >= last, "a snapshot includes what was answered");
                    let channels = graph.expect("there").channels.len() as u64;
                    assert_eq!(channels, 1 + (seq - start) % 2, "the graph of entry {seq}");
                    (last, looks) = (seq, looks + 1);
                }
                looks
            })
        })
        .collect();
    for n in 0..100 {
        let name = format!("channel {n}").parse().expect("a name");
        let create = CreateChannel { guild_id, name, kind: ChannelKind::Text, overrides: vec![] };
        let channel_id = scene.done(cast.owner, create).await.reply.channel_id;
        scene.done(cast.owner, DeleteChannel { guild_id, channel_id }).await;
    }
    for reader in readers {
        assert!(soon(reader).await.expect("no panic") > 1);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn graph_from_disk_equals_the_one_that_grew() {
    let scene = Scene::new();
    let cast = scene.cast().await;
    let guild_id = cast.guild_id;
    let mut channel_ids = vec![cast.channel_id];
    for n in 0..5 {
        let name = format!("channel {n}").parse().expect("a name");
        let create = CreateChannel { guild_id, name, kind: ChannelKind::Voice, overrides: vec![] };
        channel_ids.push(scene.done(cast.owner, create).await.reply.channel_id);
    }
    channel_ids.rotate_left(2);
    scene.done(cast.owner, DeleteChannel { guild_id, channel_id: channel_ids.remove(3) }).await;
    scene.done(cast.owner, ReorderChannels { guild_id, channel_ids: channel_ids.clone() }).await;
    let (_, grown) = scene.store.load_guild(guild_id).await.expect("readable");
    let scene = scene.closed().await.opened();
    let (_, read) = scene.store.load_guild(guild_id).await.expect("readable");
    assert_eq!(read, grown);
    let order: Vec<_> = read.expect("there").channels.iter().map(|channel| channel.channel_id).collect();
    assert_eq!(order, channel_ids);
}

#[tokio::test(flavor = "multi_thread")]
async fn member_count_follows_joins_and_leaves() {
    let scene = Scene::new();
    let cast = scene.cast().await;
    let guild_id = cast.guild_id;
    let count = async || scene.engine().read(cast.owner, ReadGuild { guild_id }).await.expect("readable").member_count;
    assert_eq!(count().await, 2);
    scene.done(cast.stranger, JoinGuild { guild_id }).await;
    assert_eq!(count().await, 3);
    scene.done(cast.stranger, LeaveGuild { guild_id }).await;
    scene.done(cast.member, LeaveGuild { guild_id }).await;
    assert_eq!(count().await, 1);
    let access = scene.store.load_user(cast.member.user_id, cast.member.session_id, vec![]).await.expect("readable");
    assert!(access.memberships.is_empty() && access.graphs.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn guilds_are_listed_by_newest_membership() {
    let scene = Scene::new();
    let cast = scene.cast().await;
    let mut wanted = vec![cast.guild_id];
    for n in 0..4 {
        scene.advance_secs(2);
        let name = format!("guild {n}").parse().expect("a name");
        wanted.push(scene.done(cast.owner, CreateGuild { name, visibility: Visibility::Private }).await.reply.guild_id);
    }
    scene.advance_secs(2);
    wanted.reverse();
    let listed = scene.engine().read(cast.owner, ListGuilds).await.expect("readable");
    assert_eq!(listed.iter().map(|guild| guild.guild_id).collect::<Vec<_>>(), wanted);
    let access =
        scene.store.load_user(cast.owner.user_id, cast.owner.session_id, vec![wanted[1]]).await.expect("readable");
    assert_eq!((access.memberships.len(), access.graphs.len()), (5, 4));
    assert!(access.memberships.is_sorted_by_key(|(guild_id, _)| *guild_id));
}

/// Proves the bounds of `Reaction` (§4.1): 32 reactors per emoji, 256 per message in emoji order, the lowest ids.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn reactors_are_cut_at_both_bounds_and_the_viewer_is_found_beyond_them() {
    const USERS: u128 = 40;
    let scene = Scene::new();
    let cast = scene.cast().await;
    let message_id = cast.post(&scene.engine(), cast.owner, "popular").await.message_id;
    let mut users = Vec::new();
    for n in 0..USERS {
        let username = format!("fan_{n}").parse().expect("a name");
        let register = filament_core::decide::account::Register { username, password_hash: "hash".into() };
        scene.done_anonymously(register).await;
        let found = scene.engine().credentials(format!("fan_{n}").parse().expect("a name")).await.expect("readable");
        let fan = filament_core::Actor { user_id: found.expect("there").user_id, ..cast.stranger };
        scene.done(fan, JoinGuild { guild_id: cast.guild_id }).await;
        users.push(fan);
    }
    let target = |emoji: &str| ReactionTarget {
        guild_id: cast.guild_id,
        channel_id: cast.channel_id,
        message_id,
        emoji: emoji.parse::<Emoji>().expect("an emoji"),
    };
    let emoji = ["z", "é", "a", "👍", "b", "c", "d", "e", "f"];
    for fan in &users {
        for emoji in emoji {
            scene.done(*fan, AddReaction(target(emoji))).await;
        }
    }
    let (last, first) = (users[users.len() - 1], users[0]);
    let page = ListMessages { guild_id: cast.guild_id, channel_id: cast.channel_id, before: None, limit: 1 };
    let seen = scene.engine().read(last, page).await.expect("readable").messages.remove(0).reactions;
    let mut bytewise = emoji;
    bytewise.sort_unstable();
    assert_eq!(seen.iter().map(|reaction| reaction.emoji.as_str()).collect::<Vec<_>>(), bytewise);
    let lowest: Vec<UserId> = users.iter().map(|fan| fan.user_id).take(REACTORS_SHOWN_MAX).collect();
    let mut left = REACTORS_PER_MESSAGE_MAX;
    for reaction in &seen {
        assert_eq!((reaction.count, reaction.reacted_by_me), (40, true));
        assert_eq!(reaction.reactor_user_ids, lowest[..lowest.len().min(left)]);
        left -= reaction.reactor_user_ids.len();
    }
    assert_eq!(left, 0, "the ninth emoji shows nobody");
    let stranger = scene.engine().read(cast.owner, page).await.expect("readable").messages.remove(0).reactions;
    assert!(stranger.iter().all(|reaction| !reaction.reacted_by_me));
    let removed = filament_core::decide::reaction::RemoveReaction(target("z"));
    assert_eq!(scene.done(first, removed).await.reply.count, 39);
    scene.is_whole().await;
}

/// Proves AUT-12 for the store's part: what ended is known after a restart.
#[tokio::test(flavor = "multi_thread")]
async fn ended_sessions_are_told_after_a_restart() {
    let scene = Scene::new();
    let cast = scene.cast().await;
    let mut ended = Vec::new();
    for _ in 0..3 {
        scene.advance_secs(100);
        let grant =
            scene.done_anonymously(OpenSession { user_id: cast.owner.user_id, access_token_secs: 900 }).await.reply;
        scene.done_anonymously(EndSession { session_id: grant.session_id, generation: 1 }).await;
        ended.push(grant.session_id);
    }
    let scene = scene.closed().await.opened();
    let since = |secs: u64| Timestamp::new(START_MS / 1_000 + secs).expect("a time");
    let told = scene.store.recently_ended_sessions(since(200)).await.expect("readable");
    assert_eq!(told, [ended[2], ended[1]], "newest first, not before the moment asked for");
    assert!(scene.store.recently_ended_sessions(since(301)).await.expect("readable").is_empty());
    let replay =
        scene.engine().execute(filament_core::Anonymous, EndSession { session_id: ended[0], generation: 1 }).await;
    assert!(matches!(replay, Err(TransactError::Denied { .. })));
}
