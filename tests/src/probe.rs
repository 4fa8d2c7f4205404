//! `giaoban probe` as a process: an endpoint without a screen.

use std::process::Stdio;

use serde_json::Value;
use tokio::{process::Command, time::timeout};

use crate::{lines::PATIENCE, tools};

/// How a probe ended.
#[derive(Debug)]
pub struct Outcome {
    /// Its exit code.
    pub code: Option<i32>,
    /// Its standard output.
    pub out: String,
    /// Its standard error.
    pub complaint: String,
}

impl Outcome {
    /// The report in JSON.
    pub fn report(&self) -> Value {
        serde_json::from_str(&self.out).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }
}

/// Limits that hold also on a machine that builds and tests other things meanwhile.
pub const PATIENT: [&str; 8] =
    ["--max-join-ms", "14000", "--max-rtt-ms", "5000", "--max-jitter-ms", "1000", "--max-loss", "50"];

/// A probe about to be started; secrets go through the environment.
pub fn command(arguments: &[&str], secrets: &[(&str, &str)]) -> Command {
    let mut command = Command::new(tools::program());
    command.arg("probe").args(arguments).envs(secrets.iter().copied());
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
    command
}

/// Runs a probe to its end.
pub async fn run(arguments: &[&str], secrets: &[(&str, &str)]) -> Outcome {
    let probe = command(arguments, secrets).output();
    let output = timeout(PATIENCE, probe).await.expect("the probe ends in time").expect("giaoban starts");
    Outcome {
        code: output.status.code(),
        out: String::from_utf8_lossy(&output.stdout).into_owned(),
        complaint: String::from_utf8_lossy(&output.stderr).into_owned(),
    }
}
