"""A fresh project with CMake and Google Benchmark: `init --ci github` writes files that validators accept, and a `check` works
as they are.

usage: newcomer_test.py SOURCE_DIR PROGRAM     exit: 0 good, 1 bad, 77 skipped
"""

import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest

SOURCE, PROGRAM = pathlib.Path(sys.argv[1]), sys.argv[2]
FILES = {
    "CMakeLists.txt": """\
cmake_minimum_required(VERSION 3.16)
project(words CXX)
find_package(benchmark REQUIRED)
add_executable(words_bench bench.cpp)
target_link_libraries(words_bench PRIVATE benchmark::benchmark_main)
""",
    "bench.cpp": """\
#include <benchmark/benchmark.h>
#include <numeric>
#include <vector>
static void BM_Sum(benchmark::State& state) {
  std::vector<int> numbers(1000, 3);
  for (auto _ : state) benchmark::DoNotOptimize(std::accumulate(numbers.begin(), numbers.end(), 0));
}
BENCHMARK(BM_Sum);
""",
}


def has_google_benchmark():
    return subprocess.run(["sh", "-c", "echo '#include <benchmark/benchmark.h>' | c++ -E -x c++ - >/dev/null 2>&1"],
                          check=False).returncode == 0


class Newcomer(unittest.TestCase):
    def setUp(self):
        self.project = pathlib.Path(tempfile.mkdtemp(prefix="melisai-newcomer-"))
        self.addCleanup(shutil.rmtree, self.project, True)
        for name, text in FILES.items():
            (self.project / name).write_text(text)
        self.run_in("git", "init", "-q", "-b", "main")
        self.commit("the project")

    def run_in(self, *command, code=0):
        env = {**os.environ, "XDG_STATE_HOME": str(self.project) + "-state"}
        ran = subprocess.run(command, cwd=self.project, env=env, capture_output=True, text=True, timeout=280, check=False)
        self.assertEqual(ran.returncode, code, ran.stdout + ran.stderr)
        return ran.stdout

    def commit(self, subject):
        self.run_in("git", "add", ".")
        self.run_in("git", "-c", "user.name=a", "-c", "user.email=a@b", "commit", "-q", "-m", subject)

    def test_what_init_writes_works_as_it_is(self):
        self.addCleanup(shutil.rmtree, str(self.project) + "-state", True)
        said = self.run_in(PROGRAM, "init", "--ci", "github")
        self.assertIn("saw CMake", said)
        self.assertIn("1 benchmark", self.run_in(PROGRAM, "validate"))
        workflow = ".github/workflows/melisai-gate.yml"
        lint = subprocess.run([SOURCE / "ci/workflow-lint", workflow], cwd=self.project, capture_output=True, text=True,
                              check=False)
        self.assertIn(lint.returncode, (0, 77), lint.stdout + lint.stderr)
        print(lint.stdout, end="")
        self.commit("melisai-gate")
        # The pipeline file as it is; the options only keep the test short.
        self.run_in(PROGRAM, "check", "--base", "HEAD~1", "--max-pairs", "8", "--budget", "20s", "--profile", "none",
                    "--explain", "off", "--fail-on", "never", "--output-dir", "melisai-report")
        report = json.loads((self.project / "melisai-report/report.json").read_text())
        self.assertIn(("words_bench/BM_Sum", "cpu_time"),
                      [(each["name"], each["metric"]["name"] if isinstance(each["metric"], dict) else each["metric"])
                       for each in report["benchmarks"]])
        self.assertNotEqual(report["verdict"], "error")


if not has_google_benchmark() or shutil.which("cmake") is None:
    print("skipped: needs CMake and Google Benchmark (Debian: libbenchmark-dev)")
    sys.exit(77)
unittest.main(argv=["newcomer_test.py"])
