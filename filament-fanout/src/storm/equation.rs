//! The equation: what a viewer makes of an earlier snapshot and the events it received since is what a fresh snapshot gives it.
//!
//! Histories are those of the [storm](super), for viewers who gain and lose channels and guilds. A viewer keeps its state with a
//! [client](super::client) that knows the contract's words only, subscribes to whatever it sees, and asks for what no event tells: a guild
//! it comes into, the messages of a channel it subscribes to. Answers come as the reads of the real core give them, from the head of the
//! journal, while events may still be on their way: what an answer holds already is told once more. Viewers are cut off at any place
//! and come back with their last cursor, or without one; nothing they know may tell.
//!
//! `FILAMENT_CORPUS=<folder>` writes what the viewers of the first histories took in, and what they then knew, for clients in other
//! languages to be tried with.

use std::{cell::Cell, fmt::Write as _, fs, path::Path};

use filament_core::{
    Actor, Address,
    read::{ListGuilds, ListMembers, ListMessages, ListRoles, Read, ReadGuild, ReadGuildAccess},
};
use filament_protocol::{ChannelId, GuildId, Id, Permission};
use proptest::{collection::vec, prelude::*, sample::Index};
use serde_json::{Value, json};

use super::{
    Storm,
    client::{Client, Record, Wish},
    op::{Op, USERS, calm_op, viewer_mode},
    seeds::{lines, run_plans},
};
use crate::{
    FanoutConfig, Mode,
    close::Cause,
    subscribe::Subscribing,
    testing::{Received, Told},
    world::{Client as Connection, ready},
};

/// Where viewers come from; nobody is ever banned there.
const ADDRESS: Address = Address::from_bits(u128::MAX);

/// Histories that are written down as a corpus.
const CORPUS_HISTORIES: usize = 40;

/// One seed in so many: each history does a multiple of the work of a plan of the storm.
const ONE_IN: u64 = 8;

/// One step of a history.
#[derive(Clone, Debug)]
enum Step {
    Op(Op),
    /// Everything is delivered and told, and compared.
    Quiet,
    /// A viewer forgets everything and asks for it again, whatever is on its way.
    Reset(Index),
    /// A viewer's connection is cut, with or without what it has not read.
    Cut(Index, bool),
    /// A viewer comes back, where it left if its form has cursors.
    Back(Index),
}

fn steps() -> impl Strategy<Value = (Vec<Mode>, Vec<Step>)> {
    let step = prop_oneof![
        14 => calm_op().prop_map(Step::Op),
        1 => Just(Step::Quiet),
        1 => any::<Index>().prop_map(Step::Reset),
        1 => (any::<Index>(), any::<bool>()).prop_map(|(nth, reads)| Step::Cut(nth, reads)),
        1 => any::<Index>().prop_map(Step::Back),
    ];
    (vec(viewer_mode(), USERS - 1), vec(step, 1..120))
}

/// Somebody who keeps a state.
struct Viewer {
    /// Which user.
    n: usize,
    mode: Mode,
    /// None while it is away.
    connection: Option<Connection>,
    /// The last one it received.
    cursor: Option<String>,
    client: Client,
    /// The same, but every event comes twice.
    doubled: Client,
    /// The same, but now and then everything was forgotten and loaded.
    reset: Client,
    records: Vec<Record>,
    /// How many records there were, and what was known then, whenever all was quiet.
    quiet: Vec<(usize, String)>,
}

struct Equation {
    storm: Storm,
    viewers: Vec<Viewer>,
    /// For the time limit of a resume, which nobody waits for.
    runtime: tokio::runtime::Runtime,
    /// How often somebody was resumed.
    resumes: usize,
}

impl Equation {
    fn new(modes: &[Mode]) -> Self {
        let storm = Storm::with_queue(FanoutConfig::default().queue_frames);
        let viewers = (1..).zip(modes).map(|(n, mode)| Viewer::new(n, *mode, &storm)).collect();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().expect("a runtime");
        let mut equation = Self { storm, viewers, runtime, resumes: 0 };
        (0..equation.viewers.len()).for_each(|at| equation.connect(at));
        equation
    }

