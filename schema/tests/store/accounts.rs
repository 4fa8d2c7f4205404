use schema::account::{AccountChange, LockRule, NewAccount};
use schema::paging::Paging;
use schema::role::{Grant, Role};
use schema::store::{StoreError, accounts, logins};

use crate::support::{HOUR, MINUTE, MONDAY, World, on_both, province};
use crate::{reading, writing};

on_both!(
    an_account_is_found_by_its_name_whatever_the_case,
    a_username_is_taken_once,
    an_edit_of_a_stale_account_is_refused_and_leaves_no_trace,
    five_wrong_passwords_lock_and_the_right_one_forgives,
    wrong_passwords_that_race_all_count,
    accounts_are_listed_by_name_with_their_grants_a_page_at_a_time,
    a_login_ends_when_idle_and_others_are_signed_out,
);

fn account(username: &str, display_name: &str, grants: Vec<Grant>) -> NewAccount {
    NewAccount {
        username: username.into(),
        display_name: display_name.into(),
        password_hash: "$argon2id$v=19$…".into(),
        unit_id: None,
        endpoint_id: None,
        grants,
    }
}

const WIDE: Grant = Grant { role: Role::Secretary, unit_id: None };

async fn an_account_is_found_by_its_name_whatever_the_case(world: World) {
    let province = province(&world).await;
    let local = Grant { role: Role::Technician, unit_id: Some(province.nhe) };
    let new = NewAccount {
        unit_id: Some(province.nhe),
        endpoint_id: Some(province.muong_nhe),
        ..account("KT.MuongNhe", " Kỹ thuật Mường Nhé ", vec![WIDE, local])
    };
    let id = writing!(world, |tx| accounts::insert(tx, &new, MONDAY).await.unwrap());
    reading!(world, |tx| {
        let found = accounts::find_by_username(tx, "kt.MUONGNHE ").await.unwrap().unwrap();
        assert_eq!((found.id, found.username.as_str(), found.version), (id, "kt.muongnhe", 1));
        assert_eq!(found.display_name, "Kỹ thuật Mường Nhé");
        assert_eq!((found.unit_id, found.endpoint_id), (Some(province.nhe), Some(province.muong_nhe)));
        assert_eq!((found.grants, found.created_at), (vec![WIDE, local], MONDAY));
        assert_eq!(accounts::password_hash(tx, id).await.unwrap().unwrap(), "$argon2id$v=19$…");
        assert_eq!(accounts::find_by_username(tx, "nobody").await.unwrap(), None);
        assert_eq!(accounts::count(tx).await.unwrap(), 1);
    });
}

async fn a_username_is_taken_once(world: World) {
    writing!(world, |tx| accounts::insert(tx, &account("an", "An", vec![]), MONDAY).await.unwrap());
    let mut tx = world.write().await.unwrap();
    let again = accounts::insert(&mut tx, &account("AN", "An khác", vec![]), MONDAY).await;
    assert!(matches!(again, Err(StoreError::Duplicate)), "{again:?}");
}

async fn an_edit_of_a_stale_account_is_refused_and_leaves_no_trace(world: World) {
    let id =
        writing!(world, |tx| accounts::insert(tx, &account("an", "An", vec![WIDE]), MONDAY).await.unwrap());
    let change = AccountChange {
        display_name: "An Nguyễn".into(),
        unit_id: None,
        endpoint_id: None,
        grants: vec![],
        disabled: true,
    };
    writing!(world, |tx| accounts::update(tx, id, 1, &change).await.unwrap());
    let mut tx = world.write().await.unwrap();
    let late = AccountChange { display_name: "Ai đó".into(), grants: vec![WIDE], ..change.clone() };
    assert!(matches!(accounts::update(&mut tx, id, 1, &late).await, Err(StoreError::Stale)));
    drop(tx);
    let found = reading!(world, |tx| accounts::find(tx, id).await.unwrap().unwrap());
    assert_eq!((found.display_name.as_str(), found.disabled, found.version), ("An Nguyễn", true, 2));
    assert_eq!(found.grants, []);
}

async fn five_wrong_passwords_lock_and_the_right_one_forgives(world: World) {
    let id = writing!(world, |tx| accounts::insert(tx, &account("an", "An", vec![]), MONDAY).await.unwrap());
    let rule = LockRule { attempts: 5, lock_ms: 15 * MINUTE };
    for _ in 0..5 {
        writing!(world, |tx| {
            let found = accounts::find(tx, id).await.unwrap().unwrap();
            assert_eq!(found.barred(MONDAY), None);
            let (failed, until) = found.after_failure(rule, MONDAY);
            accounts::note_failure(tx, id, failed, until).await.unwrap();
        });
    }
    let locked = reading!(world, |tx| accounts::find(tx, id).await.unwrap().unwrap());
    assert!(locked.barred(MONDAY).is_some() && locked.barred(MONDAY.plus_millis(15 * MINUTE)).is_none());
    writing!(world, |tx| accounts::unlock(tx, id).await.unwrap());
    writing!(world, |tx| accounts::note_success(tx, id, MONDAY).await.unwrap());
    writing!(world, |tx| accounts::set_password(tx, id, "$new$").await.unwrap());
    reading!(world, |tx| {
        let found = accounts::find(tx, id).await.unwrap().unwrap();
        assert_eq!((found.failed_attempts, found.locked_until), (0, None));
        assert_eq!(found.last_login_at, Some(MONDAY));
        assert_eq!(accounts::password_hash(tx, id).await.unwrap().unwrap(), "$new$");
    });
}

