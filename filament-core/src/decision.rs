//! A decision, and its sealing: every event encoded and size-checked, once, before anything is written (EMI-4).

use bytes::Bytes;
use filament_protocol::{Event, EventKind};

use crate::{
    access::AccessChange,
    announce::{Announced, Announcement, announce},
    audience::Audience,
    audit::{AuditDecision, AuditRecord},
    denial::Denial,
    entry::{SealedBody, SealedEvent},
    facts::Facts,
    mutation::Mutation,
    permission::Granted,
};

/// What `decide` answers: the outcome for the caller and the mutations that make it true. No mutation means nothing changed.
#[derive(Debug)]
pub struct Decision<R> {
    granted: Granted,
    outcome: Result<R, Denial>,
    mutations: Vec<Mutation>,
}

impl<R> Decision<R> {
    /// Nothing changes; the caller gets `reply` (EMI-1).
    #[must_use]
    pub const fn unchanged(granted: Granted, reply: R) -> Self {
        Self { granted, outcome: Ok(reply), mutations: Vec::new() }
    }

    /// These mutations happen, in this order; the caller gets `reply`.
    #[must_use]
    pub fn change(granted: Granted, mutations: impl IntoIterator<Item = Mutation>, reply: R) -> Self {
        Self { granted, outcome: Ok(reply), mutations: mutations.into_iter().collect() }
    }

    /// The caller is refused, and the refusal itself leaves a trace: a revoked session, an audit record.
    #[must_use]
    pub fn refusal(granted: Granted, mutations: impl IntoIterator<Item = Mutation>, denial: Denial) -> Self {
        Self { granted, outcome: Err(denial), mutations: mutations.into_iter().collect() }
    }

    /// The refusal that the caller gets although something is written, if that was decided.
    #[must_use]
    pub const fn denial(&self) -> Option<&Denial> {
        match &self.outcome {
            Ok(_) => None,
            Err(denial) => Some(denial),
        }
    }

    /// The mutations decided.
    #[must_use]
    pub fn mutations(&self) -> &[Mutation] {
        &self.mutations
    }
}

/// A decision whose events are encoded: the only thing a store commits. Made by [`seal`] alone.
#[derive(Debug)]
pub struct Sealed<R> {
    outcome: Result<R, Denial>,
    parts: SealedParts,
}

/// What a store writes in one transaction (FEN-1).
#[derive(Debug, Default)]
pub struct SealedParts {
    /// State changes, in order.
    pub mutations: Vec<Mutation>,
    /// Audit rows.
    pub audit: Vec<AuditRecord>,
    /// Access changes of the journal entry.
    pub access: Vec<AccessChange>,
    /// Events of the journal entry.
    pub events: Vec<SealedEvent>,
}

impl SealedParts {
    /// Whether there is anything to write.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.mutations.is_empty()
    }

    /// Whether a journal entry is written: something is heard or access changes.
    #[must_use]
    pub const fn has_entry(&self) -> bool {
        !(self.access.is_empty() && self.events.is_empty())
    }
}

impl<R> Sealed<R> {
    /// What is to be written, and the answer for the caller once it is.
    pub fn into_parts(self) -> (SealedParts, Result<R, Denial>) {
        (self.parts, self.outcome)
    }
}

/// Announces and encodes a decision.
///
/// # Errors
/// [`Denial::EventTooLarge`] when one of its durable events exceeds `event_bytes_max`: then nothing is written.
pub fn seal<R>(decision: Decision<R>, facts: &Facts, event_bytes_max: usize) -> Result<Sealed<R>, Denial> {
    let Decision { granted: _proof, outcome, mutations } = decision;
    let mut parts = SealedParts::default();
    for (index, mutation) in mutations.iter().enumerate() {
        let Announcement { events, access, audit } = announce(mutation, facts.stamp(), index);
        for announced in events {
            parts.events.push(sealed(announced, event_bytes_max)?);
        }
        parts.access.extend(access);
        match audit {
            AuditDecision::Record(record) => parts.audit.push(record),
            AuditDecision::Records(records) => parts.audit.extend(records),
            AuditDecision::Silent(_reason) => {}
        }
    }
    parts.mutations = mutations;
    Ok(Sealed { outcome, parts })
}

fn sealed(announced: Announced, event_bytes_max: usize) -> Result<SealedEvent, Denial> {
    match announced {
        Announced::Event { event, audience, plain_only } => {
            let body = SealedBody::Shared(encode(&event, event_bytes_max)?);
            Ok(SealedEvent { kind: event.kind(), audience, plain_only, body })
        }
        Announced::ByAudit { with_actor, without_actor, audience } => Ok(SealedEvent {
            kind: with_actor.kind(),
            audience,
            plain_only: false,
            body: SealedBody::ByAudit {
                with_actor: encode(&with_actor, event_bytes_max)?,
                without_actor: encode(&without_actor, event_bytes_max)?,
            },
        }),
        Announced::OwnRemoval { removal, audience } => Ok(SealedEvent {
            kind: EventKind::WorkspaceMemberRemove,
            audience,
            plain_only: true,
            body: SealedBody::OwnRemoval(removal),
        }),
        Announced::ToPeers { event, user_id, peers } => Ok(SealedEvent {
            kind: event.kind(),
            audience: Audience::Peers(user_id),
            plain_only: false,
            body: SealedBody::Peers { text: encode(&event, event_bytes_max)?, peers },
        }),
        Announced::ChannelOrder { order, audience } => Ok(SealedEvent {
            kind: EventKind::ChannelReorder,
            audience,
            plain_only: false,
            body: SealedBody::ChannelOrder(order),
        }),
    }
}

fn encode(event: &Event, event_bytes_max: usize) -> Result<Bytes, Denial> {
    let mut bytes = Vec::with_capacity(512);
    event.encode_into(&mut bytes).map_err(|_| Denial::EventTooLarge { bytes: usize::MAX, limit: event_bytes_max })?;
    if bytes.len() > event_bytes_max {
        return Err(Denial::EventTooLarge { bytes: bytes.len(), limit: event_bytes_max });
    }
    Ok(Bytes::from(bytes))
}
