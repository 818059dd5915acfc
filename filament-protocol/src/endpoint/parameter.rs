//! What a request says outside of its body: parameters of the path, members of the query, header fields.

use super::Endpoint;
use crate::id::{
    AttachmentId, ChannelId, FriendRequestId, GuildId, IpBanId, MessageId, OverrideTargetId, RoleId, SessionId, UserId,
};
use crate::limits::{FEATURES_MAX, PageLimit, QUERY_SUBSCRIPTIONS_MAX};
use crate::record::{LegacyRole, TargetKind};
use crate::shape::{Described, Presence, Shape, Text};
use crate::text::{BearerToken, Emoji, FeatureName, Form, IdempotencyKey, ResumeCursor, TextError};

/// Something a request says outside of its body.
#[derive(Clone, Copy, Debug)]
pub struct Parameter {
    /// Name.
    pub name: &'static str,
    /// Where it stands.
    pub location: Location,
    /// What its text has to look like; a number is written in decimal digits.
    pub shape: Shape,
    /// Whether it has to be there.
    pub is_required: bool,
    /// How often it may stand there.
    pub times_max: usize,
    /// What it is if it is left out; only of numbers.
    pub default: Option<u64>,
    /// What it is for; lines may begin with a blank.
    pub doc: &'static str,
}

/// Where a parameter stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Location {
    /// In the path, percent-encoded.
    Path,
    /// After `?`.
    Query,
    /// A header field.
    Header,
}

impl Parameter {
    const fn of(name: &'static str, location: Location, shape: Shape, doc: &'static str) -> Self {
        let is_required = matches!(location, Location::Path);
        Self { name, location, shape, is_required, times_max: 1, default: None, doc }
    }

    const fn in_query(name: &'static str, shape: Shape, doc: &'static str) -> Self {
        Self::of(name, Location::Query, shape, doc)
    }

    const fn in_header(name: &'static str, shape: Shape, doc: &'static str) -> Self {
        Self::of(name, Location::Header, shape, doc)
    }
}

impl Endpoint {
    /// Returns every parameter: those of the path, then members of the query, then header fields.
    #[must_use]
    pub fn parameters(&self) -> Vec<Parameter> {
        let mut all: Vec<Parameter> = self.path_parameters().copied().collect();
        for member in self.query.and_then(|shape| shape.object()).map_or(&[][..], |object| object.members) {
            let mut parameter = Parameter::in_query(member.name, *member.shape, member.doc);
            parameter.is_required = member.presence == Presence::Required;
            parameter.default = self.page.filter(|_| member.name == PAGE_MEMBER).map(|page| page.default.into());
            all.push(parameter);
        }
        all.extend(self.extra);
        all
    }

    /// Returns the parameters of the path, in its order.
    pub fn path_parameters(&self) -> impl Iterator<Item = &'static Parameter> {
        let names = self.path.split('/').filter_map(|segment| segment.strip_prefix('{')?.strip_suffix('}'));
        names.filter_map(|name| PATH_PARAMETERS.iter().find(|parameter| parameter.name == name))
    }
}

/// The member of a query that says how many rows a page may hold; its bounds and default are a [`PageLimit`].
const PAGE_MEMBER: &str = "limit";

const fn in_path(name: &'static str, shape: Shape, doc: &'static str) -> Parameter {
    Parameter::of(name, Location::Path, shape, doc)
}

/// What stands in braces in the paths.
static PATH_PARAMETERS: &[Parameter] = &[
    in_path("guild_id", GuildId::SHAPE, "The guild."),
    in_path("channel_id", ChannelId::SHAPE, "The channel."),
    in_path("message_id", MessageId::SHAPE, "The message."),
    in_path("attachment_id", AttachmentId::SHAPE, "The attachment."),
    in_path("user_id", UserId::SHAPE, "The user."),
    in_path("role_id", RoleId::SHAPE, "The role."),
    in_path("session_id", SessionId::SHAPE, "The session."),
    in_path("request_id", FriendRequestId::SHAPE, "The friend request."),
    in_path("ban_id", IpBanId::SHAPE, "The entry of the ban list."),
    in_path("emoji", Emoji::SHAPE, "The emoji, percent-encoded."),
    in_path("role", LegacyRole::SHAPE, "The word for a seeded role."),
    in_path("target_kind", TargetKind::SHAPE, "What the override is aimed at."),
    in_path("target_id", OverrideTargetId::SHAPE, "The role or the member the override is aimed at."),
    in_path("document", text(6, 69, &DOCUMENT), "Name of the file, as listed in `catalog.json`."),
];

/// `Idempotency-Key` of HTTP-16.
pub(super) const IDEMPOTENCY_KEY: Parameter = Parameter::in_header(
    "Idempotency-Key",
    IdempotencyKey::SHAPE,
    "Makes a repetition safe: for 24 hours the same key with the same body gives the same message, once.",
);

