//! What can be said on the command line, and the help that tells so.
//!
//! clap derives parser and help from these types; a test runs every example that the help shows.
//!
//! Not here: what a command does.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::assessment::Method;
use crate::{Instant, SEED_MAX, Seed};

/// Assesses online experiments: which version of a service does best, how sure that is, how to split traffic next.
///
/// Without a command it serves.
#[derive(Debug, Parser)]
#[command(name = "iter8-analytics", version, args_conflicts_with_subcommands = true, after_help = EXAMPLES)]
pub(super) struct Arguments {
    #[command(subcommand)]
    pub(super) command: Option<Command>,
    #[command(flatten)]
    pub(super) serve: Serve,
}

/// One thing to do.
#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Serve assessments over HTTP (what happens without a command).
    #[command(after_help = EXAMPLES_SERVE)]
    Serve(Serve),
    /// Assess an experiment, once or again and again, and print the assessment.
    #[command(after_help = EXAMPLES_ASSESS)]
    Assess(Assess),
    /// Print what would be asked of Prometheus for an experiment, as JSON.
    #[command(after_help = EXAMPLES_QUERIES)]
    Queries(Queries),
    /// Check an experiment as the server would, and say everything that is wrong with it.
    #[command(after_help = EXAMPLES_CHECK)]
    Check(Check),
    /// Print the configuration that a server would have, secrets masked, and say what is odd about it.
    #[command(after_help = EXAMPLES_CHECK_CONFIG)]
    CheckConfig(ConfigFlags),
    /// Run an experiment in a simulated world, or many and compare how they end.
    #[command(after_help = EXAMPLES_SIMULATE)]
    Simulate(Simulate),
    /// Tell of finished experiments: their winners' metrics, as a table or as iter8-trend's gauges for Prometheus.
    #[command(after_help = EXAMPLES_TREND)]
    Trend(Trend),
}

/// What `serve` can be told; each beats the environment, which beats the config file.
#[derive(Debug, Args)]
pub(super) struct Serve {
    /// Serve a small built-in world at /demo, and ask it where no metrics backend is named.
    #[arg(long)]
    pub(super) demo: bool,
    #[command(flatten)]
    pub(super) config: ConfigFlags,
}

/// Settings that are flags too.
#[derive(Debug, Args)]
pub(super) struct ConfigFlags {
    /// Address to listen on, or `localhost`.
    #[arg(long, value_name = "ADDRESS")]
    pub(super) host: Option<String>,
    /// Port to listen on; 0 takes a free one.
    #[arg(long, value_name = "PORT")]
    pub(super) port: Option<u16>,
    /// Config file, YAML or JSON.
    #[arg(long = "config", value_name = "FILE")]
    pub(super) config_file: Option<PathBuf>,
}

/// Which experiments a command is about.
#[derive(Debug, Args)]
pub(super) struct Subject {
    /// The experiment, JSON or YAML: a request, or Experiment resources of iter8; `-` reads standard input.
    #[arg(value_name = "EXPERIMENT")]
    pub(super) experiment: PathBuf,
    /// The metrics: the ConfigMap iter8config-metrics, or a map with counter_metrics and ratio_metrics.
    #[arg(long, value_name = "FILE")]
    pub(super) metrics: Option<PathBuf>,
    /// Of several experiments this one; `namespace/name` does too.
    #[arg(long, value_name = "NAME")]
    pub(super) name: Option<String>,
}

/// What `assess` can be told.
#[derive(Debug, Args)]
pub(super) struct Assess {
    #[command(flatten)]
    pub(super) subject: Subject,
    /// Metric data, JSON or YAML, in place of those in the experiment; `-` reads standard input.
    #[arg(long, value_name = "FILE", conflicts_with = "prometheus")]
    pub(super) observations: Option<PathBuf>,
    /// Prometheus to ask for the metric data, such as http://localhost:9090.
    #[arg(long, value_name = "URL")]
    pub(super) prometheus: Option<String>,
    /// Assess as of this instant, RFC 3339, in place of now.
    #[arg(long, value_name = "INSTANT", value_parser = instant)]
    pub(super) now: Option<Instant>,
    /// As of the last assessment in a resource's status, as it is anyway where the experiment is over.
    #[arg(long, conflicts_with = "now")]
    pub(super) replay: bool,
    /// When a resource's experiment starts that has not started, RFC 3339, in place of now.
    #[arg(long, value_name = "INSTANT", value_parser = instant)]
    pub(super) start: Option<Instant>,
    /// Assess again at every interval of the experiment, each time with the state of the last; Ctrl-C ends it.
    #[arg(long, requires = "prometheus", conflicts_with_all = ["now", "replay"])]
    pub(super) watch: bool,
    /// Seconds between two looks, in place of the resource's interval, or 30.
    #[arg(long, value_name = "SECONDS", requires = "watch", value_parser = clap::value_parser!(u32).range(1..=86_400))]
    pub(super) interval: Option<u32>,
    /// End after so many looks.
    #[arg(long, value_name = "N", requires = "watch", value_parser = clap::value_parser!(u32).range(1..))]
    pub(super) looks: Option<u32>,
    /// Statistics to assess with, in place of the experiment's.
    #[arg(long, value_name = "METHOD")]
    pub(super) method: Option<MethodName>,
    /// Seed of what is sampled, 0 to 9007199254740991, or `random`.
    #[arg(long, value_name = "SEED", value_parser = seed)]
    pub(super) seed: Option<Seed>,
    /// How to print: a text to read, the JSON that the server replies, or the status that iter8's controller writes into a
    /// resource. On a terminal a text, else JSON.
    #[arg(long, value_name = "FORMAT")]
    pub(super) format: Option<AssessFormat>,
}

