//! Keeps what the rooms tell, lossless or loud. While the database is away events wait in memory; when the memory is
//! full they wait in the rooms' own, which counts what it must drop; an alarm stands for either.

use std::{collections::VecDeque, sync::Arc, time::Duration};

use schema::event::RoomEvent;
use tokio::{sync::mpsc, time::sleep};
use tokio_util::sync::CancellationToken;

use crate::{
    app::App,
    live::AlarmCode,
    service::attendance::{self, NotKept},
};

/// Longest wait between two tries.
const RETRY_MAX: Duration = Duration::from_secs(5);

/// Keeps events until the program stops. Then it takes what is there, and what the database still does not take is
/// reported as lost.
pub async fn run(app: Arc<App>, events: mpsc::Receiver<RoomEvent>, stopping: CancellationToken) {
    let limits = app.settings.attendance.clone();
    let first_wait = Duration::from_millis(limits.retry_ms.max(1));
    let mut inbox =
        Inbox { events, waiting: VecDeque::new(), most: limits.events_in_memory.max(1), stopping };
    let mut wait = first_wait;
    let mut open = true;
    let mut at_once = limits.events_per_write.max(1);
    let mut losses = Losses::default();
    while open || !inbox.waiting.is_empty() {
        if inbox.waiting.is_empty() {
            open = inbox.receive().await;
        }
        losses.watch(&app);
        let batch: Vec<RoomEvent> = inbox.waiting.iter().take(at_once).cloned().collect();
        if batch.is_empty() {
            continue;
        }
        match attendance::keep(&app, &batch).await {
            Ok(()) => {
                inbox.waiting.drain(..batch.len());
                wait = first_wait;
                at_once = limits.events_per_write.max(1);
            }
            // One event that the tables will never take must not keep all others away: it is looked for and left out.
            Err(fault) if fault.is_of_an_event() && batch.len() > 1 => at_once = batch.len() / 2,
            Err(fault) if fault.is_of_an_event() => {
                tracing::error!("an attendance event can never be written and is left out: {fault}");
                inbox.waiting.pop_front();
                losses.left_out += 1;
                losses.watch(&app);
            }
            // Whatever else it is, a table that is missing or a wrong password, is no fault of the events: they wait.
            Err(fault) => {
                raise(&app, inbox.waiting.len(), &fault);
                if !open {
                    tracing::error!(
                        events = inbox.waiting.len(),
                        "the program stops and these events are lost"
                    );
                    return;
                }
                open = inbox.receive_for(wait).await;
                wait = (wait * 2).min(RETRY_MAX);
            }
        }
        inbox.take_ready();
        // After an outage there are many batches, and a session is not to be ended between two of them.
        if inbox.waiting.is_empty() {
            app.alarms.lift(AlarmCode::EventsWaiting);
        }
    }
}

/// Events that have come and are not written yet.
struct Inbox {
    events: mpsc::Receiver<RoomEvent>,
    waiting: VecDeque<RoomEvent>,
    most: usize,
    stopping: CancellationToken,
}

impl Inbox {
    /// Waits for an event and takes all that are there; `false` when no more will come.
    async fn receive(&mut self) -> bool {
        let first = tokio::select! {
            event = self.events.recv() => event,
            () = self.stopping.cancelled() => None,
        };
        let open = first.is_some();
        self.waiting.extend(first);
        self.take_ready();
        open
    }

    /// Takes what is there, as long as there is room for it.
    fn take_ready(&mut self) {
        while self.waiting.len() < self.most
            && let Ok(event) = self.events.try_recv()
        {
            self.waiting.push_back(event);
        }
    }

    /// Goes on taking events while the database rests; `false` when no more will come.
    async fn receive_for(&mut self, wait: Duration) -> bool {
        let rested = sleep(wait);
        tokio::pin!(rested);
        loop {
            let room = self.waiting.len() < self.most;
            tokio::select! {
                () = &mut rested => return true,
                () = self.stopping.cancelled() => {
                    self.take_ready();
                    return false;
                }
                event = self.events.recv(), if room => match event {
                    Some(event) => self.waiting.push_back(event),
                    None => return false,
                },
            }
        }
    }
}

fn raise(app: &App, waiting: usize, fault: &NotKept) {
    tracing::error!(events = waiting, "attendance events could not be written: {fault}");
    let message = format!(
        "Chưa ghi được {waiting} sự kiện điểm danh; dữ liệu được giữ trong bộ nhớ. · {waiting} attendance events \
         cannot be written yet; they are kept in memory."
    );
    app.alarms.raise(AlarmCode::EventsWaiting, message, app.now());
}

/// Events that will never be written.
#[derive(Debug, Default)]
struct Losses {
    /// The tables would not take them.
    left_out: usize,
    /// Of how many the alarm speaks.
    told: usize,
}

impl Losses {
    /// Raises the alarm whenever there are more, those included that the rooms had to drop.
    fn watch(&mut self, app: &App) {
        let lost = app.rooms.figures().events_lost + self.left_out;
        if lost <= self.told {
            return;
        }
        self.told = lost;
        let message = format!(
            "Đã mất {lost} sự kiện điểm danh. Kiểm tra lại điểm danh của phiên đang diễn ra. · {lost} attendance \
             events were lost. Check the roll of the live session."
        );
        app.alarms.raise(AlarmCode::EventsLost, message, app.now());
    }
}
