//! Whose access a change of a guild touches, on random guilds, judged by the evaluator that shares no code with the crate.

use std::{convert::Infallible, sync::Arc};

use filament_core::{
    AccessBefore, AccessChange, AccessState, Actor, MemberLoss,
    permission::{ChannelNode, GraphChange, GuildGraph, Membership, access_differs},
};
use filament_protocol::{ChannelId, GuildId, GuildName, Permission, RoleId, UserId, Visibility};
use proptest::prelude::*;

use crate::world::{CALLER, OTHER, World, world};

/// The change number `place` of an entry, taken from another random guild, so that all kinds of overrides and roles come up.
fn change(place: usize, kind: usize, n: usize, other: &World) -> GraphChange {
    let graph = &other.graph;
    let channel = graph.channels[n % 3].clone();
    let channel_id = channel.channel_id;
    let role = graph.roles[n % graph.roles.len()].clone();
    match kind {
        0 => GraphChange::ChannelAdded(ChannelNode { channel_id: World::channel_id(3 + place), ..channel }),
        1 => GraphChange::ChannelRemoved(channel_id),
        2 | 3 => match channel.overrides.first() {
            Some(value) => GraphChange::OverrideSet { channel_id, value: *value },
            None => GraphChange::ChannelRemoved(channel_id),
        },
        4 => GraphChange::RolePut(role),
        5 => GraphChange::RoleRemoved(RoleId::from_u128(50 + n as u128 % 3)),
        6 => GraphChange::ChannelRenamed { channel_id, name: "renamed".parse().expect("a name") },
        7 => GraphChange::ChannelsOrdered(graph.channels.iter().rev().map(|channel| channel.channel_id).collect()),
        8 => GraphChange::Described {
            name: GuildName::new("described").expect("a name"),
            visibility: Visibility::Public,
        },
        9 => GraphChange::DefaultRole(Some(role.role_id)),
        _ => GraphChange::Owner(UserId::from_u128(3)),
    }
}

/// One guild with its members, as a store holds them.
#[derive(Clone)]
struct Held {
    graph: Arc<GuildGraph>,
    members: Vec<Arc<Membership>>,
}

/// Two members that overrides may name, and two that none names.
const USERS: [u128; 4] = [CALLER, OTHER, 4, 5];

/// The member without a role.
const PLAIN: u128 = 5;

impl Held {
    /// The guild of a world. All but one of its members hold the roles of its caller.
    fn of(world: &World) -> Self {
        let member = |user: u128, caller: &Membership| {
            let role_ids = if user == PLAIN { Vec::new() } else { caller.role_ids.clone() };
            Arc::new(Membership { user_id: UserId::from_u128(user), role_ids, ..caller.clone() })
        };
        let members = world.membership.iter().flat_map(|caller| USERS.map(|user| member(user, caller))).collect();
        Self { graph: Arc::clone(&world.graph), members }
    }

    fn member(&self, user_id: UserId) -> Option<&Arc<Membership>> {
        self.members.iter().find(|membership| membership.user_id == user_id)
    }

    fn standing(&self, user_id: UserId) -> Option<(&GuildGraph, &Membership)> {
        self.member(user_id).map(|membership| (&*self.graph, &**membership))
    }

    fn apply(&mut self, change: &AccessChange) {
        match change {
            AccessChange::Guild(_, change) => {
                Arc::make_mut(&mut self.graph).apply(change);
                self.members.iter_mut().for_each(|member| Arc::make_mut(member).follow(change));
            }
            AccessChange::MemberRoles { membership, .. } => {
                self.members.retain(|member| member.user_id != membership.user_id);
                self.members.push(Arc::new(membership.clone()));
            }
            AccessChange::MemberJoined { membership, .. } => self.members.push(Arc::new(membership.clone())),
            AccessChange::MemberLeft { user_id, .. } => self.members.retain(|member| member.user_id != *user_id),
            other => panic!("not made here: {other:?}"),
        }
    }

    fn sees(&self, caller: Actor, channel_id: ChannelId) -> bool {
        let membership = self.member(caller.user_id).cloned();
        let world = World { graph: Arc::clone(&self.graph), caller, membership, other: None };
        world.caller_can(Permission::CreateMessage, Some(channel_id))
    }

    /// Everything a user can, asked permission by permission: in the guild, and in every channel that ever was.
    fn rights(&self, caller: Actor) -> Option<Vec<bool>> {
        let membership = self.member(caller.user_id)?;
        let membership = Some(Arc::clone(membership));
        let world = World { graph: Arc::clone(&self.graph), caller, membership, other: None };
        let places = std::iter::once(None).chain((0..6).map(|n| Some(World::channel_id(n))));
        let asked = places.flat_map(|place| Permission::ALL.iter().map(move |permission| (place, *permission)));
        Some(asked.map(|(place, permission)| world.caller_can(permission, place)).collect())
    }
}

