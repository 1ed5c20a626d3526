"""The JSON schema of serve's configuration: accepts what the program accepts, rejects what it rejects, has its defaults.

usage: serve_schema_test.py SOURCE_DIR     exit: 0 good, 1 bad, 77 skipped
"""

import json
import pathlib
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "run"))

from pipeline_schema_test import defaults_of, jsonschema, load, open_objects  # noqa: E402

EXAMPLES = ("projects", "pipelines", "workflows", "triggers", "notify", "fixer")


def cases(source):
    """(name, text) of every configuration that the program rejects."""
    text = (source / "tests/data/rejected_serve_files.txt").read_text()
    for case in text.split("\n=== ")[1:]:
        name, body = case.split("\n", 1)
        yield name, body[:body.index(">>> ")]


def examples(reference):
    """The examples of the reference file, out of their comments."""
    text = ""
    section = ""
    for line in reference.splitlines():
        section = next((each for each in EXAMPLES if line == f"# {each}:"), section)
        if section and not line.startswith("#"):
            section = ""
        if section:
            text += line[2:] + "\n"
    return text


def bundled(schema, beside):
    """One schema of two: references to the file beside lead to its definitions in here."""
    text = json.dumps(schema).replace("melisai-gate.schema.json#/", "#/beside/")
    whole = json.loads(text)
    whole["beside"] = json.loads(json.dumps(beside).replace('"#/', '"#/beside/'))
    del whole["beside"]["$id"]
    return whole


def with_defaults(section):
    """defaults_of(), also of what is itself described elsewhere."""
    return defaults_of({"properties": {key: value for key, value in section["properties"].items()
                                       if "$ref" not in value}})


def main():
    source = pathlib.Path(sys.argv[1])
    folder = source / "config/schema"
    schema = json.loads((folder / "serve.schema.json").read_text())
    beside = json.loads((folder / "melisai-gate.schema.json").read_text())
    jsonschema.Draft7Validator.check_schema(schema)
    validator = jsonschema.Draft7Validator(bundled(schema, beside))
    problems = [f"{where} allows unknown keys" for where in open_objects(schema)]

    reference = (source / "config/serve.yaml").read_text()
    accepted = {path.name: path.read_text() for path in sorted((source / "tests/data/serve_blocks").glob("*.yaml"))}
    accepted |= {"config/serve.yaml": reference, "its examples": examples(reference), "an empty file": ""}
    for name, text in accepted.items():
        problems += [f"{name}: {error.json_path}: {error.message}" for error in validator.iter_errors(load(text))]
    if set(load(accepted["its examples"])) != set(EXAMPLES):
        problems.append("config/serve.yaml lacks an example")

    for name, text in cases(source):
        if validator.is_valid(load(text)) != name.endswith("ParserOnly"):
            problems.append(f"{name}: accepted" if not name.endswith("ParserOnly") else f"{name}: rejected, so rename it")

    shown = load(reference)
    for name in ("orchestrator", "logging"):
        if with_defaults(schema["properties"][name]) != shown[name]:
            problems.append(f"the defaults of '{name}' differ from config/serve.yaml")
    if set(schema["properties"]) - {"project"} != set(shown):
        problems.append("the sections differ from config/serve.yaml")

    print("\n".join(problems) or f"{len(accepted)} files accepted, {len(list(cases(source)))} cases judged")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
