//! The ways into a room. Whichever it is, a probe ends up with a token and has no right beyond it.

use std::{
    fs,
    net::SocketAddr,
    path::{Path, PathBuf},
    time::Duration,
};

use anyhow::Context as _;
use clap::{ArgGroup, Args};
use rand::{TryRngCore as _, rngs::OsRng};
use schema::{
    id::{EndpointId, SessionId},
    moment::{Clock as _, Moment},
};
use serde_json::{Value, json};
use signaling::{Grant, Tokens};

use crate::{auth::cookie, cli::Place, clock::SystemClock, serving};

/// Which way in.
#[derive(Debug, Args)]
#[command(group(ArgGroup::new("way").required(true).multiple(true).args(["url", "server", "data"])))]
pub struct DoorArgs {
    /// Address of the rooms (`wss://…`), with a token from the environment or from standard input
    #[arg(long, value_name = "URL", conflicts_with = "server")]
    url: Option<String>,
    /// The token; better left to the environment or the first line of standard input, where other users do not see it
    #[arg(long, env = "GIAOBAN_TOKEN", hide_env_values = true)]
    token: Option<String>,
    /// Address of the program (`https://…`), to sign in and join like a browser
    #[arg(long, value_name = "URL", requires = "session", requires = "user", conflicts_with = "data")]
    server: Option<String>,
    /// The session to join
    #[arg(long, value_name = "ID")]
    session: Option<SessionId>,
    /// Who signs in; the password is read from the environment or from the first line of standard input
    #[arg(long, value_name = "NAME")]
    user: Option<String>,
    /// Password; better left to the environment or standard input
    #[arg(long, env = "GIAOBAN_PASSWORD", hide_env_values = true)]
    password: Option<String>,
    /// As which endpoint [default: that of the account]
    #[arg(long, value_name = "ID", requires = "server")]
    endpoint: Option<EndpointId>,
    /// Folder of the program on this machine: the probe signs its own tokens, for --session
    #[arg(long, value_name = "DIR", requires = "session")]
    data: Option<PathBuf>,
    /// Where the program of --data listens [default: as its settings say]
    #[arg(long, value_name = "ADDR:PORT", requires = "data")]
    listen: Option<SocketAddr>,
    /// So many endpoints more that only receive, unseen by the others; needs --data
    #[arg(long, value_name = "N", default_value_t = 0, requires = "data")]
    subscribers: usize,
    /// So many endpoints more that speak and receive like the probe itself; needs --data
    #[arg(long, value_name = "N", default_value_t = 0, requires = "data")]
    speakers: usize,
}

/// What opens a room once. Its `Debug` would show the token, so it has none.
pub struct Ticket {
    /// Where the rooms are.
    pub url: String,
    /// What opens the door.
    pub token: String,
}

/// Why a probe could not join.
#[derive(Debug, thiserror::Error)]
pub enum NoEntry {
    /// Not an address.
    #[error("not an address of rooms")]
    Address,
    /// Nothing answers there.
    #[error("cannot be reached: {0}")]
    Unreachable(String),
    /// Something answers too late.
    #[error("no answer")]
    Silent,
    /// The token is not good, or its room is not open.
    #[error("refused")]
    Refused,
    /// Name or password are wrong, or the account may not join.
    #[error("sign-in or join refused: {0}")]
    NotSignedIn(String),
    /// Another answer than a room's.
    #[error("unexpected answer {0}")]
    Answer(u16),
    /// The room let the probe in and then sent it away.
    #[error("sent away")]
    SentAway,
    /// Signaling works, but no media connection came up.
    #[error("no media")]
    NoMedia,
    /// What nobody expects.
    #[error("{0}")]
    Broken(String),
}

impl From<reqwest::Error> for NoEntry {
    fn from(error: reqwest::Error) -> Self {
        // Without the address: it may be long, and the reader has just typed it.
        let error = error.without_url();
        let mut text = error.to_string();
        let mut cause = std::error::Error::source(&error);
        while let Some(deeper) = cause {
            text = deeper.to_string();
            cause = deeper.source();
        }
        Self::Unreachable(text)
    }
}

impl From<webrtc::error::Error> for NoEntry {
    fn from(error: webrtc::error::Error) -> Self {
        Self::Broken(error.to_string())
    }
}

/// The tickets of one run.
pub struct Tickets {
    /// The probe's own.
    pub own: Ticket,
    /// Those of the endpoints that speak beside it.
    pub speakers: Vec<Ticket>,
    /// Those of the endpoints that only receive.
    pub subscribers: Vec<Ticket>,
}

