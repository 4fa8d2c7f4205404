//! The two languages of the product.

use axum::http::{HeaderMap, header};

/// Language of texts in a reply.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum)]
pub enum Language {
    /// Tiếng Việt, the default.
    #[default]
    Vi,
    /// English.
    En,
}

impl Language {
    /// The first of `Accept-Language` that the product speaks; quality values are taken in the order they stand,
    /// which is how browsers write them.
    pub fn of(headers: &HeaderMap) -> Self {
        let wanted =
            headers.get(header::ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok()).unwrap_or_default();
        wanted
            .split(',')
            .find_map(|part| match part.trim().get(..2)?.to_ascii_lowercase().as_str() {
                "vi" => Some(Self::Vi),
                "en" => Some(Self::En),
                _ => None,
            })
            .unwrap_or_default()
    }

    /// One of two texts.
    pub const fn pick<'a>(self, vi: &'a str, en: &'a str) -> &'a str {
        match self {
            Self::Vi => vi,
            Self::En => en,
        }
    }
}

impl<S: Sync> axum::extract::FromRequestParts<S> for Language {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(
        parts: &mut axum::http::request::Parts,
        _: &S,
    ) -> Result<Self, Self::Rejection> {
        Ok(Self::of(&parts.headers))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spoken(header: &'static str) -> Language {
        Language::of(&HeaderMap::from_iter([(
            header::ACCEPT_LANGUAGE,
            axum::http::HeaderValue::from_static(header),
        )]))
    }

    #[test]
    fn the_first_language_that_the_product_speaks_is_taken() {
        assert_eq!(spoken("fr-FR,en;q=0.8,vi;q=0.5"), Language::En);
        assert_eq!(spoken("vi-VN"), Language::Vi);
        assert_eq!(Language::of(&HeaderMap::new()), Language::Vi);
    }
}
