//! Where the talk happens: a text channel of a guild, found by name or made.

use crate::api::{Api, Failure, Refused};
use filament_protocol::rest::{ChannelList, GuildList, JoinAnswer};
use filament_protocol::{Channel, ChannelId, ChannelKind, Guild, GuildId};
use serde_json::json;
use std::time::Duration;

/// How often, and how far apart, to look for a channel that this user may not make: somebody may be about to.
const LOOKS_MAX: u32 = 20;
const LOOK_PAUSE: Duration = Duration::from_millis(250);

/// A channel and its guild.
#[derive(Clone, Copy)]
pub(crate) struct Room {
    pub(crate) guild_id: GuildId,
    pub(crate) channel_id: ChannelId,
}

impl Room {
    /// Enters the guild and channel of these names: the user's own, else public ones, else new ones.
    pub(crate) async fn enter(api: &Api, guild: &str, channel: &str) -> Result<Self, Failure> {
        let guild_id = guild_named(api, guild).await?;
        Ok(Self { guild_id, channel_id: channel_named(api, guild_id, channel).await? })
    }

    /// The path of the channel's messages.
    pub(crate) fn messages(&self) -> String {
        format!("/guilds/{}/channels/{}/messages", self.guild_id, self.channel_id)
    }
}

async fn guild_named(api: &Api, name: &str) -> Result<GuildId, Failure> {
    let find = |list: GuildList| list.guilds.into_iter().find(|guild| guild.name.as_str() == name);
    if let Some(guild) = find(api.get("/guilds").await?) {
        return Ok(guild.guild_id);
    }
    let query: String = name.bytes().map(|byte| format!("%{byte:02X}")).collect();
    if let Some(guild) = find(api.get(&format!("/guilds/public?limit=50&q={query}")).await?) {
        let joined: JoinAnswer = api.post(&format!("/guilds/{}/join", guild.guild_id), None, None).await?;
        return Ok(joined.guild_id);
    }
    let body = json!({ "name": name, "visibility": "public" });
    Ok(api.post::<Guild>("/guilds", None, Some(&body)).await?.guild_id)
}

async fn channel_named(api: &Api, guild_id: GuildId, name: &str) -> Result<ChannelId, Failure> {
    let path = format!("/guilds/{guild_id}/channels");
    let mut looks = 1;
    loop {
        let mut channels = api.get::<ChannelList>(&path).await?.channels;
        channels.retain(|channel| channel.kind == ChannelKind::Text && channel.name.as_str() == name);
        if let Some(found) = channels.first() {
            return Ok(found.channel_id);
        }
        match api.post::<Channel>(&path, None, Some(&json!({ "name": name }))).await {
            Ok(made) => return Ok(made.channel_id),
            Err(error) => match error.downcast_ref::<Refused>() {
                Some(refused) if refused.status == 403 && looks < LOOKS_MAX => looks += 1,
                _ => return Err(error),
            },
        }
        tokio::time::sleep(LOOK_PAUSE).await;
    }
}
