//! Bodies that a handler takes piece by piece: bounded in bytes, in time and in number, never held whole (ATT-5).

use std::collections::HashMap;
use std::error::Error;
use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use filament_protocol::UserId;
use http_body_util::BodyExt as _;
use http_body_util::combinators::BoxBody;
use hyper::body::Body;
use tokio::time::{Instant, timeout_at};

use super::error::ApiError;
use crate::limits::{RETRY_AFTER_OVERLOAD_SECS, UPLOAD_MAX, UPLOAD_STALL_MAX, UPLOADS_MAX, UPLOADS_PER_USER_MAX};

/// The bytes of one upload on their way in.
pub struct Upload {
    body: BoxBody<Bytes, Box<dyn Error + Send + Sync>>,
    /// Bytes it may still bring.
    left: u64,
    ends_at: Instant,
    ended: Arc<AtomicBool>,
    _turn: Turn,
}

impl fmt::Debug for Upload {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Upload").field("left", &self.left).finish_non_exhaustive()
    }
}

impl Upload {
    /// Takes over a body of at most `bytes_max` bytes; `ended` is set once all of it was taken.
    pub(super) fn new<B>(body: B, bytes_max: u64, turn: Turn, ended: Arc<AtomicBool>) -> Self
    where
        B: Body<Data = Bytes> + Send + Sync + 'static,
        B::Error: Into<Box<dyn Error + Send + Sync>>,
    {
        let body = body.map_err(Into::into).boxed();
        Self { body, left: bytes_max, ends_at: Instant::now() + UPLOAD_MAX, ended, _turn: turn }
    }

    /// Returns the next piece, never an empty one; `None` at the end.
    ///
    /// # Errors
    /// 413 beyond the bound, 408 after 15 s without a byte or 120 s in all, 400 when the transfer coding is broken.
    pub async fn next(&mut self) -> Result<Option<Bytes>, ApiError> {
        let stalls_at = Instant::now() + UPLOAD_STALL_MAX;
        loop {
            let frame = timeout_at(stalls_at.min(self.ends_at), self.body.frame()).await;
            let frame = match frame.map_err(|_elapsed| ApiError::timed_out())? {
                Some(Ok(frame)) => frame,
                Some(Err(_)) => return Err(ApiError::invalid("the body is incomplete or badly framed").closing()),
                None => {
                    self.ended.store(true, Ordering::Relaxed);
                    return Ok(None);
                }
            };
            // Trailers say nothing, and empty pieces are no progress.
            let Ok(bytes) = frame.into_data() else { continue };
            self.left = self.left.checked_sub(bytes.len() as u64).ok_or_else(ApiError::too_large)?;
            if !bytes.is_empty() {
                return Ok(Some(bytes));
            }
        }
    }

    /// Takes and drops what is left, so that the refusal that follows is read and the connection goes on.
    ///
    /// # Errors
    /// As [`Self::next`].
    pub async fn drain(&mut self) -> Result<(), ApiError> {
        while self.next().await?.is_some() {}
        Ok(())
    }
}

/// Counts the uploads under way, in all and per user.
#[derive(Debug, Default)]
pub struct Uploads {
    under_way: Arc<Mutex<UnderWay>>,
}

/// Bounded by [`UPLOADS_MAX`]: a user stands in the map while an upload of theirs is under way.
#[derive(Debug, Default)]
struct UnderWay {
    count: usize,
    by_user: HashMap<UserId, usize>,
}

/// One upload under way; over when dropped.
#[derive(Debug)]
pub struct Turn {
    under_way: Arc<Mutex<UnderWay>>,
    user_id: UserId,
}

impl Uploads {
    /// Takes a turn.
    ///
    /// # Errors
    /// 503 when too many uploads are under way, of this user or of all.
    pub fn begin(&self, user_id: UserId) -> Result<Turn, ApiError> {
        let mut under_way = lock(&self.under_way);
        let own = under_way.by_user.get(&user_id).copied().unwrap_or(0);
        if under_way.count >= UPLOADS_MAX || own >= UPLOADS_PER_USER_MAX {
            return Err(ApiError::overloaded(RETRY_AFTER_OVERLOAD_SECS));
        }
        under_way.count += 1;
        under_way.by_user.insert(user_id, own + 1);
        Ok(Turn { under_way: Arc::clone(&self.under_way), user_id })
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        let mut under_way = lock(&self.under_way);
        under_way.count -= 1;
        if let Some(own) = under_way.by_user.get_mut(&self.user_id) {
            *own -= 1;
            if *own == 0 {
                under_way.by_user.remove(&self.user_id);
            }
        }
    }
}

