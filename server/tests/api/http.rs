use axum::{
    body::Body,
    http::{Method, Request, StatusCode, header},
};
use serde_json::json;

use super::world::World;

#[tokio::test]
async fn every_answer_forbids_foreign_scripts_frames_and_sniffing() {
    let world = World::new().await;
    for path in ["/", "/api/v1/me", "/healthz", "/api/v1/openapi.json"] {
        let answer = world.browser().send(Method::GET, path, None).await;
        let policy = answer.headers[header::CONTENT_SECURITY_POLICY].to_str().unwrap().to_owned();
        assert!(policy.contains("default-src 'none'") && policy.contains("script-src 'self'"), "{path}");
        assert!(policy.contains("connect-src 'self';") && !policy.contains("unsafe"), "{path}");
        assert_eq!(answer.headers[header::X_CONTENT_TYPE_OPTIONS], "nosniff", "{path}");
        assert!(answer.headers.contains_key("x-request-id"), "{path}");
    }
}

#[tokio::test]
async fn what_is_not_there_is_said_in_the_reader_s_language() {
    let world = World::new().await;
    let mut browser = world.browser();
    let english = browser.get("/nothing").await;
    assert_eq!(english.refused(), (404, "not_found".into()));
    assert_eq!(english.json()["title"], "Not found");
    browser.language = "vi-VN,vi;q=0.9";
    assert_eq!(browser.get("/nothing").await.json()["title"], "Không tìm thấy");
    let method = browser.send(Method::DELETE, "/api/v1/units", None).await;
    assert_eq!(method.refused(), (405, "method_not_allowed".into()));
    assert!(method.headers.contains_key(header::ALLOW));
}

#[tokio::test]
async fn a_page_of_the_ui_is_the_ui_and_a_missing_file_is_missing() {
    let world = World::new().await;
    let page = world.browser().send(Method::GET, "/sessions/new", None).await;
    assert_eq!(
        (page.status, page.headers[header::CACHE_CONTROL].to_str().unwrap()),
        (StatusCode::OK, "no-cache")
    );
    let tag = page.headers[header::ETAG].clone();
    let again = Request::builder().uri("/").header(header::IF_NONE_MATCH, tag).body(Body::empty()).unwrap();
    assert_eq!(world.browser().raw(again).await.status, StatusCode::NOT_MODIFIED);
    let missing = world.browser().send(Method::GET, "/assets/nothing.js", None).await;
    assert_eq!(missing.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_body_that_is_too_large_or_no_json_is_refused() {
    let world = World::new().await;
    let secretary = world.sign_in("thuky").await;
    let large = world.booking_with(json!({ "content": "x".repeat(300_000) }));
    assert_eq!(secretary.post("/sessions", large).await.refused(), (413, "too_large".into()));
    let request = |kind: &str, body: &'static str| {
        Request::post("/api/v1/sessions")
            .header(header::CONTENT_TYPE, kind)
            .header(header::COOKIE, secretary.cookie.clone().unwrap())
            .header("x-csrf-token", secretary.csrf.clone().unwrap())
            .body(Body::from(body))
            .unwrap()
    };
    let form = secretary.raw(request("text/plain", "{}")).await;
    assert_eq!(form.refused(), (415, "unsupported_media_type".into()));
    let torn = secretary.raw(request("application/json", "{\"subject\":")).await;
    assert_eq!(torn.refused(), (400, "malformed".into()));
    let empty = secretary.raw(request("application/json", "{}")).await;
    assert_eq!(empty.fields(), [("subject".into(), "required".into())]);
}

#[tokio::test]
async fn a_name_of_a_kind_that_does_not_exist_is_a_wrong_field() {
    let world = World::new().await;
    let secretary = world.sign_in("thuky").await;
    let answer = secretary.post("/sessions", world.booking_with(json!({ "kind": "picnic" }))).await;
    assert_eq!(answer.fields(), [("kind".into(), "bad_format".into())]);
    assert_eq!(secretary.get("/sessions/not-an-id").await.refused(), (404, "not_found".into()));
    assert_eq!(secretary.get("/sessions?cursor=zz").await.refused(), (400, "malformed".into()));
    assert_eq!(secretary.get("/sessions?from=today").await.status, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn the_program_is_ready_while_its_tables_answer() {
    let world = World::new().await;
    let ready = world.browser().send(Method::GET, "/readyz", None).await.ok();
    assert_eq!(ready, json!({ "ready": true, "database": true, "alarms": [] }));
    world.app.store.close().await;
    let lost = world.browser().send(Method::GET, "/readyz", None).await;
    assert_eq!(
        (lost.status, lost.json()["database"].as_bool()),
        (StatusCode::SERVICE_UNAVAILABLE, Some(false))
    );
    let alive = world.browser().send(Method::GET, "/healthz", None).await;
    assert_eq!(alive.status, StatusCode::OK);
}

#[tokio::test]
async fn figures_are_for_this_machine_only() {
    let world = World::new().await;
    let stranger = world.browser().send(Method::GET, "/metrics", None).await;
    assert_eq!(stranger.status, StatusCode::NOT_FOUND);
}
