//! What a black-box test needs: a server process, people with REST and gateway clients, and ways to wait.
//!
//! Nothing here knows the server's code. Wire names, shapes and bounds are written out again in [`shape`] and in the
//! tests themselves, so that a mistake shared by server and test needs two independent misreadings.
//!
//! | piece | use |
//! | --- | --- |
//! | [`Server`] | `Server::start()`, `Server::with_env(&[("FILAMENT_…", "…")])`: a process on `127.0.0.1:0` with its own data folder; `kill9()`, `sigterm()`, `wait_exit()`, `restart()` (same folder, new port; clients follow) and `restart_in_place()` (same port). Killed when dropped; its log is printed when the test fails. |
//! | [`Http`], [`Answer`] | raw HTTP/1.1 with keep-alive. `request` for tests, `attempt` for faults (no retry, `io::Result`), `raw` for bytes that no client would send. Every answer is checked for what holds for all of them: `x-request-id`, JSON errors from the closed list, `Retry-After`, page size. |
//! | [`User`] | `server.user("p")` registers, logs in and asks for the id. `get/post/post_empty/patch/delete(path, …)`, and helpers for guilds, rooms and messages. A clone is the same person on a connection of its own (for threads). |
//! | [`Room`] | a channel with its guild: `room.path()`, `room.messages()`, `room.message(id)`. |
//! | [`Dial`], [`Gateway`] | raw WebSocket client. `user.connect()` gives a connection past its `ready`; `user.dial()` lets the test choose path, headers, pings. Every text frame is checked by [`shape`] before a test sees it, and by [`Schemas`] where that is asked for. |
//! | [`Form`] | plain connection, batches or stream: what `user.connect()` opens. `form.during(scenario)` runs a scenario on another kind. |
//! | [`Cast`] | the people and channels of the acceptance scenarios, as far as messages and channels need them. |
//! | [`FullCast`] | the whole cast of §18: with a moderator, and a channel hidden by `everyone`. |
//!
//! Waiting on a [`Gateway`]:
//!
//! * `expect("t")`: the next frame is a `t`. Ambient frames ([`AMBIENT`]) are skipped unless they are what is asked for.
//! * `until("t")`, `until_where(…)`: skips to the frame; returns it.
//! * `before_sentinel(&user)`: posts a message to a room that only this user knows and returns every frame that came
//!   before it. Durable events are delivered in commit order across all guilds (ORD-2), so whatever a mutation
//!   committed earlier had to tell this connection stands in that list; an empty list is the contract's "nothing".
//! * `still_nothing(&mut [&mut …])`: the contract's 1,500 ms of silence after the sentinel, once for many connections.
//! * `closing()`: the close frame, or the end of the stream without one.
//!
//! "Gets" is 1,000 ms in the contract; [`PROMPT_MAX`] is five times that for busy machines. A test that is about time
//! names its own bound.

mod answer;
mod batch;
mod cast;
mod data_dir;
mod dial;
mod files;
mod form;
mod full_cast;
mod gateway;
mod http;
mod people;
mod recorder;
mod rights;
mod schemas;
mod server;
mod shape;
mod stream;
mod user;
mod wire;

use std::time::Duration;

pub(crate) use answer::Answer;
pub(crate) use cast::{Cast, hidden_from_members};
pub(crate) use data_dir::DataDir;
pub(crate) use dial::Dial;
pub(crate) use form::Form;
pub(crate) use full_cast::FullCast;
pub(crate) use gateway::{AMBIENT, Gateway, still_nothing, types};
pub(crate) use http::{Http, read_answer};
pub(crate) use people::{befriend, image, upload};
pub(crate) use recorder::Event;
pub(crate) use rights::{PERMISSIONS, accepted, channel_ids, member_path, override_path, role_path};
pub(crate) use schemas::Schemas;
pub(crate) use server::{Series, Server};
pub(crate) use shape::{check_envelope, check_frame, is_ulid, parse};
pub(crate) use user::{Room, User};
pub(crate) use wire::{Opcode, RawFrame, read_frame};

/// How long a frame or an answer that must come "at once" is waited for: the contract's 1,000 ms, times five.
pub(crate) const PROMPT_MAX: Duration = Duration::from_secs(5);

/// The contract's second half of "nothing": no frame for this long after the sentinel.
pub(crate) const SILENCE: Duration = Duration::from_millis(1_500);

/// A password that satisfies §10.1.
pub(crate) const PASSWORD: &str = "correct horse battery";

/// A ULID in good form that nothing has.
pub(crate) const NOWHERE: &str = "00000000000000000000000000";
