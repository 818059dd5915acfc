//! Markdown tokens (§10.3): what clients draw instead of parsing message text themselves.

mod read;
#[cfg(feature = "markdown")]
mod tokenize;

#[cfg(feature = "markdown")]
pub use tokenize::tokenize;

use serde::ser::{Serialize, SerializeStruct, Serializer};

/// One markdown token. On the wire an object tagged by `type`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Token {
    /// `paragraph_start`.
    ParagraphStart,
    /// `paragraph_end`.
    ParagraphEnd,
    /// `heading_start`.
    HeadingStart {
        /// Level, 1..=6.
        level: u8,
    },
    /// `heading_end`.
    HeadingEnd,
    /// `emphasis_start`.
    EmphasisStart,
    /// `emphasis_end`.
    EmphasisEnd,
    /// `strong_start`.
    StrongStart,
    /// `strong_end`.
    StrongEnd,
    /// `list_start`.
    ListStart {
        /// Whether the items are numbered.
        ordered: bool,
    },
    /// `list_end`.
    ListEnd,
    /// `list_item_start`.
    ListItemStart,
    /// `list_item_end`.
    ListItemEnd,
    /// `link_start`.
    LinkStart {
        /// Target with scheme http, https or mailto; at most 4,096 UTF-16 units.
        href: Box<str>,
    },
    /// `link_end`.
    LinkEnd,
    /// `text`.
    Text {
        /// Plain text; at most 4,096 UTF-16 units.
        text: Box<str>,
    },
    /// `code`.
    Code {
        /// Inline code; at most 4,096 UTF-16 units.
        code: Box<str>,
    },
    /// `fenced_code`.
    FencedCode {
        /// Lower-case language word, if the block names one.
        language: Option<Box<str>>,
        /// The block; at most 16,384 UTF-16 units.
        code: Box<str>,
    },
    /// `soft_break`.
    SoftBreak,
    /// `hard_break`.
    HardBreak,
}

impl Token {
    /// The nineteen values of `type`, in the order of the variants.
    pub const TYPES: [&'static str; 19] = [
        "paragraph_start",
        "paragraph_end",
        "heading_start",
        "heading_end",
        "emphasis_start",
        "emphasis_end",
        "strong_start",
        "strong_end",
        "list_start",
        "list_end",
        "list_item_start",
        "list_item_end",
        "link_start",
        "link_end",
        "text",
        "code",
        "fenced_code",
        "soft_break",
        "hard_break",
    ];

    /// Returns the value of `type`.
    #[must_use]
    pub const fn type_name(&self) -> &'static str {
        let index = match self {
            Self::ParagraphStart => 0,
            Self::ParagraphEnd => 1,
            Self::HeadingStart { .. } => 2,
            Self::HeadingEnd => 3,
            Self::EmphasisStart => 4,
            Self::EmphasisEnd => 5,
            Self::StrongStart => 6,
            Self::StrongEnd => 7,
            Self::ListStart { .. } => 8,
            Self::ListEnd => 9,
            Self::ListItemStart => 10,
            Self::ListItemEnd => 11,
            Self::LinkStart { .. } => 12,
            Self::LinkEnd => 13,
            Self::Text { .. } => 14,
            Self::Code { .. } => 15,
            Self::FencedCode { .. } => 16,
            Self::SoftBreak => 17,
            Self::HardBreak => 18,
        };
        Self::TYPES[index]
    }
}

impl Serialize for Token {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut token = serializer.serialize_struct("Token", 3)?;
        token.serialize_field("type", self.type_name())?;
        match self {
            Self::HeadingStart { level } => token.serialize_field("level", level)?,
            Self::ListStart { ordered } => token.serialize_field("ordered", ordered)?,
            Self::LinkStart { href } => token.serialize_field("href", href)?,
            Self::Text { text } => token.serialize_field("text", text)?,
            Self::Code { code } => token.serialize_field("code", code)?,
            Self::FencedCode { language, code } => {
                token.serialize_field("language", language)?;
                token.serialize_field("code", code)?;
            }
            Self::ParagraphStart
            | Self::ParagraphEnd
            | Self::HeadingEnd
            | Self::EmphasisStart
            | Self::EmphasisEnd
            | Self::StrongStart
            | Self::StrongEnd
            | Self::ListEnd
            | Self::ListItemStart
            | Self::ListItemEnd
            | Self::LinkEnd
            | Self::SoftBreak
            | Self::HardBreak => {}
        }
        token.end()
    }
}
