//! Why a user has a permission, or has it not: contract §8.5, step by step through the rules of [`resolve`](super::resolve).
//!
//! A step is taken for every rule that is looked at, up to the one that ends the evaluation. The deciding rule is that of the last step
//! that said anything; where none did, PE-3, which grants nothing.

use filament_protocol::{
    Id, Permission, RoleId, SystemKey,
    rest::{ExplanationStep, PermissionEffect, PermissionRule, PermissionSourceKind},
};

use super::{
    graph::{ChannelNode, GuildGraph, Membership, OverrideTarget},
    resolve::{Subject, holds_seeded},
};

/// What was found out about one permission of one user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Explanation {
    /// Whether the user has it. Always what enforcement says.
    pub allowed: bool,
    /// The rule that decides.
    pub decided_by: PermissionRule,
    /// Everything that was looked at, in the order of the rules.
    pub steps: Vec<ExplanationStep>,
}

/// Explains one permission, in a channel or at guild level.
#[must_use]
pub fn explain(
    graph: &GuildGraph,
    channel: Option<&ChannelNode>,
    subject: Subject<'_>,
    permission: Permission,
) -> Explanation {
    let mut path = Path { permission, has: false, decided_by: PermissionRule::Roles, steps: Vec::new() };
    path.walk(graph, channel, subject);
    Explanation { allowed: path.has, decided_by: path.decided_by, steps: path.steps }
}

struct Path {
    permission: Permission,
    has: bool,
    decided_by: PermissionRule,
    steps: Vec<ExplanationStep>,
}

impl Path {
    fn walk(&mut self, graph: &GuildGraph, channel: Option<&ChannelNode>, subject: Subject<'_>) {
        use PermissionEffect::{Deny, Grant, None};
        use PermissionSourceKind as Kind;
        let effect = if subject.is_server_owner { Grant } else { None };
        self.step(PermissionRule::ServerOwner, Kind::ServerOwner, Option::None, effect);
        if subject.is_server_owner {
            return;
        }
        let effect = if subject.membership.is_some() { None } else { Deny };
        self.step(PermissionRule::NotMember, Kind::Membership, Option::None, effect);
        let Some(membership) = subject.membership else { return };
        let owner_role = graph.seeded(SystemKey::WorkspaceOwner).map(|role| role.role_id.as_u128());
        let is_owner = holds_seeded(graph, membership, SystemKey::WorkspaceOwner);
        self.step(PermissionRule::Owner, Kind::Role, owner_role, if is_owner { Grant } else { None });
        if is_owner {
            return;
        }
        self.roles(graph, membership);
        let Some(channel) = channel else { return };
        self.overrides(graph, channel, membership);
        if self.permission == Permission::CreateMessage {
            return; // it is the view gate
        }
        let gate = explain(graph, Some(channel), subject, Permission::CreateMessage);
        let effect = if self.has && !gate.allowed { Deny } else { None };
        self.step(PermissionRule::ViewGate, Kind::ViewGate, Option::None, effect);
    }

    /// PE-3: `everyone` first, then what is assigned.
    fn roles(&mut self, graph: &GuildGraph, membership: &Membership) {
        let everyone = graph.seeded(SystemKey::Everyone).into_iter();
        let assigned = membership.role_ids.iter().filter_map(|role_id| graph.role(*role_id));
        for role in everyone.chain(assigned) {
            let grants = role.permissions.contains(self.permission);
            let effect = if grants { PermissionEffect::Grant } else { PermissionEffect::None };
            let source_id = Some(role.role_id.as_u128());
            self.step(PermissionRule::Roles, PermissionSourceKind::Role, source_id, effect);
        }
    }

    /// PE-4 to PE-6; inside the layer of roles what allows comes before what denies, because denying wins there (PE-7).
    fn overrides(&mut self, graph: &GuildGraph, channel: &ChannelNode, membership: &Membership) {
        use PermissionEffect::{Allow, Deny, None};
        let everyone = graph.seeded(SystemKey::Everyone).map(|role| role.role_id);
        let effect_of = |target| {
            channel.override_of(target).map(|other| match self.permission {
                permission if other.deny.contains(permission) => Deny,
                permission if other.allow.contains(permission) => Allow,
                _ => None,
            })
        };
        let own = OverrideTarget::Member(membership.user_id);
        let of_everyone = everyone.and_then(|role_id| effect_of(OverrideTarget::Role(role_id)));
        let of_member = effect_of(own);
        let held = membership.role_ids.iter().filter(|role_id| Some(**role_id) != everyone);
        let mut of_roles: Vec<(PermissionEffect, RoleId)> =
            held.filter_map(|role_id| Some((effect_of(OverrideTarget::Role(*role_id))?, *role_id))).collect();
        of_roles.sort_by_key(|(effect, _)| match effect {
            None | PermissionEffect::Grant => 0,
            Allow => 1,
            Deny => 2,
        });
        if let (Some(effect), Some(role_id)) = (of_everyone, everyone) {
            let kind = PermissionSourceKind::EveryoneOverride;
            self.step(PermissionRule::EveryoneOverride, kind, Some(role_id.as_u128()), effect);
        }
        for (effect, role_id) in of_roles {
            let kind = PermissionSourceKind::RoleOverride;
            self.step(PermissionRule::RoleOverrides, kind, Some(role_id.as_u128()), effect);
        }
        if let Some(effect) = of_member {
            let kind = PermissionSourceKind::MemberOverride;
            self.step(PermissionRule::MemberOverride, kind, Some(membership.user_id.as_u128()), effect);
        }
    }

    fn step(
        &mut self,
        rule: PermissionRule,
        source_kind: PermissionSourceKind,
        source_id: Option<u128>,
        effect: PermissionEffect,
    ) {
        match effect {
            PermissionEffect::Grant | PermissionEffect::Allow => (self.has, self.decided_by) = (true, rule),
            PermissionEffect::Deny => (self.has, self.decided_by) = (false, rule),
            PermissionEffect::None => {}
        }
        let source_id = source_id.map(Id::from_u128);
        self.steps.push(ExplanationStep { rule, source_kind, source_id, effect, after: self.has });
    }
}
