//! Accounts of people, as far as this project knows them: what they show and prefer, and their role.
//!
//! Accounts write their own profile through the API of the database, where row-level security and
//! privileges on columns bound them; what stands here is the server's part.

use chrono::{DateTime, Utc};
use sqlx::{query, query_as, types::Json};
use uuid::Uuid;

use super::{Db, DbError, Role};

/// A profile.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct Profile {
    /// The account.
    pub user_id: Uuid,
    /// The name it shows.
    pub display_name: String,
    /// `volunteer`, `researcher` or `maintainer`.
    pub role: String,
    /// The owner's settings of the web pages, an object.
    pub preferences: Json<serde_json::Value>,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// When it was last changed.
    pub updated_at: DateTime<Utc>,
}

/// The profile of an account.
///
/// # Errors
/// [`DbError::NotFound`].
pub async fn show(db: &Db, account: Uuid) -> Result<Profile, DbError> {
    let show = || {
        query_as(
            "SELECT user_id, display_name, role, preferences, created_at, updated_at
             FROM user_profiles WHERE user_id = $1",
        )
        .bind(account)
    };
    db.row(Role::Service, show)
        .await?
        .ok_or(DbError::NotFound("profile"))
}

/// Makes the profile of an account, or changes its name and preferences; never its role.
///
/// # Errors
/// [`DbError::Invalid`] if there is no such account, or name or preferences are out of bounds.
pub async fn save(
    db: &Db,
    account: Uuid,
    display_name: &str,
    preferences: &serde_json::Value,
) -> Result<(), DbError> {
    let save = || {
        query(
            "INSERT INTO user_profiles (user_id, display_name, preferences) VALUES ($1, $2, $3)
             ON CONFLICT (user_id) DO UPDATE
             SET display_name = excluded.display_name, preferences = excluded.preferences",
        )
        .bind(account)
        .bind(display_name)
        .bind(Json(preferences))
    };
    db.execute(Role::Service, save).await
}

/// Gives an account a role: `volunteer`, `researcher` or `maintainer`.
///
/// # Errors
/// [`DbError::NotFound`] if it has no profile; [`DbError::Invalid`] for another role.
pub async fn set_role(db: &Db, account: Uuid, role: &str) -> Result<(), DbError> {
    let set = || {
        query("SELECT set_user_role($1, $2)")
            .bind(account)
            .bind(role)
    };
    db.execute(Role::Service, set).await
}

/// Forgets the profile of an account; again changes nothing.
///
/// # Errors
/// [`DbError`].
pub async fn forget(db: &Db, account: Uuid) -> Result<(), DbError> {
    let forget = || query("DELETE FROM user_profiles WHERE user_id = $1").bind(account);
    db.execute(Role::Service, forget).await
}
