//! The bare loop: what the system itself costs. It knows no protocol and keeps nothing.

use std::{
    io::{Read, Write},
    net::TcpListener,
    sync::Arc,
};

use tokio::{io::AsyncReadExt, net::TcpStream};

use crate::{
    SUBSCRIBERS,
    load::{Received, Subject, Trigger},
    process::Server,
};

/// The server: the first connection triggers, a byte a message; the others receive.
pub(crate) fn serve(frame_bytes: usize) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    println!("bare {}", listener.local_addr().expect("an address"));
    let (mut control, _) = listener.accept().expect("the load");
    let mut sockets: Vec<std::net::TcpStream> = Vec::new();
    while sockets.len() < SUBSCRIBERS {
        let (socket, _) = listener.accept().expect("a subscriber");
        socket.set_nodelay(true).expect("TCP");
        sockets.push(socket);
    }
    control.write_all(b"!").expect("the load listens");
    let frame = vec![b'x'; frame_bytes];
    let mut triggers = [0; 64];
    while let Ok(count @ 1..) = control.read(&mut triggers) {
        for _ in 0..count {
            for socket in &mut sockets {
                socket.write_all(&frame).expect("the subscriber reads");
            }
        }
    }
}

/// A bare loop with its subscribers.
pub(crate) async fn start(frame_bytes: usize) -> Subject {
    let server = Server::this("--role-bare", frame_bytes);
    let (received, control) = connect(&server).await;
    Subject { name: "bare", server, received, trigger: Trigger::Byte(control) }
}

/// Connects the trigger and the subscribers of a server in a role of this benchmark, and waits until it has them all.
pub(crate) async fn connect(server: &Server) -> (Arc<Received>, TcpStream) {
    let mut control = TcpStream::connect(server.address).await.expect("the server listens");
    control.set_nodelay(true).expect("TCP");
    let received = Received::new();
    for _ in 0..SUBSCRIBERS {
        let subscriber = TcpStream::connect(server.address).await.expect("the server listens");
        received.watch(subscriber);
    }
    control.read_u8().await.expect("the server has all subscribers");
    (received, control)
}
