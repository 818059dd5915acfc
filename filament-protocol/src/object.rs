//! Declaring JSON objects: from one declaration come the struct, its reader, its writer and its shape.
//!
//! [`record!`] declares what the server says: unknown members are passed over. [`body!`] declares what a client sends:
//! unknown members are refused; `body! { input pub struct … }` is one that is never written, because it holds secrets.
//! Both take ordinary structs whose fields may carry bounds in brackets:
//!
//! | field | on the wire |
//! | --- | --- |
//! | `pub guild_id: GuildId` | required |
//! | `pub channel_id: Option<ChannelId>` | may be absent, never null |
//! | `pub role_id: Option<RoleId> [null]` | required, may be null |
//! | `pub color_hex: Patch<ColorHex>` | may be absent or null |
//! | `pub visibility: Visibility [default]` | may be absent, then the default |
//! | `pub position: u16 [0..=199]`, `Option<u32> [0..=9]` | an integer in a range |
//! | `pub truncated: Option<bool> [true]`, `bool [true]` | `true` only |
//! | `pub channel_ids: Vec<ChannelId> [0..=200]` | a list, `unique` or `distinct` as told below |
//! | `pub overrides: Vec<ChannelOverride> [0..=16, absent]` | a list that is left out when empty |
//! | `pub code: ErrorCode [as EventErrorCode]` | read by another [`Codec`](crate::field::Codec) |
//!
//! After the bounds of a list may stand `unique` (an item may not be repeated), `unique by` (nor a key of
//! [`Distinct`](crate::field::Distinct)), `distinct` (repeated items are dropped, order kept), then `absent`. After the struct may stand
//! `rules { any_of(a, b), … }`: what is asked of several members together, see [`Rule`](crate::shape::Rule).

