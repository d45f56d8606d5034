//! The names of settings that the server keeps in the database.

/// Where HTTP was spoken at the last start.
pub const PLAIN_ADDRESS: &str = "server.plain_address";
/// Where HTTPS was spoken at the last start.
pub const TLS_ADDRESS: &str = "server.tls_address";
/// When an operator confirmed that the keys were copied to another place.
pub const KEYS_COPIED: &str = "keys.copied_at";
