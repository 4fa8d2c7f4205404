//! Takes a picture of every page, in both languages and two sizes, into `test-results/screenshots`.

use tests::{peer::script, sample, tools, world::World};

#[tokio::main]
async fn main() {
    let folder = tools::project().join("test-results/screenshots");
    let world = World::demo().await;
    let mut look = script("pages.mjs", &sample::visit(&world, Some(&folder)).await).await;
    let looked = look.event("looked_at_all").await;
    look.finish().await;
    for fault in looked["faults"].as_array().into_iter().flatten() {
        println!("{fault}");
    }
    println!("{}", folder.display());
}
