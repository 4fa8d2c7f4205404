//! Which packets of one source have been seen, by their 48-bit index: replay protection and rollover in one.

/// Packets behind the newest that can still be told apart. Retransmissions come within about a second.
const SIZE: u64 = 1024;
const WORDS: usize = 16;

/// A sliding window over the indexes of one source.
#[derive(Debug, Clone, Default)]
pub struct Window {
    /// One past the newest index; zero when nothing was seen.
    end: u64,
    bits: [u64; WORDS],
}

/// The index nearest to `newest` whose low 16 bits are `sequence`.
pub fn nearest(newest: u64, sequence: u16) -> u64 {
    let [.., high, low] = newest.to_be_bytes();
    let step = i64::from(sequence.wrapping_sub(u16::from_be_bytes([high, low])).cast_signed());
    // Before the first rollover there is nothing behind zero: take it as ahead.
    newest.checked_add_signed(step).unwrap_or_else(|| newest + step.rem_euclid(1 << 16).unsigned_abs())
}

impl Window {
    /// The index of a packet with this sequence number, taken as near to the newest as can be.
    pub fn extend(&self, sequence: u16) -> u64 {
        if self.end == 0 { u64::from(sequence) } else { nearest(self.end - 1, sequence) }
    }

    /// Whether the packet was recorded, or is too old to tell.
    pub fn seen(&self, index: u64) -> bool {
        index < self.end && (index + SIZE < self.end || self.bits[slot(index).0] & slot(index).1 != 0)
    }

    /// Records a packet.
    pub fn record(&mut self, index: u64) {
        if index >= self.end {
            // What the window moves over is forgotten.
            if index - self.end >= SIZE {
                self.bits = [0; WORDS];
            } else {
                for passed in self.end..index {
                    let (word, bit) = slot(passed);
                    self.bits[word] &= !bit;
                }
            }
            self.end = index + 1;
        }
        let (word, bit) = slot(index);
        self.bits[word] |= bit;
    }
}

fn slot(index: u64) -> (usize, u64) {
    let at = index % SIZE;
    (usize::try_from(at / 64).unwrap_or_default(), 1 << (at % 64))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_sequence_number_that_wraps_continues_the_index() {
        assert_eq!(nearest(65_535, 0), 65_536);
        assert_eq!(nearest(65_536, 65_535), 65_535);
        assert_eq!(nearest(3, 65_530), 65_530);
        assert_eq!(nearest(200_000, 3392), 200_000);
    }

    proptest! {
        #[test]
        fn every_packet_is_new_exactly_once(
            start in 0_u16..30_000,
            order in Just((0_u64..600).collect::<Vec<_>>()).prop_shuffle(),
        ) {
            let mut window = Window::default();
            window.record(u64::from(start));
            for step in order {
                let index = u64::from(start) + 1 + step;
                prop_assert_eq!(window.extend(u16::try_from(index).unwrap()), index);
                prop_assert!(!window.seen(index));
                window.record(index);
                prop_assert!(window.seen(index));
            }
        }

        #[test]
        fn jumps_never_forget_the_recent_nor_remember_the_unseen(steps in prop::collection::vec(1_u64..3000, 1..40)) {
            let mut window = Window::default();
            let mut at = 0;
            let mut recorded = Vec::new();
            for step in steps {
                at += step;
                window.record(at);
                recorded.push(at);
                for index in at.saturating_sub(SIZE - 1)..=at {
                    prop_assert_eq!(window.seen(index), recorded.contains(&index), "{}", index);
                }
            }
        }
    }
}
