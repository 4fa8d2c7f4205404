//! Spans of time in ticks, and the low bits of wide counters, without floating point.

use std::time::{Duration, Instant};

/// An instant as packets need it that leave at it, worked out once for all of them.
#[derive(Debug, Clone, Copy)]
pub struct Stamp {
    /// The instant.
    pub at: Instant,
    /// The sender's clock then: 24 bits of 6.18 fixed point seconds
    /// (<http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time>).
    pub send_time: u32,
}

impl Stamp {
    /// `epoch` is the origin of the sender's clock.
    pub fn new(at: Instant, epoch: Instant) -> Self {
        let clock = ticks(at.saturating_duration_since(epoch), 1 << 18);
        Self { at, send_time: low32(clock & 0x00FF_FFFF) }
    }
}

/// A span in ticks of `rate` per second.
pub fn ticks(span: Duration, rate: u32) -> u64 {
    // Of every packet that leaves: a division of 128 bits would be a tenth of what is done for it beside sealing.
    let rate = u64::from(rate);
    span.as_secs().saturating_mul(rate).saturating_add(u64::from(span.subsec_nanos()) * rate / 1_000_000_000)
}

/// The low 32 bits.
pub fn low32(wide: u64) -> u32 {
    let [_, _, _, _, a, b, c, d] = wide.to_be_bytes();
    u32::from_be_bytes([a, b, c, d])
}

/// The low 16 bits: a sequence number.
pub fn low16(wide: u64) -> u16 {
    let [.., high, low] = wide.to_be_bytes();
    u16::from_be_bytes([high, low])
}

/// The middle 32 bits of an NTP time, as reports echo it.
pub fn middle32(ntp: u64) -> u32 {
    low32(ntp >> 16)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_of_counters_are_cut_where_they_should() {
        assert_eq!(low32(0x0102_0304_0506_0708), 0x0506_0708);
        assert_eq!(low16(0x0102_0304_0506_0708), 0x0708);
        assert_eq!(middle32(0x0102_0304_0506_0708), 0x0304_0506);
        assert_eq!(ticks(Duration::from_millis(1500), 90_000), 135_000);
    }
}
