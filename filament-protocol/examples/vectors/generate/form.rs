//! The forms of the contract (§0, §10.1), written down from its text and from nothing else.

use super::json::{Json, raw, text};

/// The largest integer every JSON reader holds exactly, and the bound of integers the contract leaves open.
pub(crate) const INTEGER_MAX: u64 = 9_007_199_254_740_991;

/// Names of permissions, in bit order (§8.1).
pub(crate) const PERMISSIONS: [&str; 12] = [
    "manage_roles",
    "manage_member_roles",
    "manage_workspace_roles",
    "manage_channel_overrides",
    "delete_message",
    "ban_member",
    "view_audit_log",
    "manage_ip_bans",
    "create_message",
    "publish_video",
    "publish_screen_share",
    "subscribe_streams",
];

/// What a value has to look like, with a sample of it.
#[derive(Clone, Debug)]
pub(crate) enum Form {
    /// `ULID`.
    Id(&'static str),
    /// `int(min..max)` and `time`.
    Integer { min: u64, max: u64, sample: u64 },
    /// `bool`.
    Flag(bool),
    /// A member that is `true` or absent.
    True,
    /// A string.
    Text { rule: TextRule, min: usize, max: usize, sample: &'static str },
    /// A word of a closed list; the first one is the sample.
    Word(&'static [&'static str]),
    /// The word that makes an object one of several: others ask for other members.
    Tag(&'static str),
    /// `perms`.
    Permissions(&'static [&'static str]),
    /// An array; the items are the sample, and all have forms of the same list.
    List { min: usize, max: Option<usize>, unique: bool, items: Vec<Form> },
    /// An array of one item or more whose inside has rules of its own.
    Opaque { max: usize, items: Vec<Form> },
    /// An object.
    Object { members: Vec<Member>, at_least_one: bool },
    /// `x|null`.
    Nullable(Box<Form>),
}

/// What a string has to obey besides its length.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TextRule {
    /// No U+0000.
    Plain,
    /// Nothing at all, not even a bound.
    Free,
    /// Nothing but its length.
    Password,
    /// Line text (§10.1).
    Name,
    /// `^[A-Za-z0-9_.]{3,32}$`.
    Username,
    /// No white space and no control characters.
    Emoji,
    /// No separators, no control characters, not blank.
    Filename,
    /// A media type.
    MediaType,
    /// 64 lower-case hex digits.
    Sha256,
    /// `#RRGGBB`, upper case.
    Color,
    /// `#RRGGBB`, any case: in requests.
    AnyColor,
    /// `^[a-z0-9_]+$`.
    Feature,
    /// `^[A-Za-z0-9_-]+$`.
    Cursor,
    /// The language of a code block.
    Language,
    /// The target of a link.
    Link,
    /// An identity in a voice room; unique in a list.
    Identity,
    /// Trimmed before it is counted.
    Trimmed,
}

/// A member of an object.
#[derive(Clone, Debug)]
pub(crate) struct Member {
    pub(crate) name: &'static str,
    pub(crate) optional: bool,
    pub(crate) form: Form,
}

/// A member that is always there.
pub(crate) fn req(name: &'static str, form: Form) -> Member {
    Member { name, optional: false, form }
}

/// `x?`.
pub(crate) fn opt(name: &'static str, form: Form) -> Member {
    Member { name, optional: true, form }
}

pub(crate) fn object(members: impl IntoIterator<Item = Member>) -> Form {
    Form::Object { members: members.into_iter().collect(), at_least_one: false }
}

/// An object of optional members of which one has to be there.
pub(crate) fn any_of(members: impl IntoIterator<Item = Member>) -> Form {
    Form::Object { members: members.into_iter().collect(), at_least_one: true }
}

pub(crate) fn int(min: u64, max: u64, sample: u64) -> Form {
    Form::Integer { min, max, sample }
}

pub(crate) fn time(sample: u64) -> Form {
    Form::Integer { min: 1, max: INTEGER_MAX, sample }
}

