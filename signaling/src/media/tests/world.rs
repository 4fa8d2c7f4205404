//! An engine, clients, and a line between them that loses and delays, all on one virtual clock.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use rtc_dtls::extension::extension_use_srtp::SrtpProtectionProfile;
use schema::moment::Moment;

use super::any_instant;
use crate::media::double::Client;
use crate::media::egress::WRAPPING;
use crate::media::{Config, Engine, Limits, Source};
use crate::room::media::{ForwardId, ForwardSpec, Media, MediaEvent, MediaKind, PeerId, PeerRole};

/// What every browser offers, in its order.
pub const PROFILES: [SrtpProtectionProfile; 2] =
    [SrtpProtectionProfile::Srtp_Aes128_Cm_Hmac_Sha1_80, SrtpProtectionProfile::Srtp_Aead_Aes_128_Gcm];

/// The wall clock stands still: nothing in the engine hangs on it.
pub const WALL: Moment = Moment::from_millis(1_770_000_000_000);

/// What the socket of a process that gets no processor holds: the system's default is about 200 kB.
const SOCKET_DATAGRAMS: usize = 200;

/// The line.
pub struct World {
    pub engine: Engine,
    pub clients: Vec<Client>,
    pub events: Vec<MediaEvent>,
    pub now: Instant,
    /// Of 1000 datagrams each way, so many are lost.
    pub loss: u64,
    /// One way.
    pub delay: Duration,
    /// Bits per second towards each client, where it is limited; a queue of 300 ms stands before it.
    pub narrow: HashMap<usize, u64>,
    busy: HashMap<usize, Instant>,
    /// Who gets no processor, and until when: a client, or the engine (`None`).
    pub stalled: HashMap<Option<usize>, Instant>,
    /// Datagrams that the engine sent.
    pub sent: usize,
    /// Bytes of IP packets towards each client.
    pub carried: HashMap<usize, usize>,
    random: u64,
    /// (arrival, client, to the engine, bytes, source)
    flying: Vec<(Instant, usize, bool, Vec<u8>, Source)>,
}

impl World {
    pub fn new(seed: u64) -> Self {
        let now = any_instant();
        let engine = Engine::new(Config {
            candidates: vec!["127.0.0.1:4000".parse().unwrap()],
            limits: Limits::default(),
            started: now,
            wall: WALL,
        });
        Self {
            engine: engine.unwrap(),
            clients: Vec::new(),
            events: Vec::new(),
            now,
            loss: 0,
            delay: Duration::from_millis(10),
            narrow: HashMap::new(),
            busy: HashMap::new(),
            stalled: HashMap::new(),
            sent: 0,
            carried: HashMap::new(),
            random: seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1,
            flying: Vec::new(),
        }
    }

    pub fn chance(&mut self) -> u64 {
        self.random ^= self.random << 13;
        self.random ^= self.random >> 7;
        self.random ^= self.random << 17;
        self.random
    }

    /// Adds a client with the next number.
    pub fn client(&mut self, role: PeerRole, profiles: &[SrtpProtectionProfile]) -> usize {
        let index = self.clients.len();
        let address = format!("10.0.0.1:{}", 5000 + index).parse().unwrap();
        self.clients.push(Client::new(self.now, Source::Udp(address), profiles));
        self.engine.open(WALL, id(index), role);
        index
    }

    /// A client that publishes these sections.
    pub fn publisher(&mut self, sections: &[(&str, &str, &str, &[&str])]) -> usize {
        let index = self.client(PeerRole::Publisher, &PROFILES);
        self.offer(index, sections);
        index
    }

    pub fn offer(&mut self, index: usize, sections: &[(&str, &str, &str, &[&str])]) -> String {
        let offer = self.clients[index].offer(sections);
        let answer = self.engine.offer(WALL, id(index), &offer, &[]).unwrap();
        self.clients[index].learn(&answer.sdp);
        answer.sdp
    }

    /// A client that receives a publisher's section.
    pub fn subscriber(&mut self, source: usize, mid: &str, kind: MediaKind) -> (usize, ForwardId) {
        let index = self.client(PeerRole::Subscriber, &PROFILES);
        let forward = self.forward(index, source, mid, kind);
        self.renegotiate(index, false);
        (index, forward)
    }

