#!/usr/bin/env python3
"""How long after the last pair the comment is on the pull request: a real `check`, a real `publish`, a GitHub made up here.

usage: comment_speed.py BIN_DIR [REPETITIONS [BENCHMARKS]]

REPETITIONS (15) checks of a program with BENCHMARKS (20) benchmarks that head makes slower, each followed by `publish`, as the
action does it. Measured is from the last sign of life of the program to the moment in which the forge has the comment: judging
the last pair, storing it, rendering and writing the report, the end of `check`, the start of `publish`, check run and comment.
Not what a check may do after its pairs, with its own limits: profiles, why, the health of the host (switched off here).
Prints one line of JSON.
"""
import json
import os
import pathlib
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "e2e" / "action"))
from made_up_github import GitHub  # noqa: E402

PROGRAM = """\
import json, os, random, time
slower = {slower}
rows = [{{"name": f"BM_{{i}}", "run_type": "iteration", "iterations": 1, "real_time": 1000 * slower * random.uniform(0.99, 1.01),
         "cpu_time": 1000 * slower * random.uniform(0.99, 1.01), "time_unit": "ns"}} for i in range({benchmarks})]
with open(os.environ["MELISAI_RESULT"], "w", encoding="utf-8") as out:
    json.dump({{"context": {{}}, "benchmarks": rows}}, out)
with open({marks!r}, "w", encoding="utf-8") as out:
    out.write(str(time.monotonic_ns()))
"""
PIPELINES = """\
version: 1
pipelines:
  benchmark:
    trigger: on_commit
    benchmarks:
      - { name: words, run: /usr/bin/python3 bench.py, format: google-benchmark }
"""


class TimedGitHub(GitHub):
    commented_at = 0

    def reply(self, method, url, body):
        said = super().reply(method, url, body)
        if method in ("POST", "PATCH") and "/comments" in url.path and said[0] < 300:
            self.commented_at = time.monotonic_ns()
        return said


def make_repository(root, benchmarks):
    repository, marks = os.path.join(root, "demo"), os.path.join(root, "marks")

    def git(*words):
        ran = subprocess.run(["git", "-c", "user.name=t", "-c", "user.email=t@t.invalid", *words], cwd=repository, check=True,
                             capture_output=True, text=True)
        return ran.stdout.strip()

    os.mkdir(repository)
    git("init", "-q", "-b", "main")
    pathlib.Path(repository, ".melisai-gate.yaml").write_text(PIPELINES, encoding="utf-8")
    for slower in (1, 1.3):
        text = PROGRAM.format(slower=slower, benchmarks=benchmarks, marks=marks)
        pathlib.Path(repository, "bench.py").write_text(text, encoding="utf-8")
        git("add", "-A")
        git("commit", "-q", "-m", "x")
    return repository, marks, git("rev-parse", "HEAD")


def measure(bin_dir, repetitions, benchmarks):
    root = tempfile.mkdtemp(prefix="melisai-comment-speed-")
    github = TimedGitHub()
    gate, out = os.path.join(bin_dir, "melisai-gate"), os.path.join(root, "report")
    env = {"PATH": os.environ["PATH"], "HOME": root, "GITHUB_TOKEN": "none"}
    after = {"checked": [], "commented": []}
    try:
        repository, marks, sha = make_repository(root, benchmarks)
        github.pull(7, "team", "feature", sha)
        for _ in range(repetitions):
            check = subprocess.run([gate, "check", "--base", "HEAD~1", "--state-dir", os.path.join(root, "state"), "--output-dir",
                                    out, "--profile", "none", "--collectors", "off", "--explain", "off", "--exact", "off"],
                                   cwd=repository, env=env, capture_output=True, text=True, check=False)
            checked = time.monotonic_ns()
            assert check.returncode == 1, check.stdout + check.stderr
            subprocess.run([gate, "publish", "--from", out, "--repository", "team/demo", "--sha", sha, "--pr", "7", "--api",
                            github.address, "--allow-private"], env=env, capture_output=True, check=True)
            last_pair = int(pathlib.Path(marks).read_text(encoding="utf-8"))
            after["checked"].append((checked - last_pair) / 1e6)
            after["commented"].append((github.commented_at - last_pair) / 1e6)
        assert len(github.comments) == 1 and "### REGRESSION" in github.comments[0]["body"]
    finally:
        github.close()
        shutil.rmtree(root, ignore_errors=True)
    return {f"{name}_{word}_ms": round(of(values)) for name, values in after.items()
            for word, of in (("p50", statistics.median), ("max", max))}


def main():
    repetitions = int(sys.argv[2]) if len(sys.argv) > 2 else 15
    benchmarks = int(sys.argv[3]) if len(sys.argv) > 3 else 20
    result = {"repetitions": repetitions, "benchmarks": benchmarks, **measure(os.path.abspath(sys.argv[1]), repetitions, benchmarks)}
    print(json.dumps(result))
    return 0 if result["commented_p50_ms"] <= 1000 else 1


if __name__ == "__main__":
    sys.exit(main())
