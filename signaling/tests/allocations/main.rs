//! Whether passing on a packet asks the allocator for anything: an engine and clients in memory, on a clock turned by
//! hand, and an allocator that counts.

#![expect(clippy::unwrap_used, reason = "what fails here fails the test")]

use std::time::{Duration, Instant};

use rtc_dtls::extension::extension_use_srtp::SrtpProtectionProfile;
use schema::moment::Moment;
use signaling::media::{Config, Engine, Limits, Source, double::Client};
use signaling::room::media::{ForwardSpec, Media as _, MediaKind, PeerId, PeerRole};

/// A session of a province.
const SUBSCRIBERS: u64 = 50;
const PUBLISHER: PeerId = PeerId(0);
/// Section of the publisher, and its source.
const SECTION: (&str, u32) = ("0", 77);
/// Cameras: the kind of their section, and their payload type.
const VP8: (&str, u8) = ("video", 96);
const AV1: (&str, u8) = ("av1", 45);
const WALL: Moment = Moment::from_millis(1_770_000_000_000);

struct World {
    engine: Engine,
    clients: Vec<Client>,
    now: Instant,
    camera: (&'static str, u8),
    frame: u16,
    sequence: u64,
}

impl World {
    #[expect(clippy::disallowed_methods, reason = "instants cannot be made in any other way")]
    fn new(camera: (&'static str, u8)) -> Self {
        let now = Instant::now();
        let config = Config {
            candidates: vec!["127.0.0.1:4000".parse().unwrap()],
            limits: Limits::default(),
            started: now,
            wall: WALL,
        };
        let engine = Engine::new(config).unwrap();
        Self { engine, clients: Vec::new(), now, camera, frame: 0, sequence: 1000 }
    }

    fn client(&mut self, role: PeerRole) -> PeerId {
        let number = u64::try_from(self.clients.len()).unwrap();
        let address = format!("10.0.0.1:{}", 5000 + number).parse().unwrap();
        let profiles = [SrtpProtectionProfile::Srtp_Aead_Aes_128_Gcm];
        self.clients.push(Client::new(self.now, Source::Udp(address), &profiles));
        self.engine.open(WALL, PeerId(number), role);
        PeerId(number)
    }

    fn publish(&mut self) {
        assert_eq!(self.client(PeerRole::Publisher), PUBLISHER);
        let offer = self.clients[0].offer(&[(SECTION.0, self.camera.0, "sendonly", &[])]);
        let answer = self.engine.offer(WALL, PUBLISHER, &offer, &[]).unwrap();
        self.clients[0].learn(&answer.sdp);
        self.clients[0].number = Some(0);
    }

    fn subscribe(&mut self) {
        let subscriber = self.client(PeerRole::Subscriber);
        let spec = ForwardSpec {
            source: PUBLISHER,
            source_mid: SECTION.0.to_owned(),
            kind: MediaKind::Video,
            stream_id: "PA_0|TR_0".to_owned(),
            track_id: "TR_0".to_owned(),
            screen: false,
            redundant: true,
        };
        self.engine.forward(WALL, subscriber, &spec).unwrap();
        let offer = self.engine.create_offer(WALL, subscriber, false).unwrap();
        let answer = self.clients.last_mut().unwrap().answer(&offer);
        self.engine.answer(WALL, subscriber, &answer).unwrap();
    }

    /// Lets ten milliseconds pass, and everything arrive that is under way.
    fn step(&mut self) {
        self.now += Duration::from_millis(10);
        let Self { engine, clients, now, .. } = self;
        for client in clients.iter_mut() {
            client.tick(*now);
            for mut datagram in client.out.drain(..) {
                engine.datagram(*now, client.address, &mut datagram);
            }
        }
        engine.tick(*now);
        while engine.poll_event().is_some() {}
        engine.transmit(|to, bytes, size| {
            let client = clients.iter_mut().find(|client| client.address == to).unwrap();
            for datagram in bytes.chunks(size) {
                client.datagram(*now, &mut datagram.to_vec());
            }
        });
    }

    /// The next picture of the publisher: twenty datagrams.
    fn picture(&mut self) -> Vec<Vec<u8>> {
        self.frame += 1;
        let [high, low] = self.frame.to_be_bytes();
        let mut payload = vec![0x5A; 1200];
        for packet in 0..20 {
            let first = packet == 0;
            let key = first && self.frame == 1;
            if self.camera == AV1 {
                payload[0] = if key { 0x18 } else { 0x10 };
                // Behind a key frame's stands the structure: too long for the one-byte form of a header.
                let mut descriptor = vec![u8::from(first) << 7, high, low];
                descriptor.resize(if key { 90 } else { 3 }, 0x80);
                self.clients[0].descriptor = descriptor;
            } else {
                payload[..7].copy_from_slice(&[
                    0x80 | u8::from(first) << 4,
                    0xE0,
                    high | 0x80,
                    low,
                    low,
                    0x20,
                    u8::from(!key),
                ]);
            }
            let ((mid, ssrc), (_, payload_type)) = (SECTION, self.camera);
            let timestamp = 3600 * u32::from(self.frame);
            self.clients[0].rtp(ssrc, payload_type, self.sequence, timestamp, mid, "", &payload);
            self.sequence += 1;
        }
        std::mem::take(&mut self.clients[0].out)
    }
}

fn passing_on_allocates_nothing(camera: (&'static str, u8)) {
    let mut world = World::new(camera);
    world.publish();
    for _ in 0..SUBSCRIBERS {
        world.subscribe();
    }
    for _ in 0..300 {
        world.step();
    }
    assert!(world.clients.iter().all(Client::connected));
    let publisher = world.clients[0].address;
    let (mut allocations, mut passed) = (0, 0);
    for picture in 0..100 {
        let mut datagrams = world.picture();
        let (now, engine) = (world.now, &mut world.engine);
        let counted = allocation_counter::measure(|| {
            for datagram in &mut datagrams {
                engine.datagram(now, publisher, datagram);
            }
            engine.transmit(|_, bytes, size| passed += bytes.len().div_ceil(size));
        });
        // Buffers grow to their working size with the first pictures, the history for as long as it turns too fast.
        if picture >= 50 {
            allocations += counted.count_total;
        }
        world.step();
    }
    assert_eq!(passed, 100 * 20 * usize::try_from(SUBSCRIBERS).unwrap(), "everybody gets everything");
    assert_eq!(allocations, 0, "over 50 pictures");
}

#[test]
fn passing_on_a_picture_allocates_nothing() {
    passing_on_allocates_nothing(VP8);
}

#[test]
fn passing_on_a_picture_with_its_descriptors_allocates_nothing() {
    passing_on_allocates_nothing(AV1);
}
