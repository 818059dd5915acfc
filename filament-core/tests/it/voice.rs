//! Voice tracking against an oracle that scans everything at every step, and against what receivers make of the events.

mod model;
mod receiver;
mod reports;
mod rules;

use filament_core::voice::{
    Note, Streams, Voice, VoiceConfirm, VoiceGrants, VoiceInput, VoiceNow, VoicePlace, VoiceReport, VoiceStep,
};
use filament_protocol::{ChannelId, GuildId, Permission, Permissions, Timestamp, UserId, record::StreamKind};
use proptest::prelude::*;

use self::{
    model::Model,
    receiver::{Receiver, Witness},
};

/// What a clock on the wall says when that of the machine says 0.
const WALL: u64 = 1_700_000_000;
const USERS: u8 = 4;
const CHANNELS: u8 = 3;

fn user(n: u8) -> UserId {
    UserId::from_u128(u128::from(n) + 1)
}

/// Channels 0 and 1 are in one guild, 2 is in another.
fn place(n: u8) -> VoicePlace {
    VoicePlace {
        guild_id: GuildId::from_u128(u128::from(n / 2) + 1),
        channel_id: ChannelId::from_u128(u128::from(n) + 10),
    }
}

fn moment(ms: u64) -> VoiceNow {
    VoiceNow { ms, at: Timestamp::new(WALL + ms / 1_000).expect("a second") }
}

/// The grants of three bits for streams and one for receiving.
fn grants(bits: u8) -> VoiceGrants {
    VoiceGrants { can_subscribe: bits & 8 != 0, sources: Streams::from_bits(bits & 7) }
}

/// What a user may do in a channel: everything, or not all of it any more.
const RIGHTS: [fn() -> Permissions; 4] = [
    || Permissions::ALL,
    || Permissions::ALL.difference([Permission::PublishVideo].into_iter().collect()),
    || [Permission::CreateMessage].into_iter().collect(),
    || Permissions::EMPTY,
];

#[derive(Clone, Debug)]
enum Act {
    Token(u8, u8, u8),
    State(u8, u8, Option<bool>, Option<bool>),
    Leave(u8, u8),
    Note(u8, u8, Note),
    Connect(u8),
    End(u8, bool),
    Rights(u8, u8, usize),
    Gate(u8, u8),
    DeleteChannel(u8),
    DeleteGuild(u8),
    Subscribe(u8),
    Wait(u64),
    Restart,
}

fn note() -> impl Strategy<Value = Note> {
    let stream = || prop::sample::select(StreamKind::ALL);
    prop_oneof![
        3 => Just(Note::Joined),
        1 => Just(Note::Left),
        2 => stream().prop_map(|stream| Note::Published(stream, None)),
        2 => stream().prop_map(|stream| Note::Unpublished(stream, None)),
        1 => any::<bool>().prop_map(Note::Muted),
    ]
}

fn act() -> impl Strategy<Value = Act> {
    let flag = || prop::option::of(any::<bool>());
    let (who, at) = (|| 0..USERS, || 0..CHANNELS);
    prop_oneof![
        6 => (who(), at(), 1..16_u8).prop_map(|(user, channel, grants)| Act::Token(user, channel, grants)),
        2 => (who(), at(), flag(), flag()).prop_map(|(user, channel, muted, deaf)| Act::State(user, channel, muted, deaf)),
        2 => (who(), at()).prop_map(|(user, channel)| Act::Leave(user, channel)),
        6 => (who(), at(), note()).prop_map(|(user, channel, note)| Act::Note(user, channel, note)),
        4 => who().prop_map(Act::Connect),
        3 => (who(), prop::bool::weighted(0.2)).prop_map(|(user, revoked)| Act::End(user, revoked)),
        1 => (who(), at(), 0..RIGHTS.len()).prop_map(|(user, channel, rights)| Act::Rights(user, channel, rights)),
        1 => (who(), 0..2_u8).prop_map(|(user, guild)| Act::Gate(user, guild)),
        1 => at().prop_map(Act::DeleteChannel),
        1 => (0..2_u8).prop_map(Act::DeleteGuild),
        3 => at().prop_map(Act::Subscribe),
        6 => prop_oneof![1..3_000_u64, 14_900..15_100_u64, 29_900..30_100_u64, 119_900..120_100_u64].prop_map(Act::Wait),
        1 => Just(Act::Restart),
    ]
}

