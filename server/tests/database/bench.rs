//! A migrated database for each scenario, with shortcuts for what they do all the time.

use std::{
    net::IpAddr,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
};

use darkreach_primes::{
    forms::kbn::{Kbn, Over},
    search::{Phase, Progress, ledger, ledger::Outcome},
    spec::{Form, SearchSpec, Span},
};
use darkreach_protocol::{
    node::RegisterRequest,
    read::Job,
    work::{
        Assignment, AssignmentProgress, ClaimRequest, HeartbeatRequest, Order, Receipt,
        ResultReport,
    },
};
use darkreach_server::{
    db::{Db, DbError, jobs, nodes, results, work},
    migrate,
    postgres::Throwaway,
};
use sqlx::{AssertSqlSafe, Connection, PgConnection, postgres::PgConnectOptions};
use uuid::Uuid;

/// One PostgreSQL for the scenarios of a file; each scenario has a database of its own in it.
pub(crate) struct Cluster {
    postgres: Throwaway,
    databases: AtomicU32,
}

impl Cluster {
    /// Starts one; its first database is migrated and is what the others are copied from.
    pub(crate) async fn start() -> Arc<Self> {
        let postgres = Throwaway::start().await.unwrap();
        let owner = postgres.connections().owner();
        migrate::run(owner.clone()).await.unwrap();
        migrate::grant_app(owner, postgres.connections().app_role())
            .await
            .unwrap();
        Arc::new(Self {
            postgres,
            databases: AtomicU32::new(0),
        })
    }

    /// A new database, a copy of `template`; its name.
    async fn database(&self, template: &str) -> String {
        let name = format!("t{}", self.databases.fetch_add(1, Ordering::Relaxed));
        let options = self.postgres.connections().owner().database("postgres");
        let mut connection = PgConnection::connect_with(&options).await.unwrap();
        let create = format!("CREATE DATABASE {name} TEMPLATE {template}");
        sqlx::raw_sql(AssertSqlSafe(create))
            .execute(&mut connection)
            .await
            .unwrap();
        connection.close().await.unwrap();
        name
    }

    /// How to connect to a new database without our schema, as the owner.
    pub(crate) async fn empty(&self) -> PgConnectOptions {
        let name = self.database("template1").await;
        self.postgres.connections().owner().database(&name)
    }

    /// A new migrated database.
    pub(crate) async fn bench(self: &Arc<Self>) -> Bench {
        // A copy needs a template that nobody is connected to; the copies take turns.
        static TURN: tokio::sync::Mutex<()> = tokio::sync::Mutex::const_new(());
        let turn = TURN.lock().await;
        let name = self.database("darkreach").await;
        drop(turn);
        let connections = self.postgres.connections();
        let app = connections.app().database(&name);
        Bench {
            db: Db::connect(app.clone(), 8).await.unwrap(),
            owner: connections.owner().database(&name),
            app,
            cluster: Arc::clone(self),
        }
    }

    /// Runs scenarios, a few at a time, all of them, and then says which failed.
    pub(crate) async fn run(self: Arc<Self>, scenarios: Vec<(&'static str, Scenario)>) {
        let count = scenarios.len();
        let places = Arc::new(tokio::sync::Semaphore::new(3));
        let mut running = tokio::task::JoinSet::new();
        for (name, scenario) in scenarios {
            let (cluster, places) = (Arc::clone(&self), Arc::clone(&places));
            running.spawn(async move {
                let _place = places.acquire_owned().await.unwrap();
                let bench = cluster.bench().await;
                let ended = tokio::spawn(scenario(bench)).await;
                ended.is_err().then_some(name)
            });
        }
        let failed: Vec<&str> = running.join_all().await.into_iter().flatten().collect();
        assert!(
            failed.is_empty(),
            "{} of {count} scenarios failed: {failed:?}",
            failed.len()
        );
    }
}

/// What a scenario does with its database.
pub(crate) type Scenario = Box<dyn FnOnce(Bench) -> BoxFuture + Send>;
pub(crate) type BoxFuture = Pin<Box<dyn Future<Output = ()> + Send>>;

/// One test that runs the named scenarios, each on a database of its own. Starting a PostgreSQL
/// takes longer than most of them.
macro_rules! scenarios {
    ($($name:ident),* $(,)?) => {
        #[tokio::test(flavor = "multi_thread")]
        async fn scenarios() {
            let scenarios: Vec<(&'static str, $crate::bench::Scenario)> = vec![
                $((stringify!($name), Box::new(|bench| Box::pin($name(bench))))),*
            ];
            $crate::bench::Cluster::start().await.run(scenarios).await;
        }
    };
}
pub(crate) use scenarios;

/// A migrated database and the role that serves, connected.
pub(crate) struct Bench {
    pub(crate) db: Db,
    pub(crate) app: PgConnectOptions,
    pub(crate) owner: PgConnectOptions,
    pub(crate) cluster: Arc<Cluster>,
}

impl Bench {
    /// A connection of the owner's: tests look and plant faults with it.
    pub(crate) async fn connect(&self) -> PgConnection {
        PgConnection::connect_with(&self.owner).await.unwrap()
    }

