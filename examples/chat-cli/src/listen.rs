//! What is said: the channel's events, printed. What was missed while away comes from the server, which replays it; where it cannot,
//! it is fetched.

use crate::api::{Api, Failure, Refused};
use crate::gateway::{Closed, Gateway};
use crate::room::Room;
use fastwebsockets::WebSocketError;
use filament_protocol::event::{Event, PresenceStatus};
use filament_protocol::rest::{MessagePage, UserList};
use filament_protocol::text::ResumeCursor;
use filament_protocol::{ClientAction, CloseReason, Message, MessageId, Received, UserId};
use serde_json::json;
use std::{collections::HashMap, sync::Arc, time::Duration};
use tokio::sync::{Notify, watch};

/// The shortest pause before connecting again; it doubles with each failure in a row.
const PAUSE_MIN: Duration = Duration::from_millis(250);
const PAUSE_MAX: Duration = Duration::from_secs(10);
/// How long to wait for a server that asks for patience without saying how much.
const PATIENCE: Duration = Duration::from_secs(5);
/// How many missed messages are fetched where they are not replayed.
const MISSED_MAX: usize = 1_000;
/// How many names are remembered.
const NAMES_MAX: usize = 10_000;

/// Prints a channel's messages for as long as the server lets it.
pub(crate) struct Listener {
    pub(crate) api: Arc<Api>,
    pub(crate) room: Room,
    /// The newest message printed. Within a channel ids ascend as they are delivered, so it tells old from new.
    pub(crate) seen: watch::Sender<Option<MessageId>>,
    /// Asks the listener to say goodbye and return.
    pub(crate) leave: Arc<Notify>,
    pub(crate) names: HashMap<UserId, String>,
    /// Where the stream stands: everything up to there was handled.
    pub(crate) cursor: Option<ResumeCursor>,
}

/// How a connection ended.
enum End {
    /// It was closed, or broke; the close code says what to do.
    Closed(Closed),
    /// There is nothing here to listen to.
    Refused(String),
    /// This program wanted it.
    Left,
}

impl Listener {
    /// Listens until asked to leave, and connects again whenever the close code allows it.
    ///
    /// # Errors
    /// Why there is no point in connecting again.
    pub(crate) async fn run(mut self) -> Result<(), Failure> {
        let mut pause = PAUSE_MIN;
        loop {
            let Closed { code, reason } = match self.attend(&mut pause).await {
                Ok(End::Closed(closed)) => closed,
                Ok(End::Refused(why)) => return Err(why.into()),
                Ok(End::Left) => return Ok(()),
                Err(error) if error.downcast_ref().is_some_and(Refused::is_final) => {
                    return Err(error);
                }
                Err(error) => Closed::broken(&error),
            };
            let asked = CloseReason::retry_after_ms_of(&reason).map(|ms| Duration::from_millis(ms.into()));
            let wait = match ClientAction::for_code(code) {
                ClientAction::Stop | ClientAction::StopAndLogIn => {
                    return Err(format!("{code} {reason}").into());
                }
                ClientAction::WaitThenResume => asked.unwrap_or(PATIENCE),
                // Refreshing is no step of its own: connecting takes a token that is not old.
                ClientAction::Nothing
                | ClientAction::Resume
                | ClientAction::RefreshThenResume
                | ClientAction::Reconnect
                | ClientAction::ResumeWithBackOff => asked.unwrap_or(pause),
            };
            eprintln!("* away: {code} {reason}");
            tokio::select! {
                () = tokio::time::sleep(wait) => {}
                () = self.leave.notified() => return Ok(()),
            }
            pause = (pause * 2).min(PAUSE_MAX);
        }
    }

