//! Booked, started, joined: two pages of a real browser and a client that nobody here wrote see and hear each other.

use serde_json::json;
use tests::{
    meeting::Meeting,
    peer::{JoinPath, browser, sees_and_hears},
    world::{Backend, World, whole_machine},
};

async fn all_three_see_and_hear_each_other(path: JoinPath) {
    let _machine = whole_machine().await;
    let world = World::empty(Backend::Sqlite).await;
    let meeting = Meeting::start(&world).await;
    let mut pages = meeting.two_pages(&world, path).await;
    let mut python = meeting.python(&world, 2, path).await;

    sees_and_hears(&mut python, None, 2, 2).await;
    sees_and_hears(&mut pages, Some(0), 2, 2).await;
    sees_and_hears(&mut pages, Some(1), 2, 2).await;
    let attendance = meeting.until_connected(3).await;
    assert_eq!(
        (&attendance["invited"], &attendance["connected"]),
        (&json!(4), &json!(3)),
        "the host is not there"
    );

    // A microphone that comes again after the camera must not break the picture.
    for _ in 0..2 {
        pages.tell(&json!({"page": 0, "do": "microphone"})).await;
        pages.event("done").await;
    }
    sees_and_hears(&mut python, None, 2, 2).await;
    sees_and_hears(&mut pages, Some(1), 2, 2).await;

    pages.tell(&json!({"page": 1, "do": "leave"})).await;
    pages.event("done").await;
    meeting.until_connected(2).await;
    sees_and_hears(&mut python, None, 1, 1).await;
    pages.finish().await;
    python.finish().await;
    meeting.until_connected(0).await;

    let log = std::fs::read_to_string(world.log()).expect("the log");
    assert!(!log.contains("access_token") && !log.contains("eyJ"), "no token in the log");
}

#[tokio::test]
async fn two_browsers_and_a_python_client_see_and_hear_each_other_on_one_connection() {
    all_three_see_and_hear_each_other(JoinPath::Single).await;
}

#[tokio::test]
async fn two_browsers_and_a_python_client_see_and_hear_each_other_on_two_connections() {
    all_three_see_and_hear_each_other(JoinPath::Dual).await;
}

#[tokio::test]
async fn a_browser_that_refuses_camera_and_microphone_joins_and_watches() {
    let _machine = whole_machine().await;
    let world = World::empty(Backend::Sqlite).await;
    let meeting = Meeting::start(&world).await;
    let python = meeting.python(&world, 2, JoinPath::Dual).await;
    let mut watcher = meeting.technicians[0].clone();
    watcher.devices = false;
    let mut page = browser(world.base(), meeting.id(), JoinPath::Single, &[watcher]).await;
    page.event("told_what_to_do").await;
    page.event("all_joined").await;
    sees_and_hears(&mut page, Some(0), 1, 1).await;
    meeting.until_connected(2).await;
    page.finish().await;
    python.finish().await;
}

#[tokio::test]
async fn a_camera_that_opens_dark_is_opened_anew_without_anybody_pressing_anything() {
    let _machine = whole_machine().await;
    let world = World::empty(Backend::Sqlite).await;
    let meeting = Meeting::start(&world).await;
    let mut python = meeting.python(&world, 2, JoinPath::Dual).await;
    let mut endpoint = meeting.technicians[0].clone();
    endpoint.dark = true;
    let mut page = browser(world.base(), meeting.id(), JoinPath::Single, &[endpoint]).await;
    page.event("all_joined").await;
    sees_and_hears(&mut python, None, 1, 1).await;
    page.finish().await;
    python.finish().await;
}

#[tokio::test]
async fn endpoints_whose_computer_slept_until_they_were_given_up_see_and_hear_each_other_again() {
    let _machine = whole_machine().await;
    let world = World::empty(Backend::Sqlite).await;
    let meeting = Meeting::start(&world).await;
    let mut pages = meeting.two_pages(&world, JoinPath::Single).await;
    let mut python = meeting.python(&world, 2, JoinPath::Dual).await;
    sees_and_hears(&mut pages, Some(0), 2, 2).await;
    sees_and_hears(&mut pages, Some(1), 2, 2).await;

    pages.fall_asleep().await;
    meeting.until_connected(1).await;
    python.forget();
    pages.forget();
    pages.wake().await;

    // Nobody presses anything.
    sees_and_hears(&mut python, None, 2, 2).await;
    sees_and_hears(&mut pages, Some(0), 2, 2).await;
    sees_and_hears(&mut pages, Some(1), 2, 2).await;
    meeting.until_connected(3).await;
    pages.finish().await;
    python.finish().await;
}
