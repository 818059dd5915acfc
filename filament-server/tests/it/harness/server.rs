//! The server as a process: started on a free port with its own data folder, killed when dropped.

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex, mpsc};
use std::time::{Duration, Instant};

use super::data_dir::DataDir;
use super::{Http, PROMPT_MAX, User};

/// What the first line on standard output starts with; the address follows.
const BANNER: &str = "filament-server listening on http://";
/// Names another server binary to run than the one built with the tests: a release build, a package.
const BINARY_VARIABLE: &str = "FILAMENT_TEST_SERVER_BINARY";
/// Start-up includes migrations and key generation, on a machine that runs other tests.
const START_MAX: Duration = Duration::from_secs(30);
/// How much of the log a failing test shows.
const LOG_LINES_SHOWN: usize = 80;

/// Where the server listens now; shared with its clients so that they follow a restart.
#[derive(Clone, Debug)]
pub(crate) struct Address(Arc<Mutex<SocketAddr>>);

impl Address {
    /// The present address.
    pub(crate) fn now(&self) -> SocketAddr {
        *self.0.lock().expect("address lock")
    }
}

/// One server process and its data folder.
#[derive(Debug)]
pub(crate) struct Server {
    address: Address,
    child: Option<Child>,
    environment: Vec<(String, String)>,
    data_dir: DataDir,
}

impl Server {
    /// Starts a server with default configuration.
    pub(crate) fn start() -> Self {
        Self::with_env(&[])
    }

    /// Starts a server with these variables on top of address and data folder.
    pub(crate) fn with_env(variables: &[(&str, &str)]) -> Self {
        let environment = variables.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
        let mut server = Self {
            address: Address(Arc::new(Mutex::new(SocketAddr::from(([127, 0, 0, 1], 0))))),
            child: None,
            environment,
            data_dir: DataDir::create(),
        };
        server.spawn(SocketAddr::from(([127, 0, 0, 1], 0)));
        server
    }

    /// The address clients connect to; follows restarts.
    pub(crate) fn address(&self) -> Address {
        self.address.clone()
    }

    /// The data folder, for faults and for looking at what is stored.
    pub(crate) fn data_path(&self) -> PathBuf {
        self.data_dir.path().join("data")
    }

    /// The process id.
    pub(crate) fn pid(&self) -> u32 {
        self.child.as_ref().expect("a running server").id()
    }

    /// A client without a token.
    pub(crate) fn http(&self) -> Http {
        Http::new(self.address())
    }

    /// Registers and logs in a person of that name.
    pub(crate) fn user(&self, name: &str) -> User {
        User::register(&self.address(), name)
    }

    /// Registers and logs in a person of that name who comes from that address; the server must trust `127.0.0.1` as a proxy.
    pub(crate) fn user_at(&self, name: &str, address: &str) -> User {
        User::register_from(&self.address(), name, Some(address))
    }

    /// Ends the process with SIGKILL and waits until it is gone.
    pub(crate) fn kill9(&mut self) {
        let mut child = self.child.take().expect("a running server");
        child.kill().expect("kill");
        child.wait().expect("wait for the killed server");
    }

    /// Sends SIGTERM and returns at once.
    pub(crate) fn sigterm(&self) {
        let status = Command::new("kill").args(["-TERM", &self.pid().to_string()]).status().expect("kill command");
        assert!(status.success(), "kill -TERM failed: {status}");
    }

