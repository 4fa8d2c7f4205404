//! What lies beside the room's media cannot be reached.

use std::net::SocketAddr;

use super::client::ALL;
use super::world::World;

#[tokio::test]
async fn a_neighbour_on_the_same_machine_hears_nothing() {
    let world = World::new().await;
    let neighbour = std::net::UdpSocket::bind("127.0.0.1:0").expect("a free port");
    neighbour.set_nonblocking(true).expect("a socket");
    let beside = neighbour.local_addr().expect("bound");
    for transport in ALL {
        let joined = world.join(&format!("{transport:?}")).await;
        let mut client = world.turn(transport, &joined).await;
        let relayed = client.allocate().await.expect("the credentials are good");
        client.permit(relayed, joined.candidate).await.expect("the room's media");
        // A permission is for an address, whatever the port: this one is granted, and opens nothing.
        client.permit(relayed, beside).await.expect("the same address");
        client.send(relayed, beside, b"anybody there?").await;
        // What was sent before has been dealt with when this is answered.
        client.check(relayed, &joined).await;
        let heard = neighbour.recv(&mut [0; 64]).map_err(|error| error.kind());
        assert_eq!(heard, Err(std::io::ErrorKind::WouldBlock), "{transport:?}");
    }
}

#[tokio::test]
async fn other_addresses_are_refused() {
    let world = World::new().await;
    let joined = world.join("endpoint:1").await;
    let mut client = world.turn(ALL[0], &joined).await;
    let relayed = client.allocate().await.expect("the credentials are good");
    for peer in [
        "10.0.0.1:7882",
        "192.168.0.1:80",
        "169.254.169.254:80",
        "127.0.0.2:7882",
        "224.0.0.1:1",
        "8.8.8.8:53",
    ] {
        let peer: SocketAddr = peer.parse().expect("an address");
        let refused = client.permit(relayed, peer).await.expect_err("refused");
        assert!(refused.contains("403"), "{peer}: {refused}");
    }
}
