//! Tokens for the media server, and what is stored of who is in which voice channel (contract §12).

use filament_protocol::{ChannelId, GuildId, Permission, UserId, Username};

use super::{Command, Limits, admission, admit};
use crate::{
    actor::{Actor, Anonymous},
    decision::Decision,
    denial::Denial,
    facts::{FactPlan, Facts, Need},
    limits::STAYS_PER_COMMAND_MAX,
    mutation::Mutation,
    permission::{Granted, Requirement},
    voice::{VoiceGrants, VoiceRecord},
};

/// Asks for a token for a voice channel. Whether there is room for its holder is not known here: voice tracking says it (VOI-9).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct IssueVoiceToken {
    /// The guild.
    pub guild_id: GuildId,
    /// The channel.
    pub channel_id: ChannelId,
    /// What is asked for.
    pub wanted: VoiceGrants,
}

/// What the token may say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VoiceTokenGrant {
    /// The holder's name.
    pub username: Username,
    /// What it grants.
    pub grants: VoiceGrants,
}

impl Command for IssueVoiceToken {
    type Caller = Actor;
    type Reply = VoiceTokenGrant;

    fn plan(&self, actor: Actor) -> FactPlan {
        FactPlan::of(admission(self.guild_id, &actor).into_iter().chain([Need::User(actor.user_id)]))
    }

    fn decide(&self, actor: Actor, facts: &Facts, _limits: &Limits) -> Result<Decision<VoiceTokenGrant>, Denial> {
        facts.pass_gate(self.guild_id, &actor)?;
        let gate = Requirement::Channel(self.channel_id, Permission::CreateMessage);
        let admitted = admit(facts, self.guild_id, &actor, gate)?;
        let grants = self.wanted.for_caller(admitted.graph, admitted.subject, self.channel_id)?;
        let user = facts.user(&Need::User(actor.user_id))?.ok_or(Denial::NotFound("user"))?;
        let issue = Mutation::IssueMediaToken {
            guild_id: self.guild_id,
            user_id: actor.user_id,
            issued_at: facts.stamp().now(),
        };
        let reply = VoiceTokenGrant { username: user.username.clone(), grants };
        Ok(Decision::change(admitted.granted, [issue], reply))
    }
}

/// Stores what voice tracking has come to for some users (VOI-8). The server's own command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeepStays {
    /// Their stays, at most one per user; with those gone at most [`STAYS_PER_COMMAND_MAX`].
    pub kept: Vec<VoiceRecord>,
    /// Users who are in no voice channel any more.
    pub gone: Vec<UserId>,
}

impl Command for KeepStays {
    type Caller = Anonymous;
    type Reply = ();

    fn plan(&self, _: Anonymous) -> FactPlan {
        FactPlan::default()
    }

    fn decide(&self, _: Anonymous, _facts: &Facts, _limits: &Limits) -> Result<Decision<()>, Denial> {
        let granted = Granted::to_everyone();
        match self.kept.len() + self.gone.len() {
            0 => Ok(Decision::unchanged(granted, ())),
            1..=STAYS_PER_COMMAND_MAX => {
                let keep = Mutation::KeepStays { kept: self.kept.clone(), gone: self.gone.clone() };
                Ok(Decision::change(granted, [keep], ()))
            }
            _ => Err(Denial::Invalid("too many stays at once")),
        }
    }
}
