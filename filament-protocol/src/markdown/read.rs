//! Tokens on the way in: which members a token has, and within which bounds, depends on its type.
//!
//! One pass over text takes a token only if its type comes first, as every writer puts it; the tree shows the type
//! first wherever it stands. What another type has as a member is unknown here like anything else, and passed over.

use std::fmt;

use serde::de::{Deserialize, Deserializer, Error, IgnoredAny, MapAccess, Unexpected, Visitor};

use super::Token;
use crate::decode::IN_ORDER;
use crate::limits::{MARKDOWN_BLOCK_UNITS_MAX, MARKDOWN_LANGUAGE_BYTES_MAX, MARKDOWN_TEXT_UNITS_MAX};
use crate::text::{Form, LANGUAGE, LINK, NO_NUL, check_units};

/// Every member any token has, `type` first.
const MEMBERS: &[&str] = &["type", "level", "ordered", "href", "text", "language", "code"];

/// A type, with the token itself if that is all there is to it.
#[derive(Clone, Debug)]
enum Kind {
    Bare(Token),
    Heading,
    List,
    Link,
    Text,
    Code,
    FencedCode,
}

impl Kind {
    fn from_name(name: &str) -> Option<Self> {
        Some(match name {
            "paragraph_start" => Self::Bare(Token::ParagraphStart),
            "paragraph_end" => Self::Bare(Token::ParagraphEnd),
            "heading_start" => Self::Heading,
            "heading_end" => Self::Bare(Token::HeadingEnd),
            "emphasis_start" => Self::Bare(Token::EmphasisStart),
            "emphasis_end" => Self::Bare(Token::EmphasisEnd),
            "strong_start" => Self::Bare(Token::StrongStart),
            "strong_end" => Self::Bare(Token::StrongEnd),
            "list_start" => Self::List,
            "list_end" => Self::Bare(Token::ListEnd),
            "list_item_start" => Self::Bare(Token::ListItemStart),
            "list_item_end" => Self::Bare(Token::ListItemEnd),
            "link_start" => Self::Link,
            "link_end" => Self::Bare(Token::LinkEnd),
            "text" => Self::Text,
            "code" => Self::Code,
            "fenced_code" => Self::FencedCode,
            "soft_break" => Self::Bare(Token::SoftBreak),
            "hard_break" => Self::Bare(Token::HardBreak),
            _ => return None,
        })
    }
}

impl<'de> Deserialize<'de> for Kind {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct KindVisitor;

        impl Visitor<'_> for KindVisitor {
            type Value = Kind;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("a token type")
            }

            #[inline]
            fn visit_str<E: Error>(self, name: &str) -> Result<Kind, E> {
                Kind::from_name(name).ok_or_else(|| E::unknown_variant(name, &Token::TYPES))
            }
        }

        deserializer.deserialize_str(KindVisitor)
    }
}

/// The name of a member.
#[derive(Clone, Copy, Debug)]
enum Name {
    Type,
    Level,
    Ordered,
    Href,
    Text,
    Language,
    Code,
    Unknown,
}

impl<'de> Deserialize<'de> for Name {
    #[inline]
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct NameVisitor;

        impl Visitor<'_> for NameVisitor {
            type Value = Name;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("the name of a member")
            }

            #[inline]
            fn visit_str<E: Error>(self, name: &str) -> Result<Name, E> {
                Ok(match name {
                    "type" => Name::Type,
                    "level" => Name::Level,
                    "ordered" => Name::Ordered,
                    "href" => Name::Href,
                    "text" => Name::Text,
                    "language" => Name::Language,
                    "code" => Name::Code,
                    _ => Name::Unknown,
                })
            }
        }

        deserializer.deserialize_identifier(NameVisitor)
    }
}

struct Level(u8);

impl<'de> Deserialize<'de> for Level {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match u8::deserialize(deserializer)? {
            level @ 1..=6 => Ok(Self(level)),
            level => Err(D::Error::invalid_value(Unexpected::Unsigned(level.into()), &"a level in 1..=6")),
        }
    }
}

/// A target of a link.
struct Target(Box<str>);

