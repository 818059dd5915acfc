//! A client as small as can be: what it knows as JSON, and how an event changes it. Written from the contract's words for events (§4) and
//! answers (§9); it knows no type of this project.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

/// What a client takes in, in this order.
#[derive(Clone, Debug)]
pub(super) enum Record {
    /// An envelope as received.
    Event(Value),
    /// Answers about one guild: `details`, `access`, `roles`, `members`.
    Guild(Value),
    /// The newest page of a channel: `guild_id`, `channel_id`, `messages`.
    Messages(Value),
    /// All of it is forgotten, to be asked for anew.
    Nothing,
}

/// What a client is to ask for after an event.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Wish {
    Guild(String),
    Messages(String, String),
    Everything,
}

/// `guilds` by id, each with what is known of it; `messages` by channel.
#[derive(Clone, Debug)]
pub(super) struct Client {
    me: String,
    pub(super) state: Value,
}

fn text(value: &Value) -> String {
    value.as_str().expect("a text").to_owned()
}

fn list(value: &mut Value) -> &mut Vec<Value> {
    value.as_array_mut().expect("a list")
}

fn is(value: &Value, name: &str, other: &Value) -> bool {
    value[name] == *other
}

impl Client {
    pub(super) fn new(me: String) -> Self {
        Self { me, state: json!({ "guilds": {}, "messages": {} }) }
    }

    pub(super) fn me(&self) -> &str {
        &self.me
    }

    /// Members sorted by name, no white space.
    pub(super) fn canonical(&self) -> String {
        let mut state = self.state.clone();
        state.sort_all_objects();
        state.to_string()
    }

    fn guilds(&mut self) -> &mut Map<String, Value> {
        self.state["guilds"].as_object_mut().expect("an object")
    }

    fn messages(&mut self) -> &mut Map<String, Value> {
        self.state["messages"].as_object_mut().expect("an object")
    }

    pub(super) fn take(&mut self, record: &Record) -> Vec<Wish> {
        match record {
            Record::Event(envelope) => return self.reduce(&envelope["t"], &envelope["d"]),
            Record::Nothing => *self = Self::new(self.me.clone()),
            Record::Guild(answers) => self.load_guild(answers),
            Record::Messages(page) => {
                let mut ascending = page["messages"].as_array().expect("a list").clone();
                ascending.reverse();
                let channel = json!({ "guild_id": page["guild_id"], "list": ascending });
                self.messages().insert(text(&page["channel_id"]), channel);
            }
        }
        Vec::new()
    }

    fn load_guild(&mut self, answers: &Value) {
        let (details, access) = (&answers["details"], &answers["access"]);
        let members = answers["members"].as_array().expect("a list").iter();
        let members: Map<String, Value> =
            members.map(|member| (text(&member["user_id"]), member["role_ids"].clone())).collect();
        let mut guild = json!({ "roles": answers["roles"], "members": members });
        for name in ["name", "visibility", "owner_user_id", "default_join_role_id"] {
            guild[name] = details[name].clone();
        }
        self.guilds().insert(text(&details["guild_id"]), guild);
        self.take_access(access);
    }

    /// What the user may do, and every channel it sees, in order: unless something newer is known.
    fn take_access(&mut self, access: &Value) {
        let Some(guild) = self.guilds().get_mut(access["guild_id"].as_str().expect("an id")) else { return };
        if guild["access_rev"].as_u64() > access["access_rev"].as_u64() {
            return;
        }
        for name in ["access_rev", "role", "permissions"] {
            guild[name] = access[name].clone();
        }
        guild["channels"] = access["channels"].clone();
        for channel in list(&mut guild["channels"]) {
            channel.as_object_mut().expect("an object").remove("position");
        }
    }

    fn forget(&mut self, guild: &Value) {
        self.guilds().remove(guild.as_str().expect("an id"));
        self.messages().retain(|_, channel| !is(channel, "guild_id", guild));
    }

