//! A PostgreSQL server for tests: the real one, started on a free port, as an unprivileged user, in a folder that goes
//! with it. A test cannot go on without its server, so whatever goes wrong here panics with what was the matter.
#![expect(
    clippy::missing_panics_doc,
    reason = "the whole module panics when the machine cannot run PostgreSQL"
)]

use std::{
    ffi::OsStr,
    fs::{self, File},
    io::{BufRead as _, BufReader},
    net::TcpListener,
    os::unix::process::CommandExt as _,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::{
        LazyLock, Mutex, MutexGuard,
        atomic::{AtomicU32, Ordering},
        mpsc,
    },
    thread,
};

/// Whom the server runs as when the tests run as root, which PostgreSQL refuses to be.
const UNPRIVILEGED: &str = "nobody";

/// A running server. It stops when dropped; the shared one stops with the test process.
pub struct Postgres {
    programs: PathBuf,
    folder: PathBuf,
    port: u16,
    databases: AtomicU32,
    process: Mutex<Option<Child>>,
}

impl Postgres {
    /// The server that all tests of this process share; each takes a database of its own.
    pub fn shared() -> &'static Self {
        static SHARED: LazyLock<Postgres> = LazyLock::new(Postgres::start);
        &SHARED
    }

    /// A server of one's own, for tests that stop it.
    pub fn start() -> Self {
        let programs = programs();
        let folder = folder();
        let data = folder.join("data");
        fs::create_dir_all(&data).expect("an empty folder for the server");
        if let Some((uid, gid)) = other_user() {
            std::os::unix::fs::chown(&folder, Some(uid), Some(gid)).expect("root may give folders away");
            std::os::unix::fs::chown(&data, Some(uid), Some(gid)).expect("root may give folders away");
        }
        let made = unprivileged(&programs.join("initdb"))
            .args(["--auth=trust", "--username=giaoban", "--encoding=UTF8", "--no-locale", "--no-sync", "-D"])
            .arg(&data)
            .output()
            .expect("initdb runs");
        assert!(made.status.success(), "initdb: {}", String::from_utf8_lossy(&made.stderr));
        let port = free_port();
        let server = Self { programs, folder, port, databases: AtomicU32::new(0), process: Mutex::new(None) };
        server.start_again();
        server
    }

    /// The URL of a new, empty database.
    pub fn fresh_database(&self) -> String {
        let name = format!("giaoban_{}", self.databases.fetch_add(1, Ordering::Relaxed));
        self.run(&self.url("postgres"), &format!("CREATE DATABASE {name}"));
        self.url(&name)
    }

    /// Runs a statement on the database of this URL, as an administrator at a terminal would.
    pub fn run(&self, url: &str, statement: &str) {
        let done = Command::new(self.programs.join("psql"))
            .args([url, "-q", "-c", statement])
            .output()
            .expect("psql runs");
        assert!(done.status.success(), "psql: {}", String::from_utf8_lossy(&done.stderr));
    }

    fn url(&self, database: &str) -> String {
        format!("postgres://giaoban@127.0.0.1:{}/{database}", self.port)
    }

    /// Stops the server and waits until it is gone. Its connections break.
    pub fn stop(&self) {
        if let Some(mut child) = self.process().take() {
            interrupt(&child);
            child.wait().expect("a child can be waited for");
        }
    }

    /// Starts the server on its old port and folder, and waits until it takes connections.
    pub fn start_again(&self) {
        let mut process = self.process();
        assert!(process.is_none(), "the server runs already");
        let settings = [
            ("listen_addresses", "127.0.0.1"),
            ("unix_socket_directories", ""),
            ("fsync", "off"),
            ("max_connections", "200"),
            ("shared_buffers", "64MB"),
            ("log_min_messages", "log"),
        ];
        let mut command = unprivileged(&self.programs.join("postgres"));
        command.arg("-D").arg(self.folder.join("data")).args(["-p", &self.port.to_string()]);
        for (name, value) in settings {
            command.arg("-c").arg(format!("{name}={value}"));
        }
        *process = Some(keep(command));
    }

    fn process(&self) -> MutexGuard<'_, Option<Child>> {
        self.process.lock().expect("nobody panicked while starting or stopping the server")
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        self.stop();
        // A folder that stays behind is swept by the next test process.
        let _ = fs::remove_dir_all(&self.folder);
    }
}