/// Declares an object that readers take with unknown members. See the [module](self).
macro_rules! record {
    ( $(#[doc = $doc:literal])+ pub struct $($rest:tt)+ ) => {
        $crate::object::object! { @start tolerant both [$($doc)+] $($rest)+ }
    };
}

/// Declares an object in which unknown members are refused. See the [module](self).
macro_rules! body {
    ( $(#[doc = $doc:literal])+ pub struct $($rest:tt)+ ) => {
        $crate::object::object! { @start strict both [$($doc)+] $($rest)+ }
    };
    ( input $(#[doc = $doc:literal])+ pub struct $($rest:tt)+ ) => {
        $crate::object::object! { @start strict input [$($doc)+] $($rest)+ }
    };
}

/// Does the work of [`record!`] and [`body!`].
macro_rules! object {
    (
        @start $mode:ident $side:ident [$($doc:literal)+] $name:ident $(: $($extra:ident),+)?
        { $($fields:tt)* } $(rules { $($rule:ident ( $($argument:tt)* )),+ $(,)? })?
    ) => {
        $crate::object::object! {
            @fields { $mode $side [$($doc)+] $name [$($($extra),+)?] [$($($rule ($($argument)*))+)?] } [] $($fields)*
        }
    };

    // Each field becomes `{ docs, name, type, codec, presence }`. The first rule that fits wins.
    (@fields $head:tt [$($done:tt)*] $(#[doc = $doc:literal])+ pub $field:ident : Option<$type:ty> [null], $($rest:tt)*) => {
        $crate::object::object! { @fields $head [$($done)* {
            [$($doc)+] $field, Option<$type>, $crate::field::OrNull<$crate::field::Plain<$type>>, Required
        }] $($rest)* }
    };
    (@fields $head:tt [$($done:tt)*] $(#[doc = $doc:literal])+ pub $field:ident : Option<Vec<$type:ty>> $bounds:tt, $($rest:tt)*) => {
        $crate::object::object! { @fields $head [$($done)* {
            [$($doc)+] $field, Option<Vec<$type>>, $crate::object::object!(@list $type, $bounds), Optional
        }] $($rest)* }
    };
    (@fields $head:tt [$($done:tt)*] $(#[doc = $doc:literal])+ pub $field:ident : Option<$type:ty> $bounds:tt, $($rest:tt)*) => {
        $crate::object::object! { @fields $head [$($done)* {
            [$($doc)+] $field, Option<$type>, $crate::object::object!(@one $type, $bounds), Optional
        }] $($rest)* }
    };
    (@fields $head:tt [$($done:tt)*] $(#[doc = $doc:literal])+ pub $field:ident : Option<$type:ty>, $($rest:tt)*) => {
        $crate::object::object! { @fields $head [$($done)* {
            [$($doc)+] $field, Option<$type>, $crate::field::Plain<$type>, Optional
        }] $($rest)* }
    };
    (@fields $head:tt [$($done:tt)*] $(#[doc = $doc:literal])+ pub $field:ident : Patch<$type:ty> [as $codec:ty], $($rest:tt)*) => {
        $crate::object::object! { @fields $head [$($done)* { [$($doc)+] $field, Patch<$type>, $codec, Kept }] $($rest)* }
    };
    (@fields $head:tt [$($done:tt)*] $(#[doc = $doc:literal])+ pub $field:ident : Patch<$type:ty>, $($rest:tt)*) => {
        $crate::object::object! { @fields $head [$($done)* {
            [$($doc)+] $field, Patch<$type>, $crate::field::Change<$type>, Kept
        }] $($rest)* }
    };
    (@fields $head:tt [$($done:tt)*] $(#[doc = $doc:literal])+ pub $field:ident : Vec<$type:ty> [$min:tt ..= $max:expr, absent], $($rest:tt)*) => {
        $crate::object::object! { @fields $head [$($done)* {
            [$($doc)+] $field, Vec<$type>, $crate::object::object!(@list $type, [$min ..= $max]), Emptied
        }] $($rest)* }
    };
    (@fields $head:tt [$($done:tt)*] $(#[doc = $doc:literal])+ pub $field:ident : Vec<$type:ty> [$min:tt ..= $max:expr, $how:ident $($by:ident)?, absent], $($rest:tt)*) => {
        $crate::object::object! { @fields $head [$($done)* {
            [$($doc)+] $field, Vec<$type>, $crate::object::object!(@list $type, [$min ..= $max, $how $($by)?]), Emptied
        }] $($rest)* }
    };
    (@fields $head:tt [$($done:tt)*] $(#[doc = $doc:literal])+ pub $field:ident : Vec<$type:ty> $bounds:tt, $($rest:tt)*) => {
        $crate::object::object! { @fields $head [$($done)* {
            [$($doc)+] $field, Vec<$type>, $crate::object::object!(@list $type, $bounds), Required
        }] $($rest)* }
    };
    (@fields $head:tt [$($done:tt)*] $(#[doc = $doc:literal])+ pub $field:ident : $type:ty [default], $($rest:tt)*) => {
        $crate::object::object! { @fields $head [$($done)* {
            [$($doc)+] $field, $type, $crate::field::Plain<$type>, Defaulted
        }] $($rest)* }
    };
    (@fields $head:tt [$($done:tt)*] $(#[doc = $doc:literal])+ pub $field:ident : $type:ty [default, $($bounds:tt)+], $($rest:tt)*) => {
        $crate::object::object! { @fields $head [$($done)* {
            [$($doc)+] $field, $type, $crate::object::object!(@one $type, [$($bounds)+]), Defaulted
        }] $($rest)* }
    };
    (@fields $head:tt [$($done:tt)*] $(#[doc = $doc:literal])+ pub $field:ident : $type:ty [$($bounds:tt)+], $($rest:tt)*) => {
        $crate::object::object! { @fields $head [$($done)* {
            [$($doc)+] $field, $type, $crate::object::object!(@one $type, [$($bounds)+]), Required
        }] $($rest)* }
    };
    (@fields $head:tt [$($done:tt)*] $(#[doc = $doc:literal])+ pub $field:ident : $type:ty, $($rest:tt)*) => {
        $crate::object::object! { @fields $head [$($done)* {
            [$($doc)+] $field, $type, $crate::field::Plain<$type>, Required
        }] $($rest)* }
    };

    // Codecs of bounded values.
    (@one $type:ty, [true]) => { $crate::field::True };
    (@one $type:ty, [as $codec:ty]) => { $codec };
    (@one $type:ty, [$min:tt ..= $max:expr]) => { $crate::field::Within<$type, { $min as u64 }, { $max as u64 }> };
    (@list $type:ty, [as $codec:ty]) => { $codec };
    (@list $type:ty, [$min:tt ..= $max:expr]) => { $crate::object::object!(@items $type, Allowed, $min, $max) };
    (@list $type:ty, [$min:tt ..= $max:expr, unique]) => { $crate::object::object!(@items $type, Refused, $min, $max) };
    (@list $type:ty, [$min:tt ..= $max:expr, unique by]) => { $crate::object::object!(@items $type, Keyed, $min, $max) };
    (@list $type:ty, [$min:tt ..= $max:expr, distinct]) => { $crate::object::object!(@items $type, Dropped, $min, $max) };
    (@items $type:ty, $repeats:ident, $min:tt, $max:expr) => {
        $crate::field::Items<$crate::field::Plain<$type>, $crate::field::$repeats, { $min }, { $max }>
    };

    (
        @fields { $mode:ident $side:ident [$($doc:literal)+] $name:ident [$($extra:ident),*] [$($rule:ident $argument:tt)*] }
        [$({ [$($field_doc:literal)+] $field:ident, $type:ty, $codec:ty, $presence:ident })+]
    ) => {
        $(#[doc = $doc])+
        #[derive(Clone, Debug, PartialEq, Eq $(, $extra)*)]
        pub struct $name {
            $( $(#[doc = $field_doc])+ pub $field: $type, )+
        }

        impl $crate::shape::Described for $name {
            const SHAPE: $crate::shape::Shape = $crate::shape::Shape::Object(&$crate::shape::Object {
                name: stringify!($name),
                doc: concat!($($doc, "\n"),+),
                members: &[$($crate::shape::Member {
                    name: $crate::shape::wire_name(stringify!($field)),
                    doc: concat!($($field_doc, "\n"),+),
                    presence: $crate::object::object!(@presence $presence),
                    shape: &<$codec as $crate::field::Codec>::SHAPE,
                }),+],
                rules: &[$($crate::object::object!(@rule $rule $argument)),*],
            });
        }

        const _: () = {
            const NAMES: &[&str] = &[$($crate::shape::wire_name(stringify!($field))),+];

            #[allow(non_camel_case_types, reason = "one variant for each member, named like it")]
            #[derive(Clone, Copy)]
            enum Name {
                $($field,)+
                #[allow(dead_code, reason = "refused earlier where unknown members are")]
                Unknown,
            }

            impl<'de> ::serde::Deserialize<'de> for Name {
                #[inline]
                fn deserialize<D: ::serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                    struct NameVisitor;

                    impl ::serde::de::Visitor<'_> for NameVisitor {
                        type Value = Name;

                        fn expecting(&self, formatter: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                            formatter.write_str("the name of a member")
                        }

                        #[inline]
                        fn visit_str<E: ::serde::de::Error>(self, name: &str) -> Result<Name, E> {
                            $(
                                if name == const { $crate::shape::wire_name(stringify!($field)) } {
                                    return Ok(Name::$field);
                                }
                            )+
                            $crate::object::object!(@unknown $mode name)
                        }
                    }

                    deserializer.deserialize_identifier(NameVisitor)
                }
            }

            struct ObjectVisitor;

            impl<'de> ::serde::de::Visitor<'de> for ObjectVisitor {
                type Value = $name;

                fn expecting(&self, formatter: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                    formatter.write_str("an object")
                }

                fn visit_map<A: ::serde::de::MapAccess<'de>>(self, mut members: A) -> Result<$name, A::Error> {
                    use ::serde::de::Error as _;
                    $( let mut $field: Option<<$codec as $crate::field::Codec>::Value> = None; )+
                    while let Some(which_member) = members.next_key::<Name>()? {
                        match which_member {
                            $(
                                Name::$field => {
                                    if $field.is_some() {
                                        return Err(A::Error::duplicate_field($crate::shape::wire_name(stringify!($field))));
                                    }
                                    $field = Some(members.next_value_seed($crate::field::Read::<$codec>::NEW)?);
                                }
                            )+
                            Name::Unknown => {
                                members.next_value::<::serde::de::IgnoredAny>()?;
                            }
                        }
                    }
                    let value = $name { $($field: $crate::object::object!(@take $presence $field A)),+ };
                    $($crate::object::object!(@check value A $rule $argument);)*
                    Ok(value)
                }
            }

            impl<'de> ::serde::Deserialize<'de> for $name {
                fn deserialize<D: ::serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                    deserializer.deserialize_struct(stringify!($name), NAMES, ObjectVisitor)
                }
            }

            $crate::object::object! { @writer $side $name $($presence $field)+ }
        };
    };

    (@presence Required) => { $crate::shape::Presence::Required };
    (@presence $other:ident) => { $crate::shape::Presence::Optional };

    (@unknown strict $name:ident) => { Err(E::unknown_field($name, NAMES)) };
    (@unknown tolerant $name:ident) => { Ok(Name::Unknown) };

    // What an absent member means.
    (@take Required $field:ident $access:ident) => {
        match $field {
            Some(value) => value,
            None => return Err($access::Error::missing_field($crate::shape::wire_name(stringify!($field)))),
        }
    };
    (@take Optional $field:ident $access:ident) => { $field };
    (@take $other:ident $field:ident $access:ident) => { $field.unwrap_or_default() };

    (@writer input $name:ident $($rest:tt)*) => {};
    (@writer both $name:ident $($presence:ident $field:ident)+) => {
        impl ::serde::Serialize for $name {
            fn serialize<S: ::serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                use ::serde::ser::SerializeStruct as _;
                let mut object = serializer.serialize_struct(stringify!($name), NAMES.len())?;
                $($crate::object::object!(@write $presence object self $field);)+
                object.end()
            }
        }
    };
    (@write Optional $object:ident $self:ident $field:ident) => {
        if let Some(value) = &$self.$field {
            $object.serialize_field(const { $crate::shape::wire_name(stringify!($field)) }, value)?;
        }
    };
    (@write Kept $object:ident $self:ident $field:ident) => {
        if !$self.$field.is_keep() {
            $crate::object::object!(@write Required $object $self $field);
        }
    };
    (@write Emptied $object:ident $self:ident $field:ident) => {
        if !$self.$field.is_empty() {
            $crate::object::object!(@write Required $object $self $field);
        }
    };
    (@write $other:ident $object:ident $self:ident $field:ident) => {
        $object.serialize_field(const { $crate::shape::wire_name(stringify!($field)) }, &$self.$field)?
    };

    // Rules, as data and as checks.
    (@rule any_of ($($field:ident),+)) => { $crate::shape::Rule::AnyOf(&[$(stringify!($field)),+]) };
    (@rule together ($($field:ident),+)) => { $crate::shape::Rule::Together(&[$(stringify!($field)),+]) };
    (@rule disjoint ($left:ident, $right:ident)) => {
        $crate::shape::Rule::Disjoint(stringify!($left), stringify!($right))
    };
    (@rule not_both_empty ($text:ident, $list:ident)) => {
        $crate::shape::Rule::NotBothEmpty { text: stringify!($text), list: stringify!($list) }
    };
    (@rule not_empty ($text:ident)) => { $crate::shape::Rule::NotEmpty(stringify!($text)) };
    (@rule absent_if ($absent:ident, $member:ident = $word:literal)) => {
        $crate::shape::Rule::AbsentIf { member: stringify!($member), word: $word, absent: stringify!($absent) }
    };
    (@check $value:ident $access:ident any_of ($($field:ident),+)) => {
        if $(!$crate::field::Held::is_held(&$value.$field))&&+ {
            return Err($access::Error::custom("nothing is said"));
        }
    };
    (@check $value:ident $access:ident together ($($field:ident),+)) => {
        if ![$($crate::field::Held::is_held(&$value.$field)),+].windows(2).all(|pair| pair[0] == pair[1]) {
            return Err($access::Error::custom("members that belong together"));
        }
    };
    (@check $value:ident $access:ident disjoint ($left:ident, $right:ident)) => {
        if $value.$left.intersects($value.$right) {
            return Err($access::Error::custom("an item stands in both lists"));
        }
    };
    (@check $value:ident $access:ident not_both_empty ($text:ident, $list:ident)) => {
        if $value.$text.is_empty() && $value.$list.is_empty() {
            return Err($access::Error::custom("both are empty"));
        }
    };
    (@check $value:ident $access:ident not_empty ($text:ident)) => {
        if $value.$text.is_empty() {
            return Err($access::Error::custom("empty"));
        }
    };
    (@check $value:ident $access:ident absent_if ($absent:ident, $member:ident = $word:literal)) => {
        if $value.$member.name() == $word && $value.$absent.is_some() {
            return Err($access::Error::custom("a member that has to be absent"));
        }
    };
}

pub(crate) use {body, object, record};
