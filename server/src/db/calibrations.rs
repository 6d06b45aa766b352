//! What a test costs, per form, fitted to measured tests.

use sqlx::{query_as, query_scalar};

use super::{Db, DbError, Role};

/// The cost model of a form: reference core seconds of one test = scale * digits ^ exponent.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct Calibration {
    /// The form.
    pub form: String,
    /// Factor.
    pub scale: f64,
    /// Exponent.
    pub exponent: f64,
    /// Measured tests that it is fitted to.
    pub samples: i64,
    /// Mean of |estimate / measured - 1|.
    pub mean_error: f64,
}

/// Fits the model of a form to measured tests (digits, reference core seconds) and stores it.
///
/// # Errors
/// [`DbError::Invalid`] if a sample is not positive or all are of one size.
pub async fn calibrate(
    db: &Db,
    form: &str,
    measured: &[(f64, f64)],
) -> Result<Calibration, DbError> {
    let (digits, seconds): (Vec<f64>, Vec<f64>) = measured.iter().copied().unzip();
    let calibrate = || {
        query_as(
            "SELECT form, scale, exponent, samples, mean_error FROM calibrate_cost($1, $2, $3)",
        )
        .bind(form)
        .bind(&digits)
        .bind(&seconds)
    };
    db.row(Role::Service, calibrate)
        .await?
        .ok_or_else(|| DbError::Internal("calibrate_cost answered nothing".to_owned()))
}

/// Reference core seconds of one test of so many digits; `None` where the form was never
/// calibrated.
///
/// # Errors
/// [`DbError`].
pub async fn estimate(db: &Db, form: &str, digits: i64) -> Result<Option<f64>, DbError> {
    let estimate = || {
        query_scalar("SELECT estimate_cost($1, $2)")
            .bind(form)
            .bind(digits)
    };
    db.scalar(Role::Anon, estimate).await
}
