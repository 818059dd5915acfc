//! Accepts connections and serves HTTP/1.1 on them, each bounded in time and all of them in number.

use std::convert::Infallible;
use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;

use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio_util::task::TaskTracker;

use crate::app::App;
use crate::http;
use crate::http::error::ApiError;
use crate::http::request_id::RequestIds;
use crate::http::wire::{self, Unread, Wire};
use crate::limits::{
    ACCEPT_PAUSE_MAX, ACCEPT_PAUSE_MIN, DRAIN_CUT_MAX, DRAIN_REQUESTS_MAX, HEAD_BYTES_MAX, HEAD_READ_MAX,
    HTTP_CONNECTIONS_MAX, HTTP_REFUSALS_MAX, LATE_REQUESTS_MAX, RETRY_AFTER_OVERLOAD_SECS,
};

/// Serves until the server has drained: the requests of connections that came before are answered, or out of time.
///
/// While draining it keeps accepting, so that who comes is told 503 instead of nothing; those connections are not waited
/// for longer than a moment.
pub async fn serve(listener: TcpListener, app: Arc<App>) {
    let before = TaskTracker::new();
    let late = TaskTracker::new();
    let room = Room::new(HTTP_CONNECTIONS_MAX);
    let mut pause = ACCEPT_PAUSE_MIN;
    let mut drained = pin!(async {
        app.drain.begun().await;
        crate::shutdown::wait_for(&before, DRAIN_REQUESTS_MAX).await
    });
    let all_answered = loop {
        let accepted = tokio::select! {
            biased;
            all_answered = &mut drained => break all_answered,
            accepted = listener.accept() => accepted,
        };
        match accepted {
            Ok((stream, peer)) => {
                pause = ACCEPT_PAUSE_MIN;
                let ids = &app.request_ids;
                if app.drain.has_begun() {
                    room.take_in(stream, ids, &late, |stream| late_connection(stream, peer, Arc::clone(&app)));
                } else {
                    room.take_in(stream, ids, &before, |stream| connection(stream, peer, Arc::clone(&app)));
                }
            }
            Err(error) if is_of_the_peer(&error) => {}
            Err(error) => {
                tracing::warn!(%error, ?pause, "the system accepts no connection");
                tokio::time::sleep(pause).await;
                pause = (pause * 2).min(ACCEPT_PAUSE_MAX);
            }
        }
    };
    drop(listener);
    if !all_answered {
        tracing::warn!(connections = before.len(), "requests were dropped: out of time");
    }
    crate::shutdown::wait_for(&late, LATE_REQUESTS_MAX).await;
    app.drain.stop();
    crate::shutdown::wait_for(&before, DRAIN_CUT_MAX).await;
}

/// Whether the connection failed before it was accepted, which says nothing about the next one.
fn is_of_the_peer(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::ConnectionAborted
            | io::ErrorKind::ConnectionReset
            | io::ErrorKind::ConnectionRefused
            | io::ErrorKind::Interrupted
    )
}

/// How many connections there may be.
struct Room {
    connections: Arc<Semaphore>,
    refusals: Arc<Semaphore>,
}

impl Room {
    fn new(connections_max: usize) -> Self {
        Self {
            connections: Arc::new(Semaphore::new(connections_max)),
            refusals: Arc::new(Semaphore::new(HTTP_REFUSALS_MAX)),
        }
    }

    /// Serves `stream` if there is room, or says that there is none, both on `tracker`.
    fn take_in<S: Future<Output = ()> + Send + 'static>(
        &self,
        stream: TcpStream,
        request_ids: &Arc<RequestIds>,
        tracker: &TaskTracker,
        serve: impl FnOnce(TcpStream) -> S,
    ) {
        if let Ok(permit) = Arc::clone(&self.connections).try_acquire_owned() {
            let served = serve(stream);
            tracker.spawn(async move {
                let _permit = permit;
                served.await;
            });
        } else if let Ok(permit) = Arc::clone(&self.refusals).try_acquire_owned() {
            let request_ids = Arc::clone(request_ids);
            tracker.spawn(async move {
                let _permit = permit;
                wire::refuse(stream, &request_ids, &ApiError::overloaded(RETRY_AFTER_OVERLOAD_SECS)).await;
            });
        }
    }
}

