//! One statement, one transaction, one role: what most operations of this layer are.
//!
//! The statement is given as a function that makes it, because a transaction that was broken off is
//! tried again ([`super::retry`]).

use sqlx::{
    Postgres,
    postgres::{PgArguments, PgRow},
    query::{Query, QueryAs, QueryScalar},
};

use super::{Db, DbError, Role, retry::retrying};

impl Db {
    /// Runs a statement and commits it.
    pub(super) async fn execute<'q>(
        &self,
        role: Role,
        statement: impl Fn() -> Query<'q, Postgres, PgArguments>,
    ) -> Result<(), DbError> {
        retrying(async || {
            let mut tx = self.begin(role).await?;
            let done = statement().execute(&mut *tx).await;
            tx.end(done.map(drop)).await
        })
        .await
    }

    /// The one value that a statement answers.
    pub(super) async fn scalar<'q, T>(
        &self,
        role: Role,
        statement: impl Fn() -> QueryScalar<'q, Postgres, T, PgArguments>,
    ) -> Result<T, DbError>
    where
        T: Send + Unpin,
        (T,): for<'r> sqlx::FromRow<'r, PgRow>,
    {
        retrying(async || {
            let mut tx = self.begin(role).await?;
            let value = statement().fetch_one(&mut *tx).await;
            tx.end(value).await
        })
        .await
    }

    /// The row that a statement answers, if it does.
    pub(super) async fn row<'q, T>(
        &self,
        role: Role,
        statement: impl Fn() -> QueryAs<'q, Postgres, T, PgArguments>,
    ) -> Result<Option<T>, DbError>
    where
        T: Send + Unpin + for<'r> sqlx::FromRow<'r, PgRow>,
    {
        retrying(async || {
            let mut tx = self.begin(role).await?;
            let row = statement().fetch_optional(&mut *tx).await;
            tx.end(row).await
        })
        .await
    }

    /// All rows that a statement answers.
    pub(super) async fn rows<'q, T>(
        &self,
        role: Role,
        statement: impl Fn() -> QueryAs<'q, Postgres, T, PgArguments>,
    ) -> Result<Vec<T>, DbError>
    where
        T: Send + Unpin + for<'r> sqlx::FromRow<'r, PgRow>,
    {
        retrying(async || {
            let mut tx = self.begin(role).await?;
            let rows = statement().fetch_all(&mut *tx).await;
            tx.end(rows).await
        })
        .await
    }
}
