//! A publisher's track: its layers, who receives it, and how loud it is.

use std::time::{Duration, Instant};

use super::batch::Waiting;
use super::layer::Layer;
use super::limits::Limits;
use super::sdp::Codec;
use crate::allowance::Allowance;
use crate::room::media::MediaKind;

/// How long fewer layers must have been wanted before the publisher is told: a tile that comes back at once costs a
/// key frame.
const UNWANTED: Duration = Duration::from_secs(3);
/// Time between two reminders of a layer that is wanted and does not come. Clients drop what they are told while they
/// are busy with something else, and a layer that they have switched off would stay away for good.
const REMINDER: Duration = Duration::from_secs(5);
/// Time over which loudness is averaged for an announcement.
const LEVEL_INTERVAL: Duration = Duration::from_millis(300);

/// A track.
pub struct Track {
    /// The publisher.
    pub peer: usize,
    /// Its section.
    pub mid: String,
    /// Audio or video.
    pub kind: MediaKind,
    /// Names of the layers, lowest first; empty without simulcast.
    pub rids: Vec<String>,
    /// The layers; one without simulcast.
    pub layers: Vec<Layer>,
    /// The codec that its description prefers.
    pub codec: Option<Codec>,
    /// The codec of its last packet.
    pub sends: Option<Codec>,
    /// What concerns its sound.
    pub sound: Sound,
    /// Forwards that it feeds.
    pub forwards: Vec<usize>,
    /// Packets that have arrived and wait to be passed on.
    pub waiting: Vec<Waiting>,
    /// Whether the publisher answers requests for lost packets.
    pub repeats: bool,
    /// Whether packets have arrived.
    pub live: bool,
    /// Whether the server holds it back.
    pub silent: bool,
    /// How loud it is.
    pub level: Level,
    /// What the publisher was told of the layers that somebody wants.
    pub wanted: Wanted,
}

/// What concerns sound alone.
#[derive(Default)]
pub struct Sound {
    /// Whether its frames may be repeated and put back by the server, which has to be able to read them.
    pub redundant: bool,
    /// What it may still take.
    left: Option<Allowance>,
}

impl Track {
    /// A track of which nothing has arrived.
    pub fn new(peer: usize, mid: &str, kind: MediaKind, rids: &[String], limits: &Limits) -> Self {
        let layers = rids.len().clamp(1, 3);
        Self {
            peer,
            mid: mid.to_owned(),
            kind,
            rids: rids.to_vec(),
            layers: (0..layers).map(|_| Layer::new(limits)).collect(),
            codec: None,
            sends: None,
            sound: Sound::default(),
            forwards: Vec::new(),
            waiting: Vec::new(),
            repeats: false,
            live: false,
            silent: false,
            level: Level::default(),
            wanted: Wanted { told: u8::MAX >> (8 - layers), fewer: None, lacks: None },
        }
    }

    /// Whether a packet of so many bytes is more than sound needs. Sound never waits: of a publisher that calls something
    /// else sound the others must not pay.
    pub fn overflows(&mut self, now: Instant, bytes: usize, limit: u64) -> bool {
        if self.kind != MediaKind::Audio {
            return false;
        }
        let sound = self.sound.left.get_or_insert_with(|| Allowance::new(now, limit));
        !sound.take(now, limit, u64::try_from(bytes).unwrap_or(u64::MAX))
    }

    /// RTP ticks per second.
    pub fn clock_rate(&self) -> u32 {
        match self.kind {
            MediaKind::Audio => 48_000,
            MediaKind::Video => 90_000,
        }
    }

    /// The best layer that is alive and not above `highest`; else the lowest alive.
    pub fn best_layer(&self, now: Instant, highest: u8, patience: Duration) -> Option<usize> {
        let alive = |index: &usize| self.layers[*index].alive(now, patience);
        let below = usize::from(highest).saturating_add(1).min(self.layers.len());
        (0..below).rev().find(alive).or_else(|| (below..self.layers.len()).find(alive))
    }
}

/// Layers that somebody wants, and what the publisher has been told of them. Bit i is layer i.
pub struct Wanted {
    /// What was last told. Publishers begin with all of them.
    told: u8,
    /// Since when fewer are wanted.
    fewer: Option<Instant>,
    /// Since when something wanted does not come, or when that was last said.
    lacks: Option<Instant>,
}

impl Wanted {
    /// Whether the publisher is to be told now; `lacks` says that something wanted does not come.
    pub fn tell(&mut self, now: Instant, wanted: u8, lacks: bool) -> bool {
        if wanted != self.told && wanted & !self.told == 0 {
            let since = *self.fewer.get_or_insert(now);
            if now.saturating_duration_since(since) < UNWANTED {
                return false;
            }
        }
        self.fewer = None;
        let news = std::mem::replace(&mut self.told, wanted) != wanted;
        if news || !lacks {
            self.lacks = None;
            return news;
        }
        let due = now.saturating_duration_since(*self.lacks.get_or_insert(now)) >= REMINDER;
        if due {
            self.lacks = Some(now);
        }
        due
    }
}

/// Loudness of a track.
#[derive(Default)]
pub struct Level {
    since: Option<Instant>,
    loudest: f32,
    told: f32,
}

impl Level {
    /// Takes the level of one packet, in −dBov.
    pub fn heard(&mut self, level: u8) {
        // 127 is digital silence; below −60 dBov it is room noise.
        let loudness = match level & 0x7F {
            60.. => 0.0,
            loud => 10_f32.powf(-f32::from(loud) / 20.0),
        };
        self.loudest = self.loudest.max(loudness);
    }

    /// The loudness to tell, when it is time and something changed.
    pub fn tell(&mut self, now: Instant) -> Option<f32> {
        let since = self.since.get_or_insert(now);
        if now.saturating_duration_since(*since) < LEVEL_INTERVAL {
            return None;
        }
        self.since = Some(now);
        let loudest = std::mem::take(&mut self.loudest);
        // Falls gently, so that a pause between words is not the end of a speech.
        let smooth = if loudest >= self.told { loudest } else { (self.told * 0.6).max(loudest) };
        let smooth = if smooth < 0.001 { 0.0 } else { smooth };
        let changed = (smooth - self.told).abs() > 0.01 * self.told.max(0.01);
        self.told = smooth;
        changed.then_some(smooth)
    }
}
