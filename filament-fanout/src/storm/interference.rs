//! Non-interference (DEL-6): what happens in channels a viewer cannot see changes no byte of what it receives, over each form.
//!
//! A random history runs twice. The second time a lot happens besides in channels that are hidden from the viewer: messages, reactions,
//! channels made, renamed, moved and deleted, overrides of others, subscriptions. What the viewer's three connections receive is
//! compared message by message: ids are numbered by their first appearance, time stamps and cursors are blanked, their lengths are not.

use std::collections::BTreeMap;

use filament_core::Address;
use filament_protocol::Permissions;
use proptest::{collection::vec, prelude::*, sample::Index};

use super::{
    Storm,
    op::{Deed, Op, USERS, hidden_deed, open_op},
    seeds::{lines, run_plans},
    truth::Target,
};
use crate::{FanoutConfig, Mode, testing::Received};

/// Who cannot see the hidden channels. Owns no guild.
const VIEWER: usize = 3;

/// Where the viewer comes from; nobody is ever banned there.
const ADDRESS: Address = Address::from_bits(u128::MAX);

const MODES: [Mode; 3] = [Mode::Plain, Mode::Batch { resume: true }, Mode::Stream];

/// One seed in so many: each history does a multiple of the work of a plan of the storm.
const ONE_IN: u64 = 8;

/// One step, and what happens in hiding before it.
#[derive(Clone, Debug)]
struct Step {
    open: Op,
    hidden: Vec<Hidden>,
}

/// Something in a hidden channel.
#[derive(Clone, Debug)]
enum Hidden {
    Do(Index, Deed),
    /// Somebody else subscribes to a hidden channel.
    Subscribe(Index, Index),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let index = any::<Index>;
    let hidden = prop_oneof![
        6 => (index(), hidden_deed(VIEWER)).prop_map(|(guild, deed)| Hidden::Do(guild, deed)),
        1 => (index(), index()).prop_map(|(nth, channel)| Hidden::Subscribe(nth, channel)),
    ];
    let step = (open_op(), vec(hidden, 0..4)).prop_map(|(open, hidden)| Step { open, hidden });
    vec(step, 1..60)
}

/// Runs a history; returns what the viewer's connections received.
fn run(steps: &[Step], is_busy: bool) -> Vec<Vec<Received>> {
    let mut storm = Storm::with_queue(FanoutConfig::default().queue_frames);
    let guilds: Vec<_> = storm.head().guilds.keys().copied().collect();
    for guild in guilds {
        // Moderators hear of every channel: here the viewer may become one.
        let moderator = storm.head().guilds[&guild].moderator;
        let owner = storm.owner_of(guild);
        storm.act_by(owner, guild, &Deed::RenameGuild, |act| act.edit_role(moderator, Permissions::EMPTY));
    }
    for n in (1..USERS).filter(|n| *n != VIEWER) {
        storm.arrive(n, storm.home(n), Mode::Plain);
    }
    let others = storm.listeners.len();
    for mode in MODES {
        storm.connect_from(VIEWER, ADDRESS, mode);
        if !storm.connecting.is_empty() {
            storm.finish_nth(0);
        }
        storm.listeners.last_mut().expect("within the cap").raw = Some(Vec::new());
    }
    settle(&mut storm);
    for step in steps {
        for hidden in step.hidden.iter().filter(|_| is_busy) {
            happen(&mut storm, hidden, others);
            settle(&mut storm);
        }
        storm.run(step.open.clone());
        subscribe_viewer(&mut storm);
        settle(&mut storm);
    }
    let listeners = storm.listeners.iter_mut();
    listeners.filter_map(|listener| listener.raw.take()).collect()
}

/// Delivers everything.
fn settle(storm: &mut Storm) {
    storm.relay_to_head();
    storm.tell();
    storm.flush(None);
}

