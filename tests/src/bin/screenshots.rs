//! Takes a picture of every page, in both languages and four sizes, into `test-results/screenshots`.

use tests::{sample::look_at_pages, tools, world::World};

#[tokio::main]
async fn main() {
    let folder = tools::project().join("test-results/screenshots");
    let world = World::demo().await;
    for fault in look_at_pages(&world, &[], Some(&folder)).await {
        println!("{fault}");
    }
    println!("{}", folder.display());
}