    /// Connects a viewer, and resumes it or loads everything there is for it.
    fn connect(&mut self, at: usize) {
        let viewer = &mut self.viewers[at];
        let (login, world) = (self.storm.logins[viewer.n], &mut self.storm.world);
        (world.mode, world.address) = (viewer.mode, Some(ADDRESS));
        match &viewer.cursor {
            Some(cursor) => {
                let _on = self.runtime.enter();
                viewer.connection = Some(world.resume_as(login, cursor, channels_of(&viewer.client)));
                self.resumes += 1;
            }
            None => {
                viewer.connection = Some(world.connect_as(login));
                viewer.load(&self.storm, &[]);
            }
        }
    }

    fn run(&mut self, step: Step) {
        match step {
            Step::Op(Op::Subscribe(nth, guild, channel)) => {
                let viewer = &self.viewers[nth.index(self.viewers.len())];
                let channel = self.storm.channel(guild, channel);
                if let (Some(connection), Some((guild, channel))) = (&viewer.connection, channel) {
                    self.storm.world.subscribe(connection, guild, channel);
                }
            }
            Step::Op(op) => self.storm.run(op),
            Step::Quiet => self.quiet(),
            Step::Reset(nth) => {
                let viewer = &mut self.viewers[nth.index(self.storm.logins.len() - 1)];
                viewer.reset = fresh(&self.storm, viewer.n, &channels_of(&viewer.client));
            }
            Step::Cut(nth, reads) => {
                let at = nth.index(self.viewers.len());
                self.cut(at, reads);
            }
            Step::Back(nth) => {
                let at = nth.index(self.viewers.len());
                if self.viewers[at].connection.is_none() {
                    self.connect(at);
                }
            }
        }
        self.pump();
    }

    fn cut(&mut self, at: usize, reads: bool) {
        if reads {
            self.pump();
        }
        if let Some(connection) = self.viewers[at].connection.take() {
            self.storm.world.end(&connection, Cause::Lost);
        }
    }

    /// Lets viewers take in what arrived, and ask for what that does not tell. Returns whether something arrived.
    fn pump(&mut self) -> bool {
        let mut arrived = false;
        for viewer in &mut self.viewers {
            let received = viewer.connection.iter().flat_map(|connection| connection.peer.take()).collect::<Vec<_>>();
            for received in received {
                arrived = true;
                match received {
                    Received::Text(text) => viewer.read(&Told::read(&text), &self.storm),
                    // The guild it joined could not be loaded as of then, or it was too slow: it comes back.
                    Received::Close(4008 | 4009, _) => viewer.connection = None,
                    Received::Close(code, _) => panic!("closed with {code}"),
                    Received::Ping | Received::Pong(_) => {}
                }
            }
        }
        arrived
    }

    /// Delivers everything to everybody, subscribes to whatever is seen, and compares.
    fn quiet(&mut self) {
        loop {
            let away: Vec<usize> =
                (0..self.viewers.len()).filter(|at| self.viewers[*at].connection.is_none()).collect();
            away.iter().for_each(|at| self.connect(*at));
            self.storm.relay_to_head();
            self.storm.tell();
            self.storm.flush(None);
            let mut moved = self.pump() | !away.is_empty();
            for viewer in &self.viewers {
                moved |= viewer.subscribe(&self.storm);
            }
            if !moved {
                break;
            }
        }
        for viewer in &mut self.viewers {
            viewer.compare(&self.storm);
        }
    }
}

impl Viewer {
    fn new(n: usize, mode: Mode, storm: &Storm) -> Self {
        let client = Client::new(storm.logins[n].user_id.to_string());
        let (doubled, reset) = (client.clone(), client.clone());
        let (records, quiet) = (Vec::new(), Vec::new());
        Self { n, mode, connection: None, cursor: None, client, doubled, reset, records, quiet }
    }

    /// Forgets what it knows and takes in everything there is for it.
    fn load(&mut self, storm: &Storm, channels: &[(GuildId, ChannelId)]) {
        self.take(Record::Nothing);
        everything(storm, self.n, channels).into_iter().for_each(|record| drop(self.take(record)));
    }

