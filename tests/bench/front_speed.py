#!/usr/bin/env python3
"""How fast the front door of `melisai-gate serve` is: deliveries that are on disk, pages of runs, and the way to a stage.

usage: front_speed.py BIN_DIR [DELIVERIES [RUNS [PUSHES]]]

1. DELIVERIES (2000) signed pushes, each of a branch of its own, over eight connections while nothing may start: how many
   are acknowledged a second, how long each takes, and how many fsyncs a second the same disk does in the same minute.
2. GET /api/v1/runs, over four connections, with RUNS (10000) runs in the queue and with 100.
3. PUSHES (100) deliveries, one after the other: from the first byte of each to the first instruction of its stage.
Each in a daemon of its own below a temporary directory. Prints one line of JSON.
"""
import hashlib
import hmac
import json
import multiprocessing
import os
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import tempfile
import time

SECRET = "s3cret-of-the-bench"
PIPELINES = "version: 1\npipelines:\n  build: {{ trigger: on_commit, run: 'date +%s%N >> {marks}' }}\n"
PATIENCE = 120


def sh(*words, cwd=None):
    return subprocess.run(words, cwd=cwd, check=True, capture_output=True, text=True).stdout.strip()


def quantile(values, share):
    values = sorted(values)
    return values[min(len(values) - 1, int(share * len(values)))]


def milliseconds(values):
    return {"p50_ms": round(1000 * quantile(values, 0.5), 2), "p99_ms": round(1000 * quantile(values, 0.99), 2),
            "max_ms": round(1000 * max(values), 2)}


class Repository:
    def __init__(self, root):
        self.bare, self.work = os.path.join(root, "demo.git"), os.path.join(root, "demo")
        sh("git", "init", "-q", "--bare", "-b", "main", self.bare)
        sh("git", "init", "-q", "-b", "main", self.work)
        sh("git", "remote", "add", "origin", self.bare, cwd=self.work)
        with open(os.path.join(self.work, ".melisai-gate.yaml"), "w", encoding="utf-8") as file:
            file.write(PIPELINES.format(marks=os.path.join(root, "marks")))
        self.sha = self.push()

    def push(self):
        sh("git", "add", "-A", cwd=self.work)
        sh("git", "-c", "user.name=t", "-c", "user.email=t@t.invalid", "commit", "-q", "--allow-empty", "-m", "x", cwd=self.work)
        sh("git", "push", "-q", "origin", "main", cwd=self.work)
        return sh("git", "rev-parse", "HEAD", cwd=self.work)


class Daemon:
    def __init__(self, gate, root, fill=None):
        self.gate, self.root, self.state = gate, root, os.path.join(root, "state")
        config = os.path.join(root, "serve.yaml")
        with open(config, "w", encoding="utf-8") as file:
            file.write("orchestrator: { polling_interval: 1h }\nhttp: { enabled: true, port: 0 }\n"
                       f"project: {{ name: demo, repository: demo.git, webhook: {{ secret: {SECRET}, repository: team/demo }} }}\n")
        self.words = [gate, "serve", "--config", config, "--state-dir", self.state]
        self.start()
        self.wait("SELECT count(*) >= 1 AND sum(state <> 'finished') = 0 FROM runs")  # the first sight of the repository
        if fill:
            self.stop()
            fill(self.database())
            self.start()

    def start(self):
        self.log = os.path.join(self.root, "serve.log")
        with open(self.log, "w", encoding="utf-8") as log:
            self.process = subprocess.Popen(self.words, stdout=log, stderr=log)
        end = time.monotonic() + PATIENCE
        while True:
            status = subprocess.run([self.gate, "status", "--json", "--state-dir", self.state], capture_output=True, text=True)
            if status.returncode == 0 and json.loads(status.stdout).get("http"):
                self.port = int(json.loads(status.stdout)["http"].rsplit(":", 1)[1])
                return
            if time.monotonic() > end or self.process.poll() is not None:
                with open(self.log, encoding="utf-8") as log:
                    sys.exit(log.read())
            time.sleep(0.02)

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(timeout=PATIENCE)

    def command(self, *words):
        return sh(self.gate, *words, "--state-dir", self.state)

    def token(self):
        words = self.command("token", "create", "bench", "--scope", "read").split()
        return next(word for word in words if word.startswith("mgt_"))

    def database(self):
        return sqlite3.connect(os.path.join(self.state, "queue.db"), timeout=10)

    def wait(self, sql):
        end = time.monotonic() + PATIENCE
        while True:
            database = self.database()
            good = database.execute(sql).fetchone()[0]
            database.close()
            if good:
                return
            if time.monotonic() > end:
                sys.exit("it never came to this: " + sql)
            time.sleep(0.01)

    def memory_mib(self):
        with open(f"/proc/{self.process.pid}/status", encoding="ascii") as file:
            return round(next(int(line.split()[1]) for line in file if line.startswith("VmRSS")) / 1024, 1)


