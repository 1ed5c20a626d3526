"""Checks every golden answer of doctor against config/schema/doctor.schema.json, and that the schema is strict.

usage: doctor_schema_test.py SOURCE_DIR     exit: 0 good, 1 bad, 77 skipped
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


def spoiled(answer):
    """Answers with one thing wrong each."""
    def change(path, value):
        bad = copy.deepcopy(answer)
        at = bad
        for step in path[:-1]:
            at = at[step]
        at[path[-1]] = value
        return "/".join(map(str, path)), bad

    yield change(["schema_version"], 2)
    yield change(["surprise"], 1)
    yield change(["fit"], "yes")
    yield change(["machine", "package_manager"], "brew")
    yield change(["machine", "cpus"], 0)
    yield change(["findings"], [])
    yield change(["findings", 0, "id"], "bad_luck")
    yield change(["findings", 0, "state"], "error")
    yield change(["findings", 0, "why"], "")
    yield change(["findings", 0, "commands"], "reboot")
    yield change(["tiers", 0, "tier"], 4)
    yield change(["tiers"], answer["tiers"][:2])
    yield change(["collectors", 0, "status"], "crashed")
    yield change(["collectors", 0, "parts", 0, "works"], "no")
    for key in answer:
        bad = copy.deepcopy(answer)
        del bad[key]
        yield f"without {key}", bad


def main():
    source = pathlib.Path(sys.argv[1])
    schema = json.loads((source / "config/schema/doctor.schema.json").read_text())
    jsonschema.Draft202012Validator.check_schema(schema)
    validator = jsonschema.Draft202012Validator(schema)
    problems = []

    for where, part in objects_of(schema):
        if part.get("additionalProperties") is not False:
            problems.append(f"{where} allows additional properties")
        if sorted(part.get("required", [])) != sorted(part["properties"]):
            problems.append(f"{where} does not require all of its properties")

    goldens = sorted((source / "tests/golden/doctor").glob("*.json"))
    if len(goldens) < 5:
        problems.append(f"only {len(goldens)} golden answers")
    for path in goldens:
        for error in validator.iter_errors(json.loads(path.read_text())):
            problems.append(f"{path.name}: {error.json_path}: {error.message[:200]}")

    answer = json.loads((source / "tests/golden/doctor/notebook.json").read_text())
    for what, bad in spoiled(answer):
        if validator.is_valid(bad):
            problems.append(f"the schema accepts a wrong answer: {what}")

    print("\n".join(problems) or f"{len(goldens)} answers are valid")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
