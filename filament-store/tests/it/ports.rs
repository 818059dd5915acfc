//! What core asks of every store.

use filament_core::testing::check_conformance;

use crate::scene::Scene;

/// Proves MSG-1, MSG-4, EMI-1, EMI-3, ORD-6, ORD-7, HTTP-16, AUT-21 and AUT-22 as far as a store can keep or break them.
#[tokio::test(flavor = "multi_thread")]
async fn sqlite_keeps_the_rules_of_every_store() {
    let scene = Scene::new();
    check_conformance(scene.store.clone()).await;
    scene.is_whole().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn rules_hold_again_after_a_restart() {
    let scene = Scene::new();
    let cast = scene.cast().await;
    cast.post(&scene.engine(), cast.owner, "before").await;
    let scene = scene.closed().await.opened();
    cast.post(&scene.engine(), cast.member, "after").await;
    scene.is_whole().await;
}