/// The machine, the oracle, and everybody who listens.
struct Run {
    voice: Voice,
    model: Model,
    confirm: VoiceConfirm,
    connections: [u32; USERS as usize],
    rights: [[usize; CHANNELS as usize]; USERS as usize],
    receivers: Vec<(u8, Receiver)>,
    witness: Witness,
    ms: u64,
}

impl Run {
    fn new(confirm: VoiceConfirm) -> Self {
        Self {
            voice: Voice::new(confirm),
            model: Model::new(confirm == VoiceConfirm::Immediate),
            confirm,
            connections: [0; USERS as usize],
            rights: [[0; CHANNELS as usize]; USERS as usize],
            receivers: Vec::new(),
            witness: Witness::default(),
            ms: 0,
        }
    }

    fn rights(&self, user: u8, channel: u8) -> Permissions {
        RIGHTS[self.rights[usize::from(user)][usize::from(channel)]]()
    }

    /// Lets the machine take an input, and once more: nothing is told twice.
    fn step(&mut self, input: &VoiceInput) -> VoiceStep {
        let step = self.voice.step(input.clone(), moment(self.ms));
        self.voice.check_invariants();
        self.hear(&step);
        let implied = matches!(input, VoiceInput::ChannelGone(_) | VoiceInput::GuildGone(_));
        if implied {
            self.forget_gone();
        }
        let again = self.voice.step(input.clone(), moment(self.ms));
        self.voice.check_invariants();
        assert_eq!((again.told, again.changed), (vec![], vec![]), "{input:?} once more");
        step
    }

    fn hear(&mut self, step: &VoiceStep) {
        for told in &step.told {
            self.witness.hear(told);
            for (channel, receiver) in &mut self.receivers {
                if place(*channel) == told.place {
                    receiver.hear(&told.event);
                    receiver.hear(&told.event); // VOI-23
                }
            }
        }
    }

    /// Who listened to a channel that is gone knows that nobody is in it any more.
    fn forget_gone(&mut self) {
        let Self { receivers, witness, voice, .. } = self;
        for n in 0..CHANNELS {
            if voice.participants_in(place(n).channel_id).is_empty() {
                witness.forget(place(n));
                receivers.retain(|(channel, _)| *channel != n);
            }
        }
    }

    fn act(&mut self, act: &Act) {
        match act.clone() {
            Act::Token(u, c, bits) => {
                let Some(granted) = grants(bits).within(self.rights(u, c)) else { return };
                let is_connected = self.connections[usize::from(u)] > 0;
                self.step(&VoiceInput::Token { user_id: user(u), place: place(c), grants: granted, is_connected });
                self.model.token(u, c, granted, is_connected, self.ms);
            }
            Act::State(u, c, is_muted, is_deafened) => {
                let (user_id, channel_id) = (user(u), place(c).channel_id);
                self.step(&VoiceInput::State { user_id, channel_id, is_muted, is_deafened });
                self.model.state(u, c, is_muted, is_deafened, self.ms);
            }
            Act::Leave(u, c) => {
                self.step(&VoiceInput::Leave { user_id: user(u), channel_id: place(c).channel_id });
                self.model.drop_where(u, |channel| channel == c);
            }
            Act::Note(u, c, note) => {
                let rights = self.rights(u, c);
                let is_connected = self.connections[usize::from(u)] > 0;
                let report = VoiceReport {
                    user_id: user(u),
                    place: place(c),
                    sid: None,
                    noted_at: 0,
                    note: note.clone(),
                    rights,
                    is_connected,
                };
                self.step(&VoiceInput::Report(report));
                self.model.note(u, c, &note, rights, is_connected, self.ms);
            }
            Act::Connect(u) => {
                self.connections[usize::from(u)] += 1;
                self.step(&VoiceInput::Connected(user(u)));
                self.model.connect(u);
            }
            Act::End(u, is_revoked) => {
                let connections = &mut self.connections[usize::from(u)];
                *connections = connections.saturating_sub(1);
                if *connections == 0 {
                    self.step(&VoiceInput::Disconnected { user_id: user(u), is_revoked });
                    self.model.end(u, is_revoked, self.ms);
                }
            }
            Act::Rights(u, c, rights) => {
                self.rights[usize::from(u)][usize::from(c)] = rights;
                let rights = self.rights(u, c);
                self.step(&VoiceInput::Rights { user_id: user(u), place: place(c), rights });
                self.model.rights(u, c, rights);
            }
            Act::Gate(u, guild) => {
                let guild_id = place(guild * 2).guild_id;
                self.step(&VoiceInput::Gated { user_id: user(u), guild_id });
                self.model.drop_where(u, |channel| channel / 2 == guild);
            }
            Act::DeleteChannel(c) => {
                self.step(&VoiceInput::ChannelGone(place(c)));
                (0..USERS).for_each(|u| self.model.drop_where(u, |channel| channel == c));
            }
            Act::DeleteGuild(guild) => {
                self.step(&VoiceInput::GuildGone(place(guild * 2).guild_id));
                (0..USERS).for_each(|u| self.model.drop_where(u, |channel| channel / 2 == guild));
            }
            Act::Subscribe(c) => {
                self.receivers.push((c, Receiver::of(&self.voice.participants_in(place(c).channel_id))));
            }
            Act::Wait(ms) => {
                self.ms += ms;
                self.step(&VoiceInput::Tick);
                self.model.expire(self.ms);
            }
            Act::Restart => self.restart(),
        }
    }

