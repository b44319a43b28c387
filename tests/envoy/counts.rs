//! Whether our counts are Envoy's own, whenever nothing is under way.

use std::time::Duration;

use super::process::{Envoy, example};
use super::shop::{Crowd, Shop};
use super::wait_until;

#[tokio::test(flavor = "multi_thread")]
async fn at_each_rest_and_at_the_end_the_counts_are_those_of_envoy_to_the_request() {
    let shop = Shop::open().await;
    let mut envoy = Envoy::prepare(&example("bootstrap.yaml"), Some(&example("canary.yaml")), shop.ports);
    envoy.start().await;
    let mut sent = 0;
    for round in 1..=5 {
        shop.fail(0, 10 * round);
        let crowd = Crowd::gather(10, format!("http://127.0.0.1:{}/", envoy.port), Duration::from_millis(5));
        for _ in 0..3 {
            tokio::time::sleep(Duration::from_millis(170 * round)).await;
            let under_way = Counts::of(&envoy).await;
            assert!(under_way.ours <= under_way.downstream, "{under_way:?}");
        }
        let (answered, failed, lost) = crowd.go_home().await;
        assert_eq!(lost, 0);
        sent += answered + failed;
        wait_until("a tick counts the rest", async || Counts::of(&envoy).await.ours == sent).await;
        let rest = Counts::of(&envoy).await;
        assert_eq!((rest.ours, rest.downstream), (sent, sent));
        assert_eq!(rest.our_errors, rest.errors);
        assert_eq!(rest.our_versions, rest.clusters);
    }
    assert!(sent > 500, "{sent}");
}

/// Requests, as of one moment.
#[derive(Debug)]
struct Counts {
    ours: u64,
    our_errors: u64,
    our_versions: [u64; 2],
    downstream: u64,
    errors: u64,
    clusters: [u64; 2],
}

impl Counts {
    async fn of(envoy: &Envoy) -> Self {
        let text = envoy.admin("GET", "/stats/prometheus").await.unwrap();
        let sum = |words: &[&str]| {
            let lines = text.lines().filter(|line| words.iter().all(|word| line.contains(word)));
            lines.map(|line| line.rsplit(' ').next().unwrap().parse::<u64>().unwrap()).sum()
        };
        let ours = "istio_requests_total{";
        let upstream = "envoy_cluster_upstream_rq_completed{";
        let shop = "envoy_http_conn_manager_prefix=\"shop\"";
        Self {
            ours: sum(&[ours]),
            our_errors: sum(&[ours, "response_code=\"5"]),
            our_versions: ["shop-v1", "shop-v2"].map(|version| sum(&[ours, version])),
            downstream: sum(&["envoy_http_downstream_rq_total{", shop]),
            errors: sum(&["envoy_http_downstream_rq_xx{", "class=\"5\"", shop]),
            clusters: ["shop-v1", "shop-v2"].map(|version| sum(&[upstream, version])),
        }
    }
}
