//! Tokens: JSON Web Tokens with LiveKit's grants, signed with HMAC-SHA-256.

use std::collections::BTreeMap;
use std::time::Duration;

use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use schema::event::TrackSource;
use schema::moment::Moment;
use serde::{Deserialize, Serialize};

use crate::config::Grant;

/// Clocks of the one who signs and the one who checks may differ by so much.
const CLOCK_SKEW_MS: i64 = 60_000;
/// Longest token. It stands in an address, which may have 64 kB.
const TOKEN_BYTES_MAX: usize = 48 * 1024;

/// Signs and checks tokens.
pub struct Tokens {
    issuer: String,
    signing: EncodingKey,
    checking: DecodingKey,
    rules: Validation,
}

/// What a checked token says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pass {
    /// What is allowed.
    pub grant: Grant,
    /// Until when.
    pub expires_at: Moment,
}

/// What a checked token of a managing program says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ManagerPass {
    /// The room that it administers.
    pub administers: Option<String>,
    /// May see which rooms there are.
    pub lists: bool,
    /// May open and close rooms.
    pub creates: bool,
}

/// The token is not good. Deliberately without saying why.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not allowed")]
pub struct TokenRefused;

impl Tokens {
    /// Signs and checks in the name of `key`.
    pub fn new(key: &str, secret: &str) -> Self {
        let mut rules = Validation::new(Algorithm::HS256);
        // Times are checked below, by the clock that is handed in.
        rules.validate_exp = false;
        rules.validate_nbf = false;
        rules.validate_aud = false;
        rules.set_required_spec_claims(&["exp", "iss"]);
        rules.set_issuer(&[key]);
        Self {
            issuer: key.to_owned(),
            signing: EncodingKey::from_secret(secret.as_bytes()),
            checking: DecodingKey::from_secret(secret.as_bytes()),
            rules,
        }
    }

    /// Signs a grant; it holds from `now` on. What is told of the participant is left out where the token would be too
    /// long to come in with: whoever comes back to its place finds it there.
    pub fn mint(&self, now: Moment, grant: &Grant) -> String {
        let token = self.sign(now, grant);
        if token.len() <= TOKEN_BYTES_MAX {
            return token;
        }
        let (metadata, attributes) = (String::new(), BTreeMap::new());
        self.sign(now, &Grant { metadata, attributes, ..grant.clone() })
    }

    fn sign(&self, now: Moment, grant: &Grant) -> String {
        let seconds = now.as_millis().div_euclid(1000);
        let claims = Claims {
            iss: self.issuer.clone(),
            sub: grant.identity.clone(),
            name: grant.name.clone(),
            nbf: seconds,
            exp: seconds.saturating_add(i64::try_from(grant.ttl.as_secs()).unwrap_or(i64::MAX)),
            metadata: grant.metadata.clone(),
            attributes: grant.attributes.clone(),
            video: VideoGrant {
                room: grant.room.clone(),
                room_join: true,
                can_publish: Some(grant.can_publish),
                can_publish_sources: grant.sources.iter().map(ToString::to_string).collect(),
                can_subscribe: Some(grant.can_subscribe),
                can_publish_data: Some(grant.can_publish_data),
                can_update_own_metadata: Some(grant.can_update_own_metadata),
                hidden: Some(grant.hidden),
                ..VideoGrant::default()
            },
        };
        // Strings, numbers and booleans always serialise, and the key is of the header's kind: were it ever otherwise, an
        // empty token would be refused at the door.
        jsonwebtoken::encode(&Header::new(Algorithm::HS256), &claims, &self.signing).unwrap_or_default()
    }

