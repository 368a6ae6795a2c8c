//! A small HTTP/1.1 server on the standard library: a greeting and a health check.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::thread;
use std::time::Duration;

/// What `/` answers.
const GREETING: &str = include_str!("../greeting.txt");
/// Bytes that the head of a request may have.
const HEAD: u64 = 16 * 1024;
/// How long a client may take.
const PATIENCE: Duration = Duration::from_secs(10);

/// An answer: status line and body.
#[derive(Debug, PartialEq, Eq)]
pub struct Response {
    pub status: &'static str,
    pub body: String,
}

/// Answers requests with as many threads as `workers`, until the listener fails.
pub fn serve(listener: TcpListener, workers: usize) -> io::Result<()> {
    let mut threads = Vec::new();
    for _ in 0..workers {
        let listener = listener.try_clone()?;
        threads.push(thread::spawn(move || {
            for stream in listener.incoming() {
                // A client that goes away is its own affair, not the server's.
                let done = stream.and_then(answer);
                if let Err(error) = done {
                    eprintln!("request: {error}");
                }
            }
        }));
    }
    for thread in threads {
        let _ = thread.join();
    }
    Ok(())
}

fn answer(mut stream: TcpStream) -> io::Result<()> {
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    let mut lines = BufReader::new((&stream).take(HEAD)).lines();
    let first = lines.next().transpose()?.unwrap_or_default();
    for line in lines {
        if line?.is_empty() {
            break;
        }
    }
    let Response { status, body } = respond(&first);
    write!(
        stream,
        "HTTP/1.1 {status}\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
        body.len()
    )
}

/// What a request line (`GET / HTTP/1.1`) is answered with.
pub fn respond(request_line: &str) -> Response {
    let mut words = request_line.split_whitespace();
    let (method, target) = (
        words.next().unwrap_or_default(),
        words.next().unwrap_or_default(),
    );
    let path = target.split('?').next().unwrap_or_default();
    let (status, body) = match (method, path) {
        ("GET", "/") => ("200 OK", GREETING.trim_end()),
        ("GET", "/healthz") => ("200 OK", "ok"),
        (_, "/" | "/healthz") => ("405 Method Not Allowed", "only GET is answered here"),
        ("", _) => ("400 Bad Request", "that was no request"),
        _ => ("404 Not Found", "there is nothing here"),
    };
    Response {
        status,
        body: format!("{body}\n"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn status(request_line: &str) -> &'static str {
        respond(request_line).status
    }

    #[test]
    fn the_greeting_and_the_health_check_are_answered() {
        let greeting = respond("GET / HTTP/1.1");
        assert_eq!(
            (greeting.status, greeting.body.trim_end()),
            ("200 OK", GREETING.trim_end())
        );
        assert_eq!(respond("GET /healthz?deep=1 HTTP/1.1").body, "ok\n");
    }

    #[test]
    fn anything_else_is_refused_with_the_right_status() {
        assert_eq!(status("GET /nothing HTTP/1.1"), "404 Not Found");
        assert_eq!(status("POST / HTTP/1.1"), "405 Method Not Allowed");
        assert_eq!(status(""), "400 Bad Request");
    }
}
