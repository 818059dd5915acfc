//! Some connections written together.
//!
//! Between two writes lies a system call, after which little of this code and its data is left in the core's nearest caches. So the
//! memory of some connections is asked for at once, they are locked, all the system calls are made, and only then is noted what
//! became of each.
//!
//! Under load several frames wait, and the same ones for connection after connection: the subscribers of one channel. Those are laid one
//! behind the other once, and each transport takes them in one piece.

use std::{
    array,
    io::{self, IoSlice},
    sync::Arc,
};

use crate::{
    failpoint,
    frame::Frame,
    limits::{FLUSHES_TOGETHER_MAX, JOINED_BYTES_MAX},
    link::Link,
    mailbox::{Flushed, Mailbox, Writing},
    transport::TransportWrite,
};

/// What one flush loop remembers from some connections to the next.
#[derive(Default)]
pub(crate) struct Together {
    /// The frames of the last connection asked of those for which several wait.
    frames: Vec<Frame>,
    /// Their bytes, one behind the other, once a second connection waited for the same.
    joined: Vec<u8>,
}

impl Together {
    /// Writes at most [`FLUSHES_TOGETHER_MAX`] mailboxes and says what became of each, with no lock held.
    ///
    /// Those that can be written in one piece, which is the rule, are written together; no lock is waited for while others are held. The
    /// others follow, one by one.
    pub(crate) fn flush<W: TransportWrite>(
        &mut self,
        links: &[Arc<Link<W>>],
        writing: &mut Writing<'_>,
        mut became: impl FnMut(&Arc<Link<W>>, Flushed),
    ) {
        debug_assert!(links.len() <= FLUSHES_TOGETHER_MAX, "more would not be written");
        for link in links {
            link.prefetch();
            link.transport.prefetch();
        }
        failpoint::reached("fanout.before_flush");
        let mut held: [_; FLUSHES_TOGETHER_MAX] = array::from_fn(|nth| links.get(nth)?.try_lock());
        held.iter().flatten().for_each(|mailbox| mailbox.prefetch());
        let runs = links.iter().zip(&held).filter_map(|(link, held)| {
            held.as_deref().filter(|mailbox| link.transport.writes_websocket() && mailbox.run().is_some())
        });
        // The second is asked if the first waits for something else than the connections before: from then on both are alike.
        let _is_joined = runs.take(2).any(|mailbox| self.join(mailbox));
        let pieces = array::from_fn(|nth| self.piece(held[nth].as_ref()?, &links[nth].transport));
        let mut wrote = write_all(links, pieces);
        let flushed: [_; FLUSHES_TOGETHER_MAX] = array::from_fn(|nth| {
            let (mut mailbox, wrote) = held[nth].take().zip(wrote[nth].take())?;
            Some(mailbox.flush_after(Some(wrote), &links[nth].transport, writing))
        });
        failpoint::reached("fanout.after_flush");
        for (link, flushed) in links.iter().zip(flushed) {
            let flushed = flushed.unwrap_or_else(|| link.lock().flush(&link.transport, writing));
            became(link, flushed);
        }
    }

    /// Whether frames come faster than they are written, for many connections alike. Where cores are short, whoever makes the next ones had
    /// better run before more is written: they go out in the same system calls.
    pub(crate) fn is_bursting(&self) -> bool {
        !self.joined.is_empty()
    }

    /// Lets go of all frames.
    pub(crate) fn forget(&mut self) {
        self.frames.clear();
        self.joined.clear();
    }

    /// Joins what waits for a mailbox if it was remembered already, and else remembers it. Returns whether it is joined.
    fn join(&mut self, mailbox: &Mailbox) -> bool {
        if !mailbox.waits_for(&self.frames) {
            self.forget();
            self.frames.extend(mailbox.run().into_iter().flatten().cloned());
        } else if self.joined.is_empty() && self.frames.iter().map(Frame::weight).sum::<usize>() <= JOINED_BYTES_MAX {
            self.frames.iter().for_each(|frame| self.joined.extend_from_slice(frame.websocket()));
        }
        !self.joined.is_empty()
    }

    /// What waits for a mailbox, if it is one piece.
    #[inline]
    fn piece<'p, W: TransportWrite>(&'p self, mailbox: &'p Mailbox, transport: &W) -> Option<&'p [u8]> {
        if !self.joined.is_empty() && transport.writes_websocket() && mailbox.waits_for(&self.frames) {
            return Some(&self.joined);
        }
        mailbox.only_piece(transport)
    }
}

/// Hands each transport its piece. Nothing else happens in this loop, as in the loop that the benchmark compares with.
fn write_all<W: TransportWrite>(
    links: &[Arc<Link<W>>],
    pieces: [Option<&[u8]>; FLUSHES_TOGETHER_MAX],
) -> [Option<io::Result<usize>>; FLUSHES_TOGETHER_MAX] {
    array::from_fn(|nth| {
        let piece = pieces[nth]?;
        Some(links[nth].transport.try_write(&[IoSlice::new(piece)]))
    })
}

#[cfg(test)]
mod tests;
