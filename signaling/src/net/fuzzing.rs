//! Way in to the sockets for the fuzz targets: see [`crate::fuzzing`].

use super::framing;
use crate::fuzzing::start;
use crate::media::Source;
use crate::media::fuzzing::waiting;

/// A TCP stream of somebody of whom nothing is known: cut into datagrams, each of which goes where its first byte says.
pub fn stream(mut bytes: &[u8]) {
    let Some(mut engine) = waiting() else { return };
    let from = Source::Tcp(1, ([10, 0, 0, 1], 5000).into());
    let mut buffer = [0; framing::MAX_BYTES];
    while let Ok(Some(length)) = futures::executor::block_on(framing::read(&mut bytes, &mut buffer)) {
        engine.datagram(start(), from, &mut buffer[..length]);
        while engine.poll_event().is_some() {}
        engine.transmit(|_, _, _| {});
    }
    engine.disconnected(from);
    engine.tick(start() + std::time::Duration::from_secs(1));
}