class Connection:
    """One that is kept: a request, its answer."""

    def __init__(self, port):
        self.socket = socket.create_connection(("127.0.0.1", port), PATIENCE)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.file = self.socket.makefile("rb")

    def ask(self, request):
        self.socket.sendall(request)
        status = int(self.file.readline().split()[1])
        length = 0
        while (line := self.file.readline()) not in (b"\r\n", b""):
            name, _, value = line.partition(b":")
            if name.lower() == b"content-length":
                length = int(value)
        self.file.read(length)
        return status


def delivery(branch, sha, number, secret=SECRET):
    body = json.dumps({"ref": f"refs/heads/{branch}", "before": "0" * 40, "after": sha, "created": True, "deleted": False,
                       "repository": {"full_name": "team/demo", "clone_url": "https://github.com/team/demo.git",
                                      "html_url": "https://github.com/team/demo"}}).encode()
    signature = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
    head = ("POST /hooks/github/demo HTTP/1.1\r\nHost: bench\r\nContent-Type: application/json\r\nX-GitHub-Event: push\r\n"
            f"X-GitHub-Delivery: bench-{number}\r\nX-Hub-Signature-256: sha256={signature}\r\nContent-Length: {len(body)}\r\n\r\n")
    return head.encode() + body


def client(port, requests, wanted, out):
    """In a process of its own, so that the clients do not wait for each other."""
    connection = Connection(port)
    taken = []
    for request in requests:
        begin = time.monotonic()
        status = connection.ask(request)
        taken.append(time.monotonic() - begin)
        if status != wanted:
            out.put(f"status {status} instead of {wanted}")
            return
    out.put(taken)


def rate_of(port, requests, wanted, clients):
    """All requests over that many connections: a second, and how long each took."""
    out = multiprocessing.Queue()
    parts = [requests[i::clients] for i in range(clients)]
    workers = [multiprocessing.Process(target=client, args=(port, part, wanted, out)) for part in parts]
    begin = time.monotonic()
    for worker in workers:
        worker.start()
    answers = [out.get() for _ in workers]
    wall = time.monotonic() - begin
    for worker in workers:
        worker.join()
    for each in answers:
        if isinstance(each, str):
            sys.exit(each)
    return {"per_second": round(len(requests) / wall), **milliseconds([one for each in answers for one in each])}


def fsyncs_per_second(root, seconds=2):
    path = os.path.join(root, "fsync")
    count, end = 0, time.monotonic() + seconds
    with open(path, "wb", buffering=0) as file:
        while time.monotonic() < end:
            file.write(b"x" * 4096)
            os.fsync(file.fileno())
            count += 1
    os.unlink(path)
    return round(count / seconds)


def deliveries(gate, root, number):
    repository = Repository(root)
    daemon = Daemon(gate, root)
    daemon.command("pause")
    forged = rate_of(daemon.port, [delivery("x", repository.sha, i, "wrong") for i in range(number)], 401, 8)
    result = rate_of(daemon.port, [delivery(f"b{i}", repository.sha, i) for i in range(number)], 202, 8)
    result["refused_as_forged"] = forged
    result["fsyncs_per_second"] = fsyncs_per_second(root)
    begin = time.monotonic()
    daemon.wait("SELECT NOT EXISTS (SELECT 1 FROM events WHERE state = 'open')")
    result["planned_after_s"] = round(time.monotonic() - begin, 1)
    result["rss_mib"] = daemon.memory_mib()
    daemon.stop()
    return result


