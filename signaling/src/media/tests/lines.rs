//! Narrow lines: sound first, the picture as good as there is room for, and back when there is.

use std::time::Duration;

use super::world::{World, id, vp8};
use crate::media::double::Client;
use crate::room::media::{MediaEvent, MediaKind};

const SECTIONS: [(&str, &str, &str, &[&str]); 2] =
    [("0", "video", "sendonly", &["q", "h", "f"]), ("1", "audio", "sendonly", &[])];
/// Bits per second of the layers.
const RATES: [usize; 3] = [150_000, 500_000, 1_700_000];

/// A speaker with camera and microphone, and one who listens.
struct Speech {
    world: World,
    speaker: usize,
    listener: usize,
    tick: u32,
    indices: [u64; 3],
    key: [bool; 3],
}

impl Speech {
    fn new() -> Self {
        let mut world = World::new(4);
        let speaker = world.publisher(&SECTIONS);
        let (listener, _) = world.subscriber(speaker, "0", MediaKind::Video);
        world.forward(listener, speaker, "1", MediaKind::Audio);
        world.renegotiate(listener, false);
        assert!(world.run_until(|world| world.clients.iter().all(Client::connected)));
        Self { world, speaker, listener, tick: 0, indices: [1000; 3], key: [true; 3] }
    }

    /// Speaks for a while: sound every 20 ms, a frame of each layer every 40 ms.
    fn speak(&mut self, span: Duration) {
        for _ in 0..span.as_millis() / 20 {
            let client = &mut self.world.clients[self.speaker];
            client.rtp(9, 111, u64::from(self.tick), self.tick * 960, "1", "", &[3; 80]);
            if self.tick.is_multiple_of(2) {
                for layer in 0..3 {
                    let key = std::mem::take(&mut self.key[layer]);
                    // A key frame is four times as large.
                    let mut bytes = RATES[layer] / 8 / 25 * if key { 4 } else { 1 };
                    let mut first = true;
                    while bytes > 0 {
                        let mut payload = vp8(u16::try_from(self.tick / 2 % 0x7FFF).unwrap(), 0, key);
                        payload[0] = if std::mem::take(&mut first) { 0x90 } else { 0x80 };
                        payload.resize(bytes.clamp(70, 1100), 0);
                        bytes = bytes.saturating_sub(1100);
                        let ssrc = 100 + u32::try_from(layer).unwrap();
                        self.indices[layer] += 1;
                        let rid = ["q", "h", "f"][layer];
                        client.rtp(ssrc, 96, self.indices[layer], self.tick / 2 * 3600, "0", rid, &payload);
                    }
                }
            }
            self.tick += 1;
            self.world.run(Duration::from_millis(20));
            for packet in std::mem::take(&mut self.world.clients[self.speaker].feedback) {
                if packet[0] & 0x1F == 1 && packet[1] == 206 {
                    self.key[usize::from(packet[11]) - 100] = true;
                }
            }
        }
    }

    fn layer(&self) -> Option<usize> {
        let mut forwards = self.world.engine.forwards.iter();
        forwards
            .find(|(_, forward)| forward.kind == MediaKind::Video)
            .and_then(|(_, f)| f.era.map(|era| era.layer))
    }

    /// Packets of sound since the last call.
    fn heard(&mut self) -> usize {
        let received = &mut self.world.clients[self.listener].received;
        let count = received.iter().filter(|packet| packet.header.payload_type == 111).count();
        received.clear();
        count
    }

    fn pauses(&self) -> usize {
        self.world.events.iter().filter(|event| matches!(event, MediaEvent::Paused { .. })).count()
    }
}

#[test]
fn on_a_wide_line_nothing_is_ever_held_back() {
    let mut speech = Speech::new();
    speech.speak(Duration::from_secs(20));
    assert_eq!(speech.layer(), Some(2));
    assert_eq!(speech.pauses(), 0);
    assert_eq!(speech.world.engine.peers[speech.listener].bandwidth.capacity(), None, "no limit was seen");
}

#[test]
fn on_a_narrow_line_speech_stays_whole_and_the_picture_returns_with_the_room() {
    let mut speech = Speech::new();
    speech.speak(Duration::from_secs(3));
    speech.world.narrow.insert(speech.listener, 300_000);
    speech.speak(Duration::from_secs(3));
    speech.heard();
    for _ in 0..4 {
        speech.speak(Duration::from_secs(10));
        let heard = speech.heard();
        assert!(heard >= 490, "{heard} of 500 packets of sound");
        assert_ne!(speech.layer(), Some(2));
        assert_ne!(speech.layer(), Some(1));
    }
    speech.world.narrow.clear();
    speech.speak(Duration::from_secs(10));
    assert_eq!(speech.layer(), Some(2), "ten seconds later all is as before");
}

#[test]
fn a_line_too_narrow_for_any_picture_still_carries_speech() {
    let mut speech = Speech::new();
    speech.speak(Duration::from_secs(3));
    speech.world.narrow.insert(speech.listener, 100_000);
    speech.speak(Duration::from_secs(5));
    speech.heard();
    speech.speak(Duration::from_secs(20));
    let heard = speech.heard();
    assert!(heard >= 960, "{heard} of 1000 packets of sound");
    assert!(speech.world.events.iter().any(|event| {
        matches!(event, MediaEvent::Paused { peer, paused: true, .. } if *peer == id(speech.listener))
    }));
    speech.world.narrow.clear();
    speech.speak(Duration::from_secs(15));
    assert_eq!(speech.layer(), Some(2), "it has to find its way up from far below");
}

#[test]
fn a_lossy_line_is_not_taken_for_a_narrow_one() {
    let mut speech = Speech::new();
    speech.world.loss = 50;
    speech.speak(Duration::from_secs(20));
    assert_eq!(speech.pauses(), 0);
    assert_eq!(speech.layer(), Some(2));
}
