//! How long, how many, how patient.

use std::time::Duration;

use signaling::turn::Limits;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use super::client::{ALL, Transport};
use super::world::{PATIENCE, World};

#[tokio::test]
async fn credentials_whose_time_is_over_open_nothing() {
    let world = World::with(Limits { credential_ttl: Duration::ZERO, ..Limits::default() }).await;
    let joined = world.join("endpoint:1").await;
    for transport in ALL {
        let refused = world.turn(transport, &joined).await.allocate().await.expect_err("refused");
        assert!(refused.contains("401"), "{transport:?}: {refused}");
    }
}

#[tokio::test]
async fn a_participant_has_its_share_and_gets_it_back_when_a_connection_breaks() {
    let world = World::with(Limits { allocations_per_user: 1, ..Limits::default() }).await;
    let joined = world.join("endpoint:1").await;
    let mut first = world.turn(Transport::Tls, &joined).await;
    first.allocate().await.expect("the first");
    let refused = world.turn(Transport::Udp, &joined).await.allocate().await.expect_err("the second");
    assert!(refused.contains("486"), "{refused}");
    let other = world.join("endpoint:2").await;
    world.turn(Transport::Udp, &other).await.allocate().await.expect("somebody else's first");
    drop(first);
    // The server hears of the end of a connection a moment after us.
    while world.turn(Transport::Tcp, &joined).await.allocate().await.is_err() {}
}

#[tokio::test]
async fn a_connection_that_wants_nothing_is_not_held() {
    let world = World::with(Limits { idle: Duration::from_millis(50), ..Limits::default() }).await;
    for transport in [Transport::Tcp, Transport::Tls] {
        for said in [&b""[..], b"GET / HTTP/1.1\r\n\r\n", &[0, 3, 0, 8]] {
            let mut stream =
                TcpStream::connect(("127.0.0.1", world.port(transport))).await.expect("listening");
            stream.write_all(said).await.expect("open");
            let mut rest = Vec::new();
            // Reset or end: either way nobody is there any more. TLS may say first what it did not like.
            let _ = tokio::time::timeout(PATIENCE, stream.read_to_end(&mut rest)).await.expect("an end");
            assert!(rest.len() < 16, "{rest:?}");
        }
    }
}

#[tokio::test]
async fn no_more_connections_than_allowed_are_held_and_a_closed_one_makes_room() {
    let world = World::with(Limits { connections_per_address: 1, ..Limits::default() }).await;
    let joined = world.join("endpoint:1").await;
    let mut held = world.turn(Transport::Tcp, &joined).await;
    held.allocate().await.expect("the only one");
    let mut second = TcpStream::connect(("127.0.0.1", world.port(Transport::Tcp))).await.expect("listening");
    let ended = tokio::time::timeout(PATIENCE, second.read(&mut [0; 16])).await.expect("an end");
    assert!(matches!(ended, Ok(0) | Err(_)), "{ended:?}");
    drop(held);
    // The server hears of the end of a connection a moment after us.
    while !is_answered(world.port(Transport::Tcp)).await {}
}

/// Whether somebody who asks where it is seen is told.
async fn is_answered(port: u16) -> bool {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).await.expect("listening");
    let mut request = [0; 20];
    request[..8].copy_from_slice(&[0, 1, 0, 0, 0x21, 0x12, 0xA4, 0x42]);
    let asked = stream.write_all(&request).await;
    let told = tokio::time::timeout(PATIENCE, stream.read(&mut [0; 64])).await.expect("an answer or an end");
    asked.is_ok() && matches!(told, Ok(1..))
}
