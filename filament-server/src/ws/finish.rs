//! Carries a closing handshake to its end over a real socket: the waiting around the pure [`Closing`].

use std::io;
use std::pin::pin;

use tokio::io::AsyncRead;
use tokio::time::{Instant, sleep_until};

use super::{Action, Closing, Ended, Flow, Handler, Incoming, Input, Reader};

/// Waits until the close frame that [`Closing::step`] gave has been taken and answered, or one of the two has lasted too
/// long (GW-35). `taken` resolves when the socket has taken the frame's last byte. What the peer says meanwhile is ignored.
///
/// Gives [`Action::Finish`] or [`Action::Reset`]: what to do with the socket.
pub async fn finish<R: AsyncRead + Unpin>(
    closing: &mut Closing,
    reader: &mut Reader<R>,
    taken: impl Future<Output = io::Result<()>>,
) -> Action {
    reader.skip_to_close();
    let mut watch = CloseWatch { code: None };
    let mut taken = pin!(taken);
    let (mut frame_pending, mut peer_pending) = (true, true);
    while let Some(deadline) = closing.deadline() {
        let input = tokio::select! {
            biased;
            outcome = &mut taken, if frame_pending => {
                frame_pending = false;
                if outcome.is_ok() { Input::FrameTaken } else { Input::PeerGone }
            }
            outcome = reader.run(&mut watch), if peer_pending => {
                peer_pending = false;
                match outcome {
                    Ok(Ended::Stopped) => Input::PeerClosed(watch.code),
                    Ok(Ended::PeerGone) | Err(_) => Input::PeerGone,
                }
            }
            () = sleep_until(Instant::from_std(deadline)) => Input::TimePassed,
        };
        match closing.step(input, Instant::now().into_std()) {
            Action::None | Action::Send(_) => {}
            ending @ (Action::Finish | Action::Reset) => return ending,
        }
    }
    Action::Finish
}

/// Looks for the peer's close frame.
struct CloseWatch {
    code: Option<u16>,
}

impl Handler for CloseWatch {
    fn incoming(&mut self, incoming: Incoming<'_>) -> Flow {
        match incoming {
            Incoming::Close { code, .. } => {
                self.code = code;
                Flow::Stop
            }
            Incoming::Text(_) | Incoming::Binary(_) | Incoming::Ping(_) | Incoming::Pong => Flow::Continue,
        }
    }

    async fn proceed(&mut self) -> Flow {
        Flow::Continue
    }
}
