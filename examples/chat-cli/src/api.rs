//! The REST side: a session that refreshes itself, and requests that wait when the server asks for it.

use filament_protocol::rest::{ErrorBody, SessionTokens};
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::body::Bytes;
use hyper::header::{AUTHORIZATION, CONTENT_TYPE, HOST, RETRY_AFTER};
use hyper::{Method, Request, StatusCode};
use hyper_util::rt::TokioIo;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use std::time::{Duration, SystemTime};
use tokio::net::TcpStream;
use tokio::sync::Mutex;
use tokio::time::{sleep, timeout};

/// The contract's bound for a JSON answer.
const ANSWER_BYTES_MAX: usize = 65_536;
/// The server answers, or says that it cannot, within 6 s.
const REQUEST_TIME_MAX: Duration = Duration::from_secs(7);
const IDEMPOTENCY_KEY: &str = "idempotency-key";
const ATTEMPTS_MAX: u32 = 8;
const PAUSE_MAX: Duration = Duration::from_secs(8);

/// [`Refused`], or that there was no answer as the contract has it.
pub(crate) type Failure = Box<dyn std::error::Error + Send + Sync>;

/// The server answered with an error.
#[derive(Debug, thiserror::Error)]
#[error("{status}: {code}")]
pub(crate) struct Refused {
    pub(crate) status: StatusCode,
    code: &'static str,
    retry_after: Option<Duration>,
}

impl Refused {
    /// Whether the same request will be refused again.
    pub(crate) fn is_final(&self) -> bool {
        self.status.is_client_error() && self.status != StatusCode::TOO_MANY_REQUESTS
    }
}

/// A server, and one user's session on it.
pub(crate) struct Api {
    /// Host and port.
    pub(crate) authority: String,
    session: Mutex<Session>,
}

struct Session {
    tokens: SessionTokens,
    /// By the wall clock, which goes on while a laptop sleeps.
    obtained: SystemTime,
}

impl Session {
    async fn open(authority: &str, path: &str, body: Value) -> Result<Self, Failure> {
        let answer = send(authority, post(path, None, Some(&body))?).await?;
        let tokens = serde_json::from_slice(&answer)?;
        let obtained = SystemTime::now();
        Ok(Self { tokens, obtained })
    }
}

impl Api {
    /// Registers the user, unless the name is taken, and logs in.
    pub(crate) async fn log_in(server: &str, user: &str, password: &str) -> Result<Self, Failure> {
        let account = json!({ "username": user, "password": password });
        // The answer is the same whether the name was free or not; the login tells.
        send(server, post("/auth/register", None, Some(&account))?).await?;
        let session = Mutex::new(Session::open(server, "/auth/login", account).await?);
        let authority = server.to_owned();
        Ok(Self { authority, session })
    }

    /// An access token with a third of its life before it.
    pub(crate) async fn access_token(&self) -> Result<String, Failure> {
        let mut session = self.session.lock().await;
        let life = Duration::from_secs(session.tokens.expires_in_secs.into());
        if session.obtained.elapsed().unwrap_or(life) >= life / 3 * 2 {
            let body = json!({ "refresh_token": session.tokens.refresh_token });
            *session = Session::open(&self.authority, "/auth/refresh", body).await?;
        }
        Ok(session.tokens.access_token.to_string())
    }

    /// Reads `path`.
    pub(crate) async fn get<T: DeserializeOwned>(&self, path: &str) -> Result<T, Failure> {
        let answer = self.call(Request::get(path).body(Full::default())?).await?;
        Ok(serde_json::from_slice(&answer)?)
    }

    /// Posts to `path`. With a `key` a repeated post is not done twice, so it is repeated if need be.
    pub(crate) async fn post<T: DeserializeOwned>(
        &self,
        path: &str,
        key: Option<&str>,
        body: Option<&Value>,
    ) -> Result<T, Failure> {
        let answer = self.call(post(path, key, body)?).await?;
        Ok(serde_json::from_slice(&answer)?)
    }

    /// Sends a request of the session, again where that helps and does no harm.
    async fn call(&self, request: Request<Full<Bytes>>) -> Result<Bytes, Failure> {
        let is_repeatable = request.method() == Method::GET || request.headers().contains_key(IDEMPOTENCY_KEY);
        for attempt in 1..ATTEMPTS_MAX {
            let token = self.access_token().await?;
            let mut request = request.clone();
            let bearer = format!("Bearer {token}").parse()?;
            request.headers_mut().insert(AUTHORIZATION, bearer);
            let error = match send(&self.authority, request).await {
                Ok(answer) => return Ok(answer),
                Err(error) => error,
            };
            let refused = error.downcast_ref::<Refused>();
            match refused.map(|refused| refused.status.as_u16()) {
                // Nothing was done after 429; after 503, or without an answer, it may have been.
                Some(429) => {}
                Some(503) | None if is_repeatable => {}
                Some(_) | None => return Err(error),
            }
            let growing = Duration::from_millis(125 << attempt).min(PAUSE_MAX);
            let asked = refused.and_then(|refused| refused.retry_after);
            sleep(asked.unwrap_or(growing)).await;
        }
        Err("gave up after several attempts".into())
    }
}

fn post(path: &str, key: Option<&str>, body: Option<&Value>) -> Result<Request<Full<Bytes>>, Failure> {
    let mut request = Request::post(path);
    if let Some(key) = key {
        request = request.header(IDEMPOTENCY_KEY, key);
    }
    let Some(body) = body else {
        return Ok(request.body(Full::default())?);
    };
    let request = request.header(CONTENT_TYPE, "application/json");
    Ok(request.body(body.to_string().into())?)
}

/// One request, on a connection of its own.
async fn send(authority: &str, mut request: Request<Full<Bytes>>) -> Result<Bytes, Failure> {
    request.headers_mut().insert(HOST, authority.parse()?);
    let exchange = async {
        let stream = TokioIo::new(TcpStream::connect(authority).await?);
        let (mut sender, connection) = hyper::client::conn::http1::handshake(stream).await?;
        tokio::spawn(connection);
        let (head, body) = sender.send_request(request).await?.into_parts();
        let body = Limited::new(body, ANSWER_BYTES_MAX).collect().await?;
        Ok::<_, Failure>((head, body.to_bytes()))
    };
    let (head, body) = timeout(REQUEST_TIME_MAX, exchange).await??;
    if head.status.is_success() {
        return Ok(body);
    }
    let code = serde_json::from_slice::<ErrorBody>(&body).map_or("?", |body| body.error.as_str());
    let seconds = head.headers.get(RETRY_AFTER).and_then(|value| value.to_str().ok()?.parse().ok());
    Err(Refused { status: head.status, code, retry_after: seconds.map(Duration::from_secs) }.into())
}
