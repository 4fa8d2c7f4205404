//! From the command to the first answered request, with an existing data folder; and what the idle program holds.

use std::{
    fs,
    io::{Read as _, Write as _},
    net::TcpStream,
    path::Path,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use tests::{tools, world::free_port};

use crate::table::{Table, quantile};

const STARTS: usize = 10;

pub async fn measure(table: &mut Table) {
    let folder = tempfile::tempdir().expect("a folder for a while");
    stop(start(folder.path()).0);
    let mut times = Vec::new();
    let mut memory = Vec::new();
    for _ in 0..STARTS {
        let (child, took) = start(folder.path());
        times.push(took);
        // Idle: what was needed for starting has settled.
        tokio::time::sleep(Duration::from_secs(3)).await;
        memory.push(resident_mib(child.id()));
        stop(child);
    }
    let worst = quantile(&mut times, 1.0);
    let median = quantile(&mut times, 0.5);
    let how = format!(
        "`demo` with an existing folder to the first answered request; median of {STARTS}, worst {worst:.0} ms"
    );
    table.add("start", median, 1000.0, "ms", how);
    memory.sort_by(f64::total_cmp);
    let how = format!("resident memory 3 s after the start; largest of {STARTS}");
    table.add("idle memory", memory.last().copied().unwrap_or(f64::NAN), 60.0, "MiB", how);
}

#[expect(clippy::disallowed_methods, reason = "a bench measures time")]
fn start(data: &Path) -> (Child, Duration) {
    let (port, media) = (free_port(), free_port());
    let began = Instant::now();
    let child = Command::new(tools::program())
        .args([
            "demo",
            "--listen",
            &format!("127.0.0.1:{port}"),
            "--media-port",
            &media.to_string(),
            "--data",
        ])
        .arg(data)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("giaoban starts");
    while !answers(port) {
        assert!(began.elapsed() < Duration::from_mins(2), "giaoban does not answer");
        std::thread::yield_now();
    }
    (child, began.elapsed())
}

fn answers(port: u16) -> bool {
    let ask = || -> std::io::Result<bool> {
        let mut stream = TcpStream::connect(("127.0.0.1", port))?;
        stream.write_all(b"GET /readyz HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n")?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer)?;
        Ok(answer.starts_with("HTTP/1.1 200"))
    };
    ask().unwrap_or(false)
}

fn resident_mib(pid: u32) -> f64 {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).expect("the program runs");
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).expect("Linux tells");
    let kib: f64 = line.split_whitespace().nth(1).and_then(|word| word.parse().ok()).expect("a number");
    kib / 1024.0
}

fn stop(mut child: Child) {
    let told = Command::new("kill").arg(child.id().to_string()).status();
    assert!(told.is_ok_and(|status| status.success()), "SIGTERM can be sent");
    child.wait().expect("a child can be waited for");
}
