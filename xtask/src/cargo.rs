//! How commands call cargo: the same cargo that runs this program, always from the workspace folder.

use std::path::Path;
use std::process::Command;

/// The folder that holds the workspace's `Cargo.toml`.
pub(crate) fn workspace_folder() -> &'static Path {
    let own_folder = Path::new(env!("CARGO_MANIFEST_DIR"));
    own_folder.parent().unwrap_or(own_folder)
}

/// A cargo command with `arguments`, to be run in the workspace folder.
pub(crate) fn cargo(arguments: &[&str]) -> Command {
    let program = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(program);
    command.args(arguments).current_dir(workspace_folder());
    command
}

/// Whether `cargo <subcommand> --version` works, that is, whether an optional cargo tool is installed.
pub(crate) fn has_subcommand(subcommand: &str) -> bool {
    cargo(&[subcommand, "--version"]).output().is_ok_and(|output| output.status.success())
}

/// The command as one would type it.
pub(crate) fn shown(command: &Command) -> String {
    let program = Path::new(command.get_program()).file_stem().unwrap_or_default();
    let mut words = vec![program.to_string_lossy().into_owned()];
    words.extend(command.get_args().map(|argument| argument.to_string_lossy().into_owned()));
    words.join(" ")
}

/// Replaces this process by `command`, so that Ctrl-C, SIGTERM and the exit code are the command's own.
#[cfg(unix)]
pub(crate) fn become_command(mut command: Command) -> std::process::ExitCode {
    use std::os::unix::process::CommandExt as _;
    let error = command.exec();
    eprintln!("xtask: cannot start `{}`: {error}", shown(&command));
    std::process::ExitCode::FAILURE
}

/// Runs `command` and ends with its exit code; Ctrl-C reaches both processes through the console.
#[cfg(not(unix))]
pub(crate) fn become_command(mut command: Command) -> std::process::ExitCode {
    match command.status() {
        Ok(status) if status.success() => std::process::ExitCode::SUCCESS,
        Ok(status) => {
            let code = status.code().and_then(|code| u8::try_from(code).ok()).unwrap_or(1);
            std::process::ExitCode::from(code)
        }
        Err(error) => {
            eprintln!("xtask: cannot start `{}`: {error}", shown(&command));
            std::process::ExitCode::FAILURE
        }
    }
}
