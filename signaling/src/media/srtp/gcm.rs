//! AES-128-GCM (RFC 7714): one pass that encrypts and authenticates.

use aws_lc_rs::aead::{AES_128_GCM, Aad, LessSafeKey, Nonce, UnboundKey};

use super::{Plain, RTCP_ENCRYPTED, RTCP_HEADER};

/// Bytes of the tag.
const TAG: usize = 16;
/// Bytes of the index behind an RTCP packet.
const RTCP_INDEX: usize = 4;
/// The bits of an RTP index: rollover counter and sequence number.
const INDEX: u64 = (1 << 48) - 1;

/// Keys of one direction, for RTP or for RTCP.
pub struct Gcm {
    key: LessSafeKey,
    salt: u128,
}

impl Gcm {
    /// From what was derived; of each the first bytes are used.
    pub fn new(encryption: &[u8; 32], salting: &[u8; 32]) -> Option<Self> {
        let key = UnboundKey::new(&AES_128_GCM, &encryption[..16]).ok()?;
        let mut salt = [0; 16];
        salt[4..].copy_from_slice(&salting[..12]);
        Some(Self { key: LessSafeKey::new(key), salt: u128::from_be_bytes(salt) })
    }

    /// Section 8.1: 00 00, SSRC, rollover counter, sequence number, all xor the salt. For RTCP (section 9.1) the index
    /// takes the place of the last two.
    fn nonce(&self, ssrc: u32, index: u64) -> Nonce {
        let plain = u128::from(ssrc) << 48 | u128::from(index & INDEX);
        let [_, _, _, _, nonce @ ..] = (self.salt ^ plain).to_be_bytes();
        Nonce::assume_unique_for_key(nonce)
    }

    /// Seals an RTP packet; its length with the tag. The payload is sealed from where it lies.
    pub fn seal_rtp(&self, out: &mut [u8], plain: Plain<'_>, ssrc: u32, index: u64) -> Option<usize> {
        let (aad, rest) = out.split_at_mut_checked(plain.header)?;
        let (front, rest) = rest.split_at_mut_checked(plain.front)?;
        let sealed = rest.get_mut(..plain.payload.len() + TAG)?;
        let nonce = self.nonce(ssrc, index);
        self.key.seal_in_place_scatter(nonce, Aad::from(&*aad), front, plain.payload, sealed).ok()?;
        Some(plain.length() + TAG)
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
