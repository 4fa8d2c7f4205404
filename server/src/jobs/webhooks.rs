//! Delivers what programs outside are to be told: in order within each opening of a room, at least once, each receiver
//! by itself, so that one that is slow or gone holds up nobody else.

use std::time::Duration;

use anyhow::{Context as _, ensure};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use futures::{StreamExt as _, future, stream};
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use reqwest::{Certificate, Client, Url, header, redirect};
use schema::{
    moment::Moment,
    store::{
        StoreError,
        webhooks::{self, Lane, Webhook},
    },
};
use serde::Serialize;
use sha2::{Digest as _, Sha256};

use crate::{
    app::App,
    config::{WebhookSettings, WebhookTarget},
};

/// How often deliveries are looked for that failed before. New ones are delivered at once.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// Shorter secrets can be guessed.
const SECRET_BYTES_MIN: usize = 32;

/// How long a signature holds, in seconds: LiveKit's own five minutes, for clocks that differ.
const SIGNATURE_SECONDS: i64 = 300;

/// What LiveKit calls its webhooks.
const MEDIA_TYPE: &str = "application/webhook+json";

/// The receivers, checked, and the way to them.
pub struct Couriers {
    http: Client,
    receivers: Vec<Receiver>,
    settings: WebhookSettings,
}

struct Receiver {
    name: String,
    url: Url,
    key: String,
    secret: EncodingKey,
}

/// What the signature says.
#[derive(Serialize)]
struct Claims<'a> {
    iss: &'a str,
    nbf: i64,
    exp: i64,
    sha256: String,
}

