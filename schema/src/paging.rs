//! Lists a page at a time: a page starts after the last row of the one before, so that rows which come or go
//! meanwhile are neither shown twice nor skipped.

use uuid::Uuid;

/// Most rows of one page.
pub const LARGEST_PAGE: u32 = 200;

/// The page wanted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Paging {
    /// How many rows at most; held to `1..=LARGEST_PAGE`.
    pub limit: u32,
    /// The row after which the page starts.
    pub after: Option<Cursor>,
}

impl Default for Paging {
    fn default() -> Self {
        Self { limit: 50, after: None }
    }
}

/// A row's place in its list. Written as text it means nothing to the reader.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cursor {
    /// What the list is sorted by.
    pub key: Vec<u8>,
    /// Which of those with the same key.
    pub id: Uuid,
}

/// A page of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page<T> {
    /// The rows.
    pub items: Vec<T>,
    /// Where the next page starts; `None` on the last one.
    pub next: Option<Cursor>,
}

impl Paging {
    /// The first page, of `limit` rows.
    pub fn first(limit: u32) -> Self {
        Self { limit, after: None }
    }

    /// Rows to show.
    pub fn rows(&self) -> usize {
        usize::try_from(self.limit.clamp(1, LARGEST_PAGE)).unwrap_or(1)
    }

    /// Rows to fetch: one more than shown tells whether there is a next page.
    pub fn fetch(&self) -> i64 {
        i64::from(self.limit.clamp(1, LARGEST_PAGE)) + 1
    }
}

impl Cursor {
    /// A place in a list sorted by a number.
    pub fn number(key: i64, id: Uuid) -> Self {
        Self { key: key.to_be_bytes().to_vec(), id }
    }

    /// The number of [`Cursor::number`]; `None` for a cursor of another list.
    pub fn as_number(&self) -> Option<i64> {
        self.key.as_slice().try_into().ok().map(i64::from_be_bytes)
    }
}

impl<T> Page<T> {
    /// Makes a page of the rows fetched for `paging`; `place` tells where a row stands.
    pub fn of(mut fetched: Vec<T>, paging: &Paging, place: impl Fn(&T) -> Cursor) -> Self {
        let more = fetched.len() > paging.rows();
        fetched.truncate(paging.rows());
        let next = if more { fetched.last().map(place) } else { None };
        Self { items: fetched, next }
    }

    /// The same page of other things.
    pub fn map<U>(self, into: impl FnMut(T) -> U) -> Page<U> {
        Page { items: self.items.into_iter().map(into).collect(), next: self.next }
    }
}

/// A text that is no cursor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a cursor")]
pub struct BadCursor;

impl std::fmt::Display for Cursor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}{}", self.id.simple(), hex::encode(&self.key))
    }
}

impl std::str::FromStr for Cursor {
    type Err = BadCursor;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (id, key) = text.split_at_checked(32).ok_or(BadCursor)?;
        let id = Uuid::try_parse(id).map_err(|_| BadCursor)?;
        let key = hex::decode(key).map_err(|_| BadCursor)?;
        Ok(Self { key, id })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_survives_being_written() {
        let cursor = Cursor { key: vec![1, 0, 255], id: Uuid::from_u128(7) };
        assert_eq!(cursor.to_string().parse(), Ok(cursor));
        assert_eq!(Cursor::number(-5, Uuid::nil()).as_number(), Some(-5));
        for text in ["", "zz", "é", "0000000000000000000000000000000g00"] {
            assert_eq!(text.parse::<Cursor>(), Err(BadCursor));
        }
    }

    #[test]
    fn the_row_beyond_the_page_only_tells_that_there_is_more() {
        let paging = Paging::first(2);
        let place = |n: &i64| Cursor::number(*n, Uuid::nil());
        let page = Page::of(vec![1, 2, 3], &paging, place);
        assert_eq!((page.items, page.next.and_then(|next| next.as_number())), (vec![1, 2], Some(2)));
        assert_eq!(Page::of(vec![1, 2], &paging, place).next, None);
    }
}
