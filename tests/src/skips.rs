//! Tests that need a tool which this machine lacks say so, instead of passing silently.

/// Notes that a test could not run here because a tool is missing; `./dev test` lists these.
pub fn skip(words: &str) {
    eprintln!("skipped: {words}");
    if let Some(path) = std::env::var_os("DARKREACH_SKIPS") {
        let file = std::fs::OpenOptions::new()
            .append(true)
            .create(true)
            .open(path);
        let mut file = file.expect("the list of skipped tests");
        std::io::Write::write_all(&mut file, format!("{words}\n").as_bytes()).expect("the list");
    }
}
