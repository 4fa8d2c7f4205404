//! `giaoban probe` joins a live session, is seen and heard, measures, and ends as its figures say.

use serde_json::{Value, json};
use tests::{
    meeting::Meeting,
    peer::{JoinPath, browser, sees_and_hears},
    probe,
    world::{Backend, World, whole_machine},
};

async fn live() -> (World, Meeting) {
    let world = World::empty(Backend::Sqlite).await;
    let meeting = Meeting::start(&world).await;
    (world, meeting)
}

fn text<'a>(ticket: &'a Value, name: &str) -> &'a str {
    ticket[name].as_str().expect("a text")
}

/// The address and port of a world's program, for probes that sign their own tokens.
fn place(world: &World) -> [String; 4] {
    let listen = world.base().trim_start_matches("http://").to_owned();
    let data = world.folder().to_str().expect("a path").to_owned();
    ["--data".to_owned(), data, "--listen".to_owned(), listen]
}

#[tokio::test]
async fn a_browser_sees_and_hears_a_probe_which_measures_both_ways() {
    let _machine = whole_machine().await;
    let (world, meeting) = live().await;
    let mut page = browser(world.base(), meeting.id(), JoinPath::Single, &meeting.technicians[..1]).await;
    page.event("all_joined").await;
    let ticket = meeting.ticket(&world, 1).await;
    let arguments = ["--url", text(&ticket, "url"), "--seconds", "15", "--json"];
    let arguments = [&arguments[..], &probe::PATIENT].concat();
    let secret = [("GIAOBAN_TOKEN", text(&ticket, "token"))];
    let probe = probe::run(&arguments, &secret);

    let (outcome, ()) = tokio::join!(probe, async {
        sees_and_hears(&mut page, Some(0), 1, 1).await;
        meeting.until_connected(2).await;
    });
    page.finish().await;

    let report = outcome.report();
    assert_eq!((outcome.code, &report["ok"]), (Some(0), &json!(true)), "{report:#}");
    let number = |path: &str| report.pointer(path).and_then(Value::as_f64).unwrap_or(f64::NAN);
    assert!(number("/join_ms") >= number("/signaling_ms") && number("/signaling_ms") > 0.0, "{report:#}");
    assert!(number("/rtt_ms") > 0.0, "{report:#}");
    for way in ["up", "down"] {
        assert!(number(&format!("/{way}/packets")) > 500.0, "{way} {report:#}");
        assert!(number(&format!("/{way}/jitter_ms")) > 0.0, "{way} {report:#}");
    }
    // A picture of 1000 kbit/s and a tone of 24, of which a busy machine may lose some.
    assert!((600.0..1100.0).contains(&number("/up/kbps")), "{report:#}");
}

#[tokio::test]
async fn a_figure_beyond_its_limit_ends_a_probe_with_three_and_is_named() {
    let _machine = whole_machine().await;
    let (world, meeting) = live().await;
    let who = &meeting.technicians[0];
    let arguments =
        ["--server", world.base(), "--session", meeting.id(), "--user", &who.username, "--seconds", "5"];
    let secret = [("GIAOBAN_PASSWORD", who.password.as_str())];

    let arguments = [&arguments[..], &probe::PATIENT].concat();
    let limit = ["--min-kbps", "100000", "--json"];
    let outcome = probe::run(&[&arguments[..], &limit].concat(), &secret).await;
    let report = outcome.report();
    assert_eq!((outcome.code, &report["missed"]), (Some(3), &json!(["up_kbps"])), "{report:#}");
    assert_eq!(report["down"], Value::Null, "nobody else was there");

    let outcome = probe::run(&[&arguments[..], &limit[..2]].concat(), &secret).await;
    assert_eq!(outcome.code, Some(3));
    assert!(outcome.out.starts_with("Đường truyền KHÔNG ĐẠT"), "{}", outcome.out);
    let outcome = probe::run(&[&arguments[..], &["--lang", "en"]].concat(), &secret).await;
    assert_eq!(outcome.code, Some(0), "{}", outcome.out);
    assert!(outcome.out.starts_with("The line is GOOD ENOUGH"), "{}", outcome.out);
}

