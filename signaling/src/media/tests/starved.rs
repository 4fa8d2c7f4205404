//! Machines that get no processor for seconds: whatever was measured meanwhile, the picture comes back by itself.

use std::time::Duration;

use super::speech::Speech;

/// Server and clients stand still in turn, for as long as a scheduler that has too much to do lets them.
fn starve(speech: &mut Speech, span: Duration, longest_ms: u64) {
    let end = speech.world.now + span;
    while speech.world.now < end {
        for who in [None, Some(speech.speaker), Some(speech.listener)] {
            let pause = Duration::from_millis(speech.world.chance() % longest_ms);
            let until = speech.world.now + pause;
            speech.world.stalled.entry(who).or_insert(until);
        }
        speech.speak(Duration::from_millis(20));
    }
}

fn comes_back(seed: u64, sound: bool, longest_ms: u64) {
    let mut speech = Speech::seeded(seed);
    speech.sound = sound;
    speech.speak(Duration::from_secs(3));
    starve(&mut speech, Duration::from_secs(30), longest_ms);
    speech.speak(Duration::from_secs(15));
    assert_eq!(speech.layer(), Some(2), "seed {seed}, sound {sound}, up to {longest_ms} ms");
    speech.seen();
    speech.speak(Duration::from_secs(2));
    assert!(speech.seen() > 40, "seed {seed}: the picture goes on");
}

#[test]
fn after_seconds_without_processor_the_picture_is_back_and_whole() {
    for (seed, sound, longest_ms) in [(1, true, 500), (2, false, 500), (3, true, 2000), (4, true, 6000)] {
        comes_back(seed, sound, longest_ms);
    }
}
