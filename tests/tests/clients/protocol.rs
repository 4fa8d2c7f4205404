//! Every scenario of the protocol with every client, mixed in one room, on both join paths.

use serde_json::json;
use tests::{
    attendee::{Attendee, Kind},
    line::Line,
    mixed_room::MixedRoom,
    peer::JoinPath,
    world::whole_machine,
};

/// What a client does or has done to it, while the two others look on.
#[derive(Debug, Clone, Copy)]
enum Scenario {
    CameraThenMicrophoneThenScreen,
    MicrophoneAgainAfterTheCamera,
    MuteAndUnmute,
    UnpublishAndRepublish,
    DataToAllAndToOne,
    ResumeAfterTheSocketBroke,
    IceRestartAtAnotherAddress,
    PlaceGivenUpWhileAway,
    MutedByTheModerator,
    DescribedByTheModerator,
    HiddenByTheModerator,
    NoLongerAllowedToPublish,
    TheSameIdentityTwice,
    RemovedByTheModerator,
    LeaveAndComeAgain,
}

impl Scenario {
    const ALL: [Self; 15] = [
        Self::CameraThenMicrophoneThenScreen,
        Self::MicrophoneAgainAfterTheCamera,
        Self::MuteAndUnmute,
        Self::UnpublishAndRepublish,
        Self::DataToAllAndToOne,
        Self::ResumeAfterTheSocketBroke,
        Self::IceRestartAtAnotherAddress,
        Self::PlaceGivenUpWhileAway,
        Self::MutedByTheModerator,
        Self::DescribedByTheModerator,
        Self::HiddenByTheModerator,
        Self::NoLongerAllowedToPublish,
        Self::TheSameIdentityTwice,
        Self::RemovedByTheModerator,
        Self::LeaveAndComeAgain,
    ];

    async fn run(self, room: &mut MixedRoom, who: usize) {
        match self {
            Self::CameraThenMicrophoneThenScreen => publish_all(room, who).await,
            Self::MicrophoneAgainAfterTheCamera => microphone_again(room, who).await,
            Self::MuteAndUnmute => mute_and_unmute(room, who).await,
            Self::UnpublishAndRepublish => unpublish_and_republish(room, who).await,
            Self::DataToAllAndToOne => data(room, who).await,
            Self::ResumeAfterTheSocketBroke => resume(room, who).await,
            Self::IceRestartAtAnotherAddress => another_address(room, who).await,
            Self::PlaceGivenUpWhileAway => place_given_up(room, who).await,
            Self::MutedByTheModerator => muted_by_the_moderator(room, who).await,
            Self::DescribedByTheModerator => described(room, who).await,
            Self::HiddenByTheModerator => hidden(room, who).await,
            Self::NoLongerAllowedToPublish => not_allowed(room, who).await,
            Self::TheSameIdentityTwice => the_same_identity_twice(room, who).await,
            Self::RemovedByTheModerator => removed(room, who).await,
            Self::LeaveAndComeAgain => leave_and_come_again(room, who).await,
        }
    }
}

async fn publish_all(room: &mut MixedRoom, who: usize) {
    for source in ["camera", "microphone", "screen"] {
        room.attendees[who].source("publish", source).await;
    }
    for source in ["camera", "microphone", "screen"] {
        room.others_receive(who, source).await;
    }
    room.attendees[who].source("unpublish", "screen").await;
    room.others_told(who, "track_unsubscribed", |line| line["source"] == "screen").await;
}

async fn microphone_again(room: &mut MixedRoom, who: usize) {
    room.attendees[who].source("unpublish", "microphone").await;
    room.others_told(who, "track_unsubscribed", |line| line["source"] == "microphone").await;
    room.attendees[who].source("publish", "microphone").await;
    room.others_receive(who, "microphone").await;
    room.others_receive(who, "camera").await;
}

async fn mute_and_unmute(room: &mut MixedRoom, who: usize) {
    for source in ["microphone", "camera"] {
        room.attendees[who].source("mute", source).await;
        room.others_told(who, "muted", |line| line["source"] == source).await;
        room.attendees[who].source("unmute", source).await;
        room.others_told(who, "unmuted", |line| line["source"] == source).await;
        room.others_receive(who, source).await;
    }
}

async fn unpublish_and_republish(room: &mut MixedRoom, who: usize) {
    for _ in 0..2 {
        room.attendees[who].source("unpublish", "camera").await;
        room.others_told(who, "track_unsubscribed", |line| line["source"] == "camera").await;
        room.attendees[who].source("publish", "camera").await;
        room.others_receive(who, "camera").await;
    }
    room.others_receive(who, "microphone").await;
}

