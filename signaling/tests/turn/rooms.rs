//! Participants reach their room's media through TURN.

use super::client::ALL;
use super::world::World;

#[tokio::test]
async fn on_every_transport_a_participant_reaches_its_room_and_is_seen_under_its_relayed_address() {
    let world = World::new().await;
    for transport in ALL {
        let joined = world.join(&format!("{transport:?}")).await;
        let mut client = world.turn(transport, &joined).await;
        let relayed = client.allocate().await.expect("the credentials are good");
        client.permit(relayed, joined.candidate).await.expect("the room's media");
        let mut on_channel = 0;
        for _ in 0..4 {
            let (seen, channel, from) = client.check(relayed, &joined).await;
            assert_eq!((seen, from), (relayed, joined.candidate), "{transport:?}");
            on_channel += usize::from(channel);
        }
        assert!(on_channel > 0, "{transport:?}: after the first indications there is a channel");
    }
}

#[tokio::test]
async fn whoever_joins_is_told_where_and_whoever_comes_back_is_told_again() {
    let world = World::new().await;
    let joined = world.join("endpoint:1").await;
    let [server] = joined.servers.as_slice() else { panic!("{:?}", joined.servers) };
    let port = |transport| world.port(transport);
    let urls = [
        format!("turn:127.0.0.1:{}?transport=udp", port(ALL[0])),
        format!("turn:127.0.0.1:{}?transport=tcp", port(ALL[1])),
        format!("turns:127.0.0.1:{}?transport=tcp", port(ALL[2])),
    ];
    assert_eq!(server.urls, urls);
    assert!(server.username.ends_with(":endpoint:1"));
    let again = world.resume("endpoint:1", &joined.sid).await;
    let mut back = joined.clone();
    back.servers = again;
    let mut client = world.turn(ALL[1], &back).await;
    client.allocate().await.expect("they are good");
}
