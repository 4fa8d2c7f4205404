//! AES-128-GCM (RFC 7714): one pass that encrypts and authenticates.

use aws_lc_rs::aead::{AES_128_GCM, Aad, LessSafeKey, Nonce, UnboundKey};

use super::{RTCP_ENCRYPTED, RTCP_HEADER};

/// Bytes of the index behind an RTCP packet.
const RTCP_INDEX: usize = 4;

/// Keys of one direction, for RTP or for RTCP.
pub struct Gcm {
    key: LessSafeKey,
    salt: [u8; 12],
}

impl Gcm {
    /// From what was derived; of each the first bytes are used.
    pub fn new(encryption: &[u8; 32], salting: &[u8; 32]) -> Option<Self> {
        let key = UnboundKey::new(&AES_128_GCM, &encryption[..16]).ok()?;
        Some(Self { key: LessSafeKey::new(key), salt: *salting.first_chunk()? })
    }

    /// Section 8.1: 00 00, SSRC, rollover counter, sequence number, all xor the salt. For RTCP (section 9.1) the index
    /// takes the place of the last two.
    fn nonce(&self, ssrc: u32, index: u64) -> Nonce {
        let mut nonce = self.salt;
        let index = index.to_be_bytes();
        for (byte, with) in nonce[2..].iter_mut().zip(ssrc.to_be_bytes().iter().chain(&index[2..])) {
            *byte ^= with;
        }
        Nonce::assume_unique_for_key(nonce)
    }

    /// Seals the RTP packet at the end of `out`.
    pub fn seal_rtp(
        &self,
        out: &mut Vec<u8>,
        start: usize,
        header: usize,
        ssrc: u32,
        index: u64,
    ) -> Option<()> {
        let (aad, payload) = out.get_mut(start..)?.split_at_mut_checked(header)?;
        let nonce = self.nonce(ssrc, index);
        let tag = self.key.seal_in_place_separate_tag(nonce, Aad::from(&*aad), payload).ok()?;
        out.extend_from_slice(tag.as_ref());
        Some(())
    }

    /// Opens an RTP packet; its length without the tag.
    pub fn open_rtp(&self, packet: &mut [u8], header: usize, ssrc: u32, index: u64) -> Option<usize> {
        let (aad, payload) = packet.split_at_mut_checked(header)?;
        let plain = self.key.open_in_place(self.nonce(ssrc, index), Aad::from(&*aad), payload).ok()?;
        Some(header + plain.len())
    }

    /// Seals an RTCP packet: header and index are authenticated, what lies between is encrypted (section 9.2).
    pub fn seal_rtcp(&self, packet: &mut Vec<u8>, source: u32, word: u32) -> Option<()> {
        let (header, body) = packet.split_at_mut_checked(RTCP_HEADER)?;
        let (nonce, aad) = (self.nonce(source, index(word)), aad(header, word));
        let tag = self.key.seal_in_place_separate_tag(nonce, Aad::from(aad), body).ok()?;
        packet.extend_from_slice(tag.as_ref());
        packet.extend_from_slice(&word.to_be_bytes());
        Some(())
    }

    /// Opens an RTCP packet; its length without tag and index.
    pub fn open_rtcp(&self, packet: &mut [u8], source: u32, word: u32) -> Option<usize> {
        let end = packet.len().checked_sub(RTCP_INDEX)?;
        let (header, body) = packet.get_mut(..end)?.split_at_mut_checked(RTCP_HEADER)?;
        let (nonce, aad) = (self.nonce(source, index(word)), aad(header, word));
        let plain = self.key.open_in_place(nonce, Aad::from(aad), body).ok()?;
        Some(RTCP_HEADER + plain.len())
    }
}

fn index(word: u32) -> u64 {
    u64::from(word & !RTCP_ENCRYPTED)
}

fn aad(header: &[u8], word: u32) -> [u8; RTCP_HEADER + RTCP_INDEX] {
    let mut aad = [0; RTCP_HEADER + RTCP_INDEX];
    aad[..RTCP_HEADER].copy_from_slice(header);
    aad[RTCP_HEADER..].copy_from_slice(&word.to_be_bytes());
    aad
}
