//! A profile that changes.

use filament_protocol::{About, Timestamp, UserId, Username};

use crate::{
    entry::Peers,
    profile::{ImageKind, StoredImage},
};

/// Name or about text changed; a member is `Some` exactly if it changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProfileChange {
    /// Whose profile.
    pub user_id: UserId,
    /// The new name.
    pub username: Option<Username>,
    /// The new about text.
    pub about: Option<About>,
    /// Who hears of it.
    pub peers: Peers,
    /// When.
    pub updated_at: Timestamp,
}

/// An image was stored: its bytes are durable under the name the row will hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImageChange {
    /// Whose profile.
    pub user_id: UserId,
    /// Which image.
    pub kind: ImageKind,
    /// The image from now on.
    pub image: StoredImage,
    /// Who hears of it.
    pub peers: Peers,
    /// When.
    pub updated_at: Timestamp,
}
