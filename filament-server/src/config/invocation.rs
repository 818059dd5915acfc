//! How the program was called: flags and variables become a [`Config`] and what to do with it.

use std::error::Error as _;
use std::ffi::OsString;
use std::fmt::Write as _;
use std::path::PathBuf;

use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{ArgMatches, Args, Command, FromArgMatches};
use thiserror::Error;

use super::Config;
use crate::limits::UNKNOWN_VARIABLE_WARNINGS_MAX;

const PREFIX: &str = "FILAMENT_";
const CHECK: &str = "check_config";
const PRINT: &str = "print_config";
const BACKUP: &str = "backup";
const RESTORE: &str = "restore";
const REPLACE: &str = "replace";
const CHECK_DATA: &str = "check";
const FOLDER: &str = "folder";
/// How much of a bad value or an unknown name is repeated.
const SHOWN_CHARS_MAX: usize = 64;
/// Variables whose values are never repeated, bad ones included (CFG-4).
const SECRETS: [&str; 3] = ["FILAMENT_METRICS_TOKEN", "FILAMENT_LIVEKIT_API_KEY", "FILAMENT_LIVEKIT_API_SECRET"];

const AFTER_HELP: &str = "Every option is also the variable shown beside it; the option wins.
Exit codes: 0 ended as asked, 1 failed, 2 bad configuration, 3 database of a newer version, 4 damaged database or
backup, 5 data folder in use by another process.";

/// What the caller wants.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// Serve until told to stop.
    Serve,
    /// `--check-config`: say that the configuration is good, and end.
    CheckConfig,
    /// `--print-config`: print the configuration, secrets redacted, and end.
    PrintConfig,
    /// `backup`: copy the data folder, and end.
    BackUp {
        /// The new folder.
        target: PathBuf,
    },
    /// `restore`: make a backup the data folder, and end.
    Restore {
        /// The backup.
        backup: PathBuf,
        /// Whether what is in the data folder may be moved aside.
        replace: bool,
    },
    /// `check`: look for damage, and end.
    Check {
        /// The backup to look at; without one it is the data folder.
        backup: Option<PathBuf>,
    },
}

/// Why there is no configuration.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ConfigError {
    /// A value cannot be read or is out of range (CFG-2).
    #[error("error: {variable} ({flag}): {reason}")]
    Value {
        /// The variable, also if the value came from the flag.
        variable: String,
        /// The flag that sets the same.
        flag: String,
        /// What is wrong, without the value of a secret.
        reason: String,
    },
    /// The flags cannot be understood, or they ask for help or version.
    #[error("{0}")]
    Usage(clap::Error),
}

impl ConfigError {
    /// What the process exits with: 2, or 0 after help and version.
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::Usage(error) if !error.use_stderr() => 0,
            Self::Value { .. } | Self::Usage(_) => 2,
        }
    }

    /// Writes it where it belongs: help and version to standard output, everything else to standard error.
    pub fn print(&self) {
        match self {
            // Nobody is left to tell that the terminal is gone.
            Self::Usage(error) => drop(error.print()),
            Self::Value { .. } => eprintln!("{self}"),
        }
    }
}

/// How the program was called.
#[derive(Clone, Debug)]
pub struct Invocation {
    /// What the caller wants.
    pub action: Action,
    /// The checked configuration.
    pub config: Config,
    /// Lines to log as warnings: variables that are not known (CFG-3).
    pub warnings: Vec<String>,
}

impl Invocation {
    /// Reads the flags and variables of this process.
    ///
    /// # Errors
    /// [`ConfigError`]; print it and exit with its code.
    pub fn from_process() -> Result<Self, ConfigError> {
        Self::parse(std::env::args_os(), std::env::vars_os())
    }

    /// Reads these flags, the program's name first, and these variables; the environment of the process is not looked at.
    ///
    /// # Errors
    /// [`ConfigError`] for the first flag or variable that is wrong.
    pub fn parse(
        args: impl IntoIterator<Item = OsString>,
        variables: impl IntoIterator<Item = (OsString, OsString)>,
    ) -> Result<Self, ConfigError> {
        let options = options();
        let mut args = args.into_iter();
        let program = args.next().unwrap_or_else(|| env!("CARGO_PKG_NAME").into());
        let given: Vec<OsString> = args.collect();
        let mut all = vec![program];
        let mut unknown = Vec::new();
        for (name, value) in variables {
            let Some(option) = options.iter().find(|option| name == *option.variable) else {
                unknown.extend(name.to_str().filter(|name| name.starts_with(PREFIX)).map(str::to_owned));
                continue;
            };
            if !option.is_given(&given) {
                let value = value.into_string().map_err(|_| option.error("is not UTF-8".to_owned()))?;
                all.push(format!("{}={value}", option.flag).into());
            }
        }
        all.extend(given);
        let matches = command().try_get_matches_from(all).map_err(|error| from_clap(error, &options))?;
        let config = Config::from_arg_matches(&matches).map_err(|error| from_clap(error, &options))?;
        check_relations(&config, &options)?;
        let mut warnings = unknown_warnings(unknown);
        warnings.extend(unbuilt_warning(&config));
        Ok(Self { action: action(&matches), config, warnings })
    }

