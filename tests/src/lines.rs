//! A child process that tells things, one per line, and may be told things.

use std::{collections::VecDeque, process::Stdio, time::Duration};

use serde_json::Value;
use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader},
    process::{Child, ChildStdin, Command},
    sync::mpsc::{UnboundedReceiver, unbounded_channel},
    time::timeout,
};

/// Longest wait for anything that a test waits for. Only a failing test ever waits so long.
pub const PATIENCE: Duration = Duration::from_secs(90);

/// How many of the last lines a failure quotes.
const QUOTED: usize = 12;

/// A running child. It is killed when dropped.
pub struct Lines {
    name: String,
    child: Child,
    stdin: Option<ChildStdin>,
    told: UnboundedReceiver<String>,
    last: VecDeque<String>,
}

impl Lines {
    /// Starts `command` under a name that failures mention. Its output is read all the time, so it never blocks.
    pub fn start(name: &str, mut command: Command) -> Self {
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .unwrap_or_else(|error| panic!("{name} does not start: {error}"));
        let mut output = BufReader::new(child.stdout.take().expect("stdout is piped")).lines();
        let (tell, told) = unbounded_channel();
        tokio::spawn(async move {
            while let Ok(Some(line)) = output.next_line().await {
                if tell.send(line).is_err() {
                    break;
                }
            }
        });
        Self { name: name.to_owned(), stdin: child.stdin.take(), child, told, last: VecDeque::new() }
    }

    /// Writes one line to the child.
    pub async fn tell(&mut self, line: &Value) {
        let stdin = self.stdin.as_mut().expect("the child has not been told to finish");
        stdin.write_all(format!("{line}\n").as_bytes()).await.expect("the child reads");
        stdin.flush().await.expect("the child reads");
    }

    /// Waits for the first line that `pick` makes something of.
    pub async fn pick<T>(&mut self, what: &str, mut pick: impl FnMut(&str) -> Option<T>) -> T {
        let name = self.name.clone();
        let found = timeout(PATIENCE, async {
            while let Some(line) = self.told.recv().await {
                let picked = pick(&line);
                if self.last.len() == QUOTED {
                    self.last.pop_front();
                }
                self.last.push_back(line);
                if picked.is_some() {
                    return picked;
                }
            }
            None
        })
        .await;
        let Ok(found) = found else {
            panic!("{name}: no {what} in {PATIENCE:?}; its last lines:\n{}", self.quote());
        };
        found.unwrap_or_else(|| panic!("{name} ended before {what}; its last lines:\n{}", self.quote()))
    }

    /// Waits for the first JSON line that `found` accepts; one that says `failed` ends the test.
    pub async fn until(&mut self, what: &str, mut found: impl FnMut(&Value) -> bool) -> Value {
        let name = self.name.clone();
        self.pick(what, |line| {
            let value: Value = serde_json::from_str(line).ok()?;
            assert!(value["event"] != "failed", "{name} failed before {what}: {value}");
            found(&value).then_some(value)
        })
        .await
    }

    /// Waits for the event of that name.
    pub async fn event(&mut self, name: &str) -> Value {
        self.until(name, |line| line["event"] == name).await
    }

    /// Ends the child's input, which asks it to finish, and waits until it has: without a complaint.
    pub async fn finish(mut self) {
        self.stdin = None;
        let status = timeout(PATIENCE, self.child.wait()).await.expect("the child ends in time");
        while let Some(line) = self.told.recv().await {
            assert!(!line.contains("\"failed\""), "{} failed at its end: {line}", self.name);
        }
        assert!(
            status.expect("a child can be waited for").success(),
            "{} ended badly:\n{}",
            self.name,
            self.quote()
        );
    }

    /// The process' id.
    pub fn pid(&self) -> u32 {
        self.child.id().expect("the child runs")
    }

    /// Lets go of everything told so far: what is waited for from here on was told after this.
    pub fn forget(&mut self) {
        while self.told.try_recv().is_ok() {}
    }

    /// Stops the child and everything that it has started, as a computer does that falls asleep.
    pub async fn fall_asleep(&self) {
        self.signal_all("-STOP").await;
    }

    /// Lets them go on.
    pub async fn wake(&self) {
        self.signal_all("-CONT").await;
    }

    async fn signal_all(&self, signal: &str) {
        let mut family = vec![self.pid()];
        let mut next = 0;
        while let Some(parent) = family.get(next) {
            next += 1;
            let threads = std::fs::read_dir(format!("/proc/{parent}/task")).into_iter().flatten().flatten();
            for thread in threads {
                let children = std::fs::read_to_string(thread.path().join("children")).unwrap_or_default();
                family.extend(children.split_whitespace().filter_map(|pid| pid.parse::<u32>().ok()));
            }
        }
        let mut kill = Command::new("kill");
        kill.arg(signal).args(family.iter().map(u32::to_string));
        assert!(kill.status().await.expect("kill runs").success(), "{}: {family:?} are there", self.name);
    }

    /// SIGKILL: no chance to write anything down. Waits until the process is gone.
    pub async fn kill(mut self) {
        self.child.kill().await.expect("the child runs");
    }

    /// Waits for the end of a child that ends by itself, and tells whether it was content.
    pub async fn end(mut self) -> bool {
        let status = timeout(PATIENCE, self.child.wait()).await.expect("the child ends in time");
        status.expect("a child can be waited for").success()
    }

    fn quote(&self) -> String {
        self.last.iter().fold(String::new(), |text, line| text + "  " + line + "\n")
    }
}
