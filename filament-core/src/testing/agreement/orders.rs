//! Random commands on roles, members, overrides and ownership.

use std::net::IpAddr;

use filament_protocol::{ColorHex, GuildId, IpBanId, LegacyRole, Patch, Permissions, RoleName};

use super::{Draw, Outcome, Side, USERS};
use crate::{
    AccessSource, Actor, Address, Anonymous, Journal, Store, Surface,
    decide::{
        address::{BanAddresses, NoteAddressHit, ObserveAddress, UnbanAddress},
        assignment::{AssignRole, SetLegacyRole, UnassignRole},
        channel_override::{DeleteOverride, OverrideAim, SetOverride},
        member::AddMember,
        moderation::{BanUser, KickMember, UnbanUser},
        ownership::{DeleteGuild, TransferOwnership},
        role::{CreateRole, DeleteRole, ReorderRoles, SetDefaultRole, UpdateRole},
    },
    permission::OverrideTarget,
};

/// One command, in terms of what was made so far, by number.
#[derive(Clone, Debug)]
pub(in crate::testing) enum Order {
    CreateRole { guild: usize, bits: u16, position: Option<u16> },
    UpdateRole { role: usize, name: Option<u64>, bits: Option<u16>, color: Option<bool> },
    DeleteRole { role: usize },
    ReorderRoles { guild: usize, roles: Vec<usize> },
    DefaultRole { guild: usize, role: Option<usize> },
    Assign { role: usize, user: usize, gives: bool },
    Legacy { guild: usize, user: usize, word: LegacyRole },
    AddMember { guild: usize, user: usize },
    Kick { guild: usize, user: usize },
    Ban { guild: usize, user: usize, bans: bool },
    Transfer { guild: usize, user: usize },
    DeleteGuild { guild: usize },
    Override { channel: usize, aim: Aim, allow: u16, deny: u16 },
    DeleteOverride { channel: usize, aim: Aim },
    Observe { user: usize, place: u8 },
    BanAddresses { guild: usize, user: usize, expires: bool },
    UnbanAddress { ban: usize },
    NoteHit { guild: usize },
}

/// The target of an override, by number.
#[derive(Clone, Copy, Debug)]
pub(in crate::testing) enum Aim {
    Role(usize),
    User(usize),
    Seeded(LegacyRole),
}

/// Permissions that matter often: nothing, the view gate, what managing takes, anything.
fn bits(draw: &mut Draw) -> u16 {
    match draw.below(4) {
        0 => 0,
        1 => 0x100,
        2 => 0x12E,
        _ => u16::try_from(draw.below(0x1000)).unwrap_or(0),
    }
}

fn word(draw: &mut Draw) -> LegacyRole {
    LegacyRole::ALL[draw.below(LegacyRole::ALL.len())]
}

impl Order {
    pub(super) fn draw(draw: &mut Draw, (guilds, channels, roles, bans): (usize, usize, usize, usize)) -> Self {
        let (guild, channel, role, user) =
            (draw.below(guilds), draw.below(channels), draw.below(roles), draw.below(USERS));
        let aim = match draw.below(4) {
            0 => Aim::User(user),
            1 => Aim::Seeded(word(draw)),
            _ => Aim::Role(role),
        };
        match draw.below(38) {
            0..4 => {
                let position = (draw.below(3) == 0).then(|| u16::try_from(draw.below(120)).unwrap_or(1));
                Self::CreateRole { guild, bits: bits(draw), position }
            }
            4..7 => Self::UpdateRole {
                role,
                name: (draw.below(2) == 0).then(|| draw.few()),
                bits: (draw.below(2) == 0).then(|| bits(draw)),
                color: (draw.below(2) == 0).then(|| draw.below(2) == 0),
            },
            7 => Self::DeleteRole { role },
            // Neighbours mostly are of one guild.
            8 | 9 => Self::ReorderRoles { guild, roles: vec![role, role.saturating_sub(1 + draw.below(2))] },
            10 => Self::DefaultRole { guild, role: (draw.below(3) > 0).then_some(role) },
            11..17 => Self::Assign { role, user, gives: draw.below(3) > 0 },
            17..19 => Self::Legacy { guild, user, word: word(draw) },
            19..21 => Self::AddMember { guild, user },
            21 => Self::Kick { guild, user },
            22 | 23 => Self::Ban { guild, user, bans: draw.below(2) == 0 },
            24 => Self::Transfer { guild, user },
            25 if draw.below(4) == 0 => Self::DeleteGuild { guild },
            26 => Self::DeleteOverride { channel, aim },
            32 | 33 => Self::Observe { user, place: u8::try_from(draw.below(3)).unwrap_or(0) },
            34 => Self::BanAddresses { guild, user, expires: draw.below(2) == 0 },
            35 | 36 => Self::UnbanAddress { ban: draw.below(bans) },
            37 => Self::NoteHit { guild },
            _ => {
                let (allow, deny) = (bits(draw), bits(draw));
                let overlap = if draw.below(12) == 0 { 0 } else { allow };
                Self::Override { channel, aim, allow, deny: deny & !overlap }
            }
        }
    }
}

