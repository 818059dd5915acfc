//! Accounts and sessions: register, login, refresh, logout (contract §11). The credentials were verified outside: hashing takes time,
//! and deciding never waits. What is decided here is what must not race: names, rotations, replays, caps.

use filament_protocol::{SessionId, Timestamp, UserId, Username};

use super::{Command, Limits};
use crate::{
    actor::Anonymous,
    decision::Decision,
    denial::Denial,
    facts::{FactPlan, Facts, Need, Rotation, SessionState},
    limits::{REFRESH_GRACE_SECS, REFRESH_ROTATIONS_MAX, SESSION_SECS, SESSIONS_PER_USER_MAX},
    mutation::{Mutation, NewSession, NewUser, RotatedSession},
    permission::Granted,
};

/// Creates an account, or does nothing if the name is taken; the answer is the same (AUT-2).
#[derive(Clone)]
pub struct Register {
    /// The name wanted.
    pub username: Username,
    /// The password hash in PHC string form, computed in either case.
    pub password_hash: String,
}

impl Command for Register {
    type Caller = Anonymous;
    type Reply = ();

    fn plan(&self, _: Anonymous) -> FactPlan {
        FactPlan::of([Need::Username(self.username.clone())])
    }

    fn decide(&self, _: Anonymous, facts: &Facts, _limits: &Limits) -> Result<Decision<()>, Denial> {
        let granted = Granted::to_everyone();
        if facts.user(&Need::Username(self.username.clone()))?.is_some() {
            return Ok(Decision::unchanged(granted, ()));
        }
        let create = Mutation::CreateUser(NewUser {
            user_id: facts.stamp().id(0),
            username: self.username.clone(),
            password_hash: self.password_hash.clone(),
            created_at: facts.stamp().now(),
        });
        Ok(Decision::change(granted, [create], ()))
    }
}

/// Opens a session for a user whose password was verified. At the cap the least recently used session ends (AUT-25).
#[derive(Clone, Copy, Debug)]
pub struct OpenSession {
    /// The user.
    pub user_id: UserId,
    /// Life of an access token, seconds.
    pub access_token_secs: u64,
}

/// A session whose tokens are now to be issued.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SessionGrant {
    /// The user.
    pub user_id: UserId,
    /// The session.
    pub session_id: SessionId,
    /// The refresh generation to hand out.
    pub generation: u32,
    /// When the tokens are issued: `iat` of the access token.
    pub issued_at: Timestamp,
    /// A session that ended to make room.
    pub ended: Option<SessionId>,
}

impl Command for OpenSession {
    type Caller = Anonymous;
    type Reply = SessionGrant;

    fn plan(&self, _: Anonymous) -> FactPlan {
        FactPlan::of([Need::User(self.user_id), Need::LiveSessions(self.user_id)])
    }

    fn decide(&self, _: Anonymous, facts: &Facts, _limits: &Limits) -> Result<Decision<SessionGrant>, Denial> {
        let (user_id, now) = (self.user_id, facts.stamp().now());
        facts.user(&Need::User(user_id))?.ok_or(Denial::InvalidCredentials)?;
        let live = facts.live_sessions(user_id)?;
        let ended = live.least_recently_used.filter(|_| live.count >= SESSIONS_PER_USER_MAX as u64);
        let session_id = facts.stamp().id(0);
        let open = Mutation::OpenSession(NewSession {
            session_id,
            user_id,
            created_at: now,
            expires_at: now.plus_secs(SESSION_SECS),
            token_expires_at: now.plus_secs(self.access_token_secs),
        });
        let end = ended.map(|session_id| Mutation::EndSession { user_id, session_id, ended_at: now });
        let reply = SessionGrant { user_id, session_id, generation: 1, issued_at: now, ended };
        Ok(Decision::change(Granted::by_credential(), end.into_iter().chain([open]), reply))
    }
}

/// Presents a refresh token whose authenticity was verified: which session, which generation.
#[derive(Clone, Copy, Debug)]
pub struct RefreshSession {
    /// The session.
    pub session_id: SessionId,
    /// The generation presented.
    pub generation: u32,
    /// Life of an access token, seconds.
    pub access_token_secs: u64,
}

