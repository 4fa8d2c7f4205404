//! What needs the operator now. Raised and lifted by the parts of the program; shown on every page.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use schema::moment::Moment;

use crate::live::{Alarm, AlarmCode, Audience, Hub, Update, UpdateBody};

/// The board of alarms.
#[derive(Debug)]
pub struct Alarms {
    hub: Arc<Hub>,
    raised: Mutex<Vec<Alarm>>,
}

impl Alarms {
    /// An empty board that tells `hub` of every change.
    pub fn new(hub: Arc<Hub>) -> Self {
        Self { hub, raised: Mutex::default() }
    }

    /// Raises an alarm, or renews its message; its beginning stays.
    pub fn raise(&self, code: AlarmCode, message: String, now: Moment) {
        let alarm = {
            let mut raised = self.lock();
            let since = raised.iter().find(|alarm| alarm.code == code).map_or(now, |alarm| alarm.since);
            raised.retain(|alarm| alarm.code != code);
            let alarm = Alarm { code, message, since };
            raised.push(alarm.clone());
            alarm
        };
        tracing::error!(alarm.code = ?code, "an alarm stands: {}", alarm.message);
        self.tell(Some(alarm));
    }

    /// Lifts an alarm; nothing happens when it does not stand.
    pub fn lift(&self, code: AlarmCode) {
        let left = {
            let mut raised = self.lock();
            let before = raised.len();
            raised.retain(|alarm| alarm.code != code);
            (raised.len() < before).then(|| raised.last().cloned())
        };
        if let Some(left) = left {
            tracing::info!(alarm.code = ?code, "an alarm is over");
            self.tell(left);
        }
    }

    /// What stands now.
    pub fn standing(&self) -> Vec<Alarm> {
        self.lock().clone()
    }

    /// Whether this one stands.
    pub fn stands(&self, code: AlarmCode) -> bool {
        self.lock().iter().any(|alarm| alarm.code == code)
    }

    /// The one to show where there is room for one.
    pub fn foremost(&self) -> Option<Alarm> {
        self.lock().last().cloned()
    }

    fn tell(&self, alarm: Option<Alarm>) {
        self.hub.tell(Update { session: None, audience: Audience::All, body: UpdateBody::Alarm(alarm) });
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Alarm>> {
        self.raised.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_alarm_keeps_its_beginning_until_it_is_lifted() {
        let alarms = Alarms::new(Arc::new(Hub::new(1, 1)));
        alarms.raise(AlarmCode::EventsWaiting, "1".into(), Moment::from_millis(1));
        alarms.raise(AlarmCode::EventsWaiting, "2".into(), Moment::from_millis(2));
        let standing = alarms.standing();
        assert_eq!(standing.len(), 1);
        assert_eq!((standing[0].since, standing[0].message.as_str()), (Moment::from_millis(1), "2"));
        alarms.lift(AlarmCode::EventsWaiting);
        assert!(alarms.foremost().is_none());
    }
}
