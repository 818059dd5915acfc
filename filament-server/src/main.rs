//! Entry point of `filament-server`: configuration, log, signals, exit code.
//!
//! | exit code | meaning |
//! | --- | --- |
//! | 0 | drained after a signal, or out of time while draining |
//! | 1 | anything else, a second signal included |
//! | 2 | bad configuration |
//! | 3 | the database was written by a newer version |
//! | 4 | the database, or a backup, is damaged |
//! | 5 | another process uses the data folder |

use std::io::{self, IsTerminal as _, Write as _};
use std::net::SocketAddr;
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use filament_server::config::{Action, Invocation};
use filament_server::maintenance::{self, MaintenanceError};
use filament_server::server::{Ended, Server};
use filament_server::shutdown::Signals;
use tracing_subscriber::EnvFilter;

/// How long threads that still work may hold up the end.
const RUNTIME_END_MAX: Duration = Duration::from_millis(500);

/// What a check that found something exits with.
const DAMAGED: u8 = 4;

fn main() -> ExitCode {
    let invocation = match Invocation::from_process() {
        Ok(invocation) => invocation,
        Err(error) => {
            error.print();
            return ExitCode::from(error.exit_code());
        }
    };
    match invocation.action {
        Action::CheckConfig => {
            say("the configuration is good\n");
            return ExitCode::SUCCESS;
        }
        Action::PrintConfig => {
            say(&invocation.printed_config());
            return ExitCode::SUCCESS;
        }
        Action::Serve | Action::BackUp { .. } | Action::Restore { .. } | Action::Check { .. } => {}
    }
    tracing_subscriber::fmt()
        .with_env_filter(EnvFilter::new(&invocation.config.log))
        .with_ansi(io::stderr().is_terminal())
        .with_writer(io::stderr)
        .init();
    for warning in &invocation.warnings {
        tracing::warn!("{warning}");
    }
    let data_dir = &invocation.config.data_dir;
    let done = match &invocation.action {
        Action::BackUp { target } => back_up(data_dir, target),
        Action::Restore { backup, replace } => restore(data_dir, backup, *replace),
        Action::Check { backup } => check(data_dir, backup.as_deref()),
        Action::Serve | Action::CheckConfig | Action::PrintConfig => return run(invocation),
    };
    done.unwrap_or_else(|error| {
        eprintln!("error: {error}");
        ExitCode::from(error.exit_code())
    })
}

fn back_up(data_dir: &Path, target: &Path) -> Result<ExitCode, MaintenanceError> {
    let done = maintenance::backup::back_up(data_dir, target)?;
    say(&format!("backed up to {}: {} files, {} bytes\n", target.display(), done.files, done.bytes));
    Ok(ExitCode::SUCCESS)
}

fn restore(data_dir: &Path, backup: &Path, replace: bool) -> Result<ExitCode, MaintenanceError> {
    let now_secs = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
    let done = maintenance::restore::restore(data_dir, backup, replace, now_secs)?;
    let (files, bytes) = (done.summary.files, done.summary.bytes);
    say(&format!("restored to {}: {files} files, {bytes} bytes\n", data_dir.display()));
    if let Some(replaced) = done.replaced {
        say(&format!("what was there before is in {}\n", replaced.display()));
    }
    Ok(ExitCode::SUCCESS)
}

fn check(data_dir: &Path, backup: Option<&Path>) -> Result<ExitCode, MaintenanceError> {
    let (looked_at, findings) = match backup {
        Some(backup) => (backup, maintenance::check::check_backup(backup)?),
        None => (data_dir, maintenance::check::check_data(data_dir)?),
    };
    if findings.is_empty() {
        say(&format!("{} is sound\n", looked_at.display()));
        return Ok(ExitCode::SUCCESS);
    }
    findings.iter().for_each(|finding| say(&format!("{finding}\n")));
    eprintln!("error: {} is damaged", looked_at.display());
    Ok(ExitCode::from(DAMAGED))
}

/// Starts the threads that serve requests, and serves.
fn run(invocation: Invocation) -> ExitCode {
    match tokio::runtime::Builder::new_multi_thread().worker_threads(request_threads()).enable_all().build() {
        Ok(runtime) => {
            let code = runtime.block_on(serve(invocation));
            // A password that is still being hashed is nobody's any more.
            runtime.shutdown_timeout(RUNTIME_END_MAX);
            code
        }
        Err(error) => {
            eprintln!("error: the runtime cannot start: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Threads that serve requests: one core is left to the writer and to delivery, which have threads of their own. On two cores a second
/// thread here only makes the two wake each other.
fn request_threads() -> usize {
    thread::available_parallelism().map_or(1, |cores| cores.get().saturating_sub(1).max(1))
}

async fn serve(invocation: Invocation) -> ExitCode {
    let data_dir = invocation.config.data_dir.clone();
    let signals = match Signals::listen() {
        Ok(signals) => signals,
        Err(error) => {
            eprintln!("error: signals cannot be listened to: {error}");
            return ExitCode::FAILURE;
        }
    };
    let has_pages = invocation.config.web_root.is_some();
    let running = match Server::start(invocation.config).await {
        Ok(running) => running,
        Err(error) => {
            eprintln!("error: {error}");
            return ExitCode::from(error.exit_code());
        }
    };
    say(&greeting(running.address(), &data_dir, has_pages));
    let app = Arc::clone(running.app());
    let steering = tokio::spawn(async move { signals.steer(&app.drain).await });
    let ended = running.join().await;
    steering.abort();
    match ended {
        Ended::Drained | Ended::OutOfTime => ExitCode::SUCCESS,
        Ended::Forced => ExitCode::FAILURE,
    }
}

/// What a person needs next. The first line is stable: programs that start the server read the address from it.
fn greeting(address: SocketAddr, data_dir: &Path, has_pages: bool) -> String {
    let folder = data_dir.canonicalize().unwrap_or_else(|_| data_dir.to_owned());
    let open = if has_pages { format!("Open http://{address} in a browser, or try it") } else { "Try it".to_owned() };
    format!(
        r#"filament-server listening on http://{address}
data folder: {folder}

{open} in another terminal:

  URL=http://{address}
  JSON='content-type: application/json'
  ME='{{"username":"ada","password":"correct horse battery"}}'
  curl -sS $URL/auth/register -H "$JSON" -d "$ME"; echo
  TOKEN=$(curl -sS $URL/auth/login -H "$JSON" -d "$ME" | sed 's/.*"access_token":"\([^"]*\)".*/\1/')
  curl -sS $URL/guilds -H "authorization: Bearer $TOKEN" -H "$JSON" -d '{{"name":"Hello"}}'; echo
  curl -sS $URL/guilds -H "authorization: Bearer $TOKEN"; echo

Events: ws://{address}/gateway/ws?access_token=$TOKEN
Health: curl -sS $URL/readyz; settings: filament-server --help
Stop:   Ctrl-C lets running requests finish; twice ends at once.
"#,
        folder = folder.display(),
    )
}

/// Writes to standard output; whoever closed it does not want to hear it.
fn say(text: &str) {
    let mut stdout = io::stdout().lock();
    let _closed = stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush());
}
