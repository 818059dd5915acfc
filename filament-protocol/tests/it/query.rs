//! §9, HTTP-7 and HTTP-10 on queries: values in bounds, each member once, unknown ones refused where the contract says so.

use filament_protocol::DecodeErrorKind::{self, Duplicate, MissingField, OutOfBounds, UnknownField, UnknownWord};
use filament_protocol::rest::{
    AuditQuery, BansQuery, ChannelsQuery, ExplainQuery, IpBansQuery, MembersQuery, MessagesQuery, PublicGuildsQuery,
    Query, SearchQuery, UploadQuery, read_query,
};

const ID: &str = "01JZ8Q4M5N6P7Q8R9S0T1V2W3X";

#[track_caller]
fn refuse<T: Query + std::fmt::Debug>(members: &[(&'static str, &'static str)], kind: DecodeErrorKind, member: &str) {
    let error = read_query::<T, _>(members.iter().copied()).expect_err("refused");
    assert_eq!((error.kind, &*error.member), (kind, member), "{members:?}");
}

#[track_caller]
fn accept<T: Query>(members: &[(&'static str, &'static str)]) -> T {
    read_query(members.iter().copied()).unwrap_or_else(|error| panic!("{members:?}: {error}"))
}

/// A limit is 1 to the largest page, in plain digits.
#[track_caller]
fn check_limit<T: Query + std::fmt::Debug>(
    others: &[(&'static str, &'static str)],
    max: &'static str,
    over: &'static str,
) {
    let with = |limit| [others, &[("limit", limit)]].concat();
    accept::<T>(&with("1"));
    accept::<T>(&with(max));
    for limit in ["0", over, "", "-1", "+1", "1.0", "1e1", " 1", "x", "99999999999999999"] {
        refuse::<T>(&with(limit), OutOfBounds, "limit");
    }
    refuse::<T>(&[others, &[("limit", "1"), ("limit", "1")]].concat(), Duplicate, "limit");
}

#[test]
fn limits_are_those_of_the_contract() {
    check_limit::<PublicGuildsQuery>(&[], "50", "51");
    check_limit::<MembersQuery>(&[], "200", "201");
    check_limit::<BansQuery>(&[], "100", "101");
    check_limit::<IpBansQuery>(&[], "100", "101");
    check_limit::<AuditQuery>(&[], "100", "101");
    check_limit::<MessagesQuery>(&[], "100", "101");
    check_limit::<SearchQuery>(&[("q", "x")], "50", "51");
}

/// Proves HTTP-10: refused on audit, members, ip-bans, bans, explain, upload; ignored elsewhere.
#[test]
fn unknown_members_are_refused_where_the_contract_says_so() {
    let unknown = [("v", "3")];
    refuse::<AuditQuery>(&unknown, UnknownField, "v");
    refuse::<MembersQuery>(&unknown, UnknownField, "v");
    refuse::<IpBansQuery>(&unknown, UnknownField, "v");
    refuse::<BansQuery>(&unknown, UnknownField, "v");
    refuse::<ExplainQuery>(&unknown, UnknownField, "v");
    refuse::<UploadQuery>(&unknown, UnknownField, "v");
    accept::<MessagesQuery>(&unknown);
    accept::<ChannelsQuery>(&unknown);
    accept::<PublicGuildsQuery>(&unknown);
    accept::<SearchQuery>(&[("v", "3"), ("q", "x")]);
}

/// Values have their bounds; what has to be there is asked for.
#[test]
fn values_are_bounded() {
    let explain = [("user_id", ID), ("permission", "create_message")];
    assert_eq!(accept::<ExplainQuery>(&explain).channel_id, None);
    refuse::<ExplainQuery>(&explain[..1], MissingField, "permission");
    refuse::<ExplainQuery>(&[("user_id", ID), ("permission", "fly")], UnknownWord, "permission");
    refuse::<ExplainQuery>(&[("user_id", "x")], OutOfBounds, "user_id");
    refuse::<MembersQuery>(&[("cursor", "abc")], OutOfBounds, "cursor");
    refuse::<BansQuery>(&[("cursor", "a b")], OutOfBounds, "cursor");
    refuse::<AuditQuery>(&[("action_prefix", "Member")], OutOfBounds, "action_prefix");
    assert_eq!(accept::<AuditQuery>(&[("action_prefix", "member.")]).action_prefix.unwrap(), "member.");
    refuse::<ChannelsQuery>(&[("include", "all")], UnknownWord, "include");
    refuse::<UploadQuery>(&[("filename", "a/b")], OutOfBounds, "filename");
    refuse::<SearchQuery>(&[], MissingField, "q");
    refuse::<SearchQuery>(&[("q", " \u{FEFF}")], OutOfBounds, "q");
    assert_eq!(accept::<SearchQuery>(&[("q", " a b ")]).q, "a b");
}
