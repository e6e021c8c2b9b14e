//! Requests to the hub over HTTP.
//!
//! The crate `hf-hub` is not used: its synchronous client (0.5) cannot be stopped within a file, resumes only parts of
//! its own naming and checks no hash; 1.0 brings an asynchronous stack. What is needed of the hub's protocol is little:
//! two addresses, three headers, and redirects, which are followed here by hand so that the token stays with the hub.

use std::fmt;
use std::fs;
use std::io::Read as _;
use std::path::PathBuf;
use std::time::Duration;

use ureq::http::header::{AUTHORIZATION, HeaderMap, HeaderValue, LOCATION, RANGE};
use ureq::http::{Response, StatusCode, Uri};
use ureq::tls::{Certificate, RootCerts, TlsConfig};
use ureq::{Agent, Body};

use super::error::HubError;

/// The hub that is asked when the environment names no other.
const HUGGING_FACE: &str = "https://huggingface.co";
/// The hub redirects to renamed models and to where large files lie; more in a row leads nowhere.
const MOST_REDIRECTS: usize = 6;
/// Silence after which a connection counts as broken; also the longest wait of somebody who cancels.
const SILENCE: Duration = Duration::from_secs(10);
/// No description of a model is larger.
const LARGEST_TEXT: u64 = 16 << 20;

/// The hub as the environment describes it. Nothing is sent before a method asks for something.
#[derive(Debug, Clone)]
pub struct Remote {
    endpoint: String,
    token: Option<Token>,
    offline: bool,
    certificates: Option<PathBuf>,
}

/// Shows who asks. Never displayed.
#[derive(Clone)]
struct Token(String);

impl fmt::Debug for Token {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("Token")
    }
}

impl Remote {
    /// The hub by the variables that its own tools read: `HF_ENDPOINT`; `HF_TOKEN`, or the file `HF_TOKEN_PATH`, or
    /// `token` in `home`, unless `HF_HUB_DISABLE_IMPLICIT_TOKEN`; `HF_HUB_OFFLINE`. The system's certificates
    /// are trusted, or those in `SSL_CERT_FILE`. Proxies are found by the HTTP client in `HTTPS_PROXY` and its like.
    pub fn from_environment(variable: impl Fn(&str) -> Option<String>, home: Option<PathBuf>) -> Self {
        let is_set = |name: &str| {
            let value = variable(name).unwrap_or_default().to_ascii_uppercase();
            matches!(value.as_str(), "1" | "ON" | "YES" | "TRUE")
        };
        let saved = || {
            let path = variable("HF_TOKEN_PATH").map(PathBuf::from);
            fs::read_to_string(path.or_else(|| Some(home?.join("token")))?).ok()
        };
        let token = variable("HF_TOKEN")
            .or_else(|| variable("HUGGING_FACE_HUB_TOKEN"))
            .or_else(|| saved().filter(|_| !is_set("HF_HUB_DISABLE_IMPLICIT_TOKEN")))
            .map(|token| token.trim().to_owned());
        let endpoint = variable("HF_ENDPOINT").unwrap_or_else(|| HUGGING_FACE.to_owned());
        Self {
            endpoint: endpoint.trim_end_matches('/').to_owned(),
            token: token.filter(|token| !token.is_empty()).map(Token),
            offline: is_set("HF_HUB_OFFLINE") || is_set("TRANSFORMERS_OFFLINE"),
            certificates: variable("SSL_CERT_FILE").map(PathBuf::from),
        }
    }

    /// The host that requests go to; `None` when the environment forbids them.
    pub fn host(&self) -> Option<String> {
        (!self.offline).then(|| host(&self.endpoint))
    }

    /// Opens a client.
    ///
    /// # Errors
    /// When the environment forbids connections, or describes them wrongly.
    pub(super) fn connect(&self) -> Result<Client, HubError> {
        if self.offline {
            return Err(HubError::Offline);
        }
        let origin = Origin::of(&self.endpoint).ok_or_else(|| HubError::Endpoint(self.endpoint.clone()))?;
        let roots = self.roots()?;
        let config = Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .max_redirects_will_error(false)
            .user_agent(concat!("enface/", env!("CARGO_PKG_VERSION")))
            .accept_encoding("identity")
            .timeout_connect(Some(SILENCE))
            .timeout_resolve(Some(SILENCE))
            .timeout_per_read(Some(SILENCE))
            .timeout_per_write(Some(SILENCE))
            .tls_config(TlsConfig::builder().root_certs(roots).build());
        Ok(Client {
            agent: config.build().new_agent(),
            endpoint: self.endpoint.clone(),
            origin,
            token: self.token.clone(),
        })
    }

