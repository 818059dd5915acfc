//! How single members are read: one codec for each kind of bound, which is also its shape.

use std::fmt;
use std::marker::PhantomData;

use serde::de::{Deserialize, DeserializeSeed, Deserializer, Error, SeqAccess, Unexpected, Visitor};

use crate::patch::Patch;
use crate::shape::{Described, Integer, List, Shape, Unique};

/// How one member is read, and what it looks like.
pub(crate) trait Codec {
    /// What is read.
    type Value;
    /// Its form.
    const SHAPE: Shape;

    fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self::Value, D::Error>;
}

/// Reads a member by its codec.
pub(crate) struct Read<C>(PhantomData<fn() -> C>);

impl<C> Read<C> {
    pub(crate) const NEW: Self = Self(PhantomData);
}

impl<'de, C: Codec> DeserializeSeed<'de> for Read<C> {
    type Value = C::Value;

    #[inline]
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<C::Value, D::Error> {
        C::read(deserializer)
    }
}

/// A value as its type reads it.
pub(crate) struct Plain<T>(PhantomData<fn() -> T>);

impl<T: Described + for<'de> Deserialize<'de>> Codec for Plain<T> {
    type Value = T;
    const SHAPE: Shape = T::SHAPE;

    #[inline]
    fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<T, D::Error> {
        T::deserialize(deserializer)
    }
}

/// A value or null.
pub(crate) struct OrNull<C>(PhantomData<fn() -> C>);

impl<T: Described + for<'de> Deserialize<'de>> Codec for OrNull<Plain<T>> {
    type Value = Option<T>;
    const SHAPE: Shape = Shape::Nullable(&T::SHAPE);

    fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<T>, D::Error> {
        Option::deserialize(deserializer)
    }
}

/// A change: absent, null or a value.
pub(crate) struct Change<T>(PhantomData<fn() -> T>);

impl<T: Described + for<'de> Deserialize<'de>> Codec for Change<T> {
    type Value = Patch<T>;
    const SHAPE: Shape = Shape::Nullable(&T::SHAPE);

    fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Patch<T>, D::Error> {
        Patch::deserialize(deserializer)
    }
}

/// An integer in `MIN..=MAX`.
pub(crate) struct Within<T, const MIN: u64, const MAX: u64>(PhantomData<fn() -> T>);

/// A Rust integer that stands on the wire.
pub(crate) trait WireInteger: TryFrom<u64> {
    /// The greatest value it holds.
    const MAX: u64;
}

impl WireInteger for u16 {
    const MAX: u64 = Self::MAX as u64;
}

impl WireInteger for u32 {
    const MAX: u64 = Self::MAX as u64;
}

impl WireInteger for u64 {
    const MAX: u64 = crate::limits::INTEGER_MAX;
}

impl<T: WireInteger, const MIN: u64, const MAX: u64> Codec for Within<T, MIN, MAX> {
    type Value = T;
    const SHAPE: Shape = {
        assert!(MIN <= MAX && MAX <= T::MAX, "the type cannot hold its bounds");
        Shape::Integer(Integer { name: None, min: MIN, max: MAX })
    };

    #[inline]
    fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<T, D::Error> {
        let value = u64::deserialize(deserializer)?;
        let refused = || D::Error::invalid_value(Unexpected::Unsigned(value), &Range(MIN, MAX));
        if (MIN..=MAX).contains(&value) { T::try_from(value).map_err(|_| refused()) } else { Err(refused()) }
    }
}

struct Range(u64, u64);

impl serde::de::Expected for Range {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "an integer in {}..={}", self.0, self.1)
    }
}

/// `true`, and nothing else.
pub(crate) struct True;

impl Codec for True {
    type Value = bool;
    const SHAPE: Shape = Shape::True;

    fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<bool, D::Error> {
        match bool::deserialize(deserializer)? {
            true => Ok(true),
            false => Err(D::Error::invalid_value(Unexpected::Bool(false), &"true")),
        }
    }
}

/// What a list asks of its items together.
pub(crate) trait Repeats<T> {
    /// The rule, as data.
    const UNIQUE: Unique;

    /// Refuses the list, or makes it what is stored.
    fn settle(items: &mut Vec<T>) -> bool;
}

/// Items may be repeated.
pub(crate) struct Allowed;

impl<T> Repeats<T> for Allowed {
    const UNIQUE: Unique = Unique::No;

    fn settle(_: &mut Vec<T>) -> bool {
        true
    }
}

/// No two items are equal.
pub(crate) struct Refused;

impl<T: Ord> Repeats<T> for Refused {
    const UNIQUE: Unique = Unique::Items;

    fn settle(items: &mut Vec<T>) -> bool {
        differ(items)
    }
}

/// Repeated items are dropped, the order of the rest is kept.
pub(crate) struct Dropped;

