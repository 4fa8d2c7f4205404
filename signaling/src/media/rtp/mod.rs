//! RTP on the wire: a borrowed view of a header, the header extensions we know, and writing both (RFC 3550, RFC 8285).

mod extension;
mod header;
mod outgoing;

pub use extension::{EXTENSIONS, Extension, ExtensionIds};
pub use header::{Extensions, Header};
pub use outgoing::{Leaving, MAX_HEADER, Outgoing};

/// The profile of a header whose elements have one byte in front of them: 1 to 16 bytes under ids up to 14.
const ONE_BYTE: u16 = 0xBEDE;
/// The same of two bytes: up to 255 bytes under any id.
const TWO_BYTES: u16 = 0x1000;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::media::descriptor::renumber;

    fn ids() -> ExtensionIds {
        let mut ids = ExtensionIds::default();
        for (extension, id) in [
            (Extension::AudioLevel, 1),
            (Extension::AbsSendTime, 2),
            (Extension::TransportCc, 3),
            (Extension::Mid, 4),
        ] {
            ids.set(extension, id);
        }
        ids
    }

    /// What is written where something else stood before.
    fn written(header: &Outgoing<'_>, leaving: Leaving, ids: ExtensionIds) -> Vec<u8> {
        let mut out = [0xA5; MAX_HEADER];
        let length = header.write(leaving, &mut out, ids);
        out[..length].to_vec()
    }

    proptest! {
        #[test]
        fn a_written_header_reads_back(
            marker: bool, payload_type in 0_u8..128, sequence: u16, timestamp: u32, ssrc: u32,
            transport_cc: Option<u16>, audio_level: Option<u8>, mid in prop::collection::vec(any::<u8>(), 0..16),
        ) {
            let out = Outgoing { marker, payload_type, timestamp, ssrc, mid: &mid, audio_level, ..Outgoing::default() };
            let mut packet = written(&out, Leaving { sequence, transport_cc, abs_send_time: 7 }, ids());
            let length = packet.len();
            packet.extend_from_slice(b"payload");
            let header = Header::parse(&packet).unwrap();
            prop_assert_eq!(header.length, length);
            prop_assert_eq!((header.marker, header.payload_type), (marker, payload_type));
            prop_assert_eq!((header.sequence, header.timestamp, header.ssrc), (sequence, timestamp, ssrc));
            prop_assert_eq!(header.payload(&packet), Some(&b"payload"[..]));
            let read = header.extensions(&packet, ids());
            prop_assert_eq!(read.transport_cc, transport_cc);
            prop_assert_eq!(read.audio_level, audio_level);
            prop_assert_eq!(read.mid.unwrap_or_default(), &mid[..]);
        }

        #[test]
        fn a_descriptor_of_any_length_reads_back_under_any_id_that_it_may_have(
            descriptor in prop::collection::vec(any::<u8>(), 1..=255), frame: u16,
            id in prop_oneof![5_u8..=14, 16_u8..=255], mid in prop::collection::vec(any::<u8>(), 0..=16),
        ) {
            let mut ids = ids();
            ids.set(Extension::DependencyDescriptor, id);
            let out = Outgoing { mid: &mid, audio_level: Some(5), descriptor: &descriptor, frame, ..Outgoing::default() };
            let mut packet = written(&out, Leaving { transport_cc: Some(9), ..Leaving::default() }, ids);
            let form = if id > 14 || descriptor.len() > 16 { TWO_BYTES } else { ONE_BYTE };
            prop_assert_eq!(u16::from_be_bytes([packet[12], packet[13]]), form);
            packet.extend_from_slice(b"payload");
            let header = Header::parse(&packet).unwrap();
            prop_assert_eq!(header.payload(&packet), Some(&b"payload"[..]));
            let read = header.extensions(&packet, ids);
            prop_assert_eq!((read.transport_cc, read.audio_level), (Some(9), Some(5)));
            prop_assert_eq!(read.mid.unwrap_or_default(), &mid[..]);
            let mut expected = descriptor.clone();
            renumber(&mut expected, frame);
            prop_assert_eq!(read.descriptor, Some(&expected[..]));
        }

        #[test]
        fn any_bytes_are_survived(packet in prop::collection::vec(any::<u8>(), 0..200), long: bool) {
            let mut ids = ids();
            ids.set(Extension::DependencyDescriptor, 5);
            // Few bytes made up are a header; these are the extensions of one.
            let profile = if long { TWO_BYTES } else { ONE_BYTE };
            let mut extended = vec![0x90; 12];
            extended.extend_from_slice(&profile.to_be_bytes());
            extended.extend_from_slice(&u16::try_from(packet.len() / 4).unwrap().to_be_bytes());
            extended.extend_from_slice(&packet);
            for packet in [packet, extended] {
                if let Some(header) = Header::parse(&packet) {
                    header.payload(&packet);
                    header.extensions(&packet, ids);
                }
            }
        }
    }

    #[test]
    fn without_an_agreed_id_a_descriptor_is_left_out() {
        let plain = Outgoing { audio_level: Some(5), ..Outgoing::default() };
        let described = Outgoing { descriptor: &[0x80; 90], ..plain };
        let written = |header: &Outgoing<'_>| written(header, Leaving::default(), ids());
        assert_eq!(written(&described), written(&plain));
    }

    #[test]
    fn an_element_longer_than_the_header_is_not_read_nor_one_without_an_id() {
        let mut ids = ids();
        ids.set(Extension::DependencyDescriptor, 5);
        let read = |profile: u16, elements: [u8; 4]| {
            let mut packet = vec![0x90, 96, 0, 1, 0, 0, 0, 0, 0, 0, 0, 1];
            packet.extend_from_slice(&profile.to_be_bytes());
            packet.extend_from_slice(&[0, 1]);
            packet.extend_from_slice(&elements);
            packet.extend_from_slice(&[7; 40]);
            let found = Header::parse(&packet).unwrap().extensions(&packet, ids);
            (found.descriptor.map(<[u8]>::to_vec), found.rid.is_some())
        };
        assert_eq!(read(TWO_BYTES, [5, 2, 1, 2]), (Some(vec![1, 2]), false));
        assert_eq!(read(TWO_BYTES, [5, 3, 1, 2]), (None, false));
        assert_eq!(read(TWO_BYTES, [0, 0, 0, 5]), (None, false));
        assert_eq!(read(ONE_BYTE, [0x51, 1, 2, 0]), (Some(vec![1, 2]), false));
        assert_eq!(read(ONE_BYTE, [0x53, 1, 2, 0]), (None, false));
        assert_eq!(read(ONE_BYTE, [0x02, 1, 2, 3]), (None, false), "no id stands for what was not agreed on");
    }

    #[test]
    fn padding_longer_than_the_payload_is_refused() {
        let mut packet = vec![0xA0, 96, 0, 1, 0, 0, 0, 0, 0, 0, 0, 1, 5];
        assert_eq!(Header::parse(&packet).unwrap().payload(&packet), None);
        packet.extend_from_slice(&[0, 0, 0, 5]);
        assert_eq!(Header::parse(&packet).unwrap().payload(&packet), Some(&[][..]));
    }
}
