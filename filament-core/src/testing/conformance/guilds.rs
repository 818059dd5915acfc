//! Guilds, memberships, channels.

use std::sync::Arc;

use filament_protocol::{ChannelName, DirectoryQuery, ErrorCode, EventKind, Permission, Permissions, SystemKey};

use super::{Cast, channel, done, kinds_after, refused};
use crate::{
    AccessSource, Denial, Engine, Journal, Store, TransactError,
    decide::{
        channel::{DeleteChannel, InitialOverride, ReorderChannels, UpdateChannel},
        guild::{JoinGuild, LeaveGuild},
        message::{CreateMessage, DeleteMessage},
    },
    permission::OverrideTarget,
    read::{ListChannels, ListGuilds, ListMessages, ListPublicGuilds, ReadGuild},
};

pub(super) async fn guild_is_born_whole<S: Store + Journal + AccessSource>(engine: &Engine<S>, cast: &Cast) {
    let details = engine.read(cast.owner, ReadGuild { guild_id: cast.guild_id }).await.expect("readable");
    assert_eq!((details.owner_user_id, details.member_count), (cast.owner.user_id, 2));
    assert!(details.default_join_role_id.is_some(), "PRM-7");
    let (_, graph) = engine.store().load_guild(cast.guild_id).await.expect("readable");
    let graph = graph.expect("the guild exists");
    let keys: Vec<_> =
        graph.roles.iter().map(|role| (role.system_key, role.position, role.permissions.bits())).collect();
    for seeded in [
        (Some(SystemKey::Everyone), 0, 2304),
        (Some(SystemKey::WorkspaceOwner), 10_000, 4095),
        (Some(SystemKey::Moderator), 100, 4090),
        (Some(SystemKey::Member), 1, 2304),
    ] {
        assert!(keys.contains(&seeded), "§8.2: {seeded:?} is seeded");
    }
    let access = engine.store().load_user(cast.member.user_id, cast.member.session_id, vec![]).await.expect("readable");
    assert_eq!(access.memberships.len(), 1);
    assert_eq!(access.memberships[0].1.role_ids, Vec::from_iter(details.default_join_role_id));
    assert_eq!(access.graphs, [Arc::clone(&graph)]);
    assert_eq!(access.seq, engine.store().head().seq);
    let known = engine
        .store()
        .load_user(cast.member.user_id, cast.member.session_id, vec![cast.guild_id])
        .await
        .expect("readable");
    assert!(known.graphs.is_empty(), "a known graph is not loaded again");
    let public =
        engine.read(cast.stranger, ListPublicGuilds { text: directory("C GU"), limit: 50 }).await.expect("readable");
    assert_eq!(public.len(), 1);
    let none =
        engine.read(cast.stranger, ListPublicGuilds { text: directory("%"), limit: 50 }).await.expect("readable");
    assert!(none.is_empty(), "no wildcards");
    assert_eq!(engine.read(cast.member, ListGuilds).await.expect("readable").len(), 1);
    assert!(engine.read(cast.stranger, ListGuilds).await.expect("readable").is_empty());
}

