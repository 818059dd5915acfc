//! For how long a stay is believed in while its user has no connection (VOI-3, VOI-4, VOI-8).

use crate::limits::{VOICE_DISCONNECT_GRACE_MS, VOICE_RENEWAL_MS, VOICE_RESTORE_GRACE_MS};

/// Whether the user is here.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Liveness {
    /// It has a live connection: the stay lasts as long.
    Connected,
    /// Its last connection ended, or the server began again: waited for until then.
    Away { until_ms: u64 },
    /// It had none since the stay began: until then, or a sign of life.
    Alone { until_ms: u64 },
    /// It has none and no stay.
    #[default]
    Unseen,
}

impl Liveness {
    /// At the beginning of a stay.
    pub(super) const fn at_begin(self, now_ms: u64) -> Self {
        match self {
            Self::Connected => Self::Connected,
            Self::Away { .. } | Self::Alone { .. } | Self::Unseen => {
                Self::Alone { until_ms: now_ms + VOICE_RENEWAL_MS }
            }
        }
    }

    /// At a sign of life: a token, a state, a note of the media server.
    pub(super) const fn renewed(self, now_ms: u64) -> Self {
        match self {
            Self::Alone { .. } => Self::Alone { until_ms: now_ms + VOICE_RENEWAL_MS },
            Self::Connected | Self::Away { .. } | Self::Unseen => self,
        }
    }

    /// When the last connection ended.
    pub(super) const fn after_loss(now_ms: u64) -> Self {
        Self::Away { until_ms: now_ms + VOICE_DISCONNECT_GRACE_MS }
    }

    /// When a stay comes back after a restart.
    pub(super) const fn restored(is_connected: bool, now_ms: u64) -> Self {
        if is_connected { Self::Connected } else { Self::Away { until_ms: now_ms + VOICE_RESTORE_GRACE_MS } }
    }

    /// When a stay is not believed in any more.
    pub(super) const fn ends_at_ms(self) -> Option<u64> {
        match self {
            Self::Away { until_ms } | Self::Alone { until_ms } => Some(until_ms),
            Self::Connected | Self::Unseen => None,
        }
    }
}
