//! The closed sets of label values (§15). A value that is in no set here cannot be exposed.

use filament_protocol::{Class, CloseCode, EventKind};

/// A closed set of values of one label, or of several labels that go together.
pub trait Label: Copy + 'static {
    /// How many values there are.
    const COUNT: usize;
    /// The position of the value, below [`COUNT`](Self::COUNT).
    fn index(self) -> usize;
}

/// Declares an enum of label values with their text.
macro_rules! labels {
    ( $( $(#[$meta:meta])* $name:ident { $( $(#[$variant_meta:meta])* $variant:ident = $text:literal, )+ } )+ ) => {
        $(
            $(#[$meta])*
            #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
            pub enum $name {
                $( $(#[$variant_meta])* #[doc = concat!("`", $text, "`")] $variant, )+
            }

            impl $name {
                /// Every value, in the order of the contract.
                pub const ALL: &'static [Self] = &[$(Self::$variant),+];

                /// The text of the value.
                pub const fn name(self) -> &'static str {
                    match self { $( Self::$variant => $text, )+ }
                }
            }

            impl Label for $name {
                const COUNT: usize = Self::ALL.len();
                fn index(self) -> usize {
                    self as usize
                }
            }
        )+
    };
}

labels! {
    /// Why an event did not reach a connection.
    DropReason {
        /// The queue or ephemeral lane had no room:
        FullQueue = "full_queue",
        /// The connection was closed with the event still queued:
        Closed = "closed",
        /// A newer value took its place:
        Coalesced = "coalesced",
        /// The receiver lost access before it was sent:
        Revoked = "revoked",
        /// It would not fit a frame:
        OversizedOutbound = "oversized_outbound",
    }

    /// What was wrong with a client's message.
    ParseRejection {
        /// The envelope:
        InvalidEnvelope = "invalid_envelope",
        /// The payload of `subscribe`:
        InvalidSubscribePayload = "invalid_subscribe_payload",
        /// The payload of `unsubscribe`:
        InvalidUnsubscribePayload = "invalid_unsubscribe_payload",
        /// The payload of `message_create`:
        InvalidMessageCreatePayload = "invalid_message_create_payload",
        /// The payload of `heartbeat`:
        InvalidHeartbeatPayload = "invalid_heartbeat_payload",
    }

    /// Why a list of voice participants was sent.
    VoiceSyncRepair {
        /// An accepted subscribe:
        Subscribe = "subscribe",
        /// A resume:
        Resume = "resume",
        /// A loss:
        Repair = "repair",
    }

    /// What a connection runs over.
    Transport {
        /// WebSocket:
        Ws = "ws",
        /// Server-Sent Events:
        Sse = "sse",
    }

    /// How an attempt to resume ended.
    ResumeOutcome {
        /// The missing events were sent:
        Replayed = "replayed",
        /// The cursor is none:
        CursorInvalid = "cursor_invalid",
        /// The cursor is older than the journal:
        CursorExpired = "cursor_expired",
        /// The cursor is of another database:
        EpochChanged = "epoch_changed",
        /// Too much was missed:
        GapTooLarge = "gap_too_large",
        /// Too many resumes at once:
        Refused = "refused",
    }

    /// Where a rate limit was hit.
    RateSurface {
        /// A request:
        Http = "http",
        /// A gateway connection:
        Gateway = "gateway",
    }

    /// Which rate limit was hit.
    RateReason {
        /// The limit of all requests:
        Global = "global",
        /// The limit of login, register and refresh:
        AuthRoute = "auth_route",
        /// The limits of joining a guild:
        Join = "join",
        /// The limits of voice tokens:
        VoiceToken = "voice_token",
        /// The frames of a connection:
        Ingress = "ingress",
        /// The subscribes of a connection:
        Subscribe = "subscribe",
    }

    /// How a request was refused to somebody.
    AuthFailure {
        /// No valid token or wrong login:
        Unauthorized = "unauthorized",
        /// Known but not allowed:
        Forbidden = "forbidden",
    }

    /// What was asked of LiveKit.
    LivekitCall {
        /// Take somebody out of a room:
        RemoveParticipant = "remove_participant",
        /// Change what somebody may publish:
        UpdateParticipant = "update_participant",
        /// Ask who is in a room:
        ListParticipants = "list_participants",
    }

    /// How a call ended.
    CallOutcome {
        /// As asked:
        Ok = "ok",
        /// Not as asked, or not at all:
        Error = "error",
    }

    /// What became of a webhook.
    WebhookOutcome {
        /// It changed something or confirmed what was known:
        Applied = "applied",
        /// It concerned nothing here:
        Ignored = "ignored",
        /// It was seen before:
        Duplicate = "duplicate",
        /// Its signature was wrong:
        Unauthorized = "unauthorized",
    }

    /// The method of a request.
    MethodLabel {
        /// A read:
        Get = "GET",
        /// A read without body:
        Head = "HEAD",
        /// A creation or action:
        Post = "POST",
        /// A change:
        Patch = "PATCH",
        /// A replacement:
        Put = "PUT",
        /// A removal:
        Delete = "DELETE",
        /// A preflight:
        Options = "OPTIONS",
        /// Any other method, or one that the route does not have:
        Other = "other",
    }
}

impl From<&http::Method> for MethodLabel {
    fn from(method: &http::Method) -> Self {
        Self::ALL.iter().copied().find(|label| label.name() == method.as_str()).unwrap_or(Self::Other)
    }
}

/// Why a WebSocket connection ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DisconnectReason {
    /// The server closed it with this code.
    Closed(CloseCode),
    /// The client closed it: `client_close`.
    ClientClose,
    /// The socket failed or ended without a close: `socket_error`.
    SocketError,
}

impl DisconnectReason {
    /// Every value, in the order of the close codes.
    pub fn all() -> impl Iterator<Item = Self> {
        CloseCode::ALL.iter().map(|&code| Self::Closed(code)).chain([Self::ClientClose, Self::SocketError])
    }

    /// The text of the value.
    pub fn name(self) -> &'static str {
        match self {
            Self::Closed(code) => code.name(),
            Self::ClientClose => "client_close",
            Self::SocketError => "socket_error",
        }
    }
}

impl Label for DisconnectReason {
    const COUNT: usize = CloseCode::ALL.len() + 2;

    fn index(self) -> usize {
        match self {
            Self::Closed(code) => code as usize,
            Self::ClientClose => CloseCode::ALL.len(),
            Self::SocketError => CloseCode::ALL.len() + 1,
        }
    }
}

impl Label for EventKind {
    const COUNT: usize = Self::ALL.len();

    fn index(self) -> usize {
        self as usize
    }
}

/// The delivery classes in the order of §2.2.
pub(super) const CLASSES: [Class; 3] = [Class::Durable, Class::Live, Class::Ephemeral];

impl Label for Class {
    const COUNT: usize = CLASSES.len();

    fn index(self) -> usize {
        match self {
            Self::Durable => 0,
            Self::Live => 1,
            Self::Ephemeral => 2,
        }
    }
}

impl<A: Label, B: Label> Label for (A, B) {
    const COUNT: usize = A::COUNT * B::COUNT;

    fn index(self) -> usize {
        self.0.index() * B::COUNT + self.1.index()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check<L: Label>(all: impl Iterator<Item = L>) {
        let indexes: Vec<usize> = all.map(Label::index).collect();
        assert_eq!(indexes, (0..L::COUNT).collect::<Vec<_>>(), "{}", std::any::type_name::<L>());
    }

    #[test]
    fn every_value_has_a_place_of_its_own() {
        check(EventKind::ALL.iter().copied());
        check(CLASSES.iter().copied());
        check(DisconnectReason::all());
        check(DropReason::ALL.iter().copied());
        check(EventKind::ALL.iter().flat_map(|&kind| DropReason::ALL.iter().map(move |&reason| (kind, reason))));
    }

    #[test]
    fn a_method_outside_the_set_is_other() {
        assert_eq!(MethodLabel::from(&http::Method::PATCH), MethodLabel::Patch);
        assert_eq!(MethodLabel::from(&http::Method::TRACE), MethodLabel::Other);
        let custom = http::Method::from_bytes(b"BREW").expect("a method");
        assert_eq!(MethodLabel::from(&custom), MethodLabel::Other);
    }
}
