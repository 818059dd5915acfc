//! Stepping back over entries leads to what there was.

use std::{collections::BTreeMap, num::NonZeroU16};

use filament_protocol::{ChannelId, GuildId, Permissions};

use super::history::History;
use crate::{
    AccessSource, Journal, Seq, Store, UserAccess,
    permission::{GuildGraph, Membership, effective_rights},
};

/// What one user may do in one guild.
type Rights = Option<(Permissions, Vec<(ChannelId, Permissions)>)>;

/// Runs `steps` random commands, drawn from `seed`, on an empty store, then steps back over the whole journal from the present and
/// compares, at every entry, what each user may do with what the store said at the time (RES-13).
///
/// # Panics
/// Where they differ.
pub async fn check_way_back<S: Store + Journal + AccessSource>(store: S, seed: u64, steps: usize) {
    let mut history = History::new(store, seed).await;
    let mut past: BTreeMap<Seq, Vec<UserAccess>> = BTreeMap::new();
    past.insert(history.engine().store().head().seq, present(&history).await);
    for _ in 0..steps {
        if let Some(seq) = history.step().await {
            past.insert(seq, present(&history).await);
        }
    }
    let (first, head) = (*past.keys().next().expect("the first"), history.engine().store().head().seq);
    for guild_id in history.guilds() {
        for (index, user) in history.users().iter().enumerate() {
            let Some((mut graph, mut membership)) = state(&past[&head][index], *guild_id) else { continue };
            for seq in (first + 1..=head).rev() {
                let read = history.engine().store().read_after(seq - 1, NonZeroU16::MIN).await.expect("readable");
                let undo = read.iter().flat_map(|entry| &entry.undo).filter(|undo| undo.guild_id == *guild_id);
                undo.for_each(|undo| undo.step_back(&mut graph, user.user_id, &mut membership));
                // Between entries of access nothing is asked: the state after the last one holds.
                let then = past.range(..seq).next_back().map(|(_, then)| &then[index]).expect("the first");
                let expected = state(then, *guild_id).and_then(|(graph, membership)| rights(&graph, membership));
                let found = rights(&graph, membership.clone());
                assert_eq!(found, expected, "seed {seed}, before entry {seq}, {} in {guild_id}", user.user_id);
            }
        }
    }
}

async fn present<S: Store + Journal + AccessSource>(history: &History<S>) -> Vec<UserAccess> {
    let mut access = Vec::new();
    for user in history.users() {
        let loaded = history.engine().store().load_user(user.user_id, user.session_id, Vec::new()).await;
        access.push(loaded.expect("readable"));
    }
    access
}

/// A guild and the user's membership in it; `None` where the user is no member.
fn state(access: &UserAccess, guild_id: GuildId) -> Option<(GuildGraph, Option<Membership>)> {
    let membership = access.memberships.iter().find(|(of, _)| *of == guild_id)?.1.clone();
    let graph = access.graphs.iter().find(|graph| graph.guild_id == guild_id)?;
    Some((GuildGraph::clone(graph), Some(membership)))
}

/// Without the order of channels, to which the way back does not lead.
fn rights(graph: &GuildGraph, membership: Option<Membership>) -> Rights {
    let (guild, mut channels) = effective_rights(graph, &membership?);
    channels.sort_unstable_by_key(|(channel_id, _)| *channel_id);
    Some((guild, channels))
}
