//! From method and path to a route: one match on the template, then one on the method, so that a known path with another
//! method is 405 with the methods it has (HTTP-1, HTTP-8).

use std::future::Future;
use std::pin::Pin;

use http::{HeaderValue, Method};
use matchit::Router;

use super::answer::Answer;
use super::body::BodyKind;
use super::call::Call;
use super::error::ApiError;
use crate::rate::AuthRoute;

/// Deepest template: guild, channel, message, emoji.
pub const PARAMS_MAX: usize = 4;

/// What a handler returns.
pub type HandlerFuture = Pin<Box<dyn Future<Output = Result<Answer, ApiError>> + Send>>;

/// The function behind a route.
pub type Handler = fn(Call) -> HandlerFuture;

/// Who may call a route at all; what they may do there is decided behind it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// Nobody is asked for a token.
    Open,
    /// A valid access token of a live session (HTTP-5).
    Session,
    /// The metrics token, if one is configured.
    Metrics,
    /// Like [`Access::Session`], with the token sources of the gateway (GW-2).
    Gateway,
    /// The media server, which signs its requests; the handler checks that.
    MediaServer,
}

/// What a request costs beside the global bucket (HTTP-17, §9.6).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Surcharge {
    /// Nothing.
    None,
    /// The allowance of (route, address): guesses at credentials.
    Auth(AuthRoute),
    /// The allowances of (address) and (user) for joining guilds.
    Join,
}

/// One row of the route table.
#[derive(Debug)]
pub struct Route {
    /// The method; `GET` rows answer `HEAD` as well.
    pub method: Method,
    /// The path under the root, `{name}` for a parameter; also the label of metrics and logs.
    pub template: &'static str,
    /// Who may call it.
    pub access: Access,
    /// What happens to the body.
    pub body: BodyKind,
    /// What it costs beside the global bucket.
    pub surcharge: Surcharge,
    /// Whether it exists under `/api` too.
    pub mirrored: bool,
    /// What runs.
    pub handler: Handler,
}

/// Where the parameters of the matched template stand in the path.
#[derive(Clone, Copy, Debug, Default)]
pub struct Params {
    ranges: [(u16, u16); PARAMS_MAX],
}

impl Params {
    /// Returns the still encoded text of the parameter `name` of `template`.
    #[must_use]
    pub fn find<'p>(&self, template: &str, path: &'p str, name: &str) -> Option<&'p str> {
        let names = template.split('/').filter_map(|segment| segment.strip_prefix('{')?.strip_suffix('}'));
        let index = names.into_iter().position(|candidate| candidate == name)?;
        let (start, end) = *self.ranges.get(index)?;
        path.get(usize::from(start)..usize::from(end))
    }
}

/// What a method and a path lead to.
#[derive(Debug)]
pub enum Found {
    /// A route, and where its parameters stand.
    Route(&'static Route, Params),
    /// The path exists with these methods only.
    OtherMethods {
        /// The template, for labels.
        template: &'static str,
        /// The `Allow` value.
        allow: HeaderValue,
    },
    /// No such path.
    Nothing,
}

/// All methods of one template.
#[derive(Debug)]
struct Resource {
    template: &'static str,
    routes: Vec<&'static Route>,
    allow: HeaderValue,
}

/// The routes of the server, ready to be looked up.
#[derive(Debug)]
pub struct Table {
    router: Router<usize>,
    resources: Vec<Resource>,
}

impl Table {
    /// Builds the lookup.
    ///
    /// # Errors
    /// Names the row that is ambiguous, given twice or too deep: a defect of the table, found at the first start.
    pub fn new(routes: &'static [Route]) -> Result<Self, String> {
        let mut resources: Vec<Resource> = Vec::new();
        for route in routes {
            if route.template.matches('{').count() > PARAMS_MAX {
                return Err(format!("{} has more than {PARAMS_MAX} parameters", route.template));
            }
            match resources.iter_mut().find(|resource| resource.template == route.template) {
                Some(resource) if resource.routes.iter().any(|other| other.method == route.method) => {
                    return Err(format!("{} {} is given twice", route.method, route.template));
                }
                Some(resource) => resource.routes.push(route),
                None => resources.push(Resource {
                    template: route.template,
                    routes: vec![route],
                    allow: HeaderValue::from_static(""),
                }),
            }
        }
        let mut router = Router::new();
        for (index, resource) in resources.iter_mut().enumerate() {
            resource.allow = allow(&resource.routes)?;
            router.insert(resource.template, index).map_err(|error| format!("{}: {error}", resource.template))?;
        }
        Ok(Self { router, resources })
    }