/// The destined message goes first: who has the second, on the same ordered channel, would have had the first.
async fn data(room: &mut MixedRoom, who: usize) {
    let one = (who + 1) % room.attendees.len();
    let to = room.identity(one);
    let me = &mut room.attendees[who];
    me.act(&json!({"do": "say", "topic": "one", "text": "Riêng cho Tuần Giáo", "to": [to.as_str()]})).await;
    me.act(&json!({"do": "say", "topic": "all", "text": "Kính chào các điểm cầu"})).await;
    room.others_told(who, "data", |line| line["text"] == "Kính chào các điểm cầu").await;
    for other in room.others(who) {
        assert_eq!(
            other.was_told("data", |line| line["text"] == "Riêng cho Tuần Giáo"),
            other.identity == to,
            "{}",
            other.kind
        );
    }
    let lossy = json!({"do": "say", "topic": "lossy", "text": "Giơ tay", "reliable": false});
    room.attendees[who].act(&lossy).await;
    room.others_told(who, "data", |line| line["topic"] == "lossy").await;
}

/// What holds after a client came back within the linger window: nobody saw it leave, and all goes on.
async fn nobody_noticed(room: &mut MixedRoom, who: usize, sid: &serde_json::Value) {
    let now = room.attendees[who].act(&json!({"do": "state"})).await;
    assert_eq!((&now["connected"], &now["sid"]), (&json!(true), sid), "the same participant as before");
    for source in ["camera", "microphone"] {
        room.others_receive(who, source).await;
    }
    let (identity, one) = (room.identity(who), (who + 1) % room.attendees.len());
    let other = room.identity(one);
    room.attendees[who].receives(&other, "camera").await;
    room.attendees[who].act(&json!({"do": "say", "topic": "again", "text": "Nghe rõ"})).await;
    room.others_told(who, "data", |line| line["topic"] == "again").await;
    for other in room.others(who) {
        assert!(!other.was_told("participant_left", |line| line["identity"] == identity.as_str()));
    }
}

async fn resume(room: &mut MixedRoom, who: usize) {
    let sid = room.attendees[who].act(&json!({"do": "state"})).await["sid"].clone();
    let port = room.world.giaoban.port();
    room.attendees[who].line.break_connections(port).await;
    room.attendees[who].event("reconnected", |_| true).await;
    nobody_noticed(room, who, &sid).await;
}

/// A client may join anew here, by its own rules: any on a machine that is starved for the fifteen seconds that it gives its
/// resume, and Firefox where SCTP has something to say while the network is away, a heartbeat every 30 s: that ends its DTLS for
/// good. So this is tried again once, and must then go well: with a join the 30 s begin anew.
async fn another_address(room: &mut MixedRoom, who: usize) {
    for last in [false, true] {
        let sid = room.attendees[who].act(&json!({"do": "state"})).await["sid"].clone();
        room.attendees[who].line.unplug().await;
        room.attendees[who].line.plug_in().await;
        room.attendees[who].event("reconnected", |_| true).await;
        let now = room.attendees[who].act(&json!({"do": "state"})).await["sid"].clone();
        if last || now == sid {
            return nobody_noticed(room, who, &sid).await;
        }
        for source in ["camera", "microphone"] {
            room.others_receive(who, source).await;
        }
        // That it left is of this try, not of the next.
        for attendee in &mut room.attendees {
            attendee.forget();
        }
    }
}

/// What the server says to a client that is away does not arrive: it hears that its place is gone when it comes back.
async fn place_given_up(room: &mut MixedRoom, who: usize) {
    room.attendees[who].line.unplug().await;
    room.moderate(who, json!({"do": "remove"})).await;
    room.others_told(who, "participant_left", |_| true).await;
    room.attendees[who].line.plug_in().await;
    room.attendees[who].event("reconnected", |_| true).await;
    room.others_told(who, "participant_joined", |_| true).await;
    for source in ["camera", "microphone"] {
        room.others_receive(who, source).await;
    }
}