/// What `queries` can be told.
#[derive(Debug, Args)]
pub(super) struct Queries {
    #[command(flatten)]
    pub(super) subject: Subject,
    /// Ask as of this instant, RFC 3339, in place of now.
    #[arg(long, value_name = "INSTANT", value_parser = instant)]
    pub(super) now: Option<Instant>,
}

/// What `check` can be told.
#[derive(Debug, Args)]
pub(super) struct Check {
    #[command(flatten)]
    pub(super) subject: Subject,
}

/// What `simulate` can be told.
#[derive(Debug, Args)]
pub(super) struct Simulate {
    /// The name of a ready world, or a file with one, JSON or YAML; `-` reads standard input.
    #[arg(value_name = "WORLD")]
    pub(super) world: PathBuf,
    /// Make so many runs with either method and compare how they end, in place of showing one.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=100_000))]
    pub(super) runs: Option<u32>,
    /// Seed of the draws, of the first run where there are many.
    #[arg(long, value_name = "SEED", default_value_t = 1, value_parser = clap::value_parser!(u64).range(..=SEED_MAX))]
    pub(super) seed: u64,
    /// Statistics to assess with: the world's, else `sequential`; of many runs these alone.
    #[arg(long, value_name = "METHOD")]
    pub(super) method: Option<MethodName>,
    /// How to print: a table to read, or JSON. On a terminal a table, else JSON.
    #[arg(long, value_name = "FORMAT")]
    pub(super) format: Option<Format>,
}

/// What `trend` can be told.
#[derive(Debug, Args)]
pub(super) struct Trend {
    /// Experiment resources or assessments, JSON or YAML; a folder is all such files in it.
    #[arg(value_name = "FILE", required = true)]
    pub(super) files: Vec<PathBuf>,
    /// Prometheus to ask what the winners used of CPU, memory, disk and network.
    #[arg(long, value_name = "URL")]
    pub(super) prometheus: Option<String>,
    /// How to print: a table to read, or gauges. On a terminal a table, else gauges.
    #[arg(long, value_name = "FORMAT")]
    pub(super) format: Option<TrendFormat>,
}

/// How finished experiments are printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum TrendFormat {
    /// For a person.
    Text,
    /// Prometheus' text format.
    Prometheus,
}

/// How an assessment is printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum AssessFormat {
    /// The server's reply, byte for byte; of several experiments an array.
    Json,
    /// For a person.
    Text,
    /// The `status` of an Experiment resource, as JSON.
    Status,
}

/// How runs are printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Format {
    /// For a program.
    Json,
    /// For a person.
    Text,
}

/// Statistics to assess with: the engine knows no command line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum MethodName {
    /// Exact beliefs, and verdicts that hold at every look.
    Sequential,
    /// Those of iter8-analytics v1.0.0.
    V1,
}

impl From<MethodName> for Method {
    fn from(name: MethodName) -> Self {
        match name {
            MethodName::Sequential => Self::Sequential,
            MethodName::V1 => Self::V1,
        }
    }
}

fn instant(text: &str) -> Result<Instant, String> {
    // Requests may leave the zone out, or count seconds since 1970; a person would mean another zone than UTC.
    let zoned = Instant::parse(text).filter(|instant| text.contains(':') && instant.has_zone());
    zoned.ok_or_else(|| "expected an instant with its zone, such as 2026-01-01T10:10:00Z".to_owned())
}

fn seed(text: &str) -> Result<Seed, String> {
    match text.parse() {
        _ if text == "random" => Ok(Seed::Random),
        Ok(number) if number <= SEED_MAX => Ok(Seed::Number(number)),
        _ => Err(format!("expected a whole number from 0 to {SEED_MAX}, or `random`")),
    }
}

const EXAMPLES: &str = "\
Examples:
  $ iter8-analytics --demo
  $ iter8-analytics assess experiment.yaml --format text
  $ iter8-analytics check experiment.yaml

