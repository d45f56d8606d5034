//! The connection file: what an administrator downloads from us and loads into the Axis manager.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use onrecord_store::settings as stored;
use serde::Serialize;

use super::sign_in::USER;
use crate::{Config, Opened, ServerError, settings, tls};

/// The connection file, under the names that Axis gave.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct ConnectionFile {
    connection_file_version: &'static str,
    site_name: String,
    application_name: &'static str,
    application_version: &'static str,
    #[serde(rename = "ContentDestinationAsNTPServer")]
    content_destination_as_ntp_server: bool,
    #[serde(rename = "AuthenticationTokenURI")]
    authentication_token_uri: Vec<String>,
    #[serde(rename = "HTTPSCertificate", skip_serializing_if = "Option::is_none")]
    https_certificate: Option<Vec<String>>,
    #[serde(rename = "BlobAPIKey")]
    blob_api_key: String,
    #[serde(rename = "BlobAPIUserName")]
    blob_api_user_name: &'static str,
    container_type: &'static str,
    full_store_and_read_support: bool,
    want_encryption: bool,
    public_key: String,
    public_key_id: String,
}

/// Makes the connection file for cameras that reach this server at `base`; where none is given, at its TLS listener.
///
/// # Errors
/// Where no base is given and the server has never listened with TLS.
pub async fn connection_file(
    config: &Config,
    opened: &Opened,
    base: Option<&str>,
) -> Result<ConnectionFile, ServerError> {
    let program = &opened.program;
    let base = match base {
        Some(base) => base.trim_end_matches('/').to_owned(),
        None => format!("https://{}", tls_authority(config, opened).await?),
    };
    let https_certificate = if base.starts_with("https://") {
        Some(vec![STANDARD.encode(tls::public_part(&tls::certificate(program, config)?))])
    } else {
        None
    };
    let (public_key, public_key_id) = program
        .content_public_key()
        .map_err(|error| ServerError::doing("The public key for encrypted clips cannot be given")(&error))?;
    Ok(ConnectionFile {
        connection_file_version: "1.0",
        site_name: config.server.name.clone(),
        application_name: "Onrecord",
        application_version: env!("CARGO_PKG_VERSION"),
        content_destination_as_ntp_server: false,
        authentication_token_uri: vec![format!("{base}/axis/auth/v1.0")],
        https_certificate,
        blob_api_key: opened.axis_key.clone(),
        blob_api_user_name: USER,
        container_type: "mkv",
        full_store_and_read_support: true,
        want_encryption: config.axis.want_encryption,
        public_key: STANDARD.encode(public_key),
        public_key_id,
    })
}

/// Host and port of the TLS listener: the configured host, and the port of the last start.
async fn tls_authority(config: &Config, opened: &Opened) -> Result<String, ServerError> {
    let failed = ServerError::doing("The TLS listener's address cannot be told");
    let known =
        stored::get(&opened.program.store, settings::TLS_ADDRESS).await.map_err(|error| failed(&error))?;
    let address: Option<std::net::SocketAddr> = known.and_then(|address| address.parse().ok());
    let port = address.or(config.server.tls_listen).map(|address| address.port()).filter(|port| *port != 0);
    let Some(port) = port else {
        return Err(ServerError::Config(
            "The server has not listened with TLS yet: start it once with --tls-listen, or give --base-url."
                .to_owned(),
        ));
    };
    Ok(format!("{}:{port}", config.server.host))
}
