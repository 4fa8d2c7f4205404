//! A speaker with three layers of picture and a microphone, and one who listens: what lines are tried with.

use std::time::Duration;

use super::world::{World, vp8};
use crate::media::double::Client;
use crate::room::media::{MediaEvent, MediaKind};

/// What the speaker sends.
pub const SECTIONS: [(&str, &str, &str, &[&str]); 2] =
    [("0", "video", "sendonly", &["q", "h", "f"]), ("1", "audio", "sendonly", &[])];
/// Its shared screen, where it shows one.
const SCREEN: (&str, &str, &str, &[&str]) = ("2", "video", "sendonly", &[]);
/// Bytes of a new slide, and ticks of 20 ms that it is shown; bytes of a frame in which little changes, and ticks between two.
const SLIDE: (usize, u32) = (50_000, 600);
const LITTLE: (usize, u32) = (900, 10);
/// Bits per second of the layers.
const RATES: [usize; 3] = [150_000, 500_000, 1_700_000];

/// A speaker with camera and microphone, and one who listens.
pub struct Speech {
    pub world: World,
    pub speaker: usize,
    pub listener: usize,
    /// Whether the microphone is open.
    pub sound: bool,
    /// Layers that it has not been told to stop.
    enabled: [bool; 3],
    /// Packets of the shared screen so far, and whether it owes a whole picture; `None` where none is shown.
    screen: Option<(u64, bool)>,
    tick: u32,
    indices: [u64; 3],
    key: [bool; 3],
}

impl Speech {
    pub fn new() -> Self {
        Self::seeded(4)
    }

    /// With other losses and pauses.
    pub fn seeded(seed: u64) -> Self {
        let mut world = World::new(seed);
        let speaker = world.publisher(&SECTIONS);
        let (listener, _) = world.subscriber(speaker, "0", MediaKind::Video);
        world.forward(listener, speaker, "1", MediaKind::Audio);
        world.renegotiate(listener, false);
        assert!(world.run_until(|world| world.clients.iter().all(Client::connected)));
        Self {
            world,
            speaker,
            listener,
            sound: true,
            enabled: [true; 3],
            screen: None,
            tick: 0,
            indices: [1000; 3],
            key: [true; 3],
        }
    }

    /// Shows slides as well.
    pub fn with_slides() -> Self {
        let mut speech = Self::new();
        let sections = [SECTIONS[0], SECTIONS[1], SCREEN];
        speech.world.offer(speech.speaker, &sections);
        let screen = speech.world.forward(speech.listener, speech.speaker, SCREEN.0, MediaKind::Video);
        let index = speech.world.engine.forward_ids[&screen];
        speech.world.engine.forwards[index].screen = true;
        speech.world.renegotiate(speech.listener, false);
        speech.screen = Some((1000, true));
        speech
    }

    /// The shared screen's next frame, when it has one.
    fn show(&mut self) {
        let Some((packets, whole)) = &mut self.screen else { return };
        let new = self.tick.is_multiple_of(SLIDE.1) || *whole;
        if !new && !self.tick.is_multiple_of(LITTLE.1) {
            return;
        }
        let key = std::mem::take(whole);
        let mut bytes = if new { SLIDE.0 } else { LITTLE.0 };
        let mut first = true;
        while bytes > 0 {
            let mut payload = vp8(u16::try_from(self.tick % 0x7FFF).unwrap(), 0, key);
            payload[0] = if std::mem::take(&mut first) { 0x90 } else { 0x80 };
            payload.resize(bytes.clamp(70, 1100), 0);
            bytes = bytes.saturating_sub(1100);
            *packets += 1;
            let client = &mut self.world.clients[self.speaker];
            client.rtp(200, 96, *packets, self.tick * 1800, SCREEN.0, "", &payload);
        }
    }

    /// Speaks for a while: sound every 20 ms, a frame of each layer every 40 ms.
    pub fn speak(&mut self, span: Duration) {
        for _ in 0..span.as_millis() / 20 {
            let awake = !self.world.stalled.contains_key(&Some(self.speaker));
            let client = &mut self.world.clients[self.speaker];
            if self.sound && awake {
                client.rtp(9, 111, u64::from(self.tick), self.tick * 960, "1", "", &[3; 80]);
            }
            if self.tick.is_multiple_of(2) && awake {
                for layer in (0..3).filter(|layer| self.enabled[*layer]) {
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
            if awake {
                self.show();
            }
            self.tick += 1;
            self.world.run(Duration::from_millis(20));
            let told = self.world.events.iter().rev().find_map(|event| match event {
                MediaEvent::Wanted { layers, .. } => Some(*layers),
                _ => None,
            });
            for layer in 0..3 {
                let enabled = told.is_none_or(|layers| layers & 1 << layer != 0);
                self.key[layer] |= enabled && !self.enabled[layer];
                self.enabled[layer] = enabled;
            }
            for packet in std::mem::take(&mut self.world.clients[self.speaker].feedback) {
                if packet[0] & 0x1F == 1 && packet[1] == 206 {
                    match (usize::from(packet[11]), &mut self.screen) {
                        (200, Some((_, whole))) => *whole = true,
                        (layer, _) => self.key[layer - 100] = true,
                    }
                }
            }
        }
    }

    pub fn layer(&self) -> Option<usize> {
        let mut forwards = self.world.engine.forwards.iter();
        forwards
            .find(|(_, forward)| forward.kind == MediaKind::Video)
            .and_then(|(_, f)| f.era.map(|era| era.layer))
    }

    /// Packets of sound since the last call, plain or with the one before.
    pub fn heard(&mut self) -> usize {
        let received = &mut self.world.clients[self.listener].received;
        let count = received.iter().filter(|packet| [111, 63].contains(&packet.header.payload_type)).count();
        received.clear();
        count
    }

    /// Packets of picture since the last call.
    pub fn seen(&mut self) -> usize {
        let received = &mut self.world.clients[self.listener].received;
        let count = received.iter().filter(|packet| packet.header.payload_type == 96).count();
        received.clear();
        count
    }

    pub fn pauses(&self) -> usize {
        self.world.events.iter().filter(|event| matches!(event, MediaEvent::Paused { .. })).count()
    }
}
