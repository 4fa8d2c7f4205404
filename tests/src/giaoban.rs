//! The program as a process of its own.

use std::{collections::BTreeMap, fs::File, net::Ipv4Addr, path::Path, process::Stdio};

use tokio::{io::AsyncWriteExt as _, process::Command};

use crate::{lines::Lines, tools};

/// What to start and on what.
#[derive(Debug, Clone, Copy)]
pub struct Start<'a> {
    /// `serve`, or `demo` with the sample province.
    pub command: &'a str,
    /// The data folder.
    pub data: &'a Path,
    /// PostgreSQL, when it is not SQLite in the data folder.
    pub database_url: Option<&'a str>,
    /// Where it listens: the loopback address, or the near end of lines.
    pub address: Ipv4Addr,
    /// Ports of HTTP and media; 0 for any free one. A restart asks for the ports that it had.
    pub ports: (u16, u16),
}

/// A running program; killed when dropped.
pub struct Giaoban {
    lines: Lines,
    /// `http://ADDRESS:PORT`
    pub base: String,
    /// What `demo` printed: passwords by user name.
    pub logins: BTreeMap<String, String>,
}

impl Giaoban {
    /// Starts it and waits until it says where it answers.
    pub async fn start(how: Start<'_>) -> Self {
        Self::start_build(&tools::program(), how).await
    }

    /// The same with a build of the program that lies elsewhere.
    pub async fn start_build(program: &Path, how: Start<'_>) -> Self {
        // A write past a limit of file size must fail like a full disk does, without the signal that goes with it.
        let mut command = Command::new("sh");
        command
            .args(["-c", "trap '' XFSZ; exec \"$0\" \"$@\""])
            .arg(program)
            .arg(how.command)
            .arg("--data")
            .arg(how.data)
            .args(["--listen", &format!("{}:{}", how.address, how.ports.0)])
            .args(["--media-port", &how.ports.1.to_string()])
            // The tests start today what they book for a day that breaks no rule of notice.
            .env("GIAOBAN_ATTENDANCE__START_EARLY_MINUTES", "100000");
        if let Some(url) = how.database_url {
            command.args(["--database-url", url]);
        }
        let log =
            File::options().create(true).append(true).open(how.data.join("giaoban.log")).expect("a log file");
        command.stderr(Stdio::from(log));
        let mut lines = Lines::start("giaoban", command);
        let mut logins = BTreeMap::new();
        let base = lines
            .pick("its address", |line| {
                logins.extend(login(line));
                address(line, how.address)
            })
            .await;
        // The port is open by now; the first answer comes when everything has started.
        let ready = reqwest::get(format!("{base}/readyz")).await.expect("an answer");
        assert!(ready.status().is_success(), "giaoban is ready");
        Self { lines, base, logins }
    }

    /// HTTP's port.
    pub fn port(&self) -> u16 {
        self.base.rsplit(':').next().and_then(|port| port.parse().ok()).expect("the address ends with a port")
    }

    /// The process' id.
    pub fn pid(&self) -> u32 {
        self.lines.pid()
    }

    /// SIGKILL: what is not on disk by now is lost.
    pub async fn kill(self) {
        self.lines.kill().await;
    }

    /// Makes an administrator in a data folder on which no program runs.
    pub async fn create_administrator(
        data: &Path,
        database_url: Option<&str>,
        username: &str,
        password: &str,
    ) {
        let mut command = Command::new(tools::program());
        command.args(["admin", "create", username]).arg("--data").arg(data);
        if let Some(url) = database_url {
            command.args(["--database-url", url]);
        }
        let mut child = command.stdin(Stdio::piped()).kill_on_drop(true).spawn().expect("giaoban starts");
        let mut stdin = child.stdin.take().expect("stdin is piped");
        stdin.write_all(format!("{password}\n").as_bytes()).await.expect("giaoban reads the password");
        drop(stdin);
        assert!(child.wait().await.expect("a child can be waited for").success(), "admin create");
    }
}

/// The first `http://ADDRESS:PORT` of a line.
fn address(line: &str, listens: Ipv4Addr) -> Option<String> {
    let start = line.find(&format!("http://{listens}:"))?;
    let rest = &line[start..];
    let end = rest.find(|c: char| c.is_whitespace()).unwrap_or(rest.len());
    Some(rest[..end].trim_end_matches(['/', '.', ',']).to_owned())
}

/// A login as `demo` prints it: a user name, and after it a password of four classes.
fn login(line: &str) -> Option<(String, String)> {
    let words: Vec<&str> = line.split_whitespace().collect();
    let strong = |word: &str| {
        word.len() >= 14
            && word.contains(|c: char| c.is_ascii_digit())
            && word.contains(|c: char| c.is_ascii_punctuation())
    };
    let at = words.iter().position(|word| strong(word) && !word.starts_with("http"))?;
    Some(((*words.get(at.checked_sub(1)?)?).to_owned(), words[at].to_owned()))
}
