//! OpenID Connect: the agency's identity provider says who somebody is. Authorization code with PKCE, state and nonce. What
//! a sign-in must remember until the browser comes back lies in the database under the hash of the state, once; a cookie
//! ties it to the browser that began it.

use std::collections::{BTreeMap, BTreeSet};
use std::pin::Pin;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use onrecord_program::PersonRole;
use onrecord_program::people::elsewhere::Claimed;
use openidconnect::core::{
    CoreAuthenticationFlow, CoreClient, CoreGenderClaim, CoreProviderMetadata, CoreTokenResponse,
};
use openidconnect::{
    AdditionalClaims, AsyncHttpClient, AuthorizationCode, ClientId, ClientSecret, CsrfToken,
    EndpointMaybeSet, EndpointNotSet, EndpointSet, HttpRequest, HttpResponse, IssuerUrl, Nonce,
    OAuth2TokenResponse as _, PkceCodeChallenge, PkceCodeVerifier, RedirectUrl, RequestTokenError, Scope,
    SubjectIdentifier, TokenResponse as _, UserInfoClaims,
};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use tokio::sync::Mutex;

use crate::ServerError;
use crate::config::OidcConfig;

/// How long the provider may take for an answer.
const ANSWER: Duration = Duration::from_secs(10);
/// For how long what the provider says of itself is believed: microseconds.
const BELIEVED: i64 = 300 * 1_000_000;

type Client = CoreClient<
    EndpointSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointMaybeSet,
    EndpointMaybeSet,
>;

/// Why somebody could not be vouched for; for the log.
#[derive(Debug, thiserror::Error)]
pub(crate) enum OidcError {
    /// The provider could not be asked.
    #[error("The identity provider could not be asked: {0}")]
    Away(String),
    /// What it answered does not hold.
    #[error("What the identity provider answered does not hold: {0}")]
    Untrue(String),
}

/// The agency's identity provider.
pub(crate) struct Provider {
    config: OidcConfig,
    issuer: IssuerUrl,
    redirect: RedirectUrl,
    roles: BTreeMap<String, BTreeSet<PersonRole>>,
    http: Http,
    metadata: Mutex<Option<(i64, CoreProviderMetadata)>>,
}

/// What is remembered until the browser comes back.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Begun {
    nonce: String,
    verifier: String,
    /// The page to go on to.
    pub to: String,
}

/// Every claim that is not one of the standard ones.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Further {
    #[serde(flatten)]
    claims: Map<String, Value>,
}

impl AdditionalClaims for Further {}

impl Provider {
    /// Makes it from the configuration; it is asked for the first time when somebody signs in.
    pub fn new(config: &OidcConfig, public_url: &str) -> Result<Self, ServerError> {
        let wrong =
            |what: &str| ServerError::Config(format!("[oidc] in the configuration cannot be used: {what}."));
        let issuer =
            IssuerUrl::new(config.issuer.clone()).map_err(|error| wrong(&format!("issuer: {error}")))?;
        let redirect = RedirectUrl::new(format!("{public_url}/api/v1/sign-in/oidc/callback"))
            .map_err(|error| wrong(&format!("public_url under [server]: {error}")))?;
        let role =
            |word: &String| PersonRole::of(word).ok_or_else(|| wrong(&format!("there is no role {word}")));
        let roles = config
            .roles
            .iter()
            .map(|(group, words)| Ok((group.clone(), words.iter().map(role).collect::<Result<_, _>>()?)))
            .collect::<Result<_, ServerError>>()?;
        let http = reqwest::Client::builder()
            .timeout(ANSWER)
            .redirect(reqwest::redirect::Policy::none())
            .build()
            .map_err(|error| wrong(&error.to_string()))?;
        Ok(Self {
            config: config.clone(),
            issuer,
            redirect,
            roles,
            http: Http(http),
            metadata: Mutex::new(None),
        })
    }

    /// What the button says.
    pub fn label(&self) -> &str {
        &self.config.label
    }

    /// Where the browser is sent, and what is to be remembered.
    pub async fn begin(
        &self,
        state: &str,
        chance: [[u8; 32]; 2],
        to: String,
        now: i64,
    ) -> Result<(String, Begun), OidcError> {
        let [nonce, verifier] = chance.map(|bytes| URL_SAFE_NO_PAD.encode(bytes));
        let challenge =
            PkceCodeChallenge::from_code_verifier_sha256(&PkceCodeVerifier::new(verifier.clone()));
        let (state, said) = (CsrfToken::new(state.to_owned()), Nonce::new(nonce.clone()));
        let client = self.client(now).await?;
        let mut request = client
            .authorize_url(CoreAuthenticationFlow::AuthorizationCode, move || state, move || said)
            .set_pkce_challenge(challenge);
        for scope in &self.config.scopes {
            request = request.add_scope(Scope::new(scope.clone()));
        }
        let (address, _, _) = request.url();
        Ok((address.to_string(), Begun { nonce, verifier, to }))
    }

