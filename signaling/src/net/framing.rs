//! RFC 4571: a datagram on a TCP stream is its length in two bytes, then itself.

use std::io;

use tokio::io::{AsyncRead, AsyncReadExt};

/// Longest datagram taken. Nothing that a client of ours sends is longer.
pub const MAX_BYTES: usize = 4096;

/// Reads one datagram into `buffer`; its length, or `None` at the end of the stream.
pub async fn read(stream: &mut (impl AsyncRead + Unpin), buffer: &mut [u8]) -> io::Result<Option<usize>> {
    let length = match stream.read_u16().await {
        Ok(length) => usize::from(length),
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(None),
        Err(error) => return Err(error),
    };
    let Some(place) = buffer.get_mut(..length) else {
        return Err(io::Error::new(io::ErrorKind::InvalidData, "datagram too long"));
    };
    stream.read_exact(place).await?;
    Ok(Some(length))
}

/// Appends a datagram to what a stream is to be given.
pub fn write(out: &mut Vec<u8>, datagram: &[u8]) {
    if let Ok(length) = u16::try_from(datagram.len()) {
        out.extend_from_slice(&length.to_be_bytes());
        out.extend_from_slice(datagram);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn datagrams_keep_their_borders_on_a_stream() {
        let mut out = Vec::new();
        for datagram in [&b"one"[..], &[], &[7; 1200]] {
            write(&mut out, datagram);
        }
        let (mut stream, mut buffer) = (&out[..], [0; MAX_BYTES]);
        for expected in [&b"one"[..], &[], &[7; 1200]] {
            let length = read(&mut stream, &mut buffer).await.unwrap().unwrap();
            assert_eq!(&buffer[..length], expected);
        }
        assert_eq!(read(&mut stream, &mut buffer).await.unwrap(), None);
    }

    #[tokio::test]
    async fn a_length_beyond_all_sense_ends_the_connection() {
        let mut stream = &[0xFF, 0xFF, 1, 2, 3][..];
        assert!(read(&mut stream, &mut [0; MAX_BYTES]).await.is_err());
    }
}
