use super::*;

#[test]
fn a_session_goes_from_draft_to_end() {
    let life = [SessionAction::Schedule, SessionAction::Start, SessionAction::Extend, SessionAction::End];
    let end = life.iter().try_fold(SessionState::Draft, |state, action| transition(state, *action));
    assert_eq!(end, Ok(SessionState::Ended));
}

#[test]
fn nothing_but_a_correction_of_the_roll_happens_after_the_end() {
    assert_eq!(SessionState::Ended.allowed(), [SessionAction::Rollcall]);
    assert_eq!(SessionState::Cancelled.allowed(), []);
}

#[test]
fn a_live_session_is_neither_cancelled_nor_edited() {
    for action in [SessionAction::Cancel, SessionAction::Edit, SessionAction::Postpone, SessionAction::Start]
    {
        let refused = transition(SessionState::Live, action);
        assert_eq!(refused, Err(WrongState { state: SessionState::Live, action }));
    }
}

#[test]
fn a_postponed_session_comes_back_with_a_date() {
    assert_eq!(transition(SessionState::Scheduled, SessionAction::Postpone), Ok(SessionState::Postponed));
    assert_eq!(transition(SessionState::Postponed, SessionAction::Reschedule), Ok(SessionState::Scheduled));
    assert!(!SessionState::Postponed.books());
}

fn session() -> NewSession {
    let (start, hour) = (Moment::from_millis(1_000_000), 3_600_000);
    NewSession {
        subject: "Giao ban tháng 3".into(),
        kind: MeetingKind::Briefing,
        urgency: Urgency::Periodic,
        urgency_reason: None,
        mode: Mode::Online,
        starts_at: start,
        ends_at: start.plus_millis(hour),
        host_endpoint_id: EndpointId::new(start),
        endpoint_ids: vec![EndpointId::new(start)],
        room_ids: vec![],
        chair_id: None,
        person_ids: vec![],
        content: String::new(),
        requirements: String::new(),
        contact: String::new(),
        sample: false,
    }
}

fn refused(session: &NewSession, now: i64) -> Vec<(String, FieldCode)> {
    let errors = session.verdict(Moment::from_millis(now)).err().unwrap_or_default();
    errors.into_iter().map(|error| (error.field, error.code)).collect()
}

#[test]
fn a_sound_session_is_accepted_up_to_the_moment_it_starts() {
    assert_eq!(refused(&session(), 1_000_000), []);
    assert_eq!(refused(&session(), 1_000_001), [("starts_at".into(), FieldCode::InThePast)]);
}

#[test]
fn an_end_before_the_start_is_refused() {
    let backwards = NewSession { ends_at: Moment::from_millis(999_999), ..session() };
    assert_eq!(refused(&backwards, 0), [("ends_at".into(), FieldCode::EndsBeforeStart)]);
}

#[test]
fn an_urgent_session_needs_a_reason_and_an_online_one_somebody_to_talk_to() {
    let bare = NewSession { urgency: Urgency::Urgent, endpoint_ids: vec![], ..session() };
    let expected =
        [("urgency_reason".into(), FieldCode::Required), ("endpoint_ids".into(), FieldCode::Required)];
    assert_eq!(refused(&bare, 0), expected);
}

#[test]
fn the_host_named_again_is_counted_once() {
    let mut session = session();
    session.endpoint_ids.push(session.host_endpoint_id);
    assert_eq!(session.all_endpoints().len(), 2);
    assert_eq!(session.all_endpoints()[0], session.host_endpoint_id);
}
