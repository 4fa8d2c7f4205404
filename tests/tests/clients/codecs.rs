//! Pictures in codecs that come in layers, from Chromium to browsers of both kinds, on both join paths.

use serde_json::json;
use tests::{attendee::Kind, mixed_room::MixedRoom, peer::JoinPath, world::whole_machine};

/// What the camera is sent in: the codec as the client names it and as statistics do, and its layers.
const CAMERAS: [(&str, &str, &str); 3] =
    [("av1", "video/AV1", "L1T3"), ("av1", "video/AV1", "L3T3_KEY"), ("vp9", "video/VP9", "L3T3_KEY")];

/// Who decodes it. Firefox (153) puts pictures of AV1 in several spatial layers together and shows none of them: its bug
/// 2071030.
fn is_seen(kind: Kind, codec: &str, layers: &str) -> bool {
    kind != Kind::Firefox || codec != "av1" || layers == "L1T3"
}

async fn cameras_are_seen(path: JoinPath) {
    let _machine = whole_machine().await;
    let mut room = MixedRoom::start([Kind::Chromium, Kind::Chromium, Kind::Firefox], path).await;
    let who = 0;
    let identity = room.identity(who);
    for (codec, mime_type, layers) in CAMERAS {
        eprintln!("{} {codec} {layers}", path.name());
        for attendee in &mut room.attendees {
            attendee.forget();
        }
        let options = json!({"videoCodec": codec, "simulcast": false, "scalabilityMode": layers});
        let wish = json!({"do": "publish", "source": "camera", "options": options});
        room.attendees[who].act(&wish).await;
        room.others_told(who, "track_subscribed", |line| line["source"] == "camera").await;
        for other in room.others(who).filter(|other| is_seen(other.kind, codec, layers)) {
            other.receives_in(&identity, "camera", mime_type).await;
        }
        room.attendees[who].source("unpublish", "camera").await;
        room.others_told(who, "track_unsubscribed", |line| line["source"] == "camera").await;
    }
    room.finish().await;
}

#[tokio::test]
async fn cameras_in_every_codec_with_layers_are_seen_by_browsers_on_one_connection() {
    cameras_are_seen(JoinPath::Single).await;
}

#[tokio::test]
async fn cameras_in_every_codec_with_layers_are_seen_by_browsers_on_two_connections() {
    cameras_are_seen(JoinPath::Dual).await;
}
