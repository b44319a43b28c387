#!/usr/bin/env python3
"""Case files become the numbers that v1.0.0's statistics give for them.

    python3 reference.py                 print, for every case with metric data, what its reply should hold
    python3 reference.py --write FILE..  put those numbers into the files' `reply`, where it says "reply": "reference"

A second implementation of the method "v1", written from its description and sharing nothing with the engine: numpy
draws 10,000 values from each belief, masks and rewards are compared row by row, and 200 such runs give the mean and
the spread of each number that depends on draws. A number that never varied is expected as it is; another
as the text "mean ± five standard deviations", whole percents with at least one to spare.

Where v1.0.0 failed or contradicted itself the numbers are those of a consistent reading: a belief of width nothing
stands on the version's own value, each counter and each ratio is updated for itself, every strategy is capped for
itself, and weights are whole percents that sum to 100.

Not here: errors, notes and status codes, which the cases state by hand, as well as whole replies where
"is_reference" is false. Needs numpy.
"""

import json
import math
import pathlib
import sys
from datetime import datetime, timezone

import numpy as np

DRAWS = 10_000
RUNS = 200
PRIOR = 0.1
EXPLORATION = 0.05
STRATEGIES = {"progressive": 1, "top_2": 2, "uniform": None}


def instant(text):
    """An aware datetime; a text without a zone is UTC."""
    if isinstance(text, (int, float)):
        while abs(text) > 2e10:
            text /= 1000
        return datetime.fromtimestamp(text, timezone.utc)
    parsed = datetime.fromisoformat(str(text).replace("Z", "+00:00"))
    return parsed if parsed.tzinfo else parsed.replace(tzinfo=timezone.utc)


class Experiment:
    def __init__(self, body):
        self.body = body
        self.candidates = [str(version["id"]) for version in body["candidates"]]
        self.baseline = str(body["baseline"]["id"])
        self.versions = self.candidates + [self.baseline]
        self.labels = {str(v["id"]): v.get("version_labels") for v in body["candidates"] + [body["baseline"]]}
        name = lambda spec: spec.get("name", spec.get("id"))
        self.counters = {name(spec): spec for spec in body["metric_specs"]["counter_metrics"]}
        self.ratios = {name(spec): spec for spec in body["metric_specs"]["ratio_metrics"]}
        self.criteria = body["criteria"]
        self.used_ratios = list(dict.fromkeys(c["metric_id"] for c in self.criteria if c["metric_id"] in self.ratios))
        used = ["iter8_request_count"]
        for criterion in self.criteria:
            metric = criterion["metric_id"]
            spec = self.ratios.get(metric)
            used += [metric] if metric in self.counters else [spec["numerator"], spec["denominator"]]
        self.used_counters = list(dict.fromkeys(used))
        self.rewards = [c for c in self.criteria if c.get("is_reward")]
        self.max_increment = float(body.get("traffic_control", {}).get("max_increment", 2.0))
        self.last = body.get("last_state") or {}

    def direction(self, metric):
        return (self.counters.get(metric) or self.ratios.get(metric)).get("preferred_direction")


def total(value):
    """A counter's total from the forms that observations may take."""
    if isinstance(value, dict):
        return float(value["total"])
    if isinstance(value, list):
        return float(sum(x for x in value if x is not None))
    return None if value is None else float(value)


def samples(experiment, case):
    """counter -> version -> (value or None where the data say nothing), and what a missing one counts as."""
    young = (instant(case["now"]) - instant(experiment.body["start_time"])).total_seconds() < 20
    found = {counter: {} for counter in experiment.used_counters}
    if "observations" in case:
        for version, counters in case["observations"]["versions"].items():
            for counter, value in counters.items():
                if counter in found:
                    found[counter][version] = total(value)
        return found, None
    if young:
        return found, 0.0
    for counter, answer in zip(experiment.used_counters, case["answers"]):
        for sample in answer["data"]["result"]:
            for version in experiment.versions:
                if experiment.labels[version] == sample["metric"]:
                    value = float(sample["value"][1])
                    found[counter][version] = value if 0 <= value < math.inf else None
    return found, 0.0


