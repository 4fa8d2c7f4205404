//! A look at a client's SCTP packets before the protocol crate takes them.
//!
//! Two kinds of chunks name ranges of sequence numbers that the crate walks one by one. A range of two thousand million
//! would stop the worker with all its rooms for minutes, so that what no honest client asks for is dropped here. Two others
//! list causes of errors, and the crate falls over one that says it is longer than the chunk it stands in.

/// Sequence numbers that one packet may have walked: as many chunks of 16 bytes as fit into a receive window of
/// 256 KiB. Walking them takes well under a millisecond.
const MAX_WALK: u32 = 16_384;
/// Ports, verification tag, checksum.
const HEADER: usize = 12;
const INIT: u8 = 1;
const SACK: u8 = 3;
const ABORT: u8 = 6;
const ERROR: u8 = 9;
const FORWARD_TSN: u8 = 192;

/// What is known of one association.
#[derive(Debug, Clone, Copy)]
pub struct Watch {
    /// The client's first sequence number.
    first: u32,
    /// All up to this one has been acknowledged by us; the crate may have got a little further.
    acknowledged: u32,
}

impl Watch {
    /// Watches the association that this packet begins.
    pub fn begin(packet: &[u8]) -> Self {
        let init = chunks(packet).find_map(|(kind, value)| initial(kind, value));
        let first = init.unwrap_or_default();
        Self { first, acknowledged: first.wrapping_sub(1) }
    }

    /// Whether the crate may take the client's packet.
    pub fn bears(self, packet: &[u8]) -> bool {
        let mut walk = 0_u32;
        chunks(packet).all(|(kind, value)| match kind {
            INIT => initial(kind, value) == Some(self.first),
            FORWARD_TSN => number(value, 0).is_none_or(|to| {
                let ahead = to.wrapping_sub(self.acknowledged);
                // What lies behind is out of date, and the crate does not walk it.
                ahead <= MAX_WALK || ahead > u32::MAX / 2
            }),
            SACK => {
                walk = walk.saturating_add(walked(value));
                walk <= MAX_WALK
            }
            ABORT | ERROR => causes_fit(value),
            _ => true,
        })
    }

    /// Notes what the crate acknowledges in a packet to the client.
    pub fn sent(&mut self, packet: &[u8]) {
        for (kind, value) in chunks(packet) {
            if kind == SACK
                && let Some(acknowledged) = number(value, 0)
            {
                self.acknowledged = acknowledged;
            }
        }
    }
}

/// Kind and value of each chunk, as far as they can be told apart.
fn chunks(packet: &[u8]) -> impl Iterator<Item = (u8, &[u8])> {
    let mut rest = packet.get(HEADER..).unwrap_or_default();
    std::iter::from_fn(move || {
        let [kind, _, high, low] = *rest.first_chunk::<4>()?;
        let length = usize::from(u16::from_be_bytes([high, low]));
        let value = rest.get(4..length)?;
        rest = rest.get(length.next_multiple_of(4)..).unwrap_or_default();
        Some((kind, value))
    })
}

fn number(value: &[u8], at: usize) -> Option<u32> {
    value.get(at..)?.first_chunk().copied().map(u32::from_be_bytes)
}

/// Initial sequence number of an INIT: after tag, window and the two counts of streams.
fn initial(kind: u8, value: &[u8]) -> Option<u32> {
    if kind == INIT { number(value, 12) } else { None }
}

/// Whether all causes of an error lie within their chunk: each begins with its code and its length (RFC 9260 section
/// 3.3.10). Behind one that is too short to be one the crate reads no further.
fn causes_fit(mut rest: &[u8]) -> bool {
    while let [_, _, high, low, ..] = rest {
        let length = usize::from(u16::from_be_bytes([*high, *low]));
        if length < 4 {
            return true;
        }
        let Some(behind) = rest.get(length..) else { return false };
        rest = behind;
    }
    true
}

