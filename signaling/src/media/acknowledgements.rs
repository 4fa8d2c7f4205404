//! What a transport-wide feedback packet says, read in place
//! (draft-holmer-rmcat-transport-wide-cc-extensions-01 section 3.1).

use std::time::Duration;

/// Bytes before the first chunk: RTCP header, two sources, base, count, reference time and the packet's own number.
const HEADER: usize = 20;
/// Packets that one feedback may report on: as many as are remembered. A longer one lies.
const MAX_REPORTED: u16 = 2048;
/// Unit of the reference time.
const REFERENCE: Duration = Duration::from_millis(64);
/// Unit of the deltas.
const DELTA: Duration = Duration::from_micros(250);

/// What became of a packet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    /// It did not arrive.
    Lost,
    /// It did; when, on the receiver's clock, if that is told.
    Arrived(Option<Duration>),
}

/// One packet after the other, by transport-wide sequence number.
#[derive(Debug, Clone)]
pub struct Acknowledgements<'a> {
    sequence: u16,
    left: u16,
    chunks: &'a [u8],
    chunk: Chunk,
    deltas: &'a [u8],
    at: Duration,
}

/// What is left of a chunk.
#[derive(Debug, Clone, Copy)]
enum Chunk {
    /// So many times the same symbol.
    Run(u8, u16),
    /// So many symbols of so many bits, the first at the top.
    Vector { symbols: u16, bits: u32, left: u16 },
}

impl Chunk {
    fn read(word: u16) -> Self {
        match word >> 14 {
            0b10 => Self::Vector { symbols: word << 2, bits: 1, left: 14 },
            0b11 => Self::Vector { symbols: word << 2, bits: 2, left: 7 },
            _ => Self::Run((word >> 13 & 0b11).to_be_bytes()[1], word & 0x1FFF),
        }
    }

    const fn left(self) -> u16 {
        match self {
            Self::Run(_, left) | Self::Vector { left, .. } => left,
        }
    }

    fn next(&mut self) -> Option<u8> {
        match self {
            Self::Run(_, 0) | Self::Vector { left: 0, .. } => None,
            Self::Run(symbol, left) => {
                *left -= 1;
                Some(*symbol)
            }
            Self::Vector { symbols, bits, left } => {
                *left -= 1;
                let symbol = *symbols >> (16 - *bits);
                *symbols <<= *bits;
                Some(symbol.to_be_bytes()[1])
            }
        }
    }
}

impl<'a> Acknowledgements<'a> {
    /// Reads one RTCP packet that is such a feedback; `None` when it is cut short or lies about its length.
    pub fn read(packet: &'a [u8]) -> Option<Self> {
        let header: &[u8; HEADER] = packet.first_chunk()?;
        let word = |at: usize| u16::from_be_bytes([header[at], header[at + 1]]);
        let (sequence, count) = (word(12), word(14));
        if count > MAX_REPORTED {
            return None;
        }
        let (chunks, mut covered, mut rest) = (&packet[HEADER..], 0_u16, &packet[HEADER..]);
        while covered < count {
            let (chunk, tail) = rest.split_first_chunk()?;
            covered = covered.saturating_add(Chunk::read(u16::from_be_bytes(*chunk)).left());
            rest = tail;
        }
        let reference = u32::from_be_bytes([0, header[16], header[17], header[18]]);
        Some(Self {
            sequence,
            left: count,
            chunks,
            chunk: Chunk::Run(0, 0),
            deltas: rest,
            at: REFERENCE * reference,
        })
    }

    /// Moves the clock by the next delta, of one byte or of two.
    fn delta(&mut self, wide: bool) -> Option<Duration> {
        if wide {
            let (delta, rest) = self.deltas.split_first_chunk()?;
            let delta = i16::from_be_bytes(*delta);
            let step = DELTA * u32::from(delta.unsigned_abs());
            self.at = if delta < 0 { self.at.saturating_sub(step) } else { self.at + step };
            self.deltas = rest;
        } else {
            let (delta, rest) = self.deltas.split_first()?;
            self.at += DELTA * u32::from(*delta);
            self.deltas = rest;
        }
        Some(self.at)
    }
}

