"""Reads all that the daemon's front door shows to whoever has a token, and prints it.

usage: read_api.py URL TOKEN CA_FILE RUN EVENT

Every GET route of the document that it serves, with the run and the event for the names in its path; of the routes
that never end, what comes within two seconds. One line "== STATUS ROUTE" before each answer, with its headers. The
last line says how many there were. Exit code 1: a route could not be asked.
"""

import json
import socket
import ssl
import sys
import urllib.error
import urllib.request

PATIENCE = 2
# Parameters that have to be given.
NAMES = {"project": "demo", "benchmark": "none", "metric": "none", "workflow": "none"}


def ask(url, token, context):
    request = urllib.request.Request(url, headers={"Authorization": "Bearer " + token})
    try:
        answer = urllib.request.urlopen(request, timeout=PATIENCE, context=context)
    except urllib.error.HTTPError as error:
        answer = error
    body = b""
    try:
        while piece := answer.read1(65536):
            body += piece
    except (socket.timeout, ssl.SSLError):
        pass  # a stream: this is what it has to say now
    return answer.status, str(answer.headers), body.decode(errors="replace")


def main():
    url, token, ca_file, run, event = sys.argv[1:]
    context = ssl.create_default_context(cafile=ca_file)
    document = json.loads(ask(url + "/api/v1/openapi.json", token, context)[2])
    for name, value in {"run": run, "event": event}.items():
        NAMES[name] = value
    count = 0
    for path, methods in document["paths"].items():
        if "get" not in methods:
            continue
        needed = [p["name"] for p in methods["get"].get("parameters", []) if p.get("required") and p["in"] == "query"]
        query = "&".join(f"{name}={NAMES[name]}" for name in needed)
        status, headers, body = ask(url + path.format(**NAMES) + ("?" + query if query else ""), token, context)
        print(f"== {status} {path}\n{headers}\n{body}")
        count += 1
    print(f"== {count} routes")


if __name__ == "__main__":
    main()