def filled_with(runs):
    def fill(database):
        columns = [row[1] for row in database.execute("PRAGMA table_info(runs)") if row[1] not in ("id", "number", "event")]
        names = ", ".join(columns)
        event = [row[1] for row in database.execute("PRAGMA table_info(events)") if row[1] not in ("id", "once")]
        with database:
            for number in range(2, runs + 1):
                row = database.execute(f"INSERT INTO events ({', '.join(event)}) SELECT {', '.join(event)} FROM events WHERE id = 1")
                run = database.execute(f"INSERT INTO runs (event, number, {names}) SELECT ?, ?, {names} FROM runs WHERE id = 1", (row.lastrowid, number))
                database.execute("INSERT INTO attempts SELECT ?, number, directory, boot_id, pid, start_time, cgroup, started_ms, ended_ms, outcome, reason "
                                 "FROM attempts WHERE run = 1", (run.lastrowid,))
        database.close()
    return fill


def pages(gate, root, runs, number=2000):
    Repository(root)
    daemon = Daemon(gate, root, filled_with(runs))
    request = f"GET /api/v1/runs HTTP/1.1\r\nHost: bench\r\nAuthorization: Bearer {daemon.token()}\r\n\r\n".encode()
    rate_of(daemon.port, [request] * 100, 200, 4)
    result = rate_of(daemon.port, [request] * number, 200, 4)
    scrape = request.replace(b"/api/v1/runs", b"/metrics")
    result["metrics"] = rate_of(daemon.port, [scrape] * 200, 200, 1)
    daemon.stop()
    return result


def to_the_stage(gate, root, pushes):
    repository = Repository(root)
    daemon = Daemon(gate, root)
    marks = os.path.join(root, "marks")
    connection = Connection(daemon.port)
    waits, answers, planned, prepared = [], [], [], []
    for number in range(pushes):
        sha = repository.push()
        request = delivery("main", sha, number)
        begun, clock = time.time_ns(), time.monotonic()
        if connection.ask(request) != 202:
            sys.exit("a delivery was refused")
        answers.append(time.monotonic() - clock)
        daemon.wait(f"SELECT count(*) >= {number + 2} AND sum(state <> 'finished') = 0 FROM runs")
        with open(marks, encoding="ascii") as file:
            mark = int(file.read().split()[-1])
        database = daemon.database()
        received, started = database.execute("SELECT e.received_ms, a.started_ms FROM attempts a JOIN runs r ON r.id = a.run "
                                             "JOIN events e ON e.id = r.event ORDER BY a.run DESC LIMIT 1").fetchone()
        database.close()
        waits.append((mark - begun) / 1e9)
        planned.append((started - received) / 1e3)
        prepared.append(mark / 1e9 - started / 1e3)
    daemon.stop()
    return {**milliseconds(waits), "answered_after": milliseconds(answers), "accepted_to_attempt": milliseconds(planned),
            "attempt_to_stage": milliseconds(prepared)}


def main():
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    gate = os.path.abspath(os.path.join(sys.argv[1], "melisai-gate"))
    number, runs, pushes = (list(map(int, sys.argv[2:])) + [2000, 10000, 100][len(sys.argv) - 2:])

    def beside(measure, *args):
        root = tempfile.mkdtemp(prefix="melisai-front-speed-")
        try:
            return measure(gate, root, *args)
        finally:
            shutil.rmtree(root, ignore_errors=True)

    result = {"load_before": os.getloadavg()[0]}
    result["deliveries"] = beside(deliveries, number)
    result["runs"] = {str(stored): beside(pages, stored) for stored in (100, runs)}
    result["push_to_stage"] = beside(to_the_stage, pushes)
    print(json.dumps(result, indent=1))


if __name__ == "__main__":
    main()
