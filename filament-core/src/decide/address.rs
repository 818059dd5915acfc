//! Bans by address, and what is remembered about addresses (contract §9.10, §10.6). No address is answered, announced or audited.

use filament_protocol::{GuildId, IpBanId, Permission, UserId, text::BanReason};

use super::{Command, Limits, admission, admit, moderation::may_ban, target};
use crate::{
    actor::{Actor, Anonymous},
    address::{Address, AddressBan},
    audit::Surface,
    decision::Decision,
    denial::Denial,
    facts::{FactPlan, Facts, Need},
    limits::{ADDRESS_BAN_SECS_MAX, ADDRESS_WRITE_SECS, ADDRESSES_PER_USER_MAX, REFUSAL_AUDIT_SECS},
    mutation::{AddressSighting, Mutation, NewAddressBans},
    permission::{Granted, Requirement},
};

const MANAGE: Requirement = Requirement::Guild(Permission::ManageIpBans);

/// Bans the remembered addresses of a user that are not banned yet (IPB-2).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BanAddresses {
    /// The guild.
    pub guild_id: GuildId,
    /// Whose addresses.
    pub target_user_id: UserId,
    /// Why.
    pub reason: Option<BanReason>,
    /// For how long, 1..=15552000 seconds; without it for ever.
    pub expires_in_secs: Option<u64>,
}

impl Command for BanAddresses {
    type Caller = Actor;
    /// The bans made, oldest first; none if every address known was banned already.
    type Reply = Vec<IpBanId>;

    fn plan(&self, actor: Actor) -> FactPlan {
        let user_id = self.target_user_id;
        let other = (user_id != actor.user_id).then_some(Need::Member(self.guild_id, user_id));
        let facts = [Need::User(user_id), Need::Addresses(user_id)];
        FactPlan::of(admission(self.guild_id, &actor).into_iter().chain(other).chain(facts))
    }

    fn decide(&self, actor: Actor, facts: &Facts, limits: &Limits) -> Result<Decision<Vec<IpBanId>>, Denial> {
        if self.expires_in_secs.is_some_and(|secs| !(1..=ADDRESS_BAN_SECS_MAX).contains(&secs)) {
            return Err(Denial::Invalid("a ban by address lasts 1..=15552000 seconds"));
        }
        let admitted = admit(facts, self.guild_id, &actor, MANAGE)?;
        facts.user(&Need::User(self.target_user_id))?.ok_or(Denial::NotFound("user"))?;
        may_ban(&admitted, target(facts, self.guild_id, self.target_user_id, limits)?)?;
        let (graph, now) = (admitted.graph, facts.stamp().now());
        let known = facts.addresses(self.target_user_id)?;
        let fresh = known.iter().filter(|address| !graph.bans_address(**address, now)).take(ADDRESSES_PER_USER_MAX);
        let expires_at = self.expires_in_secs.map(|secs| now.plus_secs(secs));
        let ban =
            |(n, address): (u8, &Address)| AddressBan { ban_id: facts.stamp().id(n), address: *address, expires_at };
        let bans: Vec<AddressBan> = (0..).zip(fresh).map(ban).collect();
        if bans.is_empty() {
            return Ok(Decision::unchanged(admitted.granted, Vec::new()));
        }
        let (active, expired): (Vec<&AddressBan>, Vec<&AddressBan>) =
            graph.address_bans.iter().partition(|ban| ban.is_active(now));
        if active.len() + bans.len() > limits.address_bans_per_guild_max {
            return Err(Denial::Quota("too many bans by address"));
        }
        let reply = bans.iter().map(|ban| ban.ban_id).collect();
        let add = Mutation::BanAddresses(NewAddressBans {
            guild_id: self.guild_id,
            target_user_id: self.target_user_id,
            bans,
            expired: expired.iter().map(|ban| ban.ban_id).collect(),
            reason: self.reason.clone(),
            actor_user_id: actor.user_id,
            created_at: now,
        });
        Ok(Decision::change(admitted.granted, [add], reply))
    }
}

