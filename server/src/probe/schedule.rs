//! When which packet of the synthetic picture and tone is due.

use std::{collections::VecDeque, time::Duration};

use rtc::rtp;

use super::{
    picture::{self, Picture},
    tone::{self, Tone},
};

/// Payload type of the sound, as this side offers it.
pub const TONE_TYPE: u8 = 111;
/// Payload type of the picture, as this side offers it.
pub const PICTURE_TYPE: u8 = 96;
/// A frame leaves within this share of the time until the next one, like a camera's does behind a browser's pacer.
const SPREAD: f64 = 0.6;

/// What a packet belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// The sound.
    Tone,
    /// The picture.
    Picture,
}

/// One of the two sources.
struct Source {
    ssrc: u32,
    payload_type: u8,
    sequence: u16,
}

impl Source {
    fn packet(&mut self, timestamp: u32, marker: bool, payload: bytes::Bytes) -> rtp::Packet {
        self.sequence = self.sequence.wrapping_add(1);
        rtp::Packet {
            header: rtp::Header {
                version: 2,
                marker,
                payload_type: self.payload_type,
                sequence_number: self.sequence,
                timestamp,
                ssrc: self.ssrc,
                ..Default::default()
            },
            payload,
        }
    }
}

/// The packets of both, by time.
pub struct Schedule {
    tone: Tone,
    picture: Picture,
    sound: Source,
    video: Source,
    tones: u32,
    frames: u32,
    waiting: VecDeque<(Duration, rtp::Packet)>,
    restarted: Option<Duration>,
}

impl Schedule {
    /// Of a picture at so many kilobits a second, and of the tone.
    pub fn new(video_kbps: u32, sound_ssrc: u32, picture_ssrc: u32) -> Self {
        let source = |ssrc, payload_type| Source { ssrc, payload_type, sequence: 0 };
        Self {
            tone: Tone::new(),
            picture: Picture::new(video_kbps),
            sound: source(sound_ssrc, TONE_TYPE),
            video: source(picture_ssrc, PICTURE_TYPE),
            tones: 0,
            frames: 0,
            waiting: VecDeque::new(),
            restarted: None,
        }
    }

    /// Somebody needs a key frame: the next frame is one, but not more often than twice a second, so that many who ask
    /// at once do not make the picture stand.
    pub fn key_frame(&mut self, elapsed: Duration) {
        const REST: Duration = Duration::from_millis(500);
        if self.restarted.is_none_or(|at| elapsed.saturating_sub(at) >= REST) {
            self.restarted = Some(elapsed);
            self.picture.restart();
        }
    }

    /// The packets due until so long after the start.
    pub fn due(&mut self, elapsed: Duration) -> Vec<(Kind, rtp::Packet)> {
        let mut due = Vec::new();
        while tone::FRAME * self.tones <= elapsed {
            let timestamp = self.tones.wrapping_mul(tone::TICKS);
            let packet = self.sound.packet(timestamp, self.tones == 0, self.tone.packet());
            due.push((Kind::Tone, packet));
            self.tones += 1;
        }
        while picture::FRAME * self.frames <= elapsed {
            let begins = picture::FRAME * self.frames;
            let timestamp = self.frames.wrapping_mul(picture::TICKS);
            let payloads = self.picture.frame();
            let count = u32::try_from(payloads.len()).unwrap_or(u32::MAX).max(1);
            let step = picture::FRAME.mul_f64(SPREAD) / count;
            for (n, payload) in (1..).zip(payloads) {
                let packet = self.video.packet(timestamp, n == count, payload);
                self.waiting.push_back((begins + step * (n - 1), packet));
            }
            self.frames += 1;
        }
        while let Some((_, packet)) = self.waiting.pop_front_if(|(at, _)| *at <= elapsed) {
            due.push((Kind::Picture, packet));
        }
        due
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn count(due: &[(Kind, rtp::Packet)], kind: Kind) -> usize {
        due.iter().filter(|(of, _)| *of == kind).count()
    }

    #[test]
    fn a_second_holds_fifty_packets_of_sound_and_the_picture_at_its_rate() {
        let mut schedule = Schedule::new(2500, 1, 2);
        let mut due = Vec::new();
        for ms in (0..1000).step_by(5) {
            due.extend(schedule.due(Duration::from_millis(ms)));
        }
        assert_eq!(count(&due, Kind::Tone), 50);
        let bits: usize = due
            .iter()
            .filter(|(kind, _)| *kind == Kind::Picture)
            .map(|(_, packet)| packet.payload.len() * 8)
            .sum();
        assert!((2_450_000..2_560_000).contains(&bits), "{bits}");
        let frames =
            due.iter().filter(|(kind, packet)| *kind == Kind::Picture && packet.header.marker).count();
        assert_eq!(frames, 15);
    }

    #[test]
    fn a_frame_does_not_leave_at_once() {
        let mut schedule = Schedule::new(2500, 1, 2);
        let mut most = 0;
        for ms in (0..1000).step_by(5) {
            most = most.max(count(&schedule.due(Duration::from_millis(ms)), Kind::Picture));
        }
        assert!((2..=4).contains(&most), "{most} packets in five milliseconds");
    }

    #[test]
    fn sequences_rise_by_one_and_timestamps_with_the_frames() {
        let mut schedule = Schedule::new(500, 1, 2);
        let due = schedule.due(Duration::from_secs(2));
        for kind in [Kind::Tone, Kind::Picture] {
            let packets: Vec<_> =
                due.iter().filter(|(of, _)| *of == kind).map(|(_, packet)| packet).collect();
            for pair in packets.windows(2) {
                assert_eq!(pair[1].header.sequence_number, pair[0].header.sequence_number.wrapping_add(1));
                let step = pair[1].header.timestamp - pair[0].header.timestamp;
                let ticks = if kind == Kind::Tone { tone::TICKS } else { picture::TICKS };
                assert!(step == ticks || (kind == Kind::Picture && step == 0 && !pair[0].header.marker));
            }
        }
    }

    #[test]
    fn key_frames_asked_for_at_once_are_one() {
        let mut schedule = Schedule::new(0, 1, 2);
        schedule.due(Duration::from_millis(300));
        let mut keys = 0;
        for ms in (300..800).step_by(50) {
            schedule.key_frame(Duration::from_millis(ms));
            keys += schedule
                .due(Duration::from_millis(ms))
                .iter()
                .filter(|(kind, packet)| {
                    *kind == Kind::Picture && packet.payload[0] == 0x90 && packet.payload[4] & 1 == 0
                })
                .count();
        }
        assert_eq!(keys, 1);
    }
}
