//! Closed lists of words, written the same in Rust, JSON and both databases.

/// A text that is none of the words of a list.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{found}` is not a {list}")]
pub struct UnknownWord {
    /// The text as found.
    pub found: String,
    /// Name of the list.
    pub list: &'static str,
}

/// Declares an enum whose variants have one spelling everywhere outside Rust. The spelling is a `tt`, because a
/// captured `literal` reaches the derive macros wrapped, and utoipa then overlooks the rename.
macro_rules! words {
    ($(#[$meta:meta])* $vis:vis enum $name:ident { $($(#[$word_meta:meta])* $word:ident = $text:tt),+ $(,)? }) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize,
                 utoipa::ToSchema)]
        $vis enum $name {
            $($(#[$word_meta])* #[serde(rename = $text)] $word),+
        }

        impl $name {
            /// All words of the list, in their order.
            pub const ALL: &'static [Self] = &[$(Self::$word),+];

            /// The one spelling of the word.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$word => $text),+ }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl std::str::FromStr for $name {
            type Err = $crate::words::UnknownWord;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                match text {
                    $($text => Ok(Self::$word),)+
                    _ => Err($crate::words::UnknownWord { found: text.to_owned(), list: stringify!($name) }),
                }
            }
        }

        #[cfg(feature = "store")]
        $crate::words::text_column!($name);
    };
}
pub(crate) use words;

/// Lets a type stand in a TEXT column of both databases, by its `Display` and `FromStr`.
#[cfg(feature = "store")]
macro_rules! text_column {
    ($name:ty) => {
        impl<DB: sqlx::Database> sqlx::Type<DB> for $name
        where
            String: sqlx::Type<DB>,
        {
            fn type_info() -> DB::TypeInfo {
                <String as sqlx::Type<DB>>::type_info()
            }

            fn compatible(found: &DB::TypeInfo) -> bool {
                <String as sqlx::Type<DB>>::compatible(found)
            }
        }

        impl<'q, DB: sqlx::Database> sqlx::Encode<'q, DB> for $name
        where
            String: sqlx::Encode<'q, DB>,
        {
            fn encode_by_ref(
                &self,
                buffer: &mut <DB as sqlx::Database>::ArgumentBuffer,
            ) -> Result<sqlx::encode::IsNull, sqlx::error::BoxDynError> {
                <String as sqlx::Encode<'q, DB>>::encode(self.to_string(), buffer)
            }
        }

        impl<'r, DB: sqlx::Database> sqlx::Decode<'r, DB> for $name
        where
            &'r str: sqlx::Decode<'r, DB>,
        {
            fn decode(value: <DB as sqlx::Database>::ValueRef<'r>) -> Result<Self, sqlx::error::BoxDynError> {
                Ok(<&'r str as sqlx::Decode<'r, DB>>::decode(value)?.parse()?)
            }
        }
    };
}
#[cfg(feature = "store")]
pub(crate) use text_column;
