//! Who is in a guild and who may not enter it.

use std::collections::BTreeSet;

use filament_core::decide::{
    address::{BanAddresses, UnbanAddress},
    guild::{JoinGuild, LeaveGuild},
    member::AddMember,
    moderation::{BanUser, KickMember, UnbanUser},
};
use filament_protocol::{
    Permission, UserId,
    event::{AvailableReason, IpBanAction, RemoveReason, UnavailableReason},
};
use proptest::sample::Index;

use super::Act;
use crate::storm::{
    op::Deed,
    said::{Audience, Said},
};

impl Act<'_> {
    pub(super) fn run_on_people(&mut self, deed: &Deed) -> Option<Vec<Said>> {
        let (guild_id, actor) = (self.guild, self.actor.user_id);
        let moderate = Some((Permission::BanMember, None));
        match *deed {
            Deed::Join => {
                if self.actor.is_server_owner {
                    return None;
                }
                self.commit(None, JoinGuild { guild_id })?;
                Some(self.joined(actor, AvailableReason::Joined))
            }
            Deed::Add(n) => {
                let user_id = self.user(n);
                self.commit(Some((Permission::ManageMemberRoles, None)), AddMember { guild_id, user_id })?;
                Some(self.joined(user_id, AvailableReason::Added))
            }
            Deed::Leave => {
                self.commit(None, LeaveGuild { guild_id })?;
                Some(self.removed(actor, RemoveReason::Leave))
            }
            Deed::Kick(n) => {
                let user_id = self.user(n);
                self.commit(moderate, KickMember { guild_id, user_id })?;
                Some(self.removed(user_id, RemoveReason::Kick))
            }
            Deed::Ban(n) => {
                let user_id = self.user(n);
                self.commit(moderate, BanUser { guild_id, user_id })?;
                let text = format!("workspace_member_ban {guild_id} {user_id}");
                let mut said = vec![Said::by_audit(Audience::GuildAnd(guild_id, user_id), text, actor)];
                if self.next.is_member(guild_id, user_id) {
                    said.extend(self.removed(user_id, RemoveReason::Ban));
                }
                self.here().banned.insert(user_id);
                Some(said)
            }
            Deed::Unban(nth) => {
                let banned = &self.next.guilds[&guild_id].banned;
                let user_id = *banned.iter().nth(nth.index(banned.len().max(1)))?;
                self.commit(moderate, UnbanUser { guild_id, user_id })?;
                assert!(self.here().banned.remove(&user_id), "only who is banned is unbanned");
                let text = format!("workspace_member_unban {guild_id} {user_id}");
                Some(vec![Said::by_audit(Audience::Holders(guild_id, Permission::BanMember), text, actor)])
            }
            ref other => unreachable!("{other:?}"),
        }
    }

    fn joined(&mut self, user: UserId, reason: AvailableReason) -> Vec<Said> {
        let guild_id = self.guild;
        let guild = self.here();
        assert!(!guild.banned.contains(&user), "nobody who is banned comes in");
        let default = guild.default_role;
        guild.members.insert(user, default.into_iter().collect());
        let word = guild.legacy(user);
        let available = Said::to(Audience::User(user), format!("workspace_available {guild_id} {reason}"));
        let added = self.to_guild(&format!("workspace_member_add {guild_id} {user} {word}"));
        let given =
            default.map(|role| self.to_guild(&format!("workspace_role_assignment_add {guild_id} {user} {role}")));
        [available, added].into_iter().chain(given).collect()
    }

    fn removed(&mut self, user: UserId, reason: RemoveReason) -> Vec<Said> {
        let guild_id = self.guild;
        self.here().members.remove(&user).expect("only members are removed");
        let (both, text) =
            (Audience::GuildAnd(guild_id, user), format!("workspace_member_remove {guild_id} {user} {reason}"));
        let (removed, why) = match reason {
            RemoveReason::Leave => (Said::to(both, text), UnavailableReason::Left),
            RemoveReason::Kick => (Said::by_audit(both, text, self.actor.user_id), UnavailableReason::Kicked),
            RemoveReason::Ban => (Said::by_audit(both, text, self.actor.user_id), UnavailableReason::Banned),
        };
        vec![removed, Said::to(Audience::User(user), format!("workspace_unavailable {guild_id} {why}"))]
    }

    pub(super) fn ban_addresses(&mut self, n: usize, lasts: Option<u64>) -> Option<Vec<Said>> {
        let (guild_id, target_user_id, now) = (self.guild, self.user(n), self.storm.now());
        let command = BanAddresses { guild_id, target_user_id, reason: None, expires_in_secs: lasts };
        let bans = self.commit(Some((Permission::ManageIpBans, None)), command)?;
        let graph = self.storm.store().graph(guild_id).expect("it exists");
        let until = lasts.map(|secs| now.plus_secs(secs));
        let seen = self.storm.seen_at[n].clone();
        let addresses = &mut self.here().addresses;
        addresses.retain(|_, (_, until)| until.is_none_or(|until| until > now));
        let known: BTreeSet<_> = addresses.values().map(|(address, _)| *address).collect();
        for ban_id in &bans {
            let ban = graph.address_bans.iter().find(|ban| ban.ban_id == *ban_id).expect("stored");
            addresses.insert(*ban_id, (ban.address, until));
        }
        let banned: BTreeSet<_> = bans.iter().map(|ban_id| addresses[ban_id].0).collect();
        assert_eq!(banned, seen.difference(&known).copied().collect(), "where the user was seen (IPB-2)");
        Some(vec![self.addresses_changed(IpBanAction::Upsert, bans.len())])
    }

    pub(super) fn unban_address(&mut self, nth: Index) -> Option<Vec<Said>> {
        let addresses = &self.next.guilds[&self.guild].addresses;
        let ban_id = *addresses.keys().nth(nth.index(addresses.len().max(1)))?;
        self.commit(Some((Permission::ManageIpBans, None)), UnbanAddress { guild_id: self.guild, ban_id })?;
        self.here().addresses.remove(&ban_id);
        Some(vec![self.addresses_changed(IpBanAction::Remove, 1)])
    }

    fn addresses_changed(&self, action: IpBanAction, count: usize) -> Said {
        let text = format!("workspace_ip_ban_sync {} {action} {count}", self.guild);
        Said::by_audit(Audience::Holders(self.guild, Permission::ManageIpBans), text, self.actor.user_id)
    }
}