async fn wrong_passwords_that_race_all_count(world: World) {
    let id = writing!(world, |tx| accounts::insert(tx, &account("an", "An", vec![]), MONDAY).await.unwrap());
    let rule = LockRule { attempts: 100, lock_ms: MINUTE };
    let guesses = (0..10).map(|_| {
        let store = world.store.clone();
        tokio::spawn(async move {
            let mut tx = store.write().await.unwrap();
            let account = accounts::lock(&mut tx, id).await.unwrap().unwrap();
            let (failed, until) = account.after_failure(rule, MONDAY);
            accounts::note_failure(&mut tx, id, failed, until).await.unwrap();
            tx.commit().await.unwrap();
        })
    });
    for guess in guesses.collect::<Vec<_>>() {
        guess.await.unwrap();
    }
    let counted = reading!(world, |tx| accounts::find(tx, id).await.unwrap().unwrap());
    assert_eq!(counted.failed_attempts, 10);
}

async fn accounts_are_listed_by_name_with_their_grants_a_page_at_a_time(world: World) {
    let names = ["Đào", "Dung", "Ân", "Ăng", "Anh"];
    writing!(world, |tx| {
        for (at, name) in names.iter().enumerate() {
            let grants = vec![WIDE; usize::from(at % 2 == 0)];
            accounts::insert(tx, &account(&format!("u{at}"), name, grants), MONDAY).await.unwrap();
        }
    });
    reading!(world, |tx| {
        let mut paging = Paging::first(2);
        let mut seen = Vec::new();
        loop {
            let page = accounts::list(tx, None, &paging).await.unwrap();
            seen.extend(page.items.into_iter().map(|one| (one.display_name, one.grants.len())));
            match page.next {
                Some(next) => paging.after = Some(next),
                None => break,
            }
        }
        let expected = [("Anh", 1), ("Ăng", 0), ("Ân", 1), ("Dung", 0), ("Đào", 1)];
        assert_eq!(seen, expected.map(|(name, grants)| (name.to_owned(), grants)));
        let found = accounts::list(tx, Some("DAO"), &Paging::default()).await.unwrap();
        assert_eq!(found.items.len(), 1);
        let nothing = accounts::list(tx, Some("%"), &Paging::default()).await.unwrap();
        assert_eq!(nothing.items.len(), 0, "a wildcard is a letter like any other");
    });
}

async fn a_login_ends_when_idle_and_others_are_signed_out(world: World) {
    let id = writing!(world, |tx| accounts::insert(tx, &account("an", "An", vec![]), MONDAY).await.unwrap());
    let new = |hash: &'static [u8]| logins::NewLogin {
        account_id: id,
        token_hash: hash,
        csrf_token: "csrf",
        idle_expires_at: MONDAY.plus_millis(15 * MINUTE),
        expires_at: MONDAY.plus_millis(12 * HOUR),
    };
    let (first, second) = writing!(world, |tx| {
        let first = logins::insert(tx, &new(b"one"), MONDAY).await.unwrap();
        (first, logins::insert(tx, &new(b"two"), MONDAY).await.unwrap())
    });
    let later = MONDAY.plus_millis(10 * MINUTE);
    writing!(world, |tx| logins::touch(tx, first, later, later.plus_millis(15 * MINUTE)).await.unwrap());
    reading!(world, |tx| {
        let login = logins::find(tx, b"one").await.unwrap().unwrap();
        assert_eq!((login.id, login.account_id, login.last_seen_at), (first, id, later));
        assert!(
            login.is_valid(MONDAY.plus_millis(20 * MINUTE))
                && !login.is_valid(MONDAY.plus_millis(25 * MINUTE))
        );
        assert_eq!(logins::find(tx, b"three").await.unwrap(), None);
    });
    let expired =
        writing!(world, |tx| { logins::delete_expired(tx, MONDAY.plus_millis(15 * MINUTE)).await.unwrap() });
    assert_eq!(expired, 1);
    writing!(world, |tx| {
        assert_eq!(logins::find(tx, b"two").await.unwrap(), None, "{second} was idle too long");
        let kept = logins::insert(tx, &new(b"three"), MONDAY).await.unwrap();
        assert_eq!(logins::delete_of(tx, id, Some(kept)).await.unwrap(), 1);
        assert!(logins::find(tx, b"one").await.unwrap().is_none());
        assert_eq!(logins::delete_of(tx, id, None).await.unwrap(), 1);
        logins::delete(tx, kept).await.unwrap();
    });
}
