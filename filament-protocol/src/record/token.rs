//! What a markdown token looks like (§10.3), as data.

use crate::limits::{MARKDOWN_BLOCK_UNITS_MAX, MARKDOWN_LANGUAGE_BYTES_MAX, MARKDOWN_TEXT_UNITS_MAX};
use crate::markdown::Token;
use crate::shape::{Described, Integer, Member, Presence, Shape, Tagged, Text, Variant};
use crate::text::{LANGUAGE, LINK, NO_NUL};

/// A text of at most `max` units.
const fn text(max: usize) -> Shape {
    Shape::Text(Text { name: None, doc: "", min: 0, max, trimmed: false, form: &NO_NUL })
}

const LEVEL: Shape = Shape::Integer(Integer { name: None, min: 1, max: 6 });
const RUN: Shape = text(MARKDOWN_TEXT_UNITS_MAX);
const BLOCK: Shape = text(MARKDOWN_BLOCK_UNITS_MAX);
const TARGET: Shape =
    Shape::Text(Text { name: None, doc: "", min: 1, max: MARKDOWN_TEXT_UNITS_MAX, trimmed: false, form: &LINK });
const LANGUAGE_WORD: Shape = Shape::Text(Text {
    name: None,
    doc: "",
    min: 1,
    max: MARKDOWN_LANGUAGE_BYTES_MAX,
    trimmed: false,
    form: &LANGUAGE,
});

const LANGUAGE_OR_NULL: Shape = Shape::Nullable(&LANGUAGE_WORD);

const fn member(name: &'static str, doc: &'static str, shape: &'static Shape) -> Member {
    Member { name, doc, presence: Presence::Required, shape }
}

const fn variant(word: &'static str, doc: &'static str, members: &'static [Member]) -> Variant {
    Variant { word, doc, members }
}

impl Described for Token {
    const SHAPE: Shape = Shape::Tagged(&Tagged {
        name: "Token",
        doc: " One markdown token.\n",
        tag: "type",
        variants: &[
            variant("paragraph_start", " A paragraph begins.\n", &[]),
            variant("paragraph_end", " A paragraph ends.\n", &[]),
            variant("heading_start", " A heading begins.\n", &[member("level", " Level.\n", &LEVEL)]),
            variant("heading_end", " A heading ends.\n", &[]),
            variant("emphasis_start", " Emphasis begins.\n", &[]),
            variant("emphasis_end", " Emphasis ends.\n", &[]),
            variant("strong_start", " Strong emphasis begins.\n", &[]),
            variant("strong_end", " Strong emphasis ends.\n", &[]),
            variant(
                "list_start",
                " A list begins.\n",
                &[member("ordered", " Whether its items are numbered.\n", &Shape::Flag)],
            ),
            variant("list_end", " A list ends.\n", &[]),
            variant("list_item_start", " An item of a list begins.\n", &[]),
            variant("list_item_end", " An item of a list ends.\n", &[]),
            variant("link_start", " A link begins.\n", &[member("href", " Its target.\n", &TARGET)]),
            variant("link_end", " A link ends.\n", &[]),
            variant("text", " Plain text.\n", &[member("text", " The text.\n", &RUN)]),
            variant("code", " Code inside of a line.\n", &[member("code", " The code.\n", &RUN)]),
            variant(
                "fenced_code",
                " A block of code.\n",
                &[
                    member("language", " Its language in lower case; null if it names none.\n", &LANGUAGE_OR_NULL),
                    member("code", " The block.\n", &BLOCK),
                ],
            ),
            variant("soft_break", " A line of the source ends.\n", &[]),
            variant("hard_break", " A line ends.\n", &[]),
        ],
    });
}