    /// Takes in a message, and asks for what that does not tell.
    fn read(&mut self, told: &Told, storm: &Storm) {
        for text in &told.events {
            for wish in self.take(Record::Event(serde_json::from_str(text).expect("JSON"))) {
                match fetch(storm, self.n, &wish) {
                    Some(record) => drop(self.take(record)),
                    None if wish == Wish::Everything => self.load(storm, &channels_of(&self.client)),
                    None => {}
                }
            }
        }
        if let Some(cursor) = told.cursor.clone().filter(|_| self.mode.has_cursor()) {
            self.cursor = Some(cursor);
        }
    }

    /// Subscribes to the channels it knows of. Returns whether it did.
    fn subscribe(&self, storm: &Storm) -> bool {
        let Some(connection) = &self.connection else { return false };
        let mut subscribed = false;
        for (guild_id, guild) in self.client.state["guilds"].as_object().expect("an object") {
            for channel in guild["channels"].as_array().expect("a list") {
                let channel_id = channel["channel_id"].as_str().expect("an id");
                if self.client.state["messages"].get(channel_id).is_none() {
                    let outcome = storm.world.subscribe(connection, id(guild_id), id(channel_id));
                    subscribed |= outcome == Subscribing::Done && connection.link.lock().is_open();
                }
            }
        }
        subscribed
    }

    /// Compares what it knows with what a fresh snapshot says.
    fn compare(&mut self, storm: &Storm) {
        let key = self.connection.as_ref().expect("all are here").link.key;
        let mut subscribed = storm.world.shared().hub().registry.subscriptions(key);
        subscribed.sort_unstable();
        let known = channels_of(&self.client);
        let mut with_messages: Vec<ChannelId> = known.iter().map(|(_, channel)| *channel).collect();
        with_messages.sort_unstable();
        assert_eq!(with_messages, subscribed, "messages are known where the viewer is subscribed");
        let fresh = fresh(storm, self.n, &known);
        let user = storm.logins[self.n].user_id;
        let revision = storm.present().revisions.get(&user).copied().unwrap_or(0);
        for guild in objects(&fresh.state["guilds"]) {
            assert_eq!(guild["access_rev"], json!(revision.max(1)), "the revision of now (RES-30)");
        }
        compare("reduced", &self.client, &fresh);
        compare("reset", &self.reset, &fresh);
        assert_eq!(self.doubled.state, self.client.state, "what comes twice changes nothing");
        self.quiet.push((self.records.len(), self.client.canonical()));
    }

    fn take(&mut self, record: Record) -> Vec<Wish> {
        let wishes = self.client.take(&record);
        self.doubled.take(&record);
        if matches!(record, Record::Event(_)) {
            self.doubled.take(&record);
        }
        self.reset.take(&record);
        self.records.push(record);
        wishes
    }

    /// Proves that only the newest `workspace_access_update` of a burst matters: without the others the viewer knows the same.
    fn check_coalesced(&self) {
        let mut client = Client::new(self.client.me().to_owned());
        let mut taken = 0;
        for (until, known) in &self.quiet {
            let burst = &self.records[taken..*until];
            for (index, record) in burst.iter().enumerate() {
                let is_superseded = access_of(record)
                    .is_some_and(|guild| burst[index + 1..].iter().any(|later| access_of(later) == Some(guild)));
                if !is_superseded {
                    client.take(record);
                }
            }
            assert_eq!(client.canonical(), *known, "coalesced equals uncoalesced");
            taken = *until;
        }
    }

    /// What it took in and what it then knew, one JSON value a line.
    fn corpus(&self) -> String {
        let mut lines = format!("{}\n", json!({ "me": self.client.me() }));
        let mut quiet = self.quiet.iter().peekable();
        for (index, record) in self.records.iter().enumerate() {
            while let Some((_, known)) = quiet.next_if(|(at, _)| *at <= index) {
                let _ = writeln!(lines, "{}", json!({ "expect": known }));
            }
            let line = match record {
                Record::Event(envelope) => json!({ "event": envelope }),
                Record::Guild(answers) => json!({ "guild": answers }),
                Record::Messages(page) => json!({ "messages": page }),
                Record::Nothing => json!({ "nothing": true }),
            };
            let _ = writeln!(lines, "{line}");
        }
        for (_, known) in quiet {
            let _ = writeln!(lines, "{}", json!({ "expect": known }));
        }
        lines
    }
}

