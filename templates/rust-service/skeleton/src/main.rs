//! Starts the server.

use std::env;
use std::net::TcpListener;

/// Where it listens unless `PORT` says something else.
const PORT: u16 = ${{ values.port }};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let port = match env::var("PORT") {
        Ok(port) => port
            .parse()
            .map_err(|_| format!("PORT is no port: {port}"))?,
        Err(_) => PORT,
    };
    let listener = TcpListener::bind(("0.0.0.0", port))?;
    eprintln!("listening on http://{}", listener.local_addr()?);
    service::serve(listener, 8)?;
    Ok(())
}
