//! Streams, and what a token lets its holder do with them (contract §12.2).

use std::fmt;

use filament_protocol::{ChannelId, ChannelKind, Permission, Permissions, record::StreamKind, rest::IssueVoiceToken};

use crate::{
    denial::Denial,
    permission::{GuildGraph, Subject, channel_permissions},
};

/// A set of kinds of streams.
#[derive(Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct Streams(u8);

impl Streams {
    /// None.
    pub const EMPTY: Self = Self(0);

    const fn bit(stream: StreamKind) -> u8 {
        1 << stream as u8
    }

    /// The stored form; unknown bits are dropped.
    #[must_use]
    pub fn from_bits(bits: u8) -> Self {
        StreamKind::ALL.iter().copied().filter(|stream| bits & Self::bit(*stream) != 0).collect()
    }

    /// The stored form: microphone 1, camera 2, screen_share 4.
    #[must_use]
    pub const fn bits(self) -> u8 {
        self.0
    }

    /// Whether a kind is in it.
    #[must_use]
    pub const fn contains(self, stream: StreamKind) -> bool {
        self.0 & Self::bit(stream) != 0
    }

    /// Whether it is empty.
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// With that kind, or without.
    #[must_use]
    pub const fn set(self, stream: StreamKind, is_in: bool) -> Self {
        let bit = Self::bit(stream);
        Self(if is_in { self.0 | bit } else { self.0 & !bit })
    }

    /// What is in either.
    #[must_use]
    pub const fn union(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// What is in this and not in the other.
    #[must_use]
    pub const fn difference(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }

    /// The kinds in the order in which streams are told (VOI-20): microphone, camera, screen_share.
    pub fn iter(self) -> impl Iterator<Item = StreamKind> {
        StreamKind::ALL.iter().copied().filter(move |stream| self.contains(*stream))
    }
}

impl FromIterator<StreamKind> for Streams {
    fn from_iter<I: IntoIterator<Item = StreamKind>>(streams: I) -> Self {
        streams.into_iter().fold(Self::EMPTY, |set, stream| set.set(stream, true))
    }
}

impl fmt::Debug for Streams {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_set().entries(self.iter()).finish()
    }
}

/// What a token grants.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct VoiceGrants {
    /// Receiving streams.
    pub can_subscribe: bool,
    /// Publishing these.
    pub sources: Streams,
}

/// Receiving, in the stored form of grants.
const RECEIVE: u8 = 8;

/// The right a source needs in the channel.
const fn right(source: StreamKind) -> Permission {
    match source {
        StreamKind::Microphone => Permission::CreateMessage,
        StreamKind::Camera => Permission::PublishVideo,
        StreamKind::ScreenShare => Permission::PublishScreenShare,
    }
}

impl VoiceGrants {
    /// What a request asks for; `None` if that is nothing.
    #[must_use]
    pub fn wanted(request: &IssueVoiceToken) -> Option<Self> {
        let sources = if request.wants_publish() { request.wanted_sources() } else { &[] };
        let wanted = Self { can_subscribe: request.wants_subscribe(), sources: sources.iter().copied().collect() };
        (!wanted.is_nothing()).then_some(wanted)
    }

    /// The part of it that the rights in the channel allow; `None` if that is nothing.
    #[must_use]
    pub fn within(self, rights: Permissions) -> Option<Self> {
        if !rights.contains(Permission::CreateMessage) {
            return None;
        }
        let can_subscribe = self.can_subscribe && rights.contains(Permission::SubscribeStreams);
        let sources = self.sources.iter().filter(|source| rights.contains(right(*source))).collect();
        let granted = Self { can_subscribe, sources };
        (!granted.is_nothing()).then_some(granted)
    }

    /// The part of it that a caller may be granted in a channel (§12.2).
    ///
    /// # Errors
    /// [`Denial::NotFound`] for an unknown channel, [`Denial::MissingPermission`] for a hidden one, [`Denial::Invalid`] for one of another
    /// kind, [`Denial::MissingPermission`] when nothing of it is allowed.
    pub fn for_caller(self, graph: &GuildGraph, subject: Subject<'_>, channel_id: ChannelId) -> Result<Self, Denial> {
        let channel = graph.channel(channel_id).ok_or(Denial::NotFound("channel"))?;
        let rights = channel_permissions(graph, channel, subject);
        if rights.is_empty() {
            return Err(Denial::MissingPermission);
        }
        if channel.kind != ChannelKind::Voice {
            return Err(Denial::Invalid("this is no voice channel"));
        }
        self.within(rights).ok_or(Denial::MissingPermission)
    }