/// Starts the server and returns once it takes connections. The thread lives as long as the server: it reads the log,
/// so that the server never waits for us, and the kernel ties the server's life to the thread that started it.
fn keep(mut command: Command) -> Child {
    let (ready, is_ready) = mpsc::channel();
    thread::spawn(move || {
        let mut child = command.stderr(Stdio::piped()).spawn().expect("postgres runs");
        let mut log =
            BufReader::new(child.stderr.take().expect("stderr is piped")).lines().map_while(Result::ok);
        let mut said = String::new();
        for line in log.by_ref() {
            if line.contains("database system is ready to accept connections") {
                let _ = ready.send(Ok(child));
                return log.for_each(drop);
            }
            said.push_str(&line);
            said.push('\n');
        }
        let _ = child.wait();
        let _ = ready.send(Err(said));
    });
    let started = is_ready.recv().expect("PostgreSQL can be run at all");
    started.unwrap_or_else(|said| panic!("PostgreSQL did not start: {said}"))
}

/// A new folder, after those of test processes that are gone have been removed.
fn folder() -> PathBuf {
    static NUMBER: AtomicU32 = AtomicU32::new(0);
    let base = std::env::temp_dir().join("giaoban-postgres");
    for old in fs::read_dir(&base).into_iter().flatten().flatten() {
        let name = old.file_name();
        let owner = name.to_str().and_then(|name| name.split('-').next()).unwrap_or_default();
        if !Path::new("/proc").join(owner).exists() {
            let _ = fs::remove_dir_all(old.path());
        }
    }
    base.join(format!("{}-{}", std::process::id(), NUMBER.fetch_add(1, Ordering::Relaxed)))
}

/// Fast shutdown: open transactions are rolled back, clients are cut off.
fn interrupt(child: &Child) {
    let sent = Command::new("kill").args(["-INT", &child.id().to_string()]).status();
    assert!(sent.is_ok_and(|status| status.success()), "the server can be told to stop");
}

/// Where the server's programs are: Debian keeps them out of `PATH`, one folder per version. The newest is taken.
fn programs() -> PathBuf {
    let complete =
        |folder: &PathBuf| ["initdb", "postgres", "psql"].iter().all(|name| folder.join(name).exists());
    let debian = fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten()
        .flatten()
        .map(|entry| entry.path().join("bin"));
    let path = std::env::var_os("PATH").unwrap_or_default();
    debian
        .filter(complete)
        .max()
        .or_else(|| std::env::split_paths(&path).find(complete))
        .expect("PostgreSQL 15 or later is installed (Debian, Ubuntu: apt install postgresql)")
}

/// The user and group to become, when this is root.
fn other_user() -> Option<(u32, u32)> {
    let me = Command::new("id").arg("-u").output().expect("id runs");
    if me.stdout.trim_ascii() != b"0" {
        return None;
    }
    let file = BufReader::new(File::open("/etc/passwd").expect("a system has users"));
    let entry = file.lines().map_while(Result::ok).find(|line| line.starts_with(&format!("{UNPRIVILEGED}:")));
    let entry = entry.expect("every system has `nobody`");
    let mut fields = entry.split(':').skip(2).map(|field| field.parse().expect("ids are numbers"));
    Some((fields.next().expect("a user id"), fields.next().expect("a group id")))
}

/// A command that does not run as root. It ends with the process that started it.
fn unprivileged(program: &Path) -> Command {
    let mut command = Command::new("setpriv");
    command.args(["--pdeathsig", "INT"]);
    if let Some((uid, gid)) = other_user() {
        command.args(["--reuid", &uid.to_string(), "--regid", &gid.to_string(), "--clear-groups"]);
    }
    command.arg(program.as_os_str()).current_dir("/").stdin(Stdio::null()).stdout(Stdio::null());
    command.process_group(0);
    command
        .env_clear()
        .env("PATH", std::env::var_os("PATH").as_deref().unwrap_or(OsStr::new("/usr/bin")))
        .env("LC_ALL", "C");
    command
}

fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("loopback has free ports");
    listener.local_addr().expect("a bound socket has an address").port()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stopped_server_refuses_and_comes_back_with_its_databases() {
        let server = Postgres::start();
        let url = server.fresh_database();
        let answers =
            || Command::new(server.programs.join("psql")).args([url.as_str(), "-c", "SELECT 1"]).output();
        assert!(answers().unwrap().status.success());
        server.stop();
        assert!(!answers().unwrap().status.success());
        server.start_again();
        assert!(answers().unwrap().status.success());
        assert_ne!(server.fresh_database(), url);
        let folder = server.folder.clone();
        drop(server);
        assert!(!folder.exists(), "nothing stays behind");
    }
}
