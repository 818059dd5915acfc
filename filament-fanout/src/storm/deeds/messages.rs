//! Messages and reactions.

use std::collections::{BTreeMap, BTreeSet};

use filament_core::decide::{
    message::{CreateMessage, DeleteMessage, EditMessage},
    reaction::{AddReaction, ReactionTarget, RemoveReaction},
};
use filament_protocol::{ChannelId, Emoji, MessageContent, MessageId, Permission, UserId, event::ReactionOperation};
use proptest::sample::Index;

use super::{Act, Post};
use crate::storm::{
    op::Deed,
    rights::can,
    said::{Audience, Said},
};

impl Act<'_> {
    pub(super) fn run_on_messages(&mut self, deed: &Deed) -> Option<Vec<Said>> {
        let (guild_id, user) = (self.guild, self.actor.user_id);
        let content = MessageContent::new(format!("text {}", self.label)).expect("a text");
        if let Deed::Post(nth) = *deed {
            let channel_id = self.channel(nth)?;
            let command =
                CreateMessage { guild_id, channel_id, content, attachment_ids: Vec::new(), idempotency_key: None };
            let posted = self.commit(None, command);
            assert_eq!(
                posted.is_some(),
                self.may(channel_id, user, None),
                "who sees a channel writes there, nobody else"
            );
            let id = posted?.message.message_id;
            let post = Post { channel: channel_id, author: user, reactors: BTreeSet::new() };
            self.storm.posts.insert(id, post);
            return Some(vec![
                self.to_subscribers(channel_id, format!("message_create {channel_id} {id} from {user}")),
            ]);
        }
        let (Deed::Edit(nth) | Deed::DeleteMessage(nth) | Deed::React(nth, _)) = *deed else {
            unreachable!("{deed:?}")
        };
        let (message_id, Post { channel: channel_id, author, mut reactors }) = self.message(nth)?;
        let named = format!("{channel_id} {message_id}");
        match *deed {
            Deed::Edit(_) => {
                let edited = self.commit(None, EditMessage { guild_id, channel_id, message_id, content });
                assert_eq!(
                    edited.is_some(),
                    self.may(channel_id, user, Some(author)),
                    "authors and holders of delete_message"
                );
                edited?;
                Some(vec![self.to_subscribers(channel_id, format!("message_update {named}"))])
            }
            Deed::DeleteMessage(_) => {
                let deleted = self.commit(None, DeleteMessage { guild_id, channel_id, message_id });
                assert_eq!(
                    deleted.is_some(),
                    self.may(channel_id, user, Some(author)),
                    "authors and holders of delete_message"
                );
                deleted?;
                self.storm.posts.remove(&message_id);
                Some(vec![self.to_subscribers(channel_id, format!("message_delete {named}"))])
            }
            Deed::React(_, on) => {
                let changes = reactors.contains(&user) != on;
                let emoji = Emoji::new("+").expect("an emoji");
                let target = ReactionTarget { guild_id, channel_id, message_id, emoji };
                let reacted =
                    if on { self.commit(None, AddReaction(target)) } else { self.commit(None, RemoveReaction(target)) };
                assert_eq!(
                    reacted.is_some(),
                    changes && self.may(channel_id, user, None),
                    "who sees a channel reacts there"
                );
                reacted?;
                let (operation, count) = if on {
                    reactors.insert(user);
                    (ReactionOperation::Add, reactors.len())
                } else {
                    reactors.remove(&user);
                    (ReactionOperation::Remove, reactors.len())
                };
                self.storm.posts.get_mut(&message_id).expect("picked").reactors = reactors;
                let text = format!("message_reaction {named} + {operation} {count} by {user}");
                Some(vec![self.to_subscribers(channel_id, text)])
            }
            ref other => unreachable!("{other:?}"),
        }
    }

    fn to_subscribers(&self, channel: ChannelId, text: String) -> Said {
        Said::to(Audience::Subscribers(self.guild, channel), text)
    }

    /// Whether a user may write in a channel, or change what somebody wrote there.
    fn may(&self, channel: ChannelId, user: UserId, author: Option<UserId>) -> bool {
        let holds = |right| can(&self.next, user, right, self.guild, Some(channel));
        let is_own = author.is_none_or(|author| author == user);
        let address = self.actor.address.expect("all come from somewhere");
        let enters = !self.next.stops(self.guild, user, address, self.storm.now());
        enters && holds(Permission::CreateMessage) && (is_own || holds(Permission::DeleteMessage))
    }

    /// A message of the guild that still exists.
    fn message(&self, nth: Index) -> Option<(MessageId, Post)> {
        let channels = self.channels();
        let posts = self.storm.posts.iter().filter(|(_, post)| channels.contains(&post.channel));
        let posts: BTreeMap<_, _> = posts.collect();
        let (id, post) = posts.iter().nth(nth.index(posts.len().max(1)))?;
        Some((**id, Post::clone(post)))
    }
}
