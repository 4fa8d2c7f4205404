//! SRTP: what leaves is sealed from where it lies and what arrives is opened in place, with AES-128-GCM for those who speak it and
//! AES-CM-HMAC-SHA1 for the others. The protocol crate is not asked: it remembers every source that is named to it before
//! its packet has proven authentic, and takes RTCP that says of itself that it is not encrypted.
//!
//! State for a source exists only after one of its packets has proven authentic, and an index leaves under one key at most
//! once: a packet is sealed only by [`Seal::rtp`], whose index the caller never repeats, and by [`Seal::rtcp`], which counts.

mod cm;
mod gcm;

use std::collections::{HashMap, VecDeque};

use rtc_shared::error::Error;
use rtc_srtp::config::{Config, SessionKeys};
use rtc_srtp::protection_profile::ProtectionProfile;
use rtc_stun::crypto::{BlockCipherAlgorithm, RTCCrypto};

use super::dtls::Keys;
use super::replay::Window;
use cm::Cm;
use gcm::Gcm;

/// Bytes of tag behind a sealed packet, at most.
pub const MAX_TAG: usize = 16;
/// Bytes of an RTCP packet that stay readable: its header and the source.
const RTCP_HEADER: usize = 8;
/// The first bit of the index behind an RTCP packet: the packet is encrypted (RFC 3711 section 3.4).
const RTCP_ENCRYPTED: u32 = 1 << 31;

/// Protects what leaves.
pub struct Seal {
    rtp: Cipher,
    rtcp: Cipher,
    rtcp_index: u32,
}

/// Opens what arrives.
pub struct Open {
    rtp: Cipher,
    rtcp: Cipher,
    sources: HashMap<u32, Window>,
    /// Sources of RTCP, oldest first.
    reporters: Vec<(u32, Window)>,
    /// Sources that are not used any more, oldest first.
    retired: VecDeque<u32>,
    max_sources: usize,
}

/// An RTP packet that is to be sealed.
#[derive(Debug, Clone, Copy)]
pub struct Plain<'a> {
    /// Bytes of its header, which stay readable.
    pub header: usize,
    /// Bytes of its payload that stand behind the header already.
    pub front: usize,
    /// The rest of its payload, wherever it lies.
    pub payload: &'a [u8],
}

impl Plain<'_> {
    /// Bytes of the packet, without the tag.
    fn length(&self) -> usize {
        self.header + self.front + self.payload.len()
    }
}

enum Cipher {
    Gcm(Gcm),
    Cm(Box<Cm>),
}

/// Both directions of one connection, from the keys of the handshake. We are the DTLS server.
pub fn contexts(keys: &Keys, crypto: &dyn RTCCrypto, max_sources: usize) -> Result<(Seal, Open), Error> {
    let mut config = Config { profile: keys.profile, ..Config::default() };
    config.set_session_keys_from_keying_material(&keys.material, false)?;
    contexts_from(&config.keys, keys.profile, crypto, max_sources)
}

/// Both directions from explicit keys.
pub fn contexts_from(
    keys: &SessionKeys,
    profile: ProtectionProfile,
    crypto: &dyn RTCCrypto,
    max_sources: usize,
) -> Result<(Seal, Open), Error> {
    let local =
        |labels| Cipher::new(&keys.local_master_key, &keys.local_master_salt, profile, labels, crypto);
    let remote =
        |labels| Cipher::new(&keys.remote_master_key, &keys.remote_master_salt, profile, labels, crypto);
    let seal = Seal { rtp: local(RTP)?, rtcp: local(RTCP)?, rtcp_index: 0 };
    let open = Open {
        rtp: remote(RTP)?,
        rtcp: remote(RTCP)?,
        sources: HashMap::new(),
        reporters: Vec::new(),
        retired: VecDeque::new(),
        max_sources,
    };
    Ok((seal, open))
}