fn happen(storm: &mut Storm, hidden: &Hidden, others: usize) {
    match hidden {
        Hidden::Do(nth, deed) => {
            let guilds: Vec<_> = storm.head().guilds.keys().copied().collect();
            let guild = guilds[nth.index(guilds.len())];
            storm.in_hiding = Some(storm.in_hiding_turns);
            storm.in_hiding_turns += 1;
            storm.act(storm.owner_of(guild), guild, deed);
            storm.in_hiding = None;
            check_hidden(storm);
        }
        Hidden::Subscribe(nth, channel) => {
            let channels =
                storm.head().guilds.iter().flat_map(|(id, guild)| guild.channels.iter().map(|it| (*id, it.id)));
            let hidden: Vec<_> = channels.filter(|(_, channel)| storm.hidden.contains(channel)).collect();
            if let Some((guild, channel)) = hidden.get(channel.index(hidden.len().max(1))) {
                storm.subscribe(nth.index(others), *guild, *channel);
            }
        }
    }
}

/// Panics unless the viewer is kept out of each hidden channel by an override of its own, which beats what any role gives (PE-6).
fn check_hidden(storm: &Storm) {
    let viewer = storm.logins[VIEWER].user_id;
    for channel in storm.head().guilds.values().flat_map(|guild| &guild.channels) {
        let is_hidden = storm.hidden.contains(&channel.id);
        assert!(!is_hidden || channel.overrides.contains_key(&Target::Member(viewer)));
    }
}

/// Lets each of the viewer's connections subscribe to what it sees.
fn subscribe_viewer(storm: &mut Storm) {
    storm.relay_to_head();
    let viewer = storm.logins[VIEWER].user_id;
    let guilds: Vec<_> = storm.head().guilds.keys().copied().collect();
    for at in 0..storm.listeners.len() {
        for guild in &guilds {
            for channel in storm.head().visible(*guild, viewer) {
                let listener = &storm.listeners[at];
                if listener.user == viewer && !listener.subscriptions.contains(&(*guild, channel)) {
                    storm.subscribe(at, *guild, channel);
                }
            }
        }
    }
}

/// Blanks what may differ: ids become the number of their first appearance, stamps and cursors dots of the same length.
fn normal(received: &Received, ids: &mut BTreeMap<String, usize>) -> String {
    let Received::Text(text) = received else { return format!("{received:?}") };
    let mut normal = String::new();
    let mut word = String::new();
    let mut is_stamp = false;
    for letter in text.chars().chain(['\n']) {
        if letter.is_ascii_alphanumeric() || letter == '_' {
            word.push(letter);
            continue;
        }
        let is_cursor = word.matches('_').count() == 5 && word.len() > 40;
        let is_number = !word.is_empty() && word.chars().all(|digit| digit.is_ascii_digit());
        if word.len() == 26 && word.starts_with("01") {
            let next = ids.len();
            normal += &format!("<{}>", ids.entry(word.clone()).or_insert(next));
        } else if is_cursor || is_stamp && is_number {
            normal += &".".repeat(word.len());
        } else {
            normal += &word;
        }
        if !word.is_empty() {
            is_stamp = word.ends_with("_unix");
        }
        word.clear();
        normal.push(letter);
    }
    normal
}

/// Proves DEL-6.
#[test]
fn hidden_activity_changes_no_byte_of_any_form() {
    run_plans(
        &steps(),
        ONE_IN,
        |steps| lines(steps),
        |steps| {
            let [quiet, busy] = [false, true].map(|is_busy| run(&steps, is_busy));
            assert_eq!(quiet.len(), MODES.len(), "none of the viewer's connections was closed");
            for ((quiet, busy), mode) in quiet.iter().zip(&busy).zip(MODES) {
                let [mut quiet_ids, mut busy_ids] = [BTreeMap::new(), BTreeMap::new()];
                let quiet: Vec<String> = quiet.iter().map(|received| normal(received, &mut quiet_ids)).collect();
                let busy: Vec<String> = busy.iter().map(|received| normal(received, &mut busy_ids)).collect();
                for (one, other) in quiet.iter().zip(&busy) {
                    assert_eq!(one, other, "{mode:?}");
                }
                assert_eq!(quiet.len(), busy.len(), "{mode:?}");
            }
        },
    );
}
