//! Line text: names of guilds, channels and roles, and the colour of a role.

use super::{TextError, bounded_text, is_white_space, trim};
use crate::limits::{CHANNEL_NAME_UNITS_MAX, GUILD_NAME_UNITS_MAX, ROLE_NAME_UNITS_MAX};

bounded_text! {
    /// Name of a guild: line text of 1..=64 UTF-16 units, trimmed (§10.1).
    pub struct GuildName(1, GUILD_NAME_UNITS_MAX): trim LINE
}

bounded_text! {
    /// Name of a channel: line text of 1..=64 UTF-16 units, trimmed (§10.1).
    pub struct ChannelName(1, CHANNEL_NAME_UNITS_MAX): trim LINE
}

bounded_text! {
    /// Name of a role: line text of 1..=32 UTF-16 units, trimmed (§10.1).
    ///
    /// Seeded roles carry reserved names; a custom role may not (PRM-9).
    pub struct RoleName(1, ROLE_NAME_UNITS_MAX): trim LINE
}

impl RoleName {
    /// Tells whether the folded name is one of the words existing clients take for a rank (PRM-9).
    ///
    /// Folding: trim, Unicode lower case, each run of white space and hyphens to one `_`.
    #[must_use]
    pub fn is_reserved(&self) -> bool {
        let mut folded = String::with_capacity(self.len());
        let mut in_run = false;
        for character in trim(self).chars().flat_map(char::to_lowercase) {
            let joins = is_white_space(character) || character == '-';
            match (joins, in_run) {
                (true, true) => {}
                (true, false) => folded.push('_'),
                (false, _) => folded.push(character),
            }
            in_run = joins;
        }
        matches!(folded.as_str(), "everyone" | "@everyone" | "owner" | "workspace_owner" | "moderator" | "member")
    }
}

bounded_text! {
    /// Colour of a role: `#` and six upper-case hex digits.
    ///
    /// `ColorHex::new` refuses lower case, `ColorHex::normalised` folds it.
    pub struct ColorHex(7, 7): verbatim COLOR
}

bounded_text! {
    /// Colour of a role as a request may spell it: `#` and six hex digits in any case.
    pub struct ColorInput(7, 7): verbatim COLOR_ANY_CASE
}

impl From<ColorInput> for ColorHex {
    fn from(input: ColorInput) -> Self {
        let mut text = input.0;
        text.make_ascii_uppercase();
        Self(text)
    }
}

impl ColorHex {
    /// Makes a colour of `#` and six hex digits in any case, as requests may spell it.
    ///
    /// # Errors
    /// [`TextError`] if the text has another form.
    pub fn normalised(text: &str) -> Result<Self, TextError> {
        Self::new(text.to_ascii_uppercase())
    }
}
