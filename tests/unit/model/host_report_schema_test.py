"""Checks the golden host report, and a live one when a program is given, against
config/schema/host-report.schema.json, and that the schema is strict.

usage: host_report_schema_test.py SOURCE_DIR [REPORT.json...]     exit: 0 good, 1 bad, 77 skipped
"""

import copy
import json
import pathlib
import sys

try:
    import jsonschema
except ImportError:
    print("skipped: no Python module jsonschema (Debian: python3-jsonschema)")
    sys.exit(77)

OPTIONAL = {"observer_overhead", "target"}
CATEGORIES = {"cpu", "memory", "disk", "network", "process", "system", "container", "stacktrace"}


def objects_of(schema, where="schema"):
    """Every part of the schema that describes an object, with its place."""
    if isinstance(schema, dict):
        if "properties" in schema:
            yield where, schema
        for key, value in schema.items():
            yield from objects_of(value, f"{where}/{key}")


def spoiled(report):
    """Reports with one thing wrong each."""
    def change(path, value):
        bad = copy.deepcopy(report)
        at = bad
        for step in path[:-1]:
            at = at[step]
        at[path[-1]] = value
        return "/".join(map(str, path)), bad

    yield change(["surprise"], 1)
    yield change(["metadata", "tool"], "another")
    yield change(["metadata", "schema_version"], "1.0.0")
    yield change(["metadata", "timestamp"], "yesterday")
    yield change(["metadata", "duration"], 10)
    yield change(["metadata", "interrupted"], "no")
    yield change(["metadata", "cgroup_version"], 3)
    yield change(["metadata", "observer_overhead", "cpu_user_ms"], -1)
    yield change(["categories", "kitchen"], [])
    yield change(["categories", "cpu"], {})
    yield change(["categories", "cpu", 0, "tier"], 4)
    yield change(["categories", "cpu", 0, "category"], "cup")
    yield change(["categories", "cpu", 0, "collector"], "")
    yield change(["categories", "cpu", 0, "start_time"], "now")
    yield change(["categories", "cpu", 0, "data"], [])
    yield change(["categories", "cpu", 0, "data", "user_pct"], None)
    yield change(["categories", "cpu", 0, "errors"], [""])
    yield change(["categories", "cpu", 0, "surprise"], 1)
    yield change(["summary", "health_score"], 101)
    yield change(["summary", "health_score"], "68")
    yield change(["summary", "deductions"], [{"reason": "x", "points": 0}])
    yield change(["summary", "anomalies"], [{"severity": "bad"}])
    yield change(["summary", "resources", "gpu"], {"utilization_pct": 1, "saturation_pct": 1, "errors": 0})
    yield change(["summary", "resources", "cpu"], {"utilization_pct": 101, "saturation_pct": 1, "errors": 0})
    yield change(["summary", "recommendations"], [{"id": "x"}])
    for part in ("metadata", "summary"):
        for key in set(report[part]) - OPTIONAL:
            bad = copy.deepcopy(report)
            del bad[part][key]
            yield f"without {part}.{key}", bad
    for key in report["categories"]["cpu"][0]:
        bad = copy.deepcopy(report)
        del bad["categories"]["cpu"][0][key]
        yield f"without a result's {key}", bad
    for key in report:
        bad = copy.deepcopy(report)
        del bad[key]
        yield f"without {key}", bad


def spoiled_summary(report):
    """The golden has an entry of each list."""
    for name, key, value in [("anomalies", "severity", "note"), ("anomalies", "value", 1.25),
                             ("anomalies", "threshold", "1"), ("anomalies", "metric", "A B"),
                             ("recommendations", "priority", 0), ("recommendations", "type", "hint"),
                             ("recommendations", "commands", "ls"), ("recommendations", "answers", "x"), ("deductions", "points", 1.5)]:
        bad = copy.deepcopy(report)
        bad["summary"][name][0][key] = value
        yield f"summary.{name}[0].{key}", bad
    bad = copy.deepcopy(report)
    bad["metadata"]["target"]["exit_code"] = "3"
    yield "a command's exit code", bad
    bad = copy.deepcopy(report)
    bad["categories"]["cpu"][0]["histograms"][0]["buckets"][0]["count"] = -1
    yield "a bucket's count", bad


def main():
    source = pathlib.Path(sys.argv[1])
    schema = json.loads((source / "config/schema/host-report.schema.json").read_text())
    jsonschema.Draft202012Validator.check_schema(schema)
    validator = jsonschema.Draft202012Validator(schema)
    problems = []

    for where, part in objects_of(schema):
        if part.get("additionalProperties") is not False:
            problems.append(f"{where} allows additional properties")
        if set(part["properties"]) - set(part.get("required", [])) - OPTIONAL:
            problems.append(f"{where} does not require all of its properties")

    golden = json.loads((source / "tests/golden/host/report.json").read_text())
    unseen = copy.deepcopy(golden)
    unseen["summary"]["health_score"] = None
    reports = {"the golden": golden, "one in which nothing was seen": unseen}
    for path in map(pathlib.Path, sys.argv[2:]):
        reports[path.name] = json.loads(path.read_text())
        missing = CATEGORIES - set(reports[path.name]["categories"])
        problems += [f"{path.name}: no category {name}" for name in sorted(missing)]
        for category, results in reports[path.name]["categories"].items():
            if not results:
                problems.append(f"{path.name}: category {category} is empty")
            for result in results:
                if result["category"] != category or not any(result[k] for k in ("data", "stacks", "errors")):
                    problems.append(f"{path.name}: {category}: {result['collector']} is misplaced or says nothing")
    for name, report in reports.items():
        for error in validator.iter_errors(report):
            problems.append(f"{name}: {error.json_path}: {error.message[:200]}")
        for what, bad in spoiled(report):
            if validator.is_valid(bad):
                problems.append(f"{name}: the schema accepts a wrong report: {what}")
    for what, bad in spoiled_summary(golden):
        if validator.is_valid(bad):
            problems.append(f"the schema accepts a wrong report: {what}")

    print("\n".join(problems) or f"{len(reports)} reports are valid")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
