//! A body read from an open file, piece by piece, so that a large file costs one small buffer.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use hyper::body::Frame;
use tokio::fs::File;
use tokio::io::{AsyncRead as _, ReadBuf};

use crate::limits::FILE_CHUNK_BYTES_MAX;

/// The rest of a file: exactly as many bytes as its size was when it was opened.
#[derive(Debug)]
pub struct FileBody {
    file: File,
    remaining: u64,
}

impl FileBody {
    /// Makes a body of the next `length` bytes of `file`.
    #[must_use]
    pub fn new(file: File, length: u64) -> Self {
        Self { file, remaining: length }
    }

    /// Returns the bytes not sent yet.
    #[must_use]
    pub fn remaining(&self) -> u64 {
        self.remaining
    }

    /// Reads the next piece. A file that shrank meanwhile ends the connection: its length was promised already.
    pub(super) fn poll_chunk(&mut self, context: &mut Context<'_>) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        if self.remaining == 0 {
            return Poll::Ready(None);
        }
        let wanted = usize::try_from(self.remaining).unwrap_or(usize::MAX).min(FILE_CHUNK_BYTES_MAX);
        let mut chunk = vec![0; wanted];
        let mut buffer = ReadBuf::new(&mut chunk);
        if let Err(error) = ready!(Pin::new(&mut self.file).poll_read(context, &mut buffer)) {
            return Poll::Ready(Some(Err(error)));
        }
        let length = buffer.filled().len();
        if length == 0 {
            return Poll::Ready(Some(Err(io::ErrorKind::UnexpectedEof.into())));
        }
        self.remaining -= length as u64;
        chunk.truncate(length);
        Poll::Ready(Some(Ok(Frame::data(Bytes::from(chunk)))))
    }
}
