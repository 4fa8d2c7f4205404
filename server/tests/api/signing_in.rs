use axum::http::{Method, header};
use futures::future::{join, join_all};
use serde_json::json;

use schema::id::SessionId;
use server::service::signing_in::still_good;

use super::world::{PASSWORD, World, id_of};

#[tokio::test]
async fn a_login_shows_who_one_is_and_what_one_may_do() {
    let world = World::new().await;
    let mut browser = world.browser();
    let answer = browser.sign_in("muongnhe", PASSWORD).await;
    let cookie = answer.headers[header::SET_COOKIE].to_str().unwrap().to_owned();
    assert!(
        cookie.starts_with("giaoban_login=")
            && cookie.contains("HttpOnly")
            && cookie.contains("SameSite=Strict")
    );
    let me = browser.get("/me").await.ok();
    assert_eq!(me["username"], "muongnhe");
    assert_eq!(me["endpoint"]["name"], "Điểm cầu Mường Nhé");
    assert_eq!(me["permissions"], json!(["session.read", "rollcall.take", "room.join", "directory.read"]));
    assert_eq!(
        me["province"],
        json!({ "name": "UBND tỉnh Điện Biên", "host": "UBND tỉnh Điện Biên", "sample_data": false })
    );
}

#[tokio::test]
async fn a_wrong_name_and_a_wrong_password_look_the_same() {
    let world = World::new().await;
    let wrong_password = world.browser().sign_in("thuky", "Sai-mật-khẩu-2026").await;
    let wrong_name = world.browser().sign_in("khongcoai", PASSWORD).await;
    assert_eq!(wrong_password.refused(), (401, "wrong_credentials".into()));
    assert_eq!(wrong_password.text, wrong_name.text);
}

#[tokio::test]
async fn a_lock_does_not_tell_which_names_exist() {
    let world = World::new().await;
    let answers = async |name: &str| {
        let mut answers = Vec::new();
        for _ in 0..6 {
            let answer = world.browser().sign_in(name, "sai").await;
            answers.push((answer.status, answer.text));
        }
        answers
    };
    assert_eq!(answers("thuky").await, answers("khongcoai").await);
}

#[tokio::test]
async fn five_wrong_passwords_lock_and_an_administrator_unlocks_with_a_reason() {
    let world = World::new().await;
    for _ in 0..4 {
        let answer = world.browser().sign_in("muongnhe", "sai").await;
        assert_eq!(answer.refused(), (401, "wrong_credentials".into()));
    }
    let fifth = world.browser().sign_in("muongnhe", "sai").await;
    assert_eq!(fifth.refused(), (429, "locked".into()));
    let right = world.browser().sign_in("muongnhe", PASSWORD).await;
    assert_eq!(right.refused(), (429, "locked".into()));
    assert_eq!(right.headers[header::RETRY_AFTER], right.json()["retry_after_seconds"].to_string());

    let admin = world.sign_in("quantri").await;
    let list = admin.get("/accounts?q=muongnhe").await.ok();
    let path = format!("/accounts/{}/unlock", list["items"][0]["id"].as_str().unwrap());
    assert_eq!(list["items"][0]["locked"], true);
    let bare = admin.post(&path, json!({ "reason": " " })).await;
    assert_eq!(bare.fields(), [("reason".into(), "required".into())]);
    admin.post(&path, json!({ "reason": "Kỹ thuật viên cần vào phiên 8 giờ" })).await.ok();
    world.sign_in("muongnhe").await;
}

#[tokio::test]
async fn guesses_made_all_at_once_are_no_more_than_those_made_one_after_the_other() {
    for world in [World::new().await, World::on_postgres().await] {
        let guess = async |password: &str| world.browser().sign_in("thuky", password).await.refused();
        let wrong = (0..60).map(|_| guess("sai"));
        let (answers, right) = join(join_all(wrong), guess(PASSWORD)).await;
        let looked_at = answers.iter().filter(|answer| answer.0 == 401).count();
        assert_eq!(looked_at, 4, "the fifth locks, and those on their way are not looked at");
        assert_eq!(right, (429, "locked".into()));
    }
}

#[tokio::test]
async fn a_lock_ends_by_itself() {
    let world = World::new().await;
    for _ in 0..5 {
        world.browser().sign_in("thuky", "sai").await;
    }
    world.pass_minutes(14);
    assert_eq!(world.browser().sign_in("thuky", PASSWORD).await.refused(), (429, "locked".into()));
    world.pass_minutes(1);
    world.sign_in("thuky").await;
}

#[tokio::test]
async fn a_login_ends_when_idle_and_sooner_for_administrators() {
    let world = World::new().await;
    let (secretary, admin) = (world.sign_in("thuky").await, world.sign_in("quantri").await);
    world.pass_minutes(4);
    secretary.get("/me").await.ok();
    admin.get("/me").await.ok();
    world.pass_minutes(6);
    secretary.get("/me").await.ok();
    assert_eq!(admin.get("/me").await.refused(), (401, "not_signed_in".into()));
    world.pass_minutes(15);
    assert_eq!(secretary.get("/me").await.refused(), (401, "not_signed_in".into()));
}

#[tokio::test]
async fn a_login_ends_after_a_working_day_however_busy() {
    let world = World::new().await;
    let secretary = world.sign_in("thuky").await;
    for _ in 0..71 {
        world.pass_minutes(10);
        secretary.get("/me").await.ok();
    }
    world.pass_minutes(10);
    assert_eq!(secretary.get("/me").await.refused(), (401, "not_signed_in".into()));
}