#[tokio::test]
async fn a_probe_that_is_not_let_in_ends_with_four_and_says_why() {
    let (world, meeting) = live().await;
    let ticket = meeting.ticket(&world, 0).await;
    let forged = format!("{}x", text(&ticket, "token"));
    let url = ["--url", text(&ticket, "url")];

    let outcome = probe::run(&url, &[("GIAOBAN_TOKEN", forged.as_str())]).await;
    assert_eq!(outcome.code, Some(4), "{outcome:?}");
    assert!(outcome.complaint.contains("mã vào phòng sai hoặc hết hạn"), "{outcome:?}");
    assert!(!outcome.complaint.contains(&forged), "no token in a message");
    let outcome =
        probe::run(&[&url[..], &["--json", "--lang", "en"]].concat(), &[("GIAOBAN_TOKEN", "x")]).await;
    assert_eq!((outcome.code, &outcome.report()["ok"]), (Some(4), &json!(false)), "{outcome:?}");

    let who = &meeting.technicians[0];
    let login = ["--server", world.base(), "--session", meeting.id(), "--user", &who.username];
    let outcome = probe::run(&login, &[("GIAOBAN_PASSWORD", "wrong")]).await;
    assert_eq!(outcome.code, Some(4), "{outcome:?}");
    assert!(outcome.complaint.contains("không vào được phiên"), "{outcome:?}");

    let outcome = probe::run(&["--url", "ws://127.0.0.1:1"], &[("GIAOBAN_TOKEN", "x")]).await;
    assert_eq!(outcome.code, Some(4), "{outcome:?}");
    assert!(outcome.complaint.contains("không kết nối được máy chủ"), "{outcome:?}");

    let log = std::fs::read_to_string(world.log()).expect("the log");
    assert!(!log.contains("eyJ"), "no token in the server's log");
}

#[tokio::test]
async fn subscribers_count_what_they_receive() {
    let _machine = whole_machine().await;
    let (world, meeting) = live().await;
    let place = place(&world);
    let mut arguments: Vec<&str> = place.iter().map(String::as_str).collect();
    arguments.extend(["--session", meeting.id(), "--subscribers", "5", "--seconds", "4", "--json"]);
    arguments.extend(probe::PATIENT);
    let outcome = probe::run(&arguments, &[]).await;
    let report = outcome.report();
    assert_eq!(outcome.code, Some(0), "{report:#}");

    let crowd = &report["subscribers"];
    assert_eq!((&crowd["wanted"], &crowd["joined"]), (&json!(5), &json!(5)), "{report:#}");
    let each: Vec<u64> =
        crowd["each"].as_array().into_iter().flatten().filter_map(|one| one["packets"].as_u64()).collect();
    assert_eq!(each.len(), 5, "{report:#}");
    // 50 packets of sound and 120 of the picture in a second, less what a busy machine may lose.
    assert!(each.iter().all(|packets| *packets > 4 * 50), "{report:#}");
    assert_eq!(crowd["packets"], each.iter().sum::<u64>(), "{report:#}");
}

#[tokio::test]
async fn light_subscribers_count_what_several_speakers_send() {
    let _machine = whole_machine().await;
    let (world, meeting) = live().await;
    let place = place(&world);
    let mut arguments: Vec<&str> = place.iter().map(String::as_str).collect();
    arguments.extend(["--session", meeting.id(), "--subscribers", "2", "--light", "--speakers", "2"]);
    arguments.extend(["--seconds", "4", "--json"]);
    arguments.extend(probe::PATIENT);
    let outcome = probe::run(&arguments, &[]).await;
    let report = outcome.report();
    assert_eq!(outcome.code, Some(0), "{report:#}");
    // One speaker sends 170 packets in a second; three send more than two could.
    let each = report["subscribers"]["each"].as_array().expect("each subscriber");
    assert!(each.iter().all(|one| one["packets"].as_u64() > Some(4 * 2 * 170)), "{report:#}");
}

#[tokio::test]
async fn a_probe_that_only_watches_publishes_nothing() {
    let _machine = whole_machine().await;
    let (world, meeting) = live().await;
    let place = place(&world);
    let place: Vec<&str> = place.iter().map(String::as_str).collect();
    let session = ["--session", meeting.id(), "--json", "--seconds"];
    let arguments = [&place[..], &session, &["2", "--watch"], &probe::PATIENT].concat();
    let watcher = probe::run(&arguments, &[]).await;
    let report = watcher.report();
    assert_eq!(watcher.code, Some(0), "{report:#}");
    assert_eq!((&report["up"], &report["down"]), (&Value::Null, &Value::Null), "{report:#}");
    let attendance = meeting.secretary.get(&meeting.attendance()).await.ok();
    assert_eq!(attendance["connected"], 0, "a probe is nobody's endpoint");
}
