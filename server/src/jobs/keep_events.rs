//! Keeps what the rooms tell, lossless or loud. While the database is away events wait in memory; when the memory is
//! full they wait in the rooms' own, which counts what it must drop; an alarm stands for either.

use std::{collections::VecDeque, sync::Arc, time::Duration};

use schema::event::RoomEvent;
use tokio::{sync::mpsc, time::sleep};
use tokio_util::sync::CancellationToken;

use crate::{
    app::App,
    live::AlarmCode,
    service::{Refusal, attendance},
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
    while open || !inbox.waiting.is_empty() {
        if inbox.waiting.is_empty() {
            open = inbox.receive().await;
        }
        watch_losses(&app);
        let batch: Vec<RoomEvent> =
            inbox.waiting.iter().take(limits.events_per_write.max(1)).cloned().collect();
        if batch.is_empty() {
            continue;
        }
        match attendance::keep(&app, &batch).await {
            Ok(()) => {
                inbox.waiting.drain(..batch.len());
                inbox.take_ready();
                wait = first_wait;
                app.alarms.lift(AlarmCode::EventsWaiting);
            }
            Err(refusal) => {
                raise(&app, inbox.waiting.len(), &refusal);
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

fn raise(app: &App, waiting: usize, refusal: &Refusal) {
    tracing::error!(events = waiting, "attendance events could not be written: {refusal}");
    let message = format!(
        "Chưa ghi được {waiting} sự kiện điểm danh; dữ liệu được giữ trong bộ nhớ. · {waiting} attendance events \
         cannot be written yet; they are kept in memory."
    );
    app.alarms.raise(AlarmCode::EventsWaiting, message, app.now());
}

fn watch_losses(app: &App) {
    let lost = app.rooms.figures().events_lost;
    if lost > 0 {
        let message = format!(
            "Đã mất {lost} sự kiện điểm danh. Kiểm tra lại điểm danh của phiên đang diễn ra. · {lost} attendance \
             events were lost. Check the roll of the live session."
        );
        app.alarms.raise(AlarmCode::EventsLost, message, app.now());
    }
}
