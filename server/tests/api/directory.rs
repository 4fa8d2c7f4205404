use serde_json::json;

use super::world::World;

#[tokio::test]
async fn a_search_ignores_accents_and_case() {
    let world = World::new().await;
    let leader = world.sign_in("lanhdao").await;
    for path in ["/units?q=MUONG%20nhe", "/endpoints?q=muong+nhe", "/people?q=lo%20van"] {
        let found = leader.get(path).await.ok();
        assert_eq!(found["items"].as_array().unwrap().len(), 1, "{path}");
    }
}

#[tokio::test]
async fn a_list_goes_on_where_its_page_ended() {
    let world = World::new().await;
    let leader = world.sign_in("lanhdao").await;
    let first = leader.get("/endpoints?limit=3").await.ok();
    let next = first["next"].as_str().unwrap();
    let rest = leader.get(&format!("/endpoints?limit=3&cursor={next}")).await.ok();
    let name = |page: &serde_json::Value, at: usize| page["items"][at]["name"].as_str().unwrap().to_owned();
    assert_eq!(rest["next"], json!(null));
    let names = [name(&first, 0), name(&first, 1), name(&first, 2), name(&rest, 0)];
    assert_eq!(names, ["Điểm cầu cũ", "Điểm cầu Mường Nhé", "Điểm cầu tỉnh", "Điểm cầu Tủa Chùa"]);
}

#[tokio::test]
async fn an_endpoint_is_listed_only_while_it_is_valid() {
    let world = World::new().await;
    let leader = world.sign_in("lanhdao").await;
    let on = async |day: &str| {
        leader.get(&format!("/endpoints?on={day}")).await.ok()["items"].as_array().unwrap().len()
    };
    assert_eq!((on("2025-12-31").await, on("2026-01-01").await, on("2012-12-31").await), (4, 3, 0));
}

#[tokio::test]
async fn a_stale_change_is_refused_and_changes_nothing() {
    let world = World::new().await;
    let secretary = world.sign_in("thuky").await;
    let path = format!("/endpoints/{}", world.places.at_muong_nhe);
    let read = secretary.get(&path).await.ok();
    let change =
        |name: &str| json!({ "version": read["version"], "name": name, "contact_phone": "0215 123" });
    let changed = secretary.patch(&path, change("Điểm cầu một")).await.ok();
    assert_eq!((changed["name"].as_str(), changed["seats"].as_i64()), (Some("Điểm cầu một"), Some(20)));
    assert_eq!(secretary.patch(&path, change("Điểm cầu hai")).await.refused(), (409, "stale".into()));
    let cleared =
        secretary.patch(&path, json!({ "version": changed["version"], "contact_phone": null })).await.ok();
    assert_eq!((cleared["name"].as_str(), cleared["contact_phone"].as_str()), (Some("Điểm cầu một"), None));
}

#[tokio::test]
async fn only_those_who_may_change_the_directory() {
    let world = World::new().await;
    let room = json!({ "name": "Phòng 2", "unit_id": world.places.muong_nhe, "seats": 10 });
    for username in ["muongnhe", "lanhdao", "vanhanh", "chanhvanphong"] {
        let answer = world.sign_in(username).await.post("/rooms", room.clone()).await;
        assert_eq!(answer.refused(), (403, "forbidden".into()), "{username}");
    }
    let made = world.sign_in("thuky").await.post("/rooms", room).await.ok();
    assert_eq!(made["unit"]["name"], "UBND huyện Mường Nhé");
}

#[tokio::test]
async fn a_secretary_of_a_district_changes_only_the_district() {
    let world = World::new().await;
    let admin = world.sign_in("quantri").await;
    let account = json!({ "username": "thuky.muongnhe", "display_name": "Thư ký huyện", "password": super::world::PASSWORD,
        "grants": [{ "role": "secretary", "unit_id": world.places.muong_nhe }] });
    admin.post("/accounts", account).await.ok();
    let local = world.sign_in("thuky.muongnhe").await;
    let person = |unit| json!({ "full_name": "Vàng A Chứ", "unit_id": unit });
    local.post("/people", person(world.places.muong_nhe)).await.ok();
    let elsewhere = local.post("/people", person(world.places.tua_chua)).await;
    assert_eq!(elsewhere.refused(), (403, "forbidden".into()));
    let own = local.get("/people?q=vang%20a%20chu").await.ok()["items"][0].clone();
    let path = format!("/people/{}", own["id"].as_str().unwrap());
    let moved =
        local.patch(&path, json!({ "version": own["version"], "unit_id": world.places.tua_chua })).await;
    assert_eq!(moved.refused(), (403, "forbidden".into()));
}

