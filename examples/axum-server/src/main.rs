//! `filament-axum-server [ADDRESS] [FOLDER]`: serves until Ctrl-C.

use std::path::PathBuf;

use filament_axum_server::Chat;

#[tokio::main]
async fn main() -> std::io::Result<()> {
    let mut arguments = std::env::args().skip(1);
    let address = arguments.next().unwrap_or_else(|| "127.0.0.1:8081".to_owned());
    let folder = arguments.next().map_or_else(|| PathBuf::from("data-axum"), PathBuf::from);
    let chat = Chat::open(&folder)?;
    let delivery = tokio::spawn({
        let fanout = chat.fanout.clone();
        async move { fanout.run(std::future::pending()).await }
    });
    let listener = tokio::net::TcpListener::bind(address).await?;
    println!("filament-axum-server listening on http://{}", listener.local_addr()?);
    let stop = {
        let fanout = chat.fanout.clone();
        async move {
            drop(tokio::signal::ctrl_c().await);
            fanout.drain().await; // every connection is closed with a wait of its own
        }
    };
    axum::serve(listener, chat.router()).with_graceful_shutdown(stop).await?;
    delivery.abort();
    chat.engine.store().close().await.map_err(std::io::Error::other)
}