pub(super) async fn channels_keep_their_order_and_take_their_content_along<S: Store + Journal>(
    engine: &Engine<S>,
    cast: &Cast,
) {
    let guild_id = cast.guild_id;
    let second = channel(engine, cast.owner, guild_id, "second", vec![]).await;
    let third = channel(engine, cast.owner, guild_id, "third", vec![]).await;
    let order = async || {
        let listed = engine.read(cast.member, ListChannels { guild_id, manageable: false }).await.expect("readable");
        listed.into_iter().map(|listing| listing.channel.channel_id).collect::<Vec<_>>()
    };
    assert_eq!(order().await, [cast.channel_id, second, third], "new channels come last");
    done(engine, cast.owner, ReorderChannels { guild_id, channel_ids: vec![third, cast.channel_id] }).await;
    assert_eq!(order().await, [third, second, cast.channel_id], "listed channels swap their slots");
    let same = ReorderChannels { guild_id, channel_ids: vec![third, cast.channel_id] };
    assert_eq!(done(engine, cast.owner, same).await.seq, None);
    let name = ChannelName::new("renamed").expect("a channel name");
    let rename = UpdateChannel { guild_id, channel_id: second, name };
    assert!(done(engine, cast.owner, rename.clone()).await.seq.is_some());
    assert_eq!(done(engine, cast.owner, rename).await.seq, None);
    let there = CreateMessage { channel_id: second, ..cast.message("goes along") };
    let message = done(engine, cast.member, there).await.reply.message;
    let deleted = done(engine, cast.owner, DeleteChannel { guild_id, channel_id: second }).await;
    assert!(deleted.narrows);
    let gone = DeleteMessage { guild_id, channel_id: second, message_id: message.message_id };
    assert_eq!(refused(engine, cast.owner, gone).await.code(), ErrorCode::NotFound);
    assert_eq!(order().await, [third, cast.channel_id]);
    done(engine, cast.owner, DeleteChannel { guild_id, channel_id: third }).await;
}

pub(super) async fn hidden_channels_are_hidden<S: Store + Journal + AccessSource>(engine: &Engine<S>, cast: &Cast) {
    let (_, graph) = engine.store().load_guild(cast.guild_id).await.expect("readable");
    let everyone = graph.as_ref().and_then(|graph| graph.seeded(SystemKey::Everyone)).expect("seeded").role_id;
    let deny: Permissions = [Permission::CreateMessage].into_iter().collect();
    let hide = InitialOverride { target: OverrideTarget::Role(everyone), allow: Permissions::EMPTY, deny };
    let hidden = channel(engine, cast.owner, cast.guild_id, "hidden", vec![hide]).await;
    let post = CreateMessage { channel_id: hidden, ..cast.message("x") };
    assert_eq!(refused(engine, cast.member, post.clone()).await, Denial::MissingPermission);
    assert!(done(engine, cast.owner, post).await.seq.is_some());
    let page = ListMessages { guild_id: cast.guild_id, channel_id: hidden, before: None, limit: 1 };
    let refusal = engine.read(cast.member, page).await.expect_err("hidden");
    assert!(matches!(refusal, TransactError::Denied { denial: Denial::MissingPermission, .. }));
    let listed =
        engine.read(cast.member, ListChannels { guild_id: cast.guild_id, manageable: false }).await.expect("readable");
    assert!(listed.iter().all(|listing| listing.channel.channel_id != hidden));
    done(engine, cast.owner, DeleteChannel { guild_id: cast.guild_id, channel_id: hidden }).await;
}

pub(super) async fn leaving_ends_membership<S: Store + Journal>(engine: &Engine<S>, cast: &Cast) {
    let guild_id = cast.guild_id;
    assert_eq!(refused(engine, cast.owner, LeaveGuild { guild_id }).await, Denial::OwnerMustTransfer);
    let head = engine.store().head().seq;
    let left = done(engine, cast.member, LeaveGuild { guild_id }).await;
    assert!(left.narrows);
    assert_eq!(
        kinds_after(engine.store(), head).await,
        [EventKind::WorkspaceMemberRemove, EventKind::WorkspaceUnavailable]
    );
    assert_eq!(refused(engine, cast.member, cast.message("after")).await, Denial::NotMember);
    assert_eq!(refused(engine, cast.member, LeaveGuild { guild_id }).await, Denial::NotMember);
    let head = engine.store().head().seq;
    done(engine, cast.member, JoinGuild { guild_id }).await;
    let joined = [EventKind::WorkspaceAvailable, EventKind::WorkspaceMemberAdd, EventKind::WorkspaceRoleAssignmentAdd];
    assert_eq!(kinds_after(engine.store(), head).await, joined);
}

fn directory(text: &str) -> DirectoryQuery {
    DirectoryQuery::new(text).expect("a directory query")
}
