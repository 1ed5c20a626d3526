"""Every answer that the unit tests of the API got fits openapi.json, and every good answer of the document was seen.

usage: answers_test.py SOURCE_DIR UNIT_API     exit: 0 good, 1 bad, 77 skipped
"""

import json
import os
import pathlib
import subprocess
import sys
import tempfile

try:
    import jsonschema
except ImportError:
    print("python3-jsonschema is not installed")
    sys.exit(77)

UNDOCUMENTED = {405}  # of every address, said once in the description
OFTEN = {500}         # never meant


def resolved(document, node):
    """What a $ref of components leads to."""
    while "$ref" in node:
        target = document
        for part in node["$ref"].removeprefix("#/").split("/"):
            target = target[part]
        node = target
    return node


def schema_of(document, schema):
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "components": document["components"], **schema}


def problems_of(document, answer):
    """What of one answer is not as the document says."""
    where = f"{answer['method']} {answer['path']} {answer['status']}"
    if answer["status"] in UNDOCUMENTED | OFTEN or answer["method"] == "HEAD":
        return
    operation = document["paths"][answer["path"]][answer["method"].lower()]
    response = operation["responses"].get(str(answer["status"]))
    if response is None:
        yield f"{where} is not documented: {answer['body'][:200]}"
        return
    content = resolved(document, response).get("content", {})
    kind = answer["type"].split(";")[0]
    if set(content) != ({kind} if kind else set()):
        yield f"{where} has the type {kind!r}, documented: {sorted(content)}"
        return
    if not kind.endswith("json"):
        return
    validator = jsonschema.Draft202012Validator(schema_of(document, content[kind]["schema"]))
    for error in validator.iter_errors(json.loads(answer["body"])):
        yield f"{where} {error.json_path}: {error.message[:300]}"


def main():
    source, program = sys.argv[1:]
    document = json.loads((pathlib.Path(source) / "core/api/openapi.json").read_text())
    for schema in document["components"]["schemas"].values():
        jsonschema.Draft202012Validator.check_schema(schema)
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([program, "--gtest_brief=1"], env={**os.environ, "MELISAI_API_ANSWERS": folder}, check=True,
                       stdout=subprocess.DEVNULL, timeout=250)
        answers = [json.loads(path.read_text()) for path in sorted(pathlib.Path(folder).iterdir())]
    problems = sorted({problem for answer in answers for problem in problems_of(document, answer)})
    seen = {(answer["path"], answer["method"].lower(), str(answer["status"])) for answer in answers}
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            for status in operation["responses"]:
                if status < "400" and (path, method, status) not in seen:
                    problems.append(f"{method.upper()} {path} {status} was never seen")
    print("\n".join(problems) or f"{len(answers)} answers fit")
    return 1 if problems or not answers else 0


if __name__ == "__main__":
    sys.exit(main())
