//! Line text: names of guilds, channels and roles, and the colour of a role.

use super::{TextError, bounded_text, check_bytes, check_characters, is_control, is_white_space, trim, verbatim};
use crate::limits::{CHANNEL_NAME_UNITS_MAX, GUILD_NAME_UNITS_MAX, ROLE_NAME_UNITS_MAX};

/// Refuses what breaks a line or turns its direction: controls, U+2028, 2029, FEFF and the bidirectional marks.
fn check_line(text: &str) -> Result<(), TextError> {
    check_characters(text, |character| {
        is_control(character)
            || matches!(
                character,
                '\u{2028}' | '\u{2029}' | '\u{FEFF}' | '\u{200E}' | '\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}'
            )
    })
}

bounded_text! {
    /// Name of a guild: line text of 1..=64 UTF-16 units, trimmed (§10.1).
    pub struct GuildName(1, GUILD_NAME_UNITS_MAX) { prepare: trim, check: check_line }
}

bounded_text! {
    /// Name of a channel: line text of 1..=64 UTF-16 units, trimmed (§10.1).
    pub struct ChannelName(1, CHANNEL_NAME_UNITS_MAX) { prepare: trim, check: check_line }
}

bounded_text! {
    /// Name of a role: line text of 1..=32 UTF-16 units, trimmed (§10.1).
    ///
    /// Seeded roles carry reserved names; a custom role may not, see [`RoleName::is_reserved`].
    pub struct RoleName(1, ROLE_NAME_UNITS_MAX) { prepare: trim, check: check_line }
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
    /// Colour of a role: `#` and six hex digits. Stored in upper case; [`ColorHex::new`] refuses lower case,
    /// [`ColorHex::normalised`] folds it.
    pub struct ColorHex(7, 7) { prepare: verbatim, check: check_color }
}

fn check_color(text: &str) -> Result<(), TextError> {
    let digits = text.strip_prefix('#').ok_or(TextError::Form)?;
    check_bytes(digits, |byte| matches!(byte, b'0'..=b'9' | b'A'..=b'F'))
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
