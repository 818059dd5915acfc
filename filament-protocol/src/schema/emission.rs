//! What the documents say of each event beyond its payload: when it is sent, who knew it before, how it is merged.

use crate::command::CommandKind;
use crate::event::EventKind;

/// One event, as documents describe it.
#[derive(Clone, Copy, Debug)]
pub struct Emission {
    /// Section of the contract.
    pub section: &'static str,
    /// Whether clients written for the plain gateway know it.
    pub is_known_to_v1: bool,
    /// In which case it is sent, as the end of "sent when …".
    pub when: &'static str,
    /// What else a reader should know; may be empty.
    pub notes: &'static str,
}

const fn row(section: &'static str, is_known_to_v1: bool, when: &'static str) -> Emission {
    Emission { section, is_known_to_v1, when, notes: "" }
}

/// Known to clients written for the plain gateway.
const fn old(section: &'static str, when: &'static str) -> Emission {
    row(section, true, when)
}

/// Ignored by clients written for the plain gateway.
const fn new(section: &'static str, when: &'static str) -> Emission {
    row(section, false, when)
}

impl Emission {
    const fn notes(self, notes: &'static str) -> Self {
        Self { notes, ..self }
    }
}

impl EventKind {
    /// Returns what documents say of the event.
    #[must_use]
    pub const fn emission(self) -> Emission {
        match self {
            Self::Ready => old("4.2", "the connection is open: the first frame, exactly once")
                .notes("A client takes its own user id from here. Nothing is delivered before it."),
            Self::Subscribed => old("4.2", "a subscribe was accepted, a repeated one included").notes(
                "Stands between `presence_sync` and `voice_participant_sync`; every event of the channel \
                        from here on is delivered.",
            ),
            Self::Unsubscribed => new("4.2", "a subscription ended, whoever ended it").notes(
                "Without `channel_id` every subscription in the guild has ended. Access that comes back does \
                        not bring the subscription back.",
            ),
            Self::Error => new("4.2", "a command was refused and the connection stays open")
                .notes("The refused command had no effect at all."),
            Self::PresenceSync => old("4.2", "a subscribe was accepted, or a stream resumed").notes(
                "Replaces everything known about who is online in the guild. With more than 1,024 members \
                        online the list is cut, the receiver's own id first.",
            ),
            Self::VoiceParticipantSync => {
                old("4.2", "a subscribe was accepted, a stream resumed, or the state was repaired").notes(
                    "Replaces everything known about who is in the channel; empty in text channels. Sorted by \
                            `joined_at_unix`, then by identity.",
                )
            }
            Self::Batch => new("4.2", "`batch` was negotiated: it carries every event after `ready`")
                .notes("Never contains another `batch`. `cursor` is there exactly if `resume` was negotiated."),
            Self::Reset => new("4.2", "a stream cannot be resumed without a gap")
                .notes("Without ids the client fetches everything again; with them, that channel."),
            Self::CaughtUp => new("4.2", "a resume is complete; what follows is live"),
            Self::HeartbeatAck => new("4.2", "a heartbeat was received").notes(
                "Travels behind everything queued before it, so it proves the whole way. A client whose \
                        `access_rev` is behind fetches its permissions again.",
            ),
            Self::Closing => new("4.2", "the server ends a stream of Server-Sent Events")
                .notes("What the close frame says on a WebSocket."),
            Self::MessageCreate => old("4.3", "a message was stored, by request or by command")
                .notes("`author_id` is flat: there is no author object. `reactions` is empty."),
            Self::MessageUpdate => old("4.3", "the content changed, or an attachment of the message was deleted")
                .notes(
                    "Content and tokens always come together; `attachments` only if the list changed, and then \
                        complete.",
                ),
            Self::MessageDelete => old("4.3", "a message was removed"),
            Self::MessageReaction => old("4.3", "a reaction was really added or taken back")
                .notes("`count` is the number of users with this emoji right after the change."),
            Self::ChannelCreate => old("4.4", "a channel was created")
                .notes("Plain connections also get it as a notice when a channel became visible to them (CMP-5)."),
            Self::ChannelUpdate => new("4.4", "the name of a channel changed"),
            Self::ChannelDelete => new("4.4", "a channel was removed with everything in it"),
            Self::ChannelReorder => new("4.4", "the order of channels changed in the receiver's own list")
                .notes("Each receiver gets exactly the channels they see."),
            Self::PresenceUpdate => old("13", "a member came online or went offline")
                .notes("Told at most once a second and guild; a state that came back within that time is not told."),
            Self::VoiceParticipantJoin => old("4.5", "somebody joined a voice channel"),
            Self::VoiceParticipantLeave => {
                old("4.5", "somebody left a voice channel").notes("All their streams have ended before it.")
            }
            Self::VoiceParticipantUpdate => old("4.5", "a flag of a participant changed")
                .notes("Ephemeral if `is_speaking` is the only field, live otherwise."),
            Self::VoiceStreamPublish => old("4.5", "a participant began to send a stream"),
            Self::VoiceStreamUnpublish => old("4.5", "a participant stopped sending a stream"),
            Self::WorkspaceUpdate => old("4.6", "name or visibility of a guild changed"),
            Self::WorkspaceDelete => new("4.6", "a guild was deleted"),
            Self::WorkspaceOwnerUpdate => new("4.6", "ownership was transferred"),
            Self::WorkspaceDefaultRoleUpdate => {
                new("4.6", "the role that new members get changed, also by deletion of that role")
            }
            Self::WorkspaceMemberAdd => old("4.6", "somebody became a member")
                .notes("The new member gets it too. The actor of a self-join is the joining user."),
            Self::WorkspaceMemberUpdate => old("4.6", "the derived legacy role of a member changed, by whatever route"),
            Self::WorkspaceMemberRemove => {
                old("4.6", "somebody stopped being a member").notes("There is no actor when the reason is `leave`.")
            }
            Self::WorkspaceMemberBan => old("4.6", "somebody was banned, member or not"),
            Self::WorkspaceMemberUnban => new("4.6", "a ban was lifted"),
            Self::WorkspaceIpBanSync => old("4.6", "at least one ban by address was created or removed")
                .notes("Names no address, no network and no hash of one."),
            Self::WorkspaceRoleCreate => old("4.7", "a role was created"),
            Self::WorkspaceRoleUpdate => old("4.7", "name, permissions or colour of a role changed"),
            Self::WorkspaceRoleDelete => old("4.7", "a role was deleted")
                .notes("Its assignments and overrides are gone with it, without events of their own."),
            Self::WorkspaceRoleReorder => old("4.7", "the order of roles changed")
                .notes("`role_ids` names every role but `everyone` and `workspace_owner`, highest first."),
            Self::WorkspaceRoleAssignmentAdd => {
                old("4.7", "a member got a role, also by default or by transfer of ownership")
            }
            Self::WorkspaceRoleAssignmentRemove => {
                old("4.7", "a role was taken from a member who stays, while the role stays")
            }
            Self::WorkspaceChannelOverrideUpdate => new("4.7", "the stored lists of an override changed").notes(
                "Both lists are complete and disjoint; both empty means that there is no override any more. \
                        `role` is there exactly if the target is the seeded role of that word.",
            ),
            Self::WorkspaceChannelRoleOverrideUpdate => old("4.11", "an override changed or a channel was deleted")
                .notes("Only to plain connections, in restatement of what holds now (CMP-1 to CMP-4)."),
            Self::WorkspaceAvailable => new("4.8", "the receiver became a member of a guild")
                .notes("Stands before every other event of that guild to the receiver."),
            Self::WorkspaceUnavailable => new("4.8", "the receiver stopped being a member of a guild")
                .notes("The last event of that guild to the receiver, `unsubscribed` excepted."),
            Self::WorkspaceAccessUpdate => new(
                "4.8",
                "what the receiver may do in a guild changed through a membership, role, assignment, \
                            override or ownership",
            )
            .notes(
                "Complete, behind the events that caused it, within 250 ms; changes in between are merged. \
                            Not sent for channels created, renamed, deleted or reordered: their own events say it.",
            ),
            Self::ProfileUpdate => {
                old("4.9", "name or about text of a user changed").notes("The two about members come together.")
            }
            Self::ProfileAvatarUpdate => old("4.9", "a user stored a new avatar"),
            Self::ProfileBannerUpdate => old("4.9", "a user stored a new banner"),
            Self::FriendRequestCreate => old("4.9", "a request was stored; the same payload to both sides"),
            Self::FriendRequestUpdate => {
                old("4.9", "a request was accepted; to the acceptor first, then to the sender")
                    .notes("`user_id` is the receiver, `friend_user_id` the other one.")
            }
            Self::FriendRequestDelete => {
                old("4.9", "a request was declined or withdrawn; the same payload to both sides")
            }
            Self::FriendRemove => old("4.9", "a friendship ended; to the actor first, then to the other")
                .notes("`user_id` is the receiver, `friend_user_id` the other one."),
        }
    }
}

impl CommandKind {
    /// Returns the events that answer it, in their order; `error` is the refusal.
    #[must_use]
    pub const fn answers(self) -> &'static [EventKind] {
        match self {
            Self::Subscribe => {
                &[EventKind::PresenceSync, EventKind::Subscribed, EventKind::VoiceParticipantSync, EventKind::Error]
            }
            Self::Unsubscribe => &[EventKind::Unsubscribed, EventKind::Error],
            Self::MessageCreate => &[EventKind::Error],
            Self::Heartbeat => &[EventKind::HeartbeatAck],
        }
    }
}
