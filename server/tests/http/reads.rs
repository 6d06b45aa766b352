//! What researchers read: pages without gap or overlap, JSON and CSV alike, tags, the page for
//! people.

use std::collections::BTreeSet;

use darkreach_protocol::paths;
use reqwest::Method;
use serde_json::Value;

use super::{node::Node, server::Server};

/// All rows of a list, following `next`.
async fn all_json(server: &Server, path: &str, limit: u32) -> Vec<Value> {
    let mut rows = Vec::new();
    let mut cursor = String::new();
    loop {
        let page = server.json(&format!("{path}&limit={limit}{cursor}")).await;
        let items = page["items"].as_array().unwrap();
        assert!(items.len() <= limit as usize);
        rows.extend(items.iter().cloned());
        match page["next"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => return rows,
        }
    }
}

/// All lines of a list as CSV without the heads, following the header Link; and the head.
async fn all_csv(server: &Server, path: &str, limit: u32) -> (String, Vec<String>) {
    let mut lines = Vec::new();
    let mut next = format!("{path}&limit={limit}&format=csv");
    loop {
        let response = server.get(&next).await;
        assert!(
            response.headers()["content-type"]
                .to_str()
                .unwrap()
                .starts_with("text/csv")
        );
        let link = response
            .headers()
            .get("link")
            .map(|link| link.to_str().unwrap().to_owned());
        let text = response.text().await.unwrap();
        let mut page = text.split_terminator("\r\n").map(str::to_owned);
        let head = page.next().unwrap();
        lines.extend(page);
        match link {
            Some(link) => {
                let address = link.strip_prefix('<').unwrap();
                next = address.strip_suffix(">; rel=\"next\"").unwrap().to_owned();
            }
            None => return (head, lines),
        }
    }
}

#[tokio::test]
async fn pages_are_complete_and_both_formats_say_the_same() {
    let server = Server::start();
    let job = server.job("1..200", "40", "30");
    Node::register(&server).await.finish(job).await;

    let path = format!("{}?job={job}", paths::RESULTS);
    let whole = all_json(&server, &path, 1000).await;
    // The candidates are the odd k: the even ones are other expressions of the same numbers.
    assert_eq!(whole.len(), 100);
    let expressions: BTreeSet<&str> = whole
        .iter()
        .map(|row| row["expression"].as_str().unwrap())
        .collect();
    assert_eq!(expressions.len(), 100);
    for limit in [1, 7, 30, 99, 100] {
        assert_eq!(
            all_json(&server, &path, limit).await,
            whole,
            "limit {limit}"
        );
    }
    let (head, lines) = all_csv(&server, &path, 13).await;
    assert_eq!(
        head,
        "job_id,block_id,form,expression,outcome,factor,res64,test,test_base"
    );
    let from_json: Vec<String> = whole
        .iter()
        .map(|row| {
            let text = |name: &str| match &row[name] {
                Value::Null => String::new(),
                Value::String(text) => text.clone(),
                other => other.to_string(),
            };
            head.split(',').map(text).collect::<Vec<_>>().join(",")
        })
        .collect();
    assert_eq!(lines, from_json);

    let mut parts = 0;
    for outcome in [
        "factor",
        "composite",
        "prime",
        "probable_prime",
        "below_two",
    ] {
        let rows = all_json(&server, &format!("{path}&outcome={outcome}"), 9).await;
        assert!(rows.iter().all(|row| row["outcome"] == outcome));
        parts += rows.len();
    }
    assert_eq!(parts, 100);

    let path = format!("{}?form=kbn&job={job}", paths::PRIMES);
    let primes = all_json(&server, &path, 1000).await;
    assert!(primes.len() > 2, "{primes:?}");
    assert_eq!(all_json(&server, &path, 2).await, primes);
    let (head, lines) = all_csv(&server, &path, 2).await;
    assert_eq!(
        head,
        "id,form,expression,digits,theorem,proof,job_id,found_at"
    );
    assert_eq!(lines.len(), primes.len());
    for (line, prime) in lines.iter().zip(&primes) {
        let start = format!(
            "{},kbn,{},",
            prime["id"],
            prime["expression"].as_str().unwrap()
        );
        assert!(line.starts_with(&start), "{line}");
    }
    let none = server.json(&format!("{}?form=other", paths::PRIMES)).await;
    assert_eq!(none["items"], Value::Array(vec![]));

    let blocks = all_json(&server, &format!("{}?", paths::job_blocks(job)), 2).await;
    assert_eq!(blocks.len(), 7);
    let mut at = 1;
    for block in &blocks {
        assert_eq!(
            (&block["start"], &block["status"]),
            (&Value::from(at), &"validated".into())
        );
        at = block["end"].as_u64().unwrap();
    }
    assert_eq!(at, 200);

    let shown = server.json(&paths::job(job)).await;
    assert_eq!(shown["covered"], true);
    assert_eq!(shown["candidates"], 100);
    assert_eq!(shown["primes"], primes.len());
    let stats = server.json(paths::STATS).await;
    assert_eq!(stats["candidates"], 100);
    assert_eq!(stats["primes"], primes.len());
    assert_eq!(stats["nodes"], 1);

    let page = server.get("/").await.text().await.unwrap();
    for prime in &primes {
        let expression = prime["expression"].as_str().unwrap();
        assert!(page.contains(expression), "{expression} is not on the page");
    }
}

