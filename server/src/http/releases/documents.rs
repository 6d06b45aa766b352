//! Signed documents: fetched by everybody, uploaded by maintainers, and dated again by the server.

use std::time::{SystemTime, UNIX_EPOCH};

use axum::{
    extract::{Path, State},
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use darkreach_protocol::{problem::ProblemKind, release::HoldRequest};
use darkreach_update::{
    Channel, Trust, Unverified, UpdateError,
    document::{Artifact, Document, Freshness, Vouched},
    seal,
};
use serde_json::{Value, json};

use super::maintainer::Maintainer;
use crate::{
    db::release_documents::{self, NewDocument, Offer, Stored},
    http::{
        App,
        body::{self, Raw},
        problem::ApiError,
    },
};

/// How often the dates of a freshness document move: within it, all answers are the same bytes.
const STEP: u64 = 3600;
/// How long a freshness document holds. A mirror that copies daily is never late.
const HOLDS: u64 = 3 * 86_400;

fn document(bytes: Vec<u8>) -> Response {
    let headers = [
        (header::CONTENT_TYPE, "text/plain; charset=utf-8"),
        (header::CACHE_CONTROL, "no-cache"),
    ];
    (headers, bytes).into_response()
}

fn nothing(words: &str) -> ApiError {
    ApiError::of(ProblemKind::NotFound, words)
}

fn refused(error: &UpdateError) -> ApiError {
    ApiError::of(ProblemKind::Invalid, error.to_string())
}

fn known(channel: &str) -> Result<Channel, ApiError> {
    channel
        .parse()
        .map_err(|e: UpdateError| nothing(&e.to_string()))
}

/// `GET root/N`.
pub(super) async fn root(
    State(app): State<App>,
    Path(version): Path<u64>,
) -> Result<Response, ApiError> {
    let stored = release_documents::root(&app.db, version).await?;
    let stored = stored.ok_or_else(|| nothing("there is no such version of root"))?;
    Ok(document(stored.envelope))
}

/// `GET channel/NAME`: the document, or 204 when there is none to follow.
pub(super) async fn channel(
    State(app): State<App>,
    Path(channel): Path<String>,
) -> Result<Response, ApiError> {
    let channel = known(&channel)?;
    match release_documents::newest(&app.db, channel.name()).await? {
        Some(stored) if stored.hold_reason.is_none() => Ok(document(stored.envelope)),
        _ => Ok(StatusCode::NO_CONTENT.into_response()),
    }
}

/// `POST root/0`.
pub(super) async fn upload_root(
    State(app): State<App>,
    maintainer: Maintainer,
    Raw(bytes): Raw,
) -> Result<StatusCode, ApiError> {
    let token = maintainer.may(&["root"])?;
    let envelope = Unverified::parse(&bytes).map_err(|e| refused(&e))?;
    // The first one is believed for the token; every other one follows from the one before.
    let next = match release_documents::newest(&app.db, "root").await? {
        Some(newest) if newest.envelope == bytes => return Ok(StatusCode::NO_CONTENT),
        Some(newest) => {
            let mut trust = pinned(&newest)?;
            trust.rotate(&envelope).map_err(|e| refused(&e))?;
            trust
        }
        None => Trust::pinned(&bytes).map_err(|e| refused(&e))?,
    };
    let document = NewDocument {
        role: "root",
        epoch: 0,
        sequence: next.root().version,
        envelope: &bytes,
        sha256: next.root().digest(),
        offer: None,
    };
    release_documents::store(&app.db, token, &document).await?;
    tracing::info!(
        version = next.root().version,
        "a root document was uploaded"
    );
    Ok(StatusCode::NO_CONTENT)
}

/// `POST channel/NAME`.
pub(super) async fn upload_channel(
    State(app): State<App>,
    Path(channel): Path<String>,
    maintainer: Maintainer,
    Raw(bytes): Raw,
) -> Result<StatusCode, ApiError> {
    let channel = known(&channel)?;
    let token = maintainer.may(&[channel.name()])?;
    let envelope = Unverified::parse(&bytes).map_err(|e| refused(&e))?;
    let release = trust(&app)
        .await?
        .verify_release(channel, &envelope)
        .map_err(|e| refused(&e))?;
    // Nobody is sent to a file that is not there.
    for artifact in &release.artifacts {
        let there = app.releases.size(&artifact.path).await?;
        if there != Some(artifact.size) {
            let words = format!(
                "upload {} first, with {} bytes",
                artifact.path, artifact.size
            );
            return Err(ApiError::of(ProblemKind::Invalid, words));
        }
    }
    let version = release.version.to_string();
    let document = NewDocument {
        role: channel.name(),
        epoch: release.epoch,
        sequence: release.sequence,
        envelope: &bytes,
        sha256: release.digest(),
        offer: Some(Offer {
            version: &version,
            percent: release.rollout,
            notes: &release.notes,
            artifacts: release.artifacts.iter().map(shown).collect(),
        }),
    };
    release_documents::store(&app.db, token, &document).await?;
    tracing::info!(%channel, version, percent = release.rollout, "a channel document was uploaded");
    Ok(StatusCode::NO_CONTENT)
}

/// `POST channel/NAME/hold`.
pub(super) async fn hold(
    State(app): State<App>,
    Path(channel): Path<String>,
    maintainer: Maintainer,
    body::Json(request): body::Json<HoldRequest>,
) -> Result<StatusCode, ApiError> {
    let channel = known(&channel)?;
    let token = maintainer.may(&["halt", channel.name()])?;
    release_documents::hold(&app.db, token, channel.name(), &request.reason).await?;
    tracing::warn!(%channel, reason = request.reason, "a release is held");
    Ok(StatusCode::NO_CONTENT)
}

/// `GET freshness`: signed here, over what others signed.
pub(super) async fn freshness(State(app): State<App>) -> Result<Response, ApiError> {
    let key = app
        .releases
        .freshness_key()
        .ok_or_else(|| nothing("this server has no freshness key; it gives no releases away"))?;
    let trust = trust(&app).await?;
    let mut channels = Vec::new();
    for channel in Channel::ALL {
        if let Some(stored) = release_documents::newest(&app.db, channel.name()).await? {
            channels.push(vouch(channel, &stored)?);
        }
    }
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    let issued = now.map_or(0, |now| now.as_secs()) / STEP * STEP;
    let word = Freshness::new((issued, issued + HOLDS), trust.root().version, channels);
    let mut sealed = seal(word.to_payload().map_err(internal)?).map_err(internal)?;
    sealed.sign(key);
    Ok(document(sealed.to_bytes()))
}

fn vouch(channel: Channel, stored: &Stored) -> Result<Vouched, ApiError> {
    let wrong = |_| internal("a stored document has numbers that no document has");
    let sha256 = stored.sha256.as_slice().try_into();
    Ok(Vouched {
        channel,
        epoch: u64::try_from(stored.epoch).map_err(wrong)?,
        sequence: u64::try_from(stored.sequence).map_err(wrong)?,
        sha256: sha256.map_err(|_| internal("a stored digest has not 32 bytes"))?,
    })
}

/// The newest root.
async fn trust(app: &App) -> Result<Trust, ApiError> {
    let newest = release_documents::newest(&app.db, "root").await?;
    pinned(&newest.ok_or_else(|| nothing("there is no root document yet"))?)
}

fn pinned(stored: &Stored) -> Result<Trust, ApiError> {
    Trust::pinned(&stored.envelope).map_err(internal)
}

fn internal(error: impl std::fmt::Display) -> ApiError {
    tracing::error!(%error, "release documents");
    ApiError::of(
        ProblemKind::Internal,
        "the release documents of this server are damaged; its log says how",
    )
}

/// An artifact for showing.
fn shown(artifact: &Artifact) -> Value {
    let value = serde_json::to_value(artifact).unwrap_or_default();
    json!({
        "platform": artifact.target,
        "url": artifact.path,
        "size": artifact.size,
        "sha256": value["sha256"],
        "kind": value["kind"],
    })
}
