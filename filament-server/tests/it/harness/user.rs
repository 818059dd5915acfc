//! A person: an account, its tokens, a REST client, and helpers for what scenarios do all the time.

use std::sync::{Arc, OnceLock};

use serde_json::{Value, json};

use super::server::Address;
use super::shape::check_message;
use super::{Answer, Dial, Form, Gateway, Http, PASSWORD};

/// The header by which a proxy says whom it speaks for (HTTP-18).
const FORWARDED_FOR: &str = "x-forwarded-for";

/// Posts JSON without a token, as if from that address.
fn post_from(http: &Http, path: &str, body: &Value, forwarded_for: Option<&str>) -> Answer {
    let mut headers = vec![("content-type", "application/json")];
    headers.extend(forwarded_for.map(|address| (FORWARDED_FOR, address)));
    http.request("POST", path, &headers, Some(body.to_string().as_bytes()))
}

/// A channel together with its guild.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Room {
    pub(crate) guild: String,
    pub(crate) id: String,
}

impl Room {
    /// `/guilds/{g}/channels/{c}`.
    pub(crate) fn path(&self) -> String {
        format!("/guilds/{}/channels/{}", self.guild, self.id)
    }

    /// `/guilds/{g}/channels/{c}/messages`.
    pub(crate) fn messages(&self) -> String {
        format!("{}/messages", self.path())
    }

    /// `/guilds/{g}/channels/{c}/messages/{m}`.
    pub(crate) fn message(&self, id: &Value) -> String {
        format!("{}/{}", self.messages(), id.as_str().expect("a message id"))
    }

    /// `…/messages/{m}/reactions/{emoji}`, the emoji percent-encoded.
    pub(crate) fn reaction(&self, message_id: &Value, emoji: &str) -> String {
        let encoded: String = emoji.bytes().map(|byte| format!("%{byte:02X}")).collect();
        format!("{}/reactions/{encoded}", self.message(message_id))
    }
}

/// A logged-in account. A clone is the same session on an HTTP connection of its own.
#[derive(Clone, Debug)]
pub(crate) struct User {
    pub(crate) name: String,
    pub(crate) id: String,
    pub(crate) access_token: String,
    pub(crate) refresh_token: String,
    pub(crate) http: Http,
    /// What `X-Forwarded-For` says of this person; believed by a server that trusts the loopback interface as a proxy.
    pub(super) forwarded_for: Option<String>,
    own_room: Arc<OnceLock<Room>>,
}

impl User {
    /// Registers an account, logs in and asks for the id.
    pub(crate) fn register(address: &Address, name: &str) -> Self {
        Self::register_from(address, name, None)
    }

    /// As [`Self::register`], coming from another address.
    pub(crate) fn register_from(address: &Address, name: &str, forwarded_for: Option<&str>) -> Self {
        let body = json!({"username": name, "password": PASSWORD});
        let accepted = post_from(&Http::new(address.clone()), "/auth/register", &body, forwarded_for).ok().json();
        assert_eq!(accepted, json!({"accepted": true}));
        Self::login_from(address, name, forwarded_for)
    }

    /// Logs in: a new session of an existing account.
    pub(crate) fn login(address: &Address, name: &str) -> Self {
        Self::login_from(address, name, None)
    }

    /// As [`Self::login`], coming from another address.
    pub(crate) fn login_from(address: &Address, name: &str, forwarded_for: Option<&str>) -> Self {
        let http = Http::new(address.clone());
        let body = json!({"username": name, "password": PASSWORD});
        let tokens = post_from(&http, "/auth/login", &body, forwarded_for).ok().json();
        let text = |member: &str| tokens[member].as_str().expect("a token").to_owned();
        let mut user = Self {
            name: name.to_owned(),
            id: String::new(),
            access_token: text("access_token"),
            refresh_token: text("refresh_token"),
            http,
            forwarded_for: forwarded_for.map(str::to_owned),
            own_room: Arc::new(OnceLock::new()),
        };
        user.id = user.get("/auth/me").ok().json()["user_id"].as_str().expect("user_id").to_owned();
        user
    }

    /// Another session of the same account; shares the own room.
    pub(crate) fn second_session(&self) -> Self {
        let mut other = Self::login_from(self.http.address(), &self.name, self.forwarded_for.as_deref());
        other.own_room = Arc::clone(&self.own_room);
        other
    }