/// Why a delivery failed.
#[derive(Debug, thiserror::Error)]
enum DeliveryError {
    #[error("{0}")]
    Http(String),
    #[error("the answer was {0}")]
    Refused(reqwest::StatusCode),
    #[error("it cannot be signed: {0}")]
    Signature(#[from] jsonwebtoken::errors::Error),
    #[error("it cannot be read: {0}")]
    Body(#[from] serde_json::Error),
}

impl From<reqwest::Error> for DeliveryError {
    /// What went wrong, down to its cause; but no address: those may carry secrets.
    fn from(error: reqwest::Error) -> Self {
        let error = error.without_url();
        let mut said = error.to_string();
        let mut cause = std::error::Error::source(&error);
        while let Some(inner) = cause {
            said = format!("{said}: {inner}");
            cause = inner.source();
        }
        Self::Http(said)
    }
}

impl Couriers {
    /// Checks the settings and gets ready.
    pub fn new(settings: &WebhookSettings) -> anyhow::Result<Self> {
        let mut http = Client::builder()
            .timeout(Duration::from_secs(settings.timeout_seconds.max(1)))
            .redirect(redirect::Policy::none())
            .no_proxy()
            .user_agent(concat!("giaoban/", env!("CARGO_PKG_VERSION")));
        if let Some(path) = &settings.ca_file {
            let pem = std::fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
            let authorities = Certificate::from_pem_bundle(&pem)
                .with_context(|| format!("{} has no certificates that can be read", path.display()))?;
            http = http.tls_certs_only(authorities);
        } else if settings.targets.iter().all(|target| !target.url.starts_with("https:")) {
            // Without need the system is not asked for certificates: it may have none.
            http = http.tls_certs_only([]);
        }
        let mut receivers: Vec<Receiver> = Vec::new();
        for target in &settings.targets {
            let receiver =
                Receiver::new(target).with_context(|| format!("webhook target \"{}\"", target.name))?;
            ensure!(
                receivers.iter().all(|other| other.name != receiver.name),
                "two webhook targets are called \"{}\"",
                receiver.name
            );
            receivers.push(receiver);
        }
        let http = http.build().context("webhooks cannot be sent")?;
        Ok(Self { http, receivers, settings: settings.clone() })
    }

    /// Delivers until the program stops.
    pub async fn run_always(&self, app: &App) {
        future::join_all(self.receivers.iter().map(|receiver| self.serve(app, receiver))).await;
    }

    async fn serve(&self, app: &App, receiver: &Receiver) {
        let mut ordered = app.webhooks.subscribe();
        loop {
            self.run_receiver(app, receiver).await;
            // Time passing is as good a reason to look again as something new.
            let _ = tokio::time::timeout(LOOK_EVERY, ordered.changed()).await;
        }
    }

    /// Delivers what is due; failures stay for the next time.
    pub async fn run_due(&self, app: &App) {
        future::join_all(self.receivers.iter().map(|receiver| self.run_receiver(app, receiver))).await;
    }

    async fn run_receiver(&self, app: &App, receiver: &Receiver) {
        if let Err(error) = self.run_lanes(app, receiver).await {
            tracing::warn!(webhook.target = receiver.name, "webhooks could not be delivered now: {error}");
        }
    }

    async fn run_lanes(&self, app: &App, receiver: &Receiver) -> Result<(), StoreError> {
        let at_once = self.settings.rooms_at_once.max(1);
        loop {
            let limit = i64::try_from(at_once).unwrap_or(i64::MAX);
            let lanes = webhooks::due(&mut app.store.read().await?, &receiver.name, app.now(), limit).await?;
            if lanes.is_empty() {
                return Ok(());
            }
            let mut runs =
                stream::iter(lanes).map(|lane| self.run_lane(app, receiver, lane)).buffer_unordered(at_once);
            // To the end, even if one fails: to let go here would cut off the others in the middle of a delivery.
            let mut outcome = Ok(());
            while let Some(done) = runs.next().await {
                outcome = outcome.and(done);
            }
            outcome?;
        }
    }

    /// Delivers one after the other, until nothing waits or one fails.
    async fn run_lane(&self, app: &App, receiver: &Receiver, lane: Lane) -> Result<(), StoreError> {
        let patience =
            i64::try_from(self.settings.timeout_seconds.max(1)).unwrap_or(i64::MAX).saturating_mul(2000);
        let mut delivered = None;
        loop {
            let now = app.now();
            let mut tx = app.store.write().await?;
            if let Some(seq) = delivered.take() {
                webhooks::finish(&mut tx, &lane, seq, now).await?;
            }
            let next = webhooks::take(&mut tx, &lane, now, now.plus_millis(patience)).await?;
            tx.commit().await?;
            let Some(webhook) = next else { return Ok(()) };
            match self.deliver(now, receiver, &webhook).await {
                Ok(()) => {
                    metrics::counter!("giaoban_webhooks_delivered_total", "target" => receiver.name.clone())
                        .increment(1);
                    delivered = Some(webhook.seq);
                }
                Err(error) => {
                    metrics::counter!("giaoban_webhooks_failed_total", "target" => receiver.name.clone())
                        .increment(1);
                    tracing::warn!(
                        webhook.target = receiver.name,
                        webhook.attempts,
                        "a webhook was not delivered: {error}"
                    );
                    let again = app.now().plus_millis(self.wait(webhook.attempts));
                    let mut tx = app.store.write().await?;
                    webhooks::put_off(&mut tx, &lane, webhook.seq, &error.to_string(), again).await?;
                    return tx.commit().await;
                }
            }
        }
    }

    /// Milliseconds until the next try.
    fn wait(&self, attempts: i64) -> i64 {
        let first = i64::try_from(self.settings.retry_ms.max(1)).unwrap_or(i64::MAX);
        let longest = i64::try_from(self.settings.retry_max_seconds).unwrap_or(i64::MAX).saturating_mul(1000);
        first.saturating_mul(1 << (attempts - 1).clamp(0, 30)).min(longest.max(first))
    }

    async fn deliver(
        &self,
        now: Moment,
        receiver: &Receiver,
        webhook: &Webhook,
    ) -> Result<(), DeliveryError> {
        let body = Receiver::body(webhook)?;
        let answer = self
            .http
            .post(receiver.url.clone())
            .header(header::CONTENT_TYPE, MEDIA_TYPE)
            .header(header::AUTHORIZATION, receiver.signature(now, &body)?)
            .body(body)
            .send()
            .await?;
        if answer.status().is_success() { Ok(()) } else { Err(DeliveryError::Refused(answer.status())) }
    }
}

impl Receiver {
    fn new(target: &WebhookTarget) -> anyhow::Result<Self> {
        let plain = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
        ensure!(
            !target.name.is_empty() && target.name.chars().all(plain),
            "its name may have letters, digits, - and _ only"
        );
        ensure!(
            target.secret.len() >= SECRET_BYTES_MIN,
            "its secret must have at least {SECRET_BYTES_MIN} characters"
        );
        let url: Url = target.url.parse().context("its address cannot be read")?;
        ensure!(matches!(url.scheme(), "http" | "https"), "its address must begin with https:// or http://");
        ensure!(url.has_host() && url.username().is_empty(), "its address must name a host and no user");
        Ok(Self {
            name: target.name.clone(),
            url,
            key: target.key.clone(),
            secret: EncodingKey::from_secret(target.secret.as_bytes()),
        })
    }

    /// What is sent: the event as it was told, and how many before it were given up.
    fn body(webhook: &Webhook) -> Result<String, serde_json::Error> {
        if webhook.dropped == 0 {
            return Ok(webhook.body.clone());
        }
        let mut event: serde_json::Map<String, serde_json::Value> = serde_json::from_str(&webhook.body)?;
        event.insert("numDropped".to_owned(), webhook.dropped.into());
        serde_json::to_string(&event)
    }

    /// A token over the hash of the body, as LiveKit's own server signs.
    fn signature(&self, now: Moment, body: &str) -> Result<String, jsonwebtoken::errors::Error> {
        let seconds = now.as_millis().div_euclid(1000);
        let claims = Claims {
            iss: &self.key,
            nbf: seconds,
            exp: seconds.saturating_add(SIGNATURE_SECONDS),
            sha256: STANDARD.encode(Sha256::digest(body)),
        };
        jsonwebtoken::encode(&Header::new(Algorithm::HS256), &claims, &self.secret)
    }
}
