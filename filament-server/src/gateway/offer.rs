//! What a client asks for when it connects (contract §7): features, the cursor to go on from, the channels to be subscribed to.

use filament_fanout::Mode;
use filament_protocol::limits::{FEATURES_MAX, QUERY_SUBSCRIPTIONS_MAX};
use filament_protocol::{ChannelId, FeatureName, GuildId};
use http::HeaderMap;

use crate::http::error::ApiError;
use crate::http::query::Query;

const BATCH: &str = "batch";
const RESUME: &str = "resume";
/// Where a browser that comes back says how far it was told.
const LAST_EVENT_ID: &str = "last-event-id";

/// What was asked for and agreed on.
#[derive(Debug)]
pub(super) struct Offer {
    pub(super) mode: Mode,
    /// The features agreed on, sorted.
    pub(super) features: Vec<FeatureName>,
    /// Where to resume, if the connection has cursors.
    pub(super) cursor: Option<Box<str>>,
    /// The channels named, in the order of the query.
    pub(super) subscribe: Vec<(GuildId, ChannelId)>,
}

impl Offer {
    /// Reads the query of a WebSocket.
    ///
    /// # Errors
    /// 400 for a malformed list of features or pair of ids, and for more than 128 pairs.
    pub(super) fn of_websocket(query: Query<'_>) -> Result<Self, ApiError> {
        let asked = features(query)?;
        let asks = |name: &str| asked.iter().any(|known| known.as_str() == name);
        let mode = if asks(BATCH) { Mode::Batch { resume: asks(RESUME) } } else { Mode::Plain };
        let agreed: &[&str] = match mode {
            Mode::Batch { resume: true } => &[BATCH, RESUME],
            Mode::Batch { resume: false } => &[BATCH],
            Mode::Plain | Mode::Stream => &[],
        };
        let features = agreed.iter().filter_map(|name| FeatureName::new(*name).ok()).collect();
        let cursor = query.text("cursor")?.filter(|_| mode.has_cursor()).map(|text| text.as_ref().into());
        Ok(Self { mode, features, cursor, subscribe: pairs(query)? })
    }
}

impl Offer {
    /// Reads query and head of a stream of Server-Sent Events (SSE-2, SSE-3).
    ///
    /// # Errors
    /// 400 for a malformed pair of ids, and for more than 128 pairs.
    pub(super) fn of_stream(query: Query<'_>, headers: &HeaderMap) -> Result<Self, ApiError> {
        // What is no text is no cursor, and is answered as such.
        let header = headers.get(LAST_EVENT_ID).map(|value| value.to_str().unwrap_or_default().into());
        let cursor = match header {
            Some(cursor) => Some(cursor),
            None => query.text("cursor")?.map(|text| text.as_ref().into()),
        };
        let features = FeatureName::new(RESUME).into_iter().collect();
        Ok(Self { mode: Mode::Stream, features, cursor, subscribe: pairs(query)? })
    }
}

/// A malformed list is 400; well-formed names that this server does not know are ignored.
fn features(query: Query<'_>) -> Result<Vec<FeatureName>, ApiError> {
    let Some(list) = query.text("features")? else { return Ok(Vec::new()) };
    let names = list.split(',').filter(|_| !list.is_empty());
    let names: Option<Vec<FeatureName>> = names.map(|name| FeatureName::new(name).ok()).collect();
    names
        .filter(|names| names.len() <= FEATURES_MAX)
        .ok_or_else(|| ApiError::invalid("features is a list of at most 16 names"))
}

fn pairs(query: Query<'_>) -> Result<Vec<(GuildId, ChannelId)>, ApiError> {
    let pair = |text: &str| {
        let (guild_id, channel_id) = text.split_once(':')?;
        Some((guild_id.parse().ok()?, channel_id.parse().ok()?))
    };
    let named = query.list("subscribe", QUERY_SUBSCRIPTIONS_MAX)?;
    let pairs: Option<Vec<_>> = named.iter().map(|text| pair(text)).collect();
    pairs.ok_or_else(|| ApiError::invalid("subscribe is the id of a guild, a colon and the id of a channel"))
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn offer(query: &str) -> Result<Offer, ApiError> {
        Offer::of_websocket(Query::new(Some(query)))
    }

    /// Proves contract §7 for `features`: unknown names are ignored, `resume` needs `batch`, the agreed ones are sorted.
    #[test]
    fn features_are_agreed_on() {
        let table: [(&str, Mode, &[&str]); 7] = [
            ("", Mode::Plain, &[]),
            ("features=", Mode::Plain, &[]),
            ("features=resume", Mode::Plain, &[]),
            ("features=batch", Mode::Batch { resume: false }, &["batch"]),
            ("features=resume,other,batch", Mode::Batch { resume: true }, &["batch", "resume"]),
            ("features=batch,batch,resume", Mode::Batch { resume: true }, &["batch", "resume"]),
            ("features=batch%2Cresume", Mode::Batch { resume: true }, &["batch", "resume"]),
        ];
        for (query, mode, agreed) in table {
            let offer = offer(query).expect("well-formed");
            let features: Vec<_> = offer.features.iter().map(FeatureName::as_str).collect();
            assert_eq!((offer.mode, features.as_slice()), (mode, agreed), "{query}");
        }
        for query in ["features=Batch", "features=a,,b", "features=batch,", "features=a&features=b"] {
            assert_eq!(offer(query).expect_err("malformed").status(), 400, "{query}");
        }
    }

    /// Proves SSE-2 and SSE-3: streams have cursors, and the header wins.
    #[test]
    fn a_stream_resumes_by_header_or_query() {
        let stream = |query, header: Option<&'static str>| {
            let header =
                header.map(|value| (http::HeaderName::from_static(LAST_EVENT_ID), HeaderValue::from_static(value)));
            Offer::of_stream(Query::new(Some(query)), &header.into_iter().collect()).expect("well-formed")
        };
        assert!(stream("features=batch", None).cursor.is_none());
        assert_eq!(stream("cursor=q", None).cursor.as_deref(), Some("q"));
        assert_eq!(stream("cursor=q", Some("h")).cursor.as_deref(), Some("h"));
        let offer = stream("", Some("h"));
        assert_eq!((offer.mode, offer.features.len(), offer.features[0].as_str()), (Mode::Stream, 1, "resume"));
    }

    /// Proves RES-11 for the form of `subscribe`, and that a cursor counts only where `resume` was agreed on.
    #[test]
    fn channels_and_cursor_are_read() {
        let (guild, channel) = (GuildId::from_u128(1), ChannelId::from_u128(2));
        let named = offer(&format!("subscribe={guild}:{channel}&subscribe={guild}%3A{channel}")).expect("well-formed");
        assert_eq!(named.subscribe, [(guild, channel); 2]);
        for query in ["subscribe=", "subscribe=x", &format!("subscribe={guild}"), &format!("subscribe={guild}:x")] {
            assert_eq!(offer(query).expect_err("malformed").status(), 400, "{query}");
        }
        let many = vec![format!("subscribe={guild}:{channel}"); QUERY_SUBSCRIPTIONS_MAX].join("&");
        assert_eq!(offer(&many).expect("at the bound").subscribe.len(), QUERY_SUBSCRIPTIONS_MAX);
        assert_eq!(offer(&format!("{many}&subscribe={guild}:{channel}")).expect_err("over it").status(), 400);

        let resumed = offer("features=batch,resume&cursor=abc").expect("well-formed");
        assert_eq!(resumed.cursor.as_deref(), Some("abc"));
        assert!(offer("features=batch&cursor=abc").expect("well-formed").cursor.is_none());
    }
}
