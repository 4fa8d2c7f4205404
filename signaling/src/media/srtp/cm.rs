//! AES in counter mode, authenticated by the first 80 bits of HMAC-SHA1 (RFC 3711 sections 4.1.1 and 4.2.1).

use aws_lc_rs::cipher::{AES_128, EncryptingKey, EncryptionContext, UnboundCipherKey};
use aws_lc_rs::constant_time::verify_slices_are_equal;
use aws_lc_rs::hmac::{self, HMAC_SHA1_FOR_LEGACY_USE_ONLY};
use aws_lc_rs::iv::FixedLength;

use super::{Plain, RTCP_ENCRYPTED, RTCP_HEADER};

/// Bytes of the tag.
const TAG: usize = 10;
/// Bytes of the index in front of the tag of an RTCP packet.
const RTCP_INDEX: usize = 4;

/// Keys of one direction, for RTP or for RTCP.
pub struct Cm {
    cipher: EncryptingKey,
    authentication: hmac::Key,
    salt: [u8; 14],
}

impl Cm {
    /// From what was derived; of each the first bytes are used.
    pub fn new(encryption: &[u8; 32], authentication: &[u8; 32], salting: &[u8; 32]) -> Option<Self> {
        let key = UnboundCipherKey::new(&AES_128, &encryption[..16]).ok()?;
        Some(Self {
            cipher: EncryptingKey::ctr(key).ok()?,
            authentication: hmac::Key::new(HMAC_SHA1_FOR_LEGACY_USE_ONLY, &authentication[..20]),
            salt: *salting.first_chunk()?,
        })
    }

    /// Encrypts or decrypts: the first block counts from the salt, xor the source, xor the index, each in its place.
    fn apply(&self, body: &mut [u8], ssrc: u32, index: u64) -> Option<()> {
        let mut counter = [0; 16];
        counter[..14].copy_from_slice(&self.salt);
        let index = index.to_be_bytes();
        for (byte, with) in counter[4..].iter_mut().zip(ssrc.to_be_bytes().iter().chain(&index[2..])) {
            *byte ^= with;
        }
        let context = EncryptionContext::Iv128(FixedLength::from(&counter));
        self.cipher.less_safe_encrypt(body, context).ok().map(|_| ())
    }

    fn tag(&self, parts: [&[u8]; 2]) -> [u8; TAG] {
        let mut context = hmac::Context::with_key(&self.authentication);
        for part in parts {
            context.update(part);
        }
        let mut tag = [0; TAG];
        tag.copy_from_slice(&context.sign().as_ref()[..TAG]);
        tag
    }

    /// Seals an RTP packet; its length with the tag. The rollover counter is authenticated as well.
    pub fn seal_rtp(&self, out: &mut [u8], plain: Plain<'_>, ssrc: u32, index: u64) -> Option<usize> {
        let (packet, rest) = out.split_at_mut_checked(plain.length())?;
        packet.get_mut(plain.header + plain.front..)?.copy_from_slice(plain.payload);
        self.apply(packet.get_mut(plain.header..)?, ssrc, index)?;
        *rest.first_chunk_mut()? = self.tag([packet, &rollover(index)]);
        Some(plain.length() + TAG)
    }

    /// Opens an RTP packet; its length without the tag.
    pub fn open_rtp(&self, packet: &mut [u8], header: usize, ssrc: u32, index: u64) -> Option<usize> {
        let (sealed, tag) = packet.split_at_mut_checked(packet.len().checked_sub(TAG)?)?;
        verify_slices_are_equal(&self.tag([sealed, &rollover(index)]), tag).ok()?;
        self.apply(sealed.get_mut(header..)?, ssrc, index)?;
        Some(sealed.len())
    }

    /// Seals an RTCP packet.
    pub fn seal_rtcp(&self, packet: &mut Vec<u8>, source: u32, word: u32) -> Option<()> {
        self.apply(packet.get_mut(RTCP_HEADER..)?, source, u64::from(word & !RTCP_ENCRYPTED))?;
        packet.extend_from_slice(&word.to_be_bytes());
        let tag = self.tag([packet, &[]]);
        packet.extend_from_slice(&tag);
        Some(())
    }

    /// The word of an RTCP packet with its index.
    pub fn rtcp_word(packet: &[u8]) -> Option<u32> {
        let (packet, _) = packet.split_last_chunk::<TAG>()?;
        Some(u32::from_be_bytes(*packet.last_chunk()?))
    }

    /// Opens an RTCP packet; its length without index and tag.
    pub fn open_rtcp(&self, packet: &mut [u8], source: u32, word: u32) -> Option<usize> {
        let (sealed, tag) = packet.split_at_mut_checked(packet.len().checked_sub(TAG)?)?;
        verify_slices_are_equal(&self.tag([sealed, &[]]), tag).ok()?;
        let end = sealed.len().checked_sub(RTCP_INDEX)?;
        self.apply(sealed.get_mut(RTCP_HEADER..end)?, source, u64::from(word & !RTCP_ENCRYPTED))?;
        Some(end)
    }
}

/// The rollover counter of an index.
fn rollover(index: u64) -> [u8; 4] {
    let [_, _, a, b, c, d, _, _] = index.to_be_bytes();
    [a, b, c, d]
}
