#!/usr/bin/env python3
"""A collector without a plugin: any program that speaks frames on stdin and stdout will do.

Counts the pages that the machine swapped while a program ran. plugins/README.md has the protocol.
"""
import json
import struct
import sys

METRICS = [
    {"name": name, "unit": "count", "better": "lower", "tier": 4, "help": help_text,
     "source": "/proc/vmstat, " + name, "privilege": ""}
    for name, help_text in (("pswpin", "Pages read back from swap"),
                            ("pswpout", "Pages written to swap"))
]


def receive():
    """The next request, or None when the gate has gone."""
    head = sys.stdin.buffer.read(4)
    if len(head) < 4:
        return None
    body = sys.stdin.buffer.read(struct.unpack("<I", head)[0])
    return json.loads(body)


def send(kind, **fields):
    body = json.dumps({"type": kind, **fields}).encode()
    sys.stdout.buffer.write(struct.pack("<I", len(body)) + body)
    sys.stdout.buffer.flush()


def counters():
    with open("/proc/vmstat", encoding="ascii") as file:
        return {name: int(value) for name, value in (line.split() for line in file)}


def hello():
    lacks = [metric["name"] for metric in METRICS if metric["name"] not in counters()]
    reason = "/proc/vmstat has no " + ", ".join(lacks) if lacks else ""
    send("hello", protocol=1, name="template.py", version="1.0.0", available=not lacks,
         reason=reason, metrics=METRICS)


def main():
    before = {}
    while (request := receive()) is not None and request["type"] != "quit":
        kind, number = request["type"], request.get("id", 0)
        try:
            if kind == "hello":
                hello()
            elif kind == "start":
                before = counters()
                send("started", id=number)
            elif kind == "stop":
                now = counters()
                send("samples", id=number,
                     samples=[{"metric": metric["name"],
                               "value": now[metric["name"]] - before[metric["name"]]}
                              for metric in METRICS])
                send("stopped", id=number)
            elif kind == "ping":
                send("pong", id=number)
        except (OSError, ValueError, KeyError) as error:
            send("failed", id=number, reason=repr(error))


main()
