//! What happened, in LiveKit's words: the JSON of its webhooks, so that programs outside read what they know.

use livekit_protocol as proto;
use schema::moment::Moment;

use super::Room;

/// One happening as a webhook tells it.
pub struct Story {
    event: &'static str,
    participant: Option<proto::ParticipantInfo>,
    track: Option<proto::TrackInfo>,
}

impl Story {
    /// About the room as a whole.
    pub const fn of_room(event: &'static str) -> Self {
        Self { event, participant: None, track: None }
    }

    /// About somebody.
    pub const fn of(event: &'static str, participant: proto::ParticipantInfo) -> Self {
        Self { event, participant: Some(participant), track: None }
    }

    /// About something that somebody sends.
    pub const fn of_track(
        event: &'static str,
        participant: proto::ParticipantInfo,
        track: proto::TrackInfo,
    ) -> Self {
        Self { event, participant: Some(participant), track: Some(track) }
    }
}

impl Room {
    /// The webhook of the event that is being written down. Its id follows from the event's own, so that whoever gets it
    /// twice knows.
    pub(super) fn in_livekits_words(&self, at: Moment, story: Story) -> Option<String> {
        let opening = self.sid.strip_prefix("RM_").unwrap_or(&self.sid);
        let event = proto::WebhookEvent {
            event: story.event.to_owned(),
            room: Some(self.info()),
            participant: story.participant,
            track: story.track,
            id: format!("EV_{opening}_{}", self.seq),
            created_at: at.as_millis().div_euclid(1000),
            ..Default::default()
        };
        match serde_json::to_string(&event) {
            Ok(json) => Some(json),
            Err(error) => {
                tracing::error!(%error, "an event cannot be said in LiveKit's words");
                None
            }
        }
    }
}
