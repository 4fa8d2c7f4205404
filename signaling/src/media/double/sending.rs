//! What it sends, and under which ids the header extensions of that go.

use super::client::Client;
use crate::media::clock::low16;
use crate::media::descriptor::Descriptor;
use crate::media::rtp::{Extension, ExtensionIds, Leaving, MAX_HEADER, Outgoing};
use crate::media::srtp::{MAX_TAG, Plain};

/// The ids that the client offers.
pub fn ids() -> ExtensionIds {
    let mut ids = ExtensionIds::default();
    for (extension, id) in [
        (Extension::AudioLevel, 1),
        (Extension::AbsSendTime, 2),
        (Extension::TransportCc, 3),
        (Extension::Mid, 4),
        (Extension::Rid, 10),
        (Extension::RepairedRid, 11),
        (Extension::DependencyDescriptor, 12),
    ] {
        ids.set(extension, id);
    }
    ids
}

impl Client {
    /// Sends an RTP packet; `index` is rollover counter and sequence number.
    #[expect(clippy::too_many_arguments, reason = "each is one field of the packet")]
    pub fn rtp(
        &mut self,
        ssrc: u32,
        payload_type: u8,
        index: u64,
        timestamp: u32,
        mid: &str,
        rid: &str,
        payload: &[u8],
    ) {
        let mut head = [0; MAX_HEADER];
        self.number = self.number.map(|number| number.wrapping_add(1));
        let header = Outgoing {
            marker: false,
            payload_type,
            timestamp,
            ssrc,
            mid: mid.as_bytes(),
            audio_level: (payload_type == 111).then_some(20),
            orientation: None,
            descriptor: &self.descriptor,
            frame: Descriptor::parse(&self.descriptor).map_or(0, |descriptor| descriptor.frame),
        };
        let leaving = Leaving { sequence: low16(index), transport_cc: self.number, abs_send_time: 0 };
        let length = header.write(leaving, &mut head, ids());
        let mut packet = head[..length].to_vec();
        if !rid.is_empty() {
            // The writer of the server knows no layer names: append the element, in the form that the header has.
            let size = u8::try_from(rid.len()).unwrap();
            if packet[12] == 0xBE {
                packet.push(10 << 4 | (size - 1));
            } else {
                packet.extend_from_slice(&[10, size]);
            }
            packet.extend_from_slice(rid.as_bytes());
            while packet.len() % 4 != 0 {
                packet.push(0);
            }
            let words = u16::try_from((packet.len() - 16) / 4).unwrap();
            packet[14..16].copy_from_slice(&words.to_be_bytes());
        }
        let plain = Plain { header: packet.len(), front: 0, payload };
        packet.resize(packet.len() + payload.len() + MAX_TAG, 0);
        let length = self.seal.as_ref().unwrap().rtp(&mut packet, plain, ssrc, index).unwrap();
        packet.truncate(length);
        self.out.push(packet);
    }
}