    /// A company's proxy may have certificates that only its machines trust. Where a system has none at all, those built
    /// in will do.
    fn roots(&self) -> Result<RootCerts, HubError> {
        let found = rustls_native_certs::load_native_certs();
        match &self.certificates {
            Some(path) if found.certs.is_empty() => Err(HubError::Certificates {
                path: path.clone(),
                reason: found
                    .errors
                    .first()
                    .map_or("it holds none".to_owned(), ToString::to_string),
            }),
            None if found.certs.is_empty() => Ok(RootCerts::WebPki),
            _ => Ok(found
                .certs
                .iter()
                .map(|der| Certificate::from_der(der).to_owned())
                .into()),
        }
    }
}

/// Scheme, host and port: whom a token may be shown to.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Origin {
    encrypted: bool,
    host: String,
    port: u16,
}

impl Origin {
    fn of(url: &str) -> Option<Self> {
        let uri: Uri = url.parse().ok()?;
        let encrypted = match uri.scheme_str()? {
            "https" => true,
            "http" => false,
            _ => return None,
        };
        Some(Self {
            encrypted,
            host: uri.host().filter(|host| !host.is_empty())?.to_ascii_lowercase(),
            port: uri.port_u16().unwrap_or(if encrypted { 443 } else { 80 }),
        })
    }
}

/// Host and port of an address, for messages.
fn host(url: &str) -> String {
    let uri: Option<Uri> = url.parse().ok();
    let host = uri.as_ref().and_then(|uri| {
        let port = uri.port_u16().map(|port| format!(":{port}")).unwrap_or_default();
        Some(format!("{}{port}", uri.host()?))
    });
    host.unwrap_or_else(|| url.to_owned())
}

/// An open line to the hub.
#[derive(Debug)]
pub(super) struct Client {
    agent: Agent,
    endpoint: String,
    origin: Origin,
    token: Option<Token>,
}

/// What came of a request.
#[derive(Debug)]
pub(super) struct Answer {
    /// The response at the end of all redirects, whatever its status.
    pub(super) response: Response<Body>,
    /// The hub's own headers: large files lie on other hosts, which do not know them.
    pub(super) hub: HeaderMap,
}

impl Client {
    /// Host and port of the hub.
    pub(super) fn host(&self) -> String {
        host(&self.endpoint)
    }

    /// The text at `path` of the hub.
    pub(super) fn text(&self, path: &str, what: &Subject<'_>) -> Result<String, HubError> {
        let Answer { response, hub } = self.request(path, Method::Get(0))?;
        if response.status() != StatusCode::OK {
            return Err(what.refused(self.host(), response.status(), &hub));
        }
        let mut text = String::new();
        let mut body = response.into_body().into_reader().take(LARGEST_TEXT + 1);
        body.read_to_string(&mut text)
            .map_err(|error| self.unreachable(&error.to_string()))?;
        if text.len() as u64 > LARGEST_TEXT {
            return Err(HubError::Answer {
                host: self.host(),
                reason: format!("{} is too large", what.file),
            });
        }
        Ok(text)
    }

    /// Asks for `path` of the hub and follows redirects. The token goes to the hub's own origin alone.
    pub(super) fn request(&self, path: &str, method: Method) -> Result<Answer, HubError> {
        let mut url = format!("{}{path}", self.endpoint);
        let mut hub = HeaderMap::new();
        for _ in 0..=MOST_REDIRECTS {
            let response = self.send(&url, method)?;
            if Origin::of(&url).as_ref() == Some(&self.origin) {
                hub.extend(response.headers().clone());
            }
            let Some(next) = redirect(&response) else {
                return Ok(Answer { response, hub });
            };
            url = self.follow(&url, &next)?;
        }
        Err(self.nonsense("it redirects in circles".to_owned()))
    }

    fn send(&self, url: &str, method: Method) -> Result<Response<Body>, HubError> {
        let mut request = match method {
            Method::Head => self.agent.head(url),
            Method::Get(_) => self.agent.get(url),
        };
        if let (Some(Token(token)), true) = (&self.token, Origin::of(url).as_ref() == Some(&self.origin)) {
            let mut value = HeaderValue::try_from(format!("Bearer {token}"))
                .map_err(|_| self.nonsense("HF_TOKEN holds characters that no token has".to_owned()))?;
            value.set_sensitive(true);
            request = request.header(AUTHORIZATION, value);
        }
        if let Method::Get(from @ 1..) = method {
            request = request.header(RANGE, format!("bytes={from}-"));
        }
        request.call().map_err(|error| HubError::Unreachable {
            host: host(url),
            reason: error.to_string(),
        })
    }

