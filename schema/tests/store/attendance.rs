use schema::delegate::{NewDelegate, NewMark, Presence};
use schema::event::{LeaveReason, RoomEvent, RoomEventKind, TrackSource, Who};
use schema::id::{DelegateId, SessionId};
use schema::store::history::Author;
use schema::store::intervals::{self, Presented};
use schema::store::{StoreError, delegates, roster, sessions};

use crate::support::{MONDAY, World, book, on_both, province};
use crate::{reading, writing};

on_both!(
    what_is_told_twice_counts_once,
    an_endpoint_that_reconnects_has_one_interval_with_a_gap,
    a_crash_loses_at_most_one_heartbeat,
    a_closed_room_ends_the_interval_of_everybody_in_it,
    watchers_are_kept_apart_from_endpoints,
    events_of_a_room_that_is_no_session_are_let_go,
    the_latest_mark_counts_and_the_earlier_ones_stay,
    a_delegate_left_out_is_withdrawn_and_can_come_back,
    a_delegate_of_another_endpoint_is_not_taken_over,
    one_who_was_marked_and_is_named_as_somebody_else_takes_the_mark_along,
    names_of_substitutes_and_notes_are_kept_composed,
);

const LINGER: i64 = 60_000;

struct Room {
    session: SessionId,
    incarnation: &'static str,
    seq: u64,
}

impl Room {
    fn tell(&mut self, second: i64, kind: RoomEventKind) -> RoomEvent {
        self.seq += 1;
        RoomEvent {
            room: self.session.to_string(),
            incarnation: self.incarnation.into(),
            seq: self.seq,
            at: MONDAY.plus_millis(second * 1000),
            kind,
            webhook: None,
        }
    }
}

async fn room(world: &World) -> (Room, Who) {
    let province = province(world).await;
    let new = province.session(MONDAY, &[province.muong_nhe, province.muong_lay]);
    let session = book(world, &new).await.unwrap().unwrap();
    let who = Who { identity: format!("endpoint:{}", province.muong_nhe), sid: "PA_1".into() };
    (Room { session, incarnation: "RM_1", seq: 0 }, who)
}

async fn record(world: &World, events: &[RoomEvent]) -> Vec<SessionId> {
    let heard = writing!(world, |tx| intervals::record(tx, events, LINGER).await.unwrap());
    heard.into_iter().map(|one| one.session).collect()
}

async fn presented(world: &World, session: SessionId) -> Vec<Presented> {
    reading!(world, |tx| intervals::list(tx, session).await.unwrap())
}

fn seconds(presented: &Presented) -> Vec<(i64, Option<i64>, i64)> {
    let second = |at: schema::moment::Moment| at.millis_since(MONDAY) / 1000;
    let end = MONDAY.plus_millis(10_000_000);
    let row = |one: &schema::interval::Interval| {
        (second(one.from), one.to.map(second), one.connected_ms(end) / 1000)
    };
    presented.timeline.intervals().iter().map(row).collect()
}

async fn what_is_told_twice_counts_once(world: World) {
    let (mut room, who) = room(&world).await;
    let events = [
        room.tell(0, RoomEventKind::Opened),
        room.tell(1, RoomEventKind::Joined(who.clone())),
        room.tell(2, RoomEventKind::TrackPublished { who: who.clone(), source: TrackSource::Camera }),
        room.tell(
            3,
            RoomEventKind::TrackMuted { who: who.clone(), source: TrackSource::Camera, muted: true },
        ),
        room.tell(9, RoomEventKind::Left { who, reason: LeaveReason::Left }),
    ];
    assert_eq!(record(&world, &events).await, [room.session]);
    let once = presented(&world, room.session).await;
    assert_eq!(record(&world, &events).await, []);
    assert_eq!(presented(&world, room.session).await, once);
    assert_eq!(once.len(), 1);
    assert_eq!(seconds(&once[0]), [(1, Some(9), 8)]);
    assert_eq!(once[0].timeline.intervals()[0].reason, Some(LeaveReason::Left));
    let summary = reading!(world, |tx| sessions::find_summary(tx, room.session).await.unwrap().unwrap());
    assert_eq!(summary.endpoints_connected, 1);
}

