//! A server process: started, watched for its CPU time, stopped.

use std::{
    cell::RefCell,
    collections::{BTreeMap, HashMap},
    ffi::OsString,
    io::{BufRead, BufReader},
    net::SocketAddr,
    process::{Child, Command, Stdio},
};

/// A child process that printed the address it listens on; killed when dropped.
pub(crate) struct Server {
    child: Child,
    pub(crate) address: SocketAddr,
    /// What each thread is called and had used when it was last looked at, nanoseconds.
    threads: RefCell<HashMap<OsString, (String, u64)>>,
}

impl Server {
    /// Starts a command and reads the address from the end of its first line.
    pub(crate) fn start(command: &mut Command) -> Self {
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().expect("the server starts");
        let mut output = BufReader::new(child.stdout.take().expect("piped"));
        let mut line = String::new();
        output.read_line(&mut line).expect("a first line");
        std::thread::spawn(move || std::io::copy(&mut output, &mut std::io::sink()));
        let address = line.trim().rsplit(['/', ' ']).next().and_then(|text| text.parse().ok());
        Self { child, address: address.expect("the first line ends in an address"), threads: RefCell::default() }
    }

    /// Starts this benchmark again in another role.
    pub(crate) fn this(role: &str, number: usize) -> Self {
        let program = std::env::current_exe().expect("a path");
        Self::start(Command::new(program).args([role, &number.to_string()]))
    }

    /// CPU seconds the threads of the process have used so far, user and system, to the nanosecond. Of a thread that ended, what it
    /// had used when this was last asked: a sum over those alive alone would fall when one ends that once hashed passwords.
    pub(crate) fn cpu_seconds(&self) -> f64 {
        self.cpu_seconds_by_thread().values().sum()
    }

    /// The same, of all threads of one name together.
    pub(crate) fn cpu_seconds_by_thread(&self) -> BTreeMap<String, f64> {
        let threads = std::fs::read_dir(format!("/proc/{}/task", self.child.id())).expect("Linux");
        let alive = threads.filter_map(|thread| {
            let thread = thread.ok()?;
            let name = std::fs::read_to_string(thread.path().join("comm")).ok()?;
            let stat = std::fs::read_to_string(thread.path().join("schedstat")).ok()?;
            Some((thread.file_name(), (name.trim().to_owned(), stat.split(' ').next()?.parse::<u64>().ok()?)))
        });
        let mut known = self.threads.borrow_mut();
        known.extend(alive);
        let mut by_name = BTreeMap::new();
        for (name, nanos) in known.values() {
            *by_name.entry(name.clone()).or_default() += *nanos as f64 / 1e9;
        }
        by_name
    }

    /// Sends SIGTERM and waits for the end.
    pub(crate) fn end_in_order(&mut self) {
        let id = self.child.id().to_string();
        assert!(Command::new("kill").args(["-TERM", &id]).status().expect("kill").success());
        assert!(self.child.wait().expect("an end").success());
    }

    /// Resident memory, bytes.
    pub(crate) fn resident_bytes(&self) -> usize {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).expect("Linux");
        let line = status.lines().find(|line| line.starts_with("VmRSS:")).expect("VmRSS");
        line.split_whitespace().nth(1).and_then(|text| text.parse::<usize>().ok()).expect("kB") * 1_024
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
