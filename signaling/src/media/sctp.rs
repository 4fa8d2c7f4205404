//! A look at a client's SCTP packets before the protocol crate takes them.
//!
//! Two kinds of chunks name ranges of sequence numbers that the crate walks one by one. A range of two thousand million
//! would stop the worker with all its rooms for minutes, so that what no honest client asks for is dropped here. Two others
//! list causes of errors, and the crate falls over one that says it is longer than the chunk it stands in.
//!
//! The crate goes from chunk to chunk not by the length that a chunk says but by that of what it understood of it: the next
//! may begin inside the last. Behind a chunk of which it may understand less than there is, every place is looked at.

/// Sequence numbers that one packet may have walked: as many chunks of 16 bytes as fit into a receive window of
/// 256 KiB. Walking them takes well under a millisecond.
const MAX_WALK: u32 = 16_384;
/// Bytes of a packet in which every place is looked at: clients' are as long as the line carries in one piece, 1200.
const MAX_DOUBTFUL: usize = 2048;
/// Ports, verification tag, checksum.
const HEADER: usize = 12;
const DATA: u8 = 0;
const INIT: u8 = 1;
const SACK: u8 = 3;
const ABORT: u8 = 6;
const SHUTDOWN: u8 = 7;
const SHUTDOWN_ACK: u8 = 8;
const ERROR: u8 = 9;
const COOKIE_ECHO: u8 = 10;
const COOKIE_ACK: u8 = 11;
const SHUTDOWN_COMPLETE: u8 = 14;
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
        let mut rest = packet.get(HEADER..).unwrap_or_default();
        let (mut walk, mut doubtful) = (0_u32, false);
        while !rest.is_empty() {
            let mut behind = rest.get(4..).unwrap_or_default();
            if let Some((kind, value, next)) = split(rest) {
                if !self.harmless(kind, value, &mut walk) {
                    return false;
                }
                doubtful |= !understood(kind, value);
                if doubtful && packet.len() > MAX_DOUBTFUL {
                    return false;
                }
                behind = if doubtful { behind } else { next };
            }
            rest = behind;
        }
        true
    }

    fn harmless(self, kind: u8, value: &[u8], walk: &mut u32) -> bool {
        match kind {
            INIT => initial(kind, value).is_none_or(|first| first == self.first),
            FORWARD_TSN => number(value, 0).is_none_or(|to| {
                let ahead = to.wrapping_sub(self.acknowledged);
                // What lies behind is out of date, and the crate does not walk it.
                ahead <= MAX_WALK || ahead > u32::MAX / 2
            }),
            SACK => {
                *walk = walk.saturating_add(walked(value));
                *walk <= MAX_WALK
            }
            ABORT | ERROR => causes(value).is_some(),
            _ => true,
        }
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
        let (kind, value, next) = split(rest)?;
        rest = next;
        Some((kind, value))
    })
}

/// Kind and value of the first chunk, and what comes behind it by the length that it says.
fn split(rest: &[u8]) -> Option<(u8, &[u8], &[u8])> {
    let [kind, _, high, low] = *rest.first_chunk::<4>()?;
    let length = usize::from(u16::from_be_bytes([high, low]));
    let value = rest.get(4..length)?;
    Some((kind, value, rest.get(length.next_multiple_of(4)..).unwrap_or_default()))
}

/// Whether what the crate understands of a chunk is certain to be all of it.
fn understood(kind: u8, value: &[u8]) -> bool {
    match kind {
        DATA | COOKIE_ECHO => true,
        SACK => value.len() == 12 + 4 * (count(value, 8) + count(value, 10)),
        FORWARD_TSN => value.len() >= 4 && value.len().is_multiple_of(4),
        SHUTDOWN => value.len() == 4,
        SHUTDOWN_ACK | COOKIE_ACK | SHUTDOWN_COMPLETE => value.is_empty(),
        ABORT | ERROR => causes(value) == Some(value.len().next_multiple_of(4)),
        _ => false,
    }
}