#[tokio::test]
async fn csv_can_be_asked_for_by_header() {
    let server = Server::start();
    let request = server
        .request(Method::GET, paths::PRIMES)
        .header("accept", "text/csv");
    let text = request.send().await.unwrap().text().await.unwrap();
    assert_eq!(
        text,
        "id,form,expression,digits,theorem,proof,job_id,found_at\r\n"
    );
}

#[tokio::test]
async fn what_has_not_changed_is_not_sent_again() {
    let server = Server::start();
    for path in [
        paths::JOBS,
        paths::PRIMES,
        paths::RESULTS,
        paths::STATS,
        "/",
    ] {
        let first = server.get(path).await;
        let tag = first.headers()["etag"].to_str().unwrap().to_owned();
        let again = server
            .request(Method::GET, path)
            .header("if-none-match", &tag);
        let again = again.send().await.unwrap();
        assert_eq!(again.status(), 304, "{path}");
        assert_eq!(again.headers()["etag"].to_str().unwrap(), tag);
        assert_eq!(again.text().await.unwrap(), "");
    }
    let before = server.get(paths::JOBS).await.headers()["etag"].clone();
    server.job("1..200", "40", "30");
    let after = server
        .request(Method::GET, paths::JOBS)
        .header("if-none-match", before);
    assert_eq!(
        after.send().await.unwrap().status(),
        200,
        "a change is seen"
    );
}

#[tokio::test]
async fn the_page_for_people_stands_alone() {
    let server = Server::start();
    let job = server.job("1..200", "40", "30");
    let response = server.get("/").await;
    let policy = response.headers()["content-security-policy"]
        .to_str()
        .unwrap()
        .to_owned();
    assert!(policy.contains("default-src 'none'"), "{policy}");
    let page = response.text().await.unwrap();
    assert!(page.contains(&format!("Blocks of job {job}")));
    assert!(page.contains("0 of 7"), "{page}");
    for outside in ["http://", "https://", "src=", "@import", "url("] {
        assert!(!page.contains(outside), "{outside}");
    }
    // Every link on the page leads somewhere.
    for link in page
        .split("href=\"")
        .skip(1)
        .filter_map(|rest| rest.split('"').next())
    {
        if link.starts_with('/') {
            assert_eq!(server.get(link).await.status(), 200, "{link}");
        }
    }
    // It is packed when the client can unpack it, and says so to caches.
    let client = reqwest::Client::builder().no_proxy().no_gzip();
    let packed = client.build().unwrap().get(&server.url);
    let packed = packed
        .header("accept-encoding", "gzip")
        .send()
        .await
        .unwrap();
    assert_eq!(packed.headers()["content-encoding"], "gzip");
    assert!(
        packed.headers()["vary"]
            .to_str()
            .unwrap()
            .contains("accept-encoding")
    );
}