/// Labels of RFC 3711 section 4.3.2: of the key, of the authentication and of the salt.
type Labels = [u8; 3];
const RTP: Labels = [0, 1, 2];
const RTCP: Labels = [3, 4, 5];

impl Cipher {
    fn new(
        key: &[u8],
        salt: &[u8],
        profile: ProtectionProfile,
        labels: Labels,
        crypto: &dyn RTCCrypto,
    ) -> Result<Self, Error> {
        let [encryption, authentication, salting] = labels;
        let encryption = derive(crypto, encryption, key, salt)?;
        let salting = derive(crypto, salting, key, salt)?;
        let made = if matches!(profile, ProtectionProfile::AeadAes128Gcm) {
            Gcm::new(&encryption, &salting).map(Self::Gcm)
        } else {
            let authentication = derive(crypto, authentication, key, salt)?;
            Cm::new(&encryption, &authentication, &salting).map(|cm| Self::Cm(Box::new(cm)))
        };
        made.ok_or_else(|| Error::Crypto("no cipher for these keys".to_owned()))
    }

    /// Seals an RTP packet; its length with the tag.
    fn seal_rtp(&self, out: &mut [u8], plain: Plain<'_>, ssrc: u32, index: u64) -> Option<usize> {
        match self {
            Self::Gcm(gcm) => gcm.seal_rtp(out, plain, ssrc, index),
            Self::Cm(cm) => cm.seal_rtp(out, plain, ssrc, index),
        }
    }

    /// Opens an RTP packet; the length of what is left.
    fn open_rtp(&self, packet: &mut [u8], header: usize, ssrc: u32, index: u64) -> Option<usize> {
        match self {
            Self::Gcm(gcm) => gcm.open_rtp(packet, header, ssrc, index),
            Self::Cm(cm) => cm.open_rtp(packet, header, ssrc, index),
        }
    }

    /// Seals an RTCP packet; `word` is its index with the bit for encryption.
    fn seal_rtcp(&self, packet: &mut Vec<u8>, source: u32, word: u32) -> Option<()> {
        match self {
            Self::Gcm(gcm) => gcm.seal_rtcp(packet, source, word),
            Self::Cm(cm) => cm.seal_rtcp(packet, source, word),
        }
    }

    /// The word of an RTCP packet with its index.
    fn rtcp_word(&self, packet: &[u8]) -> Option<u32> {
        match self {
            Self::Gcm(_) => Some(u32::from_be_bytes(*packet.last_chunk()?)),
            Self::Cm(_) => Cm::rtcp_word(packet),
        }
    }

    /// Opens an RTCP packet; the length of what is left.
    fn open_rtcp(&self, packet: &mut [u8], source: u32, word: u32) -> Option<usize> {
        match self {
            Self::Gcm(gcm) => gcm.open_rtcp(packet, source, word),
            Self::Cm(cm) => cm.open_rtcp(packet, source, word),
        }
    }
}

/// The key derivation of RFC 3711 section 4.3.3 with a rate of zero: two blocks, enough for any of the keys.
fn derive(crypto: &dyn RTCCrypto, label: u8, key: &[u8], salt: &[u8]) -> Result<[u8; 32], Error> {
    let mut blocks = [0; 32];
    for (number, block) in (0..).zip(blocks.chunks_exact_mut(16)) {
        let length = salt.len().min(14);
        block[..length].copy_from_slice(&salt[..length]);
        block[7] ^= label;
        block[15] = number;
        crypto
            .block_encrypt(BlockCipherAlgorithm::Aes128, key, block)
            .map_err(|error| Error::Crypto(error.to_string()))?;
    }
    Ok(blocks)
}

/// The source that an RTCP packet names.
fn reporter(packet: &[u8]) -> Option<u32> {
    Some(u32::from_be_bytes(*packet.get(4..)?.first_chunk()?))
}

