use std::path::Path;

/// `cargo run -p server -- openapi > server/openapi.json`
#[test]
fn the_committed_openapi_document_is_what_the_code_says() {
    let committed = Path::new(env!("CARGO_MANIFEST_DIR")).join("openapi.json");
    let committed = std::fs::read_to_string(committed).unwrap();
    let current = server::router::openapi().to_pretty_json().unwrap();
    assert!(committed.trim() == current.trim(), "run `giaoban openapi > server/openapi.json` and commit it");
}

#[test]
fn every_operation_has_a_name_of_its_own_and_a_line_about_it() {
    let document = serde_json::to_value(server::router::openapi()).unwrap();
    let mut names = Vec::new();
    for (path, operations) in document["paths"].as_object().unwrap() {
        for (method, operation) in operations.as_object().unwrap() {
            let name = operation["operationId"].as_str().unwrap_or_default().to_owned();
            assert!(!name.is_empty(), "{method} {path}");
            assert!(operation["summary"].as_str().is_some_and(|text| !text.is_empty()), "{method} {path}");
            assert!(!names.contains(&name), "{name} stands twice");
            names.push(name);
        }
    }
    assert_eq!(document["openapi"], "3.1.0");
}
