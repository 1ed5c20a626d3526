#!/usr/bin/env python3
"""Slow connections and streams against `melisai-gate serve`: how long does a forge wait for its 202?

usage: front_load.py BIN_DIR [SLOW [STREAMS [SECONDS]]]
SLOW connections (5000) drip a byte of a head each second and come back when they are hung up on; STREAMS (1000) listen to
the events of a pipeline that runs twice a second. Meanwhile signed pushes, each about another commit of another branch, are
delivered ten times a second, each on a connection of its own. Prints one line of JSON. Needs front_load in BIN_DIR.
"""
import atexit
import hashlib
import hmac
import json
import os
import re
import resource
import shutil
import socket
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time

SECRET = b"of-the-bench"
NOBODY = "0" * 40
PATIENCE = 5.0
CONFIG = """project: {{ name: demo, repository: {repository}, webhook: {{ secret: {secret}, repository: team/demo }} }}
orchestrator: {{ polling_interval: 1h }}
http: {{ enabled: true, port: 0 }}
pipelines:
  tick: {{ trigger: cron, schedule: "* * * * * *", run: /bin/true }}
  tock: {{ trigger: cron, schedule: "* * * * * *", run: /bin/true }}
"""


def sh(*words, cwd=None):
    return subprocess.run(words, cwd=cwd, check=True, capture_output=True, text=True).stdout


def make_repository(root):
    bare, work = os.path.join(root, "demo.git"), os.path.join(root, "demo")
    sh("git", "init", "-q", "--bare", "-b", "main", bare)
    sh("git", "init", "-q", "-b", "main", work)
    sh("git", "-c", "user.name=t", "-c", "user.email=t@t.invalid", "commit", "-q", "--allow-empty", "-m", "x", cwd=work)
    sh("git", "push", "-q", bare, "main", cwd=work)
    return bare


class Daemon:
    def __init__(self, bin_dir, root):
        self.gate, self.state = os.path.join(bin_dir, "melisai-gate"), os.path.join(root, "state")
        config, log = os.path.join(root, "serve.yaml"), os.path.join(root, "log")
        with open(config, "w", encoding="utf-8") as file:
            file.write(CONFIG.format(repository=make_repository(root), secret=SECRET.decode()))
        with open(log, "wb") as out:
            self.process = subprocess.Popen([self.gate, "serve", "--config", config, "--state-dir", self.state], stdout=out, stderr=out)
        atexit.register(self.process.kill)
        end = time.monotonic() + 60
        while True:
            with open(log, encoding="utf-8") as file:
                text = file.read()
            if "ready:" in text:
                break
            if self.process.poll() is not None or time.monotonic() > end:
                sys.exit(text)
            time.sleep(0.05)
        status = json.loads(sh(self.gate, "status", "--json", "--state-dir", self.state))
        self.port = int(re.search(r":(\d+)/?$", status["http"])[1])
        made = sh(self.gate, "token", "create", "bench", "--scope", "read", "--state-dir", self.state)
        self.token = re.search(r"mgt_\S+", made)[0]

    def accepted(self):
        with sqlite3.connect(os.path.join(self.state, "queue.db"), timeout=10) as db:
            return db.execute("SELECT count(*) FROM events WHERE kind <> 'cron'").fetchone()[0]

    def rss_kib(self):
        with open(f"/proc/{self.process.pid}/status", encoding="ascii") as file:
            return next(int(line.split()[1]) for line in file if line.startswith("VmRSS:"))


def delivery(number):
    ref, sha = f"refs/heads/topic-{number}", hashlib.sha1(str(number).encode()).hexdigest()
    body = json.dumps({"ref": ref, "before": NOBODY, "after": sha, "created": True, "deleted": False,
                       "repository": {"full_name": "team/demo", "clone_url": "https://github.com/team/demo.git",
                                      "html_url": "https://github.com/team/demo"}}).encode()
    head = (f"POST /hooks/github/demo HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Type: application/json\r\n"
            f"Content-Length: {len(body)}\r\nX-GitHub-Event: push\r\nX-GitHub-Delivery: bench-{number}\r\n"
            f"X-Hub-Signature-256: sha256={hmac.new(SECRET, body, 'sha256').hexdigest()}\r\n\r\n")
    return head.encode() + body


def deliver(port, end, rss, taken, refused):
    number = 0
    while time.monotonic() < end:
        number += 1
        request, begin = delivery(number), time.monotonic()
        try:
            with socket.create_connection(("127.0.0.1", port), PATIENCE) as connection:
                connection.sendall(request)
                answer = connection.recv(4096)
            if answer.startswith(b"HTTP/1.1 202"):
                taken.append(time.monotonic() - begin)
            else:
                refused.append(answer[:200].decode(errors="replace"))
        except OSError as error:
            refused.append(str(error))
        rss[0] = max(rss[0], rss[1]())
        time.sleep(0.1)


def main():
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    bin_dir = os.path.abspath(sys.argv[1])
    slow, streams, seconds = (list(map(int, sys.argv[2:])) + [5000, 1000, 30][len(sys.argv) - 2:])
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    root = tempfile.mkdtemp(prefix="melisai-front-load-")
    atexit.register(shutil.rmtree, root, True)
    daemon = Daemon(bin_dir, root)
    before = daemon.accepted()
    load = subprocess.Popen([os.path.join(bin_dir, "front_load"), str(daemon.port), daemon.token, str(slow), str(streams), str(seconds)],
                            stdout=subprocess.PIPE, text=True)
    taken, refused, rss = [], [], [0, daemon.rss_kib]
    # The first three seconds open connections.
    time.sleep(min(3, seconds / 4))
    thread = threading.Thread(target=deliver, args=(daemon.port, time.monotonic() + seconds * 3 / 4, rss, taken, refused))
    thread.start()
    load_numbers = json.loads(load.communicate()[0])
    thread.join()
    durable = daemon.accepted() - before
    daemon.process.terminate()
    daemon.process.wait(timeout=60)
    taken.sort()

    def quantile(q):
        return round(1000 * taken[min(len(taken) - 1, int(q * len(taken)))], 2) if taken else None

    print(json.dumps({"slow": slow, "streams": streams, "seconds": seconds, "delivered": len(taken), "refused": refused[:3],
                      "stored": durable, "p50_ms": quantile(0.5), "p99_ms": quantile(0.99), "max_ms": quantile(1),
                      "rss_max_kib": rss[0], "load": load_numbers}))


if __name__ == "__main__":
    main()