    /// One connection, from its beginning to its end.
    async fn attend(&mut self, pause: &mut Duration) -> Result<End, Failure> {
        let token = self.api.access_token().await?;
        let connected = Gateway::connect(&self.api.authority, &token, self.room, self.cursor.as_ref()).await;
        let mut gateway = match connected {
            Err(WebSocketError::InvalidStatusCode(401)) => {
                return Ok(End::Refused("the session has ended".to_owned()));
            }
            connected => connected?,
        };
        let is_resumed = self.cursor.is_some();
        loop {
            let text = tokio::select! {
                message = gateway.next() => match message {
                    Ok(text) => text,
                    Err(closed) => return Ok(End::Closed(closed)),
                },
                () = self.leave.notified() => {
                    gateway.close().await?;
                    return Ok(End::Left);
                }
            };
            // Everything but `ready` comes in batches. A newer server may say things that this program does not know.
            let Received::Event(Event::Batch(batch)) = filament_protocol::decode_event(&text)? else {
                continue;
            };
            for event in batch.events {
                let Received::Event(event) = event else { continue };
                match event {
                    Event::Subscribed(_) if !is_resumed => {
                        // What was committed before this event is in the history; what comes later arrives here.
                        self.catch_up().await?;
                        *pause = PAUSE_MIN;
                        eprintln!("* listening");
                    }
                    // What was missed cannot be replayed: all of it, or of this channel.
                    Event::Reset(_) => self.catch_up().await?,
                    Event::CaughtUp(_) => {
                        *pause = PAUSE_MIN;
                        eprintln!("* listening again");
                    }
                    event => {
                        if let Some(refused) = self.hear(event).await? {
                            return Ok(End::Refused(refused));
                        }
                    }
                }
            }
            // Only now: whoever comes back with it has handled all of the batch.
            self.cursor = batch.cursor.or(self.cursor.take());
        }
    }

    /// Handles one event of a stream that goes on. Returns why there is nothing to listen to any more.
    async fn hear(&mut self, event: Event) -> Result<Option<String>, Failure> {
        match event {
            Event::Error(error) => return Ok(Some(format!("refused: {}", error.code))),
            Event::Unsubscribed(lost) => return Ok(Some(format!("cut off: {}", lost.reason))),
            Event::MessageCreate(message) => self.say(&message).await?,
            Event::MessageUpdate(update) => {
                let content = printable(&update.updated_fields.content);
                eprintln!("* a message now reads: {content}");
            }
            Event::MessageDelete(_) => eprintln!("* a message was deleted"),
            Event::PresenceUpdate(update) => {
                let name = self.name(update.user_id).await?;
                match update.status {
                    PresenceStatus::Online => eprintln!("* {name} is here"),
                    PresenceStatus::Offline => eprintln!("* {name} is gone"),
                }
            }
            _ => {}
        }
        Ok(None)
    }

    /// Prints what was said since the last printed message; at first, the newest messages.
    async fn catch_up(&mut self) -> Result<(), Failure> {
        let seen = *self.seen.borrow();
        let mut missed: Vec<Message> = Vec::new();
        let mut before = String::new();
        loop {
            let path = format!("{}?limit=100{before}", self.room.messages());
            let page: MessagePage = self.api.get(&path).await?;
            missed.extend(page.messages);
            let is_enough = seen.is_none() || page.next_before <= seen || missed.len() >= MISSED_MAX;
            match page.next_before {
                Some(oldest) if !is_enough => before = format!("&before={oldest}"),
                _ => break,
            }
        }
        if missed.len() >= MISSED_MAX {
            eprintln!("* more was missed than is shown");
        }
        for message in missed.iter().rev() {
            self.say(message).await?;
        }
        Ok(())
    }

    /// Prints a message, unless it was printed before.
    async fn say(&mut self, message: &Message) -> Result<(), Failure> {
        if Some(message.message_id) > *self.seen.borrow() {
            let name = self.name(message.author_id).await?;
            println!("{name}: {}", printable(&message.content));
            self.seen.send_replace(Some(message.message_id));
        }
        Ok(())
    }

    /// The name of a user, asked for once.
    async fn name(&mut self, user_id: UserId) -> Result<String, Failure> {
        if let Some(name) = self.names.get(&user_id) {
            return Ok(name.clone());
        }
        let body = json!({ "user_ids": [user_id] });
        let found: UserList = self.api.post("/users/lookup", None, Some(&body)).await?;
        let name = found.users.first().map_or_else(|| user_id.to_string(), |user| user.username.to_string());
        if self.names.len() >= NAMES_MAX {
            self.names.clear();
        }
        self.names.insert(user_id, name.clone());
        Ok(name)
    }
}

/// Text of others on one line, without anything that a terminal would obey.
fn printable(text: &str) -> String {
    text.replace(|character: char| character.is_control(), " ")
}