    /// Everything the rights in a channel allow; `None` if they do not cover a join.
    #[must_use]
    pub fn widest(rights: Permissions) -> Option<Self> {
        Self { can_subscribe: true, sources: StreamKind::ALL.iter().copied().collect() }.within(rights)
    }

    /// Whether the rights in the channel still cover all of it (VOI-5).
    #[must_use]
    pub fn covered_by(self, rights: Permissions) -> bool {
        self.within(rights) == Some(self)
    }

    /// The stored form: the streams' bits, and 8 for receiving.
    #[must_use]
    pub const fn bits(self) -> u8 {
        self.sources.bits() | if self.can_subscribe { RECEIVE } else { 0 }
    }

    /// From the stored form.
    #[must_use]
    pub fn from_bits(bits: u8) -> Self {
        Self { can_subscribe: bits & RECEIVE != 0, sources: Streams::from_bits(bits) }
    }

    /// Whether it lets publish anything.
    #[must_use]
    pub const fn can_publish(self) -> bool {
        !self.sources.is_empty()
    }

    const fn is_nothing(self) -> bool {
        !self.can_subscribe && self.sources.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ask(can_publish: Option<bool>, can_subscribe: Option<bool>, sources: Option<&[StreamKind]>) -> IssueVoiceToken {
        IssueVoiceToken { can_publish, can_subscribe, publish_sources: sources.map(<[_]>::to_vec) }
    }

    const MICROPHONE: StreamKind = StreamKind::Microphone;
    const CAMERA: StreamKind = StreamKind::Camera;

    /// Proves the defaults of §9.11 and "nothing requested" of §12.2.
    #[test]
    fn a_request_asks_for_the_microphone_unless_it_says_otherwise() {
        let microphone = Streams::from_iter([MICROPHONE]);
        let only = |sources| Some(VoiceGrants { can_subscribe: false, sources });
        assert_eq!(VoiceGrants::wanted(&ask(None, None, None)), only(microphone));
        assert_eq!(VoiceGrants::wanted(&ask(Some(true), None, Some(&[CAMERA]))), only(Streams::from_iter([CAMERA])));
        assert_eq!(VoiceGrants::wanted(&ask(None, None, Some(&[]))), None);
        assert_eq!(VoiceGrants::wanted(&ask(Some(false), None, Some(&[CAMERA]))), None);
        let receive = VoiceGrants { can_subscribe: true, sources: Streams::EMPTY };
        assert_eq!(VoiceGrants::wanted(&ask(Some(false), Some(true), None)), Some(receive));
    }

    /// Proves the effective sources of §12.2 and the cover of VOI-5.
    #[test]
    fn grants_are_what_is_wanted_and_allowed() {
        let rights = |list: &[Permission]| list.iter().copied().collect::<Permissions>();
        let all = VoiceGrants { can_subscribe: true, sources: StreamKind::ALL.iter().copied().collect() };
        let gate = rights(&[Permission::CreateMessage]);
        let granted = all.within(gate).expect("the microphone");
        assert_eq!(granted, VoiceGrants { can_subscribe: false, sources: Streams::from_iter([MICROPHONE]) });
        assert!(granted.covered_by(gate) && granted.can_publish());
        assert_eq!(
            all.within(rights(&[Permission::PublishVideo, Permission::SubscribeStreams])),
            None,
            "without the gate"
        );
        let camera = VoiceGrants { can_subscribe: false, sources: Streams::from_iter([CAMERA]) };
        assert_eq!(camera.within(gate), None, "nothing of it");
        for lost in [Permission::PublishVideo, Permission::PublishScreenShare, Permission::SubscribeStreams] {
            let left: Permissions = Permission::ALL.iter().copied().filter(|held| *held != lost).collect();
            assert!(all.covered_by(Permissions::ALL) && !all.covered_by(left), "{lost:?}");
        }
    }

    #[test]
    fn streams_keep_their_order_and_their_bits() {
        let all = Streams::from_iter([StreamKind::ScreenShare, CAMERA, MICROPHONE]);
        assert_eq!(all.iter().collect::<Vec<_>>(), StreamKind::ALL);
        assert_eq!((all.bits(), Streams::from_bits(0xFF)), (7, all));
        assert_eq!(all.difference(all.set(CAMERA, false)), Streams::from_iter([CAMERA]));
        for bits in 0..16 {
            assert_eq!(VoiceGrants::from_bits(bits).bits(), bits);
        }
        assert_eq!(format!("{:?}", Streams::from_iter([CAMERA])), "{Camera}");
    }
}
