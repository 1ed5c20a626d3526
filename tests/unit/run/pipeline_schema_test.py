"""The JSON schema of the pipeline file: accepts what we ship, rejects what the parser rejects, knows the same keys.

usage: pipeline_schema_test.py SOURCE_DIR     exit: 0 good, 1 bad, 77 skipped
"""

import json
import pathlib
import re
import sys

try:
    import jsonschema
    import yaml
except ImportError as missing:
    print(f"skipped: {missing} (Debian: python3-jsonschema, python3-yaml)")
    sys.exit(77)


class Loader(yaml.SafeLoader):
    """YAML 1.2 core types, as in editors: 'off' is a text and 017 is 17."""


Loader.yaml_implicit_resolvers = {}
for tag, pattern, first in (
        ("bool", r"true|false", "tf"),
        ("null", r"null|~|", ["n", "~", ""]),
        ("int", r"[-+]?[0-9]+", "-+0123456789"),
        ("float", r"[-+]?(\.[0-9]+|[0-9]+\.[0-9]*)", "-+.0123456789")):
    Loader.add_implicit_resolver(f"tag:yaml.org,2002:{tag}", re.compile(f"^(?:{pattern})$"), first)
Loader.add_constructor("tag:yaml.org,2002:int", lambda loader, node: int(node.value))


def load(text):
    return yaml.load(text, Loader)


def cases(source):
    """(name, text) of every file that the parser rejects."""
    text = (source / "tests/data/rejected_pipeline_files.txt").read_text()
    for case in text.split("\n=== ")[1:]:
        name, body = case.split("\n", 1)
        yield name, body[:body.index(">>> ")]


def open_objects(schema, where="schema"):
    """Every part of the schema that describes an object and allows unknown keys."""
    if isinstance(schema, dict):
        is_condition = where.endswith(("/if", "/then")) or "/anyOf/" in where or "/allOf/" in where
        if "properties" in schema and not is_condition and schema.get("additionalProperties") is not False:
            if not where.endswith("/properties"):
                yield where
        for key, value in schema.items():
            yield from open_objects(value, f"{where}/{key}")
    elif isinstance(schema, list):
        for index, value in enumerate(schema):
            yield from open_objects(value, f"{where}/{index}")


def defaults_of(section):
    def default_of(value):
        return value["default"] if "default" in value else defaults_of(value)

    return {key: default_of(value) for key, value in section["properties"].items()
            if "default" in value or "properties" in value}


def main():
    source = pathlib.Path(sys.argv[1])
    schema = json.loads((source / "config/schema/melisai-gate.schema.json").read_text())
    jsonschema.Draft7Validator.check_schema(schema)
    validator = jsonschema.Draft7Validator(schema)
    problems = [f"{where} allows unknown keys" for where in open_objects(schema)]

    reference = source / "config/melisai-gate.yaml"
    example = re.sub(r"(?ms)^# pipelines:\n(.*?)^pipelines: \{\}\n",
                     lambda match: "pipelines:\n" + re.sub(r"(?m)^# ?", "", match[1]), reference.read_text())
    example = re.sub(r"(?ms)^  # rules:\n(.*?)^  rules: \[\]\n",
                     lambda match: "  rules:\n" + re.sub(r"(?m)^  # ?", "  ", match[1]), example)
    accepted = {str(path): path.read_text() for path in sorted((source / "pipelines").glob("*.yaml"))}
    accepted |= {"config/melisai-gate.yaml": reference.read_text(), "its example": example}
    accepted["numbers as texts"] = ("version: 1\nproject: { name: 123 }\n"
                                    "pipelines: { b: { trigger: manual, run: true, timeout: 90, env: { N: 5 } } }\n"
                                    "gate: { threshold: 0.05, miss: 15%, budget: 1h30m }\nmeasure: { pin: off }\n")
    for name, text in accepted.items():
        problems += [f"{name}: {error.json_path}: {error.message}" for error in validator.iter_errors(load(text))]

    for name, text in cases(source):
        if validator.is_valid(load(text)) != name.endswith("ParserOnly"):
            problems.append(f"{name}: accepted" if not name.endswith("ParserOnly") else f"{name}: rejected, so rename it")

    shown = load(reference.read_text())
    for name in ("gate", "measure", "collect", "git", "cache"):
        if defaults_of(schema["properties"][name]) != shown[name]:
            problems.append(f"the defaults of '{name}' differ from config/melisai-gate.yaml")
    if list(schema["properties"]) != list(shown):
        problems.append("the sections differ from config/melisai-gate.yaml")
    if set(schema["definitions"]["rule"]["properties"]) != set(load(example)["gate"]["rules"][0]):
        problems.append("the keys of a rule differ from config/melisai-gate.yaml")
    shown_pipelines = load(example)["pipelines"].values()
    for name, keys in (("pipeline", {key for pipeline in shown_pipelines for key in pipeline}),
                       ("benchmark", {"filter"} | set(load(example)["pipelines"]["benchmark"]["benchmarks"][0]))):
        if set(schema["definitions"][name]["properties"]) != keys:
            problems.append(f"the keys of a {name} differ from config/melisai-gate.yaml")

    print("\n".join(problems) or f"{len(accepted)} files accepted, {len(list(cases(source)))} cases judged")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
