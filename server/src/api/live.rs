//! Live updates as server-sent events.

use std::{convert::Infallible, sync::Arc, time::Duration};

use axum::{
    extract::State,
    http::HeaderMap,
    response::sse::{Event, Sse},
};
use futures::{
    StreamExt as _,
    stream::{self, BoxStream},
};
use schema::id::SessionId;
use tokio::time::{Interval, MissedTickBehavior};

use super::{input::Id, problem::ApiError, problem::Code};
use crate::{
    app::App,
    auth::{actor::Domain, cookie, signed::Signed},
    live::{Audience, Listener, Update, UpdateBody},
    service::{showing, signing_in},
};

/// A word at least this often, so that proxies and browsers know that the line stands.
const PING_EVERY: Duration = Duration::from_secs(15);

/// A stream of server-sent events.
type Words = Sse<BoxStream<'static, Result<Event, Infallible>>>;

/// What an open stream knows.
struct Watch {
    app: Arc<App>,
    listener: Listener,
    /// What stands as the stream opens: the alarm, or that there is none.
    first: Option<Update>,
    /// Where the account may read sessions.
    reads: Domain,
    /// Where it may book them.
    books: Domain,
    session: Option<SessionId>,
    /// The login's token. A stream lives no longer than its login; one of a live session keeps the login alive.
    token: String,
    ping: Interval,
}

/// Everything that the account may read.
#[utoipa::path(get, path = "/live", operation_id = "live", tag = "live",
    responses((status = OK, description = "events `session`, `alarm`, `ping`", body = UpdateBody,
        content_type = "text/event-stream")))]
pub async fn all(State(app): State<Arc<App>>, signed: Signed, headers: HeaderMap) -> Result<Words, ApiError> {
    open(app, &signed, &headers, None).await
}

/// One session.
#[utoipa::path(get, path = "/sessions/{id}/live", operation_id = "live_session", tag = "live",
    params(("id" = SessionId, Path)),
    responses((status = OK, description = "events `session`, `attendance`, `presence`, `alarm`, `ping`",
        body = UpdateBody, content_type = "text/event-stream")))]
pub async fn session(
    State(app): State<Arc<App>>,
    signed: Signed,
    headers: HeaderMap,
    Id(id): Id<SessionId>,
) -> Result<Words, ApiError> {
    showing::check(&app, &signed.actor, id).await?;
    open(app, &signed, &headers, Some(id)).await
}

async fn open(
    app: Arc<App>,
    signed: &Signed,
    headers: &HeaderMap,
    session: Option<SessionId>,
) -> Result<Words, ApiError> {
    let token = cookie::token(headers).ok_or(Code::NotSignedIn)?;
    let (reads, books) = signing_in::hears(&app, &signed.actor).await?;
    let listener = app.hub.listen(signed.login.id).ok_or(Code::TooMany)?;
    let mut ping = tokio::time::interval(PING_EVERY);
    ping.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let alarm = UpdateBody::Alarm(app.alarms.foremost());
    let first = Some(Update { session: None, audience: Audience::All, body: alarm });
    let watch = Watch { app, listener, first, reads, books, session, token, ping };
    let words = stream::unfold(watch, |mut watch| async move {
        let event = watch.next().await?;
        Some((Ok(event), watch))
    });
    Ok(Sse::new(words.boxed()))
}

fn word(update: &Update) -> Option<Event> {
    Event::default().event(update.body.name()).json_data(&update.body).ok()
}

impl Watch {
    /// The next word for the browser; `None` ends the stream, and the browser comes again.
    async fn next(&mut self) -> Option<Event> {
        if let Some(first) = self.first.take() {
            return word(&first);
        }
        loop {
            tokio::select! {
                update = self.listener.next() => {
                    let update = update?;
                    if self.concerns(&update) {
                        return word(&update);
                    }
                }
                _ = self.ping.tick() => {
                    let good = signing_in::still_good(&self.app, &self.token, self.session).await;
                    return good.then(|| Event::default().event("ping").data("{}"));
                }
            }
        }
    }

    /// The stream of all carries what a list shows; that of a session, all about it. Alarms go to everyone.
    fn concerns(&self, update: &Update) -> bool {
        let wanted = match (self.session, update.session) {
            (_, None) => true,
            (None, Some(_)) => matches!(update.body, UpdateBody::Session { .. }),
            (Some(own), Some(other)) => own == other,
        };
        let may_know = match &update.audience {
            Audience::All => true,
            Audience::Called(units) => self.reads.has_any(units.iter().copied()),
            Audience::Preparing(hosts) => hosts.iter().any(|host| self.books.has(*host)),
        };
        wanted && may_know
    }
}
