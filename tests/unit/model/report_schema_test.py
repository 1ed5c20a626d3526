"""Checks every golden report against config/schema/report.schema.json, and that the schema is strict.

usage: report_schema_test.py SOURCE_DIR     exit: 0 good, 1 bad, 77 skipped
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

    yield change(["schema_version"], 2)
    yield change(["surprise"], 1)
    yield change(["verdict"], "fine")
    yield change(["machine", "hostname"], "build-7")
    yield change(["benchmarks", 0, "decision"], "added")
    yield change(["benchmarks", 0, "tier"], 0)
    yield change(["benchmarks", 0, "pairs"], -1)
    yield change(["benchmarks", 0, "effect"], "5 %")
    yield change(["benchmarks", 0, "base", "mean"], 1.0)
    yield change(["benchmarks", 0, "level"], "error")
    yield change(["benchmarks", 5, "acknowledged", "until"], "tomorrow")
    yield change(["benchmarks", 5, "acknowledged", "by"], "me")
    yield change(["measurements", 0, "disturbed_pairs", 0, "first"], -1)
    yield change(["profiles", 0, "values", 0, "base"], "10")
    yield change(["collectors", 0, "status"], "crashed")
    yield change(["collectors", 0, "metrics", 0, "tier"], 5)
    yield change(["stages", 0, "status"], "ok")
    yield change(["evidence", 0, "class"], "magic")
    yield change(["evidence", 0, "who"], "me")
    yield change(["evidence", 0, "functions", 0, "line"], -1)
    yield change(["evidence", 0, "metrics", 0, "base"], "3 ms")
    yield change(["evidence", 0, "files", 0, "url"], "here.svg")
    yield change(["seconds"], "41")
    for key in report:
        bad = copy.deepcopy(report)
        del bad[key]
        yield f"without {key}", bad


def main():
    source = pathlib.Path(sys.argv[1])
    schema = json.loads((source / "config/schema/report.schema.json").read_text())
    jsonschema.Draft202012Validator.check_schema(schema)
    validator = jsonschema.Draft202012Validator(schema)
    problems = []

    for where, part in objects_of(schema):
        if part.get("additionalProperties") is not False:
            problems.append(f"{where} allows additional properties")
        if sorted(part.get("required", [])) != sorted(part["properties"]):
            problems.append(f"{where} does not require all of its properties")

    # The schema is what this version writes; report_json_test.cpp reads the older form.
    goldens = sorted(path for path in (source / "tests/golden/report").glob("*.json") if path.name != "v1-first.json")
    if len(goldens) < 6:
        problems.append(f"only {len(goldens)} golden reports")
    for path in goldens:
        for error in validator.iter_errors(json.loads(path.read_text())):
            problems.append(f"{path.name}: {error.json_path}: {error.message[:200]}")

    report = json.loads((source / "tests/golden/report/remarks.json").read_text())
    for what, bad in spoiled(report):
        if validator.is_valid(bad):
            problems.append(f"the schema accepts a wrong report: {what}")

    print("\n".join(problems) or f"{len(goldens)} reports are valid")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
