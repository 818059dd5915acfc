//! Files going up and coming down.

use std::io::Write;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::shape::check_message;
use super::{Answer, PROMPT_MAX, Room, Server, User, read_answer};

impl Room {
    /// `…/channels/{c}/attachments`.
    pub(crate) fn attachments(&self) -> String {
        format!("{}/attachments", self.path())
    }

    /// `…/channels/{c}/attachments/{a}`.
    pub(crate) fn attachment(&self, id: &Value) -> String {
        format!("{}/{}", self.attachments(), id.as_str().expect("an attachment id"))
    }
}

impl User {
    /// Uploads bytes under a name that needs no encoding; declared as a type, or as none.
    #[track_caller]
    pub(crate) fn upload(&self, room: &Room, name: &str, declared: Option<&str>, bytes: &[u8]) -> Answer {
        self.upload_to(&format!("{}?filename={name}", room.attachments()), declared, bytes)
    }

    /// Uploads bytes to a path with its query. The answer is read whether or not all bytes were taken.
    #[track_caller]
    pub(crate) fn upload_to(&self, path: &str, declared: Option<&str>, bytes: &[u8]) -> Answer {
        let length = format!("content-length: {}\r\n", bytes.len());
        self.upload_in_pieces(path, declared, &length, std::iter::once(bytes.to_vec()))
    }

    /// Uploads pieces as they come out of an iterator, which may take its time; `framing` is the header that says where they end.
    #[track_caller]
    pub(crate) fn upload_in_pieces(
        &self,
        path: &str,
        declared: Option<&str>,
        framing: &str,
        pieces: impl Iterator<Item = Vec<u8>> + Send,
    ) -> Answer {
        let mut head =
            format!("POST {path} HTTP/1.1\r\nhost: filament.test\r\nauthorization: Bearer {}\r\n", self.access_token);
        if let Some(declared) = declared {
            head.push_str(&format!("content-type: {declared}\r\n"));
        }
        if let Some(address) = &self.forwarded_for {
            head.push_str(&format!("x-forwarded-for: {address}\r\n"));
        }
        head.push_str(&format!("{framing}\r\n"));
        let mut link = self.http.connect().expect("a connection");
        link.get_ref().set_read_timeout(Some(Duration::from_secs(60))).expect("a timeout");
        let mut up = link.get_ref().try_clone().expect("a second handle");
        let (answer, _) = std::thread::scope(|scope| {
            scope.spawn(move || {
                // A server that refuses need not take the rest.
                let _refused = up.write_all(head.as_bytes()).and_then(|()| {
                    for piece in pieces {
                        up.write_all(&piece)?;
                    }
                    Ok(())
                });
            });
            read_answer(&mut link, &format!("POST {path}"), false)
        })
        .unwrap_or_else(|error| panic!("POST {path}: {error}"));
        answer.check();
        answer
    }

    /// Uploads text and returns the record.
    #[track_caller]
    pub(crate) fn attach(&self, room: &Room, name: &str, text: &str) -> Value {
        self.upload(room, name, None, text.as_bytes()).ok().json()
    }

    /// Posts a message that carries these attachments and returns its record.
    #[track_caller]
    pub(crate) fn say_with(&self, room: &Room, content: &str, attachments: &[&Value]) -> Value {
        let ids: Vec<&Value> = attachments.iter().map(|attachment| &attachment["attachment_id"]).collect();
        let message = self.post(&room.messages(), &json!({"content": content, "attachment_ids": ids})).ok().json();
        check_message(&message).unwrap_or_else(|error| panic!("{error} in {message}"));
        message
    }
}

impl Server {
    /// The names in the folder of attachments, sorted.
    pub(crate) fn attachment_files(&self) -> Vec<String> {
        let entries = std::fs::read_dir(self.attachment_folder()).expect("a folder");
        let mut names: Vec<String> =
            entries.map(|entry| entry.expect("an entry").file_name().into_string().expect("a name")).collect();
        names.sort();
        names
    }

    /// The folder of attachments.
    pub(crate) fn attachment_folder(&self) -> PathBuf {
        self.data_path().join("attachments")
    }

    /// Waits until so many files are in the folder of attachments.
    #[track_caller]
    pub(crate) fn attachment_files_become(&self, count: usize) {
        let deadline = Instant::now() + PROMPT_MAX;
        loop {
            let names = self.attachment_files();
            if names.len() == count {
                return;
            }
            assert!(Instant::now() < deadline, "{count} files were to be left: {names:?}");
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}
