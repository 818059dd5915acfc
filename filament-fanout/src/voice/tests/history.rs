//! Any history of members, rights, tokens, sockets and slow readers: whoever is subscribed has the participants there are.

use std::collections::BTreeMap;

use filament_core::voice::VoicePlace;
use filament_protocol::{ChannelId, Event, Received as Decoded, UserId, decode_event, record::VoiceParticipant};
use proptest::prelude::*;

use super::{config, enter, participants};
use crate::{
    Mode,
    close::Cause,
    world::{Client, World, events, session, user},
};

const USERS: u128 = 4;

#[derive(Clone, Debug)]
enum Op {
    Connect(u128),
    End(usize, bool),
    Subscribe(usize, usize),
    Unsubscribe(usize, usize),
    Stall(usize, bool),
    Enter(u128, usize),
    Leave(u128, usize),
    Mute(u128, usize, bool),
    Membership(u128, bool),
    Hide(usize, u128, bool),
    HideFromAll(usize, bool),
    Revoke(u128),
    Relay,
    Flush,
    Pass(u64),
}

fn op() -> impl Strategy<Value = Op> {
    let (who, client, channel) = (|| 1..=USERS, || 0..8_usize, || 0..2_usize);
    prop_oneof![
        4 => who().prop_map(Op::Connect),
        2 => (client(), any::<bool>()).prop_map(|(client, clean)| Op::End(client, clean)),
        6 => (client(), channel()).prop_map(|(client, channel)| Op::Subscribe(client, channel)),
        1 => (client(), channel()).prop_map(|(client, channel)| Op::Unsubscribe(client, channel)),
        2 => (client(), any::<bool>()).prop_map(|(client, stalls)| Op::Stall(client, stalls)),
        6 => (who(), channel()).prop_map(|(user, channel)| Op::Enter(user, channel)),
        2 => (who(), channel()).prop_map(|(user, channel)| Op::Leave(user, channel)),
        3 => (who(), channel(), any::<bool>()).prop_map(|(user, channel, muted)| Op::Mute(user, channel, muted)),
        2 => (2..=USERS, any::<bool>()).prop_map(|(user, joins)| Op::Membership(user, joins)),
        2 => (channel(), who(), any::<bool>()).prop_map(|(channel, user, hides)| Op::Hide(channel, user, hides)),
        1 => (channel(), any::<bool>()).prop_map(|(channel, hides)| Op::HideFromAll(channel, hides)),
        1 => who().prop_map(Op::Revoke),
        6 => Just(Op::Relay),
        4 => Just(Op::Flush),
        3 => prop_oneof![100..2_000_u64, 14_000..16_000_u64, 119_000..121_000_u64].prop_map(Op::Pass),
    ]
}

/// A connection and what its user sees of the channels it subscribed to.
struct Screen {
    client: Client,
    lists: BTreeMap<ChannelId, BTreeMap<UserId, VoiceParticipant>>,
}

impl Screen {
    fn read(&mut self) {
        for text in events(&self.client.peer) {
            if let Ok(Decoded::Event(event)) = decode_event(text.as_bytes()) {
                self.hear(event);
            }
        }
    }

    fn hear(&mut self, event: Event) {
        match event {
            Event::VoiceParticipantSync(sync) => {
                let list = sync.participants.into_iter().map(|one| (one.user_id, one)).collect();
                self.lists.insert(sync.channel_id, list);
            }
            Event::Unsubscribed(ended) => match ended.channel_id {
                Some(channel_id) => drop(self.lists.remove(&channel_id)),
                None => self.lists.clear(), // there is one guild
            },
            Event::VoiceParticipantJoin(join) => {
                let list = self.lists.get_mut(&join.channel_id).expect("only of what is subscribed");
                list.insert(join.participant.user_id, join.participant);
            }
            Event::VoiceParticipantLeave(leave) => {
                let list = self.lists.get_mut(&leave.channel_id).expect("only of what is subscribed");
                assert!(list.remove(&leave.user_id).is_some(), "nobody leaves who was not there");
            }
            Event::VoiceParticipantUpdate(update) => {
                let list = self.lists.get_mut(&update.channel_id).expect("only of what is subscribed");
                let known = list.get_mut(&update.user_id).expect("nobody changes who was not there");
                known.is_muted = update.updated_fields.is_muted.unwrap_or(known.is_muted);
                known.updated_at_unix = update.updated_at_unix;
            }
            _ => {}
        }
    }
}

struct Stage {
    world: World,
    places: [VoicePlace; 2],
    screens: Vec<Screen>,
    members: [bool; USERS as usize + 1],
}