    /// Finds the route of a request. `HEAD` is answered by the `GET` row.
    #[must_use]
    pub fn find(&self, method: &Method, path: &str) -> Found {
        let (prefix_bytes, rooted) = match path.strip_prefix("/api") {
            Some(rest) if rest.starts_with('/') => (path.len() - rest.len(), rest),
            Some(_) | None => (0, path),
        };
        let Ok(matched) = self.router.at(rooted) else { return Found::Nothing };
        let resource = &self.resources[*matched.value];
        let visible = |route: &Route| route.mirrored || prefix_bytes == 0;
        if !resource.routes.iter().any(|route| visible(route)) {
            return Found::Nothing;
        }
        let wanted = if *method == Method::HEAD { &Method::GET } else { method };
        match resource.routes.iter().find(|route| route.method == *wanted && visible(route)) {
            Some(route) => {
                let mut params = Params::default();
                for (range, (_, value)) in params.ranges.iter_mut().zip(matched.params.iter()) {
                    *range = range_in(path, value);
                }
                Found::Route(route, params)
            }
            None => Found::OtherMethods { template: resource.template, allow: resource.allow.clone() },
        }
    }
}

/// Returns where `part`, a slice of `path`, stands in it; a head is far shorter than 65,536 bytes.
fn range_in(path: &str, part: &str) -> (u16, u16) {
    let start = part.as_ptr().addr().saturating_sub(path.as_ptr().addr());
    let end = start + part.len();
    (u16::try_from(start).unwrap_or(u16::MAX), u16::try_from(end).unwrap_or(u16::MAX))
}

fn allow(routes: &[&'static Route]) -> Result<HeaderValue, String> {
    let mut methods: Vec<&str> = routes.iter().map(|route| route.method.as_str()).collect();
    if methods.contains(&"GET") {
        methods.push("HEAD");
    }
    methods.sort_unstable();
    HeaderValue::from_str(&methods.join(", ")).map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn handler(_call: Call) -> HandlerFuture {
        Box::pin(async { Err(ApiError::internal()) })
    }

    const fn route(method: Method, template: &'static str, mirrored: bool) -> Route {
        Route {
            method,
            template,
            access: Access::Open,
            body: BodyKind::Ignored,
            surcharge: Surcharge::None,
            mirrored,
            handler,
        }
    }

    static ROUTES: &[Route] = &[
        route(Method::GET, "/health", true),
        route(Method::GET, "/metrics", false),
        route(Method::GET, "/guilds", true),
        route(Method::POST, "/guilds", true),
        route(Method::GET, "/guilds/public", true),
        route(Method::PATCH, "/guilds/{guild_id}", true),
        route(Method::POST, "/guilds/{guild_id}/channels/{channel_id}/messages/{message_id}/reactions/{emoji}", true),
    ];

    fn label(method: &Method, path: &str) -> String {
        match Table::new(ROUTES).unwrap().find(method, path) {
            Found::Route(route, _) => format!("{} {}", route.method, route.template),
            Found::OtherMethods { allow, .. } => format!("405 {}", allow.to_str().unwrap()),
            Found::Nothing => "404".to_owned(),
        }
    }

    /// Proves HTTP-1 and the first step of HTTP-8.
    #[test]
    fn paths_lead_to_routes_at_the_root_and_under_api() {
        for (method, path, expected) in [
            (Method::GET, "/health", "GET /health"),
            (Method::GET, "/api/health", "GET /health"),
            (Method::HEAD, "/health", "GET /health"),
            (Method::POST, "/health", "405 GET, HEAD"),
            (Method::POST, "/api/health", "405 GET, HEAD"),
            (Method::GET, "/metrics", "GET /metrics"),
            (Method::GET, "/api/metrics", "404"),
            (Method::POST, "/api/metrics", "404"),
            (Method::DELETE, "/guilds", "405 GET, HEAD, POST"),
            (Method::GET, "/guilds/public", "GET /guilds/public"),
            (Method::PATCH, "/guilds/x", "PATCH /guilds/{guild_id}"),
            (Method::PATCH, "/guilds/", "404"),
            (Method::PATCH, "/guilds/x/", "404"),
            (Method::GET, "/api/api/health", "404"),
            (Method::GET, "/api", "404"),
            (Method::GET, "/apihealth", "404"),
            (Method::GET, "/", "404"),
            (Method::GET, "//health", "404"),
        ] {
            assert_eq!(label(&method, path), expected, "{method} {path}");
        }
    }

    #[test]
    fn parameters_are_found_by_name_with_and_without_the_prefix() {
        let table = Table::new(ROUTES).unwrap();
        for path in
            ["/guilds/G/channels/C/messages/M/reactions/%F0%9F", "/api/guilds/G/channels/C/messages/M/reactions/%F0%9F"]
        {
            let Found::Route(route, params) = table.find(&Method::POST, path) else { panic!("{path}") };
            let find = |name| params.find(route.template, path, name);
            assert_eq!(find("guild_id"), Some("G"));
            assert_eq!(find("channel_id"), Some("C"));
            assert_eq!(find("message_id"), Some("M"));
            assert_eq!(find("emoji"), Some("%F0%9F"));
            assert_eq!(find("user_id"), None);
        }
    }

    #[test]
    fn a_table_with_the_same_row_twice_is_refused() {
        static TWICE: &[Route] = &[route(Method::GET, "/a", true), route(Method::GET, "/a", true)];
        assert!(Table::new(TWICE).is_err());
    }
}