    fn reduce(&mut self, t: &Value, d: &Value) -> Vec<Wish> {
        let (t, id) = (t.as_str().expect("a name"), &d["guild_id"]);
        match t {
            "workspace_unavailable" | "workspace_delete" => self.forget(id),
            "workspace_member_remove" if d["user_id"] == json!(self.me) => self.forget(id),
            "workspace_available" => {
                let known = ["name", "visibility", "owner_user_id"];
                let known: Map<String, Value> =
                    known.into_iter().map(|name| (name.to_owned(), d[name].clone())).collect();
                let mut guild = Value::Object(known);
                guild["channels"] = json!([]);
                guild["members"] = json!({});
                self.guilds().entry(text(id)).or_insert(guild);
                return vec![Wish::Guild(text(id))];
            }
            "subscribed" => {
                let channel = text(&d["channel_id"]);
                if self.messages().contains_key(&channel) {
                    return Vec::new(); // it was there before the connection, and what was missed follows
                }
                self.messages().insert(channel.clone(), json!({ "guild_id": id, "list": [] }));
                return vec![Wish::Messages(text(id), channel)];
            }
            "reset" => {
                let channel = d.get("channel_id").map(text);
                return vec![channel.map_or(Wish::Everything, |channel| Wish::Messages(text(id), channel))];
            }
            "unsubscribed" if d["reason"] != "requested" => {
                let is_gone = |channel_id: &String| d.get("channel_id").is_none_or(|gone| gone == channel_id);
                self.messages().retain(|channel_id, channel| !(is(channel, "guild_id", id) && is_gone(channel_id)));
            }
            "workspace_member_update" if d["user_id"] == json!(self.me) => {
                if let Some(guild) =
                    self.guilds().get_mut(id.as_str().expect("an id")).filter(|it| it["role"].is_string())
                {
                    guild["role"] = d["updated_fields"]["role"].clone();
                }
            }
            "workspace_access_update" => {
                self.take_access(d);
                let seen = d["channels"].as_array().expect("a list").iter().map(|channel| text(&channel["channel_id"]));
                let seen: BTreeSet<String> = seen.collect();
                self.messages().retain(|channel_id, channel| !is(channel, "guild_id", id) || seen.contains(channel_id));
            }
            _ if t.starts_with("message_") => self.reduce_messages(t, d),
            _ => {
                if t == "channel_delete" {
                    self.messages().remove(d["channel_id"].as_str().expect("an id"));
                }
                if let Some(guild) = id.as_str().and_then(|id| self.guilds().get_mut(id)) {
                    reduce_guild(guild, t, d);
                }
            }
        }
        Vec::new()
    }

    fn reduce_messages(&mut self, t: &str, d: &Value) {
        let me = json!(self.me);
        let Some(channel) = self.messages().get_mut(d["channel_id"].as_str().expect("an id")) else { return };
        let messages = list(&mut channel["list"]);
        let known = messages.iter().position(|message| is(message, "message_id", &d["message_id"]));
        match (t, known) {
            ("message_create", None) => {
                let later =
                    messages.iter().position(|message| message["message_id"].as_str() > d["message_id"].as_str());
                messages.insert(later.unwrap_or(messages.len()), d.clone());
            }
            ("message_update", Some(known)) => {
                let (message, fields) = (&mut messages[known], &d["updated_fields"]);
                if d["updated_at_unix"].as_u64() < message["edited_at_unix"].as_u64() {
                    return;
                }
                if message["content"] != fields["content"] {
                    message["edited_at_unix"] = d["updated_at_unix"].clone();
                }
                message["content"] = fields["content"].clone();
                message["markdown_tokens"] = fields["markdown_tokens"].clone();
            }
            ("message_delete", Some(known)) => drop(messages.remove(known)),
            ("message_reaction", Some(known)) => reduce_reactions(list(&mut messages[known]["reactions"]), d, &me),
            _ => {}
        }
    }
}

fn reduce_reactions(reactions: &mut Vec<Value>, d: &Value, me: &Value) {
    let known = reactions.iter().position(|reaction| is(reaction, "emoji", &d["emoji"]));
    let before = known.map(|known| reactions.remove(known));
    if d["count"] == json!(0) {
        return;
    }
    let mut reaction = before.unwrap_or_else(|| json!({ "emoji": d["emoji"], "reacted_by_me": false }));
    let actor = &d["actor_user_id"];
    let mut reactors = reaction["reactor_user_ids"].as_array().cloned().unwrap_or_default();
    reactors.retain(|user| user != actor);
    let is_added = d["operation"] == "add";
    reactors.extend(is_added.then(|| actor.clone()));
    reactors.sort_by(|one, other| one.as_str().cmp(&other.as_str()));
    reaction["count"] = d["count"].clone();
    if reactors.is_empty() {
        reaction.as_object_mut().expect("an object").remove("reactor_user_ids");
    } else {
        reaction["reactor_user_ids"] = json!(reactors);
    }
    if actor == me {
        reaction["reacted_by_me"] = json!(is_added);
    }
    reactions.push(reaction);
    reactions.sort_by(|one, other| one["emoji"].as_str().cmp(&other["emoji"].as_str()));
}