impl<S: Store + Journal + AccessSource> Side<S> {
    pub(super) async fn run_order(&mut self, actor: Actor, order: &Order) -> Outcome {
        let users: Vec<_> = self.users.iter().map(|user| user.user_id).collect();
        match order {
            Order::AddMember { guild, user } => {
                self.told(actor, AddMember { guild_id: self.guild(*guild), user_id: users[*user] }).await
            }
            Order::Kick { guild, user } => {
                self.told(actor, KickMember { guild_id: self.guild(*guild), user_id: users[*user] }).await
            }
            Order::Ban { guild, user, bans } => {
                let (guild_id, user_id) = (self.guild(*guild), users[*user]);
                match bans {
                    true => self.told(actor, BanUser { guild_id, user_id }).await,
                    false => self.told(actor, UnbanUser { guild_id, user_id }).await,
                }
            }
            Order::Transfer { guild, user } => {
                self.told(actor, TransferOwnership { guild_id: self.guild(*guild), user_id: users[*user] }).await
            }
            Order::DeleteGuild { guild } => self.told(actor, DeleteGuild { guild_id: self.guild(*guild) }).await,
            Order::Legacy { guild, user, word } => {
                let set = SetLegacyRole { guild_id: self.guild(*guild), user_id: users[*user], role: *word };
                self.told(actor, set).await
            }
            Order::Assign { role, user, gives } => {
                let ((guild_id, role_id), user_id) = (self.role(*role), users[*user]);
                match gives {
                    true => self.told(actor, AssignRole { guild_id, role_id, user_id }).await,
                    false => self.told(actor, UnassignRole { guild_id, role_id, user_id }).await,
                }
            }
            Order::Override { .. } | Order::DeleteOverride { .. } => self.run_override(actor, order).await,
            Order::Observe { .. } | Order::BanAddresses { .. } | Order::UnbanAddress { .. } | Order::NoteHit { .. } => {
                self.run_address(actor, order).await
            }
            Order::CreateRole { .. }
            | Order::UpdateRole { .. }
            | Order::DeleteRole { .. }
            | Order::ReorderRoles { .. }
            | Order::DefaultRole { .. } => self.run_role(actor, order).await,
        }
    }

