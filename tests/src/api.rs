//! The REST interface as a researcher uses it.

use std::collections::BTreeMap;

use reqwest::blocking::{Client, Response};
use serde_json::Value;

/// A reader of one server.
pub struct Api {
    client: Client,
    url: String,
}

impl Api {
    /// Of the server at this URL.
    pub fn new(url: &str) -> Self {
        let client = Client::builder().no_proxy().build().expect("a client");
        Self {
            client,
            url: url.to_owned(),
        }
    }

    /// One answer, whatever its status.
    pub fn get(&self, path: &str) -> Response {
        self.client
            .get(format!("{}{path}", self.url))
            .send()
            .unwrap_or_else(|error| panic!("GET {path}: {error}"))
    }

    /// A job.
    pub fn job(&self, id: i64) -> Value {
        self.json(&format!("/api/v1/jobs/{id}"))
    }

    /// A document that must be there.
    pub fn json(&self, path: &str) -> Value {
        let answer = self.get(path);
        assert!(
            answer.status().is_success(),
            "GET {path}: {}",
            answer.status()
        );
        answer
            .json()
            .unwrap_or_else(|error| panic!("GET {path}: {error}"))
    }

    /// All items of a paged list, page by page.
    pub fn all(&self, path: &str, page: usize) -> Vec<Value> {
        let mut items = Vec::new();
        let mut next: Option<String> = None;
        let join = if path.contains('?') { '&' } else { '?' };
        loop {
            let cursor = next
                .map(|cursor| format!("&cursor={cursor}"))
                .unwrap_or_default();
            let mut answer = self.json(&format!("{path}{join}limit={page}{cursor}"));
            let Value::Array(part) = answer["items"].take() else {
                panic!("no items: {answer}")
            };
            assert!(
                part.len() <= page,
                "{} items on a page of {page}",
                part.len()
            );
            items.extend(part);
            match answer["next"].as_str() {
                Some(cursor) => next = Some(cursor.to_owned()),
                None => return items,
            }
        }
    }

    /// What became of every candidate of a job: expression to (outcome, factor, RES64). Fails if
    /// an expression appears twice.
    pub fn candidates(&self, job: i64) -> BTreeMap<String, Fate> {
        let mut fates = BTreeMap::new();
        for row in self.all(&format!("/api/v1/results?job={job}"), 997) {
            let text = |key: &str| row[key].as_str().map(str::to_owned);
            let expression = text("expression").expect("an expression");
            let fate = Fate {
                outcome: text("outcome").expect("an outcome"),
                factor: text("factor").map(|p| p.parse().expect("a factor")),
                res64: text("res64"),
            };
            assert!(
                fates.insert(expression.clone(), fate).is_none(),
                "{expression} twice"
            );
        }
        fates
    }
}

/// What became of a candidate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fate {
    /// `factor`, `composite`, `prime`, ...
    pub outcome: String,
    /// The factor that removed it.
    pub factor: Option<u64>,
    /// RES64 of the Fermat test to base 3.
    pub res64: Option<String>,
}