def aggregate(experiment, case):
    """Counters and ratios after merging the data with the last state, and each ratio's extremes."""
    found, missing = samples(experiment, case)
    old_counters = experiment.last.get("aggregated_counter_metrics") or {}
    old_ratios = experiment.last.get("aggregated_ratio_metrics") or {}
    counters, ratios, new_ratios = {}, {}, {}
    for version in experiment.versions:
        counters[version] = {}
        for counter in experiment.used_counters:
            old = (old_counters.get(version, {}).get(counter) or {}).get("value")
            new = found[counter].get(version, missing)
            keep_old = new is None or old is not None and old > new
            counters[version][counter] = old if keep_old else new
    extremes = {}
    for ratio in experiment.used_ratios:
        spec = experiment.ratios[ratio]
        for version in experiment.versions:
            parts = found[spec["numerator"]], found[spec["denominator"]]
            zeroed = False
            if all(version in part for part in parts):
                numerator, denominator = (part[version] for part in parts)
                new = numerator / denominator if denominator and numerator is not None else None
            else:
                zeroed = missing is not None and bool(counters[version][spec["denominator"]])
                new = 0.0 if zeroed else None
            old = old_ratios.get(version, {}).get(ratio) or {}
            if new is None or zeroed and old.get("value") is not None and old.get("status", "all_ok") == "all_ok":
                ratios.setdefault(version, {})[ratio] = old.get("value")
            else:
                ratios.setdefault(version, {})[ratio] = new
            new_ratios.setdefault(ratio, []).append(new)
        seen = [value for value in new_ratios[ratio] if value is not None]
        old = (experiment.last.get("ratio_max_mins") or {}).get(ratio) or {}
        if old.get("minimum") is not None and old.get("maximum") is not None:
            seen += [old["minimum"], old["maximum"]]
        extremes[ratio] = (min(seen), max(seen)) if seen else (None, None)
    return counters, ratios, extremes


def belief(experiment, ratio, value, count, extremes, random):
    """Draws from what is believed of a ratio, or None."""
    if value is None or count is None or count <= 0:
        return None
    if experiment.ratios[ratio].get("zero_to_one"):
        hits = min(value, 1.0) * count
        draws = random.beta(PRIOR + hits, PRIOR + count - hits, DRAWS)
    elif extremes[0] is None:
        return None
    else:
        width = extremes[1] - extremes[0]
        draws = random.normal(value, math.sqrt(width / (1 + count)), DRAWS) if width > 0 else np.full(DRAWS, value)
    return np.maximum(draws, 0.0)


def criterion_assessment(experiment, criterion, version, counters, ratios, beliefs):
    """One criterion's part of the reply, and the probability of keeping its limit (None where unknown)."""
    metric, threshold = criterion["metric_id"], criterion.get("threshold")
    is_counter = metric in experiment.counters
    value = counters[version][metric] if is_counter else ratios[version][metric]
    draws = None if is_counter else beliefs[version][metric]
    statistics = {"value": value, "ratio_statistics": None}
    if draws is not None and draws.min() < draws.max():
        lower, upper = np.percentile(draws, [2.5, 97.5])
        interval = {"lower": max(lower, 0.0), "upper": max(upper, 0.0)}
        statistics["ratio_statistics"] = {"credible_interval": interval}
    reply = {"id": str(criterion["id"]), "metric_id": metric, "statistics": statistics, "threshold_assessment": None}
    if not threshold or value is None:
        return reply, None
    kind = threshold.get("type", threshold.get("threshold_type"))
    limit, limits = float(threshold["value"]), float(threshold["value"])
    if kind == "relative":
        base = ratios[experiment.baseline][metric]
        if version == experiment.baseline or base is None:
            return reply, None
        base_draws = beliefs[experiment.baseline][metric]
        limits = None if base_draws is None else base_draws * limit
        limit *= base
    lower_is_better = experiment.direction(metric) == "lower"
    breached = value > limit if lower_is_better else value < limit
    probability = None
    if is_counter:
        probability = 0.0 if breached else 1.0
    elif draws is not None and limits is not None:
        probability = float(np.mean(draws <= limits if lower_is_better else draws >= limits))
    reply["threshold_assessment"] = {
        "threshold_breached": bool(breached),
        "probability_of_satisfying_threshold": probability,
    }
    return reply, probability