    /// Where a redirect from `url` leads. Only whole addresses and paths on the same host occur.
    fn follow(&self, url: &str, next: &str) -> Result<String, HubError> {
        let from = Origin::of(url);
        let next = if next.starts_with('/') && !next.starts_with("//") {
            let start = url.find("://").map_or(0, |at| at + 3);
            let end = url[start..].find('/').map_or(url.len(), |at| start + at);
            format!("{}{next}", &url[..end])
        } else {
            next.to_owned()
        };
        let to = Origin::of(&next);
        match (from, to) {
            (Some(from), Some(to)) if to.encrypted || !from.encrypted => Ok(next),
            _ => Err(self.nonsense("it redirects to an address that is not safe to follow".to_owned())),
        }
    }

    fn nonsense(&self, reason: String) -> HubError {
        HubError::Answer {
            host: self.host(),
            reason,
        }
    }

    fn unreachable(&self, reason: &str) -> HubError {
        HubError::Unreachable {
            host: self.host(),
            reason: reason.to_owned(),
        }
    }
}

/// What is asked of an address.
#[derive(Debug, Clone, Copy)]
pub(super) enum Method {
    /// Headers only.
    Head,
    /// The content, from this byte on.
    Get(u64),
}

/// What a request is about, for messages.
#[derive(Debug, Clone, Copy)]
pub(super) struct Subject<'a> {
    pub(super) repository: &'a str,
    pub(super) revision: &'a str,
    pub(super) file: &'a str,
}

impl Subject<'_> {
    /// Turns an answer without content into a sentence. The hub names the reason in a header of its own.
    pub(super) fn refused(&self, host: String, status: StatusCode, hub: &HeaderMap) -> HubError {
        let code = hub.get("x-error-code").and_then(|code| code.to_str().ok());
        let repository = self.repository.to_owned();
        match (code, status.as_u16()) {
            (Some("GatedRepo" | "DisabledRepo"), _) | (None, 403) => HubError::Refused { repository, host },
            (Some("RepoNotFound"), _) | (None, 401) => HubError::NoModel { repository, host },
            (Some("RevisionNotFound"), _) => HubError::NoRevision {
                repository,
                revision: self.revision.to_owned(),
            },
            (None, 404) if self.file.is_empty() => HubError::NoModel { repository, host },
            (_, status) => HubError::Status {
                host,
                status,
                what: format!("{repository} {}", self.file).trim_end().to_owned(),
            },
        }
    }
}

fn redirect(response: &Response<Body>) -> Option<String> {
    let moved = matches!(response.status().as_u16(), 301 | 302 | 303 | 307 | 308);
    let location = response.headers().get(LOCATION).filter(|_| moved)?;
    location.to_str().ok().map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn client(endpoint: &str) -> Result<Client, HubError> {
        let variable = |name: &str| (name == "HF_ENDPOINT").then(|| endpoint.to_owned());
        Remote::from_environment(variable, None).connect()
    }

    #[test]
    fn redirects_lead_to_addresses_that_are_as_safe() {
        let client = client("https://hub.example/mirror/").unwrap();
        let from = "https://hub.example:8443/mirror/owner/model";
        let follow = |next: &str| client.follow(from, next).ok();
        assert_eq!(follow("/files/1").as_deref(), Some("https://hub.example:8443/files/1"));
        assert_eq!(
            follow("https://cdn.example/1?a=b").as_deref(),
            Some("https://cdn.example/1?a=b")
        );
        for next in [
            "http://hub.example/1",
            "//cdn.example/1",
            "file:///etc/passwd",
            "1",
            "",
            "https://",
        ] {
            assert_eq!(follow(next), None, "{next}");
        }
    }

    #[test]
    fn the_token_belongs_to_one_scheme_host_and_port() {
        let own = Origin::of("https://Hub.example/mirror").unwrap();
        assert_eq!(Origin::of("https://hub.example:443/x"), Some(own.clone()));
        for other in [
            "http://hub.example/x",
            "https://hub.example:444/x",
            "https://hub.example.evil/x",
            "https://user@evil/",
        ] {
            assert_ne!(Origin::of(other), Some(own.clone()), "{other}");
        }
    }

    #[test]
    fn an_endpoint_that_is_no_web_address_is_refused() {
        for endpoint in ["ftp://hub.example", "hub.example", "https://"] {
            assert!(matches!(client(endpoint), Err(HubError::Endpoint(_))), "{endpoint}");
        }
    }

    #[test]
    fn the_token_is_not_shown_in_debug_output() {
        let variable = |name: &str| (name == "HF_TOKEN").then(|| "hf_secret".to_owned());
        let remote = Remote::from_environment(variable, None);
        assert!(remote.token.is_some() && !format!("{remote:?}").contains("hf_secret"));
    }
}
