//! Access revisions: counted with the change, by the same rule as in memory.

use filament_core::{
    AccessSource, Engine, Limits, Store,
    decide::{
        channel::{CreateChannel, DeleteChannel, InitialOverride},
        guild::{JoinGuild, LeaveGuild},
    },
    permission::OverrideTarget,
    testing::{Cast, MemoryStore},
};
use filament_protocol::{ChannelKind, Permission, Permissions, SystemKey};

use crate::scene::{START_MS, Scene};

/// Runs a guild's life and notes after each step how often the access of owner, member and stranger has changed.
async fn revisions<S: Store + AccessSource + Clone>(store: S) -> (Vec<[u64; 3]>, Cast) {
    let engine = Engine::new(store.clone(), Limits::default());
    let cast = Cast::in_store(&engine, "r").await;
    let guild_id = cast.guild_id;
    let mut noted = Vec::new();
    let mut note = async || {
        let mut row = [0; 3];
        for (n, actor) in [cast.owner, cast.member, cast.stranger].into_iter().enumerate() {
            row[n] =
                store.load_user(actor.user_id, actor.session_id, vec![guild_id]).await.expect("readable").access_rev;
        }
        noted.push(row);
    };
    note().await;
    cast.post(&engine, cast.member, "a message changes nobody's access").await;
    note().await;
    engine.execute(cast.stranger, JoinGuild { guild_id }).await.expect("accepted");
    note().await;
    let (_, graph) = store.load_guild(guild_id).await.expect("readable");
    let everyone = graph.as_ref().and_then(|graph| graph.seeded(SystemKey::Everyone)).expect("seeded").role_id;
    let deny = Permission::CreateMessage.into();
    let hide = InitialOverride { target: OverrideTarget::Role(everyone), allow: Permissions::EMPTY, deny };
    let create = CreateChannel {
        guild_id,
        name: "hidden".parse().expect("a name"),
        kind: ChannelKind::Text,
        overrides: vec![hide],
    };
    let channel_id = engine.execute(cast.owner, create).await.expect("accepted").reply.channel_id;
    note().await;
    engine.execute(cast.owner, DeleteChannel { guild_id, channel_id }).await.expect("accepted");
    note().await;
    engine.execute(cast.owner, DeleteChannel { guild_id, channel_id: cast.channel_id }).await.expect("accepted");
    note().await;
    engine.execute(cast.member, LeaveGuild { guild_id }).await.expect("accepted");
    note().await;
    (noted, cast)
}

/// Proves RES-30 for the store: each change of a user's effective access counts once, for that user alone.
#[tokio::test(flavor = "multi_thread")]
async fn access_revisions_count_as_in_memory_and_survive_a_restart() {
    let scene = Scene::new();
    let (modelled, _) = revisions(MemoryStore::at(START_MS)).await;
    let (stored, cast) = revisions(scene.store.clone()).await;
    assert_eq!(stored, modelled);
    let gained: Vec<[u64; 3]> =
        stored.windows(2).map(|pair| std::array::from_fn(|user| pair[1][user] - pair[0][user])).collect();
    // A message; the stranger joins; a channel only the owner sees comes and goes; the one all see goes; the member leaves.
    assert_eq!(gained, [[0, 0, 0], [0, 0, 1], [1, 0, 0], [1, 0, 0], [1, 1, 1], [0, 1, 0]]);
    let scene = scene.closed().await.opened();
    let owner = scene.store.load_user(cast.owner.user_id, cast.owner.session_id, vec![]).await.expect("readable");
    assert_eq!(Some(owner.access_rev), stored.last().map(|row| row[0]));
}