impl<T: PartialEq> Repeats<T> for Dropped {
    const UNIQUE: Unique = Unique::No;

    fn settle(items: &mut Vec<T>) -> bool {
        remove_duplicates(items);
        true
    }
}

/// No two items have the same key.
pub(crate) struct Keyed;

impl<T: Distinct> Repeats<T> for Keyed {
    const UNIQUE: Unique = Unique::By(T::KEYS);

    fn settle(items: &mut Vec<T>) -> bool {
        T::all_differ(items)
    }
}

/// An item that a list may not hold twice.
pub(crate) trait Distinct: Sized {
    /// The keys, each a list of members.
    const KEYS: &'static [&'static [&'static str]];

    /// Tells whether no two items agree in a key.
    fn all_differ(items: &[Self]) -> bool;
}

/// Tells whether no two keys are equal.
pub(crate) fn all_differ<K: Ord>(keys: impl Iterator<Item = K>) -> bool {
    differ(&keys.collect::<Vec<K>>())
}

/// Tells whether no two items are equal. Nothing is allocated for what writers mostly send: a short list, or one that
/// ascends behind its first item.
fn differ<T: Ord>(items: &[T]) -> bool {
    /// Up to here comparing each with each is cheapest.
    const PAIRWISE_MAX: usize = 6;
    let Some((first, rest)) = items.split_first() else { return true };
    if items.len() <= PAIRWISE_MAX {
        return (1..items.len()).all(|index| !items[..index].contains(&items[index]));
    }
    if rest.is_sorted_by(|left, right| left < right) {
        return rest.binary_search(first).is_err();
    }
    let mut sorted: Vec<&T> = items.iter().collect();
    sorted.sort_unstable();
    sorted.is_sorted_by(|left, right| left < right)
}

/// A list of `MIN..=MAX` items, counted as written.
pub(crate) struct Items<C, R, const MIN: usize, const MAX: usize>(PhantomData<fn() -> (C, R)>);

impl<C: Codec, R: Repeats<C::Value>, const MIN: usize, const MAX: usize> Codec for Items<C, R, MIN, MAX> {
    type Value = Vec<C::Value>;
    const SHAPE: Shape = Shape::List(List { name: None, min: MIN, max: MAX, item: &C::SHAPE, unique: R::UNIQUE });

    fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<C::Value>, D::Error> {
        struct ListVisitor<C, const MIN: usize, const MAX: usize>(PhantomData<fn() -> C>);

        impl<'de, C: Codec, const MIN: usize, const MAX: usize> Visitor<'de> for ListVisitor<C, MIN, MAX> {
            type Value = Vec<C::Value>;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(formatter, "a list of {MIN} to {MAX} items")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Vec<C::Value>, A::Error> {
                let mut list = Vec::new();
                while let Some(item) = items.next_element_seed(Read::<C>::NEW)? {
                    if list.len() == MAX {
                        return Err(A::Error::invalid_length(MAX + 1, &self));
                    }
                    list.push(item);
                }
                if list.len() < MIN {
                    return Err(A::Error::invalid_length(list.len(), &self));
                }
                Ok(list)
            }
        }

        let mut items = deserializer.deserialize_seq(ListVisitor::<C, MIN, MAX>(PhantomData))?;
        if R::settle(&mut items) { Ok(items) } else { Err(D::Error::custom("an item is repeated")) }
    }
}

/// Whether an optional field holds something.
pub(crate) trait Held {
    fn is_held(&self) -> bool;
}

impl<T> Held for Option<T> {
    fn is_held(&self) -> bool {
        self.is_some()
    }
}

impl<T> Held for Patch<T> {
    fn is_held(&self) -> bool {
        !self.is_keep()
    }
}

/// Drops every item that stood earlier in the list and keeps the order of the rest. For short lists.
pub(crate) fn remove_duplicates<T: PartialEq>(items: &mut Vec<T>) {
    let mut index = 0;
    while index < items.len() {
        if items[..index].contains(&items[index]) {
            items.remove(index);
        } else {
            index += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::differ;

    /// Every list of up to nine small numbers of three kinds: ascending, ascending behind the first, and mixed.
    #[test]
    fn repeated_items_are_found_wherever_they_stand() {
        let is_repeated = |items: &[u8]| (0..items.len()).any(|index| items[index + 1..].contains(&items[index]));
        for length in 0..=9_u8 {
            let ascending: Vec<u8> = (1..=length).collect();
            assert!(differ(&ascending));
            for place in 0..length {
                for value in 0..=length + 1 {
                    let mut items = ascending.clone();
                    items[usize::from(place)] = value;
                    assert_eq!(differ(&items), !is_repeated(&items), "{items:?}");
                    items.reverse();
                    assert_eq!(differ(&items), !is_repeated(&items), "{items:?}");
                }
            }
        }
    }
}
