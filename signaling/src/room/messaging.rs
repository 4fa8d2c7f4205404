//! Data messages: chat, hands, text streams. Passed on as they are, with the sender's name written over whatever the
//! client put there.

use livekit_protocol as proto;
use prost::Message as _;
use proto::data_packet::Value;

use super::media::PeerId;
use super::{Message, Pid, Room, Turn};

impl Room {
    /// A client sent a data packet over its data channel.
    pub(super) fn relay_data(&mut self, turn: &mut Turn<'_>, peer: PeerId, reliable: bool, frame: &[u8]) {
        let Some(pid) = self.heard_media(turn.now, peer) else { return };
        if frame.len() > self.limits.data_bytes {
            return;
        }
        let Ok(packet) = proto::DataPacket::decode(frame) else { return };
        let Some(sender) = self.people.get_mut(&pid) else { return };
        // Who speaks is the server's to say.
        #[expect(deprecated, reason = "refused because old clients would believe it")]
        let forged = matches!(packet.value, Some(Value::Speaker(_)));
        if !sender.grant.can_publish_data || forged {
            return;
        }
        if reliable && packet.sequence != 0 {
            // A client that came back repeats what it does not know to have arrived.
            if packet.sequence <= sender.last_data_seq {
                return;
            }
            sender.last_data_seq = packet.sequence;
        }
        // Of somebody who is not shown nobody learns the name here either.
        let name = if sender.grant.hidden { ("", "") } else { (&*sender.grant.identity, &*sender.sid) };
        let stamped = stamp(frame, &packet, name);
        let to = Destinations::of(&packet);
        self.deliver(turn, Some(pid), &to, reliable, &stamped);
    }

    /// Sends a message in the server's name.
    pub(super) fn send_data(&self, turn: &mut Turn<'_>, message: Message) {
        let Message { topic, payload, to, to_sids, reliable } = message;
        #[expect(deprecated, reason = "readers can be named by their sids only here")]
        let user = proto::UserPacket { payload, topic, destination_sids: to_sids, ..Default::default() };
        let packet = proto::DataPacket {
            destination_identities: to,
            value: Some(Value::User(user)),
            ..Default::default()
        };
        self.deliver(turn, None, &Destinations::of(&packet), reliable, &packet.encode_to_vec());
    }

    fn deliver(
        &self,
        turn: &mut Turn<'_>,
        sender: Option<Pid>,
        to: &Destinations<'_>,
        reliable: bool,
        frame: &[u8],
    ) {
        for (pid, reader) in &self.people {
            if Some(*pid) != sender && to.include(&reader.grant.identity, &reader.sid) {
                turn.media.send_data(turn.now, reader.link.receiving(), reliable, frame);
            }
        }
    }
}

/// Whom a packet is meant for; nobody named means everybody.
struct Destinations<'a> {
    identities: &'a [String],
    sids: &'a [String],
}

impl<'a> Destinations<'a> {
    fn of(packet: &'a proto::DataPacket) -> Self {
        let mut identities = packet.destination_identities.as_slice();
        let mut sids: &[String] = &[];
        if let Some(Value::User(user)) = &packet.value {
            #[expect(deprecated, reason = "older clients name their readers here")]
            {
                sids = &user.destination_sids;
                if identities.is_empty() {
                    identities = &user.destination_identities;
                }
            }
        }
        Self { identities, sids }
    }

    fn include(&self, identity: &str, sid: &str) -> bool {
        (self.identities.is_empty() && self.sids.is_empty())
            || self.identities.iter().any(|named| named == identity)
            || self.sids.iter().any(|named| named == sid)
    }
}

/// The sender of a `DataPacket`. A field that is there is written, also when it is empty.
#[derive(Clone, PartialEq, prost::Message)]
struct Sender {
    #[prost(string, optional, tag = "4")]
    identity: Option<String>,
    #[prost(string, optional, tag = "17")]
    sid: Option<String>,
    #[prost(message, optional, tag = "2")]
    user: Option<User>,
}

/// The same within a `UserPacket`, where older clients look for it.
#[derive(Clone, PartialEq, prost::Message)]
struct User {
    #[prost(string, optional, tag = "5")]
    identity: Option<String>,
    #[prost(string, optional, tag = "1")]
    sid: Option<String>,
}

/// Writes the true sender behind the frame: of a field that stands twice the last one holds, and of a message the two are
/// put together, so that everything else, fields this server does not know included, stays untouched.
fn stamp(frame: &[u8], packet: &proto::DataPacket, (identity, sid): (&str, &str)) -> Vec<u8> {
    let (identity, sid) = (Some(identity.to_owned()), Some(sid.to_owned()));
    let user = matches!(packet.value, Some(Value::User(_)));
    let user = user.then(|| User { identity: identity.clone(), sid: sid.clone() });
    let sender = Sender { identity, sid, user };
    let mut stamped = Vec::with_capacity(frame.len() + sender.encoded_len());
    stamped.extend_from_slice(frame);
    stamped.extend_from_slice(&sender.encode_to_vec());
    stamped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[expect(deprecated, reason = "older clients look there")]
    fn a_forged_sender_is_written_over_and_the_rest_stays() {
        let forged = || ("chairman".to_owned(), "PA_chairman".to_owned());
        let (participant_identity, participant_sid) = forged();
        let payload = b"hello".to_vec();
        let user = proto::UserPacket { participant_identity, participant_sid, payload, ..Default::default() };
        let (participant_identity, participant_sid) = forged();
        let value = Some(Value::User(user));
        let packet = proto::DataPacket {
            participant_identity,
            participant_sid,
            sequence: 7,
            value,
            ..Default::default()
        };
        let mut frame = packet.encode_to_vec();
        // A field of tomorrow: number 1000, varint 1.
        let unknown = [0xc0, 0x3e, 0x01];
        frame.extend_from_slice(&unknown);
        // The second one is not shown to others.
        for (identity, sid) in [("remote", "PA_remote"), ("", "")] {
            let stamped = stamp(&frame, &packet, (identity, sid));
            let packet = proto::DataPacket::decode(stamped.as_slice()).expect("still a packet");
            assert_eq!((&*packet.participant_identity, &*packet.participant_sid), (identity, sid));
            let Some(Value::User(user)) = packet.value else { panic!("it was one of a user's") };
            assert_eq!((&*user.participant_identity, &*user.participant_sid), (identity, sid));
            assert_eq!((packet.sequence, &*user.payload), (7, &b"hello"[..]));
            assert!(stamped.windows(3).any(|window| window == unknown));
        }
    }
}