    /// Runs SQL as the owner.
    pub(crate) async fn sql(&self, text: &str) {
        let mut connection = self.connect().await;
        sqlx::raw_sql(AssertSqlSafe(text))
            .execute(&mut connection)
            .await
            .unwrap();
        connection.close().await.unwrap();
    }

    /// One value, read as the owner.
    pub(crate) async fn value<T>(&self, query: &str) -> T
    where
        T: Send + Unpin + sqlx::Type<sqlx::Postgres> + for<'r> sqlx::Decode<'r, sqlx::Postgres>,
    {
        let mut connection = self.connect().await;
        let value = sqlx::query_scalar(AssertSqlSafe(query))
            .fetch_one(&mut connection)
            .await
            .unwrap();
        connection.close().await.unwrap();
        value
    }

    pub(crate) async fn register(&self, node: &str) {
        self.register_from(node, "192.0.2.1").await.unwrap();
    }

    pub(crate) async fn register_from(&self, node: &str, address: &str) -> Result<(), DbError> {
        let address: IpAddr = address.parse().unwrap();
        nodes::register(&self.db, node, token(node), address, &introduction()).await
    }

    /// A job over `1..=values` of [`spec`].
    pub(crate) async fn job(&self, values: u64, block_size: u64) -> Job {
        jobs::create(&self.db, &spec(values), Some(block_size))
            .await
            .unwrap()
    }

    pub(crate) async fn claim(&self, node: &str, blocks: u32) -> Vec<Assignment> {
        self.claim_holding(node, blocks, i64::MIN..=i64::MAX).await
    }

    /// Claims as a node that knows of the live leases with numbers in `known`.
    pub(crate) async fn claim_holding(
        &self,
        node: &str,
        blocks: u32,
        known: std::ops::RangeInclusive<i64>,
    ) -> Vec<Assignment> {
        let mut connection = self.connect().await;
        let holding: Vec<i64> = sqlx::query_scalar(
            "SELECT id FROM assignments WHERE node_id = $1 AND status = 'live' AND id BETWEEN $2 AND $3",
        )
        .bind(node)
        .bind(known.start())
        .bind(known.end())
        .fetch_all(&mut connection)
        .await
        .unwrap();
        connection.close().await.unwrap();
        let request = ClaimRequest {
            max_blocks: blocks,
            holding,
            speed: None,
        };
        work::claim(&self.db, node, &request)
            .await
            .unwrap()
            .assignments
    }

    /// One heartbeat for one assignment.
    pub(crate) async fn beat(&self, node: &str, assignment: i64, fraction: f64) -> Order {
        let request = heartbeat(&[(assignment, fraction)]);
        let response = work::heartbeat(&self.db, node, &request).await.unwrap();
        assert_eq!(response.orders.len(), 1);
        assert_eq!(response.orders[0].id, assignment);
        response.orders[0].order
    }

    /// Reports the true result of a leased block.
    pub(crate) async fn report(&self, node: &str, lease: &Assignment) -> Result<Receipt, DbError> {
        results::store(&self.db, node, lease.id, &report(&lease.spec)).await
    }

