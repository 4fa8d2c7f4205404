//! Refusals on the wire: RFC 9457 problems with a `code` that a program switches on.
//!
//! A handler returns [`ApiError`]; the words are put in by [`crate::middleware::localise`], which knows the language.

use axum::{
    body::Body,
    http::{HeaderValue, Response, StatusCode, header},
    response::IntoResponse,
};
use schema::{
    conflict::Conflict,
    field::{FieldCode, FieldError},
    regime::{Warning, WarningCode},
    store::StoreError,
};
use serde::Serialize;
use utoipa::ToSchema;

use crate::{language::Language, service::Refusal, texts};

/// What went wrong, for programs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Code {
    /// User name or password is wrong; which of them is not said.
    WrongCredentials,
    /// Too many failures; `retry_after_seconds` says how long.
    Locked,
    /// No valid login.
    NotSignedIn,
    /// The CSRF token is missing or wrong.
    Csrf,
    /// The account may not do this, or not here.
    Forbidden,
    /// There is no such thing, or not for this account.
    NotFound,
    /// The path exists, the method does not.
    MethodNotAllowed,
    /// The request cannot be understood at all.
    Malformed,
    /// The body is larger than allowed.
    TooLarge,
    /// The body is not JSON.
    UnsupportedMediaType,
    /// Fields are wrong; `fields` names them.
    Invalid,
    /// Rules are broken that an authorised person may override with a reason; `warnings` names them.
    NeedsOverride,
    /// Something is already booked; `conflicts` names it.
    Conflict,
    /// Somebody else changed it meanwhile.
    Stale,
    /// The session's state does not allow it.
    WrongState,
    /// The session has not ended yet.
    NotEnded,
    /// The name or number is taken.
    Taken,
    /// Too many requests or streams.
    TooMany,
    /// The database or the rooms cannot be reached now.
    Unavailable,
    /// A fault of the program; it is in the log under the request id.
    Internal,
}

impl Code {
    /// The HTTP status that goes with it.
    pub const fn status(self) -> StatusCode {
        match self {
            Self::WrongCredentials | Self::NotSignedIn => StatusCode::UNAUTHORIZED,
            Self::Locked | Self::TooMany => StatusCode::TOO_MANY_REQUESTS,
            Self::Csrf | Self::Forbidden => StatusCode::FORBIDDEN,
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::MethodNotAllowed => StatusCode::METHOD_NOT_ALLOWED,
            Self::Malformed => StatusCode::BAD_REQUEST,
            Self::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::UnsupportedMediaType => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::Invalid | Self::NeedsOverride => StatusCode::UNPROCESSABLE_ENTITY,
            Self::Conflict | Self::Stale | Self::WrongState | Self::NotEnded | Self::Taken => {
                StatusCode::CONFLICT
            }
            Self::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
            Self::Internal => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    /// The code for a bare status that a layer below answered with.
    pub fn of_status(status: StatusCode) -> Self {
        match status {
            StatusCode::UNAUTHORIZED => Self::NotSignedIn,
            StatusCode::FORBIDDEN => Self::Forbidden,
            StatusCode::NOT_FOUND => Self::NotFound,
            StatusCode::METHOD_NOT_ALLOWED => Self::MethodNotAllowed,
            StatusCode::PAYLOAD_TOO_LARGE => Self::TooLarge,
            StatusCode::UNSUPPORTED_MEDIA_TYPE => Self::UnsupportedMediaType,
            StatusCode::TOO_MANY_REQUESTS => Self::TooMany,
            StatusCode::SERVICE_UNAVAILABLE | StatusCode::GATEWAY_TIMEOUT | StatusCode::REQUEST_TIMEOUT => {
                Self::Unavailable
            }
            other if other.is_client_error() => Self::Malformed,
            _ => Self::Internal,
        }
    }
}

/// One wrong field.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct FieldView {
    /// Name of the field as in the request; a path with dots inside lists.
    pub field: String,
    /// What is wrong, for programs.
    pub code: FieldCode,
    /// What is wrong, for people.
    pub message: String,
}

/// RFC 9457.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Problem {
    /// `urn:giaoban:problem:<code>`
    #[serde(rename = "type")]
    pub kind: String,
    /// One line for people.
    pub title: String,
    /// The HTTP status again.
    pub status: u16,
    /// What to do about it.
    pub detail: String,
    /// What went wrong, for programs.
    pub code: Code,
    /// Wrong fields.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    pub fields: Vec<FieldView>,
    /// What is taken.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    pub conflicts: Vec<Conflict>,
    /// Rules departed from.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    pub warnings: Vec<WarningView>,
    /// When it makes sense to try again.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retry_after_seconds: Option<i64>,
}