impl Iterator for Acknowledgements<'_> {
    type Item = (u16, Fate);

    fn next(&mut self) -> Option<Self::Item> {
        self.left = self.left.checked_sub(1)?;
        let symbol = loop {
            if let Some(symbol) = self.chunk.next() {
                break symbol;
            }
            let (chunk, rest) = self.chunks.split_first_chunk()?;
            (self.chunk, self.chunks) = (Chunk::read(u16::from_be_bytes(*chunk)), rest);
        };
        let sequence = self.sequence;
        self.sequence = sequence.wrapping_add(1);
        let fate = match symbol {
            0 => Fate::Lost,
            1 => Fate::Arrived(self.delta(false)),
            2 => Fate::Arrived(self.delta(true)),
            _ => Fate::Arrived(None),
        };
        Some((sequence, fate))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rtc_interceptor::convert_twcc;
    use rtc_rtcp::transport_feedbacks::transport_layer_cc::TransportLayerCc;
    use rtc_shared::marshal::Unmarshal;

    use super::*;

    /// Short runs and vectors.
    fn chunk() -> impl Strategy<Value = u16> {
        prop_oneof![(0_u16..4, 0_u16..20).prop_map(|(symbol, run)| symbol << 13 | run), 0x8000_u16..=u16::MAX]
    }

    proptest! {
        #[test]
        fn it_is_read_as_the_protocol_crate_reads_it(
            base: u16,
            reference in 0_u32..1 << 24,
            count in 0_u16..60,
            chunks in prop::collection::vec(chunk(), 0..12),
            deltas in prop::collection::vec(any::<u8>(), 300),
        ) {
            let mut packet = vec![0x8F, 205, 0, 0, 0, 0, 0, 1, 0, 0, 0, 2];
            packet.extend_from_slice(&base.to_be_bytes());
            packet.extend_from_slice(&count.to_be_bytes());
            packet.extend_from_slice(&reference.to_be_bytes()[1..]);
            packet.push(7);
            packet.extend(chunks.iter().flat_map(|chunk| chunk.to_be_bytes()));
            packet.extend_from_slice(&deltas);
            packet.resize(packet.len().next_multiple_of(4), 0);
            let words = u16::try_from(packet.len() / 4 - 1).unwrap();
            packet[2..4].copy_from_slice(&words.to_be_bytes());
            let theirs = TransportLayerCc::unmarshal(&mut &packet[..]).ok();
            let ours = Acknowledgements::read(&packet);
            let (Some(theirs), Some(ours)) = (theirs, ours) else { return Ok(()) };
            let theirs: Vec<(u16, Fate)> = convert_twcc(&theirs)
                .iter()
                .take(usize::from(count))
                .map(|ack| (ack.sequence_number, if ack.arrived { Fate::Arrived(ack.arrival) } else { Fate::Lost }))
                .collect();
            let ours: Vec<(u16, Fate)> = ours.collect();
            prop_assert_eq!(ours, theirs);
        }

        #[test]
        fn any_bytes_are_survived(packet in prop::collection::vec(any::<u8>(), 0..200)) {
            if let Some(acknowledgements) = Acknowledgements::read(&packet) {
                prop_assert!(acknowledgements.count() <= usize::from(MAX_REPORTED));
            }
        }
    }

    #[test]
    fn a_feedback_that_lies_about_its_length_says_nothing() {
        let mut packet = vec![0; HEADER];
        packet[14..16].copy_from_slice(&1_u16.to_be_bytes());
        assert!(Acknowledgements::read(&packet).is_none(), "a packet without a chunk");
        packet[14..16].copy_from_slice(&(MAX_REPORTED + 1).to_be_bytes());
        packet.extend_from_slice(&[0x3F, 0xFF, 0x3F, 0xFF]);
        assert!(Acknowledgements::read(&packet).is_none());
    }
}
