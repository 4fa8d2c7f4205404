//! What the publisher sends.

use std::{fmt, time::Duration};

/// How packets come, 500 in a second each way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pattern {
    /// Twenty packets of 1200 bytes at once every 40 ms: a camera of 4.8 Mbit/s at 25 pictures a second.
    Bursts,
    /// One packet of 1200 bytes every 2 ms.
    Paced,
    /// One packet of 160 bytes every 2 ms.
    Sound,
}

impl Pattern {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Bursts, Self::Paced, Self::Sound];

    /// Time between two bursts.
    pub const fn spacing(self) -> Duration {
        match self {
            Self::Bursts => Duration::from_millis(40),
            Self::Paced | Self::Sound => Duration::from_millis(2),
        }
    }

    /// Ticks of an RTP clock between two bursts.
    pub const fn ticks(self, clock: u32) -> u32 {
        match self {
            Self::Bursts => clock / 25,
            Self::Paced | Self::Sound => clock / 500,
        }
    }

    /// Packets of one burst.
    pub const fn burst(self) -> usize {
        match self {
            Self::Bursts => 20,
            Self::Paced | Self::Sound => 1,
        }
    }

    /// Bytes of an RTP payload.
    pub const fn payload_bytes(self) -> usize {
        match self {
            Self::Bursts | Self::Paced => 1200,
            Self::Sound => 160,
        }
    }

    /// Whether it is a picture.
    pub const fn video(self) -> bool {
        !matches!(self, Self::Sound)
    }
}

impl fmt::Display for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Bursts => "video-bursts",
            Self::Paced => "video-paced",
            Self::Sound => "audio-paced",
        })
    }
}
