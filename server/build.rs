//! Makes sure that there is a browser UI to embed: where nobody has built it, a page that tells how.

use std::{fs, io, path::Path};

const PLACEHOLDER: &str = "<!doctype html><html lang=\"vi\"><meta charset=\"utf-8\"><title>giaoban</title>\
<body><h1>Giao diện chưa được dựng · The UI has not been built</h1>\
<p><code>cd server/web &amp;&amp; npm ci &amp;&amp; npm run build</code>, rồi dựng lại / then build again: <code>make run</code></p>\
<p><a href=\"/api/v1/openapi.json\">openapi.json</a></p></body></html>\n";

fn main() -> io::Result<()> {
    println!("cargo:rerun-if-changed=build.rs");
    println!("cargo:rerun-if-changed=web/dist");
    let index = Path::new("web/dist/index.html");
    if !index.exists() {
        fs::create_dir_all("web/dist")?;
        fs::write(index, PLACEHOLDER)?;
    }
    Ok(())
}
