//! Messages on a stream (RFC 8656 section 12.5, RFC 8489 section 6.2.2): each says how long it is, and ChannelData is
//! padded to a multiple of four bytes.

use bytes::{Buf as _, BytesMut};

use super::message::MAX_BYTES;

/// Bytes of a ChannelData header: channel and length.
pub const CHANNEL_HEADER: usize = 4;
/// Bytes of a STUN header.
const STUN_HEADER: usize = 20;

/// What comes on the stream is no TURN.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("what comes on the stream is no TURN")]
pub struct Broken;

/// Takes the next whole message out of what was read, its padding left behind; `None` while there is none.
pub fn next(read: &mut BytesMut) -> Result<Option<BytesMut>, Broken> {
    let Some(head) = read.first_chunk::<4>() else { return Ok(None) };
    let length = usize::from(u16::from_be_bytes([head[2], head[3]]));
    // RFC 7983: the first two bits tell the two apart.
    let (bytes, padded) = match head[0] >> 6 {
        0 if length.is_multiple_of(4) => (STUN_HEADER + length, STUN_HEADER + length),
        1 => (CHANNEL_HEADER + length, (CHANNEL_HEADER + length).next_multiple_of(4)),
        _ => return Err(Broken),
    };
    if bytes > MAX_BYTES {
        return Err(Broken);
    }
    if read.len() < padded {
        read.reserve(padded - read.len());
        return Ok(None);
    }
    let message = read.split_to(bytes);
    read.advance(padded - bytes);
    Ok(Some(message))
}

/// Appends a ChannelData message; on a stream it is padded.
pub fn channel_data(channel: u16, datagram: &[u8], padded: bool, out: &mut Vec<u8>) {
    let Ok(length) = u16::try_from(datagram.len()) else { return };
    out.extend_from_slice(&channel.to_be_bytes());
    out.extend_from_slice(&length.to_be_bytes());
    out.extend_from_slice(datagram);
    if padded {
        out.resize(out.len() + datagram.len().next_multiple_of(4) - datagram.len(), 0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_keep_their_borders_however_the_stream_is_cut() {
        let mut stream = Vec::new();
        channel_data(0x4000, b"one", true, &mut stream);
        let mut stun = vec![0; STUN_HEADER + 8];
        (stun[1], stun[3]) = (3, 8);
        stream.extend_from_slice(&stun);
        channel_data(0x4001, &[7; 1200], true, &mut stream);
        for piece in [1, 3, 64, stream.len()] {
            let (mut read, mut found) = (BytesMut::new(), Vec::new());
            for bytes in stream.chunks(piece) {
                read.extend_from_slice(bytes);
                while let Some(message) = next(&mut read).unwrap() {
                    found.push(message.to_vec());
                }
            }
            assert_eq!(found.len(), 3);
            assert_eq!((&found[0][..4], &found[0][4..]), (&[0x40, 0, 0, 3][..], &b"one"[..]));
            assert_eq!(found[1], stun);
            assert_eq!((found[2][0], &found[2][4..]), (0x40, &[7; 1200][..]));
            assert!(read.is_empty());
        }
    }

    #[test]
    fn what_is_no_turn_ends_the_stream_at_its_first_bytes() {
        for bytes in [&b"GET / HTTP/1.1"[..], &[0x16, 3, 1, 2, 1], &[0x40, 0, 0xFF, 0xFF], &[0, 1, 0, 3]] {
            let judged = next(&mut BytesMut::from(bytes));
            assert!(judged == Err(Broken), "{bytes:?}: {judged:?}");
        }
    }
}
