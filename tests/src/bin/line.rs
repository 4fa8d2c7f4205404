//! The process in the middle of a line, and an echo for measuring it.
//!
//! `line between PID [SEED]` makes two network interfaces, gives one to the network namespace of that process and forwards
//! whole IP packets between them, as JSON lines on its input say: `{"do": "set", "weather": {…}}`, `{"do": "counts"}`. It
//! ends with its input, and the interfaces with it. `line echo ADDRESS` answers every UDP datagram with itself.

#![expect(clippy::disallowed_methods, reason = "a line lives on real time, and waits until a packet is due")]

use std::{
    error::Error,
    io::{BufRead as _, stdin},
    net::UdpSocket,
    process::Command,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        mpsc::{Receiver, Sender, channel},
    },
    thread,
    time::{Instant, SystemTime, UNIX_EPOCH},
};

use serde_json::{Value, json};
use tests::line::{
    SERVER, Weather,
    direction::{Direction, Way},
};
use tun_rs::{DeviceBuilder, Layer, SyncDevice};

/// Largest packet, in bytes: the interfaces take 1500.
const LARGEST: usize = 2048;

type Any = Box<dyn Error + Send + Sync>;
type Shared = Arc<Mutex<Direction>>;

fn main() -> Result<(), Any> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments[..] {
        ["between", pid] => between(pid, 1),
        ["between", pid, seed] => between(pid, seed.parse()?),
        ["echo", address] => echo(address),
        _ => Err("usage: line between PID [SEED] | line echo ADDRESS:PORT".into()),
    }
}

fn between(pid: &str, seed: u64) -> Result<(), Any> {
    let (number, near, far) = interfaces()?;
    let (near_name, far_name) = names(number);
    ip(&["link", "set", &far_name, "netns", pid])?;
    ip(&[
        "address",
        "add",
        &SERVER.to_string(),
        "peer",
        &format!("198.18.{number}.0/24"),
        "dev",
        &near_name,
    ])?;
    ip(&["link", "set", &near_name, "up"])?;

    let (near, far) = (Arc::new(near), Arc::new(far));
    let now = Instant::now();
    let up = forward(Direction::new(Way::Up, seed, now), Arc::clone(&far), Arc::clone(&near));
    let down = forward(Direction::new(Way::Down, seed, now), near, far);
    tell(&json!({"event": "up", "number": number, "interface": far_name}));

    for line in stdin().lock().lines() {
        let wish: Value = serde_json::from_str(&line?)?;
        match wish["do"].as_str() {
            Some("set") => {
                let weather: Weather = serde_json::from_value(wish["weather"].clone())?;
                let now = Instant::now();
                lock(&up).set(weather, now);
                lock(&down).set(weather, now);
                let at = SystemTime::now().duration_since(UNIX_EPOCH)?;
                tell(&json!({"event": "set", "at_ms": at.as_secs_f64() * 1000.0}));
            }
            Some("counts") => {
                tell(&json!({"event": "counts", "up": lock(&up).counts(), "down": lock(&down).counts()}));
            }
            _ => return Err(format!("a line cannot do {wish}").into()),
        }
    }
    Ok(())
}

fn names(number: u8) -> (String, String) {
    (format!("gbline{number}n"), format!("gbline{number}f"))
}

/// Two interfaces of a number that no other line of this machine has.
fn interfaces() -> Result<(u8, SyncDevice, SyncDevice), Any> {
    let make = |name: &str| DeviceBuilder::new().name(name).layer(Layer::L3).build_sync();
    let mut refused: Option<std::io::Error> = None;
    for number in 1..=250 {
        let (near, far) = names(number);
        match make(&near) {
            Ok(near) => return Ok((number, near, make(&far)?)),
            Err(error) => refused = Some(error),
        }
    }
    Err(format!("no network interface can be made: {refused:?}").into())
}

fn ip(arguments: &[&str]) -> Result<(), Any> {
    let ended = Command::new("ip").args(arguments).output()?;
    if ended.status.success() {
        return Ok(());
    }
    Err(format!("ip {}: {}", arguments.join(" "), String::from_utf8_lossy(&ended.stderr)).into())
}

/// Starts the two threads of a direction: one takes packets, one lets them out when they are due.
fn forward(direction: Direction, from: Arc<SyncDevice>, to: Arc<SyncDevice>) -> Shared {
    let direction = Arc::new(Mutex::new(direction));
    let (send, due) = channel();
    let taking = Arc::clone(&direction);
    thread::spawn(move || take(&from, &taking, &send));
    thread::spawn(move || let_out(&to, &due));
    direction
}

fn take(from: &SyncDevice, direction: &Shared, send: &Sender<(Instant, Vec<u8>)>) {
    let mut buffer = [0; LARGEST];
    // An interface that is down has nothing to read; one that is gone with its namespace is an error.
    while let Ok(length) = from.recv(&mut buffer) {
        let packet = &buffer[..length];
        if let Some(due) = lock(direction).offer(Instant::now(), packet)
            && send.send((due, packet.to_vec())).is_err()
        {
            return;
        }
    }
}

fn let_out(to: &SyncDevice, due: &Receiver<(Instant, Vec<u8>)>) {
    while let Ok((due, packet)) = due.recv() {
        thread::sleep(due.saturating_duration_since(Instant::now()));
        // Refused while the interface is down: then the packet is lost, as it would be on a cable that is out.
        let _ = to.send(&packet);
    }
}

fn echo(address: &str) -> Result<(), Any> {
    let socket = UdpSocket::bind(address)?;
    tell(&json!({"event": "echoing"}));
    let mut buffer = [0; LARGEST];
    loop {
        let (length, from) = socket.recv_from(&mut buffer)?;
        socket.send_to(&buffer[..length], from)?;
    }
}

fn lock(direction: &Shared) -> MutexGuard<'_, Direction> {
    direction.lock().unwrap_or_else(PoisonError::into_inner)
}

fn tell(line: &Value) {
    println!("{line}");
}