    /// The invocation without any flag or variable.
    pub(super) fn defaults() -> Self {
        Self::parse([], []).expect("the defaults are in range")
    }

    /// The configuration as lines `NAME=value`, secrets redacted: what `--print-config` prints.
    pub fn printed_config(&self) -> String {
        let mut text = String::new();
        for (variable, value) in self.config.settings() {
            match value {
                Some(value) => writeln!(text, "{variable}={value}").expect("writing to a string"),
                None => writeln!(text, "# {variable} is not set").expect("writing to a string"),
            }
        }
        text
    }
}

fn action(matches: &ArgMatches) -> Action {
    let folder = |matches: &ArgMatches| matches.get_one::<PathBuf>(FOLDER).cloned();
    match matches.subcommand() {
        _ if matches.get_flag(PRINT) => Action::PrintConfig,
        _ if matches.get_flag(CHECK) => Action::CheckConfig,
        Some((BACKUP, matches)) => Action::BackUp { target: folder(matches).unwrap_or_default() },
        Some((RESTORE, matches)) => {
            Action::Restore { backup: folder(matches).unwrap_or_default(), replace: matches.get_flag(REPLACE) }
        }
        Some((CHECK_DATA, matches)) => Action::Check { backup: folder(matches) },
        Some(_) | None => Action::Serve,
    }
}

/// A flag and the variable that sets the same.
struct Setting {
    flag: String,
    variable: String,
}

impl Setting {
    fn error(&self, reason: String) -> ConfigError {
        ConfigError::Value { variable: self.variable.clone(), flag: self.flag.clone(), reason }
    }

    fn is_given(&self, args: &[OsString]) -> bool {
        args.iter()
            .filter_map(|arg| arg.to_str())
            .any(|arg| arg.strip_prefix(&self.flag).is_some_and(|rest| rest.is_empty() || rest.starts_with('=')))
    }
}

/// The flags as declared, each with the name of its variable.
fn declared() -> Command {
    let switch = |id: &'static str, long: &'static str, help: &'static str| {
        clap::Arg::new(id).long(long).help(help).action(clap::ArgAction::SetTrue)
    };
    Config::augment_args(Command::new(env!("CARGO_PKG_NAME")))
        .version(env!("CARGO_PKG_VERSION"))
        .about("Realtime chat server: one process, one data folder.")
        // The derive would take the documentation of `Config`.
        .long_about(None::<&'static str>)
        .after_help(AFTER_HELP)
        .next_help_heading("Configuration")
        .arg(switch(CHECK, "check-config", "Check the configuration and end"))
        .arg(switch(PRINT, "print-config", "Print the configuration, secrets redacted, and end"))
        .args_override_self(true)
        .next_line_help(true)
        .mut_arg("data_dir", |arg| arg.global(true))
        .subcommands(subcommands())
        .disable_help_subcommand(true)
}

/// What the program does besides serving.
fn subcommands() -> [Command; 3] {
    let folder = |name: &'static str, help: &'static str| {
        clap::Arg::new(FOLDER).value_name(name).help(help).value_parser(super::folder)
    };
    let replace = clap::Arg::new(REPLACE)
        .long(REPLACE)
        .help("Move what is in the data folder aside, into a folder in it")
        .action(clap::ArgAction::SetTrue);
    [
        Command::new(BACKUP)
            .about("Copy the data folder, as of one moment, into a new folder; a running server goes on")
            .arg(folder("FOLDER", "Where to; must not exist").required(true)),
        Command::new(RESTORE)
            .about("Make a backup the data folder; the server must be stopped")
            .arg(folder("BACKUP", "A folder that backup made").required(true))
            .arg(replace),
        Command::new(CHECK_DATA)
            .about("Look for damage in the data folder, or in a backup; a running server goes on")
            .arg(folder("BACKUP", "A folder that backup made; without it the data folder is looked at")),
    ]
}