/// Lifts one ban by address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UnbanAddress {
    /// The guild.
    pub guild_id: GuildId,
    /// The ban.
    pub ban_id: IpBanId,
}

impl Command for UnbanAddress {
    type Caller = Actor;
    type Reply = ();

    fn plan(&self, actor: Actor) -> FactPlan {
        FactPlan::of(admission(self.guild_id, &actor))
    }

    fn decide(&self, actor: Actor, facts: &Facts, _limits: &Limits) -> Result<Decision<()>, Denial> {
        let admitted = admit(facts, self.guild_id, &actor, MANAGE)?;
        let now = facts.stamp().now();
        let mut active = admitted.graph.address_bans.iter().filter(|ban| ban.is_active(now));
        if !active.any(|ban| ban.ban_id == self.ban_id) {
            return Err(Denial::NotFound("ban"));
        }
        let remove = Mutation::UnbanAddress {
            guild_id: self.guild_id,
            ban_id: self.ban_id,
            actor_user_id: actor.user_id,
            removed_at: now,
        };
        Ok(Decision::change(admitted.granted, [remove], ()))
    }
}

/// Remembers where a user was seen: at login, refresh, gateway connect and join (IPB-1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ObserveAddress {
    /// The user.
    pub user_id: UserId,
    /// The client address.
    pub address: Address,
}

impl Command for ObserveAddress {
    type Caller = Anonymous;
    type Reply = ();

    fn plan(&self, _: Anonymous) -> FactPlan {
        FactPlan::of([Need::AddressSeen(self.user_id, self.address)])
    }

    fn decide(&self, _: Anonymous, facts: &Facts, _limits: &Limits) -> Result<Decision<()>, Denial> {
        let granted = Granted::by_credential();
        let now = facts.stamp().now();
        let last = facts.address_seen(self.user_id, self.address)?;
        if last.is_some_and(|last| last.plus_secs(ADDRESS_WRITE_SECS) > now) {
            return Ok(Decision::unchanged(granted, ()));
        }
        let seen = AddressSighting { user_id: self.user_id, address: self.address, seen_at: now };
        Ok(Decision::change(granted, [Mutation::SeeAddress(seen)], ()))
    }
}

/// Notes that the gate kept a member out (IPB-3): to be sent after a refusal with [`Denial::AddressBanned`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NoteAddressHit {
    /// The guild.
    pub guild_id: GuildId,
    /// What the member tried.
    pub surface: Surface,
}

impl Command for NoteAddressHit {
    type Caller = Actor;
    type Reply = ();

    fn plan(&self, actor: Actor) -> FactPlan {
        let last = Need::LastAddressHit(self.guild_id, actor.user_id, self.surface);
        FactPlan::of(admission(self.guild_id, &actor).into_iter().chain([last]))
    }

    /// Writes nothing unless the gate is closed to the caller now, and at most once per guild, user, surface and minute.
    fn decide(&self, actor: Actor, facts: &Facts, _limits: &Limits) -> Result<Decision<()>, Denial> {
        let now = facts.stamp().now();
        let granted = Granted::to_everyone();
        let is_hit = facts.pass_gate(self.guild_id, &actor) == Err(Denial::AddressBanned);
        let last = facts.last_address_hit(self.guild_id, actor.user_id, self.surface)?;
        let is_recent = last.is_some_and(|last| last.plus_secs(REFUSAL_AUDIT_SECS) > now);
        if !is_hit || is_recent || facts.member(self.guild_id, actor.user_id)?.is_none() {
            return Ok(Decision::unchanged(granted, ()));
        }
        let hit = Mutation::NoteAddressHit {
            guild_id: self.guild_id,
            user_id: actor.user_id,
            surface: self.surface,
            refused_at: now,
        };
        Ok(Decision::change(granted, [hit], ()))
    }
}
