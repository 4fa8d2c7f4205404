use proptest::prelude::*;

use super::*;
use crate::day::Day;
use crate::endpoint::{EndpointRole, Zone};
use crate::id::NormId;
use crate::moment::Moment;
use crate::norm::{Norm, NormKind, Norms};
use crate::session::Mode;
use crate::settings::{Setting, Settings};

fn occasion(day: &str) -> Occasion {
    Occasion { day: day.parse().unwrap(), start_minute: 8 * 60, half_days: 1, mode: Mode::Online }
}

fn terms(day: &str) -> Terms {
    Terms::on(occasion(day), &Norms::new(vec![]), &Settings::new(vec![]))
}

fn with_setting(day: &str, name: &str, value: i64) -> Terms {
    let setting = Setting {
        name: name.into(),
        effective_from: "2013-01-01".parse::<Day>().unwrap(),
        value,
        legal_basis: "Thử nghiệm".into(),
        confirmed: true,
    };
    Terms::on(occasion(day), &Norms::new(vec![]), &Settings::new(vec![setting]))
}

const MUONG_NHE: Place = Place {
    role: EndpointRole::Member,
    zone: Zone::Ordinary,
    distance_metres: 195_000,
    one_way_minutes: 290,
    joined: true,
};

fn saved(terms: &Terms, place: Place) -> Line {
    endpoint(terms, &place, &[true]).lines.remove(0)
}

#[test]
fn a_delegate_of_muong_nhe_saves_2_660_000_dong_by_the_norms_of_2025() {
    let line = saved(&terms("2025-05-04"), MUONG_NHE);
    assert_eq!((line.trip_days, line.nights), (2, 1));
    assert_eq!((line.allowance_dong, line.lodging_dong, line.transport_dong), (600_000, 500_000, 1_560_000));
    assert_eq!((line.total_dong, line.minutes_saved), (2_660_000, 580));
}

#[test]
fn the_same_delegate_saves_2_310_000_dong_by_the_norms_of_2017() {
    let line = saved(&terms("2025-05-03"), MUONG_NHE);
    assert_eq!((line.allowance_dong, line.lodging_dong, line.transport_dong), (400_000, 350_000, 1_560_000));
    assert_eq!((line.total_dong, line.minutes_saved), (2_310_000, 580));
}

#[test]
fn a_line_names_the_norms_that_it_used() {
    let line = saved(&terms("2026-03-02"), MUONG_NHE);
    let used: Vec<(NormKind, i64)> = line.norms.iter().map(|norm| (norm.kind, norm.value_dong)).collect();
    let expected = [
        (NormKind::StayAllowance, 300_000),
        (NormKind::Lodging, 500_000),
        (NormKind::PetrolPrice, 20_000),
        (NormKind::Refreshments, 40_000),
    ];
    assert_eq!(used, expected);
    assert_eq!(line.petrol_price_dong, 20_000);
}

#[test]
fn one_who_can_leave_home_on_the_day_needs_no_night() {
    let near = Place { one_way_minutes: 180, ..MUONG_NHE };
    let line = saved(&terms("2026-03-02"), near);
    assert_eq!((line.trip_days, line.nights, line.lodging_dong), (1, 0, 0));
    assert!(line.norms.iter().all(|norm| norm.kind != NormKind::Lodging));

    let later = Terms::on(
        Occasion { start_minute: 9 * 60 + 30, ..occasion("2026-03-02") },
        &Norms::new(vec![]),
        &Settings::new(vec![]),
    );
    assert_eq!(saved(&later, MUONG_NHE).nights, 0);
}

#[test]
fn those_who_saved_no_journey_are_left_out_and_it_is_said_why() {
    let terms = terms("2026-03-02");
    let excluded = |place: Place, present| endpoint(&terms, &place, &[present]).lines[0].excluded;
    assert_eq!(excluded(Place { role: EndpointRole::Host, ..MUONG_NHE }, true), Some(Exclusion::Host));
    assert_eq!(excluded(MUONG_NHE, false), Some(Exclusion::NotPresent));
    let silent = Place { joined: false, ..MUONG_NHE };
    assert_eq!(
        excluded(silent, true),
        Some(Exclusion::NotConnected),
        "invited, connected, present: in this order"
    );
    assert_eq!(excluded(silent, false), Some(Exclusion::NotPresent));
    assert_eq!(excluded(Place { distance_metres: 0, ..MUONG_NHE }, true), Some(Exclusion::SamePlace));
    let near = Place { distance_metres: 14_999, ..MUONG_NHE };
    assert_eq!(excluded(near, true), Some(Exclusion::BelowThreshold));
    assert_eq!(excluded(Place { distance_metres: 15_000, ..MUONG_NHE }, true), None);
    assert_eq!(excluded(Place { zone: Zone::Difficult, ..near }, true), None, "10 km in a difficult commune");
    let in_person = Occasion { mode: Mode::InPerson, ..terms.occasion };
    let in_person = Terms { occasion: in_person, ..terms.clone() };
    assert_eq!(endpoint(&in_person, &MUONG_NHE, &[true]).lines[0].excluded, Some(Exclusion::InPerson));
}

