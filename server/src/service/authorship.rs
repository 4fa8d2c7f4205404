//! An actor as the store wants it named.

use schema::store::history::Author;

use crate::auth::actor::Actor;

/// Who does something with a session, by the name that people know.
pub(super) fn author(actor: &Actor) -> Author<'_> {
    Author { id: actor.account_id, name: &actor.display_name }
}