impl<'de> Deserialize<'de> for Target {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        bounded(deserializer, 1, MARKDOWN_TEXT_UNITS_MAX, &LINK).map(Self)
    }
}

/// Text or code of at most `MAX` units.
struct Run<const MAX: usize>(Box<str>);

impl<'de, const MAX: usize> Deserialize<'de> for Run<MAX> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        bounded(deserializer, 0, MAX, &NO_NUL).map(Self)
    }
}

/// The language of a code block.
struct Language(Box<str>);

impl<'de> Deserialize<'de> for Language {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        bounded(deserializer, 1, MARKDOWN_LANGUAGE_BYTES_MAX, &LANGUAGE).map(Self)
    }
}

fn bounded<'de, D: Deserializer<'de>>(
    deserializer: D,
    min: usize,
    max: usize,
    form: &Form,
) -> Result<Box<str>, D::Error> {
    let text = Box::<str>::deserialize(deserializer)?;
    match check_units(&text, min, max).and_then(|()| (form.check)(&text)) {
        Ok(()) => Ok(text),
        Err(error) => Err(D::Error::custom(error)),
    }
}

/// Fills an empty place with the value that comes next.
fn fill<'de, A: MapAccess<'de>, T: Deserialize<'de>>(
    members: &mut A,
    place: &mut Option<T>,
    name: &'static str,
) -> Result<(), A::Error> {
    if place.is_some() {
        return Err(A::Error::duplicate_field(name));
    }
    *place = Some(members.next_value()?);
    Ok(())
}

fn found<T, E: Error>(place: Option<T>, name: &'static str) -> Result<T, E> {
    place.ok_or_else(|| E::missing_field(name))
}

struct TokenVisitor;

impl<'de> Visitor<'de> for TokenVisitor {
    type Value = Token;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a token")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Token, A::Error> {
        let mut kind: Option<Kind> = None;
        let (mut level, mut ordered, mut target) = (None, None, None);
        let (mut text, mut code, mut block, mut language) = (None, None, None, None);
        while let Some(name) = members.next_key::<Name>()? {
            match (&kind, name) {
                (_, Name::Type) => fill(&mut members, &mut kind, "type")?,
                (Some(Kind::Heading), Name::Level) => fill(&mut members, &mut level, "level")?,
                (Some(Kind::List), Name::Ordered) => fill(&mut members, &mut ordered, "ordered")?,
                (Some(Kind::Link), Name::Href) => fill(&mut members, &mut target, "href")?,
                (Some(Kind::Text), Name::Text) => fill(&mut members, &mut text, "text")?,
                (Some(Kind::Code), Name::Code) => fill(&mut members, &mut code, "code")?,
                (Some(Kind::FencedCode), Name::Code) => fill(&mut members, &mut block, "code")?,
                (Some(Kind::FencedCode), Name::Language) => fill(&mut members, &mut language, "language")?,
                (_, Name::Unknown) | (Some(_), _) => drop(members.next_value::<IgnoredAny>()?),
                (None, _) => return Err(A::Error::missing_field("type")),
            }
        }
        Ok(match found(kind, "type")? {
            Kind::Bare(token) => token,
            Kind::Heading => Token::HeadingStart { level: found::<Level, _>(level, "level")?.0 },
            Kind::List => Token::ListStart { ordered: found(ordered, "ordered")? },
            Kind::Link => Token::LinkStart { href: found::<Target, _>(target, "href")?.0 },
            Kind::Text => Token::Text { text: found::<Run<MARKDOWN_TEXT_UNITS_MAX>, _>(text, "text")?.0 },
            Kind::Code => Token::Code { code: found::<Run<MARKDOWN_TEXT_UNITS_MAX>, _>(code, "code")?.0 },
            Kind::FencedCode => Token::FencedCode {
                language: found::<Option<Language>, _>(language, "language")?.map(|language| language.0),
                code: found::<Run<MARKDOWN_BLOCK_UNITS_MAX>, _>(block, "code")?.0,
            },
        })
    }
}

impl<'de> Deserialize<'de> for Token {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_struct(IN_ORDER, MEMBERS, TokenVisitor)
    }
}