impl DoorArgs {
    /// Gets the tickets. With `watch` the probe itself is one that only watches where it signs its own token.
    pub async fn tickets(&self, http: &reqwest::Client, watch: bool) -> anyhow::Result<Tickets> {
        if let (Some(data), Some(session)) = (&self.data, self.session) {
            return self.sign(data, session, watch);
        }
        let own = match (&self.server, self.session, &self.user) {
            (Some(server), Some(session), Some(user)) => self.sign_in(http, server, session, user).await?,
            _ => Ticket {
                url: self.url.clone().unwrap_or_default(),
                token: self.token.clone().map_or_else(first_line, Ok)?,
            },
        };
        Ok(Tickets { own, speakers: Vec::new(), subscribers: Vec::new() })
    }

    /// Tokens signed with the key of the program's own folder, which only its owner can read.
    fn sign(&self, data: &Path, session: SessionId, watch: bool) -> anyhow::Result<Tickets> {
        let place = Place { data: Some(data.to_owned()), listen: self.listen, ..Place::default() };
        let settings = place.settings()?;
        let path = data.join(serving::KEY_FILE);
        let key = fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
        let tokens = Tokens::new(serving::API_KEY, key.trim());
        let url = match &self.url {
            Some(url) => url.clone(),
            None => format!("ws://{}", serving::reachable(settings.listen)),
        };
        let now: Moment = SystemClock.now();
        let number = OsRng.try_next_u32()?;
        let room = session.to_string();
        let name = "Kiểm tra đường truyền · Line test";
        let ticket = |identity: String, watch: bool| {
            let grant = if watch {
                Grant::observer(&room, identity, name)
            } else {
                Grant::endpoint(&room, identity, name)
            };
            // Long enough for hundreds that join one after the other; clients that stay get fresh tokens.
            let grant = Grant { ttl: Duration::from_mins(10), ..grant };
            Ticket { url: url.clone(), token: tokens.mint(now, &grant) }
        };
        Ok(Tickets {
            own: ticket(format!("probe:{number:08x}"), watch),
            speakers: (0..self.speakers)
                .map(|n| ticket(format!("probe:{number:08x}:speaker:{n}"), false))
                .collect(),
            subscribers: (0..self.subscribers)
                .map(|n| ticket(format!("probe:{number:08x}:{n}"), true))
                .collect(),
        })
    }

    /// Signs in and asks to join, like the browser UI.
    async fn sign_in(
        &self,
        http: &reqwest::Client,
        server: &str,
        session: SessionId,
        user: &str,
    ) -> anyhow::Result<Ticket> {
        let base = format!("{}/api/v1", server.trim_end_matches('/'));
        let password = self.password.clone().map_or_else(first_line, Ok)?;
        let login = http.post(format!("{base}/login")).json(&json!({"username": user, "password": password}));
        let (cookie, me) = said(login.send().await.map_err(NoEntry::from)?).await?;
        let csrf = me["csrf_token"].as_str().unwrap_or_default();
        let signed = |request: reqwest::RequestBuilder| {
            request.header(reqwest::header::COOKIE, &cookie).header(cookie::CSRF_HEADER, csrf)
        };
        let join = signed(http.post(format!("{base}/sessions/{session}/join")))
            .json(&json!({"endpoint_id": self.endpoint}));
        let joined = said(join.send().await.map_err(NoEntry::from)?).await;
        // The login has done its work; should it not end now, it ends by itself.
        if let Err(error) = signed(http.post(format!("{base}/logout"))).json(&json!({})).send().await {
            tracing::debug!(error = %error.without_url(), "the login was not ended");
        }
        let (_, ticket) = joined?;
        let text = |name: &str| ticket[name].as_str().unwrap_or_default().to_owned();
        Ok(Ticket { url: text("url"), token: text("token") })
    }
}

/// The login cookie that an answer sets and its body, or its problem in words.
async fn said(answer: reqwest::Response) -> Result<(String, Value), NoEntry> {
    let status = answer.status();
    let cookies = answer.headers().get_all(reqwest::header::SET_COOKIE).iter();
    let cookie =
        cookies.filter_map(|value| value.to_str().ok()?.split(';').next()).collect::<Vec<_>>().join("; ");
    let body: Value = answer.json().await.unwrap_or_default();
    if status.is_success() {
        return Ok((cookie, body));
    }
    let words = ["detail", "title"].iter().find_map(|name| body[name].as_str());
    Err(words.map_or(NoEntry::Answer(status.as_u16()), |words| NoEntry::NotSignedIn(words.to_owned())))
}

fn first_line() -> anyhow::Result<String> {
    let mut line = String::new();
    std::io::stdin().read_line(&mut line)?;
    Ok(line.trim_end_matches(['\r', '\n']).to_owned())
}
