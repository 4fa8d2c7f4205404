//! How a line is: what the tests ask of it, as a JSON line.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// The state of a line, the same in both directions but for the rates. The default is a perfect line.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Weather {
    /// Time from one end to the other, in milliseconds: half the round trip.
    pub delay_ms: u32,
    /// At most so much is added to it, packet by packet, in milliseconds. Packets do not overtake each other.
    pub jitter_ms: u32,
    /// Share of packets that is lost at random, 0 to 1.
    pub loss: f64,
    /// Bursts of loss on top of it.
    pub bursts: Option<Bursts>,
    /// Rate from the client to the server in kbit/s, of whole IP packets.
    pub up_kbps: Option<u32>,
    /// Rate from the server to the client in kbit/s, of whole IP packets.
    pub down_kbps: Option<u32>,
    /// How much a limited rate lets wait, in milliseconds of its own time; what comes on top is lost. The default is
    /// the buffer of a modest access router.
    pub queue_ms: u32,
    /// Nothing of UDP passes.
    pub udp_blocked: bool,
    /// Nothing passes.
    pub down: bool,
}

impl Default for Weather {
    fn default() -> Self {
        Self {
            delay_ms: 0,
            jitter_ms: 0,
            loss: 0.0,
            bursts: None,
            up_kbps: None,
            down_kbps: None,
            queue_ms: 200,
            udp_blocked: false,
            down: false,
        }
    }
}

/// Loss that comes and goes, counted from the moment at which this weather begins.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Bursts {
    /// Share of packets lost within a burst.
    pub loss: f64,
    /// How long a burst lasts, in milliseconds.
    pub lasts_ms: u32,
    /// From the beginning of one burst to the next, in milliseconds. The first comes after the first quiet time.
    pub every_ms: u32,
}

impl Bursts {
    /// Whether a burst is on, so long after the weather began.
    pub fn is_on(&self, since_ms: u128) -> bool {
        since_ms % u128::from(self.every_ms) >= u128::from(self.every_ms - self.lasts_ms)
    }
}

/// What one direction of a line did.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counts {
    /// Packets that came to it.
    pub packets: u64,
    /// Of these, media: RTP on UDP.
    pub media: u64,
    /// Packets that did not come out.
    pub lost: u64,
    /// Of these, media.
    pub media_lost: u64,
    /// Media that came to it, by RTP payload type; without packets that end in padding, which probe for bandwidth.
    pub payloads: BTreeMap<u8, u64>,
}

impl Counts {
    /// What came since an earlier count.
    #[must_use]
    pub fn since(&self, earlier: &Self) -> Self {
        let payloads = self.payloads.iter().map(|(payload, now)| {
            (*payload, now - earlier.payloads.get(payload).copied().unwrap_or_default())
        });
        Self {
            packets: self.packets - earlier.packets,
            media: self.media - earlier.media,
            lost: self.lost - earlier.lost,
            media_lost: self.media_lost - earlier.media_lost,
            payloads: payloads.collect(),
        }
    }
}
