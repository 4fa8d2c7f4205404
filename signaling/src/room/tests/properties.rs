//! Whatever clients do, in whatever order: nothing panics, and the record stays true.

use std::collections::{BTreeMap, BTreeSet};

use livekit_protocol as proto;
use proptest::prelude::*;
use schema::event::{RoomEventKind, TrackSource};
use schema::moment::Moment;

use super::world::{Client, World, offer, who, wish};
use crate::room::media::{MediaEvent, PeerId};
use crate::room::{Change, Command, Input, JoinPath, Request, Rights, Which};

/// One thing that happens; numbers choose among those who are there.
#[derive(Debug, Clone)]
enum Step {
    Join(u8, bool),
    Resume(u8),
    Drop(u8),
    Leave(u8),
    AddTrack(u8, u8),
    Offer(u8, Vec<u8>),
    Answer(u8, u32, bool),
    Mute(u8, bool),
    Live(u8, u8),
    Connected(u8),
    Lost(u8),
    Choose(u8, bool),
    Stray(u64),
    Remove(u8),
    Silence(u8, bool),
    Hide(u8, bool),
    Wait(u32),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => (any::<u8>(), any::<bool>()).prop_map(|(who, single)| Step::Join(who, single)),
        2 => any::<u8>().prop_map(Step::Resume),
        2 => any::<u8>().prop_map(Step::Drop),
        1 => any::<u8>().prop_map(Step::Leave),
        3 => (any::<u8>(), 0..4_u8).prop_map(|(who, cid)| Step::AddTrack(who, cid)),
        4 => (any::<u8>(), proptest::collection::vec(0..8_u8, 0..5)).prop_map(|(who, words)| Step::Offer(who, words)),
        2 => (any::<u8>(), 0..3_u32, any::<bool>()).prop_map(|(who, id, good)| Step::Answer(who, id, good)),
        1 => (any::<u8>(), any::<bool>()).prop_map(|(who, muted)| Step::Mute(who, muted)),
        3 => (any::<u8>(), 0..8_u8).prop_map(|(who, mid)| Step::Live(who, mid)),
        1 => any::<u8>().prop_map(Step::Connected),
        1 => any::<u8>().prop_map(Step::Lost),
        1 => (any::<u8>(), any::<bool>()).prop_map(|(who, subscribe)| Step::Choose(who, subscribe)),
        1 => any::<u64>().prop_map(Step::Stray),
        1 => any::<u8>().prop_map(Step::Remove),
        1 => (any::<u8>(), any::<bool>()).prop_map(|(who, muted)| Step::Silence(who, muted)),
        1 => (any::<u8>(), any::<bool>()).prop_map(|(who, hidden)| Step::Hide(who, hidden)),
        3 => (0..20_000_u32).prop_map(Step::Wait),
    ]
}

struct Play {
    world: World,
    clients: Vec<Client>,
}

impl Play {
    fn pick(&self, number: u8) -> Option<Client> {
        self.clients.get(usize::from(number) % self.clients.len().max(1)).cloned()
    }

    /// Somebody who is in the room, for what needs a PeerConnection.
    fn present(&self, number: u8) -> Option<Client> {
        let sids: BTreeSet<String> = self.world.room.snapshot().into_iter().map(|p| p.who.sid).collect();
        let present: Vec<&Client> = self.clients.iter().filter(|client| sids.contains(&client.sid)).collect();
        present.get(usize::from(number) % present.len().max(1)).map(|client| (*client).clone())
    }

    fn say(&mut self, number: u8, request: Request) {
        if let Some(client) = self.pick(number) {
            self.world.say(&client, request);
        }
    }

    fn media(&mut self, number: u8, event: impl FnOnce(&World, &Client) -> MediaEvent) {
        if let Some(client) = self.present(number) {
            let event = event(&self.world, &client);
            self.world.input(Input::Media(event));
        }
    }

