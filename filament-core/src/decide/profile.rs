//! One's own profile: name, about text, images (contract §9.4).
//!
//! Who hears of a change is decided with it: the facts name the user's friends and guilds as of the commit, and the event carries
//! both. Who is a member of those guilds when it is delivered is known to the delivery alone.

use filament_protocol::{About, Profile, Username};

use super::{Command, Limits};
use crate::{
    actor::Actor,
    blob::BlobName,
    decision::Decision,
    denial::Denial,
    facts::{FactPlan, Facts, Need},
    mutation::{ImageChange, Mutation, ProfileChange},
    permission::Granted,
    profile::{ImageKind, ImageType, StoredImage, StoredProfile},
};

/// Changes the caller's name or about text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UpdateProfile {
    /// The name wanted.
    pub username: Option<Username>,
    /// The about text wanted.
    pub about: Option<About>,
}

impl Command for UpdateProfile {
    type Caller = Actor;
    type Reply = Profile;

    fn plan(&self, actor: Actor) -> FactPlan {
        let name = self.username.clone().map(Need::Username);
        FactPlan::of([Need::Profile(actor.user_id), Need::Peers(actor.user_id)].into_iter().chain(name))
    }

    fn decide(&self, actor: Actor, facts: &Facts, _limits: &Limits) -> Result<Decision<Profile>, Denial> {
        let granted = Granted::to_everyone();
        let mut profile = own_profile(actor, facts)?;
        if let Some(name) = &self.username {
            // The holder of the name may be the caller, who then changes the case of letters at most.
            let holder = facts.user(&Need::Username(name.clone()))?;
            if holder.is_some_and(|holder| holder.user_id != actor.user_id) {
                return Err(Denial::Invalid("this name is taken"));
            }
        }
        let username = self.username.clone().filter(|name| *name != profile.username);
        let about = self.about.clone().filter(|about| *about != profile.about);
        if username.is_none() && about.is_none() {
            return Ok(Decision::unchanged(granted, profile.record()));
        }
        profile.username = username.clone().unwrap_or(profile.username);
        profile.about = about.clone().unwrap_or(profile.about);
        let change = Mutation::UpdateProfile(ProfileChange {
            user_id: actor.user_id,
            username,
            about,
            peers: facts.peers(actor.user_id)?.clone(),
            updated_at: facts.stamp().now(),
        });
        Ok(Decision::change(granted, [change], profile.record()))
    }
}

/// Makes stored bytes the caller's avatar or banner.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SetImage {
    /// Which image.
    pub kind: ImageKind,
    /// What the bytes are.
    pub media: ImageType,
    /// Where they are, durably.
    pub blob: BlobName,
}

/// The answer to [`SetImage`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImageSet {
    /// The profile now.
    pub profile: Profile,
    /// Bytes that nothing names any more.
    pub replaced: Option<BlobName>,
}

impl Command for SetImage {
    type Caller = Actor;
    type Reply = ImageSet;

    fn plan(&self, actor: Actor) -> FactPlan {
        FactPlan::of([Need::Profile(actor.user_id), Need::Peers(actor.user_id)])
    }

    fn decide(&self, actor: Actor, facts: &Facts, _limits: &Limits) -> Result<Decision<ImageSet>, Denial> {
        let mut profile = own_profile(actor, facts)?;
        let (old, now) = (profile.image(self.kind).copied(), facts.stamp().now());
        let version = StoredImage::version_after(old.as_ref(), now.as_secs());
        let image = StoredImage { version, media: self.media, blob: self.blob };
        profile.set_image(self.kind, image);
        let change = Mutation::SetImage(ImageChange {
            user_id: actor.user_id,
            kind: self.kind,
            image,
            peers: facts.peers(actor.user_id)?.clone(),
            updated_at: now,
        });
        let reply = ImageSet { profile: profile.record(), replaced: old.map(|old| old.blob) };
        Ok(Decision::change(Granted::to_everyone(), [change], reply))
    }
}

fn own_profile(actor: Actor, facts: &Facts) -> Result<StoredProfile, Denial> {
    facts.profile(actor.user_id)?.cloned().ok_or(Denial::NotFound("user"))
}