#[test]
fn a_shared_car_makes_the_low_estimate_and_refreshments_the_high_one() {
    let line = saved(&terms("2026-03-02"), MUONG_NHE);
    // 16 l/100 km × 390 km × 20,000 đ / 4 persons = 312,000 đ.
    assert_eq!(line.low_dong, 600_000 + 500_000 + 312_000);
    assert_eq!(line.high_dong, 2_660_000 + 40_000);
}

#[test]
fn an_endpoint_that_took_part_bears_its_share_of_the_line_and_the_host_does_not() {
    let terms = with_setting("2026-03-02", "cost.line_dong_per_endpoint", 150_000);
    let totals = endpoint(&terms, &MUONG_NHE, &[true]).totals;
    assert_eq!((totals.gross_dong, totals.costs_dong, totals.net_dong), (2_660_000, 150_000, 2_510_000));
    let idle = endpoint(&terms, &Place { joined: false, ..MUONG_NHE }, &[true, false]).totals;
    assert_eq!(idle, Totals::default(), "neither a journey saved nor a line used");
    let host = endpoint(&terms, &Place { role: EndpointRole::Host, ..MUONG_NHE }, &[true]).totals;
    assert_eq!(host, Totals::default());
}

#[test]
fn five_travellers_would_have_filled_two_cars() {
    let totals = endpoint(&terms("2026-03-02"), &MUONG_NHE, &[true; 5]).totals;
    assert_eq!(totals.co2_grams, 2 * 390 * 120);
    assert_eq!(totals.person_minutes_saved, 5 * 580);
}

#[test]
fn half_a_dong_is_rounded_up() {
    let odd = Norm {
        id: NormId::new(Moment::from_millis(1)),
        kind: NormKind::PetrolPrice,
        value_dong: 20_025,
        zone: None,
        legal_basis: "Thử nghiệm".into(),
        effective_from: "2026-01-01".parse().unwrap(),
        effective_to: None,
        confirmed: true,
    };
    let terms = Terms::on(occasion("2026-03-02"), &Norms::new(vec![odd]), &Settings::new(vec![]));
    // 200 ml/km × 2 × 15,050 m × 20,025 đ/l = 120,550.5 đ.
    assert_eq!(saved(&terms, Place { distance_metres: 15_050, ..MUONG_NHE }).transport_dong, 120_551);
}

#[test]
fn terms_survive_being_kept() {
    let terms = terms("2026-03-02");
    let kept = serde_json::to_string(&terms).unwrap();
    assert_eq!(serde_json::from_str::<Terms>(&kept).unwrap(), terms);
}

fn any_place() -> impl Strategy<Value = Place> {
    let role = prop_oneof![Just(EndpointRole::Host), Just(EndpointRole::Member)];
    let zone = prop_oneof![Just(Zone::Ordinary), Just(Zone::Difficult)];
    (role, zone, 0_i64..2_000_000, 0_i64..3_000, any::<bool>()).prop_map(
        |(role, zone, distance_metres, one_way_minutes, joined)| Place {
            role,
            zone,
            distance_metres,
            one_way_minutes,
            joined,
        },
    )
}

proptest! {
    #[test]
    fn money_and_time_are_additive_over_delegates(
        place in any_place(),
        present in proptest::collection::vec(any::<bool>(), 0..20),
        split in 0_usize..20,
    ) {
        let terms = terms("2026-03-02");
        let split = split.min(present.len());
        let whole = endpoint(&terms, &place, &present);
        let (first, second) = present.split_at(split);
        let parts = [endpoint(&terms, &place, first), endpoint(&terms, &place, second)];
        let of = |totals: Totals| (totals.gross_dong, totals.low_dong, totals.high_dong, totals.person_minutes_saved);
        prop_assert_eq!(of(whole.totals), of(parts.iter().map(|part| part.totals).sum()));
        let lines: Vec<Line> = parts.into_iter().flat_map(|part| part.lines).collect();
        prop_assert_eq!(whole.lines, lines);
    }

    #[test]
    fn no_amount_is_negative_and_the_likely_one_lies_between(place in any_place(), day in 0_u64..5_000) {
        let first: Day = "2013-01-01".parse().unwrap();
        let day = Day(first.checked_add_days(chrono::Days::new(day)).unwrap());
        let line = saved(&terms(&day.to_string()), place);
        prop_assert!(line.low_dong >= 0 && line.minutes_saved >= 0);
        prop_assert!(line.low_dong <= line.total_dong && line.total_dong <= line.high_dong);
        let sum = line.allowance_dong + line.lodging_dong + line.transport_dong + line.refreshments_dong;
        prop_assert_eq!(line.total_dong, sum);
    }

    #[test]
    fn an_excluded_delegate_saves_nothing_at_all(place in any_place()) {
        let line = endpoint(&terms("2026-03-02"), &place, &[false]).lines.remove(0);
        prop_assert_eq!((line.total_dong, line.high_dong, line.minutes_saved), (0, 0, 0));
    }
}
