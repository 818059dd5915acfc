//! No mutation without permission, on random guilds, judged by an evaluator that shares no code with the crate.

use std::sync::Arc;

use filament_core::{
    Command, Denial, Fact, Facts, Limits, Need, ReactionState, StampSource, StoredMessage,
    decide::{
        channel::{CreateChannel, DeleteChannel, ReorderChannels, UpdateChannel},
        guild::{LeaveGuild, UpdateGuild},
        message::{CreateMessage, DeleteMessage, EditMessage},
        reaction::{AddReaction, ReactionTarget, RemoveReaction},
    },
    permission::{Subject, channel_permissions, guild_permissions},
};
use filament_protocol::{
    ChannelId, ChannelKind, ChannelName, Emoji, GuildId, GuildName, MessageContent, MessageId, Permission, Timestamp,
    UserId,
};
use proptest::prelude::*;

use crate::world::{CALLER, OTHER, World, world};

/// Answers a plan from the world; a message of `author` stands in every channel.
fn facts(world: &World, command: &impl Command<Caller = filament_core::Actor>, author: u128) -> Facts {
    let plan = command.plan(world.caller);
    let fact = |need: &Need| match need {
        Need::Guild(_) => Fact::Guild(Some(Arc::clone(&world.graph))),
        Need::Member(_, user_id) => {
            Fact::Member(world.membership.clone().filter(|membership| membership.user_id == *user_id))
        }
        Need::Message(channel_id, message_id) => Fact::Message(Some(message(*channel_id, *message_id, author))),
        Need::Reactions(..) => Fact::Reactions(Vec::new()),
        Need::Reaction(..) => Fact::Reaction(ReactionState {
            held: author == CALLER,
            count: 1,
            distinct_emoji: 1,
            lowest_reactors: vec![],
        }),
        other => panic!("no command here needs {other:?}"),
    };
    let loaded = plan.needs().iter().map(fact).collect();
    Facts::new(StampSource::after(0).next(1_800_000_000_000, 9), plan, loaded)
}

fn message(channel_id: ChannelId, message_id: MessageId, author: u128) -> StoredMessage {
    StoredMessage {
        message_id,
        guild_id: GuildId::from_u128(10),
        channel_id,
        author_id: UserId::from_u128(author),
        content: MessageContent::new("as it was").expect("message text"),
        attachments: Vec::new(),
        created_at: Timestamp::new(1_700_000_000).expect("in range"),
        edited_at: None,
    }
}

/// Decides and compares: mutations exactly if the oracle allows it; a refusal has none by type.
fn agree(
    world: &World,
    command: &impl Command<Caller = filament_core::Actor>,
    author: u128,
    allowed: bool,
) -> Result<(), TestCaseError> {
    match command.decide(world.caller, &facts(world, command, author), &Limits::default()) {
        Ok(decision) => {
            prop_assert_eq!(!decision.mutations().is_empty(), allowed, "decided {:?}", decision.mutations());
        }
        Err(denial) => prop_assert!(!allowed, "refused with {denial:?} what is allowed"),
    }
    Ok(())
}

fn text(text: &str) -> MessageContent {
    MessageContent::new(text).expect("message text")
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    /// Proves PE-0 to PE-8: every permission, in every channel and at guild level, as the independent evaluator says.
    #[test]
    fn resolution_equals_the_independent_evaluator(world in world()) {
        let subject = Subject {
            user_id: world.caller.user_id,
            is_server_owner: world.caller.is_server_owner,
            membership: world.membership.as_deref(),
        };
        for permission in Permission::ALL.iter().copied() {
            let at_guild = guild_permissions(&world.graph, subject).contains(permission);
            prop_assert_eq!(at_guild, world.caller_can(permission, None));
            for channel in &world.graph.channels {
                let in_channel = channel_permissions(&world.graph, channel, subject).contains(permission);
                prop_assert_eq!(in_channel, world.caller_can(permission, Some(channel.channel_id)));
            }
        }
    }

    /// Proves PE-8 and the access columns of §9.8 and §9.9: a decision has mutations exactly if the evaluator allows the command.
    #[test]
    fn mutations_only_with_permission(world in world(), nth in 0..4_usize, own in any::<bool>()) {
        let guild_id = world.graph.guild_id;
        let channel_id = World::channel_id(nth); // the fourth does not exist
        let message_id = MessageId::from_u128(5);
        let author = if own { CALLER } else { OTHER };
        let can = |permission| world.caller_can(permission, Some(channel_id));
        let sees = can(Permission::CreateMessage);
        let moderates = sees && (own || can(Permission::DeleteMessage));

        let create = CreateMessage { guild_id, channel_id, content: text("new"), attachment_ids: vec![], idempotency_key: None };
        agree(&world, &create, author, sees)?;
        agree(&world, &EditMessage { guild_id, channel_id, message_id, content: text("new") }, author, moderates)?;
        agree(&world, &DeleteMessage { guild_id, channel_id, message_id }, author, moderates)?;
        let target = ReactionTarget { guild_id, channel_id, message_id, emoji: Emoji::new("x").expect("an emoji") };
        agree(&world, &AddReaction(target.clone()), author, sees && !own)?; // `own` also means: held already
        agree(&world, &RemoveReaction(target), author, sees && own)?;

        let name = ChannelName::new("another").expect("a channel name");
        let manages = can(Permission::ManageChannelOverrides);
        agree(&world, &UpdateChannel { guild_id, channel_id, name: name.clone() }, author, manages)?;
        agree(&world, &DeleteChannel { guild_id, channel_id }, author, manages)?;
        let manages_all = world.caller_can(Permission::ManageChannelOverrides, None);
        agree(&world, &CreateChannel { guild_id, name, kind: ChannelKind::Text, overrides: vec![] }, author, manages_all)?;
        let reorder = ReorderChannels { guild_id, channel_ids: vec![World::channel_id(2), World::channel_id(0)] };
        agree(&world, &reorder, author, manages_all)?;

        let rename = UpdateGuild { guild_id, name: Some(GuildName::new("another").expect("a guild name")), visibility: None };
        agree(&world, &rename, author, world.caller_can(Permission::ManageRoles, None))?;
        agree(&world, &LeaveGuild { guild_id }, author, world.membership.is_some())?;
    }

    /// Proves HTTP-9: unknown guild and guild one is not in are one answer; unknown and hidden channel are two.
    #[test]
    fn refusals_say_no_more_than_they_may(world in world(), nth in 0..4_usize) {
        let channel_id = World::channel_id(nth);
        let create = CreateMessage {
            guild_id: world.graph.guild_id, channel_id, content: text("new"), attachment_ids: vec![], idempotency_key: None,
        };
        let refused = create.decide(world.caller, &facts(&world, &create, OTHER), &Limits::default()).err();
        let expected = if world.membership.is_none() && !world.caller.is_server_owner {
            Some(Denial::NotMember)
        } else if nth == 3 {
            Some(Denial::NotFound("channel"))
        } else if !world.caller_can(Permission::CreateMessage, Some(channel_id)) {
            Some(Denial::MissingPermission)
        } else {
            None
        };
        prop_assert_eq!(refused, expected);
    }
}
