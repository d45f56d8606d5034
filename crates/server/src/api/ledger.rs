//! Proofs. They reveal nothing, so they take no token.

use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::clips::base64;
use super::said::Query;
use crate::{Problem, Shared};

/// Which entry.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct Entry {
    /// Its place in the tree.
    index: u64,
}

/// A proof that an entry stands in the tree.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct InclusionAnswer {
    index: u64,
    /// Base64 hashes from the leaf to the root.
    proof: Vec<String>,
    /// The signed note over that root.
    checkpoint: String,
}

/// Proves that an entry stands in the tree of the newest checkpoint.
#[utoipa::path(get, path = "/api/v1/ledger/inclusion", tag = "ledger", params(Entry),
    responses((status = 200, body = InclusionAnswer), (status = 400, body = Problem), (status = 404, body = Problem)))]
pub(crate) async fn inclusion(
    State(server): State<Shared>,
    Query(entry): Query<Entry>,
) -> Result<Json<InclusionAnswer>, Problem> {
    let index = entry.index;
    let found = server.program.prove_inclusion(index).await?.ok_or_else(|| {
        Problem::not_found(format!("The ledger has no entry {index} under a checkpoint yet."))
    })?;
    let proof = found.proof.iter().map(|hash| base64(hash)).collect();
    Ok(Json(InclusionAnswer { index, proof, checkpoint: found.checkpoint }))
}

/// Which two trees.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct Sizes {
    /// Entries of the older tree.
    from: u64,
    /// Entries of the newer tree.
    to: u64,
}

/// A proof that one tree is the beginning of another.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ConsistencyAnswer {
    from: u64,
    to: u64,
    /// Base64 hashes, as RFC 6962 orders them.
    proof: Vec<String>,
}

/// Proves that nothing was changed or removed between two sizes of the tree.
#[utoipa::path(get, path = "/api/v1/ledger/consistency", tag = "ledger", params(Sizes),
    responses((status = 200, body = ConsistencyAnswer), (status = 400, body = Problem)))]
pub(crate) async fn consistency(
    State(server): State<Shared>,
    Query(sizes): Query<Sizes>,
) -> Result<Json<ConsistencyAnswer>, Problem> {
    let Sizes { from, to } = sizes;
    let proof = server.program.prove_consistency(from, to).await?;
    Ok(Json(ConsistencyAnswer { from, to, proof: proof.iter().map(|hash| base64(hash)).collect() }))
}
