//! The types of request and reply become an OpenAPI 3.1 document and a page to try it on.
//!
//! Schemas are derived from types (schemars): the reply's are those that are written, the request's stand in [`request`],
//! since requests are decoded by hand. The page is Swagger UI, embedded whole: it loads nothing from elsewhere, and its
//! addresses are relative, so that it works behind a proxy's path.
//!
//! Not here: `/` and what people read of an experiment.

mod request;

use std::sync::{Arc, OnceLock};

use axum::extract::Path;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use schemars::generate::SchemaSettings;
use serde_json::{Value, json};
use utoipa_swagger_ui::Config;

use super::reply;
use crate::assessment::Assessment;

/// The document, as JSON.
pub(super) fn text() -> Vec<u8> {
    static TEXT: OnceLock<Vec<u8>> = OnceLock::new();
    // Writing to memory fails only for maps whose keys are no text.
    TEXT.get_or_init(|| serde_json::to_vec(&document()).unwrap_or_default()).clone()
}

/// The page at `/docs`.
pub(super) fn page() -> Response {
    let mut response = file("index.html");
    if let Ok(Some(index)) = utoipa_swagger_ui::serve("index.html", config()) {
        // Its own links are relative to `/docs/`, and it stands at `/docs`, as v1.0.0's did.
        let html = String::from_utf8_lossy(&index.bytes).replacen("<head>", "<head><base href=\"docs/\">", 1);
        response = ([(header::CONTENT_TYPE, "text/html; charset=utf-8")], html).into_response();
    }
    response
}

/// A file that the page loads, `/docs/{name}`.
pub(super) async fn asset(Path(name): Path<String>) -> Response {
    file(&name)
}

fn file(name: &str) -> Response {
    match utoipa_swagger_ui::serve(name, config()) {
        Ok(Some(file)) => {
            let mut response = ([(header::CONTENT_TYPE, file.content_type)], file.bytes.into_owned()).into_response();
            if file.gzpipped {
                response.headers_mut().insert(header::CONTENT_ENCODING, header::HeaderValue::from_static("gzip"));
            }
            response
        }
        _ => reply::detail(StatusCode::NOT_FOUND, "Not Found"),
    }
}

fn config() -> Arc<Config<'static>> {
    // Relative to the page's base, `/docs/`.
    Arc::new(Config::from("../openapi.json"))
}

fn document() -> Value {
    let mut generator =
        SchemaSettings::draft2020_12().with(|settings| settings.definitions_path = PLACE.into()).into_generator();
    let assessment = generator.subschema_for::<Assessment>();
    let experiment = generator.subschema_for::<request::Experiment>();
    let detail = generator.subschema_for::<request::Refusal>();
    let json = |schema: &Value| json!({"application/json": {"schema": schema}});
    let (assessment, experiment, detail) = (value(assessment), value(experiment), value(detail));
    let mut body = json(&experiment);
    body["application/json"]["examples"] = examples();
    let plain = |summary: &str, description: &str, media: &str| {
        json!({"get": {
            "summary": summary,
            "responses": {"200": {"description": description, "content": {media: {"schema": {"type": "string"}}}}}
        }})
    };
    let health = |summary: &str, word: &str| {
        let schema = json!({"type": "object", "properties": {"status": {"const": word}}, "required": ["status"]});
        json!({"get": {
            "summary": summary,
            "responses": {"200": {"description": "It is.", "content": json(&schema)}}
        }})
    };
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "iter8-analytics",
            "version": crate::version(),
            "description": "Which version of your service is best, how sure is that, and how much traffic should each get next?",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "paths": {
            "/assessment": {"post": {
                "summary": "Assess an experiment",
                "description": "Fetches the experiment's metrics from the backend, unless it brings its observations, and says how \
                    each version does, who wins, and how to split traffic next. A backend that fails is no error: what is \
                    unknown is null, and `notes` say why.",
                "operationId": "assess",
                "requestBody": {"required": true, "content": body},
                "responses": {
                    "200": {"description": "The assessment.", "content": json(&assessment)},
                    "413": {"description": "The body is too long.", "content": json(&detail)},
                    "422": {"description": "What is wrong with the experiment.", "content": json(&detail)},
                    "503": {"description": "Too much is under way; `Retry-After` says when to ask again.", "content": json(&detail)},
                },
            }},
            "/health_check": health("Whether the process lives", "Ok"),
            "/ready": health("Whether requests may come", "Ready"),
            "/metrics": plain("The server's own metrics", "OpenMetrics text.", "application/openmetrics-text"),
        },
        "components": {"schemas": Value::Object(generator.take_definitions(true))},
    })
}

/// Requests that can be sent as they are: they bring their data.
fn examples() -> Value {
    let read = |text: &str| serde_json::from_str::<Value>(text).unwrap_or_default();
    json!({
        "canary": {"summary": "A canary with its data", "value": read(include_str!("openapi/canary.json"))},
        "conformance": {"summary": "One version against its limits", "value": read(include_str!("openapi/conformance.json"))},
    })
}

fn value(schema: schemars::Schema) -> Value {
    Value::from(schema)
}

/// Where OpenAPI keeps its schemas.
const PLACE: &str = "/components/schemas";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{MetricData, Options, Settings};

    #[test]
    fn every_reference_leads_to_a_schema() {
        let document = document();
        let mut references = Vec::new();
        collect(&document, &mut references);
        assert!(references.len() > 10, "{references:?}");
        for reference in references {
            assert!(document.pointer(reference.trim_start_matches('#')).is_some(), "{reference}");
        }
    }

    fn collect(value: &Value, references: &mut Vec<String>) {
        match value {
            Value::Object(members) => members.iter().for_each(|(key, value)| match value {
                Value::String(text) if key == "$ref" => references.push(text.clone()),
                _ => collect(value, references),
            }),
            Value::Array(items) => items.iter().for_each(|item| collect(item, references)),
            _ => {}
        }
    }

    #[test]
    fn the_examples_are_assessed_as_they_stand_and_every_field_is_in_the_schema() {
        let document = document();
        let names = |schema: &str| -> Vec<String> {
            let members = document["components"]["schemas"][schema]["properties"].as_object();
            members.into_iter().flatten().map(|(name, _)| name.clone()).collect()
        };
        for example in ["canary", "conformance"] {
            let experiment = &examples()[example]["value"];
            let options = Options::at("2026-01-01T10:10:00Z").unwrap_or_else(|error| panic!("{error}"));
            let parsed = crate::Experiment::parse(experiment, MetricData::Fetched, &Settings::default());
            let parsed = parsed.unwrap_or_else(|error| panic!("{example}: {error}"));
            let observations = parsed.own_observations().unwrap_or_else(|error| panic!("{example}: {error}"));
            let assessment = parsed.assess(observations, &options);
            let reply = serde_json::to_value(&assessment).unwrap_or_default();
            for (value, schema) in [(experiment, "Experiment"), (&reply, "Assessment")] {
                for key in value.as_object().into_iter().flatten().map(|(key, _)| key) {
                    assert!(names(schema).contains(key), "{schema}.{key}");
                }
            }
            assert_eq!(
                names("Assessment"),
                reply.as_object().into_iter().flatten().map(|(key, _)| key.clone()).collect::<Vec<_>>()
            );
        }
    }
}
