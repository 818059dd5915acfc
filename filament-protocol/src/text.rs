//! Bounded text: a value that exists satisfies its rule of §10.1.
//!
//! Lengths are counted in UTF-16 code units, as browsers count them. Trimming removes the white space that browsers
//! trim, which is not what [`str::trim`] removes: U+FEFF goes, U+0085 stays.

mod account;
mod chat;
mod file;
mod form;
mod media;
mod name;
mod page;
mod token;

pub use account::{About, DirectoryQuery, Password, Secret, Username};
pub use chat::{Emoji, ErrorMessage, MessageContent, Ref};
pub use file::{Filename, MimeType, Sha256Hex};
pub(crate) use form::{ANY, LANGUAGE, LINK, NO_NUL, ULID};
pub use form::{Form, WHITE_SPACE_CLASS};
pub use media::{Identity, LivekitUrl, MediaToken, RoomName};
pub use name::{ChannelName, ColorHex, ColorInput, GuildName, RoleName};
pub use page::{AuditAction, BanReason, PageCursor, ResumeCursor, SearchText};
pub use token::{BearerToken, CloseName, FeatureName, IdempotencyKey};

use thiserror::Error;

/// Why a text was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum TextError {
    /// Fewer units than the least allowed.
    #[error("shorter than {min} UTF-16 units")]
    TooShort {
        /// Least allowed length.
        min: usize,
    },
    /// More units than the most allowed.
    #[error("longer than {max} UTF-16 units")]
    TooLong {
        /// Most allowed length.
        max: usize,
    },
    /// It contains a character that may not stand there.
    #[error("contains the forbidden character U+{:04X}", u32::from(*character))]
    Forbidden {
        /// The first such character.
        character: char,
    },
    /// It does not have the form asked for.
    #[error("not of the required form")]
    Form,
}

/// Tells whether a character belongs to the white space W of §10.1: what browsers trim.
#[must_use]
pub const fn is_white_space(character: char) -> bool {
    matches!(
        character,
        '\u{0009}'..='\u{000D}'
            | '\u{0020}'
            | '\u{00A0}'
            | '\u{1680}'
            | '\u{2000}'..='\u{200A}'
            | '\u{2028}'
            | '\u{2029}'
            | '\u{202F}'
            | '\u{205F}'
            | '\u{3000}'
            | '\u{FEFF}'
    )
}

/// Removes the white space W of §10.1 at both ends.
#[must_use]
pub fn trim(text: &str) -> &str {
    text.trim_matches(is_white_space)
}

/// Counts the UTF-16 code units of a text: one per character, two beyond U+FFFF.
#[must_use]
pub fn utf16_len(text: &str) -> usize {
    let bytes = text.as_bytes();
    let characters = bytes.iter().filter(|&&byte| byte & 0xC0 != 0x80).count();
    let astral = bytes.iter().filter(|&&byte| byte >= 0xF0).count();
    characters + astral
}

/// Checks the length of a text in UTF-16 units.
pub(crate) fn check_units(text: &str, min: usize, max: usize) -> Result<(), TextError> {
    // A unit takes one to three bytes, so most texts are decided by their byte length.
    let bytes = text.len();
    if bytes > max && utf16_len(text) > max {
        return Err(TextError::TooLong { max });
    }
    if bytes < min * 3 && utf16_len(text) < min {
        return Err(TextError::TooShort { min });
    }
    Ok(())
}

/// Refuses the first character for which `forbidden` holds.
pub(crate) fn check_characters(text: &str, forbidden: impl Fn(char) -> bool) -> Result<(), TextError> {
    match text.chars().find(|&character| forbidden(character)) {
        Some(character) => Err(TextError::Forbidden { character }),
        None => Ok(()),
    }
}

/// U+0000–001F and U+007F–009F.
pub(crate) const fn is_control(character: char) -> bool {
    matches!(character, '\u{0000}'..='\u{001F}' | '\u{007F}'..='\u{009F}')
}

/// Refuses U+0000, the one character no text of the contract may hold.
pub(crate) fn check_no_nul(text: &str) -> Result<(), TextError> {
    if text.as_bytes().contains(&0) {
        return Err(TextError::Forbidden { character: '\0' });
    }
    Ok(())
}

