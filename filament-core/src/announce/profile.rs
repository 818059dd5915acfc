//! Profiles: to `PEERS(u)`, without an actor (contract §4.9).

use filament_protocol::{
    Event,
    event::{ProfileAvatarUpdate, ProfileBannerUpdate, ProfileUpdate, ProfileUpdatedFields},
    markdown::tokenize,
};

use super::{Announced, Announcement};
use crate::{
    audit::AuditDecision,
    mutation::{ImageChange, ProfileChange},
    profile::ImageKind,
};

pub(super) fn updated(change: &ProfileChange) -> Announcement {
    let event = Event::ProfileUpdate(ProfileUpdate {
        user_id: change.user_id,
        updated_fields: ProfileUpdatedFields {
            username: change.username.clone(),
            about_markdown: change.about.clone(),
            about_markdown_tokens: change.about.as_ref().map(|about| tokenize(about.as_str())),
        },
        updated_at_unix: change.updated_at,
    });
    to_peers(Announced::ToPeers { event, user_id: change.user_id, peers: change.peers.clone() })
}

pub(super) fn image_set(change: &ImageChange) -> Announcement {
    let ImageChange { user_id, kind, image, peers, updated_at: updated_at_unix } = change;
    let user_id = *user_id;
    let updated_at_unix = *updated_at_unix;
    let event = match kind {
        ImageKind::Avatar => {
            Event::ProfileAvatarUpdate(ProfileAvatarUpdate { user_id, avatar_version: image.version, updated_at_unix })
        }
        ImageKind::Banner => {
            Event::ProfileBannerUpdate(ProfileBannerUpdate { user_id, banner_version: image.version, updated_at_unix })
        }
    };
    to_peers(Announced::ToPeers { event, user_id, peers: peers.clone() })
}

fn to_peers(announced: Announced) -> Announcement {
    Announcement {
        events: vec![announced],
        access: vec![],
        audit: AuditDecision::Silent("a profile belongs to no guild, and audit logs do"),
    }
}