    /// What the provider says of the person who comes back with a code.
    pub async fn finish(&self, begun: &Begun, code: String, now: i64) -> Result<Claimed, OidcError> {
        let client = self.client(now).await?;
        let answer: CoreTokenResponse = client
            .exchange_code(AuthorizationCode::new(code))
            .map_err(untrue)?
            .set_pkce_verifier(PkceCodeVerifier::new(begun.verifier.clone()))
            .request_async(&self.http)
            .await
            .map_err(|error| match error {
                RequestTokenError::ServerResponse(said) => untrue(said),
                error => away(error),
            })?;
        let token = answer.id_token().ok_or_else(|| OidcError::Untrue("there is no ID token.".to_owned()))?;
        let nonce = Nonce::new(begun.nonce.clone());
        let claims = token.claims(&client.id_token_verifier(), &nonce).map_err(untrue)?;
        let subject = claims.subject().clone();
        let mut all = payload(&token.to_string());
        // Some providers say more of a person when asked than in the token.
        if let Ok(request) = client.user_info(answer.access_token().clone(), Some(subject.clone())) {
            let more: UserInfoClaims<Further, CoreGenderClaim> =
                request.request_async(&self.http).await.map_err(away)?;
            for (name, value) in as_map(&more) {
                all.entry(name).or_insert(value);
            }
        }
        Ok(self.claimed(&subject, &all))
    }

    fn claimed(&self, subject: &SubjectIdentifier, all: &Map<String, Value>) -> Claimed {
        let text = |name: &str| all.get(name).and_then(Value::as_str).map(str::to_owned);
        let roles = self.config.roles_claim.as_deref().map(|claim| {
            let groups: Vec<&str> = match all.get(claim) {
                Some(Value::Array(groups)) => groups.iter().filter_map(Value::as_str).collect(),
                Some(Value::String(group)) => vec![group],
                _ => Vec::new(),
            };
            groups.into_iter().filter_map(|group| self.roles.get(group)).flatten().copied().collect()
        });
        Claimed {
            subject: subject.to_string(),
            name: self.config.name_claim.as_deref().and_then(text),
            display_name: text("name"),
            mail: text("email"),
            roles,
        }
    }

    async fn client(&self, now: i64) -> Result<Client, OidcError> {
        let mut known = self.metadata.lock().await;
        let metadata = match known.as_ref() {
            Some((since, metadata)) if now - since < BELIEVED => metadata.clone(),
            _ => {
                let asked = CoreProviderMetadata::discover_async(self.issuer.clone(), &self.http)
                    .await
                    .map_err(away)?;
                *known = Some((now, asked.clone()));
                asked
            }
        };
        drop(known);
        let secret = self.config.client_secret.clone().map(ClientSecret::new);
        let client = ClientId::new(self.config.client_id.clone());
        Ok(CoreClient::from_provider_metadata(metadata, client, secret)
            .set_redirect_uri(self.redirect.clone()))
    }
}

fn away(error: impl std::error::Error) -> OidcError {
    let why = error.source().map_or_else(String::new, |source| format!(" ({source})"));
    OidcError::Away(format!("{error}{why}."))
}

fn untrue(error: impl std::fmt::Display) -> OidcError {
    OidcError::Untrue(format!("{error}."))
}

/// The claims of a token whose signature has been checked.
fn payload(token: &str) -> Map<String, Value> {
    let middle = token.split('.').nth(1).and_then(|text| URL_SAFE_NO_PAD.decode(text).ok());
    middle.and_then(|bytes| serde_json::from_slice(&bytes).ok()).unwrap_or_default()
}

fn as_map(claims: &impl Serialize) -> Map<String, Value> {
    match serde_json::to_value(claims) {
        Ok(Value::Object(map)) => map,
        _ => Map::new(),
    }
}

/// How the provider is asked: the client that is here anyway, without redirects and with a time limit.
struct Http(reqwest::Client);

impl<'c> AsyncHttpClient<'c> for Http {
    type Error = reqwest::Error;
    type Future = Pin<Box<dyn Future<Output = Result<HttpResponse, reqwest::Error>> + Send + 'c>>;

    fn call(&'c self, request: HttpRequest) -> Self::Future {
        let (parts, body) = request.into_parts();
        let sent =
            self.0.request(parts.method, parts.uri.to_string()).headers(parts.headers).body(body).send();
        Box::pin(async move {
            let answer = sent.await?;
            let (status, headers) = (answer.status(), answer.headers().clone());
            let mut made = HttpResponse::new(answer.bytes().await?.to_vec());
            *made.status_mut() = status;
            *made.headers_mut() = headers;
            Ok(made)
        })
    }
}