impl Stage {
    fn new() -> Self {
        let mut world = World::new(config());
        let guild_id = world.script.create_guild(user(1));
        let places = [0, 1].map(|_| VoicePlace { guild_id, channel_id: world.script.create_channel(guild_id, &[]) });
        world.script.join(guild_id, user(2));
        world.relay();
        Self { world, places, screens: Vec::new(), members: [false, true, true, false, false] }
    }

    fn screen(&mut self, at: usize) -> Option<&mut Screen> {
        let count = self.screens.len();
        (count > 0).then(|| &mut self.screens[at % count])
    }

    fn run(&mut self, op: &Op) {
        let guild_id = self.places[0].guild_id;
        match *op {
            Op::Connect(n) => {
                self.world.mode = if n % 2 == 0 { Mode::Plain } else { Mode::Batch { resume: false } };
                let client = self.world.connect(n);
                if self.screens.len() < 8 {
                    self.screens.push(Screen { client, lists: BTreeMap::new() });
                } else {
                    self.world.end(&client, Cause::Lost);
                }
            }
            Op::End(at, clean) => {
                let Some(screen) = self.screen(at) else { return };
                let client = screen.client.clone();
                let cause = if clean { Cause::Client { code: None } } else { Cause::Lost };
                self.world.end(&client, cause);
            }
            Op::Subscribe(at, channel) | Op::Unsubscribe(at, channel) => {
                let Some(client) = self.screen(at).map(|screen| screen.client.clone()) else { return };
                let channel_id = self.places[channel].channel_id;
                if matches!(op, Op::Subscribe(..)) {
                    self.world.subscribe(&client, guild_id, channel_id);
                } else {
                    self.world.unsubscribe(&client, guild_id, channel_id);
                }
            }
            Op::Stall(at, stalls) => {
                let Some(screen) = self.screen(at) else { return };
                if stalls { screen.client.peer.stall() } else { screen.client.peer.resume() }
            }
            Op::Enter(n, channel) => drop(enter(&mut self.world, n, self.places[channel], 1)),
            Op::Leave(n, channel) => self.world.fanout.leave_voice(user(n), self.places[channel].channel_id),
            Op::Mute(n, channel, muted) => {
                let channel_id = self.places[channel].channel_id;
                self.world.fanout.set_voice_state(user(n), channel_id, Some(muted), None);
            }
            Op::Membership(n, joins) => {
                let at = usize::try_from(n).expect("few");
                if self.members[at] == joins {
                    return;
                }
                self.members[at] = joins;
                if joins {
                    self.world.script.join(guild_id, user(n));
                } else {
                    self.world.script.leave(guild_id, user(n));
                }
            }
            Op::Hide(channel, n, hides) => {
                self.world.script.hide(guild_id, self.places[channel].channel_id, user(n), hides);
            }
            Op::HideFromAll(channel, hides) => {
                self.world.script.hide_from_all(guild_id, self.places[channel].channel_id, hides);
            }
            Op::Revoke(n) => {
                self.world.script.end_session(user(n), session(n));
            }
            Op::Relay => drop(self.world.relay_one()),
            Op::Flush => self.world.flush(),
            Op::Pass(ms) => self.world.pass(ms),
        }
    }

    /// Once everything is written, every screen shows what is.
    fn settle(&mut self) {
        self.world.relay();
        for screen in &self.screens {
            screen.client.peer.resume();
        }
        self.world.flush();
        let Self { world, screens, places, .. } = self;
        for screen in screens.iter_mut() {
            screen.read();
            let is_open = screen.client.link.lock().is_open();
            if !is_open {
                continue;
            }
            for place in places.iter() {
                let hub = world.shared().hub();
                let is_subscribed = hub.registry.is_subscribed(screen.client.link.key, place.channel_id);
                drop(hub);
                let shown = screen.lists.get(&place.channel_id);
                assert_eq!(shown.is_some(), is_subscribed, "user {}", screen.client.user_id.as_u128());
                let Some(shown) = shown else { continue };
                let mut shown: Vec<_> = shown.values().cloned().collect();
                shown.sort_by(|a, b| {
                    (a.joined_at_unix, a.identity.as_str()).cmp(&(b.joined_at_unix, b.identity.as_str()))
                });
                assert_eq!(shown, participants(world, place.channel_id));
            }
        }
        screens.retain(|screen| screen.client.link.lock().is_open());
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    /// Proves VOI-21 to VOI-24 with FEN-3 and DEL-2: through relay, mailboxes, stalls and ends of sockets, everybody who is
    /// subscribed converges to the participants there are, and nobody else keeps any.
    #[test]
    fn every_screen_shows_the_participants_there_are(ops in prop::collection::vec(op(), 1..120)) {
        let mut stage = Stage::new();
        for (n, op) in ops.iter().enumerate() {
            stage.run(op);
            stage.world.check();
            if n % 16 == 15 {
                stage.settle();
            }
        }
        stage.settle();
        stage.world.check();
    }
}
