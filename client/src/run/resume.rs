//! From an assignment to a search state: from our own newest checkpoint that can be read, else from
//! the one that lies with the server, else from the start. A state of another search, or one that
//! is damaged, is passed over with a warning and never used.

use darkreach_primes::search::Search;
use darkreach_protocol::work::Assignment;

use super::{
    block::{Entering, Held},
    message::Offer,
};
use crate::{
    engine::Spent,
    state::{StateError, directory::DataDir},
};

/// A block with its newest usable state, and what was passed over.
///
/// # Errors
/// In words, if the search itself makes no sense to this program.
pub(super) fn enter(data: &DataDir, offer: Offer) -> Result<(Entering, Vec<String>), String> {
    let Offer { assignment, state } = offer;
    let spec = &assignment.spec;
    spec.validate()
        .map_err(|e| format!("the search is not one that this program can do: {e}"))?;
    let mut warnings = Vec::new();
    let store = data.checkpoints(assignment.id);
    let loaded = store.load().unwrap_or_else(|e| {
        warnings.push(warning(&assignment, &e));
        Default::default()
    });
    warnings.extend(loaded.damaged.iter().map(|e| warning(&assignment, e)));
    let newest = store.newest().unwrap_or(0);
    let mut found = None;
    for checkpoint in loaded.good {
        match Search::resume(spec, &checkpoint.state, true) {
            Ok(search) => {
                let hash = blake3::hash(&checkpoint.state);
                found = Some((search, checkpoint.spent, Some(hash)));
                break;
            }
            Err(e) => warnings.push(format!(
                "block {}: checkpoint {} is not used: {e}",
                assignment.id, checkpoint.generation
            )),
        }
    }
    if found.is_none()
        && let Some((bytes, own)) = state
    {
        match Search::resume(spec, &bytes, own) {
            Ok(search) => found = Some((search, Spent::default(), None)),
            Err(e) => warnings.push(format!(
                "block {}: the checkpoint from the server is not used: {e}",
                assignment.id
            )),
        }
    }
    let (search, spent, saved) = match found {
        Some(found) => found,
        None => (
            Search::new(spec).map_err(|e| e.to_string())?,
            Spent::default(),
            None,
        ),
    };
    let mut held = Held::new(assignment, search.progress());
    held.generation = newest;
    held.saved = saved;
    Ok((
        Entering {
            held,
            search,
            spent,
        },
        warnings,
    ))
}

fn warning(assignment: &Assignment, error: &StateError) -> String {
    format!(
        "block {}: {error}; going on from an earlier checkpoint if there is one",
        assignment.id
    )
}
