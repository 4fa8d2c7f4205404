//! The dependency descriptor, a header extension: what a frame is and on which others it depends, said beside the payload
//! ("RTP Payload Format For AV1", appendix A; other codecs may use it as well). AV1 needs it: a browser that gets a
//! picture without it decodes nothing.
//!
//! It passes as it came. Read of it is what a change of source asks for: the number of the frame, and where a coded video
//! sequence begins.

/// What is read of a descriptor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Descriptor {
    /// `frame_number`: rises with every frame of a source in the order of decoding, and wraps.
    pub frame: u16,
    /// Whether a coded video sequence begins with this packet.
    pub begins: bool,
    /// Bytes of the whole descriptor.
    pub length: u8,
}

impl Descriptor {
    /// Reads a descriptor; `None` without the three bytes that every one has (section A.8.2).
    pub fn parse(bytes: &[u8]) -> Option<Self> {
        let [first, high, low, extended @ ..] = bytes else { return None };
        // `start_of_frame`, and behind the mandatory fields `template_dependency_structure_present_flag`, which is set in
        // the first packet of a coded video sequence and in no other (section A.8.3).
        let structure = extended.first().is_some_and(|flags| flags & 0x80 != 0);
        Some(Self {
            frame: u16::from_be_bytes([*high, *low]),
            begins: structure && first & 0x80 != 0,
            length: u8::try_from(bytes.len()).ok()?,
        })
    }
}

/// Writes another frame number into a descriptor. What a frame depends on is said in differences to its own number
/// (section A.8.3, `fdiff_minus_one`, `frame_chain_fdiff`), so that nothing else changes with it.
pub fn renumber(descriptor: &mut [u8], frame: u16) {
    if let [_, high, low, ..] = descriptor {
        [*high, *low] = frame.to_be_bytes();
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn any_bytes_are_survived_and_a_new_number_changes_nothing_else(
            bytes in prop::collection::vec(any::<u8>(), 0..300), frame: u16,
        ) {
            let read = Descriptor::parse(&bytes);
            prop_assert_eq!(read.is_some(), (3..=255).contains(&bytes.len()));
            let mut other = bytes.clone();
            renumber(&mut other, frame);
            if let Some(read) = read {
                prop_assert_eq!(Descriptor::parse(&other), Some(Descriptor { frame, ..read }));
                renumber(&mut other, read.frame);
            }
            if bytes.len() < 256 {
                prop_assert_eq!(other, bytes);
            }
        }
    }

    #[test]
    fn a_sequence_begins_with_the_structure_in_the_first_packet_of_a_frame() {
        let begins = |bytes: &[u8]| Descriptor::parse(bytes).unwrap().begins;
        assert!(begins(&[0x80, 0, 1, 0x80, 0, 0]));
        assert!(!begins(&[0x40, 0, 1, 0x80, 0, 0]), "not the first packet");
        assert!(!begins(&[0x80, 0, 1, 0x7C, 0, 0]), "no structure");
        assert!(!begins(&[0xC0, 0, 1]), "nothing but what every descriptor has");
    }
}
