//! Access revisions (RES-30): what counts, for whom, and that every way to read them says the same.

use filament_protocol::{ChannelName, GuildName, Permission, Permissions, SystemKey, Visibility};

use super::{Cast, channel, done, refused};
use crate::{
    AccessSource, Actor, Engine, Store,
    decide::{
        channel::{CreateChannel, DeleteChannel, InitialOverride, ReorderChannels, UpdateChannel},
        guild::{JoinGuild, LeaveGuild, UpdateGuild},
    },
    permission::OverrideTarget,
    read::ReadGuildAccess,
};

/// The counters of owner, member and stranger.
struct Counters<'e, S> {
    engine: &'e Engine<S>,
    actors: [Actor; 3],
    last: [u64; 3],
}

impl<S: Store + AccessSource> Counters<'_, S> {
    /// Looks at all of them and compares what each gained since the last look.
    async fn gained(&mut self, gains: [u64; 3], by: &str) {
        for (n, actor) in self.actors.into_iter().enumerate() {
            let loaded = self.engine.store().load_user(actor.user_id, actor.session_id, vec![]).await;
            let revision = loaded.expect("readable").access_rev;
            assert_eq!(revision - self.last[n], gains[n], "RES-30: user {n}, {by}");
            self.last[n] = revision;
        }
    }
}

pub(super) async fn revisions_count_what_changed_the_access<S: Store + AccessSource>(engine: &Engine<S>) {
    let cast = Cast::in_store(engine, "rev").await;
    let (owner, member, stranger) = (cast.owner, cast.member, cast.stranger);
    let guild_id = cast.guild_id;
    let mut counters = Counters { engine, actors: [owner, member, stranger], last: [0; 3] };
    counters.gained([2, 2, 0], "a guild with its owner, a member that joined, a channel").await;

    done(engine, stranger, JoinGuild { guild_id }).await;
    counters.gained([0, 0, 1], "the stranger joined").await;
    done(engine, stranger, JoinGuild { guild_id }).await;
    counters.gained([0, 0, 0], "the stranger joined again").await;
    let (_, graph) = engine.store().load_guild(guild_id).await.expect("readable");
    let everyone = graph.as_ref().and_then(|graph| graph.seeded(SystemKey::Everyone)).expect("seeded").role_id;
    let view: Permissions = [Permission::CreateMessage].into_iter().collect();
    let set = |target, allow, deny| InitialOverride { target, allow, deny };
    let hide = set(OverrideTarget::Role(everyone), Permissions::EMPTY, view);
    let show = set(OverrideTarget::Member(member.user_id), view, Permissions::EMPTY);
    let hidden = channel(engine, owner, guild_id, "hidden", vec![hide]).await;
    counters.gained([1, 0, 0], "a channel only the owner sees").await;
    let shared = channel(engine, owner, guild_id, "shared", vec![hide, show]).await;
    counters.gained([1, 1, 0], "a channel the member sees by an override of its own").await;

    let rename = |name: &str| ChannelName::new(name).expect("a channel name");
    done(engine, owner, UpdateChannel { guild_id, channel_id: cast.channel_id, name: rename("other") }).await;
    done(engine, owner, ReorderChannels { guild_id, channel_ids: vec![shared, cast.channel_id] }).await;
    let (name, visibility) = (GuildName::new("other").ok(), Some(Visibility::Private));
    done(engine, owner, UpdateGuild { guild_id, name, visibility }).await;
    cast.post(engine, member, "a message").await;
    let name = rename("no right");
    refused(engine, stranger, CreateChannel { guild_id, name, kind: Default::default(), overrides: vec![] }).await;
    counters.gained([0, 0, 0], "names, order, messages and refusals").await;

    for (actor, revision) in counters.actors.into_iter().zip(counters.last) {
        let access = engine.read(actor, ReadGuildAccess { guild_id }).await.expect("a member");
        assert_eq!(access.access_rev, revision, "the access and its revision are of one moment");
    }
    done(engine, owner, DeleteChannel { guild_id, channel_id: shared }).await;
    counters.gained([1, 1, 0], "the shared channel is gone").await;
    done(engine, owner, DeleteChannel { guild_id, channel_id: hidden }).await;
    counters.gained([1, 0, 0], "the hidden channel is gone").await;
    done(engine, owner, DeleteChannel { guild_id, channel_id: cast.channel_id }).await;
    counters.gained([1, 1, 1], "the channel all saw is gone").await;
    done(engine, member, LeaveGuild { guild_id }).await;
    counters.gained([0, 1, 0], "the member left").await;
}