    async fn run_role(&mut self, actor: Actor, order: &Order) -> Outcome {
        match order {
            Order::CreateRole { guild, bits, position } => {
                let guild_id = self.guild(*guild);
                let create = CreateRole {
                    guild_id,
                    name: role_name(0),
                    permissions: Permissions::from_bits_truncate(*bits),
                    position: *position,
                    color_hex: None,
                };
                let (seq, role) = self.made(actor, create).await?;
                self.roles.push((guild_id, role.role_id));
                Ok((seq, format!("{} {:?}", role.position, role.permissions)))
            }
            Order::UpdateRole { role, name, bits, color } => {
                let (guild_id, role_id) = self.role(*role);
                let color_hex = match color {
                    None => Patch::Keep,
                    Some(true) => Patch::Set(ColorHex::new("#00FF00").expect("a colour")),
                    Some(false) => Patch::Clear,
                };
                let permissions = bits.map(Permissions::from_bits_truncate);
                let update = UpdateRole { guild_id, role_id, name: name.map(role_name), permissions, color_hex };
                let (seq, role) = self.made(actor, update).await?;
                Ok((seq, format!("{} {:?} {:?}", role.name, role.permissions, role.color_hex)))
            }
            Order::DeleteRole { role } => {
                let (guild_id, role_id) = self.role(*role);
                self.told(actor, DeleteRole { guild_id, role_id }).await
            }
            Order::ReorderRoles { guild, roles } => {
                let role_ids = roles.iter().map(|role| self.role(*role).1).collect();
                self.told(actor, ReorderRoles { guild_id: self.guild(*guild), role_ids }).await
            }
            Order::DefaultRole { guild, role } => {
                let role_id = role.map(|role| self.role(role).1);
                self.told(actor, SetDefaultRole { guild_id: self.guild(*guild), role_id }).await
            }
            other => panic!("not on a role: {other:?}"),
        }
    }

    async fn run_address(&mut self, actor: Actor, order: &Order) -> Outcome {
        match order {
            Order::Observe { user, place } => {
                let seen = ObserveAddress { user_id: self.users[*user].user_id, address: address(*place) };
                let committed = self.engine.execute(Anonymous, seen).await.expect("never refused");
                Ok((committed.seq, String::new()))
            }
            Order::BanAddresses { guild, user, expires } => {
                let (guild_id, target_user_id) = (self.guild(*guild), self.users[*user].user_id);
                let expires_in_secs = expires.then_some(1_000);
                let ban = BanAddresses { guild_id, target_user_id, reason: None, expires_in_secs };
                let (seq, made) = self.made(actor, ban).await?;
                self.address_bans.extend(made.iter().map(|ban_id| (guild_id, *ban_id)));
                Ok((seq, format!("{} addresses", made.len())))
            }
            Order::UnbanAddress { ban } => {
                let nowhere = (GuildId::from_u128(1), IpBanId::from_u128(1));
                let (guild_id, ban_id) = self.address_bans.get(*ban).copied().unwrap_or(nowhere);
                self.told(actor, UnbanAddress { guild_id, ban_id }).await
            }
            Order::NoteHit { guild } => {
                self.told(actor, NoteAddressHit { guild_id: self.guild(*guild), surface: Surface::Rest }).await
            }
            other => panic!("not on an address: {other:?}"),
        }
    }

    async fn run_override(&mut self, actor: Actor, order: &Order) -> Outcome {
        let target = |aim: &Aim| match aim {
            Aim::Role(role) => OverrideAim::Target(OverrideTarget::Role(self.role(*role).1)),
            Aim::User(user) => OverrideAim::Target(OverrideTarget::Member(self.users[*user].user_id)),
            Aim::Seeded(word) => OverrideAim::Seeded(*word),
        };
        match order {
            Order::Override { channel, aim, allow, deny } => {
                let (guild_id, channel_id) = self.channel(*channel);
                let (allow, deny) = (Permissions::from_bits_truncate(*allow), Permissions::from_bits_truncate(*deny));
                self.told(actor, SetOverride { guild_id, channel_id, aim: target(aim), allow, deny }).await
            }
            Order::DeleteOverride { channel, aim } => {
                let (guild_id, channel_id) = self.channel(*channel);
                let OverrideAim::Target(target) = target(aim) else { return Ok((None, String::new())) };
                self.told(actor, DeleteOverride { guild_id, channel_id, target }).await
            }
            other => panic!("not on an override: {other:?}"),
        }
    }
}

/// One of a few addresses.
pub(super) fn address(place: u8) -> Address {
    IpAddr::from([192, 0, 2, place]).into()
}

fn role_name(n: u64) -> RoleName {
    RoleName::new(format!("role {n}")).expect("a role name")
}
