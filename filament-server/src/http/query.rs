//! Query members: looked up by name, each at most once, checked against their bounds (HTTP-7, HTTP-10).

use std::borrow::Cow;
use std::str::FromStr;

use filament_protocol::limits::PageLimit;

use super::error::ApiError;
use super::percent::decode_query;

/// The query member that says where a page begins (HTTP-15).
pub const CURSOR: &str = "cursor";

/// The text after `?`, read on demand.
#[derive(Clone, Copy, Debug)]
pub struct Query<'a>(&'a str);

impl<'a> Query<'a> {
    /// Wraps the raw query, empty if the target has none.
    #[must_use]
    pub fn new(raw: Option<&'a str>) -> Self {
        Self(raw.unwrap_or(""))
    }

    /// Refuses every member that is not among `names`: on routes whose query is closed (HTTP-10).
    ///
    /// # Errors
    /// 400.
    pub fn only(self, names: &[&'static str]) -> Result<Self, ApiError> {
        let mut pairs = self.0.split('&').filter(|pair| !pair.is_empty());
        let is_known = |pair: &str| {
            let key = pair.split_once('=').map_or(pair, |(key, _)| key);
            decode_query(key).is_ok_and(|key| names.iter().any(|name| *name == key))
        };
        if pairs.all(is_known) { Ok(self) } else { Err(ApiError::invalid("the query has an unknown member")) }
    }

    /// Returns the value of the member called `name`.
    ///
    /// # Errors
    /// 400 when it is given twice or is not percent-encoded UTF-8.
    pub fn text(self, name: &'static str) -> Result<Option<Cow<'a, str>>, ApiError> {
        let mut found = self.all(name);
        match (found.next(), found.next()) {
            (first, None) => first.transpose(),
            (_, Some(_)) => Err(ApiError::invalid(format!("query member {name} is given twice"))),
        }
    }

    /// Returns every value of a member that may be repeated, at most `max`.
    ///
    /// # Errors
    /// 400 when it is given more often or is not percent-encoded UTF-8.
    pub fn list(self, name: &'static str, max: usize) -> Result<Vec<Cow<'a, str>>, ApiError> {
        let values: Vec<_> = self.all(name).take(max + 1).collect::<Result<_, _>>()?;
        if values.len() > max {
            return Err(ApiError::invalid(format!("query member {name} is given more than {max} times")));
        }
        Ok(values)
    }

    fn all(self, name: &'static str) -> impl Iterator<Item = Result<Cow<'a, str>, ApiError>> {
        let pairs = self.0.split('&').filter(|pair| !pair.is_empty());
        let named = pairs.map(|pair| pair.split_once('=').unwrap_or((pair, "")));
        // A name nobody asks for is ignored, also one that does not decode.
        named.filter(move |(key, _)| decode_query(key).as_deref() == Ok(name)).map(move |(_, value)| {
            decode_query(value)
                .map_err(|_| ApiError::invalid(format!("query member {name} is not percent-encoded UTF-8")))
        })
    }

    /// Returns the value of `name` parsed as `T`.
    ///
    /// # Errors
    /// 400 when it is given twice or does not parse.
    pub fn parse<T: FromStr>(self, name: &'static str) -> Result<Option<T>, ApiError> {
        self.text(name)?
            .map(|text| text.parse().map_err(|_| ApiError::invalid(format!("query member {name} is malformed"))))
            .transpose()
    }

    /// Returns the member `limit`, or the page's default when it is absent.
    ///
    /// # Errors
    /// 400 when it is given twice, is not a plain decimal number, is 0, or exceeds the page's maximum.
    pub fn limit(self, page: PageLimit) -> Result<u16, ApiError> {
        let Some(text) = self.text("limit")? else { return Ok(page.default) };
        // `parse` alone would take a leading plus.
        let digits_only = text.bytes().all(|byte| byte.is_ascii_digit());
        match text.parse() {
            Ok(limit) if digits_only && (1..=page.max).contains(&limit) => Ok(limit),
            Ok(_) | Err(_) => Err(ApiError::invalid(format!("query member limit must be 1..{}", page.max))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn members_are_found_by_their_decoded_name() {
        let query = Query::new(Some("a=1&&b=%20x+y&c&%64=4&%zz=5"));
        assert_eq!(query.text("a").unwrap().as_deref(), Some("1"));
        assert_eq!(query.text("b").unwrap().as_deref(), Some(" x y"));
        assert_eq!(query.text("c").unwrap().as_deref(), Some(""));
        assert_eq!(query.text("d").unwrap().as_deref(), Some("4"));
        assert_eq!(query.text("e").unwrap(), None);
        assert_eq!(Query::new(None).text("a").unwrap(), None);
    }

    #[test]
    fn a_member_given_twice_or_badly_encoded_is_refused() {
        assert_eq!(Query::new(Some("a=1&a=1")).text("a").unwrap_err().status(), 400);
        assert_eq!(Query::new(Some("a=%f")).text("a").unwrap_err().status(), 400);
        assert!(Query::new(Some("b=%f")).text("a").unwrap().is_none());
    }

    #[test]
    fn a_member_that_may_be_repeated_is_read_whole_up_to_its_bound() {
        let query = Query::new(Some("a=1&b=x&%61=2&a"));
        assert_eq!(query.list("a", 3).unwrap(), ["1", "2", ""]);
        assert_eq!(query.list("a", 2).unwrap_err().status(), 400);
        assert!(query.list("c", 0).unwrap().is_empty());
        assert_eq!(Query::new(Some("a=%f")).list("a", 3).unwrap_err().status(), 400);
    }

    /// Proves HTTP-10.
    #[test]
    fn a_closed_query_refuses_what_it_does_not_know() {
        let names = ["limit", CURSOR];
        for (raw, expected) in [
            (None, true),
            (Some(""), true),
            (Some("limit=1&cursor=x&"), true),
            (Some("l%69mit=1"), true),
            (Some("limit"), true),
            (Some("v=1"), false),
            (Some("limit=1&Limit=2"), false),
            (Some("=1"), false),
            (Some("%zz=1"), false),
        ] {
            assert_eq!(Query::new(raw).only(&names).is_ok(), expected, "{raw:?}");
        }
    }

    /// Proves the 400 of HTTP-7 for page sizes.
    #[test]
    fn page_sizes_are_bounded_decimal_numbers() {
        let page = PageLimit { default: 20, max: 100 };
        for (raw, expected) in [
            ("", Some(20)),
            ("limit=1", Some(1)),
            ("limit=100", Some(100)),
            ("limit=0", None),
            ("limit=101", None),
            ("limit=-1", None),
            ("limit=%2B5", None),
            ("limit=1.0", None),
            ("limit=", None),
            ("limit=99999999999999999999", None),
        ] {
            assert_eq!(Query::new(Some(raw)).limit(page).ok(), expected, "{raw}");
        }
    }
}