    fn take(&mut self, step: Step) {
        match step {
            Step::Join(who, single) => {
                let path = if single { JoinPath::Single } else { JoinPath::Dual };
                let mut arrival = self.world.arrival(&format!("e{}", who % 5), path);
                arrival.offer = single.then(|| offer("recv:r0:a recv:r1:v"));
                self.clients.extend(self.world.arrive(arrival));
            }
            Step::Resume(who) => {
                if let Some(client) = self.pick(who) {
                    let back = self.world.resume(&client);
                    self.clients.push(back);
                }
            }
            Step::Drop(who) => {
                if let Some(client) = self.pick(who) {
                    self.world.lose_socket(&client);
                }
            }
            Step::Leave(who) => self.say(who, Request::Leave(proto::LeaveRequest::default())),
            Step::AddTrack(who, cid) => {
                let source = if cid.is_multiple_of(2) {
                    proto::TrackSource::Camera
                } else {
                    proto::TrackSource::Microphone
                };
                self.say(who, Request::AddTrack(wish(&format!("c{cid}"), source)));
            }
            Step::Offer(who, words) => {
                let kind = |word: u8| if word.is_multiple_of(2) { "v" } else { "a" };
                let words: BTreeSet<u8> = words.into_iter().collect();
                let words: Vec<String> =
                    words.iter().map(|w| format!("send:{w}:{}:c{}", kind(*w), w % 4)).collect();
                let sdp = words.join(" ");
                self.say(who, Request::Offer(offer(&sdp)));
            }
            Step::Answer(who, id, good) => {
                let sdp = if good { "ok" } else { "bad" }.to_owned();
                self.say(who, Request::Answer(proto::SessionDescription { sdp, id, ..Default::default() }));
            }
            Step::Mute(who, muted) => {
                if let Some(client) = self.pick(who)
                    && let Some(sid) = self.world.published(&client, "c1")
                {
                    self.world.say(&client, Request::Mute(proto::MuteTrackRequest { sid, muted }));
                }
            }
            Step::Live(who, mid) => self.media(who, |world, client| MediaEvent::TrackLive {
                peer: world.publishing(client),
                mid: mid.to_string(),
            }),
            Step::Connected(who) => {
                self.media(who, |world, client| MediaEvent::Connected { peer: world.receiving(client) });
            }
            Step::Lost(who) => {
                self.media(who, |world, client| MediaEvent::Lost { peer: world.receiving(client) });
            }
            Step::Choose(who, subscribe) => {
                let track_sids: Vec<String> =
                    self.world.media.forwards.values().map(|(_, spec)| spec.track_id.clone()).collect();
                let update =
                    proto::UpdateSubscription { track_sids, subscribe, participant_tracks: Vec::new() };
                self.say(who, Request::Subscription(update));
            }
            Step::Stray(peer) => {
                let peer = PeerId(peer);
                self.world.input(Input::Media(MediaEvent::Data {
                    peer,
                    reliable: true,
                    frame: vec![1, 2, 3],
                }));
                self.world.input(Input::Media(MediaEvent::Lost { peer }));
            }
            Step::Remove(who) => {
                // Nobody of that name may be there.
                let _ = self.world.command(Command::Remove { identity: format!("e{}", who % 5) });
            }
            Step::Silence(who, muted) => {
                let (identity, track) = (format!("e{}", who % 5), Which::Source(TrackSource::Microphone));
                let _ = self.world.command(Command::Mute { identity, track, muted });
            }
            Step::Hide(who, hidden) => {
                let rights = Rights {
                    publish: true,
                    sources: Vec::new(),
                    subscribe: true,
                    publish_data: true,
                    update_own_metadata: false,
                    hidden,
                };
                let change = Box::new(Change { rights: Some(rights), ..Change::default() });
                let _ = self.world.command(Command::Change { identity: format!("e{}", who % 5), change });
            }
            Step::Wait(millis) => self.world.pass(i64::from(millis), &[]),
        }
    }

    fn identities_are_unique(&self) {
        let people = self.world.room.snapshot();
        let names: BTreeSet<&str> = people.iter().map(|p| p.who.identity.as_str()).collect();
        assert_eq!(names.len(), people.len(), "nobody is in the room twice");
    }