/// The access token in the query of the gateway (GW-2).
pub(super) const ACCESS_TOKEN: Parameter = Parameter::in_query(
    "access_token",
    BearerToken::SHAPE,
    "The access token, for callers that cannot set header fields; read only if none carries one.",
);

/// Where to resume from (RES-11).
pub(super) const CURSOR: Parameter =
    Parameter::in_query("cursor", ResumeCursor::SHAPE, "Where an earlier stream ended; what was missed is replayed.");

/// Where to resume from, as browsers say it (SSE-3).
pub(super) const LAST_EVENT_ID: Parameter =
    Parameter::in_header("Last-Event-ID", ResumeCursor::SHAPE, "As `cursor`, and before it.");

/// What the client knows (§7).
pub(super) const FEATURES: Parameter = Parameter::in_query(
    "features",
    text(1, FEATURES_MAX * (FeatureName::UNITS_MAX + 1) - 1, &FEATURE_LIST),
    "Names of features the client knows, separated by commas; unknown ones are ignored.",
);

/// What to subscribe to at once (RES-11).
pub(super) const SUBSCRIBE: Parameter = Parameter {
    times_max: QUERY_SUBSCRIPTIONS_MAX,
    ..Parameter::in_query("subscribe", text(53, 53, &CHANNEL_PAIR), "A channel: `<guild_id>:<channel_id>`.")
};

const fn text(min: usize, max: usize, form: &'static Form) -> Shape {
    Shape::Text(Text { name: None, doc: "", min, max, trimmed: false, form })
}

const DOCUMENT: Form = Form {
    name: "document",
    words: "lower-case letters, digits, `_` and `.`, then `.json`",
    class: None,
    unit_bytes: 1,
    whole: Some(r"[a-z0-9_.]{1,64}\.json"),
    check: |text| {
        let stem = text.strip_suffix(".json").ok_or(TextError::Form)?;
        let is_plain = stem.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'_' | b'.'));
        if is_plain && (1..=64).contains(&stem.len()) { Ok(()) } else { Err(TextError::Form) }
    },
};

const FEATURE_LIST: Form = Form {
    name: "feature_list",
    words: "at most 16 names of lower-case letters, digits and `_`, separated by commas",
    class: None,
    unit_bytes: 1,
    whole: Some("[a-z0-9_]{1,32}(?:,[a-z0-9_]{1,32}){0,15}"),
    check: |text| match text.split(',').count() <= FEATURES_MAX {
        true => text.split(',').try_for_each(|name| FeatureName::new(name).map(drop)),
        false => Err(TextError::Form),
    },
};

const CHANNEL_PAIR: Form = Form {
    name: "channel_pair",
    words: "the ULID of a guild, `:`, the ULID of a channel",
    class: None,
    unit_bytes: 1,
    whole: Some("[0-7][0-9A-HJKMNP-TV-Z]{25}:[0-7][0-9A-HJKMNP-TV-Z]{25}"),
    check: |text| {
        let (guild, channel) = text.split_once(':').ok_or(TextError::Form)?;
        GuildId::parse(guild).map_err(|_| TextError::Form)?;
        ChannelId::parse(channel).map(drop).map_err(|_| TextError::Form)
    },
};

/// Says that the query has a page, and how long it may be.
pub(super) const fn is_page(page: PageLimit) -> bool {
    page.default >= 1 && page.default <= page.max
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms_take_what_their_patterns_take() {
        let id = "01JZ8Q4M5N6P7Q8R9S0T1V2W3X";
        let many = ["a"; 16].join(",");
        let too_many = ["a"; 17].join(",");
        let (pair, lower) = (format!("{id}:{id}"), format!("{id}:{}", id.to_lowercase()));
        let table: [(&Parameter, &[&str], &[&str]); 3] = [
            (&FEATURES, &["batch", "batch,resume", &many], &["", ",", "batch,", "Batch", "a b", &too_many]),
            (&SUBSCRIBE, &[&pair], &[id, &lower, "", ":"]),
            (
                PATH_PARAMETERS.iter().find(|it| it.name == "document").unwrap(),
                &["catalog.json", "event.ready.json"],
                &["", ".json", "catalog", "Catalog.json", "a/b.json", "..%2f.json"],
            ),
        ];
        for (parameter, taken, refused) in table {
            let Shape::Text(text) = parameter.shape else { panic!("{}", parameter.name) };
            for value in taken {
                assert!(text.accepts(value), "{}: {value}", parameter.name);
            }
            for value in refused {
                assert!(!text.accepts(value), "{}: {value}", parameter.name);
            }
        }
    }
}
