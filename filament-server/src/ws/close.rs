//! Which status codes a close frame may carry.

/// Tells whether RFC 6455 §7.4 lets a close frame carry `code`: 1000–1003, 1007–1014 and 3000–4999.
#[must_use]
pub const fn is_allowed_on_wire(code: u16) -> bool {
    matches!(code, 1000..=1003 | 1007..=1014 | 3000..=4999)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_that_must_not_travel_are_known() {
        let allowed = |code: &u16| is_allowed_on_wire(*code);
        assert!(
            [1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1014, 3000, 3999, 4000, 4999]
                .iter()
                .all(allowed)
        );
        assert!(![0, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65_535].iter().any(allowed));
    }
}
