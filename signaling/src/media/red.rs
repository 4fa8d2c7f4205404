//! Speech whose packets carry the ones before them once more (RFC 2198): what is read from them, and what is made of it.

/// How many older blocks are looked at. Clients send one (`livekit-client`, libwebrtc's default); what a packet may put
/// back is limited, or one that lies would be worth many.
pub const DEPTH: usize = 2;

/// Longest block: its length has ten bits.
const LONGEST: usize = 0x3FF;
/// Longest frame that is repeated: 20 ms at 100 kbit/s, 60 ms at 34. Two of them and their heads fit into any datagram; what is
/// longer is music, and would take more of a line than it is worth.
const SPEECH: usize = 256;

/// An older frame inside a packet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Older<'a> {
    /// How many packets before this one it was sent.
    pub distance: u16,
    /// How much older than the packet it is, in ticks of its clock: fourteen bits.
    pub back: u16,
    /// The frame.
    pub frame: &'a [u8],
}

/// The payload type of what a payload carries: all its blocks have the same.
pub fn number(payload: &[u8]) -> Option<u8> {
    payload.first().map(|head| head & 0x7F)
}

/// The newest frame: what a receiver without RED is given.
pub fn newest(payload: &[u8]) -> Option<&[u8]> {
    split(payload).map(|(_, newest)| newest)
}

/// The frames before the newest, the one just before it first.
pub fn older(payload: &[u8]) -> [Option<Older<'_>>; DEPTH] {
    split(payload).map_or([None; DEPTH], |(older, _)| older)
}

fn split(payload: &[u8]) -> Option<([Option<Older<'_>>; DEPTH], &[u8])> {
    // Heads stand in front, the oldest first; then the blocks in the same order.
    let mut heads = 0;
    while payload.get(4 * heads)? & 0x80 != 0 {
        heads += 1;
    }
    let (before, mut rest) = payload.split_at_checked(4 * heads)?;
    rest = rest.get(1..)?;
    let mut older = [None; DEPTH];
    for (place, head) in before.chunks_exact(4).enumerate() {
        let word = u32::from_be_bytes([0, head[1], head[2], head[3]]);
        let length = usize::try_from(word).unwrap_or_default() & LONGEST;
        let back = u16::try_from(word >> 10).unwrap_or_default();
        let (frame, behind) = rest.split_at_checked(length)?;
        rest = behind;
        older.rotate_right(1);
        older[0] = Some(Older { distance: u16::try_from(heads - place).ok()?, back, frame });
    }
    Some((older, rest))
}

/// A payload that carries one frame and nothing older, in a buffer of its own.
pub struct Alone {
    bytes: [u8; 1 + LONGEST],
    length: usize,
}

impl Alone {
    /// One with a frame of this payload type; `None` where it is empty or too long.
    pub fn new(number: u8, frame: &[u8]) -> Option<Self> {
        let length = 1 + frame.len();
        let mut bytes = [0; 1 + LONGEST];
        bytes[0] = number & 0x7F;
        bytes.get_mut(1..length).filter(|place| !place.is_empty())?.copy_from_slice(frame);
        Some(Self { bytes, length })
    }

    /// The payload.
    pub fn payload(&self) -> &[u8] {
        &self.bytes[..self.length]
    }
}

/// What stands in front of an older frame and the newest: heads of both. `None` where one is too long to be repeated, or the
/// older one too old to be named.
pub fn heads(number: u8, back: u32, older: usize, newest: usize) -> Option<[u8; 5]> {
    if !(1..1 << 14).contains(&back) || !(1..=SPEECH).contains(&older) || newest > SPEECH {
        return None;
    }
    let [_, first, second, third] = (back << 10 | u32::try_from(older).ok()?).to_be_bytes();
    Some([0x80 | number, first, second, third, number & 0x7F])
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn blocks_are_found_the_one_just_before_the_newest_first() {
        // 40 ms and 20 ms older at 48 kHz.
        let packet = [0xEF, 0x1E, 0x00, 0x01, 0xEF, 0x0F, 0x00, 0x02, 0x6F, 1, 2, 3, 7, 8, 9];
        assert_eq!(newest(&packet), Some(&[7, 8, 9][..]));
        let found = older(&packet).map(Option::unwrap);
        assert_eq!(
            found,
            [
                Older { distance: 1, back: 960, frame: &[2, 3] },
                Older { distance: 2, back: 1920, frame: &[1] },
            ]
        );
        assert_eq!([number(&packet), number(&[0x6F, 7]), number(&[])], [Some(111), Some(111), None]);
    }

    #[test]
    fn a_payload_that_ends_too_early_carries_nothing() {
        assert_eq!(newest(&[0x6F, 7]), Some(&[7][..]));
        assert_eq!(older(&[0x6F, 7]), [None; DEPTH]);
        for cut in [&[0xEF, 0x00][..], &[0xEF, 0x0F, 0x00, 0x02], &[0xEF, 0x0F, 0x00, 0x02, 0x6F, 1]] {
            assert_eq!((newest(cut), older(cut)), (None, [None; DEPTH]), "{cut:?}");
        }
    }

    proptest! {
        #[test]
        fn any_payload_is_survived(payload in prop::collection::vec(any::<u8>(), 0..60)) {
            let before: usize = older(&payload).into_iter().flatten().map(|older| older.frame.len()).sum();
            prop_assert!(before + newest(&payload).map_or(0, <[u8]>::len) <= payload.len());
        }

        #[test]
        fn what_is_written_reads_back(
            number in 0_u8..128, back in 1_u32..1 << 14,
            before in prop::collection::vec(any::<u8>(), 1..=SPEECH), last in prop::collection::vec(any::<u8>(), 0..90),
        ) {
            let mut payload = heads(number, back, before.len(), last.len()).unwrap().to_vec();
            payload.extend_from_slice(&before);
            payload.extend_from_slice(&last);
            prop_assert_eq!(super::number(&payload), Some(number));
            prop_assert_eq!(newest(&payload), Some(&last[..]));
            let back = u16::try_from(back).unwrap();
            prop_assert_eq!(older(&payload), [Some(Older { distance: 1, back, frame: &before }), None]);

            let alone = Alone::new(number, &before).unwrap();
            prop_assert_eq!(super::number(alone.payload()), Some(number));
            prop_assert_eq!(newest(alone.payload()), Some(&before[..]));
            prop_assert_eq!(older(alone.payload()), [None; DEPTH]);
        }
    }

    #[test]
    fn what_cannot_be_written_is_not() {
        assert!(heads(111, 0, 10, 10).is_none(), "not older");
        assert!(heads(111, 1 << 14, 10, 10).is_none(), "too old");
        assert!(
            heads(111, 960, SPEECH + 1, 10).is_none() && heads(111, 960, 10, SPEECH + 1).is_none(),
            "too long"
        );
        assert!(heads(111, 960, 0, 10).is_none() && Alone::new(111, &[]).is_none(), "nothing");
        assert!(Alone::new(111, &[0; LONGEST + 1]).is_none(), "too long");
    }
}
