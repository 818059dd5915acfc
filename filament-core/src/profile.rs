//! Profiles as they are stored: name, about text, and which images there are (contract §9.4).

use filament_protocol::{About, Profile, UserId, Username, limits::INTEGER_MAX, markdown::tokenize};

use crate::blob::BlobName;

/// A profile as stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredProfile {
    /// The account.
    pub user_id: UserId,
    /// Its name.
    pub username: Username,
    /// The about text as written.
    pub about: About,
    /// The avatar, if there is one.
    pub avatar: Option<StoredImage>,
    /// The banner, if there is one.
    pub banner: Option<StoredImage>,
}

impl StoredProfile {
    /// The wire record.
    #[must_use]
    pub fn record(&self) -> Profile {
        let version = |image: &Option<StoredImage>| image.as_ref().map_or(0, |image| image.version);
        Profile {
            user_id: self.user_id,
            username: self.username.clone(),
            about_markdown: self.about.clone(),
            about_markdown_tokens: tokenize(self.about.as_str()),
            avatar_version: version(&self.avatar),
            banner_version: version(&self.banner),
        }
    }

    /// One of the images.
    #[must_use]
    pub const fn image(&self, kind: ImageKind) -> Option<&StoredImage> {
        match kind {
            ImageKind::Avatar => self.avatar.as_ref(),
            ImageKind::Banner => self.banner.as_ref(),
        }
    }

    /// Puts one of the images in place of the old one.
    pub fn set_image(&mut self, kind: ImageKind, image: StoredImage) {
        match kind {
            ImageKind::Avatar => self.avatar = Some(image),
            ImageKind::Banner => self.banner = Some(image),
        }
    }
}

/// Which image of a profile.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ImageKind {
    /// The small one beside the name.
    Avatar,
    /// The wide one above the profile.
    Banner,
}

/// An image as stored: what its row says of the bytes beside the database.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StoredImage {
    /// Its version, from 1; a later image has a higher one.
    pub version: u64,
    /// What the bytes are.
    pub media: ImageType,
    /// Where the bytes are.
    pub blob: BlobName,
}

impl StoredImage {
    /// The version that follows: max(old + 1, now), so that it also ascends over a restored backup.
    #[must_use]
    pub(crate) fn version_after(old: Option<&Self>, now_secs: u64) -> u64 {
        old.map_or(0, |old| old.version).saturating_add(1).max(now_secs).min(INTEGER_MAX)
    }
}

/// The types an image may have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ImageType {
    /// `image/jpeg`
    Jpeg,
    /// `image/png`
    Png,
    /// `image/webp`
    Webp,
    /// `image/gif`
    Gif,
    /// `image/avif`
    Avif,
}

impl ImageType {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Jpeg, Self::Png, Self::Webp, Self::Gif, Self::Avif];

    /// The media type.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Jpeg => "image/jpeg",
            Self::Png => "image/png",
            Self::Webp => "image/webp",
            Self::Gif => "image/gif",
            Self::Avif => "image/avif",
        }
    }

    /// The type of that name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|media| media.name() == name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Proves the version rule of §9.4.
    #[test]
    fn versions_ascend_whatever_the_clock_says() {
        let of = |version| StoredImage { version, media: ImageType::Png, blob: BlobName::from_bits(1) };
        assert_eq!(StoredImage::version_after(None, 1_800_000_000), 1_800_000_000);
        assert_eq!(StoredImage::version_after(Some(&of(1_800_000_000)), 1_800_000_000), 1_800_000_001);
        assert_eq!(StoredImage::version_after(Some(&of(1_800_000_005)), 1_800_000_000), 1_800_000_006);
        assert_eq!(StoredImage::version_after(Some(&of(3)), 1_800_000_000), 1_800_000_000);
    }

    #[test]
    fn types_are_known_by_their_names() {
        for media in ImageType::ALL {
            assert_eq!(ImageType::from_name(media.name()), Some(media));
        }
        assert_eq!(ImageType::from_name("image/svg+xml"), None);
    }
}