/// Whether a packet asks for an association.
pub fn asks(packet: &[u8]) -> bool {
    packet.get(HEADER) == Some(&INIT)
}

fn number(value: &[u8], at: usize) -> Option<u32> {
    value.get(at..)?.first_chunk().copied().map(u32::from_be_bytes)
}

/// A count of 16 bits; zero where there is none.
fn count(value: &[u8], at: usize) -> usize {
    value
        .get(at..)
        .and_then(|rest| rest.first_chunk())
        .map_or(0, |count| usize::from(u16::from_be_bytes(*count)))
}

/// Initial sequence number of an INIT: after tag, window and the two counts of streams.
fn initial(kind: u8, value: &[u8]) -> Option<u32> {
    if kind == INIT { number(value, 12) } else { None }
}

/// Bytes of all causes of an error, made up to a multiple of four, if they lie within their chunk: each begins with its code
/// and its length (RFC 9260 section 3.3.10). Behind one that is too short to be one the crate reads no further.
fn causes(value: &[u8]) -> Option<usize> {
    let mut rest = value;
    while let [_, _, high, low, ..] = rest {
        let length = usize::from(u16::from_be_bytes([*high, *low]));
        if length < 4 {
            break;
        }
        rest = rest.get(length..)?;
    }
    Some((value.len() - rest.len()).next_multiple_of(4))
}

/// How many numbers the gaps of a SACK name: pairs of 16 bits, behind number, window and the two counts.
fn walked(value: &[u8]) -> u32 {
    let gaps = value.get(12..).unwrap_or_default();
    let gap = |gap: &[u8]| {
        let [start, end] = [0, 2].map(|at| u16::from_be_bytes([gap[at], gap[at + 1]]));
        u32::from(end.saturating_sub(start)) + 1
    };
    gaps.chunks_exact(4).take(count(value, 8)).map(gap).fold(0, u32::saturating_add)
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

    #[test]
    fn nothing_hides_in_what_the_crate_does_not_understand_of_a_chunk() {
        let watch = Watch::begin(&init(1));
        let far = forward(u32::MAX / 2)[HEADER + 8..].to_vec();
        let cut = [&[0, 12, 0, 9, 1, 2, 3, 4][..]].concat();
        for kind in [SHUTDOWN, SHUTDOWN_ACK, COOKIE_ACK, SHUTDOWN_COMPLETE, 4, 130] {
            assert!(watch.bears(&packet(&[(kind, &[0; 8])])), "there is nothing in it");
            assert!(!watch.bears(&packet(&[(kind, &far)])), "a leap in one of kind {kind}");
            let abort = packet(&[(ABORT, &cut)])[HEADER..].to_vec();
            assert!(!watch.bears(&packet(&[(kind, &abort)])), "a wrong cause in one of kind {kind}");
            let behind = [(kind, [0; 8].as_slice()), (DATA, far.as_slice())];
            assert!(!watch.bears(&packet(&behind)), "the crate may come to lie anywhere behind kind {kind}");
        }
        assert!(watch.bears(&packet(&[(DATA, &far), (COOKIE_ECHO, &far)])), "what a client says is its own");
    }

    #[test]
    fn nothing_rides_along_with_what_asks_for_an_association() {
        let asking = [init(9), forward(u32::MAX / 2)[HEADER + 8..].to_vec()].concat();
        assert!(asks(&asking) && !Watch::begin(&asking).bears(&asking));
        assert!(Watch::begin(&init(9)).bears(&init(9)));
    }

    #[test]
    fn a_packet_too_long_to_be_looked_at_everywhere_is_dropped() {
        let watch = Watch::begin(&init(1));
        let long = [0; MAX_DOUBTFUL];
        assert!(watch.bears(&packet(&[(DATA, &long)])), "data is looked at once");
        assert!(!watch.bears(&packet(&[(4, &long)])), "a heartbeat is never so long");
    }
}
