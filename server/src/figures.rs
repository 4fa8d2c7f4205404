//! The recorder of figures: one for the process, whoever asks first.

use std::sync::OnceLock;

use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};

static RECORDER: OnceLock<PrometheusHandle> = OnceLock::new();

/// The handle that renders all figures of the process.
pub fn handle() -> PrometheusHandle {
    RECORDER
        .get_or_init(|| {
            let recorder = builder().build_recorder();
            let handle = recorder.handle();
            if metrics::set_global_recorder(recorder).is_err() {
                tracing::warn!("another recorder of figures is in place; /metrics stays empty");
            }
            handle
        })
        .clone()
}

/// Bounds of the request times in seconds: a click (0.1), patience (1), the time-out (20), and steps between.
const SECONDS: [f64; 8] = [0.005, 0.02, 0.05, 0.1, 0.3, 1.0, 5.0, 20.0];

fn builder() -> PrometheusBuilder {
    PrometheusBuilder::new().set_buckets(&SECONDS).unwrap_or_else(|_| PrometheusBuilder::new())
}
