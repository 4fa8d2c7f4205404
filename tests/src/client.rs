//! A program's view of the HTTP interface: a cookie, a CSRF token, JSON both ways.

use bytes::Bytes;
use futures::{StreamExt as _, stream::BoxStream};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use tokio::time::timeout;

use crate::lines::PATIENCE;

/// Someone who is signed in.
#[derive(Debug, Clone)]
pub struct Client {
    http: reqwest::Client,
    base: String,
    /// The answer to signing in: who this is.
    pub me: Value,
}

/// What the server answered.
#[derive(Debug)]
pub struct Reply {
    /// The status.
    pub status: StatusCode,
    /// The body, or null when it is not JSON.
    pub body: Value,
}

impl Reply {
    /// The body of an answer that must be a success.
    #[track_caller]
    pub fn ok(self) -> Value {
        assert!(self.status.is_success(), "{}: {:#}", self.status, self.body);
        self.body
    }

    /// The problem of an answer that must be a refusal with this status and code.
    #[track_caller]
    pub fn refused(self, status: u16, code: &str) -> Value {
        assert_eq!(
            (self.status.as_u16(), self.body["code"].as_str()),
            (status, Some(code)),
            "{:#}",
            self.body
        );
        self.body
    }
}

impl Client {
    /// Signs in; the password must be right.
    pub async fn login(base: &str, username: &str, password: &str) -> Self {
        let (client, reply) = Self::try_login(base, username, password).await;
        Self { me: reply.ok(), ..client }
    }

    /// Tries to sign in.
    pub async fn try_login(base: &str, username: &str, password: &str) -> (Self, Reply) {
        let http = reqwest::Client::builder().cookie_store(true).no_proxy().build().expect("a client");
        let client = Self { http, base: base.to_owned(), me: Value::Null };
        let reply = client.post("/login", &json!({"username": username, "password": password})).await;
        (client, reply)
    }

    /// Somebody whom the server does not know.
    pub fn stranger(base: &str) -> Self {
        let http = reqwest::Client::builder().cookie_store(true).no_proxy().build().expect("a client");
        Self { http, base: base.to_owned(), me: Value::Null }
    }

    /// `GET /api/v1{path}`
    pub async fn get(&self, path: &str) -> Reply {
        self.send(Method::GET, path, None).await
    }

    /// `POST /api/v1{path}`
    pub async fn post(&self, path: &str, body: &Value) -> Reply {
        self.send(Method::POST, path, Some(body)).await
    }

    /// `PUT /api/v1{path}`
    pub async fn put(&self, path: &str, body: &Value) -> Reply {
        self.send(Method::PUT, path, Some(body)).await
    }

    /// `PATCH /api/v1{path}`
    pub async fn patch(&self, path: &str, body: &Value) -> Reply {
        self.send(Method::PATCH, path, Some(body)).await
    }

    /// Any request.
    pub async fn send(&self, method: Method, path: &str, body: Option<&Value>) -> Reply {
        self.try_send(method, path, body).await.unwrap_or_else(|error| panic!("{path}: {error:?}"))
    }

    /// Any request, to a server that may be away.
    pub async fn try_send(&self, method: Method, path: &str, body: Option<&Value>) -> reqwest::Result<Reply> {
        let mut request = self.http.request(method, format!("{}/api/v1{path}", self.base));
        if let Some(token) = self.me["csrf_token"].as_str() {
            request = request.header("X-CSRF-Token", token);
        }
        if let Some(body) = body {
            request = request.json(body);
        }
        let answer = request.send().await?;
        let status = answer.status();
        let bytes = answer.bytes().await?;
        Ok(Reply { status, body: serde_json::from_slice(&bytes).unwrap_or(Value::Null) })
    }

    /// The text of `GET {path}` with no base path before it.
    pub async fn text(&self, path: &str) -> String {
        let answer = self.http.get(format!("{}{path}", self.base)).send().await.expect("an answer");
        answer.text().await.expect("text")
    }

    /// Opens the live stream of everything that the account may read.
    pub async fn live(&self) -> Live {
        let answer = self.http.get(format!("{}/api/v1/live", self.base)).send().await.expect("an answer");
        let answer = answer.error_for_status().expect("the live stream opens");
        Live { stream: answer.bytes_stream().boxed(), unread: String::new() }
    }

    /// Reads `path` until `found` makes something of it: at once, and again whenever the live stream tells of
    /// something.
    pub async fn until<T>(&self, path: &str, what: &str, mut found: impl FnMut(&Value) -> Option<T>) -> T {
        let mut live = self.live().await;
        let mut last = Value::Null;
        let answer = timeout(PATIENCE, async {
            loop {
                last = self.get(path).await.body;
                if let Some(answer) = found(&last) {
                    return answer;
                }
                live.stream.next().await.expect("the live stream stays open").expect("it can be read");
            }
        })
        .await;
        answer.unwrap_or_else(|_| panic!("{path}: no {what} in {PATIENCE:?}; it last said {last:#}"))
    }
}

/// The live stream of all that an account may read.
pub struct Live {
    stream: BoxStream<'static, reqwest::Result<Bytes>>,
    unread: String,
}

impl Live {
    /// Waits for an event of that name whose data `found` accepts.
    pub async fn until(&mut self, name: &str, mut found: impl FnMut(&Value) -> bool) -> Value {
        let told = timeout(PATIENCE, async {
            loop {
                while let Some(end) = self.unread.find("\n\n") {
                    let event: String = self.unread.drain(..end + 2).collect();
                    if let Some(data) = data_of(&event, name)
                        && found(&data)
                    {
                        return data;
                    }
                }
                let chunk =
                    self.stream.next().await.expect("the live stream stays open").expect("it can be read");
                self.unread.push_str(&String::from_utf8_lossy(&chunk).replace("\r\n", "\n"));
            }
        });
        told.await.unwrap_or_else(|_| panic!("no event `{name}` as wanted in {PATIENCE:?}"))
    }
}

/// The data of one server-sent event, when it has that name.
fn data_of(event: &str, name: &str) -> Option<Value> {
    let field =
        |key: &str| event.lines().find_map(|line| line.strip_prefix(key)?.strip_prefix(':')).map(str::trim);
    (field("event") == Some(name))
        .then(|| serde_json::from_str(field("data").unwrap_or("null")).unwrap_or(Value::Null))
}
