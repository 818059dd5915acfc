//! Who hears of a change of a profile: contract `PEERS(u)`.
//!
//! The user need not be connected, so the table may know neither their guilds nor their friends: the entry names both, as of its
//! commit. Who is a member of those guilds is left to the table, as of the same entry. So the two halves are of one moment, and
//! an entry holds some hundreds of ids whatever the size of the guilds.

use filament_core::SealedBody;
use filament_protocol::UserId;

use crate::access::AccessTable;

impl AccessTable {
    /// The users who hear what an entry says of a user, each once whatever the number of reasons (DEL-1). Friends who are not here are
    /// among them: they have no connections.
    pub(crate) fn peers_here(&self, user_id: UserId, body: &SealedBody) -> Vec<UserId> {
        let mut users = vec![user_id];
        if let SealedBody::Peers { peers, .. } = body {
            users.extend(&peers.friend_ids);
            users.extend(peers.guild_ids.iter().flat_map(|guild_id| self.members(*guild_id)));
        }
        users.sort_unstable();
        users.dedup();
        users
    }
}

#[cfg(test)]
mod tests {
    use filament_protocol::GuildId;

    use crate::{
        FanoutConfig, Mode,
        world::{Client, World, events, user},
    };

    /// Two guilds: 1 owns both, 2 and 3 are members of the first, 3 and 4 of the second. 5 is in none.
    fn world() -> (World, [GuildId; 2]) {
        let mut world = World::new(FanoutConfig::default());
        let guilds = [(); 2].map(|()| world.script.create_guild(user(1)));
        for (n, guild) in [(2, 0), (3, 0), (3, 1), (4, 1)] {
            world.script.join(guilds[guild], user(n));
        }
        world.relay();
        (world, guilds)
    }

    fn hears(world: &mut World, client: &Client) -> Vec<String> {
        world.relay();
        world.flush();
        events(&client.peer)
    }

    /// Proves DEL-1 for `PEERS(u)`: the user on every connection, co-members and friends once, nobody else; also when the user is not here.
    #[test]
    fn a_profile_is_told_once_to_the_user_to_co_members_and_to_friends() {
        let (mut world, guilds) = world();
        // Somebody changes a profile over REST with no connection open.
        let [shares_one, shares_two, owns_both] = [2, 3, 1].map(|n| world.ready_client(n));
        let (friend, stranger) = (world.ready_client(5), world.ready_client(6));
        world.mode = Mode::Batch { resume: true };
        let batched = world.ready_client(3);
        world.mode = Mode::Plain;
        world.script.tell_peers(user(4), &guilds[1..], &[user(5), user(3), user(99)], "of 4");
        for client in [&shares_two, &owns_both, &friend, &batched] {
            assert_eq!(hears(&mut world, client), ["of 4"], "{:?}", client.user_id);
        }
        for client in [&shares_one, &stranger] {
            assert_eq!(hears(&mut world, client), [""; 0], "{:?}", client.user_id);
        }

        let own = [world.ready_client(3), shares_two, batched];
        world.script.tell_peers(user(3), &guilds, &[user(1)], "of 3");
        for client in own.iter().chain([&owns_both, &shares_one]) {
            assert_eq!(hears(&mut world, client), ["of 3"], "{:?}", client.user_id);
        }
        for client in [&friend, &stranger] {
            assert_eq!(hears(&mut world, client), [""; 0], "{:?}", client.user_id);
        }
        world.check();
    }

    /// Proves that membership is that of the entry: whoever left before hears nothing, whoever joins later neither.
    #[test]
    fn membership_counts_as_it_was_when_the_profile_changed() {
        let (mut world, guilds) = world();
        let (left, stays, joins) = (world.ready_client(2), world.ready_client(1), world.ready_client(6));
        world.script.leave(guilds[0], user(2));
        world.script.tell_peers(user(3), &guilds, &[], "of 3");
        world.script.join(guilds[0], user(6));
        let of_3 = |heard: Vec<String>| heard.iter().filter(|text| *text == "of 3").count();
        assert_eq!(of_3(hears(&mut world, &left)), 0);
        assert_eq!(of_3(hears(&mut world, &joins)), 0);
        assert_eq!(of_3(hears(&mut world, &stays)), 1);
    }

    /// What waits for a slow reader is not taken back when a shared guild ends: a profile belongs to no guild, and everybody may read it.
    #[test]
    fn what_waits_of_a_profile_survives_the_end_of_a_shared_guild() {
        let (mut world, guilds) = world();
        let slow = world.ready_client(2);
        slow.peer.stall();
        world.script.tell_peers(user(3), &guilds, &[], "of 3");
        world.script.leave(guilds[0], user(2));
        world.relay();
        slow.peer.resume();
        let heard = hears(&mut world, &slow);
        let removed = format!("removed {} {}", user(2), guilds[0]);
        assert_eq!(heard, ["of 3".to_owned(), removed, format!("unavailable {}", guilds[0])]);
    }
}
