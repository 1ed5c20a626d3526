#!/usr/bin/env python3
"""What `melisai-gate serve` costs: idle with many repositories, and per stage of many runs that do nothing.

usage: serve_cost.py BIN_DIR [REPOSITORIES] [SECONDS] [EVENTS]
Starts a daemon of its own in a temporary directory with bare repositories beside it. Prints the time until it answers, its
memory, CPU time of the daemon and of the git helpers while nothing happens (polled every 60 s, and every 5 s), the time
from an accepted push to its first stage, and what a stage that does nothing costs when EVENTS by hand start three each.
"""
import atexit
import os
import shutil
import signal
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time

TICKS = os.sysconf("SC_CLK_TCK")
PIPELINE = """version: 1
pipelines:
  one: {{ trigger: {trigger}, run: /bin/true }}
  two: {{ trigger: after_one, run: /bin/true }}
  three: {{ trigger: after_two, run: /bin/true }}
"""


def sh(*words, cwd=None):
    return subprocess.run(words, cwd=cwd, check=True, capture_output=True, text=True).stdout


def make_repository(root, name):
    """A bare repository with one commit; returns its working copy."""
    bare, work = os.path.join(root, name + ".git"), os.path.join(root, name)
    sh("git", "init", "-q", "--bare", "-b", "main", bare)
    sh("git", "init", "-q", "-b", "main", work)
    sh("git", "remote", "add", "origin", bare, cwd=work)
    with open(os.path.join(work, ".melisai-gate.yaml"), "w", encoding="utf-8") as file:
        file.write(PIPELINE.format(trigger="on_commit"))
    push(work)
    return work


def push(work):
    sh("git", "add", "-A", cwd=work)
    sh("git", "-c", "user.name=t", "-c", "user.email=t@t.invalid", "commit", "-q", "--allow-empty", "-m", "x", cwd=work)
    sh("git", "push", "-q", "origin", "main", cwd=work)


class Daemon:
    def __init__(self, gate, root, repositories, interval):
        self.gate, self.state = gate, os.path.join(root, f"state-{interval}")
        config = os.path.join(root, f"serve-{interval}.yaml")
        with open(config, "w", encoding="utf-8") as file:
            file.write(f"orchestrator: {{ polling_interval: {interval}, max_parallel_pipelines: 1 }}\nprojects:\n")
            for name in repositories:
                file.write(f"  - {{ name: {name}, repository: {name}.git }}\n")
        begun = time.monotonic()
        self.log = open(os.path.join(root, f"log-{interval}"), "w+", encoding="utf-8")
        self.process = subprocess.Popen([gate, "serve", "--config", config, "--state-dir", self.state], stdout=self.log, stderr=self.log)
        atexit.register(self.process.kill)
        while "ready:" not in self.text():
            time.sleep(0.001)
            if self.process.poll() is not None:
                sys.exit(self.text())
        self.ready = time.monotonic() - begun

    def text(self):
        with open(self.log.name, encoding="utf-8") as file:
            return file.read()

    def query(self, sql):
        with sqlite3.connect(os.path.join(self.state, "queue.db"), timeout=10) as db:
            return db.execute(sql).fetchall()

    def wait(self, sql, patience=1200):
        end = time.monotonic() + patience
        while not self.query(sql)[0][0]:
            if time.monotonic() > end:
                sys.exit("it never came to this: " + sql + "\n" + self.text())
            time.sleep(0.05)

    def cpu(self):
        """CPU seconds of the daemon, and of all its children that have ended."""
        with open(f"/proc/{self.process.pid}/stat", encoding="utf-8") as file:
            fields = file.read().rsplit(")", 1)[1].split()
        own, children = sum(map(int, fields[11:13])), sum(map(int, fields[13:15]))
        return own / TICKS, children / TICKS

    def memory_mib(self):
        with open(f"/proc/{self.process.pid}/status", encoding="utf-8") as file:
            return next(int(line.split()[1]) for line in file if line.startswith("VmRSS")) / 1024

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(timeout=60)


def idle(gate, root, names, interval, seconds):
    daemon = Daemon(gate, root, names, interval)
    daemon.wait(f"SELECT count(*) >= {3 * len(names)} AND sum(state <> 'finished') = 0 FROM runs")
    before, begun = daemon.cpu(), time.monotonic()
    time.sleep(seconds)
    after, wall = daemon.cpu(), time.monotonic() - begun
    own, helpers = ((b - a) / wall * 100 for a, b in zip(before, after))
    print(f"idle, {len(names)} repositories every {interval} s: ready after {daemon.ready * 1000:.0f} ms, daemon {own:.3f} % of one CPU, "
          f"git helpers {helpers:.2f} %, {daemon.memory_mib():.1f} MiB RSS")
    daemon.stop()


