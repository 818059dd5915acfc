//! The web shell: files of `FILAMENT_WEB_ROOT`, and its start page for every address the client-side router owns
//! (HTTP-20, HTTP-21).

use std::io;
use std::path::{Path, PathBuf};

use http::{HeaderName, HeaderValue, Method, Response, header};
use tokio::fs::File;

use super::answer::{Answer, AnswerBody};
use super::error::ApiError;
use super::file::FileBody;
use super::percent::decode_segment;

/// First segments that belong to the API: what is unknown below them is a JSON 404, never the start page.
const RESERVED: [&str; 11] =
    ["api", "auth", "users", "friends", "guilds", "gateway", "livekit", "health", "healthz", "readyz", "metrics"];

/// Content types by file extension; anything else is `application/octet-stream`.
const CONTENT_TYPES: [(&str, &str); 18] = [
    ("avif", "image/avif"),
    ("css", "text/css; charset=utf-8"),
    ("gif", "image/gif"),
    ("html", "text/html; charset=utf-8"),
    ("ico", "image/x-icon"),
    ("jpg", "image/jpeg"),
    ("js", "text/javascript; charset=utf-8"),
    ("json", "application/json"),
    ("map", "application/json"),
    ("mjs", "text/javascript; charset=utf-8"),
    ("mp3", "audio/mpeg"),
    ("png", "image/png"),
    ("svg", "image/svg+xml"),
    ("txt", "text/plain; charset=utf-8"),
    ("wasm", "application/wasm"),
    ("webmanifest", "application/manifest+json"),
    ("webp", "image/webp"),
    ("woff2", "font/woff2"),
];

/// The start page, relative to the root.
const INDEX: &str = "index.html";

/// A folder of static files.
#[derive(Debug)]
pub struct Shell {
    /// Without links, so that a resolved file can be compared with it.
    root: PathBuf,
    content_security_policy: HeaderValue,
}

impl Shell {
    /// Opens the folder; `media_origin` is where the shell's pages reach the voice server, if there is one.
    ///
    /// # Errors
    /// The folder does not exist or is none, or the origin cannot stand in a header.
    pub fn new(root: &Path, media_origin: Option<&str>) -> io::Result<Self> {
        let root = root.canonicalize()?;
        if !root.is_dir() {
            return Err(io::ErrorKind::NotADirectory.into());
        }
        let connect = media_origin.map_or_else(String::new, |origin| format!(" {origin}"));
        let policy = format!(
            "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; font-src 'self'; \
             img-src 'self' data: blob:; media-src 'self' blob:; connect-src 'self'{connect}; base-uri 'none'; \
             object-src 'none'; form-action 'none'; frame-ancestors 'none'"
        );
        let content_security_policy =
            HeaderValue::from_str(&policy).map_err(|_| io::Error::from(io::ErrorKind::InvalidInput))?;
        Ok(Self { root, content_security_policy })
    }

    async fn file(&self, segments: &[String]) -> Option<(File, u64, PathBuf)> {
        let mut path = self.root.clone();
        path.extend(segments);
        // A link may point anywhere; only what really lies below the root is served.
        let path = tokio::fs::canonicalize(path).await.ok()?;
        if !path.starts_with(&self.root) {
            return None;
        }
        let file = File::open(&path).await.ok()?;
        let metadata = file.metadata().await.ok()?;
        metadata.is_file().then_some((file, metadata.len(), path))
    }

    fn answer(&self, file: File, length: u64, path: &Path) -> Answer {
        let mut answer = Response::new(AnswerBody::File(FileBody::new(file, length)));
        let is_page = path.extension().is_some_and(|extension| extension == "html");
        let headers = answer.headers_mut();
        for (name, value) in [
            (header::CONTENT_TYPE, HeaderValue::from_static(content_type(path))),
            (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
            (header::X_FRAME_OPTIONS, HeaderValue::from_static("DENY")),
            (header::REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
            (header::CONTENT_SECURITY_POLICY, self.content_security_policy.clone()),
        ] as [(HeaderName, HeaderValue); 5]
        {
            headers.insert(name, value);
        }
        if is_page {
            headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
        }
        answer
    }
}

/// Answers a request that met no route.
///
/// # Errors
/// 404 for everything that is neither a file nor an address of the client-side router, and always without a shell.
pub async fn answer(shell: Option<&Shell>, method: &Method, path: &str) -> Result<Answer, ApiError> {
    let (Some(shell), true) = (shell, matches!(*method, Method::GET | Method::HEAD)) else {
        return Err(ApiError::not_found());
    };
    let segments = segments(path).ok_or_else(ApiError::not_found)?;
    if let Some((file, length, path)) = shell.file(&segments).await {
        return Ok(shell.answer(file, length, &path));
    }
    if !belongs_to_client_router(&segments) {
        return Err(ApiError::not_found());
    }
    let (file, length, path) = shell.file(&[INDEX.to_owned()]).await.ok_or_else(ApiError::not_found)?;
    Ok(shell.answer(file, length, &path))
}

/// Decodes a path into names that stay below the folder they are joined to; `None` if one would not.
fn segments(path: &str) -> Option<Vec<String>> {
    path.split('/')
        .filter(|segment| !segment.is_empty())
        .map(|segment| {
            let name = decode_segment(segment).ok()?;
            let is_plain = !matches!(&*name, "." | "..") && !name.contains(['/', '\\', '\0', ':']);
            is_plain.then(|| name.into_owned())
        })
        .collect()
}

fn belongs_to_client_router(segments: &[String]) -> bool {
    let reserved = segments.first().is_some_and(|first| RESERVED.contains(&first.as_str()));
    let names_file = segments.last().is_some_and(|last| last.contains('.'));
    !reserved && !names_file
}

fn content_type(path: &Path) -> &'static str {
    let extension = path.extension().and_then(|extension| extension.to_str()).unwrap_or("").to_ascii_lowercase();
    let known = CONTENT_TYPES.iter().find(|(known, _)| *known == extension);
    known.map_or("application/octet-stream", |(_, content_type)| content_type)
}
