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
        if !participant.grant.can_update_own_metadata {
            return self.respond(turn, pid, id, Reason::NotAllowed, Some(Request::UpdateMetadata(update)));
        }
        let given = |text: &String| (!text.is_empty()).then(|| text.clone());
        let attributes = update.attributes.clone().into_iter().collect();
        let grant = participant.grant.with(given(&update.name), given(&update.metadata), attributes);
        if !self.limits.fits(&grant) {
            return self.respond(turn, pid, id, Reason::LimitExceeded, Some(Request::UpdateMetadata(update)));
        }
        participant.grant = grant;
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
