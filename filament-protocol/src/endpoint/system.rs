//! Health, metrics and the documents of the interface (§9.3).

use super::build::{get, json, not_found, refusal};
use super::{Access, Answer, Content, Endpoint, Family};
use crate::error::ErrorCode;

const DOCUMENT_NOTES: &str = "The answer has an `ETag`; a request with a matching `If-None-Match` gets 304 and no body. \
                              `cache-control` is `public, max-age=300`.";

const UNCHANGED: Answer = Answer { status: 304, content: Content::Empty, about: "It has not changed." };

const DOCUMENT: &[Answer] =
    &[Answer { status: 200, content: Content::Document(&["application/json"]), about: "The document." }, UNCHANGED];

const SCHEMA: &[Answer] = &[
    Answer {
        status: 200,
        content: Content::Document(&["application/schema+json", "application/json"]),
        about: "The schema, or the catalogue.",
    },
    UNCHANGED,
];

const fn row(endpoint: Endpoint) -> Endpoint {
    endpoint.of(Family::System, "9.3").for_(Access::Open)
}

/// The rows.
pub(super) const ENDPOINTS: &[Endpoint] = &[
    row(get("/health", "read_health", "Tells whether the process runs.")).answers(&[json("Health")]).served(),
    row(get("/healthz", "read_liveness", "Tells whether the process runs, for orchestrators."))
        .at_root_only()
        .answers(&[json("Health")])
        .served(),
    row(get("/readyz", "read_readiness", "Tells whether requests are welcome."))
        .at_root_only()
        .answers(&[json("Health")])
        .refuses(&[refusal(ErrorCode::Overloaded, "migrating or draining")])
        .served(),
    row(get("/metrics", "read_metrics", "Gives the counters of §15 as Prometheus text."))
        .at_root_only()
        .for_(Access::Metrics)
        .answers(&[Answer {
            status: 200,
            content: Content::Bytes(&["text/plain; version=0.0.4; charset=utf-8"]),
            about: "The metrics.",
        }])
        .served(),
    row(get("/openapi.json", "read_openapi", "Gives the OpenAPI document of this interface."))
        .answers(DOCUMENT)
        .notes(DOCUMENT_NOTES)
        .served(),
    row(get("/asyncapi.json", "read_asyncapi", "Gives the AsyncAPI document of the gateway."))
        .answers(DOCUMENT)
        .notes(DOCUMENT_NOTES)
        .served(),
    row(get("/schema/v1/{document}", "read_schema", "Gives a JSON Schema, or the catalogue of events."))
        .answers(SCHEMA)
        .refuses(&[not_found("no document of that name")])
        .notes(DOCUMENT_NOTES)
        .served(),
];