`iter8-analytics COMMAND --help` has examples of each command.
Exit codes: 0 fine; 1 cannot (the metrics backend fails, the port is taken); 2 wrong input, a line for each fault.";

const EXAMPLES_SERVE: &str = "\
Examples:
  $ iter8-analytics serve --demo
  $ iter8-analytics serve --port 8080 --config config.yaml
  $ ITER8_ANALYTICS_METRICS_BACKEND_URL=http://prometheus:9090 iter8-analytics serve

SIGTERM and Ctrl-C finish what is under way, then stop.";

const EXAMPLES_ASSESS: &str = "\
Examples:
  $ iter8-analytics assess experiment.yaml
  $ iter8-analytics assess experiment.yaml --observations observations.json --format text
  $ iter8-analytics assess experiment.yaml --now 2026-01-01T10:10:00Z --seed 7 --format json
  $ cat experiment.yaml | iter8-analytics assess - --format text
  $ iter8-analytics assess experiment.yaml --prometheus http://localhost:9090

The JSON has no newline behind it unless it goes to a terminal: it is the server's reply to the same request.
Resources are what `kubectl get experiments -o yaml` prints, or what kubectl is given. A live table of one:
  iter8-analytics assess resources.yaml --metrics metrics.yaml --name cart-canary --watch \\
      --prometheus http://localhost:9090";

const EXAMPLES_QUERIES: &str = "\
Examples:
  $ iter8-analytics queries experiment.yaml
  $ iter8-analytics queries experiment.yaml --now 2026-01-01T10:10:00Z

In an experiment's first 20 seconds there is nothing to ask: [].";

const EXAMPLES_CHECK: &str = "\
Examples:
  $ iter8-analytics check experiment.yaml
  $ iter8-analytics check resources.yaml --metrics metrics.yaml
  $ cat experiment.yaml | iter8-analytics check -

Fields that no version of the API knows are faults here; the server passes them over, as v1.0.0 did. What is right and yet of
no use (no criteria, data of other metrics) is a warning.";

const EXAMPLES_CHECK_CONFIG: &str = "\
Examples:
  $ iter8-analytics check-config
  $ iter8-analytics check-config --config config.yaml
  $ METRICS_BACKEND_CONFIGFILE=config.yaml iter8-analytics check-config --port 9000

Environment, config file and flags are read as `serve` reads them. What is printed could be a config file again, but for the
secrets: JSON is YAML too. What is odd is told on standard error.";

const EXAMPLES_SIMULATE: &str = "\
Examples:
  $ iter8-analytics simulate abn --format text
  $ iter8-analytics simulate canary --runs 20 --format text
  $ echo '{\"base\": \"aa\", \"iterations\": 20}' | iter8-analytics simulate - --seed 7

Ready worlds: conformance, canary, canary_bad, ab, abn (iter8's tutorials), aa, drift, incident, overdispersion, heavy_tails,
abn_many. An object with `base` replaces fields of one.";

const EXAMPLES_TREND: &str = "\
Examples:
  $ iter8-analytics trend finished.yaml --format text
  $ iter8-analytics trend finished.yaml --prometheus http://localhost:9090

What node_exporter's textfile collector reads is scraped: `iter8-analytics trend folder > trend.prom`.
A file without a finished experiment is named on standard error; files without any experiment are exit code 2.";

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_arguments_make_a_sound_parser() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn serving_needs_no_command() {
        let arguments = Arguments::try_parse_from(["iter8-analytics", "--port", "9000"]).unwrap();
        assert!(arguments.command.is_none());
        assert_eq!(arguments.serve.config.port, Some(9000));
    }

    #[test]
    fn an_instant_has_its_zone() {
        for right in ["2026-01-01T10:10:00Z", "2026-01-01T10:10:00.5+02:00", "2026-01-01 10:10:00-01:30"] {
            assert!(instant(right).is_ok(), "{right}");
        }
        for wrong in ["2026-01-01T10:10:00", "0", "2026-01-01", "1767261000", "2026-01-01Z", ""] {
            assert!(instant(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_seed_is_a_number_that_json_carries_or_random() {
        assert_eq!(seed("7"), Ok(Seed::Number(7)));
        assert_eq!(seed("random"), Ok(Seed::Random));
        assert_eq!(seed("9007199254740991"), Ok(Seed::Number(SEED_MAX)));
        for wrong in ["9007199254740992", "-1", "1.5", "", "Random"] {
            assert!(seed(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn metric_data_come_from_one_place() {
        let both = ["iter8-analytics", "assess", "e.json", "--observations", "o.json", "--prometheus", "http://p:9090"];
        assert!(Arguments::try_parse_from(both).is_err());
    }
}
