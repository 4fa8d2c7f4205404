//! A look into a client's first handshake message: which protection of media it knows (RFC 6347, RFC 5764).

/// Whether the record is a ClientHello that offers AES-128-GCM for media. A message cut into fragments is read as far
/// as its first one goes.
pub fn offers_gcm(record: &[u8]) -> bool {
    profiles(record).is_some_and(|profiles| profiles.chunks_exact(2).any(|profile| profile == [0x00, 0x07]))
}

/// The list of protection profiles of the `use_srtp` extension.
fn profiles(record: &[u8]) -> Option<&[u8]> {
    const HANDSHAKE: u8 = 22;
    const CLIENT_HELLO: u8 = 1;
    const USE_SRTP: u16 = 14;
    let (header, message) = record.split_at_checked(13)?;
    let (kind, body) = message.split_at_checked(12)?;
    if header[0] != HANDSHAKE || kind[0] != CLIENT_HELLO || kind[6..9] != [0, 0, 0] {
        return None;
    }
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

    fn hello(profiles: &[u8]) -> Vec<u8> {
        let mut record = vec![22; 1];
        record.extend_from_slice(&[0; 12]);
        record.push(1);
        record.extend_from_slice(&[0; 11]);
        record.extend_from_slice(&[0; 34]);
        record.extend_from_slice(&[1, 9, 2, 8, 8, 0, 2, 0xC0, 0x2B, 1, 0, 0, 99]);
        record.extend_from_slice(&[0, 23, 0, 0]);
        let length = u8::try_from(profiles.len()).unwrap();
        record.extend_from_slice(&[0, 14, 0, length + 3, 0, length]);
        record.extend_from_slice(profiles);
        record.push(0);
        record
    }

    #[test]
    fn the_fast_profile_is_found_wherever_it_stands() {
        assert!(offers_gcm(&hello(&[0, 1, 0, 8, 0, 7])));
        assert!(!offers_gcm(&hello(&[0, 1, 0, 8])));
    }

    proptest! {
        #[test]
        fn any_record_is_survived(bytes in prop::collection::vec(any::<u8>(), 0..200), cut in 0_usize..80) {
            offers_gcm(&bytes);
            let whole = hello(&[0, 1, 0, 7]);
            offers_gcm(&whole[..cut.min(whole.len())]);
        }
    }
}