fn lock(under_way: &Mutex<UnderWay>) -> MutexGuard<'_, UnderWay> {
    under_way.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;
    use std::pin::Pin;
    use std::task::{Context, Poll};
    use std::time::Duration;

    use http_body_util::Full;
    use hyper::body::Frame;
    use tokio::time::Sleep;

    use super::*;

    fn user(n: u128) -> UserId {
        UserId::from_u128(n)
    }

    fn upload<B>(body: B, bytes_max: u64) -> (Upload, Arc<AtomicBool>)
    where
        B: Body<Data = Bytes> + Send + Sync + 'static,
        B::Error: Into<Box<dyn Error + Send + Sync>>,
    {
        let ended = Arc::new(AtomicBool::new(false));
        let turn = Uploads::default().begin(user(1)).expect("a turn");
        (Upload::new(body, bytes_max, turn, Arc::clone(&ended)), ended)
    }

    /// Brings a byte every so often, for ever.
    struct Dripping(Duration, Pin<Box<Sleep>>);

    impl Dripping {
        fn every(period: Duration) -> Self {
            Self(period, Box::pin(tokio::time::sleep(period)))
        }
    }

    impl Body for Dripping {
        type Data = Bytes;
        type Error = Infallible;

        fn poll_frame(
            mut self: Pin<&mut Self>,
            context: &mut Context<'_>,
        ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
            std::task::ready!(self.1.as_mut().poll(context));
            let next = Instant::now() + self.0;
            self.1.as_mut().reset(next);
            Poll::Ready(Some(Ok(Frame::data(Bytes::from_static(b"x")))))
        }
    }

    #[tokio::test]
    async fn a_body_within_the_bound_is_taken_whole_and_its_end_is_noted() {
        let (mut within, ended) = upload(Full::new(Bytes::from_static(b"1234")), 4);
        assert_eq!(within.next().await.expect("a piece"), Some(Bytes::from_static(b"1234")));
        assert!(!ended.load(Ordering::Relaxed));
        assert_eq!(within.next().await.expect("the end"), None);
        assert!(ended.load(Ordering::Relaxed));

        let (mut beyond, ended) = upload(Full::new(Bytes::from_static(b"12345")), 4);
        let refused = beyond.drain().await.expect_err("too large");
        assert_eq!((refused.status().as_u16(), refused.closes()), (413, true));
        assert!(!ended.load(Ordering::Relaxed));
    }

    /// Proves the times of ATT-5: what moves may take its time, what stands still may not, and nothing may take for ever.
    #[tokio::test(start_paused = true)]
    async fn slow_uploads_go_on_and_stalled_ones_end() {
        for (period, ends_after) in [(14, 120), (16, 15)] {
            let began = Instant::now();
            let (mut dripping, _) = upload(Dripping::every(Duration::from_secs(period)), 1_000);
            let refused = dripping.drain().await.expect_err("in time");
            assert_eq!(refused.status().as_u16(), 408, "a byte every {period} s");
            assert_eq!(began.elapsed().as_secs(), ends_after, "a byte every {period} s");
        }
    }

    #[test]
    fn turns_are_bounded_per_user_and_in_all_and_come_back() {
        let uploads = Uploads::default();
        let mut turns: Vec<Turn> = (0..UPLOADS_PER_USER_MAX).map(|_| uploads.begin(user(0)).expect("a turn")).collect();
        let refused = uploads.begin(user(0)).expect_err("one too many");
        assert_eq!((refused.status().as_u16(), refused.retry_after_secs()), (503, Some(RETRY_AFTER_OVERLOAD_SECS)));
        for n in 1.. {
            match uploads.begin(user(n)) {
                Ok(turn) => turns.push(turn),
                Err(refused) => {
                    assert_eq!(refused.status().as_u16(), 503);
                    break;
                }
            }
        }
        assert_eq!(turns.len(), UPLOADS_MAX);
        drop(turns);
        let under_way = lock(&uploads.under_way);
        assert_eq!((under_way.count, under_way.by_user.len()), (0, 0));
    }
}