    /// Rotates the refresh token and takes the new tokens.
    pub(crate) fn refresh(&mut self) {
        let body = json!({"refresh_token": self.refresh_token});
        let answer = post_from(&self.http, "/auth/refresh", &body, self.forwarded_for.as_deref()).ok().json();
        answer["access_token"].as_str().expect("access_token").clone_into(&mut self.access_token);
        answer["refresh_token"].as_str().expect("refresh_token").clone_into(&mut self.refresh_token);
    }

    /// The same session from now on coming from another address, on a connection of its own.
    pub(crate) fn moved_to(&self, address: &str) -> Self {
        let mut moved = self.clone();
        moved.forwarded_for = Some(address.to_owned());
        moved
    }

    // --- requests ---

    /// `GET` with the token.
    #[track_caller]
    pub(crate) fn get(&self, path: &str) -> Answer {
        self.request("GET", path, &[], None)
    }

    /// `POST` of a JSON body with the token.
    #[track_caller]
    pub(crate) fn post(&self, path: &str, body: &Value) -> Answer {
        self.request("POST", path, &[], Some(body))
    }

    /// `POST` on a "no body" route with the token.
    #[track_caller]
    pub(crate) fn post_empty(&self, path: &str) -> Answer {
        self.request("POST", path, &[], None)
    }

    /// `PATCH` of a JSON body with the token.
    #[track_caller]
    pub(crate) fn patch(&self, path: &str, body: &Value) -> Answer {
        self.request("PATCH", path, &[], Some(body))
    }

    /// `DELETE` with the token.
    #[track_caller]
    pub(crate) fn delete(&self, path: &str) -> Answer {
        self.request("DELETE", path, &[], None)
    }

    /// Any request with the token and further headers.
    #[track_caller]
    pub(crate) fn request(&self, method: &str, path: &str, headers: &[(&str, &str)], body: Option<&Value>) -> Answer {
        let bearer = format!("Bearer {}", self.access_token);
        let mut all = vec![("authorization", bearer.as_str())];
        all.extend(self.forwarded_for.as_deref().map(|address| (FORWARDED_FOR, address)));
        all.extend_from_slice(headers);
        let text = body.map(Value::to_string);
        if text.is_some() {
            all.push(("content-type", "application/json"));
        }
        self.http.request(method, path, &all, text.as_deref().map(str::as_bytes))
    }

    // --- guilds, rooms, messages ---

    /// Creates a guild and returns its id.
    #[track_caller]
    pub(crate) fn create_guild(&self, name: &str, visibility: &str) -> String {
        let guild = self.post("/guilds", &json!({"name": name, "visibility": visibility})).ok().json();
        guild["guild_id"].as_str().expect("guild_id").to_owned()
    }

    /// Joins a public guild.
    #[track_caller]
    pub(crate) fn join(&self, guild: &str) {
        let joined = self.post_empty(&format!("/guilds/{guild}/join")).ok().json();
        assert_eq!(joined, json!({"guild_id": guild, "outcome": "accepted"}));
    }

    /// Leaves a guild.
    #[track_caller]
    pub(crate) fn leave(&self, guild: &str) {
        self.post_empty(&format!("/guilds/{guild}/leave")).is(204);
    }

    /// Creates a text channel.
    #[track_caller]
    pub(crate) fn create_text(&self, guild: &str, name: &str) -> Room {
        self.create_channel(guild, &json!({"name": name}))
    }

    /// Creates a channel with this body.
    #[track_caller]
    pub(crate) fn create_channel(&self, guild: &str, body: &Value) -> Room {
        let channel = self.post(&format!("/guilds/{guild}/channels"), body).ok().json();
        Room { guild: guild.to_owned(), id: channel["channel_id"].as_str().expect("channel_id").to_owned() }
    }

    /// Posts a message over REST and returns the record.
    #[track_caller]
    pub(crate) fn say(&self, room: &Room, content: &str) -> Value {
        self.post(&room.messages(), &json!({"content": content})).ok().json()
    }

    /// Every message of a room, newest first, read by pages of this size; the rules of a page are checked on the way.
    #[track_caller]
    pub(crate) fn history(&self, room: &Room, limit: usize) -> Vec<Value> {
        let mut messages: Vec<Value> = Vec::new();
        let mut before = String::new();
        loop {
            let page = self.get(&format!("{}?limit={limit}{before}", room.messages())).ok().json();
            let rows = page["messages"].as_array().expect("messages");
            assert!(rows.len() <= limit);
            for row in rows {
                check_message(row).unwrap_or_else(|why| panic!("{why} in {row}"));
            }
            messages.extend(rows.iter().cloned());
            let next = &page["next_before"];
            if next.is_null() {
                return messages;
            }
            let last = rows.last().expect("§9.9: no cursor with an empty page");
            assert_eq!(*next, last["message_id"], "HTTP-15");
            before = format!("&before={}", next.as_str().expect("a message id"));
        }
    }

