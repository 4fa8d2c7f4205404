//! Behind a network that passes nothing but TURN, two pages of a real browser see and hear each other all the same.

use std::{fmt::Write as _, path::Path};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use rcgen::PublicKeyData as _;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use tests::{
    lines::Lines,
    meeting::Meeting,
    peer::{JoinPath, browser_through, sees_and_hears},
    world::{Backend, World, free_port, whole_machine},
};

/// Makes a certificate in the data folder, and the settings that open TURN; `key` becomes what a browser needs to know
/// of the certificate.
fn settings(folder: &Path, key: &mut String) -> String {
    let made = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).expect("a certificate");
    let files = [folder.join("turn.crt"), folder.join("turn.key")];
    std::fs::write(&files[0], made.cert.pem()).expect("written");
    std::fs::write(&files[1], made.signing_key.serialize_pem()).expect("written");
    *key = STANDARD.encode(Sha256::digest(made.signing_key.subject_public_key_info()));
    let mut text = "[turn]\nhost = \"localhost\"\n".to_owned();
    for transport in ["udp", "tcp", "tls"] {
        writeln!(text, "{transport}_port = {}", free_port()).expect("in memory");
    }
    for (name, file) in ["certificate", "key"].iter().zip(&files) {
        writeln!(text, "{name} = \"{}\"", file.display()).expect("in memory");
    }
    text
}

/// Waits until a page tells by which ways its connections go.
async fn routes(pages: &mut Lines, page: u64, connections: usize) -> Vec<Value> {
    let told = pages
        .until("the ways", |line| {
            line["page"] == page
                && line["routes"].as_array().is_some_and(|routes| routes.len() == connections)
        })
        .await;
    told["routes"].as_array().cloned().unwrap_or_default()
}

async fn two_pages_meet(transport: &str, path: JoinPath) {
    let _machine = whole_machine().await;
    let mut key = String::new();
    let world = World::configured(Backend::Sqlite, |folder| settings(folder, &mut key)).await;
    let meeting = Meeting::start(&world).await;
    let relay = json!({"transport": transport, "key": key});
    let mut pages =
        browser_through(&relay, world.base(), meeting.id(), path, &meeting.technicians[..2]).await;
    pages.event("all_joined").await;
    let connections = if path == JoinPath::Single { 1 } else { 2 };
    for page in 0..2 {
        sees_and_hears(&mut pages, Some(page), 1, 1).await;
        let expected = vec![json!(format!("relay {transport}")); connections];
        assert_eq!(routes(&mut pages, page, connections).await, expected);
    }
    meeting.until_connected(2).await;
    pages.finish().await;
    let figures = world.login(tests::world::ADMINISTRATOR).await.text("/metrics").await;
    assert!(figures.contains("giaoban_turn_relayed_bytes_total"), "{figures}");
    let log = std::fs::read_to_string(world.log()).expect("the log");
    assert!(!log.contains("endpoint:"), "no user name of TURN in the log");
}

#[tokio::test]
async fn over_tls_on_one_connection() {
    two_pages_meet("tls", JoinPath::Single).await;
}

#[tokio::test]
async fn over_tls_on_two_connections() {
    two_pages_meet("tls", JoinPath::Dual).await;
}

#[tokio::test]
async fn over_tcp() {
    two_pages_meet("tcp", JoinPath::Single).await;
}

#[tokio::test]
async fn over_udp() {
    two_pages_meet("udp", JoinPath::Dual).await;
}