#[tokio::test]
async fn watching_a_live_session_keeps_the_login_and_no_other_open_page_does() {
    let world = World::new().await;
    let id: SessionId = id_of(&world.sign_in("thuky").await.started(world.booking()).await);
    let (technician, leader) = (world.sign_in("muongnhe").await, world.sign_in("lanhdao").await);
    let token = |browser: &super::world::Browser| {
        browser.cookie.clone().unwrap().split_once('=').unwrap().1.to_owned()
    };
    for _ in 0..6 {
        world.pass_minutes(10);
        assert!(still_good(&world.app, &token(&technician), Some(id)).await);
    }
    technician.get("/me").await.ok();
    assert!(!still_good(&world.app, &token(&leader), None).await);
    assert_eq!(leader.get("/me").await.refused(), (401, "not_signed_in".into()));
}

#[tokio::test]
async fn a_changing_request_without_the_csrf_token_is_refused() {
    let world = World::new().await;
    let mut secretary = world.sign_in("thuky").await;
    secretary.csrf = Some("guess".into());
    let answer = secretary.post("/sessions", world.booking()).await;
    assert_eq!(answer.refused(), (403, "csrf".into()));
    secretary.csrf = None;
    assert_eq!(secretary.post("/logout", json!({})).await.refused(), (403, "csrf".into()));
    secretary.get("/me").await.ok();
}

#[tokio::test]
async fn signing_out_ends_the_login_for_good() {
    let world = World::new().await;
    let secretary = world.sign_in("thuky").await;
    secretary.post("/logout", json!({})).await.ok();
    assert_eq!(secretary.get("/me").await.refused(), (401, "not_signed_in".into()));
}

#[tokio::test]
async fn a_new_password_ends_all_other_logins() {
    let world = World::new().await;
    let (here, elsewhere) = (world.sign_in("thuky").await, world.sign_in("thuky").await);
    let change = |current: &str, new: &str| json!({ "current": current, "new": new });
    let wrong = here.put("/me/password", change("sai", "Mật-khẩu-mới-2026")).await;
    assert_eq!(wrong.fields(), [("current".into(), "wrong_password".into())]);
    let short = here.put("/me/password", change(PASSWORD, "Ngắn-1")).await;
    assert_eq!(short.fields(), [("new".into(), "too_short".into())]);
    here.put("/me/password", change(PASSWORD, "Mật-khẩu-mới-2026")).await.ok();
    here.get("/me").await.ok();
    assert_eq!(elsewhere.get("/me").await.refused(), (401, "not_signed_in".into()));
    assert_eq!(world.browser().sign_in("thuky", PASSWORD).await.refused(), (401, "wrong_credentials".into()));
}

#[tokio::test]
async fn wrong_present_passwords_lock_as_at_the_door() {
    let world = World::new().await;
    let found_open = world.sign_in("thuky").await;
    let change = |current: &str| json!({ "current": current, "new": "Mật-khẩu-mới-2026" });
    for _ in 0..4 {
        let wrong = found_open.put("/me/password", change("sai")).await;
        assert_eq!(wrong.fields(), [("current".into(), "wrong_password".into())]);
    }
    assert_eq!(found_open.put("/me/password", change("sai")).await.refused(), (429, "locked".into()));
    assert_eq!(found_open.put("/me/password", change(PASSWORD)).await.refused(), (429, "locked".into()));
    assert_eq!(world.browser().sign_in("thuky", PASSWORD).await.refused(), (429, "locked".into()));
    let audit = world.sign_in("quantri").await.get("/audit?q=account.wrong_password").await.ok();
    assert_eq!(audit["items"].as_array().unwrap().len(), 4);
    world.pass_minutes(15);
    world.sign_in("thuky").await.put("/me/password", change(PASSWORD)).await.ok();
}

#[tokio::test]
async fn an_account_that_is_switched_off_is_out_at_once() {
    let world = World::new().await;
    let (admin, leader) = (world.sign_in("quantri").await, world.sign_in("lanhdao").await);
    let found = admin.get("/accounts?q=lanhdao").await.ok()["items"][0].clone();
    let path = format!("/accounts/{}", found["id"].as_str().unwrap());
    admin.patch(&path, json!({ "version": found["version"], "active": false })).await.ok();
    assert_eq!(leader.get("/me").await.refused(), (401, "not_signed_in".into()));
    assert_eq!(
        world.browser().sign_in("lanhdao", PASSWORD).await.refused(),
        (401, "wrong_credentials".into())
    );
}

#[tokio::test]
async fn nobody_reads_or_changes_anything_without_a_login() {
    let world = World::new().await;
    let document = serde_json::to_value(server::router::openapi()).unwrap();
    let stranger = world.browser();
    let mut tried = 0;
    for (path, operations) in document["paths"].as_object().unwrap() {
        for method in operations.as_object().unwrap().keys() {
            let Ok(method) = method.to_uppercase().parse::<Method>() else { continue };
            if path == "/login" {
                continue;
            }
            let url = format!("/api/v1{path}")
                .replace("{id}", "01a208ec-5d3a-740b-aedc-d3b64ed1a4d0")
                .replace("{roster_id}", "01a208ec-5d3a-740b-aedc-d3b64ed1a4d0");
            let body = (method != Method::GET).then(|| json!({}));
            let answer = stranger.send(method.clone(), &url, body.as_ref()).await;
            assert_eq!(answer.refused(), (401, "not_signed_in".into()), "{method} {url}");
            tried += 1;
        }
    }
    assert!(tried > 30, "only {tried} operations were tried");
}