    /// Waits until the process has ended by itself.
    pub(crate) fn wait_exit(&mut self, within: Duration) -> ExitStatus {
        let deadline = Instant::now() + within;
        let mut child = self.child.take().expect("a running server");
        loop {
            if let Some(status) = child.try_wait().expect("wait for the server") {
                return status;
            }
            if Instant::now() > deadline {
                let _ = child.kill();
                let _ = child.wait();
                panic!("the server did not end within {within:?}\n{}", self.log_tail());
            }
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    /// Starts the server again on the same data folder and a new port (after [`Self::kill9`] or [`Self::wait_exit`]).
    pub(crate) fn restart(&mut self) {
        self.spawn(SocketAddr::from(([127, 0, 0, 1], 0)));
    }

    /// Starts the server again on the same data folder and the same port.
    pub(crate) fn restart_in_place(&mut self) {
        self.spawn(self.address.now());
    }

    /// Sets a variable for the next start, or takes it back.
    #[cfg(feature = "failpoints")]
    pub(crate) fn set(&mut self, variable: &str, value: Option<&str>) {
        self.environment.retain(|(key, _)| key != variable);
        self.environment.extend(value.map(|value| (variable.to_owned(), value.to_owned())));
    }

    /// The value of one series of `/metrics`, its labels in any order; 0 if the series is not there.
    pub(crate) fn metric(&self, name: &str, labels: &[(&str, &str)]) -> f64 {
        self.metrics().iter().find(|series| series.is(name, labels)).map_or(0.0, |series| series.value)
    }

    /// Waits until a series has this value: a counter may be counted just after the frame it counts.
    #[track_caller]
    pub(crate) fn metric_becomes(&self, name: &str, labels: &[(&str, &str)], expected: f64) {
        let deadline = Instant::now() + PROMPT_MAX;
        loop {
            let value = self.metric(name, labels);
            if (value - expected).abs() < 0.5 {
                return;
            }
            assert!(Instant::now() < deadline, "{name} {labels:?} is {value}, not {expected}");
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// Every series of `/metrics`.
    pub(crate) fn metrics(&self) -> Vec<Series> {
        let text = self.http().get("/metrics").ok().text();
        text.lines()
            .filter(|line| !line.starts_with('#') && !line.is_empty())
            .map(|line| Series::parse(line).unwrap_or_else(|| panic!("not a metric: {line}")))
            .collect()
    }

    fn spawn(&mut self, bind: SocketAddr) {
        assert!(self.child.is_none(), "the server already runs");
        let log = File::options().create(true).append(true).open(self.log_path()).expect("log file");
        let built = || env!("CARGO_BIN_EXE_filament-server").into();
        let mut command = Command::new(std::env::var_os(BINARY_VARIABLE).unwrap_or_else(built));
        for (key, _) in std::env::vars_os() {
            if key.to_string_lossy().starts_with("FILAMENT_") {
                command.env_remove(key);
            }
        }
        command
            .env("FILAMENT_BIND_ADDR", bind.to_string())
            .env("FILAMENT_DATA_DIR", self.data_path())
            .envs(self.environment.iter().map(|(key, value)| (key, value)))
            .current_dir(self.data_dir.path())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::from(log));
        let mut child = command.spawn().expect("start the server");
        let stdout = child.stdout.take().expect("piped stdout");
        self.child = Some(child);
        let (tx, rx) = mpsc::channel();
        std::thread::spawn(move || {
            // Read to the end: a full pipe would block the server.
            for line in BufReader::new(stdout).lines().map_while(Result::ok) {
                let _ = tx.send(line);
            }
        });
        let first = rx
            .recv_timeout(START_MAX)
            .unwrap_or_else(|_| panic!("the server printed nothing on standard output\n{}", self.log_tail()));
        let address = first
            .strip_prefix(BANNER)
            .and_then(|rest| rest.trim().parse().ok())
            .unwrap_or_else(|| panic!("unexpected first line `{first}`\n{}", self.log_tail()));
        *self.address.0.lock().expect("address lock") = address;
    }

    /// The log of this data folder's processes (standard error).
    pub(crate) fn log_path(&self) -> PathBuf {
        self.data_dir.path().join("server.log")
    }

    fn log_tail(&self) -> String {
        tail(&self.log_path())
    }
}

/// One line of `/metrics`.
#[derive(Clone, Debug)]
pub(crate) struct Series {
    pub(crate) name: String,
    /// Sorted by name.
    pub(crate) labels: Vec<(String, String)>,
    pub(crate) value: f64,
}

impl Series {
    /// Reads `name{label="value",…} number`; no label value of §15 holds a comma or a quote.
    fn parse(line: &str) -> Option<Self> {
        let (series, value) = line.rsplit_once(' ')?;
        let (name, list) =
            series.split_once('{').map_or((series, ""), |(name, rest)| (name, rest.trim_end_matches('}')));
        let mut labels = Vec::new();
        for pair in list.split(',').filter(|pair| !pair.is_empty()) {
            let (label, quoted) = pair.split_once('=')?;
            labels.push((label.to_owned(), quoted.trim_matches('"').to_owned()));
        }
        labels.sort();
        Some(Self { name: name.to_owned(), labels, value: value.parse().ok()? })
    }

    fn is(&self, name: &str, labels: &[(&str, &str)]) -> bool {
        self.name == name
            && self.labels.len() == labels.len()
            && labels.iter().all(|(label, value)| self.label(label) == Some(value))
    }

    /// The value of a label.
    pub(crate) fn label(&self, label: &str) -> Option<&str> {
        self.labels.iter().find(|(name, _)| name == label).map(|(_, value)| value.as_str())
    }
}

fn tail(path: &Path) -> String {
    let text = std::fs::read_to_string(path).unwrap_or_default();
    let lines: Vec<&str> = text.lines().collect();
    let from = lines.len().saturating_sub(LOG_LINES_SHOWN);
    format!("--- server log, last {} lines ---\n{}\n---", lines.len() - from, lines[from..].join("\n"))
}

impl Drop for Server {
    fn drop(&mut self) {
        if let Some(child) = &mut self.child {
            let _ = child.kill();
            let _ = child.wait();
        }
        if std::thread::panicking() {
            eprintln!("{}", self.log_tail());
        }
    }
}