    /// Checks a token that is to let somebody into a room.
    pub fn verify(&self, now: Moment, token: &str) -> Result<Pass, TokenRefused> {
        let (claims, expires_at) = self.check(now, token)?;
        let video = claims.video;
        if !video.room_join || video.room.is_empty() || claims.sub.is_empty() {
            return Err(TokenRefused);
        }
        let can_publish = video.can_publish.unwrap_or(true);
        Ok(Pass {
            grant: Grant {
                room: video.room,
                identity: claims.sub,
                name: claims.name,
                can_publish,
                sources: video.can_publish_sources.iter().map(|word| source(word)).collect(),
                can_subscribe: video.can_subscribe.unwrap_or(true),
                can_publish_data: video.can_publish_data.unwrap_or(can_publish),
                can_update_own_metadata: video.can_update_own_metadata.unwrap_or(false),
                hidden: video.hidden.unwrap_or(false),
                metadata: claims.metadata,
                attributes: claims.attributes,
                ttl: Duration::from_millis(u64::try_from(expires_at.millis_since(now)).unwrap_or(0)),
            },
            expires_at,
        })
    }

    /// Checks a token that is to let a program manage rooms.
    pub fn verify_manager(&self, now: Moment, token: &str) -> Result<ManagerPass, TokenRefused> {
        let (claims, _) = self.check(now, token)?;
        let video = claims.video;
        Ok(ManagerPass {
            administers: video.room_admin.then_some(video.room),
            lists: video.room_list,
            creates: video.room_create,
        })
    }

    /// Checks signature, issuer and times.
    fn check(&self, now: Moment, token: &str) -> Result<(Claims, Moment), TokenRefused> {
        if token.len() > TOKEN_BYTES_MAX {
            return Err(TokenRefused);
        }
        let claims = jsonwebtoken::decode::<Claims>(token, &self.checking, &self.rules)
            .map_err(|_| TokenRefused)?
            .claims;
        let expires_at = Moment::from_millis(claims.exp.saturating_mul(1000));
        let valid_from = Moment::from_millis(claims.nbf.saturating_mul(1000)).plus_millis(-CLOCK_SKEW_MS);
        if now >= expires_at || now < valid_from { Err(TokenRefused) } else { Ok((claims, expires_at)) }
    }
}

#[derive(Serialize, Deserialize)]
struct Claims {
    iss: String,
    #[serde(default)]
    sub: String,
    #[serde(default)]
    name: String,
    #[serde(default)]
    nbf: i64,
    exp: i64,
    #[serde(default)]
    metadata: String,
    #[serde(default)]
    attributes: BTreeMap<String, String>,
    #[serde(default)]
    video: VideoGrant,
}

/// Absent grants mean what they mean to LiveKit: joining includes publishing and subscribing.
#[derive(Serialize, Deserialize, Default)]
#[expect(clippy::struct_excessive_bools, reason = "each is one grant of the protocol")]
#[serde(rename_all = "camelCase")]
struct VideoGrant {
    #[serde(default)]
    room: String,
    #[serde(default)]
    room_join: bool,
    #[serde(default)]
    can_publish: Option<bool>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    can_publish_sources: Vec<String>,
    #[serde(default)]
    can_subscribe: Option<bool>,
    #[serde(default)]
    can_publish_data: Option<bool>,
    #[serde(default)]
    can_update_own_metadata: Option<bool>,
    #[serde(default)]
    hidden: Option<bool>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    room_admin: bool,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    room_list: bool,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    room_create: bool,
}