async fn an_endpoint_that_reconnects_has_one_interval_with_a_gap(world: World) {
    let (mut room, who) = room(&world).await;
    let again = Who { sid: "PA_2".into(), ..who.clone() };
    for event in [
        room.tell(0, RoomEventKind::Joined(who.clone())),
        room.tell(10, RoomEventKind::LinkDown(who.clone())),
        room.tell(20, RoomEventKind::LinkUp(who.clone())),
        room.tell(30, RoomEventKind::Left { who, reason: LeaveReason::Lost }),
        room.tell(70, RoomEventKind::Joined(again.clone())),
        room.tell(80, RoomEventKind::Joined(again.clone())),
        room.tell(100, RoomEventKind::Left { who: again, reason: LeaveReason::Left }),
    ] {
        record(&world, &[event]).await;
    }
    let found = presented(&world, room.session).await;
    assert_eq!(seconds(&found[0]), [(0, Some(100), 50)]);
    assert_eq!(found[0].timeline.intervals()[0].gaps.len(), 2);
}

async fn a_crash_loses_at_most_one_heartbeat(world: World) {
    let (mut room, who) = room(&world).await;
    let mut events = vec![room.tell(0, RoomEventKind::Joined(who.clone()))];
    events.extend((1..=6).map(|beat| room.tell(beat * 10, RoomEventKind::Alive(who.clone()))));
    record(&world, &events).await;
    let settled = writing!(world, |tx| intervals::settle(tx).await.unwrap());
    assert_eq!(settled, [room.session]);
    assert_eq!(writing!(world, |tx| intervals::settle(tx).await.unwrap()), []);
    assert_eq!(seconds(&presented(&world, room.session).await[0]), [(0, Some(60), 60)]);
    let mut reborn = Room { session: room.session, incarnation: "RM_2", seq: 0 };
    let back = Who { sid: "PA_9".into(), ..who };
    let events = [
        reborn.tell(65, RoomEventKind::Opened),
        reborn.tell(70, RoomEventKind::Joined(back)),
        reborn.tell(90, RoomEventKind::Closed),
    ];
    record(&world, &events).await;
    assert_eq!(seconds(&presented(&world, room.session).await[0]), [(0, Some(90), 80)]);
}

async fn a_closed_room_ends_the_interval_of_everybody_in_it(world: World) {
    let (mut room, who) = room(&world).await;
    let other = Who { identity: "account:watcher".into(), sid: "PA_2".into() };
    let events = [
        room.tell(0, RoomEventKind::Joined(who)),
        room.tell(0, RoomEventKind::Joined(other)),
        room.tell(50, RoomEventKind::Closed),
    ];
    record(&world, &events).await;
    for one in presented(&world, room.session).await {
        assert_eq!(seconds(&one), [(0, Some(50), 50)], "{}", one.identity);
    }
}

async fn watchers_are_kept_apart_from_endpoints(world: World) {
    let (mut room, who) = room(&world).await;
    let unknown = schema::id::EndpointId::new(MONDAY);
    let events = [
        room.tell(0, RoomEventKind::Joined(who.clone())),
        room.tell(0, RoomEventKind::Joined(Who { identity: "account:1".into(), sid: "PA_2".into() })),
        room.tell(
            0,
            RoomEventKind::Joined(Who { identity: format!("endpoint:{unknown}"), sid: "PA_3".into() }),
        ),
    ];
    record(&world, &events).await;
    let found = presented(&world, room.session).await;
    assert_eq!(found.len(), 3);
    let endpoints: Vec<_> = found.iter().filter_map(|one| one.endpoint_id).collect();
    assert_eq!(endpoints, [schema::interval::endpoint_of(&who.identity).unwrap()]);
}

async fn events_of_a_room_that_is_no_session_are_let_go(world: World) {
    let (mut room, who) = room(&world).await;
    let mut named = room.tell(0, RoomEventKind::Joined(who.clone()));
    named.room = "sandbox".into();
    let mut unknown = room.tell(0, RoomEventKind::Joined(who));
    unknown.room = SessionId::new(MONDAY).to_string();
    assert_eq!(record(&world, &[named, unknown]).await, []);
}

fn delegate(full_name: &str) -> NewDelegate {
    NewDelegate {
        id: None,
        person_id: None,
        full_name: full_name.into(),
        title: "Chủ tịch".into(),
        substitute_for: None,
        consented: None,
    }
}