/// Declares a bounded text over `Box<str>`.
///
/// `trim` removes white space at both ends, `verbatim` keeps the input as it is; then comes the form that is asked for
/// beyond the length.
/// `secret` types redact `Debug` and have neither `Display` nor `Serialize`.
macro_rules! bounded_text {
    (@is_trimmed trim) => { true };
    (@is_trimmed verbatim) => { false };
    (@common $name:ident, $doc:expr, $min:expr, $max:expr, $prepare:ident, $form:ident) => {
        impl $name {
            /// Fewest UTF-16 units.
            pub const UNITS_MIN: usize = $min;
            /// Most UTF-16 units.
            pub const UNITS_MAX: usize = $max;

            /// Makes the value of a text, as it will be stored.
            ///
            /// # Errors
            /// [`TextError`](crate::text::TextError) naming the bound or the character that is wrong.
            pub fn new(text: impl Into<String>) -> Result<Self, crate::text::TextError> {
                let mut text: String = text.into();
                let prepared = Self::checked(&text)?;
                if prepared.len() != text.len() {
                    text = prepared.to_owned();
                }
                Ok(Self(text.into_boxed_str()))
            }

            /// Returns the part of `text` that is stored, if it satisfies the rule.
            fn checked(text: &str) -> Result<&str, crate::text::TextError> {
                let text = crate::text::$prepare(text);
                crate::text::check_units(text, Self::UNITS_MIN, Self::UNITS_MAX)?;
                (crate::text::form::$form.check)(text)?;
                Ok(text)
            }
        }

        impl TryFrom<String> for $name {
            type Error = crate::text::TextError;

            fn try_from(text: String) -> Result<Self, crate::text::TextError> {
                Self::new(text)
            }
        }

        impl ::std::str::FromStr for $name {
            type Err = crate::text::TextError;

            fn from_str(text: &str) -> Result<Self, crate::text::TextError> {
                Self::checked(text).map(|text| Self(text.into()))
            }
        }

        impl<'de> ::serde::Deserialize<'de> for $name {
            fn deserialize<D: ::serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                struct TextVisitor;

                impl ::serde::de::Visitor<'_> for TextVisitor {
                    type Value = $name;

                    fn expecting(&self, formatter: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                        formatter.write_str("a string")
                    }

                    fn visit_str<E: ::serde::de::Error>(self, text: &str) -> Result<$name, E> {
                        text.parse().map_err(E::custom)
                    }

                    fn visit_string<E: ::serde::de::Error>(self, text: String) -> Result<$name, E> {
                        $name::new(text).map_err(E::custom)
                    }
                }

                deserializer.deserialize_str(TextVisitor)
            }
        }

        impl crate::shape::Described for $name {
            const SHAPE: crate::shape::Shape = crate::shape::Shape::Text(crate::shape::Text {
                name: Some(stringify!($name)),
                doc: $doc,
                min: $min,
                max: $max,
                trimmed: crate::text::bounded_text!(@is_trimmed $prepare),
                form: &crate::text::form::$form,
            });
        }
    };
    (@open $name:ident) => {
        impl $name {
            /// Returns the text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }

            /// Returns the text, giving up the value.
            #[must_use]
            pub fn into_string(self) -> String {
                self.0.into_string()
            }
        }

        impl ::std::ops::Deref for $name {
            type Target = str;

            fn deref(&self) -> &str {
                &self.0
            }
        }

        impl AsRef<str> for $name {
            fn as_ref(&self) -> &str {
                &self.0
            }
        }

        impl PartialEq<str> for $name {
            fn eq(&self, other: &str) -> bool {
                &*self.0 == other
            }
        }

        impl PartialEq<&str> for $name {
            fn eq(&self, other: &&str) -> bool {
                &*self.0 == *other
            }
        }

        impl ::serde::Serialize for $name {
            fn serialize<S: ::serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(&self.0)
            }
        }
    };
    (@shown $name:ident) => {
        impl ::std::fmt::Debug for $name {
            fn fmt(&self, formatter: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                ::std::fmt::Debug::fmt(&*self.0, formatter)
            }
        }

        impl ::std::fmt::Display for $name {
            fn fmt(&self, formatter: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                formatter.pad(&self.0)
            }
        }
    };
    (@redacted $name:ident) => {
        impl ::std::fmt::Debug for $name {
            fn fmt(&self, formatter: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                formatter.write_str(concat!(stringify!($name), "(redacted)"))
            }
        }
    };
    (
        $(#[doc = $doc:literal])+
        pub struct $name:ident($min:expr, $max:expr): $prepare:ident $form:ident
    ) => {
        $(#[doc = $doc])+
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(Box<str>);

        crate::text::bounded_text!(@common $name, concat!($($doc, "\n"),+), $min, $max, $prepare, $form);
        crate::text::bounded_text!(@open $name);
        crate::text::bounded_text!(@shown $name);
    };
    (
        $(#[doc = $doc:literal])+
        pub token $name:ident($min:expr, $max:expr): $prepare:ident $form:ident
    ) => {
        $(#[doc = $doc])+
        #[derive(Clone, PartialEq, Eq)]
        pub struct $name(Box<str>);

        crate::text::bounded_text!(@common $name, concat!($($doc, "\n"),+), $min, $max, $prepare, $form);
        crate::text::bounded_text!(@open $name);
        crate::text::bounded_text!(@redacted $name);
    };
    (
        $(#[doc = $doc:literal])+
        pub secret $name:ident($min:expr, $max:expr): $prepare:ident $form:ident
    ) => {
        $(#[doc = $doc])+
        #[derive(Clone, PartialEq, Eq)]
        pub struct $name(Box<str>);

        crate::text::bounded_text!(@common $name, concat!($($doc, "\n"),+), $min, $max, $prepare, $form);
        crate::text::bounded_text!(@redacted $name);

        impl $name {
            /// Returns the secret text. It belongs in no log, metric, event or error.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }
    };
}

pub(crate) use bounded_text;

/// Keeps the input as it is.
pub(crate) fn verbatim(text: &str) -> &str {
    text
}

/// Asks that every byte satisfies `allowed`.
pub(crate) fn check_bytes(text: &str, allowed: impl Fn(u8) -> bool) -> Result<(), TextError> {
    if text.bytes().all(allowed) { Ok(()) } else { Err(TextError::Form) }
}
