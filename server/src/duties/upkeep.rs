//! What the database wants done now and then: campaigns settled, schedules run, statistics counted,
//! partitions made and dropped. The rules are functions in the schema; this only calls them. Each
//! is safe in several processes at once: what one does, the other finds done.

use std::time::Duration;

use chrono::{DateTime, Utc};
use tokio_util::sync::CancellationToken;

use super::{next, ticks};
use crate::{
    db::{Db, DbError, memory, observability, projects, schedules, stats},
    http::App,
};

/// How often campaigns are settled and due schedules run; the budget of a campaign can be
/// overdrawn for so long.
const EVERY: Duration = Duration::from_secs(30);
/// Every so many of these the statistics are counted anew.
const STATISTICS: u32 = 10;
/// And every so many the time series are looked after, about every six hours.
const TIME_SERIES: u32 = 720;

pub(super) async fn run(app: App, stop: CancellationToken) {
    let mut tick = ticks(EVERY);
    let mut turn: u32 = 0;
    while next(&mut tick, &stop).await {
        take_turn(&app.db, turn, chrono::Utc::now()).await;
        turn = turn.wrapping_add(1);
    }
}

/// What is due at a turn, counted from 0. What fails hinders nothing else.
async fn take_turn(db: &Db, turn: u32, now: DateTime<Utc>) {
    note("campaigns were not settled", projects::settle(db).await);
    note("schedules did not run", schedules::run_due(db, now).await);
    if turn.is_multiple_of(STATISTICS) {
        note("statistics were not counted", stats::refresh(db).await);
    }
    if turn.is_multiple_of(TIME_SERIES) {
        note(
            "no partitions were made",
            observability::maintain(db, now).await,
        );
        note(
            "the day was not rolled up",
            observability::roll_up(db, None).await,
        );
        note("memories did not expire", memory::forget_expired(db).await);
    }
}

/// A duty that failed is tried again at its next turn.
fn note<T>(failure: &'static str, outcome: Result<T, DbError>) {
    if let Err(error) = outcome {
        tracing::warn!(%error, "{failure}");
    }
}

#[cfg(test)]
mod tests {
    use super::{STATISTICS, TIME_SERIES, take_turn};
    use crate::{db::Db, migrate, postgres::Throwaway};
    use chrono::{TimeDelta, Utc};
    use sqlx::{Connection, PgConnection};

    /// Something of everything that is due: a sample and a log entry whose time is over and ones whose
    /// time is not, yesterday's samples, primes that no statistics know, a campaign with costs, a
    /// schedule that is due, a memory that expired.
    const PLANTED: &str = "
        SELECT ensure_time_partition(t, now() - make_interval(days => d))
        FROM (VALUES ('system_metrics', 120), ('system_metrics', 60), ('system_metrics', 1), ('system_logs', 120), ('system_logs', 10)) AS p (t, d);
        INSERT INTO system_metrics (recorded_at, metric_name, value)
        VALUES (now() - interval '120 days', 'load', 1), (now() - interval '60 days', 'load', 2),
               (date_trunc('day', now(), 'UTC') - interval '1 hour', 'load', 3);
        INSERT INTO system_logs (recorded_at, level, source, message)
        VALUES (now() - interval '120 days', 'info', 'test', 'old'), (now() - interval '10 days', 'info', 'test', 'young');
        INSERT INTO primes (form, expression, digits, proof_method) VALUES ('kbn', '3*2^12+1', 5, 'probabilistic');
        SELECT create_project('big', 'Big', '', 'record', 'kbn'); SELECT set_project_status(1, 'active');
        SELECT create_search_job('kbn', '{}', 0, 2, 1, '{60,60}'); SELECT attach_job_to_project(1, 1);
        UPDATE search_jobs SET total_cost = 7200;
        SELECT set_agent_role('planner', '', 'none', '', NULL); SELECT set_agent_template('survey', '', 'planner', 5::smallint, '{}');
        SELECT create_agent_schedule('nightly', 1, 3600); UPDATE agent_schedules SET next_run_at = now() - interval '1 second';
        SELECT remember('planner', 'k', '1'); UPDATE agent_memory SET expires_at = now() - interval '1 second'";

    /// What the turns below change, in words.
    const SEEN: &str = "
        SELECT format('metrics %s, logs %s, ahead %s, day %s, counted %s, core hours %s, tasks %s, memories %s',
            (SELECT string_agg(value::text, ' ' ORDER BY value) FROM system_metrics),
            (SELECT string_agg(message, ' ' ORDER BY message) FROM system_logs),
            (SELECT count(*) FROM pg_inherits AS i JOIN pg_class AS c ON c.oid = i.inhrelid
             WHERE c.relname ~ '_[0-9]{8}$' AND c.relrowsecurity
               AND to_date(right(c.relname, 8), 'YYYYMMDD') > (now() AT TIME ZONE 'UTC')::date),
            (SELECT count(*) FROM metric_rollups_daily),
            (SELECT coalesce(sum(primes), 0) FROM darkreach_private.form_totals),
            (SELECT core_hours FROM projects), (SELECT count(*) FROM agent_tasks), (SELECT count(*) FROM agent_memory))";

    async fn seen(owner: &mut PgConnection) -> String {
        sqlx::query_scalar(SEEN).fetch_one(owner).await.unwrap()
    }

    #[tokio::test]
    async fn every_duty_is_done_at_its_turn_and_one_that_fails_hinders_no_other() {
        let postgres = Throwaway::start().await.unwrap();
        let connections = postgres.connections();
        migrate::run(connections.owner()).await.unwrap();
        migrate::grant_app(connections.owner(), connections.app_role())
            .await
            .unwrap();
        let db = Db::connect(connections.app(), 1).await.unwrap();
        let mut owner = PgConnection::connect_with(&connections.owner())
            .await
            .unwrap();
        sqlx::raw_sql(PLANTED).execute(&mut owner).await.unwrap();
        let before = "metrics 1 2 3, logs old young, ahead 4, day 0, counted 0, core hours 0, tasks 0, memories 1";
        assert_eq!(seen(&mut owner).await, before);

        // An ordinary turn: campaigns and schedules.
        take_turn(&db, 1, Utc::now()).await;
        let often = "metrics 1 2 3, logs old young, ahead 4, day 0, counted 0, core hours 2, tasks 1, memories 1";
        assert_eq!(seen(&mut owner).await, often);
        take_turn(&db, STATISTICS, Utc::now()).await;
        let counted = often.replace("counted 0", "counted 1");
        assert_eq!(seen(&mut owner).await, counted);

        // The partitions of two more weeks, although campaigns and statistics fail meanwhile.
        sqlx::raw_sql(
            "ALTER FUNCTION settle_projects() RENAME TO settled; ALTER FUNCTION refresh_statistics() RENAME TO refreshed",
        )
        .execute(&mut owner)
        .await
        .unwrap();
        take_turn(
            &db,
            TIME_SERIES * STATISTICS,
            Utc::now() + TimeDelta::weeks(1),
        )
        .await;
        let after =
            "metrics 2 3, logs young, ahead 6, day 1, counted 1, core hours 2, tasks 2, memories 0";
        assert_eq!(seen(&mut owner).await, after);
        owner.close().await.unwrap();
        db.close().await;
    }
}