def utilities(experiment, beliefs, probabilities, random):
    """One column of utilities for each version."""
    columns = []
    for index, version in enumerate(experiment.versions):
        if experiment.rewards:
            draws = beliefs[version][experiment.rewards[0]["metric_id"]]
            columns.append(np.full(DRAWS, np.nan) if draws is None else draws)
        else:
            columns.append(np.full(DRAWS, 1.0 if version == experiment.baseline else 2.0 + index))
    rewards = np.column_stack(columns)
    if experiment.rewards and experiment.direction(experiment.rewards[0]["metric_id"]) == "lower":
        rewards = rewards.max(axis=1, keepdims=True) - rewards
    rewards = np.nan_to_num(rewards, nan=0.0)
    for column, version in enumerate(experiment.versions):
        for criterion, probability in zip(experiment.criteria, probabilities[version]):
            if criterion.get("threshold"):
                kept = random.random(DRAWS) < probability if probability is not None else np.zeros(DRAWS)
                rewards[:, column] *= kept
    return rewards


def ranks(rows):
    """1 for the greatest of a row and all that tie with it, and so on downwards."""
    return 1 + (rows[:, None, :] > rows[:, :, None]).sum(axis=2)


def rounded(shares, random):
    """Whole percents that sum to 100 and are right on average."""
    left, weights = 100, []
    for index, share in enumerate(shares):
        rest = sum(shares[index:])
        exact = share * left / rest if rest else left / (len(shares) - index)
        weight = math.floor(exact) + int(random.random() < exact - math.floor(exact))
        weight = min(weight, left) if index + 1 < len(shares) else left
        weights.append(weight)
        left -= weight
    return weights


def split(experiment, rows, random):
    """strategy -> version -> whole percent."""
    rows = rows.copy()
    rows[:, -1] += 1e-10
    place, count = ranks(rows), len(experiment.versions)
    result = {}
    for strategy, top in STRATEGIES.items():
        hits = (place <= (top or count)).sum(axis=0)
        shares = EXPLORATION / count + (1 - EXPLORATION) * hits / hits.sum()
        weights = dict(zip(experiment.versions, rounded(shares, random)))
        default = {version: 0 for version in experiment.candidates} | {experiment.baseline: 100}
        old = (experiment.last.get("traffic_split_recommendation") or {}).get(strategy) or default
        for version in experiment.candidates:
            highest = math.floor(float(old[version]) + experiment.max_increment + 1e-9)
            excess = max(0, weights[version] - highest)
            weights[version] -= excess
            weights[experiment.baseline] += excess
        result[strategy] = weights
    return result