/// A rule departed from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct WarningView {
    /// Which rule, for programs.
    pub code: WarningCode,
    /// What departs from it, for people.
    pub message: String,
    /// Somebody with `session.override` may go past it with a reason.
    pub can_override: bool,
    /// The text that makes the rule.
    pub legal_basis: String,
}

impl WarningView {
    /// In words.
    pub fn of(warning: &Warning, language: Language) -> Self {
        Self {
            code: warning.code(),
            message: texts::warning(&warning.departure, language),
            can_override: warning.can_override,
            legal_basis: warning.legal_basis.clone(),
        }
    }
}

/// A wrong field in words.
pub(super) fn field_view(error: &FieldError, language: Language) -> FieldView {
    FieldView {
        field: error.field.clone(),
        code: error.code,
        message: texts::field(error.code, language).into(),
    }
}

/// A refusal before its text is chosen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApiError {
    /// What went wrong.
    pub code: Code,
    /// Wrong fields.
    pub fields: Vec<FieldError>,
    /// What is taken.
    pub conflicts: Vec<Conflict>,
    /// Rules departed from.
    pub warnings: Vec<Warning>,
    /// When it makes sense to try again.
    pub retry_after_seconds: Option<i64>,
}

impl From<Code> for ApiError {
    fn from(code: Code) -> Self {
        Self {
            code,
            fields: Vec::new(),
            conflicts: Vec::new(),
            warnings: Vec::new(),
            retry_after_seconds: None,
        }
    }
}

impl ApiError {
    /// Refused because of these fields.
    pub fn invalid(fields: Vec<FieldError>) -> Self {
        Self { fields, ..Code::Invalid.into() }
    }

    /// The problem in words.
    pub fn problem(&self, language: Language) -> Problem {
        let (title, detail) = texts::problem(self.code, language);
        let code = serde_json::to_value(self.code).ok();
        let name = code.as_ref().and_then(serde_json::Value::as_str).unwrap_or_default();
        Problem {
            kind: format!("urn:giaoban:problem:{name}"),
            title: title.into(),
            status: self.code.status().as_u16(),
            detail: detail.into(),
            code: self.code,
            fields: self.fields.iter().map(|error| field_view(error, language)).collect(),
            conflicts: self.conflicts.clone(),
            warnings: self.warnings.iter().map(|warning| WarningView::of(warning, language)).collect(),
            retry_after_seconds: self.retry_after_seconds,
        }
    }

    /// The whole reply.
    pub fn render(&self, language: Language) -> Response<Body> {
        let problem = self.problem(language);
        let body = serde_json::to_vec(&problem).unwrap_or_default();
        let mut response = Response::new(Body::from(body));
        *response.status_mut() = self.code.status();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        headers.insert(header::CONTENT_LANGUAGE, HeaderValue::from_static(language.pick("vi", "en")));
        if let Some(seconds) = self.retry_after_seconds {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        response
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response<Body> {
        let mut response = Response::new(Body::empty());
        *response.status_mut() = self.code.status();
        response.extensions_mut().insert(self);
        response
    }
}

/// The table of refusals.
impl From<Refusal> for ApiError {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::NotFound | Refusal::Store(StoreError::Reference) => Code::NotFound.into(),
            Refusal::Forbidden => Code::Forbidden.into(),
            Refusal::WrongCredentials => Code::WrongCredentials.into(),
            Refusal::Locked { seconds } => Self { retry_after_seconds: Some(seconds), ..Code::Locked.into() },
            Refusal::Invalid(fields) => Self::invalid(fields),
            Refusal::Stale => Code::Stale.into(),
            Refusal::Conflict(conflicts) => Self { conflicts, ..Code::Conflict.into() },
            Refusal::NeedsOverride(warnings) => Self { warnings, ..Code::NeedsOverride.into() },
            Refusal::WrongState => Code::WrongState.into(),
            Refusal::NotEnded => Code::NotEnded.into(),
            Refusal::NotNow => Code::Unavailable.into(),
            Refusal::Store(StoreError::Duplicate) => Code::Taken.into(),
            Refusal::Store(ref error) if error.is_temporary() => logged(Code::Unavailable, &refusal),
            Refusal::Rooms(_) => logged(Code::Unavailable, &refusal),
            Refusal::Store(_) | Refusal::Password(_) | Refusal::Randomness(_) => {
                logged(Code::Internal, &refusal)
            }
        }
    }
}

fn logged(code: Code, refusal: &Refusal) -> ApiError {
    tracing::error!("a request failed: {refusal}");
    code.into()
}