fn mark(delegate_id: DelegateId, presence: Presence) -> NewMark {
    NewMark { delegate_id, presence, late: false, left_early: false, note: None }
}

async fn the_latest_mark_counts_and_the_earlier_ones_stay(world: World) {
    let (room, _) = room(&world).await;
    let clerk = Author { id: None, name: "Thư ký" };
    let named = writing!(world, |tx| {
        let line = roster::list(tx, room.session).await.unwrap()[1].id;
        let substitute = NewDelegate {
            substitute_for: Some("Ông Páo".into()),
            consented: Some(true),
            ..delegate("Lò Thị Bích")
        };
        delegates::replace(tx, room.session, line, &[substitute, delegate("Sùng A Páo")], MONDAY)
            .await
            .unwrap();
        delegates::list(tx, room.session).await.unwrap()
    });
    assert_eq!(
        named.iter().map(|one| one.full_name.as_str()).collect::<Vec<_>>(),
        ["Lò Thị Bích", "Sùng A Páo"]
    );
    assert_eq!(
        (named[0].presence, named[0].consented, named[0].marked_at),
        (Presence::Unknown, Some(true), None)
    );
    writing!(world, |tx| {
        let first = mark(named[0].id, Presence::Unexcused);
        delegates::insert_mark(tx, &first, &clerk, MONDAY).await.unwrap();
        let corrected =
            NewMark {
                late: true, note: Some("tắc đường".into()), ..mark(named[0].id, Presence::InRoom)
            };
        delegates::insert_mark(tx, &corrected, &clerk, MONDAY.plus_millis(1)).await.unwrap();
    });
    reading!(world, |tx| {
        let now = delegates::list(tx, room.session).await.unwrap();
        assert_eq!((now[0].presence, now[0].late, now[0].left_early), (Presence::InRoom, true, false));
        assert_eq!(
            (now[0].note.as_deref(), now[0].marked_by.as_deref()),
            (Some("tắc đường"), Some("Thư ký"))
        );
        assert_eq!(now[1].presence, Presence::Unknown);
        let marks = delegates::marks(tx, room.session).await.unwrap();
        let told: Vec<_> = marks.iter().map(|one| (one.revision, one.presence)).collect();
        assert_eq!(told, [(1, Presence::Unexcused), (2, Presence::InRoom)]);
        let stranger = DelegateId::new(MONDAY);
        let known = delegates::known(tx, room.session, &[named[0].id, stranger]).await.unwrap();
        assert_eq!(known, [named[0].id]);
    });
}

async fn a_delegate_left_out_is_withdrawn_and_can_come_back(world: World) {
    let (room, _) = room(&world).await;
    let clerk = Author { id: None, name: "Thư ký" };
    let line = reading!(world, |tx| roster::list(tx, room.session).await.unwrap()[1].id);
    let named = writing!(world, |tx| {
        delegates::replace(tx, room.session, line, &[delegate("An"), delegate("Bình")], MONDAY)
            .await
            .unwrap();
        delegates::list(tx, room.session).await.unwrap()
    });
    writing!(world, |tx| {
        delegates::insert_mark(tx, &mark(named[0].id, Presence::InRoom), &clerk, MONDAY).await.unwrap();
        let only = NewDelegate { id: Some(named[1].id), ..delegate("Bình Minh") };
        delegates::replace(tx, room.session, line, &[only], MONDAY).await.unwrap();
        let left = delegates::list(tx, room.session).await.unwrap();
        assert_eq!(
            left.iter().map(|one| (one.id, one.full_name.as_str())).collect::<Vec<_>>(),
            [(named[1].id, "Bình Minh")]
        );
        assert_eq!(delegates::known(tx, room.session, &[named[0].id]).await.unwrap(), []);
        let back = NewDelegate { id: Some(named[0].id), ..delegate("An") };
        delegates::replace(tx, room.session, line, &[back], MONDAY).await.unwrap();
        let again = delegates::list(tx, room.session).await.unwrap();
        assert_eq!(
            again.iter().map(|one| (one.id, one.presence)).collect::<Vec<_>>(),
            [(named[0].id, Presence::InRoom)]
        );
    });
}