pub(crate) fn line(min: usize, max: usize, rule: TextRule, sample: &'static str) -> Form {
    Form::Text { rule, min, max, sample }
}

/// `text(min..max)`.
pub(crate) fn plain(min: usize, max: usize, sample: &'static str) -> Form {
    line(min, max, TextRule::Plain, sample)
}

/// `name(max)`.
pub(crate) fn name(max: usize, sample: &'static str) -> Form {
    line(1, max, TextRule::Name, sample)
}

pub(crate) fn nullable(form: Form) -> Form {
    Form::Nullable(Box::new(form))
}

pub(crate) fn list(min: usize, max: usize, items: impl IntoIterator<Item = Form>) -> Form {
    Form::List { min, max: Some(max), unique: false, items: items.into_iter().collect() }
}

/// A list that holds nothing twice.
pub(crate) fn set(min: usize, max: usize, items: impl IntoIterator<Item = Form>) -> Form {
    Form::List { min, max: Some(max), unique: true, items: items.into_iter().collect() }
}

/// A list that ends at the size of its document before it ends at its bound.
pub(crate) fn long_list(items: impl IntoIterator<Item = Form>) -> Form {
    Form::List { min: 0, max: None, unique: false, items: items.into_iter().collect() }
}

/// How much of a sample is written.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Extent {
    /// No optional member.
    Minimal,
    /// Every optional member.
    Full,
}

impl Form {
    /// A value of this form.
    pub(crate) fn sample(&self, extent: Extent) -> Json {
        match self {
            Self::Id(id) => text(*id),
            Self::Integer { sample, .. } => raw(sample.to_string()),
            Self::Flag(flag) => raw(flag.to_string()),
            Self::True => raw("true"),
            Self::Text { sample, .. } => text(*sample),
            Self::Word(words) => text(words[0]),
            Self::Tag(word) => text(*word),
            Self::Permissions(names) => Json::List(names.iter().map(|&name| text(name)).collect()),
            Self::List { min, items, .. } => {
                let count = if extent == Extent::Full { items.len() } else { *min };
                Json::List(items.iter().take(count).map(|item| item.sample(extent)).collect())
            }
            Self::Opaque { items, .. } => Json::List(items.iter().map(|item| item.sample(extent)).collect()),
            Self::Object { members, at_least_one } => {
                let first = members.iter().take(usize::from(*at_least_one)).map(|member| member.name).next();
                let kept = members
                    .iter()
                    .filter(|member| extent == Extent::Full || !member.optional || Some(member.name) == first);
                Json::Object(kept.map(|member| (member.name.to_owned(), member.form.sample(extent))).collect())
            }
            Self::Nullable(form) => match extent {
                Extent::Full => form.sample(extent),
                Extent::Minimal => raw("null"),
            },
        }
    }

    /// Value `number` of a list in which nothing occurs twice, ascending where order counts.
    pub(crate) fn numbered(&self, number: usize) -> Json {
        match self {
            Self::Id(_) => text(numbered_id(number)),
            Self::Text { rule: TextRule::Identity, .. } => text(format!("u.{}", numbered_id(number))),
            Self::Text { rule: TextRule::Emoji, .. } => text(format!("e{number:04}")),
            Self::Text { rule: TextRule::Feature, .. } => text(format!("feature_{number:02}")),
            Self::Object { members, .. } => {
                let kept = members.iter().filter(|member| !member.optional);
                Json::Object(kept.map(|member| (member.name.to_owned(), member.form.numbered(number))).collect())
            }
            Self::Word(words) => text(words[number % words.len()]),
            other => other.sample(Extent::Minimal),
        }
    }
}

/// Ids that ascend with their number.
pub(crate) fn numbered_id(number: usize) -> String {
    const DIGITS: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
    let mut id = b"01JZ8Q4M5N6P7Q8R9S00000000".to_vec();
    let mut rest = number;
    for digit in id.iter_mut().rev().take(4) {
        *digit = DIGITS[rest % 32];
        rest /= 32;
    }
    id.into_iter().map(char::from).collect()
}