def assess(case, random):
    """The reply of one run: the leaves that a case may expect."""
    experiment = Experiment(case["experiment"])
    counters, ratios, extremes = aggregate(experiment, case)
    beliefs, probabilities, assessments = {}, {}, {}
    for version in experiment.versions:
        beliefs[version] = {
            ratio: belief(
                experiment, ratio, ratios[version][ratio],
                counters[version][experiment.ratios[ratio]["denominator"]], extremes[ratio], random,
            )
            for ratio in experiment.used_ratios
        }
    for version in experiment.versions:
        both = [
            criterion_assessment(experiment, criterion, version, counters, ratios, beliefs)
            for criterion in experiment.criteria
        ]
        assessments[version], probabilities[version] = [one[0] for one in both], [one[1] for one in both]
    rows = utilities(experiment, beliefs, probabilities, random)
    wins = ((ranks(rows) == 1) & (rows > 0)).sum(axis=0)
    chances = wins / wins.sum() if wins.sum() else np.zeros(len(wins))
    best = int(np.argmax(chances))

    def version_assessment(version):
        count = counters[version]["iter8_request_count"]
        return {
            "id": version,
            "request_count": None if count is None else int(count),
            "criterion_assessments": assessments[version],
            "win_probability": float(chances[experiment.versions.index(version)]),
        }

    return {
        "baseline_assessment": version_assessment(experiment.baseline),
        "candidate_assessments": [version_assessment(v) | {"rollback": False} for v in experiment.candidates],
        "traffic_split_recommendation": split(experiment, rows, random),
        "winner_assessment": {
            "winning_version_found": bool(chances[best] > 0.99),
            "current_best_version": experiment.versions[best],
            "probability_of_winning_for_best_version": float(chances[best]),
        },
        "last_state": {
            "ratio_max_mins": {r: {"minimum": low, "maximum": high} for r, (low, high) in extremes.items()},
        },
    }


def merged(runs, name=""):
    """What all runs have in common, and the mean and spread of what they have not; UNSETTLED: nothing to expect."""
    first = runs[0]
    if isinstance(first, dict):
        members = {key: merged([run[key] for run in runs], key) for key in first}
        return {key: value for key, value in members.items() if value is not UNSETTLED}
    if isinstance(first, list):
        return [merged(list(items)) for items in zip(*runs)]
    if all(run == first for run in runs):
        # A probability that 2,000,000 draws never contradicted may still be a millionth off.
        is_sampled = "probability" in name and first in (0.0, 1.0) and first is not False
        return f"{first} ± 0.0003" if is_sampled else first
    if isinstance(first, (str, bool)) or any(run is None for run in runs):
        return UNSETTLED
    spare = 1.0 if all(isinstance(run, int) for run in runs) else 1e-9
    mean, sd = float(np.mean(runs)), float(np.std(runs))
    within = max(5 * sd, spare)
    return f"{round(mean, 2 - math.floor(math.log10(within)))} ± {within:.2g}"


UNSETTLED = object()


def expected(case):
    """The reply to expect of a case with metric data."""
    seed = int.from_bytes(case["what"].encode(), "little") % 2**63
    random = np.random.default_rng(seed)
    return merged([assess(case, random) for _ in range(RUNS)])


def pretty(value, indent=0):
    """JSON text with as much on each line as fits."""
    flat = json.dumps(value, ensure_ascii=False)
    if len(flat) + indent <= WIDTH or not isinstance(value, (dict, list)):
        return flat
    lines = [""]
    for key, one in value.items() if isinstance(value, dict) else ((None, one) for one in value):
        part = pretty(one, indent + 1)
        part = part if key is None else f"{json.dumps(key, ensure_ascii=False)}: {part}"
        if lines[-1] and ("\n" in lines[-1] + part or len(lines[-1]) + len(part) + indent + 4 > WIDTH):
            lines.append("")
        lines[-1] += (", " if lines[-1] else "") + part
    pad = "\n" + " " * (indent + 1)
    ends = "{}" if isinstance(value, dict) else "[]"
    return ends[0] + ("," + pad).join(lines) + ends[1]


WIDTH = 116


def main(arguments):
    write = arguments[:1] == ["--write"]
    files = arguments[1:] if write else sorted(pathlib.Path(__file__).parent.glob("*.json"))
    for file in map(pathlib.Path, files):
        cases = json.loads(file.read_text("utf-8"))
        for case in cases:
            wanted = case.get("reply") == "reference"
            if wanted or not write and "reply" in case and case.get("is_reference", True):
                case["reply"] = expected(case)
                if not write:
                    print(file.name, case["what"], json.dumps(case["reply"], ensure_ascii=False), sep="\n", end="\n\n")
        if write:
            file.write_text(pretty(cases) + "\n", "utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