impl Seal {
    /// Seals the packet at the front of `out`, of which `plain` says what stands there already; its length with the tag, at
    /// most [`MAX_TAG`] bytes more. `index` is the rollover counter and the sequence number. `None` where `out` is too short;
    /// then it holds nothing that may leave.
    pub fn rtp(&self, out: &mut [u8], plain: Plain<'_>, ssrc: u32, index: u64) -> Option<usize> {
        self.rtp.seal_rtp(out, plain, ssrc, index)
    }

    /// Seals a compound RTCP packet. `None` where it names no source, or when the 2^31 packets that one key may seal have
    /// left: at fifty in a second that is after a year.
    pub fn rtcp(&mut self, packet: &[u8]) -> Option<Vec<u8>> {
        if self.rtcp_index >= RTCP_ENCRYPTED {
            return None;
        }
        let mut sealed = Vec::with_capacity(packet.len() + MAX_TAG + 4);
        sealed.extend_from_slice(packet);
        self.rtcp.seal_rtcp(&mut sealed, reporter(packet)?, self.rtcp_index | RTCP_ENCRYPTED)?;
        self.rtcp_index += 1;
        Some(sealed)
    }
}

/// Why a packet was not opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rejected {
    /// Seen before, or too old to tell.
    Replayed,
    /// Not from whom it says, or damaged.
    Forged,
    /// One source too many.
    TooMany,
}

impl Open {
    /// Opens an RTP packet in place. `header` is the length of its header. Returns the length of the plaintext packet.
    pub fn rtp(
        &mut self,
        packet: &mut [u8],
        header: usize,
        ssrc: u32,
        sequence: u16,
    ) -> Result<usize, Rejected> {
        let known = self.sources.get(&ssrc);
        let full = known.is_none() && self.sources.len() >= self.max_sources;
        if full && self.retired.is_empty() {
            return Err(Rejected::TooMany);
        }
        let index = known.map_or(u64::from(sequence), |window| window.extend(sequence));
        if known.is_some_and(|window| window.seen(index)) {
            return Err(Rejected::Replayed);
        }
        let length = self.rtp.open_rtp(packet, header, ssrc, index).ok_or(Rejected::Forged)?;
        if full && let Some(oldest) = self.retired.pop_front() {
            self.sources.remove(&oldest);
        }
        self.sources.entry(ssrc).or_default().record(index);
        Ok(length)
    }

    /// A source is not used any more. It is remembered, so that nothing of it can be replayed, until a new one needs its
    /// place: in a long session a screen is shared many times, each time from sources of its own.
    pub fn retire(&mut self, ssrc: u32) {
        if self.sources.contains_key(&ssrc) {
            self.retired.push_back(ssrc);
        }
    }

    /// A source that was given up is used again.
    pub fn employ(&mut self, ssrc: u32) {
        self.retired.retain(|retired| *retired != ssrc);
    }

    /// Opens a compound RTCP packet in place. Returns its length without index and tag. What says of itself that it is not
    /// encrypted is refused: nobody sends that.
    pub fn rtcp(&mut self, packet: &mut [u8]) -> Option<usize> {
        let source = reporter(packet)?;
        let word = self.rtcp.rtcp_word(packet).filter(|word| word & RTCP_ENCRYPTED != 0)?;
        let index = u64::from(word & !RTCP_ENCRYPTED);
        let known = self.reporters.iter().position(|(known, _)| *known == source);
        if known.is_some_and(|place| self.reporters[place].1.seen(index)) {
            return None;
        }
        let length = self.rtcp.open_rtcp(packet, source, word)?;
        let place = known.unwrap_or_else(|| {
            // A source that is not heard of for so long that so many others were: its old packets could be replayed, to no
            // effect but a key frame.
            if self.reporters.len() >= self.max_sources {
                self.reporters.remove(0);
            }
            self.reporters.push((source, Window::default()));
            self.reporters.len() - 1
        });
        self.reporters[place].1.record(index);
        Some(length)
    }
}

#[cfg(test)]
mod tests;
