//! The queue of a mailbox: its first item lies in the mailbox itself, so that a connection with at most one thing waiting, which
//! is most of them most of the time, owns no heap and is served without touching any.

use std::collections::{VecDeque, vec_deque};

/// A queue whose first item is kept in place. `rest` is empty if there is no first.
#[derive(Debug)]
#[repr(C)] // the first item lies first, beside what else a put looks at
pub(super) struct Queue<T> {
    first: Option<T>,
    rest: VecDeque<T>,
}

impl<T> Default for Queue<T> {
    fn default() -> Self {
        Self { first: None, rest: VecDeque::new() }
    }
}

impl<T> Queue<T> {
    #[inline]
    pub(super) fn push_back(&mut self, item: T) {
        if self.first.is_none() {
            self.first = Some(item);
        } else {
            self.rest.push_back(item);
        }
    }

    pub(super) fn push_front(&mut self, item: T) {
        if let Some(second) = self.first.replace(item) {
            self.rest.push_front(second);
        }
    }

    pub(super) fn pop_front(&mut self) -> Option<T> {
        let first = self.first.take();
        self.first = self.rest.pop_front();
        first
    }

    pub(super) const fn is_empty(&self) -> bool {
        self.first.is_none()
    }

    /// The item, if there is one alone.
    #[inline]
    pub(super) fn single(&self) -> Option<&T> {
        self.first.as_ref().filter(|_| self.rest.is_empty())
    }

    pub(super) fn iter(&self) -> std::iter::Chain<std::option::Iter<'_, T>, vec_deque::Iter<'_, T>> {
        self.first.iter().chain(&self.rest)
    }

    pub(super) fn iter_mut(&mut self) -> impl DoubleEndedIterator<Item = &mut T> {
        self.first.iter_mut().chain(&mut self.rest)
    }

    /// Keeps the items for which `keep` holds; asks in order.
    pub(super) fn retain(&mut self, mut keep: impl FnMut(&T) -> bool) {
        let keeps_first = self.first.as_ref().is_some_and(&mut keep);
        self.rest.retain(keep);
        if !keeps_first {
            self.first = self.rest.pop_front();
        }
    }

    /// Gives back the heap of an empty queue.
    pub(super) fn trim(&mut self) {
        if self.rest.is_empty() {
            self.rest = VecDeque::new();
        }
    }

    /// Items the heap has room for.
    #[cfg(test)]
    pub(super) fn heap_capacity(&self) -> usize {
        self.rest.capacity()
    }

    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.iter().count()
    }

    #[cfg(any(test, feature = "testing"))]
    pub(super) fn front(&self) -> Option<&T> {
        self.first.as_ref()
    }

    #[cfg(any(test, feature = "testing"))]
    pub(super) fn check_invariants(&self) {
        assert!(self.first.is_some() || self.rest.is_empty(), "the first item is in its place");
    }
}

impl<T> IntoIterator for Queue<T> {
    type Item = T;
    type IntoIter = std::iter::Chain<std::option::IntoIter<T>, vec_deque::IntoIter<T>>;

    fn into_iter(self) -> Self::IntoIter {
        self.first.into_iter().chain(self.rest)
    }
}

#[cfg(test)]
mod tests {
    use proptest::{collection::vec, prelude::*};

    use super::*;

    proptest! {
        /// A queue in two places is a queue.
        #[test]
        fn two_places_behave_like_one(steps in vec((0..5_u8, any::<u8>()), 0..60)) {
            let mut queue = Queue::default();
            let mut model = VecDeque::new();
            for (step, value) in steps {
                match step {
                    0 | 1 => {
                        queue.push_back(value);
                        model.push_back(value);
                    }
                    2 => {
                        queue.push_front(value);
                        model.push_front(value);
                    }
                    3 => prop_assert_eq!(queue.pop_front(), model.pop_front()),
                    _ => {
                        let mut asked = Vec::new();
                        queue.retain(|item| {
                            asked.push(*item);
                            *item < value
                        });
                        prop_assert_eq!(asked, model.iter().copied().collect::<Vec<_>>());
                        model.retain(|item| *item < value);
                    }
                }
                queue.check_invariants();
                prop_assert!(queue.iter().eq(&model) && queue.len() == model.len());
                prop_assert!(queue.iter_mut().rev().map(|item| &*item).eq(model.iter().rev()));
                prop_assert_eq!(queue.single(), model.front().filter(|_| model.len() == 1));
                prop_assert_eq!((queue.is_empty(), queue.front()), (model.is_empty(), model.front()));
            }
            prop_assert!(queue.into_iter().eq(model));
        }
    }
}
