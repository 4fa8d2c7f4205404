use schema::event::{RoomEvent, RoomEventKind};
use schema::moment::Moment;
use schema::store::webhooks::{self, Lane, Webhook};

use crate::support::{HOUR, MINUTE, MONDAY, World, on_both};
use crate::{reading, writing};

on_both!(
    what_was_ordered_twice_is_told_once,
    a_lane_is_told_in_order_and_a_failure_holds_it_up_but_no_other,
    nobody_takes_what_another_has_taken,
    what_is_given_up_is_told_of_once,
    one_that_is_given_up_passes_on_what_it_should_have_told,
    everything_can_be_told_again_in_order,
    what_is_told_again_has_its_whole_time_once_more,
    what_is_over_is_forgotten_and_what_waits_is_not,
);

const TARGET: &str = "office";

fn lane(incarnation: &str) -> Lane {
    Lane { target: TARGET.into(), incarnation: incarnation.into() }
}

async fn order(world: &World, incarnation: &str, seqs: &[u64]) {
    writing!(world, |tx| for seq in seqs {
        let event = RoomEvent {
            room: "a room of no session".into(),
            incarnation: incarnation.into(),
            seq: *seq,
            at: MONDAY.plus_millis(i64::try_from(*seq).unwrap() * MINUTE),
            kind: RoomEventKind::Opened,
            webhook: None,
        };
        webhooks::insert(tx, TARGET, &event, &format!("{incarnation}/{seq}"), event.at).await.unwrap();
    });
}

async fn take(world: &World, incarnation: &str, now: Moment) -> Option<Webhook> {
    writing!(world, |tx| {
        webhooks::take(tx, &lane(incarnation), now, now.plus_millis(MINUTE)).await.unwrap()
    })
}

async fn finish(world: &World, incarnation: &str, seq: i64) {
    writing!(world, |tx| webhooks::finish(tx, &lane(incarnation), seq, MONDAY).await.unwrap());
}

/// Takes and finishes until nothing is due; what was said.
async fn tell_all(world: &World, incarnation: &str, now: Moment) -> Vec<String> {
    let mut said = Vec::new();
    while let Some(webhook) = take(world, incarnation, now).await {
        finish(world, incarnation, webhook.seq).await;
        said.push(webhook.body);
    }
    said
}

async fn due(world: &World, now: Moment) -> Vec<Lane> {
    reading!(world, |tx| webhooks::due(tx, TARGET, now, 10).await.unwrap())
}

async fn what_was_ordered_twice_is_told_once(world: World) {
    order(&world, "RM_1", &[1, 2]).await;
    order(&world, "RM_1", &[1, 2, 3]).await;
    assert_eq!(tell_all(&world, "RM_1", MONDAY).await, ["RM_1/1", "RM_1/2", "RM_1/3"]);
    order(&world, "RM_1", &[2]).await;
    assert_eq!(due(&world, MONDAY).await, []);
}

async fn a_lane_is_told_in_order_and_a_failure_holds_it_up_but_no_other(world: World) {
    order(&world, "RM_1", &[2, 1, 10, 9]).await;
    order(&world, "RM_2", &[1]).await;
    let first = take(&world, "RM_1", MONDAY).await.unwrap();
    assert_eq!((first.seq, first.body.as_str(), first.attempts), (1, "RM_1/1", 1));
    let later = MONDAY.plus_millis(HOUR);
    writing!(world, |tx| webhooks::put_off(tx, &lane("RM_1"), 1, "no route", later).await.unwrap());
    assert_eq!(due(&world, MONDAY).await, [lane("RM_2")]);
    assert_eq!(take(&world, "RM_1", MONDAY.plus_millis(HOUR - 1)).await, None);
    assert_eq!(due(&world, later).await.len(), 2);
    assert_eq!(take(&world, "RM_1", later).await.unwrap().attempts, 2);
    finish(&world, "RM_1", 1).await;
    assert_eq!(tell_all(&world, "RM_1", later).await, ["RM_1/2", "RM_1/9", "RM_1/10"]);
}

