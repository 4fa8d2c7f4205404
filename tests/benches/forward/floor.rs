//! The floor: a bare loop that only writes a header, seals in place and sends.

use std::{
    io::{BufRead as _, Write as _},
    net::{IpAddr, Ipv4Addr, SocketAddr, UdpSocket},
    process::{Child, ChildStdin, Command, Stdio},
    sync::mpsc::{self, Receiver, TryRecvError},
    time::Duration,
};

use aws_lc_rs::aead::{AES_128_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use futures::future::{BoxFuture, FutureExt as _};
use quinn_udp::{Transmit, UdpSocketState};
use serde::{Deserialize, Serialize};

use crate::{
    SUBSCRIBERS, cpu,
    end::{Shared, Tally, now},
    pattern::Pattern,
    subject::{Subject, Turn},
};

/// RTP header with the extensions that the program writes: transport-wide number, sender's clock, section.
const HEADER_BYTES: usize = 28;
/// Bytes of the tag of AES-128-GCM.
const TAG_BYTES: usize = 16;

/// What the loop is told.
#[derive(Debug, Serialize, Deserialize)]
enum Order {
    /// Where to send, and whether with segmentation offload.
    To(Vec<SocketAddr>, bool),
    /// Send so many packets of so many bytes at once, so many microseconds apart.
    Go { burst: usize, payload_bytes: usize, spacing_us: u64 },
    /// Rest.
    Rest,
}

/// The floor and its receivers.
pub struct Floor {
    offload: bool,
    child: Child,
    stdin: ChildStdin,
    receivers: Vec<Shared>,
}

impl Floor {
    /// Starts the loop in a process of its own.
    pub fn start(offload: bool) -> Self {
        let receivers: Vec<Shared> =
            (0..SUBSCRIBERS).map(|_| Shared::open(Ipv4Addr::LOCALHOST.into(), false)).collect();
        let this = std::env::current_exe().expect("a program knows its own path");
        let mut child =
            Command::new(this).arg("serve-floor").stdin(Stdio::piped()).spawn().expect("the floor starts");
        let mut stdin = child.stdin.take().expect("stdin is piped");
        tell(&mut stdin, &Order::To(receivers.iter().map(Shared::address).collect(), offload));
        Self { offload, child, stdin, receivers }
    }

    fn tally(&self) -> Tally {
        self.receivers.iter().map(Shared::tally).fold(Tally::default(), |sum, one| Tally {
            received: sum.received + one.received,
            missing: sum.missing + one.missing,
        })
    }
}

fn tell(stdin: &mut ChildStdin, order: &Order) {
    let line = serde_json::to_string(order).expect("an order can be written");
    writeln!(stdin, "{line}").expect("the floor reads");
}

impl Subject for Floor {
    fn name(&self) -> &'static str {
        if self.offload { "floor, offload" } else { "floor" }
    }

    fn carries(&self, _: Pattern) -> bool {
        true
    }

    fn turn(&mut self, pattern: Pattern, window: Duration) -> BoxFuture<'_, Turn> {
        async move {
            let spacing_us = u64::try_from(pattern.spacing().as_micros()).expect("short");
            let (burst, payload_bytes) = (pattern.burst(), pattern.payload_bytes());
            tell(&mut self.stdin, &Order::Go { burst, payload_bytes, spacing_us });
            tokio::time::sleep(Duration::from_millis(500)).await;
            let (before, began) = (self.tally(), cpu::time(self.child.id()));
            tokio::time::sleep(window).await;
            tell(&mut self.stdin, &Order::Rest);
            tokio::time::sleep(Duration::from_millis(200)).await;
            let (after, ended) = (self.tally(), cpu::time(self.child.id()));
            Turn {
                packets: after.received - before.received,
                missing: after.missing - before.missing,
                used: ended.saturating_sub(began),
            }
        }
        .boxed()
    }

    fn stop(mut self: Box<Self>) -> BoxFuture<'static, ()> {
        async move {
            // The end of its input ends it.
            drop(self.stdin);
            self.child.wait().expect("a child can be waited for");
        }
        .boxed()
    }
}