fn access_of(record: &Record) -> Option<&Value> {
    match record {
        Record::Event(envelope) if envelope["t"] == "workspace_access_update" => Some(&envelope["d"]["guild_id"]),
        Record::Event(_) | Record::Guild(_) | Record::Messages(_) | Record::Nothing => None,
    }
}

fn id<K>(text: &str) -> Id<K> {
    text.parse().unwrap_or_else(|_| panic!("not an id: {text}"))
}

fn objects(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_object().expect("an object").values()
}

/// The channels whose messages a client has, sorted.
fn channels_of(client: &Client) -> Vec<(GuildId, ChannelId)> {
    let messages = client.state["messages"].as_object().expect("an object").iter();
    let mut channels: Vec<_> =
        messages.map(|(channel, known)| (id(known["guild_id"].as_str().expect("an id")), id(channel))).collect();
    channels.sort_unstable();
    channels
}

/// What somebody knows who has just asked for everything.
fn fresh(storm: &Storm, n: usize, channels: &[(GuildId, ChannelId)]) -> Client {
    let mut client = Client::new(storm.logins[n].user_id.to_string());
    everything(storm, n, channels).iter().for_each(|record| drop(client.take(record)));
    client
}

/// The answers about all guilds and these channels.
fn everything(storm: &Storm, n: usize, channels: &[(GuildId, ChannelId)]) -> Vec<Record> {
    let guilds = read(storm, n, ListGuilds).expect("always granted").into_iter();
    let guilds = guilds.map(|guild| Wish::Guild(guild.guild_id.to_string()));
    let messages = channels.iter().map(|(guild, channel)| Wish::Messages(guild.to_string(), channel.to_string()));
    guilds.chain(messages).filter_map(|wish| fetch(storm, n, &wish)).collect()
}

fn read<Q: Read>(storm: &Storm, n: usize, read: Q) -> Option<Q::Answer> {
    let login = storm.logins[n];
    let actor = Actor {
        user_id: login.user_id,
        session_id: login.session_id,
        is_server_owner: login.is_server_owner,
        address: Some(ADDRESS),
    };
    ready(storm.engine.read(actor, read)).ok()
}

/// The answers as REST gives them; `None` if they are refused.
fn fetch(storm: &Storm, n: usize, wish: &Wish) -> Option<Record> {
    match wish {
        Wish::Everything => None,
        Wish::Guild(guild) => {
            let guild_id = id(guild);
            let details = read(storm, n, ReadGuild { guild_id })?;
            let access = read(storm, n, ReadGuildAccess { guild_id })?;
            let roles = read(storm, n, ListRoles { guild_id })?.roles;
            let page = read(storm, n, ListMembers { guild_id, after: None, limit: 200 })?;
            let members = page.members.iter().map(|it| json!({ "user_id": it.user_id, "role_ids": it.role_ids }));
            let members: Vec<Value> = members.collect();
            let details = json!({
                "guild_id": guild_id,
                "name": details.guild.name,
                "visibility": details.guild.visibility,
                "owner_user_id": details.owner_user_id,
                "default_join_role_id": details.default_join_role_id,
            });
            Some(Record::Guild(json!({ "details": details, "access": access, "roles": roles, "members": members })))
        }
        Wish::Messages(guild, channel) => {
            let (guild_id, channel_id) = (id(guild), id(channel));
            let page = read(storm, n, ListMessages { guild_id, channel_id, before: None, limit: 100 })?;
            assert!(!page.more, "histories are short");
            let page = json!({ "guild_id": guild_id, "channel_id": channel_id, "messages": page.messages });
            Some(Record::Messages(page))
        }
    }
}