/// A source by its name. One that is not known stands for a track that says nothing of itself: the list stays a list.
fn source(word: &str) -> TrackSource {
    word.to_ascii_lowercase().parse().unwrap_or(TrackSource::Unknown)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Moment = Moment::from_millis(1_790_000_000_000);

    fn tokens() -> Tokens {
        Tokens::new("key", "a secret of at least thirty-two bytes")
    }

    #[test]
    fn what_was_signed_is_read_again() {
        let grant = Grant::observer("room", "account:1", "Thư ký");
        let pass = tokens().verify(NOW, &tokens().mint(NOW, &grant)).expect("own token");
        assert_eq!(pass.grant, grant);
        assert_eq!(pass.expires_at, NOW.plus_millis(600_000));
    }

    #[test]
    fn an_expired_or_premature_token_is_refused() {
        let token = tokens().mint(NOW, &Grant::endpoint("room", "endpoint:1", "Mường Nhé"));
        assert!(tokens().verify(NOW.plus_millis(599_999), &token).is_ok());
        assert_eq!(tokens().verify(NOW.plus_millis(600_000), &token), Err(TokenRefused));
        assert_eq!(tokens().verify(NOW.plus_millis(-61_000), &token), Err(TokenRefused));
    }

    #[test]
    fn a_client_is_never_handed_a_token_that_does_not_let_it_in() {
        let limits = crate::Limits::default();
        for letter in ["x", "\"", "\u{1}"] {
            let metadata = letter.repeat(limits.metadata_bytes);
            let attributes = BTreeMap::from([(String::new(), metadata.clone())]);
            let grant =
                Grant { metadata, attributes, ..Grant::endpoint("room", "endpoint:1", "Mường Nhé") };
            assert!(limits.fits(&grant));
            let pass = tokens().verify(NOW, &tokens().mint(NOW, &grant)).expect("own token");
            assert_eq!(pass.grant.name, grant.name);
        }
    }

    #[test]
    fn a_token_of_another_signer_or_issuer_is_refused() {
        let grant = Grant::endpoint("room", "endpoint:1", "Mường Nhé");
        let forged = Tokens::new("key", "another secret of thirty-two bytes!").mint(NOW, &grant);
        assert_eq!(tokens().verify(NOW, &forged), Err(TokenRefused));
        let foreign = Tokens::new("other", "a secret of at least thirty-two bytes").mint(NOW, &grant);
        assert_eq!(tokens().verify(NOW, &foreign), Err(TokenRefused));
    }

    #[test]
    fn a_token_that_says_it_needs_no_signature_is_refused() {
        use base64::Engine as _;
        let encode = |json: &str| base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(json);
        let body = r#"{"iss":"key","sub":"x","exp":9999999999,"video":{"room":"room","roomJoin":true}}"#;
        let token = format!("{}.{}.", encode(r#"{"alg":"none","typ":"JWT"}"#), encode(body));
        assert_eq!(tokens().verify(NOW, &token), Err(TokenRefused));
    }

    #[test]
    fn grants_left_out_mean_what_they_mean_to_livekit() {
        let body = r#"{"iss":"key","sub":"x","exp":9999999999,"video":{"room":"room","roomJoin":true,"canPublish":false}}"#;
        let claims: Claims = serde_json::from_str(body).expect("claims");
        let secret = EncodingKey::from_secret(b"a secret of at least thirty-two bytes");
        let token = jsonwebtoken::encode(&Header::new(Algorithm::HS256), &claims, &secret).expect("token");
        let grant = tokens().verify(NOW, &token).expect("valid").grant;
        assert!(grant.can_subscribe && !grant.can_publish && !grant.can_publish_data);
    }

    #[test]
    fn sources_are_named_as_livekit_names_them_and_an_unknown_one_opens_nothing() {
        let pass = |sources: &str| {
            let body = format!(
                r#"{{"iss":"key","sub":"x","exp":9999999999,"video":{{"room":"room","roomJoin":true,"canPublishSources":{sources}}}}}"#
            );
            let claims: Claims = serde_json::from_str(&body).expect("claims");
            let secret = EncodingKey::from_secret(b"a secret of at least thirty-two bytes");
            let token =
                jsonwebtoken::encode(&Header::new(Algorithm::HS256), &claims, &secret).expect("token");
            tokens().verify(NOW, &token).expect("valid").grant
        };
        let grant = pass(r#"["microphone","SCREEN_SHARE"]"#);
        let may = [TrackSource::Microphone, TrackSource::ScreenShare, TrackSource::Camera];
        assert_eq!(may.map(|source| grant.may_publish(source)), [true, true, false]);
        assert_eq!(
            tokens().verify(NOW, &tokens().mint(NOW, &grant)).expect("own token").grant.sources,
            grant.sources
        );
        assert!(!pass(r#"["hologram"]"#).may_publish(TrackSource::Camera));
        assert!(pass("[]").may_publish(TrackSource::Camera), "none named: all");
    }
}