async fn muted_by_the_moderator(room: &mut MixedRoom, who: usize) {
    let list = room.moderate(who, json!({"do": "list"})).await;
    let identity = room.identity(who);
    let participants = list["participants"].as_array().expect("participants");
    let me = participants.iter().find(|one| one["identity"] == identity.as_str()).expect("it is there");
    let tracks = me["tracks"].as_array().expect("tracks");
    let sid = &tracks.iter().find(|track| track["source"] == "MICROPHONE").expect("a microphone")["sid"];
    room.moderate(who, json!({"do": "mute", "sid": sid, "muted": true})).await;
    room.others_told(who, "muted", |line| line["source"] == "microphone").await;
    room.attendees[who].event("muted", |line| line["source"] == "microphone").await;
    // Only the participant itself opens it again.
    let code = room.refused(who, json!({"do": "mute", "sid": sid, "muted": false})).await;
    assert_eq!(code, "failed_precondition");
    room.attendees[who].source("unmute", "microphone").await;
    room.others_receive(who, "microphone").await;
}

async fn described(room: &mut MixedRoom, who: usize) {
    let wish = json!({"do": "describe", "metadata": "Chủ tọa", "attributes": {"floor": "called"}});
    room.moderate(who, wish).await;
    room.others_told(who, "metadata", |line| line["metadata"] == "Chủ tọa").await;
    room.others_told(who, "attributes", |line| line["changed"]["floor"] == "called").await;
}

async fn not_allowed(room: &mut MixedRoom, who: usize) {
    room.moderate(who, json!({"do": "permit", "publish": false})).await;
    room.others_told(who, "track_unsubscribed", |line| line["source"] == "camera").await;
    room.others_told(who, "track_unsubscribed", |line| line["source"] == "microphone").await;
    room.moderate(who, json!({"do": "permit", "publish": true})).await;
}

async fn hidden(room: &mut MixedRoom, who: usize) {
    room.moderate(who, json!({"do": "permit", "publish": true, "hidden": true})).await;
    room.others_told(who, "participant_left", |_| true).await;
    let hidden = room.identity(who);
    for other in room.others(who) {
        other.receives_no_more(&hidden, "camera").await;
    }
    let (one, other) = ((who + 1) % room.attendees.len(), room.identity((who + 2) % room.attendees.len()));
    room.attendees[who].receives(&other, "camera").await;
    room.attendees[one].receives(&other, "camera").await;
    room.moderate(who, json!({"do": "permit", "publish": true})).await;
    room.others_told(who, "participant_joined", |_| true).await;
    for source in ["camera", "microphone"] {
        room.others_receive(who, source).await;
    }
}

async fn the_same_identity_twice(room: &mut MixedRoom, who: usize) {
    let ticket = room.ticket(who).await;
    let (second, _) = Attendee::join(Kind::Python, Line::start().await, &ticket, room.path).await;
    room.attendees[who]
        .event("disconnected", |line| line["reason"].as_u64() == Some(Kind::DUPLICATE_IDENTITY))
        .await;
    second.finish().await;
    room.others_told(who, "participant_left", |_| true).await;
    back_with_camera_and_microphone(room, who).await;
}

async fn removed(room: &mut MixedRoom, who: usize) {
    room.moderate(who, json!({"do": "remove"})).await;
    room.attendees[who]
        .event("disconnected", |line| line["reason"].as_u64() == Some(Kind::PARTICIPANT_REMOVED))
        .await;
    room.others_told(who, "participant_left", |_| true).await;
    back_with_camera_and_microphone(room, who).await;
}

async fn leave_and_come_again(room: &mut MixedRoom, who: usize) {
    room.attendees[who].act(&json!({"do": "leave"})).await;
    room.others_told(who, "participant_left", |_| true).await;
    back_with_camera_and_microphone(room, who).await;
}

async fn back_with_camera_and_microphone(room: &mut MixedRoom, who: usize) {
    room.join_again(who).await;
    room.others_told(who, "participant_joined", |_| true).await;
    for source in ["camera", "microphone"] {
        room.attendees[who].source("publish", source).await;
        room.others_receive(who, source).await;
    }
}

async fn every_scenario_with_every_client(path: JoinPath) {
    let _machine = whole_machine().await;
    let mut room = MixedRoom::start(Kind::ALL, path).await;
    for scenario in Scenario::ALL {
        for (who, kind) in Kind::ALL.into_iter().enumerate() {
            eprintln!("{} {kind}: {scenario:?}", path.name());
            for attendee in &mut room.attendees {
                attendee.forget();
            }
            scenario.run(&mut room, who).await;
        }
    }
    room.finish().await;
}

#[tokio::test]
async fn every_scenario_goes_well_with_every_client_on_one_connection() {
    every_scenario_with_every_client(JoinPath::Single).await;
}

#[tokio::test]
async fn every_scenario_goes_well_with_every_client_on_two_connections() {
    every_scenario_with_every_client(JoinPath::Dual).await;
}
