//! Places at which a test ends the process, to see what a crash there leaves. Only with the feature `failpoints`, which no other
//! feature and no release switches on; without it nothing of this is compiled.
//!
//! `FILAMENT_FAILPOINT=store.after_commit=7` ends the process when that place is reached for the seventh time: at once, nothing flushed and
//! nothing told to anybody, as `kill -9` does.

/// Ends the process here if the variable says so.
#[cfg(feature = "failpoints")]
pub(crate) fn reached(place: &'static str) {
    use std::sync::{
        OnceLock,
        atomic::{AtomicU64, Ordering},
    };
    static ARMED: OnceLock<Option<(String, AtomicU64)>> = OnceLock::new();
    let armed = ARMED.get_or_init(|| {
        let (place, count) = std::env::var("FILAMENT_FAILPOINT")
            .ok()?
            .rsplit_once('=')
            .map(|(place, count)| (place.to_owned(), count.parse().expect("FILAMENT_FAILPOINT=place=count")))?;
        Some((place, AtomicU64::new(count)))
    });
    if let Some((armed, left)) = armed
        && armed == place
        && left.fetch_sub(1, Ordering::Relaxed) == 1
    {
        std::process::abort();
    }
}

#[cfg(not(feature = "failpoints"))]
#[inline]
pub(crate) const fn reached(_place: &'static str) {}