async fn nobody_takes_what_another_has_taken(world: World) {
    order(&world, "RM_1", &[1, 2]).await;
    assert_eq!(take(&world, "RM_1", MONDAY).await.unwrap().seq, 1);
    assert_eq!(take(&world, "RM_1", MONDAY).await, None);
    assert_eq!(due(&world, MONDAY).await, []);
    let later = MONDAY.plus_millis(MINUTE);
    assert_eq!(take(&world, "RM_1", later).await.unwrap().seq, 1, "the one who took it may have died");
}

async fn what_is_given_up_is_told_of_once(world: World) {
    order(&world, "RM_1", &[1, 2, 3]).await;
    writing!(world, |tx| {
        let before = MONDAY.plus_millis(3 * MINUTE);
        assert_eq!(webhooks::give_up(tx, before, MONDAY).await.unwrap(), 2);
    });
    order(&world, "RM_2", &[4]).await;
    let next = take(&world, "RM_1", MONDAY).await.unwrap();
    assert_eq!((next.seq, next.dropped), (3, 2));
    let other = take(&world, "RM_2", MONDAY).await.unwrap();
    assert_eq!((other.seq, other.dropped), (4, 0), "another one tells of them");
    let again = take(&world, "RM_1", MONDAY.plus_millis(MINUTE)).await.unwrap();
    assert_eq!((again.seq, again.dropped), (3, 2), "it is still to be told");
    let waiting = reading!(world, |tx| webhooks::waiting(tx).await.unwrap());
    assert_eq!(waiting, [(TARGET.to_owned(), 2)]);
    let standing = reading!(world, |tx| webhooks::standings(tx).await.unwrap()).remove(0);
    assert_eq!((standing.delivered, standing.waiting, standing.given_up), (0, 2, 2));
    assert_eq!(standing.oldest, Some(MONDAY.plus_millis(3 * MINUTE)));
}

async fn one_that_is_given_up_passes_on_what_it_should_have_told(world: World) {
    order(&world, "RM_1", &[1, 2, 3]).await;
    let give_up = async |before: i64| {
        let before = MONDAY.plus_millis(before * MINUTE);
        writing!(world, |tx| webhooks::give_up(tx, before, MONDAY).await.unwrap())
    };
    assert_eq!(give_up(2).await, 1);
    let second = take(&world, "RM_1", MONDAY).await.unwrap();
    assert_eq!((second.seq, second.dropped), (2, 1));
    assert_eq!(give_up(3).await, 1);
    let third = take(&world, "RM_1", MONDAY).await.unwrap();
    assert_eq!((third.seq, third.dropped), (3, 2));
}

async fn everything_can_be_told_again_in_order(world: World) {
    order(&world, "RM_1", &[1, 2, 3]).await;
    tell_all(&world, "RM_1", MONDAY).await;
    let since = MONDAY.plus_millis(2 * MINUTE);
    assert_eq!(writing!(world, |tx| webhooks::replay(tx, TARGET, since, MONDAY).await.unwrap()), 2);
    assert_eq!(writing!(world, |tx| webhooks::replay(tx, "another", since, MONDAY).await.unwrap()), 0);
    assert_eq!(tell_all(&world, "RM_1", MONDAY).await, ["RM_1/2", "RM_1/3"]);
}

async fn what_is_told_again_has_its_whole_time_once_more(world: World) {
    order(&world, "RM_1", &[1, 2]).await;
    let now = MONDAY.plus_millis(HOUR);
    assert_eq!(writing!(world, |tx| webhooks::give_up(tx, now, now).await.unwrap()), 2);
    assert_eq!(writing!(world, |tx| webhooks::replay(tx, TARGET, MONDAY, now).await.unwrap()), 2);
    assert_eq!(writing!(world, |tx| webhooks::give_up(tx, now, now).await.unwrap()), 0);
    assert_eq!(tell_all(&world, "RM_1", now).await, ["RM_1/1", "RM_1/2"]);
}

async fn what_is_over_is_forgotten_and_what_waits_is_not(world: World) {
    order(&world, "RM_1", &[1, 2, 3]).await;
    finish(&world, "RM_1", 1).await;
    finish(&world, "RM_1", 3).await;
    let before = MONDAY.plus_millis(3 * MINUTE);
    assert_eq!(writing!(world, |tx| webhooks::delete_done(tx, before).await.unwrap()), 1);
    assert_eq!(tell_all(&world, "RM_1", MONDAY).await, ["RM_1/2"]);
}