/// The loop itself.
pub fn serve() {
    let (sender, orders) = mpsc::channel();
    std::thread::spawn(move || {
        for line in std::io::stdin().lock().lines().map_while(Result::ok) {
            let order: Order = serde_json::from_str(&line).expect("an order");
            if sender.send(order).is_err() {
                return;
            }
        }
    });
    let Ok(Order::To(receivers, offload)) = orders.recv() else { return };
    let mut loop_ = Loop::new(&receivers, offload);
    while let Ok(order) = orders.recv() {
        if let Order::Go { burst, payload_bytes, spacing_us } = order {
            loop_.flow(burst, payload_bytes, Duration::from_micros(spacing_us), &orders);
        }
    }
}

struct Destination {
    address: SocketAddr,
    key: LessSafeKey,
    sequence: u64,
    ssrc: u32,
}

struct Loop {
    socket: UdpSocket,
    state: UdpSocketState,
    offload: bool,
    destinations: Vec<Destination>,
    out: Vec<u8>,
}

impl Loop {
    fn new(receivers: &[SocketAddr], offload: bool) -> Self {
        let socket = UdpSocket::bind((IpAddr::V4(Ipv4Addr::LOCALHOST), 0)).expect("a free port");
        socket2::SockRef::from(&socket).set_send_buffer_size(8 << 20).expect("taken as a wish");
        let state = UdpSocketState::new((&socket).into()).expect("the socket's options can be set");
        let destination = |(number, address): (u8, &SocketAddr)| Destination {
            address: *address,
            key: LessSafeKey::new(UnboundKey::new(&AES_128_GCM, &[number; 16]).expect("16 bytes")),
            sequence: 1000,
            ssrc: u32::from(number),
        };
        let destinations = (1..).zip(receivers).map(destination).collect();
        Self { socket, state, offload, destinations, out: Vec::new() }
    }

    fn flow(&mut self, burst: usize, payload_bytes: usize, spacing: Duration, orders: &Receiver<Order>) {
        // Each packet of a burst has bytes of its own, as those of a picture have.
        let payloads = vec![0x5A_u8; burst * payload_bytes];
        let mut due = now();
        let mut timestamp = 0_u32;
        while matches!(orders.try_recv(), Err(TryRecvError::Empty)) {
            timestamp = timestamp.wrapping_add(3600);
            for index in 0..self.destinations.len() {
                self.write(index, timestamp, payloads.chunks(payload_bytes));
                self.send(index, HEADER_BYTES + payload_bytes + TAG_BYTES);
            }
            due += spacing;
            #[expect(clippy::disallowed_methods, reason = "the floor is paced by the clock")]
            std::thread::sleep(due.saturating_duration_since(now()));
        }
    }

    fn write<'a>(&mut self, index: usize, timestamp: u32, payloads: impl Iterator<Item = &'a [u8]>) {
        let to = &mut self.destinations[index];
        self.out.clear();
        for payload in payloads {
            let sequence = to.sequence.to_be_bytes();
            let start = self.out.len();
            self.out.extend_from_slice(&[0x90, 96, sequence[6], sequence[7]]);
            self.out.extend_from_slice(&timestamp.to_be_bytes());
            self.out.extend_from_slice(&to.ssrc.to_be_bytes());
            self.out.extend_from_slice(&[0xBE, 0xDE, 0, 3, 0x31, sequence[6], sequence[7]]);
            self.out.extend_from_slice(&[0x22, 1, 2, 3, 0x40, b'1', 0, 0, 0]);
            self.out.extend_from_slice(payload);
            let mut nonce = [0; 12];
            nonce[4..].copy_from_slice(&sequence);
            let (header, body) = self.out[start..].split_at_mut(HEADER_BYTES);
            let nonce = Nonce::assume_unique_for_key(nonce);
            let tag =
                to.key.seal_in_place_separate_tag(nonce, Aad::from(&*header), body).expect("short enough");
            self.out.extend_from_slice(tag.as_ref());
            to.sequence += 1;
        }
    }

    fn send(&self, index: usize, size: usize) {
        let destination = self.destinations[index].address;
        if !self.offload {
            for datagram in self.out.chunks(size) {
                // What the kernel does not take shows as a gap.
                let _ = self.socket.send_to(datagram, destination);
            }
            return;
        }
        let segment_size = (self.out.len() > size).then_some(size);
        let transmit = Transmit { destination, ecn: None, contents: &self.out, segment_size, src_ip: None };
        let _ = self.state.try_send((&self.socket).into(), &transmit);
    }
}
