//! What is done in one turn of the worker: waking it up costs as much as passing on a picture to a subscriber.

use std::time::Duration;

use rtc_rtcp::sender_report::SenderReport;

use super::world::{World, vp8};
use crate::media::double::Client;
use crate::room::media::MediaKind;

const CAMERA: (&str, &str, &str, &[&str]) = ("0", "video", "sendonly", &[]);
const SSRC: u32 = 7;

/// One who sends a picture, and `count` who came one after the other.
fn room(count: usize) -> World {
    let mut world = World::new(11);
    let publisher = world.publisher(&[CAMERA]);
    for _ in 0..count {
        world.subscriber(publisher, "0", MediaKind::Video);
        world.run(Duration::from_millis(130));
    }
    assert!(world.run_until(|world| world.clients.iter().all(Client::connected)));
    world
}

#[test]
fn reports_to_everybody_leave_when_the_worker_is_awake_for_its_survey() {
    let mut world = room(7);
    world.run(Duration::from_secs(2));
    let (mut ticks, mut last) = (0, world.engine.ticked);
    let reported = world.engine.peers.iter().map(|(_, peer)| peer.reported).max();
    for _ in 0..400 {
        world.run(Duration::from_millis(5));
        ticks += usize::from(world.engine.ticked != last);
        last = world.engine.ticked;
    }
    assert!(world.engine.peers.iter().all(|(_, peer)| Some(peer.reported) > reported), "all were told again");
    // Two seconds of surveys, up to two fifths of the time early.
    assert!(ticks <= 34, "{ticks}");
}

#[test]
fn a_publisher_is_told_of_arrivals_when_the_worker_is_awake_for_its_next_picture() {
    let mut world = room(1);
    world.clients[0].number = Some(0);
    let (mut told, mut feedback) = (Vec::new(), 0);
    for step in 0..400_u16 {
        if step.is_multiple_of(8) {
            world.clients[0].rtp(SSRC, 96, 100 + u64::from(step / 8), 0, "0", "", &vp8(step, 0, step == 0));
        }
        world.run(Duration::from_millis(5));
        let now = world.clients[0].feedback.iter().filter(|packet| packet[0] & 0x1F == 15).count();
        if now > feedback {
            told.push(step % 8);
        }
        feedback = now;
    }
    // Every 40 ms a picture; every 50 ms alone would take a waking of its own four times in five.
    assert!(told.len() >= 45, "{told:?}");
    assert!(told.iter().all(|step| *step == told[0]), "{told:?}");
}

#[test]
fn a_report_leaves_in_one_run_with_the_picture_that_leaves_at_its_time() {
    let mut world = room(1);
    let subscriber = world.clients[1].address;
    let (mut alone, mut behind) = (0, 0);
    for picture in 0..100_u16 {
        for packet in 0..3 {
            let index = 100 + 3 * u64::from(picture) + packet;
            world.clients[0].rtp(
                SSRC,
                96,
                index,
                u32::from(picture) * 3600,
                "0",
                "",
                &vp8(picture, 0, picture == 0),
            );
        }
        if picture == 1 {
            world.clients[0].rtcp(&SenderReport { ssrc: SSRC, ntp_time: 1 << 40, ..SenderReport::default() });
        }
        world.now += Duration::from_millis(40);
        let now = world.now;
        world.clients[0].tick(now);
        for mut bytes in std::mem::take(&mut world.clients[0].out) {
            world.engine.datagram(now, world.clients[0].address, &mut bytes);
        }
        world.engine.tick(now);
        world.engine.transmit(|to, bytes, size| {
            let report = |packet: &&[u8]| (192..=223).contains(&packet[1]);
            if to == subscriber && bytes.chunks(size).any(|packet| report(&packet)) {
                let first = bytes.chunks(size).next().filter(report);
                *(if first.is_some() { &mut alone } else { &mut behind }) += 1;
            }
        });
    }
    assert!(behind >= 3, "one in each second: {behind}");
    assert_eq!(alone, 0);
}