/// Panics unless a client knows what a fresh one does, where anything tells it: the rights in a channel made since the last access update
/// are told by none, and who may manage overrides hears of channels it does not see.
fn compare(name: &str, known: &Client, fresh: &Client) {
    let (mut known, fresh) = (known.state.clone(), &fresh.state);
    for (guild_id, guild) in known["guilds"].as_object_mut().expect("an object") {
        let Some(expected) = fresh["guilds"].get(guild_id) else { continue };
        let manages = expected["permissions"].as_array().expect("a list").iter();
        let manages = { manages }.any(|right| right == Permission::ManageChannelOverrides.name());
        assert!(guild["access_rev"].as_u64() <= expected["access_rev"].as_u64(), "{name}: never ahead");
        guild["access_rev"] = expected["access_rev"].clone();
        let channels = guild["channels"].as_array_mut().expect("a list");
        let seen = expected["channels"].as_array().expect("a list");
        let same = |channel: &Value| seen.iter().find(|other| other["channel_id"] == channel["channel_id"]);
        channels.retain(|channel| !manages || channel.get("permission_bits").is_some() || same(channel).is_some());
        for channel in channels.iter_mut().filter(|channel| channel.get("permission_bits").is_none()) {
            if let Some(same) = same(channel) {
                channel["permission_bits"] = same["permission_bits"].clone();
            }
        }
    }
    if let Some(place) = difference(&known, fresh) {
        panic!(
            "{name}: an earlier snapshot and the events since are a fresh snapshot; known and fresh differ at {place}"
        );
    }
}

/// Where two values differ first, and how.
fn difference(known: &Value, fresh: &Value) -> Option<String> {
    match (known, fresh) {
        (Value::Object(one), Value::Object(other)) => {
            one.keys().chain(other.keys()).find_map(|key| match (one.get(key), other.get(key)) {
                (Some(one), Some(other)) => difference(one, other).map(|place| format!("/{key}{place}")),
                (one, other) => Some(format!("/{key}: {one:?} and {other:?}")),
            })
        }
        (Value::Array(one), Value::Array(other)) if one.len() == other.len() => one
            .iter()
            .zip(other)
            .enumerate()
            .find_map(|(at, (one, other))| difference(one, other).map(|place| format!("/{at}{place}"))),
        (one, other) => (one != other).then(|| format!(": {one} and {other}")),
    }
}

/// Runs a history; returns the viewers, and how often one of them was resumed.
fn run((modes, steps): (Vec<Mode>, Vec<Step>)) -> (Vec<Viewer>, usize) {
    let mut equation = Equation::new(&modes);
    equation.quiet();
    steps.into_iter().for_each(|step| equation.run(step));
    equation.quiet();
    equation.viewers.iter().for_each(Viewer::check_coalesced);
    (equation.viewers, equation.resumes)
}

fn write_corpus(folder: &Path, history: usize, viewers: &[Viewer]) {
    fs::create_dir_all(folder).expect("a folder");
    for viewer in viewers {
        fs::write(folder.join(format!("{history:03}-{}.jsonl", viewer.n)), viewer.corpus()).expect("written");
    }
}

/// Proves RES-12's and §4's promise to clients: reduced events equal a fresh snapshot; and that what comes twice, in a burst or after a
/// reset comes to the same, and so does what was cut and resumed (RES-18, for reducers).
#[test]
fn earlier_snapshot_and_received_events_make_a_fresh_snapshot() {
    let folder = std::env::var_os("FILAMENT_CORPUS");
    let (histories, resumes) = (Cell::new(0), Cell::new(0));
    let show = |(modes, steps): &(Vec<Mode>, Vec<Step>)| format!(" {modes:?}{}", lines(steps));
    run_plans(&steps(), ONE_IN, show, |plan| {
        let (viewers, resumed) = run(plan);
        resumes.set(resumes.get() + resumed);
        let history = histories.replace(histories.get() + 1);
        if let Some(folder) = folder.as_ref().filter(|_| history < CORPUS_HISTORIES) {
            write_corpus(Path::new(folder), history, &viewers);
        }
    });
    println!("{} histories, {} resumes", histories.get(), resumes.get());
    assert!(resumes.get() > histories.get(), "viewers are cut and come back");
}
