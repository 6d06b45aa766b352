//! One statement, one transaction, one role: what most operations of this layer are.

use sqlx::{
    Postgres,
    postgres::{PgArguments, PgRow},
    query::{Query, QueryAs, QueryScalar},
};

use super::{Db, DbError, Role};

impl Db {
    /// Runs a statement and commits it.
    pub(super) async fn execute(
        &self,
        role: Role,
        query: Query<'_, Postgres, PgArguments>,
    ) -> Result<(), DbError> {
        let mut tx = self.begin(role).await?;
        query.execute(&mut *tx).await?;
        Ok(tx.commit().await?)
    }

    /// The one value that a statement answers.
    pub(super) async fn scalar<T>(
        &self,
        role: Role,
        query: QueryScalar<'_, Postgres, T, PgArguments>,
    ) -> Result<T, DbError>
    where
        T: Send + Unpin,
        (T,): for<'r> sqlx::FromRow<'r, PgRow>,
    {
        let mut tx = self.begin(role).await?;
        let value = query.fetch_one(&mut *tx).await?;
        tx.commit().await?;
        Ok(value)
    }

    /// The row that a statement answers, if it does.
    pub(super) async fn row<T>(
        &self,
        role: Role,
        query: QueryAs<'_, Postgres, T, PgArguments>,
    ) -> Result<Option<T>, DbError>
    where
        T: Send + Unpin + for<'r> sqlx::FromRow<'r, PgRow>,
    {
        let mut tx = self.begin(role).await?;
        let row = query.fetch_optional(&mut *tx).await?;
        tx.commit().await?;
        Ok(row)
    }

    /// All rows that a statement answers.
    pub(super) async fn rows<T>(
        &self,
        role: Role,
        query: QueryAs<'_, Postgres, T, PgArguments>,
    ) -> Result<Vec<T>, DbError>
    where
        T: Send + Unpin + for<'r> sqlx::FromRow<'r, PgRow>,
    {
        let mut tx = self.begin(role).await?;
        let rows = query.fetch_all(&mut *tx).await?;
        tx.commit().await?;
        Ok(rows)
    }
}