async fn a_delegate_of_another_endpoint_is_not_taken_over(world: World) {
    let (room, _) = room(&world).await;
    let lines = reading!(world, |tx| roster::list(tx, room.session).await.unwrap());
    let theirs = writing!(world, |tx| {
        delegates::replace(tx, room.session, lines[1].id, &[delegate("An")], MONDAY).await.unwrap();
        delegates::list(tx, room.session).await.unwrap().remove(0)
    });
    let mut tx = world.write().await.unwrap();
    let stolen = NewDelegate { id: Some(theirs.id), ..delegate("An") };
    let refused = delegates::replace(&mut tx, room.session, lines[2].id, &[stolen], MONDAY).await;
    assert!(matches!(refused, Err(StoreError::Reference)), "{refused:?}");
}

async fn one_who_was_marked_and_is_named_as_somebody_else_takes_the_mark_along(world: World) {
    let (room, _) = room(&world).await;
    let clerk = Author { id: None, name: "Thư ký" };
    let line = reading!(world, |tx| roster::list(tx, room.session).await.unwrap()[1].id);
    let seated = writing!(world, |tx| {
        let two = [delegate("An"), delegate("Bình")];
        let done = delegates::replace(tx, room.session, line, &two, MONDAY).await.unwrap();
        assert_eq!(done.added.len(), 2);
        delegates::list(tx, room.session).await.unwrap()
    });
    let done = writing!(world, |tx| {
        delegates::insert_mark(tx, &mark(seated[0].id, Presence::InRoom), &clerk, MONDAY).await.unwrap();
        let renamed = ["Chi", "Dung"].into_iter().zip(&seated);
        let renamed: Vec<_> =
            renamed.map(|(name, one)| NewDelegate { id: Some(one.id), ..delegate(name) }).collect();
        delegates::replace(tx, room.session, line, &renamed, MONDAY).await.unwrap()
    });
    let names = |seats: &[schema::delegate::Seat]| -> Vec<String> {
        seats.iter().map(|seat| seat.full_name.clone()).collect()
    };
    assert_eq!((names(&done.added), names(&done.withdrawn)), (vec!["Chi".into()], vec!["An".into()]));
    let changed: Vec<_> = done.changed.iter().map(|one| (&*one.was.full_name, &*one.now.full_name)).collect();
    assert_eq!(changed, [("Bình", "Dung")], "nobody was called Bình yet");
    reading!(world, |tx| {
        let now = delegates::list(tx, room.session).await.unwrap();
        let told: Vec<_> = now.iter().map(|one| (&*one.full_name, one.presence)).collect();
        assert_eq!(told, [("Chi", Presence::Unknown), ("Dung", Presence::Unknown)]);
        let marks = delegates::marks(tx, room.session).await.unwrap();
        assert_eq!(marks.iter().map(|one| one.delegate_id).collect::<Vec<_>>(), [seated[0].id]);
    });
    writing!(world, |tx| {
        let old = delegates::list(tx, room.session).await.unwrap()[0].id;
        let promoted = NewDelegate { id: Some(old), title: "Bí thư".into(), ..delegate("Chi") };
        delegates::insert_mark(tx, &mark(old, Presence::Online), &clerk, MONDAY).await.unwrap();
        delegates::replace(tx, room.session, line, &[promoted], MONDAY).await.unwrap();
        let now = delegates::list(tx, room.session).await.unwrap();
        assert_eq!((now[0].id, &*now[0].title, now[0].presence), (old, "Bí thư", Presence::Online));
    });
}

async fn names_of_substitutes_and_notes_are_kept_composed(world: World) {
    let (room, _) = room(&world).await;
    let clerk = Author { id: None, name: "Thư ký" };
    writing!(world, |tx| {
        let line = roster::list(tx, room.session).await.unwrap()[1].id;
        let substitute =
            NewDelegate { substitute_for: Some(" Mu\u{31b}o\u{31b}\u{300}ng ".into()), ..delegate("An") };
        delegates::replace(tx, room.session, line, &[substitute], MONDAY).await.unwrap();
        let id = delegates::list(tx, room.session).await.unwrap()[0].id;
        let noted = NewMark { note: Some("tă\u{301}c ".into()), ..mark(id, Presence::Excused) };
        delegates::insert_mark(tx, &noted, &clerk, MONDAY).await.unwrap();
        let kept = delegates::list(tx, room.session).await.unwrap().remove(0);
        assert_eq!((kept.substitute_for.as_deref(), kept.note.as_deref()), (Some("Mường"), Some("tắc")));
    });
}
