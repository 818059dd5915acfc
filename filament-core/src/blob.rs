//! Names of stored files: drawn at random by who stores the bytes, never made of anything a user wrote.

use std::{fmt, str::FromStr};

use thiserror::Error;

/// Which stored bytes belong to a row. Shown as 32 lower-case hex digits, which is the name of the file.
///
/// ```
/// use filament_core::BlobName;
/// let name = BlobName::from_bits(0xAB);
/// assert_eq!(name.to_string(), "000000000000000000000000000000ab");
/// assert_eq!(name.to_string().parse(), Ok(name));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct BlobName(u128);

/// Digits of a name.
const DIGITS: usize = 32;

/// The text is not 32 lower-case hex digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("not a name of a stored file")]
pub struct NotABlobName;

impl BlobName {
    /// The name of these 128 bits.
    #[must_use]
    pub const fn from_bits(bits: u128) -> Self {
        Self(bits)
    }

    /// Its 128 bits.
    #[must_use]
    pub const fn bits(self) -> u128 {
        self.0
    }
}

impl fmt::Display for BlobName {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{:0DIGITS$x}", self.0)
    }
}

impl FromStr for BlobName {
    type Err = NotABlobName;

    fn from_str(text: &str) -> Result<Self, NotABlobName> {
        let is_plain = text.len() == DIGITS && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
        let bits = u128::from_str_radix(text, 16).map_err(|_| NotABlobName)?;
        if is_plain { Ok(Self(bits)) } else { Err(NotABlobName) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_exact_form_is_a_name() {
        let digits = "0123456789abcdef0123456789abcdef";
        assert_eq!(digits.parse::<BlobName>().expect("a name").to_string(), digits);
        for text in
            ["", "ab", &digits[1..], &digits.to_uppercase(), &format!("{digits}0"), &format!("+{}", &digits[1..])]
        {
            assert_eq!(text.parse::<BlobName>(), Err(NotABlobName), "{text}");
        }
    }
}