    fn restart(&mut self) {
        let kept = self.voice.suspend();
        assert!(self.voice.is_empty());
        self.voice = Voice::new(self.confirm);
        self.connections = [0; USERS as usize];
        for record in kept {
            let restored = VoiceInput::Restored { record, is_connected: false };
            assert_eq!(
                self.step(&restored),
                VoiceStep { is_taken: false, ..VoiceStep::default() },
                "told nobody (VOI-8)"
            );
        }
        self.model.restart(self.ms);
    }

    /// Everybody has the same list: the machine, the oracle, and whoever listened since whenever.
    fn check(&self) {
        for c in 0..CHANNELS {
            let listed = self.voice.participants_in(place(c).channel_id);
            let states = listed.iter().map(|one| {
                let user = u8::try_from(one.user_id.as_u128() - 1).expect("one of few");
                (user, one.is_muted, one.is_deafened, self.voice.record(one.user_id).expect("listed").streams)
            });
            let mut states: Vec<_> = states.collect();
            states.sort_by_key(|(user, ..)| *user);
            assert_eq!(states, self.model.participants(c), "channel {c}");
            for (_, receiver) in self.receivers.iter().filter(|(channel, _)| *channel == c) {
                assert_eq!(receiver.participants(), listed, "a receiver of channel {c}");
            }
            self.witness.check(place(c), &listed);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    /// Proves VOI-1 to VOI-8 and VOI-20 to VOI-25 for any interleaving of inputs: the machine agrees with the oracle, every
    /// receiver with the machine, nothing is told twice, nobody outlives the time they are waited for and nobody here is dropped.
    #[test]
    fn any_history_leaves_everybody_with_the_same_participants(
        webhook in any::<bool>(),
        acts in prop::collection::vec(act(), 1..80),
    ) {
        let mut run = Run::new(if webhook { VoiceConfirm::Webhook } else { VoiceConfirm::Immediate });
        for act in &acts {
            run.act(act);
            run.check();
        }
        // Nobody comes back: within the longest of all waits everybody without a connection is gone, everybody else is still there.
        run.act(&Act::Wait(120_000));
        run.check();
        for u in 0..USERS {
            let is_there = run.voice.record(user(u)).is_some();
            prop_assert!(!is_there || run.connections[usize::from(u)] > 0, "no ghost survives its time");
        }
        let before: Vec<_> = (0..USERS).map(|u| run.voice.record(user(u)).cloned()).collect();
        run.act(&Act::Wait(20 * 60_000));
        run.check();
        let after: Vec<_> = (0..USERS).map(|u| run.voice.record(user(u)).cloned()).collect();
        prop_assert_eq!(before, after, "a call lasts as long as the connection (VOI-3)");
    }
}