impl Command for RefreshSession {
    type Caller = Anonymous;
    type Reply = SessionGrant;

    fn plan(&self, _: Anonymous) -> FactPlan {
        FactPlan::of([Need::Session(self.session_id)])
    }

    /// The current generation rotates (AUT-21); one rotated within the grace gets the current one again (AUT-22); an older one is a
    /// replay and ends the session (AUT-23).
    fn decide(&self, _: Anonymous, facts: &Facts, _limits: &Limits) -> Result<Decision<SessionGrant>, Denial> {
        let now = facts.stamp().now();
        let session = live_session(facts, self.session_id)?;
        let (user_id, session_id) = (session.user_id, session.session_id);
        let token_expires_at = session.token_expires_at.max(now.plus_secs(self.access_token_secs));
        let grant = |generation| SessionGrant { user_id, session_id, generation, issued_at: now, ended: None };
        match standing(session, self.generation, now) {
            Standing::Current => {
                let generation = session.generation + 1;
                let mut rotations = session.rotations.clone();
                rotations.retain(|rotation| in_grace(rotation, now));
                rotations.push(Rotation { generation: self.generation, at: now });
                let surplus = rotations.len().saturating_sub(REFRESH_ROTATIONS_MAX);
                let rotate = Mutation::RotateSession(RotatedSession {
                    session_id,
                    user_id,
                    generation,
                    rotations: rotations.split_off(surplus),
                    rotated_at: now,
                    expires_at: now.plus_secs(SESSION_SECS),
                    token_expires_at,
                });
                Ok(Decision::change(Granted::by_credential(), [rotate], grant(generation)))
            }
            Standing::Grace => {
                let extend = Mutation::ExtendSession { user_id, session_id, token_expires_at };
                Ok(Decision::change(Granted::by_credential(), [extend], grant(session.generation)))
            }
            Standing::Replay => {
                let end = Mutation::EndSession { user_id, session_id, ended_at: now };
                Ok(Decision::refusal(Granted::by_credential(), [end], Denial::InvalidCredentials))
            }
            Standing::Unknown => Err(Denial::InvalidCredentials),
        }
    }
}

/// Ends a session by its refresh token: the current generation or one in grace (AUT-26).
#[derive(Clone, Copy, Debug)]
pub struct EndSession {
    /// The session.
    pub session_id: SessionId,
    /// The generation presented.
    pub generation: u32,
}

impl Command for EndSession {
    type Caller = Anonymous;
    type Reply = ();

    fn plan(&self, _: Anonymous) -> FactPlan {
        FactPlan::of([Need::Session(self.session_id)])
    }

    fn decide(&self, _: Anonymous, facts: &Facts, _limits: &Limits) -> Result<Decision<()>, Denial> {
        let now = facts.stamp().now();
        let session = live_session(facts, self.session_id)?;
        match standing(session, self.generation, now) {
            Standing::Current | Standing::Grace => {
                let end =
                    Mutation::EndSession { user_id: session.user_id, session_id: session.session_id, ended_at: now };
                Ok(Decision::change(Granted::by_credential(), [end], ()))
            }
            Standing::Replay | Standing::Unknown => Err(Denial::InvalidCredentials),
        }
    }
}

/// How a presented generation stands to its session.
enum Standing {
    Current,
    Grace,
    Replay,
    Unknown,
}

fn live_session(facts: &Facts, session_id: SessionId) -> Result<&SessionState, Denial> {
    let now = facts.stamp().now();
    facts
        .session(session_id)?
        .filter(|session| !session.ended && session.expires_at > now)
        .ok_or(Denial::InvalidCredentials)
}

fn standing(session: &SessionState, generation: u32, now: Timestamp) -> Standing {
    if generation == session.generation {
        Standing::Current
    } else if generation == 0 || generation > session.generation {
        Standing::Unknown
    } else if session.rotations.iter().any(|rotation| rotation.generation == generation && in_grace(rotation, now)) {
        Standing::Grace
    } else {
        Standing::Replay
    }
}

fn in_grace(rotation: &Rotation, now: Timestamp) -> bool {
    rotation.at.plus_secs(REFRESH_GRACE_SECS) >= now
}
