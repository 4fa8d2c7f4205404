//! A look into a client's first handshake message: which protection of media it knows (RFC 6347, RFC 5764).
//!
//! Browsers put the extensions in random order and often need two datagrams, so the message is put together first.

const HANDSHAKE: u8 = 22;
const CLIENT_HELLO: u8 = 1;
/// Longest message put together.
const MAX_BYTES: usize = 8192;

/// What is known of the message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// Not all of it has arrived.
    Incomplete,
    /// AES-128-GCM for media is offered, or not; or it is no such message.
    Whole {
        /// Whether it is offered.
        gcm: bool,
    },
}

/// A ClientHello on its way.
#[derive(Debug, Default)]
pub struct Hello {
    body: Vec<u8>,
    have: usize,
}

impl Hello {
    /// Takes a datagram of records.
    pub fn take(&mut self, datagram: &[u8]) -> Verdict {
        let mut rest = datagram;
        while let Some((header, tail)) = rest.split_first_chunk::<13>() {
            let length = usize::from(u16::from_be_bytes([header[11], header[12]]));
            let Some((message, tail)) = tail.split_at_checked(length) else { break };
            if header[0] != HANDSHAKE || self.fragment(message).is_none() {
                return Verdict::Whole { gcm: false };
            }
            rest = tail;
        }
        if self.body.is_empty() || self.have < self.body.len() {
            return Verdict::Incomplete;
        }
        let offered = profiles(&self.body).unwrap_or_default();
        Verdict::Whole { gcm: offered.chunks_exact(2).any(|profile| profile == [0x00, 0x07]) }
    }

    fn fragment(&mut self, message: &[u8]) -> Option<()> {
        let (header, part) = message.split_first_chunk::<12>()?;
        let wide = |at: usize| {
            usize::from(header[at]) << 16 | usize::from(header[at + 1]) << 8 | usize::from(header[at + 2])
        };
        let (total, offset) = (wide(1), wide(6));
        if header[0] != CLIENT_HELLO || total == 0 || total > MAX_BYTES {
            return None;
        }
        self.body.resize(total, 0);
        self.body.get_mut(offset..offset + part.len())?.copy_from_slice(part);
        if offset <= self.have {
            self.have = self.have.max(offset + part.len());
        }
        Some(())
    }
}

/// The list of protection profiles of the `use_srtp` extension.
fn profiles(body: &[u8]) -> Option<&[u8]> {
    const USE_SRTP: u16 = 14;
    // Version and random; then session id, cookie, cipher suites and compression methods, each behind its length.
    let mut rest = body.get(34..)?;
    for wide in [false, false, true, false] {
        rest = field(rest, wide)?.1;
    }
    let mut extensions = rest.get(2..)?;
    while let Some((head, tail)) = extensions.split_first_chunk::<2>() {
        let (value, tail) = field(tail, true)?;
        if u16::from_be_bytes(*head) == USE_SRTP {
            return Some(field(value, true)?.0);
        }
        extensions = tail;
    }
    None
}

fn field(bytes: &[u8], wide: bool) -> Option<(&[u8], &[u8])> {
    let (length, rest) = match bytes {
        [high, low, rest @ ..] if wide => (usize::from(u16::from_be_bytes([*high, *low])), rest),
        [length, rest @ ..] if !wide => (usize::from(*length), rest),
        _ => return None,
    };
    rest.split_at_checked(length)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn body(profiles: &[u8]) -> Vec<u8> {
        let mut body = vec![0; 34];
        body.extend_from_slice(&[1, 9, 2, 8, 8, 0, 2, 0xC0, 0x2B, 1, 0, 0, 99]);
        body.extend_from_slice(&[0, 23, 0, 0]);
        let length = u8::try_from(profiles.len()).unwrap();
        body.extend_from_slice(&[0, 14, 0, length + 3, 0, length]);
        body.extend_from_slice(profiles);
        body.push(0);
        body
    }

    /// The message in datagrams of so many bytes.
    fn datagrams(body: &[u8], size: usize) -> Vec<Vec<u8>> {
        let short = |value: usize| u8::try_from(value).unwrap();
        let parts = body.chunks(size).enumerate().map(|(index, part)| {
            let mut datagram =
                vec![HANDSHAKE, 254, 253, 0, 0, 0, 0, 0, 0, 0, short(index), 0, short(part.len() + 12)];
            datagram.extend_from_slice(&[
                CLIENT_HELLO,
                0,
                0,
                short(body.len()),
                0,
                0,
                0,
                0,
                short(index * size),
                0,
                0,
            ]);
            datagram.push(short(part.len()));
            datagram.extend_from_slice(part);
            datagram
        });
        parts.collect()
    }

    #[test]
    fn the_fast_profile_is_found_wherever_it_stands_and_however_the_message_is_cut() {
        for (profiles, gcm) in [(&[0, 1, 0, 8, 0, 7][..], true), (&[0, 1, 0, 8], false)] {
            let body = body(profiles);
            for size in [5, 30, 60, 200] {
                let (mut hello, parts) = (Hello::default(), datagrams(&body, size));
                let (last, first) = parts.split_last().unwrap();
                assert!(first.iter().all(|part| hello.take(part) == Verdict::Incomplete));
                assert_eq!(hello.take(last), Verdict::Whole { gcm });
            }
        }
    }

    proptest! {
        #[test]
        fn any_datagrams_are_survived(datagrams in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..80), 0..5)) {
            let mut hello = Hello::default();
            for mut datagram in datagrams {
                hello.take(&datagram);
                if datagram.len() > 30 {
                    datagram[0] = HANDSHAKE;
                    datagram[11..14].copy_from_slice(&[0, 14, CLIENT_HELLO]);
                    hello.take(&datagram);
                }
            }
        }
    }
}