impl AccessState for Held {
    type Error = Infallible;

    fn graph(&mut self, _: GuildId) -> Result<Option<Arc<GuildGraph>>, Infallible> {
        Ok(Some(Arc::clone(&self.graph)))
    }

    fn membership(&mut self, _: GuildId, user_id: UserId) -> Result<Option<Arc<Membership>>, Infallible> {
        Ok(self.member(user_id).cloned())
    }

    fn visit_members(&mut self, _: GuildId, visit: &mut dyn FnMut(&Membership)) -> Result<(), Infallible> {
        self.members.iter().for_each(|membership| visit(membership));
        Ok(())
    }
}

/// What becomes of the caller's membership in an entry.
#[derive(Clone, Copy, Debug)]
enum Move {
    /// It begins or ends.
    InOrOut,
    /// It holds the first so many of its roles, and the last custom one.
    OtherRoles(usize),
}

/// A change as it was drawn: kind, place, and the guild it comes from.
type Drawn = (usize, usize, World);

/// Some changes of the guild, and what becomes of the caller's membership before or after them.
fn entry() -> impl Strategy<Value = (Vec<Drawn>, Option<(bool, Move)>)> {
    let changes = prop::collection::vec((0..11_usize, 0..12_usize, world()), 0..3);
    let moves = prop_oneof![Just(Move::InOrOut), (0..3_usize).prop_map(Move::OtherRoles)];
    (changes, prop::option::weighted(0.4, (any::<bool>(), moves)))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]

    /// Proves RES-30 and CMP-5 for the core: an entry counts for a user exactly if something the user may do is another after it.
    #[test]
    fn entries_count_for_those_for_whom_they_change_anything(world in world(), (changes, moves) in entry()) {
        let mut held = Held::of(&world);
        let guild_id = held.graph.guild_id;
        let user_id = UserId::from_u128(CALLER);
        let changes = changes.iter().enumerate().map(|(place, (kind, n, other))| change(place, *kind, *n, other));
        let mut access: Vec<_> = changes.map(|change| AccessChange::Guild(guild_id, change)).collect();
        // No command makes an entry that speaks of a role behind its removal.
        access.sort_by_key(|change| matches!(change, AccessChange::Guild(_, GraphChange::RoleRemoved(_))));
        if let Some((first, moves)) = moves {
            let moved = match (held.member(user_id), moves) {
                (Some(_), Move::InOrOut) => AccessChange::MemberLeft { guild_id, user_id, loss: MemberLoss::Left },
                (Some(member), Move::OtherRoles(kept)) => {
                    let mut membership = Membership::clone(member);
                    membership.role_ids.truncate(kept);
                    membership.role_ids.push(RoleId::from_u128(52));
                    membership.role_ids.dedup();
                    AccessChange::MemberRoles { guild_id, membership }
                }
                (None, _) => {
                    let membership = Membership { user_id, role_ids: vec![], joined_at: held.graph.created_at };
                    AccessChange::MemberJoined { guild_id, membership }
                }
            };
            access.insert(if first { 0 } else { access.len() }, moved);
        }
        let past = held.clone();
        let Ok(before) = AccessBefore::of(&access, &mut held);
        access.iter().for_each(|change| held.apply(change));
        let Ok(changed) = before.changed(&mut held);
        let Ok(shifts) = before.shifts(&mut held);
        let tells = access.iter().any(AccessChange::tells_access);
        let told: Vec<_> = shifts.iter().map(|shift| shift.user_id).collect();
        let still = |user_id: &UserId| held.member(*user_id).is_some();
        let expected_told: Vec<_> = changed.iter().copied().filter(still).filter(|_| tells).collect();
        prop_assert_eq!(told, expected_told, "§4.8: who is a member and whose access differs");
        for shift in &shifts {
            let caller = Actor { user_id: shift.user_id, is_server_owner: false, ..world.caller };
            let gained = held.graph.channels.iter().map(|channel| channel.channel_id).filter(|channel_id| {
                past.member(shift.user_id).is_some() && !past.sees(caller, *channel_id) && held.sees(caller, *channel_id)
            });
            prop_assert_eq!(&shift.gained, &gained.collect::<Vec<_>>(), "CMP-5");
        }
        let mut expected = Vec::new();
        for user_id in USERS.map(UserId::from_u128) {
            let caller = Actor { user_id, is_server_owner: false, ..world.caller };
            let differs = past.rights(caller) != held.rights(caller);
            prop_assert_eq!(access_differs(past.standing(user_id), held.standing(user_id)), differs);
            expected.extend(differs.then_some(user_id));
        }
        prop_assert_eq!(changed, expected);
    }
}
