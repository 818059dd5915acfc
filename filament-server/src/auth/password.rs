//! Password hashes: argon2id with 19,456 KiB, two passes, one lane (AUT-1).
//!
//! A login does the same hash work whether the name exists, is locked, or the password is wrong (AUT-2): the caller passes
//! `None` for a name that does not exist, and a registration hashes also when the name is taken.

use std::fmt;
use std::sync::Arc;

use argon2::password_hash::phc;
use argon2::{Algorithm, Argon2, Params, PasswordHasher, PasswordVerifier, Version};
use thiserror::Error;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use zeroize::Zeroizing;

use crate::limits::{PASSWORD_HASHES_AT_ONCE_MAX, PASSWORD_WAIT_MAX, PASSWORD_WAITERS_MAX};

const MEMORY_KIB: u32 = 19_456;
const PASSES: u32 = 2;
const LANES: u32 = 1;

/// Why a password was neither hashed nor compared.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum PasswordError {
    /// No turn came within two seconds, or too many were waiting: 503 `overloaded`.
    #[error("too many passwords are being hashed")]
    Overloaded,
    /// Hashing itself failed, for want of memory or of random bytes, or because a stored hash is damaged.
    #[error("password hashing failed: {0}")]
    Hash(argon2::password_hash::Error),
    /// The hashing thread ended without an answer.
    #[error("the hashing thread ended without an answer")]
    Thread,
}

/// A password hash in PHC text form, salt and parameters included: what is stored of a password.
#[derive(Clone, PartialEq, Eq)]
pub struct PasswordHash(Box<str>);

impl PasswordHash {
    /// Takes back what was stored. A text that is no hash matches no password.
    pub fn from_stored(text: impl Into<Box<str>>) -> Self {
        Self(text.into())
    }

    /// The text to store, about 97 characters.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for PasswordHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PasswordHash(redacted)")
    }
}

/// Hashes and compares passwords on blocking threads, at most four at once; one per process, cheap to clone.
#[derive(Clone)]
pub struct Passwords {
    argon2: Argon2<'static>,
    /// The hash of a password nobody has, compared with where there is no other.
    nobody: PasswordHash,
    turns: Arc<Semaphore>,
    waiters: Arc<Semaphore>,
}

impl Passwords {
    /// Makes the hasher; takes as long as hashing one password.
    ///
    /// # Errors
    /// [`PasswordError::Hash`] if the system gives no memory or no random bytes.
    pub fn new() -> Result<Self, PasswordError> {
        let params = Params::new(MEMORY_KIB, PASSES, LANES, None).map_err(|error| PasswordError::Hash(error.into()))?;
        let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
        let mut password = Zeroizing::new([0; 32]);
        getrandom::fill(password.as_mut()).map_err(|_| PasswordError::Hash(argon2::password_hash::Error::Crypto))?;
        Ok(Self {
            nobody: hash(&argon2, password.as_ref())?,
            argon2,
            turns: Arc::new(Semaphore::new(PASSWORD_HASHES_AT_ONCE_MAX)),
            waiters: Arc::new(Semaphore::new(PASSWORD_WAITERS_MAX)),
        })
    }

    /// Hashes a new password with a fresh salt.
    ///
    /// # Errors
    /// [`PasswordError::Overloaded`] if no turn came within two seconds; the other variants are faults of the server.
    pub async fn hash(&self, password: impl AsRef<str> + Send + 'static) -> Result<PasswordHash, PasswordError> {
        let argon2 = self.argon2.clone();
        self.in_turn(move || hash(&argon2, password.as_ref().as_bytes())).await
    }

    /// Tells whether the password is the one that was hashed; with `None`, for a name that does not exist, does the same
    /// work and says no (AUT-2).
    ///
    /// Any text may be compared, also one that could never be a password.
    ///
    /// # Errors
    /// [`PasswordError::Overloaded`] if no turn came within two seconds; the other variants are faults of the server.
    pub async fn verify(
        &self,
        password: impl AsRef<str> + Send + 'static,
        stored: Option<PasswordHash>,
    ) -> Result<bool, PasswordError> {
        let argon2 = self.argon2.clone();
        let exists = stored.is_some();
        let compared = stored.unwrap_or_else(|| self.nobody.clone());
        let equal = self.in_turn(move || verify(&argon2, password.as_ref().as_bytes(), &compared)).await?;
        Ok(equal && exists)
    }

    /// Runs the work on a blocking thread once it is its turn. The turn ends with the work, also if the caller went away
    /// before, so that never more than four hashes take memory.
    async fn in_turn<T, F>(&self, work: F) -> Result<T, PasswordError>
    where
        T: Send + 'static,
        F: FnOnce() -> Result<T, PasswordError> + Send + 'static,
    {
        let turn = self.turn().await?;
        let work = move || {
            let _turn = turn;
            work()
        };
        tokio::task::spawn_blocking(work).await.map_err(|_| PasswordError::Thread)?
    }

    async fn turn(&self) -> Result<OwnedSemaphorePermit, PasswordError> {
        let _waiting = self.waiters.try_acquire().map_err(|_| PasswordError::Overloaded)?;
        let turn = tokio::time::timeout(PASSWORD_WAIT_MAX, Arc::clone(&self.turns).acquire_owned()).await;
        turn.ok().and_then(Result::ok).ok_or(PasswordError::Overloaded)
    }
}