def many_runs(gate, root, work, runs):
    """Events that start three stages each, which do nothing."""
    with open(os.path.join(work, ".melisai-gate.yaml"), "w", encoding="utf-8") as file:
        file.write(PIPELINE.format(trigger="manual"))
    push(work)
    daemon = Daemon(gate, root, [os.path.basename(work)], 3600)
    begun = time.monotonic()
    before = daemon.cpu()
    name = os.path.basename(work)
    done = 0
    while done < runs:  # a hundred wait at a time
        for _ in range(min(100, runs - done)):
            subprocess.run([gate, "trigger", name + "/one", "--state-dir", daemon.state], check=True, capture_output=True)
            done += 1
        daemon.wait(f"SELECT count(*) >= {3 * done} AND sum(state <> 'finished') = 0 FROM runs")
    wall = time.monotonic() - begun
    own = daemon.cpu()[0] - before[0]
    bad = daemon.query("SELECT count(*) FROM runs WHERE outcome <> 'passed'")[0][0]
    took = [row[0] for row in daemon.query("SELECT ended_ms - started_ms FROM attempts ORDER BY run")]
    between = [row[0] for row in daemon.query(
        "SELECT b.started_ms - a.ended_ms FROM attempts a JOIN attempts b ON b.run = a.run + 1 JOIN runs r ON r.id = b.run "
        "WHERE r.pipeline <> 'one'")]
    tenth = max(1, len(took) // 10)
    print(f"{runs} events of three stages: {bad} did not pass; a stage takes {statistics.median(took):.0f} ms (median; of the first tenth "
          f"{statistics.median(took[:tenth]):.0f}, of the last {statistics.median(took[-tenth:]):.0f}), from the end of one to the next "
          f"{statistics.median(between):.0f} ms; {wall / runs / 3 * 1000:.0f} ms a stage in all, with the commands that ask for them; "
          f"daemon {own / runs / 3 * 1000:.1f} ms of CPU a stage, {daemon.memory_mib():.1f} MiB RSS at the end")
    daemon.stop()


def seen_to_stage(gate, root, work, pushes=20):
    """From the row of the event to the start of the attempt, as the queue has them."""
    with open(os.path.join(work, ".melisai-gate.yaml"), "w", encoding="utf-8") as file:
        file.write(PIPELINE.format(trigger="on_commit"))
    push(work)
    daemon = Daemon(gate, root, [os.path.basename(work)], 1)
    for count in range(1, pushes + 1):
        daemon.wait(f"SELECT count(*) >= {3 * count} AND sum(state <> 'finished') = 0 FROM runs")
        push(work)
    daemon.wait(f"SELECT count(*) >= {3 * pushes + 3} AND sum(state <> 'finished') = 0 FROM runs")
    waits = [row[0] for row in daemon.query(
        "SELECT a.started_ms - e.received_ms FROM attempts a JOIN runs r ON a.run = r.id JOIN events e ON r.event = e.id WHERE r.pipeline = 'one'")]
    print(f"push accepted to its attempt: {statistics.median(waits):.0f} ms (median of {len(waits)}, {min(waits)} to {max(waits)})")
    daemon.stop()


def main():
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    gate = os.path.abspath(os.path.join(sys.argv[1], "melisai-gate"))
    repositories = int(sys.argv[2]) if len(sys.argv) > 2 else 20
    seconds = int(sys.argv[3]) if len(sys.argv) > 3 else 120
    runs = int(sys.argv[4]) if len(sys.argv) > 4 else 1000
    root = tempfile.mkdtemp(prefix="melisai-serve-cost-")
    try:
        works = [make_repository(root, f"p{i}") for i in range(repositories)]
        names = [os.path.basename(work) for work in works]
        idle(gate, root, names, 60, seconds)
        idle(gate, root, names, 5, seconds / 2)
        seen_to_stage(gate, root, works[0])
        many_runs(gate, root, works[1], runs)
    finally:
        shutil.rmtree(root, ignore_errors=True)


if __name__ == "__main__":
    main()
