//! A mirror on loopback: paths and bytes, ranges, and bad manners on demand.

use std::{
    collections::BTreeMap,
    io::{BufRead, BufReader, Write},
    net::{TcpListener, TcpStream},
    sync::{Arc, Mutex},
};

/// How the mirror gives files away.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Manners {
    /// As it should.
    Good,
    /// Breaks off after so many bytes of a file.
    BreaksOff(usize),
    /// Never ends: the bytes again and again.
    Endless,
    /// One byte, and then nothing until the other side goes.
    Drips,
    /// Knows no ranges.
    WholeOnly,
}

#[derive(Default)]
struct Inside {
    content: BTreeMap<String, Vec<u8>>,
    manners: Option<Manners>,
    log: Vec<String>,
    received: String,
}

pub(crate) struct FakeMirror {
    inside: Arc<Mutex<Inside>>,
    pub(crate) url: String,
}

impl FakeMirror {
    pub(crate) fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let inside = Arc::new(Mutex::new(Inside::default()));
        let shared = Arc::clone(&inside);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let shared = Arc::clone(&shared);
                std::thread::spawn(move || {
                    let _ = serve(&shared, &stream);
                });
            }
        });
        Self { inside, url }
    }

    pub(crate) fn put(&self, path: &str, bytes: Vec<u8>) {
        let mut inside = self.inside.lock().unwrap();
        inside.content.insert(path.to_owned(), bytes);
    }

    pub(crate) fn remove(&self, path: &str) {
        self.inside.lock().unwrap().content.remove(path);
    }

    pub(crate) fn behave(&self, manners: Manners) {
        self.inside.lock().unwrap().manners = Some(manners);
    }

    /// The requests so far: path and range.
    pub(crate) fn log(&self) -> Vec<String> {
        std::mem::take(&mut self.inside.lock().unwrap().log)
    }
}

impl FakeMirror {
    /// Every byte that came in so far.
    pub(crate) fn received(&self) -> String {
        self.inside.lock().unwrap().received.clone()
    }
}

fn serve(shared: &Mutex<Inside>, stream: &TcpStream) -> std::io::Result<()> {
    let mut reader = BufReader::new(stream);
    let mut first = String::new();
    reader.read_line(&mut first)?;
    let mut received = first.clone();
    let path = first.split(' ').nth(1).unwrap_or_default();
    let path = path.trim_start_matches('/').to_owned();
    let mut from = 0;
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line)? == 0 || line == "\r\n" {
            break;
        }
        received.push_str(&line);
        let line = line.to_ascii_lowercase();
        if let Some(range) = line.strip_prefix("range: bytes=") {
            from = range.trim().trim_end_matches('-').parse().unwrap();
        }
    }
    let (bytes, manners) = {
        let mut inside = shared.lock().unwrap();
        inside.received.push_str(&received);
        inside.log.push(format!("{path} {from}"));
        let manners = inside.manners.unwrap_or(Manners::Good);
        (inside.content.get(&path).cloned(), manners)
    };
    let mut out = stream;
    let Some(bytes) = bytes else {
        return out.write_all(
            b"HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\nconnection: close\r\n\r\n",
        );
    };
    let is_file = path.starts_with("files/");
    let part = from > 0 && manners != Manners::WholeOnly;
    let body = if part { &bytes[from..] } else { &bytes[..] };
    let mut head = if part {
        let (last, size) = (bytes.len() - 1, bytes.len());
        format!("HTTP/1.1 206 Partial Content\r\ncontent-range: bytes {from}-{last}/{size}\r\n")
    } else {
        "HTTP/1.1 200 OK\r\n".to_owned()
    };
    if !(is_file && manners == Manners::Endless) {
        head.push_str(&format!("content-length: {}\r\n", body.len()));
    }
    out.write_all(format!("{head}connection: close\r\n\r\n").as_bytes())?;
    match manners {
        Manners::BreaksOff(after) if is_file => out.write_all(&body[..after.min(body.len())]),
        Manners::Endless if is_file => loop {
            out.write_all(body)?;
        },
        Manners::Drips if is_file => {
            out.write_all(&body[..1])?;
            // Until the other side goes.
            let mut rest = String::new();
            reader.read_line(&mut rest).map(drop)
        }
        _ => out.write_all(body),
    }
}
