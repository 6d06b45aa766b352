//! What nodes say of releases, and what maintainers see of it.

use axum::{Json, extract::State, http::StatusCode};
use darkreach_protocol::{
    problem::ProblemKind,
    release::{ChannelStatus, ReleaseStatus, UpdateReport},
};
use darkreach_update::Channel;

use super::maintainer::Maintainer;
use crate::{
    db::{DbError, release_documents, releases},
    http::{App, auth::Node, body, problem::ApiError},
};

/// `POST reports`.
pub(super) async fn report(
    State(app): State<App>,
    Node(node): Node,
    body::Json(report): body::Json<UpdateReport>,
) -> Result<StatusCode, ApiError> {
    let invalid = |words: String| ApiError::of(ProblemKind::Invalid, words);
    report
        .channel
        .parse::<Channel>()
        .map_err(|e| invalid(format!("channel: {e}")))?;
    let detail = report.detail.as_deref();
    let texts = [
        ("running", Some(report.running.as_str()), 64),
        ("detail", detail, 500),
    ];
    for (field, text, most) in texts {
        let text = text.unwrap_or_default();
        if text.chars().count() > most || text.chars().any(char::is_control) {
            let words = format!("{field}: at most {most} characters and no control characters");
            return Err(invalid(words));
        }
    }
    let state = releases::UpdateState {
        version: &report.running,
        channel: &report.channel,
        state: report.state.name(),
        detail,
    };
    releases::set_update_state(&app.db, &node, &state).await?;
    if let Some(tried) = &report.tried {
        release_documents::report(&app.db, &node, tried, detail).await?;
    }
    Ok(StatusCode::NO_CONTENT)
}

/// `GET status`.
pub(super) async fn status(
    State(app): State<App>,
    maintainer: Maintainer,
) -> Result<Json<ReleaseStatus>, ApiError> {
    maintainer.may(&["root", "stable", "beta", "nightly", "files", "halt"])?;
    let db = &app.db;
    let mut channels = Vec::new();
    for channel in Channel::ALL {
        if let Some(stored) = release_documents::newest(db, channel.name()).await? {
            channels.push(shown(stored)?);
        }
    }
    let root = release_documents::newest(db, "root").await?;
    let root_version = root.map(|stored| number(stored.sequence)).transpose()?;
    Ok(Json(ReleaseStatus {
        root_version,
        channels,
        adoption: release_documents::adoption(db).await?,
        outcomes: release_documents::outcomes(db).await?,
        audit: release_documents::audit(db).await?,
    }))
}

fn shown(stored: release_documents::Stored) -> Result<ChannelStatus, DbError> {
    let percent = stored.rollout_percent.unwrap_or_default();
    Ok(ChannelStatus {
        channel: stored.role,
        epoch: number(stored.epoch)?,
        sequence: number(stored.sequence)?,
        version: stored.version.unwrap_or_default(),
        rollout_percent: u8::try_from(percent)
            .map_err(|_| DbError::Internal(format!("a rollout to {percent} percent")))?,
        held: stored.hold_reason,
    })
}

fn number(value: i64) -> Result<u64, DbError> {
    u64::try_from(value).map_err(|_| DbError::Internal(format!("{value} where a count should be")))
}
