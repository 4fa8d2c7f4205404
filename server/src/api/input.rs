//! Request bodies and queries, read strictly; what cannot be read is a problem that names the field.

use axum::{
    Json,
    body::Bytes,
    extract::{FromRequest, FromRequestParts, Path, Query, Request, rejection::BytesRejection},
    http::{StatusCode, header, request::Parts},
};
use schema::field::{FieldCode, FieldError};
use serde::de::DeserializeOwned;

use super::problem::{ApiError, Code};

/// A JSON body.
#[derive(Debug, Clone)]
pub struct Body<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for Body<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, state: &S) -> Result<Self, ApiError> {
        let json =
            request.headers().get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).is_some_and(
                |kind| kind.split(';').next().is_some_and(|kind| kind.trim() == "application/json"),
            );
        if !json {
            return Err(Code::UnsupportedMediaType.into());
        }
        let bytes = Bytes::from_request(request, state).await.map_err(|rejection: BytesRejection| {
            ApiError::from(if rejection.status() == StatusCode::PAYLOAD_TOO_LARGE {
                Code::TooLarge
            } else {
                Code::Malformed
            })
        })?;
        read(&bytes).map(Self)
    }
}

fn read<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, ApiError> {
    let mut reader = serde_json::Deserializer::from_slice(bytes);
    let value = serde_path_to_error::deserialize(&mut reader).map_err(|error| {
        // `marks[0].late` is written as the domain writes it: `marks.0.late`.
        let field = error.path().to_string().replace('[', ".").replace(']', "");
        let inner = error.into_inner();
        if !inner.is_data() {
            return Code::Malformed.into();
        }
        let (field, code) = match missing(&inner.to_string()) {
            Some(name) if field == "." => (name.to_owned(), FieldCode::Required),
            Some(name) => (format!("{field}.{name}"), FieldCode::Required),
            None => (field, FieldCode::BadFormat),
        };
        ApiError::invalid(vec![FieldError { field, code }])
    })?;
    reader.end().map_err(|_| ApiError::from(Code::Malformed))?;
    Ok(value)
}

/// The field that serde misses: it says so only in words.
fn missing(message: &str) -> Option<&str> {
    message.strip_prefix("missing field `")?.split('`').next()
}

/// The query string.
#[derive(Debug, Clone)]
pub struct Asked<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequestParts<S> for Asked<T> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let query = Query::<T>::from_request_parts(parts, state).await;
        query.map(|Query(value)| Self(value)).map_err(|_| Code::Malformed.into())
    }
}

/// The id in the path. One that is no id names nothing.
#[derive(Debug, Clone, Copy)]
pub struct Id<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned + Send> FromRequestParts<S> for Id<T> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let path = Path::<T>::from_request_parts(parts, state).await;
        path.map(|Path(value)| Self(value)).map_err(|_| Code::NotFound.into())
    }
}

/// What a handler answers with.
pub type Reply<T> = Result<Json<T>, ApiError>;

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;
    use crate::service::Edit;

    #[derive(Debug, Deserialize)]
    struct Mark {
        #[serde(default)]
        note: Edit<String>,
        late: bool,
    }

    #[derive(Debug, Deserialize)]
    struct Marks {
        marks: Vec<Mark>,
    }

    #[test]
    fn null_clears_and_silence_keeps() {
        let marks: Marks =
            read(br#"{"marks":[{"late":true},{"note":null,"late":false},{"note":"x","late":true}]}"#)
                .unwrap();
        assert_eq!(marks.marks[0].note, Edit::Keep);
        assert_eq!(marks.marks[1].note, Edit::Set(None));
        assert_eq!(marks.marks[2].note, Edit::Set(Some("x".into())));
        assert!(marks.marks[0].late);
    }

    #[test]
    fn what_cannot_be_read_is_named() {
        let missing = read::<Marks>(br#"{"marks":[{}]}"#).unwrap_err();
        assert_eq!(missing.fields, [FieldError { field: "marks.0.late".into(), code: FieldCode::Required }]);
        let wrong = read::<Marks>(br#"{"marks":[{"late":7}]}"#).unwrap_err();
        assert_eq!(wrong.fields, [FieldError { field: "marks.0.late".into(), code: FieldCode::BadFormat }]);
        assert_eq!(read::<Marks>(b"{").unwrap_err().code, Code::Malformed);
        assert_eq!(read::<Marks>(br#"{"marks":[]} x"#).unwrap_err().code, Code::Malformed);
    }
}