#[tokio::test]
async fn a_district_does_not_make_its_own_road_longer() {
    let world = World::new().await;
    let admin = world.sign_in("quantri").await;
    for (username, unit) in
        [("thuky.huyen", Some(world.places.muong_nhe)), ("thuky.tinh", Some(world.places.province))]
    {
        let account = json!({ "username": username, "display_name": username, "password": super::world::PASSWORD,
            "grants": [{ "role": "secretary", "unit_id": unit }] });
        admin.post("/accounts", account).await.ok();
    }
    let (local, central) = (world.sign_in("thuky.huyen").await, world.sign_in("thuky.tinh").await);
    let path = format!("/endpoints/{}", world.places.at_muong_nhe);
    let read = local.get(&path).await.ok();
    let longer = json!({ "version": read["version"], "distance_metres": 400_000, "one_way_minutes": 600,
        "zone": "difficult" });
    let reserved = |field: &str| (field.to_owned(), "reserved".to_owned());
    let refused = local.patch(&path, longer.clone()).await;
    assert_eq!(
        refused.fields(),
        [reserved("zone"), reserved("distance_metres"), reserved("one_way_minutes")]
    );
    let seats =
        json!({ "version": read["version"], "seats": 45, "distance_metres": read["distance_metres"] });
    let changed = local.patch(&path, seats).await.ok();
    assert_eq!((&changed["seats"], &changed["distance_metres"]), (&json!(45), &json!(195_000)));

    let new = |metres: i64| {
        json!({ "name": "Điểm cầu Sín Thầu", "unit_id": world.places.muong_nhe, "role": "member",
        "distance_metres": metres, "one_way_minutes": 0, "seats": 10, "valid_from": "2026-01-01" })
    };
    assert_eq!(local.post("/endpoints", new(260_000)).await.fields(), [reserved("distance_metres")]);
    local.post("/endpoints", new(0)).await.ok();
    let mut longer = longer;
    longer["version"] = changed["version"].clone();
    assert_eq!(central.patch(&path, longer).await.ok()["distance_metres"], 400_000);
}

#[tokio::test]
async fn wrong_fields_are_named_one_by_one() {
    let world = World::new().await;
    let secretary = world.sign_in("thuky").await;
    let unit = json!({ "name": " ", "short_name": "x", "kind": "district", "parent_id": world.places.province,
        "valid_from": "2026-01-02", "valid_to": "2026-01-01" });
    let answer = secretary.post("/units", unit).await;
    assert_eq!(
        answer.fields(),
        [("name".into(), "required".into()), ("valid_to".into(), "ends_before_start".into())]
    );
    let lost = json!({ "full_name": "Ai Đó", "unit_id": "01a208ec-5d3a-740b-aedc-d3b64ed1a4d0" });
    assert_eq!(secretary.post("/people", lost).await.fields(), [("unit_id".into(), "unknown".into())]);
}

#[tokio::test]
async fn a_username_is_given_once() {
    let world = World::new().await;
    let admin = world.sign_in("quantri").await;
    let account = json!({ "username": "ThuKy", "display_name": "Hai", "password": super::world::PASSWORD, "grants": [] });
    let answer = admin.post("/accounts", account).await;
    assert_eq!(answer.fields(), [("username".into(), "duplicate".into())]);
    let weak =
        json!({ "username": "moi", "display_name": "Mới", "password": "mậtkhẩuyếumậtkhẩu", "grants": [] });
    assert_eq!(admin.post("/accounts", weak).await.fields(), [("password".into(), "too_weak".into())]);
}

#[tokio::test]
async fn the_last_administrator_stays() {
    let world = World::new().await;
    let admin = world.sign_in("quantri").await;
    let own = admin.get("/accounts?q=quantri").await.ok()["items"][0].clone();
    let path = format!("/accounts/{}", own["id"].as_str().unwrap());
    let off = admin.patch(&path, json!({ "version": own["version"], "active": false })).await;
    assert_eq!(off.fields(), [("active".into(), "contradiction".into())]);
    let bare = admin.patch(&path, json!({ "version": own["version"], "grants": [] })).await;
    assert_eq!(bare.fields(), [("grants".into(), "contradiction".into())]);
}

#[tokio::test]
async fn an_administrator_of_a_district_reads_no_log_of_the_province() {
    let world = World::new().await;
    let account = json!({ "username": "quantri.huyen", "display_name": "Quản trị huyện", "password": super::world::PASSWORD,
        "grants": [{ "role": "administrator", "unit_id": world.places.muong_nhe }] });
    world.sign_in("quantri").await.post("/accounts", account).await.ok();
    let local = world.sign_in("quantri.huyen").await;
    for path in ["/audit", "/audit/verify", "/system", "/accounts"] {
        assert_eq!(local.get(path).await.refused(), (403, "forbidden".into()), "{path}");
    }
}