    fn forwards_have_two_ends(&self) {
        for (peer, spec) in self.world.media.forwards.values() {
            assert!(
                self.world.media.peers.contains_key(peer)
                    && self.world.media.peers.contains_key(&spec.source)
            );
            assert_ne!(*peer, spec.source, "nobody receives itself");
        }
        let (_, people) = self.world.room.describe();
        for hidden in people.iter().filter(|info| info.permission.as_ref().is_some_and(|p| p.hidden)) {
            let stream = format!("{}|", hidden.sid);
            let mut specs = self.world.media.forwards.values().map(|(_, spec)| spec);
            assert!(
                specs.all(|spec| !spec.stream_id.starts_with(&stream)),
                "nobody receives one who is hidden"
            );
        }
    }

    fn the_record_is_true(&self) {
        let events = &self.world.events;
        for (index, event) in events.iter().enumerate() {
            assert_eq!(event.seq, index as u64 + 1, "no holes");
            assert!(event.at <= self.world.now, "nothing from the future");
        }
        // Of each coming-in: joined once, then down and up by turns, left at most once, never backwards in time.
        let mut stands: BTreeMap<String, (&str, Moment)> = BTreeMap::new();
        let mut present: BTreeMap<String, String> = BTreeMap::new();
        for event in events {
            let Some(identity) = who(&event.kind) else { continue };
            let (sid, word) = match &event.kind {
                RoomEventKind::Joined(who) => (&who.sid, "joined"),
                RoomEventKind::LinkDown(who) => (&who.sid, "down"),
                RoomEventKind::LinkUp(who) => (&who.sid, "up"),
                RoomEventKind::Left { who, .. } => (&who.sid, "left"),
                RoomEventKind::Alive(who)
                | RoomEventKind::TrackPublished { who, .. }
                | RoomEventKind::TrackUnpublished { who, .. }
                | RoomEventKind::TrackMuted { who, .. } => (&who.sid, ""),
                RoomEventKind::Opened | RoomEventKind::Closed => continue,
            };
            let former = stands.get(sid).copied();
            match (word, former.map(|(word, _)| word)) {
                ("joined", None) => {
                    let former = present.insert(identity.to_owned(), sid.clone());
                    assert!(former.is_none(), "two intervals of one identity never overlap");
                }
                ("down", Some("joined" | "up"))
                | ("up", Some("down"))
                | ("", Some("joined" | "up" | "down")) => {}
                ("left", Some("joined" | "up" | "down")) => {
                    assert_eq!(present.remove(identity).as_deref(), Some(sid.as_str()));
                }
                (word, former) => panic!("{word:?} after {former:?}"),
            }
            if let Some((_, at)) = former
                && matches!(
                    event.kind,
                    RoomEventKind::LinkDown(_)
                        | RoomEventKind::LinkUp(_)
                        | RoomEventKind::Alive(_)
                        | RoomEventKind::Left { .. }
                )
            {
                assert!(event.at >= at, "signs of life never run backwards");
            }
            let word = if word.is_empty() { former.map_or("joined", |(word, _)| word) } else { word };
            let at = former.map_or(event.at, |(_, at)| {
                if matches!(
                    event.kind,
                    RoomEventKind::TrackPublished { .. }
                        | RoomEventKind::TrackUnpublished { .. }
                        | RoomEventKind::TrackMuted { .. }
                ) {
                    at
                } else {
                    event.at
                }
            });
            stands.insert(sid.clone(), (word, at));
        }
        assert_eq!(
            present.len(),
            self.world.room.headcount(),
            "the record and the room agree about who is there"
        );
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn nothing_panics_and_the_record_stays_true(steps in proptest::collection::vec(step(), 0..120)) {
        let mut play = Play { world: World::new(), clients: Vec::new() };
        for step in steps {
            play.take(step);
            play.identities_are_unique();
            play.forwards_have_two_ends();
        }
        play.the_record_is_true();
        play.world.command(Command::Close).expect("closing is never refused");
        play.the_record_is_true();
        prop_assert!(play.world.media.peers.is_empty());
        prop_assert!(play.world.media.forwards.is_empty());
    }
}