fn options() -> Vec<Setting> {
    let setting = |arg: &clap::Arg| {
        let variable = arg.get_env()?.to_str()?.to_owned();
        Some(Setting { flag: format!("--{}", arg.get_long()?), variable })
    };
    declared().get_arguments().filter_map(setting).collect()
}

/// The flags without the reading of the environment, which is done here so that it can be tested; its names stay in the
/// help.
fn command() -> Command {
    declared().mut_args(|arg| match arg.get_env().map(|name| name.to_string_lossy().into_owned()) {
        None => arg,
        Some(variable) => {
            let help = arg.get_help().map(ToString::to_string).unwrap_or_default();
            arg.env(None::<&'static str>).help(format!("{help} [env: {variable}]"))
        }
    })
}

/// Turns what clap says about a value into the name of the variable and a reason that holds no secret.
fn from_clap(error: clap::Error, options: &[Setting]) -> ConfigError {
    let text = |kind| match error.get(kind) {
        Some(ContextValue::String(text)) => text.as_str(),
        _ => "",
    };
    let flag = text(ContextKind::InvalidArg).split(' ').next().unwrap_or_default();
    let setting = options.iter().find(|setting| setting.flag == flag);
    let (ErrorKind::ValueValidation | ErrorKind::InvalidValue, Some(setting)) = (error.kind(), setting) else {
        return ConfigError::Usage(error);
    };
    let mut reason = match (error.source(), error.get(ContextKind::ValidValue)) {
        (Some(source), _) => source.to_string(),
        (None, Some(ContextValue::Strings(words))) if !words.is_empty() => format!("must be {}", words.join(" or ")),
        (None, _) => "needs a value".to_owned(),
    };
    if !SECRETS.contains(&setting.variable.as_str()) {
        let value: String = text(ContextKind::InvalidValue).chars().take(SHOWN_CHARS_MAX).collect();
        write!(reason, ", not {value:?}").expect("writing to a string");
    }
    setting.error(reason)
}

/// What no value alone can violate.
fn check_relations(config: &Config, options: &[Setting]) -> Result<(), ConfigError> {
    let error = |variable: &str, reason: String| {
        let setting = options.iter().find(|setting| setting.variable == variable).expect("a declared variable");
        Err(setting.error(reason))
    };
    let (ping, idle) = (config.gateway.ping, config.gateway.idle);
    if idle <= 2 * ping {
        let reason = format!(
            "must be more than twice FILAMENT_GATEWAY_PING_SECS, which is {}, not \"{}\"",
            ping.as_secs(),
            idle.as_secs()
        );
        return error("FILAMENT_GATEWAY_IDLE_SECS", reason);
    }
    match (&config.livekit.api_key, &config.livekit.api_secret) {
        (Some(_), None) => {
            error("FILAMENT_LIVEKIT_API_SECRET", "must be set, because FILAMENT_LIVEKIT_API_KEY is".to_owned())
        }
        (None, Some(_)) => {
            error("FILAMENT_LIVEKIT_API_KEY", "must be set, because FILAMENT_LIVEKIT_API_SECRET is".to_owned())
        }
        (Some(_), Some(_)) | (None, None) => Ok(()),
    }
}

/// The contract leaves catch-up for plain connections to the server (RES-40), and this one has none: whoever asks for it is told.
fn unbuilt_warning(config: &Config) -> Option<String> {
    let text = "FILAMENT_PLAIN_CATCHUP=on has no effect: this server has no catch-up for plain connections";
    config.gateway.plain_catchup.then(|| text.to_owned())
}

/// One line for each unknown variable, sorted, up to a bound (CFG-3). Values are not repeated: they may be secrets.
fn unknown_warnings(mut names: Vec<String>) -> Vec<String> {
    names.sort_unstable();
    let left_out = names.len().saturating_sub(UNKNOWN_VARIABLE_WARNINGS_MAX);
    let mut warnings: Vec<String> = names
        .iter()
        .take(UNKNOWN_VARIABLE_WARNINGS_MAX)
        .map(|name| {
            let shown: String = name.chars().take(SHOWN_CHARS_MAX).flat_map(char::escape_default).collect();
            format!("unknown variable {shown} has no effect")
        })
        .collect();
    if left_out > 0 {
        warnings.push(format!("{left_out} more unknown {PREFIX}* variables have no effect"));
    }
    warnings
}
