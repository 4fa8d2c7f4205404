//! Browsers that people of the small province sit at.

use axum::{
    Router,
    body::Body,
    http::{HeaderMap, Method, Request, StatusCode, header},
};
use http_body_util::BodyExt as _;
use serde_json::{Value, json};
use tower::ServiceExt as _;

/// A browser: keeps its cookie, sends its CSRF token.
#[derive(Clone)]
pub struct Browser {
    pub router: Router,
    pub cookie: Option<String>,
    pub csrf: Option<String>,
    pub language: &'static str,
}

#[derive(Debug)]
pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub text: String,
}

impl Answer {
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|error| panic!("{error}: {}", self.text))
    }

    /// The body of an answer that must be one of success.
    #[track_caller]
    pub fn ok(self) -> Value {
        assert!(self.status.is_success(), "{} {}", self.status, self.text);
        if self.text.is_empty() { Value::Null } else { self.json() }
    }

    /// Status and code of a refusal.
    #[track_caller]
    pub fn refused(&self) -> (u16, String) {
        assert_eq!(self.headers[header::CONTENT_TYPE], "application/problem+json", "{}", self.text);
        let problem = self.json();
        assert_eq!(problem["status"], self.status.as_u16());
        assert!(problem["title"].as_str().is_some_and(|title| !title.is_empty()));
        (self.status.as_u16(), problem["code"].as_str().unwrap_or_default().to_owned())
    }

    /// Fields refused, each with its code.
    #[track_caller]
    pub fn fields(&self) -> Vec<(String, String)> {
        assert_eq!(self.refused(), (422, "invalid".into()), "{}", self.text);
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let fields = self.json()["fields"].as_array().cloned().unwrap_or_default();
        fields.iter().map(|field| (text(&field["field"]), text(&field["code"]))).collect()
    }
}

impl Browser {
    /// One in which nobody has signed in.
    pub fn new(router: Router) -> Self {
        Self { router, cookie: None, csrf: None, language: "en" }
    }

    pub async fn send(&self, method: Method, path: &str, body: Option<&Value>) -> Answer {
        let mut request =
            Request::builder().method(method).uri(path).header(header::HOST, "giaoban.test:8080");
        request = request.header(header::ACCEPT_LANGUAGE, self.language);
        if let Some(cookie) = &self.cookie {
            request = request.header(header::COOKIE, cookie);
        }
        if let Some(csrf) = &self.csrf {
            request = request.header("x-csrf-token", csrf);
        }
        let body = match body {
            Some(body) => {
                request = request.header(header::CONTENT_TYPE, "application/json");
                Body::from(body.to_string())
            }
            None => Body::empty(),
        };
        self.raw(request.body(body).unwrap()).await
    }

    pub async fn raw(&self, request: Request<Body>) -> Answer {
        let response = self.router.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let bytes = body.collect().await.unwrap().to_bytes();
        Answer {
            status: parts.status,
            headers: parts.headers,
            text: String::from_utf8_lossy(&bytes).into_owned(),
        }
    }

    /// The body of a long answer, not read yet.
    pub async fn open(&self, path: &str) -> Body {
        let request = Request::builder().uri(format!("/api/v1{path}"));
        let request = request.header(header::COOKIE, self.cookie.clone().unwrap_or_default());
        let response = self.router.clone().oneshot(request.body(Body::empty()).unwrap()).await.unwrap();
        assert_eq!(response.status(), StatusCode::OK);
        response.into_body()
    }

    pub async fn get(&self, path: &str) -> Answer {
        self.send(Method::GET, &format!("/api/v1{path}"), None).await
    }

    pub async fn post(&self, path: &str, body: Value) -> Answer {
        self.send(Method::POST, &format!("/api/v1{path}"), Some(&body)).await
    }

    pub async fn put(&self, path: &str, body: Value) -> Answer {
        self.send(Method::PUT, &format!("/api/v1{path}"), Some(&body)).await
    }

    pub async fn patch(&self, path: &str, body: Value) -> Answer {
        self.send(Method::PATCH, &format!("/api/v1{path}"), Some(&body)).await
    }

    pub async fn sign_in(&mut self, username: &str, password: &str) -> Answer {
        let answer = self.post("/login", json!({ "username": username, "password": password })).await;
        if answer.status == StatusCode::OK {
            let cookie = answer.headers[header::SET_COOKIE].to_str().unwrap();
            self.cookie = cookie.split(';').next().map(str::to_owned);
            self.csrf = answer.json()["csrf_token"].as_str().map(str::to_owned);
        }
        answer
    }

    /// Books, starts, and gives the session.
    pub async fn started(&self, booking: Value) -> Value {
        let booked = self.post("/sessions", booking).await.ok();
        let path = format!("/sessions/{}/start", booked["id"].as_str().unwrap());
        self.post(&path, json!({ "version": booked["version"] })).await.ok()
    }
}