/// Serves one connection until it closes, is upgraded, or the server stops.
async fn connection(stream: TcpStream, peer: SocketAddr, app: Arc<App>) {
    let unread = Arc::new(Unread::default());
    let Ok(wire) = wire(stream, &app, &unread) else { return };
    let service = service_fn(|request| async { Ok::<_, Infallible>(http::answer(&app, peer, &unread, request).await) });
    let mut http = pin!(builder().serve_connection(wire, service).with_upgrades());
    let served = tokio::select! {
        biased;
        served = http.as_mut() => served,
        () = app.drain.begun() => {
            http.as_mut().graceful_shutdown();
            tokio::select! {
                biased;
                served = http.as_mut() => served,
                () = app.drain.stopped() => return,
            }
        }
    };
    log_end(served);
}

/// Serves the one request that a connection may make while the server drains: enough to be told so.
async fn late_connection(stream: TcpStream, peer: SocketAddr, app: Arc<App>) {
    let unread = Arc::new(Unread::default());
    let Ok(wire) = wire(stream, &app, &unread) else { return };
    let service = service_fn(|request| async { Ok::<_, Infallible>(http::answer(&app, peer, &unread, request).await) });
    tokio::select! {
        biased;
        served = builder().keep_alive(false).serve_connection(wire, service) => log_end(served),
        () = app.drain.stopped() => {}
    }
}

fn wire(stream: TcpStream, app: &App, unread: &Arc<Unread>) -> io::Result<TokioIo<Wire>> {
    // Answers are written whole, so waiting for more to send only delays them.
    stream.set_nodelay(true)?;
    Ok(TokioIo::new(Wire::new(stream, Arc::clone(&app.request_ids), Arc::clone(unread))))
}

fn log_end(served: hyper::Result<()>) {
    if let Err(error) = served {
        tracing::debug!(%error, "a connection ended early");
    }
}

fn builder() -> http1::Builder {
    let mut builder = http1::Builder::new();
    builder
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_READ_MAX)
        .max_header_size(HEAD_BYTES_MAX)
        .max_buf_size(HEAD_BYTES_MAX)
        // A client may end its side after the request; it still gets its answer.
        .half_close(true);
    builder
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::io::AsyncReadExt as _;
    use tokio::sync::Notify;

    use super::*;

    /// Proves that connections are bounded and that who finds no room is told so (HTTP-2, HTTP-12).
    #[tokio::test]
    async fn without_room_a_connection_is_answered_503_and_closed() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (room, tracker) = (Room::new(1), TaskTracker::new());
        let ids = Arc::new(RequestIds::starting_at(1));
        let release = Arc::new(Notify::new());
        let mut answers = Vec::new();
        for _ in 0..3 {
            let mut client = TcpStream::connect(address).await.unwrap();
            let (stream, _) = listener.accept().await.unwrap();
            let released = Arc::clone(&release);
            room.take_in(stream, &ids, &tracker, |_stream| async move { released.notified().await });
            if room.connections.available_permits() == 0 && answers.is_empty() {
                answers.push(String::new());
                continue;
            }
            let mut answer = String::new();
            client.read_to_string(&mut answer).await.unwrap();
            answers.push(answer);
        }
        for answer in &answers[1..] {
            assert!(answer.starts_with("HTTP/1.1 503 Service Unavailable\r\n"), "{answer}");
            assert!(answer.contains("\r\nretry-after: 1\r\n"), "{answer}");
            assert!(answer.contains("\r\nx-request-id: "), "{answer}");
            assert!(answer.ends_with(r#"{"error":"overloaded"}"#), "{answer}");
        }
        release.notify_one();
        assert!(crate::shutdown::wait_for(&tracker, Duration::from_secs(5)).await);
        assert_eq!(room.connections.available_permits(), 1);
        assert_eq!(room.refusals.available_permits(), HTTP_REFUSALS_MAX);
    }
}