impl fmt::Debug for Passwords {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Passwords").field("free_turns", &self.turns.available_permits()).finish_non_exhaustive()
    }
}

fn hash(argon2: &Argon2<'_>, password: &[u8]) -> Result<PasswordHash, PasswordError> {
    let hash: phc::PasswordHash = argon2.hash_password(password).map_err(PasswordError::Hash)?;
    Ok(PasswordHash(hash.to_string().into()))
}

fn verify(argon2: &Argon2<'_>, password: &[u8], stored: &PasswordHash) -> Result<bool, PasswordError> {
    let parsed = phc::PasswordHash::new(&stored.0).map_err(|error| PasswordError::Hash(error.into()))?;
    match argon2.verify_password(password, &parsed) {
        Ok(()) => Ok(true),
        Err(argon2::password_hash::Error::PasswordInvalid) => Ok(false),
        Err(error) => Err(PasswordError::Hash(error)),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::time::Duration;

    use super::*;

    fn text(password: &str) -> String {
        password.to_owned()
    }

    /// Proves AUT-1 (parameters).
    #[tokio::test]
    async fn a_stored_hash_is_argon2id_with_the_agreed_cost() {
        let passwords = Passwords::new().expect("a hasher");
        let first = passwords.hash(text("correct horse battery")).await.expect("a hash");
        let second = passwords.hash(text("correct horse battery")).await.expect("a hash");
        assert!(first.as_str().starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{}", first.as_str());
        assert!(passwords.nobody.as_str().starts_with("$argon2id$v=19$m=19456,t=2,p=1$"));
        assert_ne!(first, second, "each hash has a salt of its own");
        assert!(!format!("{first:?}{passwords:?}").contains("argon2id"));
    }

    #[tokio::test]
    async fn only_the_right_password_of_an_existing_name_matches() {
        let passwords = Passwords::new().expect("a hasher");
        let stored = PasswordHash::from_stored(passwords.hash(text("right password")).await.expect("a hash").as_str());
        let verify = |password: &str, stored| passwords.verify(text(password), stored);
        assert!(verify("right password", Some(stored.clone())).await.expect("compared"));
        assert!(!verify("wrong password", Some(stored.clone())).await.expect("compared"));
        assert!(!verify("", Some(stored)).await.expect("compared"));
        assert!(!verify("right password", None).await.expect("compared"));
        let damaged = PasswordHash::from_stored("$argon2id$damaged");
        assert!(matches!(verify("right password", Some(damaged)).await, Err(PasswordError::Hash(_))));
    }

    /// Proves AUT-1: at most four at once, also when callers go away.
    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn at_most_four_run_at_once() {
        let passwords = Passwords::new().expect("a hasher");
        let running = Arc::new(AtomicUsize::new(0));
        let most = Arc::new(AtomicUsize::new(0));
        let mut tasks = tokio::task::JoinSet::new();
        for number in 0..24 {
            let (passwords, running, most) = (passwords.clone(), Arc::clone(&running), Arc::clone(&most));
            tasks.spawn(async move {
                let work = passwords.in_turn(move || {
                    most.fetch_max(running.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                    std::thread::sleep(Duration::from_millis(10));
                    running.fetch_sub(1, Ordering::SeqCst);
                    Ok(())
                });
                if number % 3 == 0 {
                    let _ = tokio::time::timeout(Duration::from_millis(5), work).await;
                } else {
                    work.await.expect("a turn");
                }
            });
        }
        tasks.join_all().await;
        let most = most.load(Ordering::SeqCst);
        assert!((1..=PASSWORD_HASHES_AT_ONCE_MAX).contains(&most), "{most}");
    }

    /// Proves AUT-1: who waits longer than two seconds is told so.
    #[tokio::test(start_paused = true)]
    async fn a_waiter_without_a_turn_gives_up_after_two_seconds() {
        let passwords = Passwords::new().expect("a hasher");
        let busy = Arc::clone(&passwords.turns).acquire_many_owned(4).await.expect("all turns");
        let began = tokio::time::Instant::now();
        assert!(matches!(passwords.hash(text("some password")).await, Err(PasswordError::Overloaded)));
        assert_eq!(began.elapsed().as_secs(), 2);

        let waiting = tokio::spawn({
            let passwords = passwords.clone();
            async move { passwords.in_turn(|| Ok(())).await }
        });
        tokio::time::sleep(Duration::from_millis(1_900)).await;
        drop(busy);
        waiting.await.expect("no panic").expect("a turn in time");
    }

    #[tokio::test(start_paused = true)]
    async fn the_queue_is_bounded() {
        let passwords = Passwords::new().expect("a hasher");
        let _busy = Arc::clone(&passwords.turns).acquire_many_owned(4).await.expect("all turns");
        let mut tasks = tokio::task::JoinSet::new();
        for _ in 0..PASSWORD_WAITERS_MAX {
            let passwords = passwords.clone();
            tasks.spawn(async move { passwords.in_turn(|| Ok(())).await });
        }
        tokio::time::sleep(Duration::from_millis(1)).await;
        let began = tokio::time::Instant::now();
        assert!(matches!(passwords.in_turn(|| Ok(())).await, Err(PasswordError::Overloaded)));
        assert_eq!(began.elapsed(), Duration::ZERO);
        assert!(tasks.join_all().await.iter().all(Result::is_err));
        assert_eq!(passwords.waiters.available_permits(), PASSWORD_WAITERS_MAX);
    }
}