    /// The ids of the channels this user sees in a guild, in order.
    #[track_caller]
    pub(crate) fn channel_ids(&self, guild: &str) -> Vec<String> {
        let list = self.get(&format!("/guilds/{guild}/channels")).ok().json();
        let channels = list["channels"].as_array().expect("channels");
        channels.iter().map(|channel| channel["channel_id"].as_str().expect("channel_id").to_owned()).collect()
    }

    /// The id of the seeded member role: what a new guild hands out at join (PRM-7).
    #[track_caller]
    pub(crate) fn member_role(&self, guild: &str) -> String {
        let details = self.get(&format!("/guilds/{guild}")).ok().json();
        details["default_join_role_id"].as_str().expect("a default join role").to_owned()
    }

    /// A text channel in a private guild of this user alone, made at the first call: where sentinels are posted.
    #[track_caller]
    pub(crate) fn own_room(&self) -> Room {
        self.own_room
            .get_or_init(|| {
                let guild = self.create_guild("sentinels", "private");
                self.create_text(&guild, "sentinels")
            })
            .clone()
    }

    // --- gateway ---

    /// A dial with the token in the query.
    pub(crate) fn dial(&self) -> Dial {
        self.dial_without_token().query("access_token", &self.access_token)
    }

    /// A dial without any token.
    pub(crate) fn dial_without_token(&self) -> Dial {
        let dial = Dial::new(self.http.address(), &self.name);
        match &self.forwarded_for {
            Some(address) => dial.header(FORWARDED_FOR, address),
            None => dial,
        }
    }

    /// A dial that asks for batches with cursors: a connection R of §18.10.
    pub(crate) fn dial_resumable(&self) -> Dial {
        self.dial().query("features", "batch,resume")
    }

    /// A dial to a stream of Server-Sent Events.
    pub(crate) fn dial_stream(&self) -> Dial {
        self.dial_without_token().path("/gateway/sse").query("access_token", &self.access_token)
    }

    /// Opens a connection of the present [`Form`] and takes its `ready`.
    #[track_caller]
    pub(crate) fn connect(&self) -> Gateway {
        match Form::current() {
            Form::Plain => self.connect_by(self.dial()),
            Form::Resumable => self.connect_resumable(),
            Form::Stream => self.open_stream(&[]),
        }
    }

    /// Opens a stream that is subscribed to these rooms and to the user's own one.
    #[track_caller]
    fn open_stream(&self, rooms: &[&Room]) -> Gateway {
        let own_room = self.own_room();
        let rooms: Vec<&Room> = rooms.iter().copied().chain([&own_room]).collect();
        let name = |dial: Dial, room: &&Room| dial.query("subscribe", &format!("{}:{}", room.guild, room.id));
        let dial = rooms.iter().fold(self.dial_stream(), name);
        let opened = dial.open_stream();
        let mut gateway = opened.unwrap_or_else(|answer| panic!("{}: refused: {answer:?}", self.name));
        assert_eq!(gateway.next().t(), "ready", "GW-10");
        gateway.until_where(|event| {
            assert!(event.t() != "error", "subscribe refused: {}", event.text);
            event.t() == "voice_participant_sync" && event["channel_id"] == *own_room.id
        });
        gateway.hears_sentinels_in(&own_room);
        gateway
    }

    /// Opens a connection R and takes its `ready`.
    #[track_caller]
    pub(crate) fn connect_resumable(&self) -> Gateway {
        self.connect_by(self.dial_resumable())
    }

    /// Opens a connection of this dial and takes its `ready`.
    #[track_caller]
    pub(crate) fn connect_by(&self, dial: Dial) -> Gateway {
        let mut gateway = dial.open().unwrap_or_else(|answer| panic!("{}: refused: {answer:?}", self.name));
        let ready = gateway.next();
        assert_eq!(ready.t(), "ready", "GW-10: first frame {}", ready.text);
        assert_eq!(ready["user_id"], *self.id);
        if let Some(room) = self.own_room.get() {
            gateway.mute(room);
        }
        gateway
    }

    /// Opens a connection of the present [`Form`] and subscribes it.
    #[track_caller]
    pub(crate) fn connect_to(&self, rooms: &[&Room]) -> Gateway {
        if Form::current() == Form::Stream {
            return self.open_stream(rooms);
        }
        let mut gateway = self.connect();
        for room in rooms {
            gateway.subscribe(room);
        }
        gateway
    }
}