    /// Checks and accepts everything that was reported.
    pub(crate) async fn check_all(&self) {
        while let Some(unchecked) = results::next_unchecked(&self.db).await.unwrap() {
            let checked = darkreach_primes::search::report::check(
                &unchecked.spec,
                &unchecked.report,
                &mut |_| Vec::new(),
            );
            results::accept(&self.db, unchecked.result_id, &checked.unwrap())
                .await
                .unwrap();
        }
    }

    /// Makes a lease's deadline lie in the past.
    pub(crate) async fn expire(&self, lease: &Assignment) {
        self.sql(&format!(
            "UPDATE work_blocks SET lease_deadline = now() - interval '1 second' WHERE id = {}",
            lease.block_id
        ))
        .await;
    }

    /// Makes a lease run out and takes its block back.
    pub(crate) async fn reclaim(&self, lease: &Assignment) {
        self.expire(lease).await;
        assert_eq!(work::reclaim_stale(&self.db).await.unwrap(), 1);
    }

    pub(crate) async fn block_status(&self, lease: &Assignment) -> String {
        let query = format!(
            "SELECT status FROM work_blocks WHERE id = {}",
            lease.block_id
        );
        self.value(&query).await
    }
}

/// The hash that stands for a node's token.
pub(crate) fn token(node: &str) -> [u8; 32] {
    let mut hash = [b'.'; 32];
    hash[..node.len()].copy_from_slice(node.as_bytes());
    hash
}

pub(crate) fn introduction() -> RegisterRequest {
    RegisterRequest {
        name: Some("test".to_owned()),
        client_version: "0.1.0".to_owned(),
        platform: "x86_64-unknown-linux-gnu".to_owned(),
        cores: 4,
        cpu_model: None,
        memory_bytes: Some(1 << 33),
    }
}

/// 3*2^n+1 for n in `1..=values`: every value is a candidate; n = 1, 2, 5, 6, 8, 12, 18 are prime.
pub(crate) fn spec(values: u64) -> SearchSpec {
    let form = Form::Kbn(Kbn {
        base: 2,
        c: 1,
        over: Over::N { k: 3 },
    });
    let range = Span {
        start: 1,
        end: values + 1,
    };
    let spec = SearchSpec {
        version: 1,
        form,
        range,
        sieve_limit: 100,
    };
    spec.validate().unwrap();
    spec
}

pub(crate) fn heartbeat(held: &[(i64, f64)]) -> HeartbeatRequest {
    let entry = |&(id, fraction): &(i64, f64)| AssignmentProgress {
        id,
        progress: Progress {
            phase: Phase::Testing,
            fraction,
            candidates: 10,
            sieved: 4,
            tested: 3,
            primes: 1,
        },
    };
    HeartbeatRequest {
        client_version: "0.1.0".to_owned(),
        cores: 4,
        assignments: held.iter().map(entry).collect(),
    }
}

/// The true report of a search, made by running it.
pub(crate) fn report(spec: &SearchSpec) -> ResultReport {
    use darkreach_primes::search::{Control, Next, Search, UnitSnapshot};
    struct Undisturbed;
    impl Control for Undisturbed {
        fn should_stop(&self) -> bool {
            false
        }
        fn wants_snapshot(&self) -> bool {
            false
        }
        fn snapshot(&self, _: UnitSnapshot) {}
    }
    let mut search = Search::new(spec).unwrap();
    while let Next::Unit(unit) = search.next() {
        search.complete(unit.run(&Undisturbed));
    }
    let found = search.report().unwrap();
    ResultReport {
        key: Uuid::new_v4(),
        client_version: "0.1.0".to_owned(),
        ledger: found.ledger,
        primes: found.primes,
        cpu_seconds: 1.0,
        wall_seconds: 0.5,
    }
}

/// A report that no check would accept.
pub(crate) fn nonsense() -> ResultReport {
    ResultReport {
        key: Uuid::new_v4(),
        client_version: "0.1.0".to_owned(),
        ledger: ledger::encode(&[Outcome::Factor(2)]),
        primes: Vec::new(),
        cpu_seconds: 1.0,
        wall_seconds: 0.5,
    }
}
