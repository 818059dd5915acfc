//! Who may do what: contract §8.3, written from its text over plain sets. It shares nothing with the rules it judges: it looks at one
//! permission at a time, and the last layer that speaks of it has the word.

use filament_protocol::{ChannelId, GuildId, Permission, RoleId, UserId};

use super::truth::{Channel, Target, Truth};

/// Whether a user holds a permission at guild level, or in a channel of the guild.
pub(super) fn can(truth: &Truth, user: UserId, right: Permission, guild: GuildId, channel: Option<ChannelId>) -> bool {
    let Some(guild) = truth.guilds.get(&guild) else { return false };
    let channel = channel.map(|id| guild.channels.iter().find(|channel| channel.id == id));
    if channel == Some(None) {
        return false;
    }
    if user == truth.server_owner {
        return true; // PE-0
    }
    let Some(held) = guild.members.get(&user) else { return false }; // PE-1
    if guild.banned.contains(&user) {
        return false; // PE-1
    }
    if held.contains(&guild.owner_role) {
        return true; // PE-2
    }
    let is_held = |role: &RoleId| *role == guild.everyone || held.contains(role);
    let granted = |right| guild.roles.iter().any(|(role, granted)| is_held(role) && granted.contains(right)); // PE-3
    let Some(Some(channel)) = channel else { return granted(right) };
    let everyone = |target: &Target| *target == Target::Role(guild.everyone); // PE-4
    let roles = |target: &Target| !everyone(target) && matches!(target, Target::Role(role) if held.contains(role)); // PE-5
    let member = |target: &Target| *target == Target::Member(user); // PE-6
    let has = |right| {
        let layers = [word(channel, right, everyone), word(channel, right, roles), word(channel, right, member)];
        layers.into_iter().flatten().last().unwrap_or_else(|| granted(right))
    };
    has(Permission::CreateMessage) && has(right) // PE-8
}

/// What the overrides of one layer say about a permission, if anything: to deny beats to allow (PE-7).
fn word(channel: &Channel, right: Permission, is_of_layer: impl Fn(&Target) -> bool) -> Option<bool> {
    let layer = || channel.overrides.iter().filter(|(target, _)| is_of_layer(target)).map(|(_, lists)| lists);
    if layer().any(|(_, deny)| deny.contains(right)) {
        return Some(false);
    }
    layer().any(|(allow, _)| allow.contains(right)).then_some(true)
}