    pub fn forward(&mut self, index: usize, source: usize, mid: &str, kind: MediaKind) -> ForwardId {
        let spec = ForwardSpec {
            source: id(source),
            source_mid: mid.to_owned(),
            kind,
            stream_id: format!("PA_{source}|TR_{mid}"),
            track_id: format!("TR_{mid}"),
            screen: false,
            redundant: true,
        };
        self.engine.forward(WALL, id(index), &spec).unwrap()
    }

    pub fn renegotiate(&mut self, index: usize, restart: bool) {
        let offer = self.engine.create_offer(WALL, id(index), restart).unwrap();
        let answer = self.clients[index].answer(&offer);
        self.engine.answer(WALL, id(index), &answer).unwrap();
    }

    /// Lets time pass.
    pub fn run(&mut self, span: Duration) {
        let end = self.now + span;
        while self.now < end {
            self.now += Duration::from_millis(5);
            self.step();
        }
    }

    /// Lets time pass until something holds; false when it takes longer than a minute.
    pub fn run_until(&mut self, mut holds: impl FnMut(&Self) -> bool) -> bool {
        for _ in 0..12_000 {
            if holds(self) {
                return true;
            }
            self.run(Duration::from_millis(5));
        }
        false
    }

    fn step(&mut self) {
        let now = self.now;
        self.stalled.retain(|_, until| *until > now);
        let (mut arrived, mut waiting) = (Vec::new(), HashMap::<Option<usize>, usize>::new());
        for datagram in std::mem::take(&mut self.flying) {
            let to = (!datagram.2).then_some(datagram.1);
            if datagram.0 > now {
                self.flying.push(datagram);
            } else if self.stalled.contains_key(&to) {
                let queue = waiting.entry(to).or_default();
                *queue += 1;
                if *queue <= SOCKET_DATAGRAMS {
                    self.flying.push(datagram);
                }
            } else {
                arrived.push(datagram);
            }
        }
        for (_, client, inbound, mut bytes, source) in arrived {
            if inbound {
                self.engine.datagram(now, source, &mut bytes);
            } else {
                self.clients[client].datagram(now, &mut bytes);
            }
        }
        if !self.stalled.contains_key(&None) {
            self.engine.tick(now);
        }
        for (index, client) in self.clients.iter_mut().enumerate() {
            if !self.stalled.contains_key(&Some(index)) {
                client.tick(now);
            }
        }
        while let Some(event) = self.engine.poll_event() {
            self.events.push(event);
        }
        let mut out = Vec::new();
        self.engine
            .transmit(|to, bytes, size| out.extend(bytes.chunks(size).map(|packet| (to, packet.to_vec()))));
        self.sent += out.len();
        for (to, bytes) in out {
            let client = self.clients.iter().position(|client| client.address == to);
            if let Some(client) = client {
                self.fly(client, false, bytes, to);
            }
        }
        for client in 0..self.clients.len() {
            for bytes in std::mem::take(&mut self.clients[client].out) {
                let from = self.clients[client].address;
                self.fly(client, true, bytes, from);
            }
        }
    }

    fn fly(&mut self, client: usize, inbound: bool, bytes: Vec<u8>, source: Source) {
        if self.chance() % 1000 < self.loss {
            return;
        }
        let mut at = self.now;
        let whole = bytes.len() + WRAPPING;
        if !inbound {
            *self.carried.entry(client).or_default() += whole;
        }
        if let Some(rate) = self.narrow.get(&client).filter(|_| !inbound) {
            let free = self.busy.get(&client).copied().unwrap_or(at).max(at);
            if free > at + Duration::from_millis(300) {
                return;
            }
            let bits = u64::try_from(8 * whole).unwrap();
            at = free + Duration::from_nanos(bits * 1_000_000_000 / rate);
            self.busy.insert(client, at);
        }
        self.flying.push((at + self.delay, client, inbound, bytes, source));
    }

    pub fn told(&self, event: &MediaEvent) -> usize {
        self.events.iter().filter(|told| *told == event).count()
    }
}

pub fn id(index: usize) -> PeerId {
    PeerId(u64::try_from(index).unwrap())
}

/// A VP8 payload: descriptor with picture id and TL0PICIDX, then the first byte of a frame header.
pub fn vp8(picture: u16, base: u8, key: bool) -> Vec<u8> {
    let [high, low] = picture.to_be_bytes();
    let mut payload = vec![0x90, 0xE0, high | 0x80, low, base, 0x20, u8::from(!key)];
    payload.extend_from_slice(&[picture.to_be_bytes()[1]; 60]);
    payload
}
