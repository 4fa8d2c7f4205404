//! What a participant says of itself, where its token allows that.

use livekit_protocol as proto;
use proto::request_response::{Reason, Request};

use super::{Pid, Response, Room, Turn};

impl Room {
    /// The client changes its name, metadata or attributes. An empty text leaves what is; an attribute with an empty
    /// value is taken away.
    pub(super) fn update_profile(
        &mut self,
        turn: &mut Turn<'_>,
        pid: Pid,
        update: proto::UpdateParticipantMetadata,
    ) {
        let Some(participant) = self.people.get_mut(&pid) else { return };
        let id = update.request_id;
        let limit = self.limits.metadata_bytes;
        if !participant.grant.can_update_own_metadata {
            return self.respond(turn, pid, id, Reason::NotAllowed, Some(Request::UpdateMetadata(update)));
        }
        let mut attributes = participant.grant.attributes.clone();
        for (key, value) in &update.attributes {
            if value.is_empty() {
                attributes.remove(key);
            } else {
                attributes.insert(key.clone(), value.clone());
            }
        }
        let attributes_bytes: usize = attributes.iter().map(|(key, value)| key.len() + value.len()).sum();
        if update.name.len() > 256 || update.metadata.len() > limit || attributes_bytes > limit {
            return self.respond(turn, pid, id, Reason::LimitExceeded, Some(Request::UpdateMetadata(update)));
        }
        participant.grant.attributes = attributes;
        if !update.name.is_empty() {
            participant.grant.name = update.name;
        }
        if !update.metadata.is_empty() {
            participant.grant.metadata = update.metadata;
        }
        self.respond(turn, pid, id, Reason::Ok, None);
        self.announce(turn, pid);
    }

    /// Replies to a request, mostly that it is refused. The protocol uses one message for both.
    pub(super) fn respond(
        &self,
        turn: &mut Turn<'_>,
        pid: Pid,
        request_id: u32,
        reason: Reason,
        request: Option<Request>,
    ) {
        let conn = self.conn_of(pid);
        let response =
            proto::RequestResponse { request_id, reason: reason.into(), request, ..Default::default() };
        turn.signal(conn, Response::RequestResponse(response));
    }
}