fn reduce_guild(guild: &mut Value, t: &str, d: &Value) {
    match t {
        "workspace_update" => merge(guild, &d["updated_fields"]),
        "workspace_owner_update" => guild["owner_user_id"] = d["owner_user_id"].clone(),
        "workspace_default_role_update" => guild["default_join_role_id"] = d["role_id"].clone(),
        "workspace_member_add"
        | "workspace_member_remove"
        | "workspace_role_assignment_add"
        | "workspace_role_assignment_remove" => reduce_members(guild, t, d),
        _ if t.starts_with("channel_") => reduce_channels(guild, t, d),
        _ if t.starts_with("workspace_role_") => reduce_roles(guild, t, d),
        _ => {}
    }
}

fn merge(into: &mut Value, fields: &Value) {
    for (name, value) in fields.as_object().expect("an object") {
        into[name] = value.clone();
    }
}

fn reduce_members(guild: &mut Value, t: &str, d: &Value) {
    let members = guild["members"].as_object_mut().expect("an object");
    let user = text(&d["user_id"]);
    match t {
        "workspace_member_add" => drop(members.entry(user).or_insert(json!([]))),
        "workspace_member_remove" => drop(members.remove(&user)),
        _ => {
            let Some(held) = members.get_mut(&user).map(list) else { return };
            held.retain(|role| *role != d["role_id"]);
            held.extend((t == "workspace_role_assignment_add").then(|| d["role_id"].clone()));
            held.sort_by(|one, other| one.as_str().cmp(&other.as_str()));
        }
    }
}

fn reduce_channels(guild: &mut Value, t: &str, d: &Value) {
    let channels = list(&mut guild["channels"]);
    let id = d.get("channel_id").unwrap_or(&d["channel"]["channel_id"]);
    let known = channels.iter().position(|channel| is(channel, "channel_id", id));
    match (t, known) {
        ("channel_create", None) => channels.push(d["channel"].clone()),
        ("channel_update", Some(known)) => merge(&mut channels[known], &d["updated_fields"]),
        ("channel_delete", Some(known)) => drop(channels.remove(known)),
        ("channel_reorder", _) => {
            let order = d["channel_ids"].as_array().expect("a list");
            let place =
                |channel: &Value| order.iter().position(|id| is(channel, "channel_id", id)).unwrap_or(order.len());
            channels.sort_by_key(place);
        }
        _ => {}
    }
}

fn reduce_roles(guild: &mut Value, t: &str, d: &Value) {
    if t == "workspace_role_delete" {
        for held in guild["members"].as_object_mut().expect("an object").values_mut() {
            list(held).retain(|role| *role != d["role_id"]);
        }
    }
    let Some(roles) = guild["roles"].as_array_mut() else { return };
    let known = |roles: &[Value], id: &Value| roles.iter().position(|role| is(role, "role_id", id));
    match (t, known(roles, d.get("role_id").unwrap_or(&d["role"]["role_id"]))) {
        ("workspace_role_create", None) => {
            let mut role = json!({ "color_hex": null, "system_key": null });
            merge(&mut role, &d["role"]);
            roles.push(role);
        }
        ("workspace_role_update", Some(known)) => merge(&mut roles[known], &d["updated_fields"]),
        ("workspace_role_delete", Some(known)) => drop(roles.remove(known)),
        ("workspace_role_reorder", _) => {
            for place in d["roles"].as_array().expect("a list") {
                if let Some(known) = known(roles, &place["role_id"]) {
                    roles[known]["position"] = place["position"].clone();
                }
            }
        }
        _ => {}
    }
    // Highest first, then older first (PRM-8): ids ascend with time.
    roles.sort_by_key(|role| (std::cmp::Reverse(role["position"].as_u64()), text(&role["role_id"])));
}