/// How many numbers the gaps of a SACK name: pairs of 16 bits, behind number, window and the two counts.
fn walked(value: &[u8]) -> u32 {
    let count = value.get(8..10).map_or(0, |count| usize::from(u16::from_be_bytes([count[0], count[1]])));
    let gaps = value.get(12..).unwrap_or_default();
    let gap = |gap: &[u8]| {
        let [start, end] = [0, 2].map(|at| u16::from_be_bytes([gap[at], gap[at + 1]]));
        u32::from(end.saturating_sub(start)) + 1
    };
    gaps.chunks_exact(4).take(count).map(gap).fold(0, u32::saturating_add)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn packet(chunks: &[(u8, &[u8])]) -> Vec<u8> {
        let mut packet = vec![0; HEADER];
        for (kind, value) in chunks {
            let length = u16::try_from(value.len() + 4).unwrap().to_be_bytes();
            packet.extend_from_slice(&[*kind, 0, length[0], length[1]]);
            packet.extend_from_slice(value);
            packet.resize(packet.len().next_multiple_of(4), 0);
        }
        packet
    }

    fn init(first: u32) -> Vec<u8> {
        let value = [[0; 12].as_slice(), &first.to_be_bytes()].concat();
        packet(&[(INIT, value.as_slice())])
    }

    fn forward(to: u32) -> Vec<u8> {
        let to = to.to_be_bytes();
        packet(&[(0, b"data".as_slice()), (FORWARD_TSN, to.as_slice())])
    }

    fn sack(acknowledged: u32, gaps: &[(u16, u16)]) -> Vec<u8> {
        let mut value = [acknowledged.to_be_bytes(), [0; 4], [0; 4]].concat();
        value[8..10].copy_from_slice(&u16::try_from(gaps.len()).unwrap().to_be_bytes());
        for (start, end) in gaps {
            value.extend_from_slice(&start.to_be_bytes());
            value.extend_from_slice(&end.to_be_bytes());
        }
        packet(&[(SACK, value.as_slice())])
    }

    #[test]
    fn a_leap_over_more_than_a_window_is_not_followed() {
        for first in [0, 1000, u32::MAX - 5] {
            let mut watch = Watch::begin(&init(first));
            let at = |ahead: u32| forward(first.wrapping_sub(1).wrapping_add(ahead));
            assert!(watch.bears(&at(1)) && watch.bears(&at(MAX_WALK)));
            assert!(!watch.bears(&at(MAX_WALK + 1)) && !watch.bears(&at(u32::MAX / 2)));
            assert!(watch.bears(&at(u32::MAX)), "one that is out of date does no harm");
            watch.sent(&sack(first.wrapping_add(500), &[]));
            assert!(watch.bears(&at(MAX_WALK + 501)));
        }
    }

    #[test]
    fn gaps_that_name_more_than_was_ever_sent_are_not_walked() {
        let watch = Watch::begin(&init(1));
        assert!(watch.bears(&sack(1, &[(2, 3), (5, 200)])));
        assert!(!watch.bears(&sack(1, &[(0, u16::MAX); 300])));
        let many = sack(1, &[(0, 999)])[HEADER..].repeat(17);
        assert!(!watch.bears(&[[0; HEADER].as_slice(), &many].concat()), "nor by many small ones");
    }

    #[test]
    fn an_association_does_not_begin_in_another_place_later() {
        let watch = Watch::begin(&init(7));
        assert!(watch.bears(&init(7)) && !watch.bears(&init(8)));
    }

    #[test]
    fn a_chunk_cut_off_ends_the_look() {
        let watch = Watch::begin(&init(7));
        for length in 0..20 {
            watch.bears(&forward(7)[..length]);
        }
    }

    #[test]
    fn a_cause_that_is_longer_than_its_chunk_is_not_passed_on() {
        let watch = Watch::begin(&init(5));
        for kind in [ABORT, ERROR] {
            assert!(watch.bears(&packet(&[(kind, &[])])));
            assert!(watch.bears(&packet(&[(kind, &[0, 12, 0, 8, 1, 2, 3, 4, 0, 13, 0, 4])])));
            assert!(!watch.bears(&packet(&[(kind, &[0, 12, 0, 9, 1, 2, 3, 4])])));
            assert!(!watch.bears(&packet(&[(kind, &[0, 12, 0, 4, 0, 13, 0, 5])])));
        }
    }
}
