//! One connection of a client: a socket, the double that holds its keys, and what it has counted.

use std::{
    collections::HashMap,
    net::{IpAddr, SocketAddr},
    sync::{Arc, Mutex, MutexGuard},
    time::{Duration, Instant},
};

use rtc_dtls::extension::extension_use_srtp::SrtpProtectionProfile;
use signaling::media::{Source, double::Client};
use tokio::net::UdpSocket;

/// Bytes that the kernel may hold: nothing may be lost on the side of those who count.
const KERNEL_BUFFER_BYTES: usize = 8 << 20;
/// How often a client looks at its timers.
const TICK: Duration = Duration::from_millis(20);

/// Packets of one source.
#[derive(Debug, Clone, Copy, Default)]
struct Count {
    received: u64,
    missing: i64,
    newest: u64,
}

/// What has been counted: packets of media, and places in their sequences that stayed empty.
#[derive(Debug, Clone, Copy, Default)]
pub struct Tally {
    /// Packets.
    pub received: u64,
    /// Places that stayed empty.
    pub missing: i64,
}

/// A connection.
pub struct End {
    /// Keys and handshakes; a mere drain has none.
    pub client: Option<Client>,
    /// Where the server is.
    pub server: Option<SocketAddr>,
    /// Sources that carry retransmissions and padding: they do not count.
    pub repairs: Vec<u32>,
    socket: Arc<UdpSocket>,
    counts: HashMap<u32, Count>,
}

/// A connection that its task and others share.
#[derive(Clone)]
pub struct Shared(Arc<Mutex<End>>);

#[expect(clippy::disallowed_methods, reason = "a bench lives in real time")]
pub fn now() -> Instant {
    Instant::now()
}

impl Shared {
    /// Opens a socket on `ip` and begins to read. With `keys` it can connect; without it only drains.
    pub fn open(ip: IpAddr, keys: bool) -> Self {
        let socket = std::net::UdpSocket::bind((ip, 0)).expect("a free port");
        let raw = socket2::SockRef::from(&socket);
        raw.set_recv_buffer_size(KERNEL_BUFFER_BYTES).expect("the kernel takes the size as a wish");
        socket.set_nonblocking(true).expect("a socket can be non-blocking");
        let address = socket.local_addr().expect("bound");
        let socket = Arc::new(UdpSocket::from_std(socket).expect("within the runtime"));
        let profiles = [SrtpProtectionProfile::Srtp_Aead_Aes_128_Gcm];
        let client = keys.then(|| Client::new(now(), Source::Udp(address), &profiles));
        let end = End {
            client,
            server: None,
            repairs: Vec::new(),
            socket: Arc::clone(&socket),
            counts: HashMap::new(),
        };
        let shared = Self(Arc::new(Mutex::new(end)));
        tokio::spawn(shared.clone().live(socket));
        shared
    }

    /// The connection, for a moment.
    pub fn lock(&self) -> MutexGuard<'_, End> {
        self.0.lock().expect("nobody panics with it in hand")
    }

    /// Its address.
    pub fn address(&self) -> SocketAddr {
        self.lock().socket.local_addr().expect("bound")
    }

    /// What it has counted so far.
    pub fn tally(&self) -> Tally {
        let add = |sum: Tally, count: &Count| Tally {
            received: sum.received + count.received,
            missing: sum.missing + count.missing,
        };
        let end = self.lock();
        let counted = end.counts.iter().filter(|(ssrc, _)| !end.repairs.contains(ssrc));
        counted.map(|(_, count)| count).fold(Tally::default(), add)
    }

    async fn live(self, socket: Arc<UdpSocket>) {
        let mut buffer = vec![0_u8; 1 << 16];
        let mut ticks = tokio::time::interval(TICK);
        loop {
            tokio::select! {
                readable = socket.readable() => readable.expect("the socket lives"),
                _ = ticks.tick() => self.lock().tick(),
            }
            let mut end = self.lock();
            // One by one, as browsers take them. A socket that asks for joined datagrams (UDP_GRO) would get a whole run of a
            // sender on its own machine, which nobody had cut apart.
            while let Ok((length, _)) = socket.try_recv_from(&mut buffer) {
                end.datagram(&mut buffer[..length]);
            }
            end.flush();
        }
    }
}

impl End {
    fn tick(&mut self) {
        if let Some(client) = &mut self.client {
            client.tick(now());
        }
        self.flush();
    }

    /// Sends what the client has to say.
    pub fn flush(&mut self) {
        let (Some(client), Some(server)) = (&mut self.client, self.server) else { return };
        for datagram in client.out.drain(..) {
            // What the kernel does not take is lost, as on any line.
            let _ = self.socket.try_send_to(&datagram, server);
        }
    }

    fn datagram(&mut self, bytes: &mut [u8]) {
        let media = matches!(bytes, [128..=191, kind, ..] if !(192..=223).contains(kind));
        match &mut self.client {
            _ if media => self.count(bytes),
            Some(client) => client.datagram(now(), bytes),
            None => {}
        }
    }

    fn count(&mut self, bytes: &[u8]) {
        let (ssrc, sequence) = match &mut self.client {
            Some(client) => match client.glance(now(), bytes) {
                Some(header) => (header.ssrc, header.sequence),
                None => return,
            },
            None => match bytes {
                [_, _, high, low, _, _, _, _, a, b, c, d, ..] => {
                    (u32::from_be_bytes([*a, *b, *c, *d]), u16::from_be_bytes([*high, *low]))
                }
                _ => return,
            },
        };
        let count =
            self.counts.entry(ssrc).or_insert(Count { newest: u64::from(sequence), ..Count::default() });
        count.received += 1;
        let ahead = sequence.wrapping_sub((count.newest & 0xFFFF) as u16).cast_signed();
        if ahead > 0 {
            count.missing += i64::from(ahead) - 1;
            count.newest += u64::from(ahead.unsigned_abs());
        } else if ahead < 0 {
            count.missing -= 1;
        }
    }
}
