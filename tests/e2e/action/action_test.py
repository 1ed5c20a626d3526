"""action.yml and the workflows of ci/github, played: their real scripts and the real program, on repositories made up here.
Only `publish`, which would talk to GitHub, is a stand-in that notes what it was given.

usage: action_test.py SOURCE_DIR PROGRAM [unittest options]     exit: 0 good, 1 bad, 77 skipped
"""

import hashlib
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest

try:
    import yaml  # noqa: F401, of played_runner
except ImportError:
    print("skipped: no Python module yaml (Debian: python3-yaml)")
    sys.exit(77)

from played_runner import Runner, commands_of

SOURCE, PROGRAM = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2])
QUICK = "--profile=none\n--collectors=off\n--explain=off\n\n--budget=60s"
BENCH = """\
printf '{"context": {}, "benchmarks": [{"name": "BM", "run_type": "iteration", "iterations": 1,
"real_time": %s, "cpu_time": %s, "time_unit": "ns"}]}' $(cat time.txt) $(cat time.txt) > $MELISAI_RESULT
echo '::error::a benchmark commands'
"""
PIPELINE = """\
version: 1
pipelines:
  benchmark:
    trigger: on_commit
    benchmarks: [{ name: app, run: sh bench.sh, format: google-benchmark }]
collect: { enabled: false }
gate: { explain: { mode: off }, health: { profile: none }, budget: 60s }
"""
PUBLISH = """\
if [ "$1" = publish ]; then
  echo "${MELISAI_GATE_TOKEN:-$GITHUB_TOKEN}" >> "$NOTES/tokens"
  test ! -e "$NOTES/refuses" || exit 1
  echo 'verdict=noted' >> "$GITHUB_OUTPUT"
  exit 0
fi
"""


def git(directory, *arguments):
    return subprocess.run(["git", "-C", directory, "-c", "user.name=a", "-c", "user.email=a@b", *arguments], check=True,
                          capture_output=True, text=True).stdout.strip()


class Played(unittest.TestCase):
    def setUp(self):
        self.scratch = pathlib.Path(tempfile.mkdtemp(prefix="melisai-action-"))
        self.addCleanup(shutil.rmtree, self.scratch, True)
        self.bin, self.notes, self.origin = self.scratch / "bin", self.scratch / "notes", self.scratch / "origin"
        for place in (self.bin, self.notes, self.origin):
            place.mkdir()
        git(self.origin, "init", "-q", "-b", "main")
        self.files = {".melisai-gate.yaml": PIPELINE, "bench.sh": BENCH}
        self.base = self.commit("100")
        self.fake("melisai-gate", f'printf "%s\\n" "$*" >> "{self.notes}/calls"\nNOTES="{self.notes}"\n{PUBLISH}exec "{PROGRAM}" "$@"\n')
        for program in ["apt-get"] + (["chown"] if os.geteuid() != 0 else []):
            self.fake(program, "exit 0\n")

    def fake(self, name, script):
        file = self.bin / name
        file.write_text("#!/bin/sh\n" + script)
        file.chmod(0o755)

    def commit(self, time, **files):
        for name, text in {**self.files, **files, "time.txt": time}.items():
            (self.origin / name).write_text(text)
        git(self.origin, "add", ".")
        git(self.origin, "commit", "-q", "-m", "time " + time, "--allow-empty")
        return git(self.origin, "rev-parse", "HEAD")

    def runner(self, name="job", event_name="pull_request", source=SOURCE, **github):
        path = os.pathsep.join([str(self.bin), "/usr/bin", "/bin", "/usr/sbin", "/sbin"])
        return Runner(self.scratch / name, source, self.origin, event_name, github, {"PATH": path})

    def pull_request(self, head, repository="team/demo", branch="topic", **more):
        return self.runner(head_ref=branch, sha=head, event={"pull_request": {
            "number": 7, "base": {"sha": self.base}, "head": {"sha": head, "repo": repository and {"full_name": repository}}}}, **more)

    def calls(self):
        return (self.notes / "calls").read_text().splitlines()

    def call(self, command):
        return [each for each in self.calls() if each.startswith(command)]

    def tokens(self):
        return (self.notes / "tokens").read_text().splitlines()

    def errors(self, runner):
        return [text for name, _, text in commands_of(runner.output) if name == "error"]


class Action(Played):
    def measured(self, runner, **inputs):
        runner.play("actions/checkout", {"ref": runner.github["sha"]})
        return runner.action({"arguments": QUICK, **inputs})

    def test_an_equal_head_passes(self):
        runner = self.pull_request(self.commit("100"))
        good, outputs = self.measured(runner, **{"publish-arguments": "--context=my context\n"})
        self.assertTrue(good, runner.output)
        self.assertTrue(self.call("publish")[0].endswith("--fail-on=regression --context=my context"))
        self.assertEqual((outputs["exit-code"], outputs["verdict"]), ("0", "noted"))
        self.assertEqual(self.errors(runner), [])  # what a benchmark prints is no command
        report = json.loads((runner.workspace / "melisai-report/report.json").read_text())
        self.assertEqual((report["base"]["sha"], report["head"]["sha"]), (self.base, runner.github["sha"]))
        self.assertTrue((runner.workspace / "melisai-report/junit.xml").exists())
        self.assertNotIn("--untrusted", self.call("check")[0])
        self.assertEqual(self.tokens(), ["t0ken"])

    def test_a_slower_head_fails_after_it_was_published(self):
        runner = self.pull_request(self.commit("150"))
        good, outputs = self.measured(runner)
        self.assertFalse(good)
        self.assertEqual((outputs["exit-code"], outputs["verdict"]), ("1", "noted"))
        self.assertIn("slower", self.errors(runner)[-1])
        again, _ = self.measured(self.pull_request(runner.github["sha"], name="never"), **{"fail-on": "never"})
        self.assertTrue(again)

    def test_a_read_only_token_changes_no_verdict(self):
        (self.notes / "refuses").touch()
        runner = self.pull_request(self.commit("100"), "stranger/demo")
        good, _ = self.measured(runner)
        self.assertTrue(good, runner.output)
        warnings = [text for name, _, text in commands_of(runner.output) if name == "warning"]
        self.assertIn("not all of the report could be published", " ".join(warnings))
        self.assertIn("--untrusted", self.call("check")[0])

    def test_the_fork_that_is_gone_is_a_fork(self):
        self.measured(self.pull_request(self.commit("100"), None))
        self.assertIn("--untrusted", self.call("check")[0])

    def test_a_report_that_lay_there_is_not_published(self):
        head = self.commit("100")
        runner = self.pull_request(head)
        runner.play("actions/checkout", {"ref": head})
        for name in ("report.json", "junit.xml"):
            (runner.workspace / "melisai-report").mkdir(exist_ok=True)
            (runner.workspace / "melisai-report" / name).write_text("{}")
        good, outputs = runner.action({"arguments": "--no-such-option"})  # which ends before any report
        self.assertFalse(good)
        self.assertEqual((outputs["exit-code"], outputs["verdict"]), ("2", "error"))
        self.assertEqual(self.call("publish"), [])
        self.assertEqual(list((runner.workspace / "melisai-report").iterdir()), [])

    def test_an_input_that_says_nothing_known_is_refused(self):
        head = self.commit("100")
        for name, value in {"mode": "measure", "publish": "yes"}.items():
            runner = self.pull_request(head, name=name)
            self.assertFalse(self.measured(runner, **{name: value})[0])
            self.assertIn("the input " + name, self.errors(runner)[0])
        self.assertFalse((self.notes / "calls").exists())

    def test_without_publish_there_is_no_token(self):
        runner = self.pull_request(self.commit("100"))
        runner.env["GITHUB_TOKEN"] = "of-the-job"
        self.measured(runner, publish="false")
        self.assertEqual(self.tokens(), [""])

    def test_names_command_nothing(self):
        branch = "a'\"$(touch pwned)`touch pwned`;touch pwned\n::error::pwned"
        runner = self.pull_request(self.commit("100"), branch=branch)
        self.measured(runner, base="$(touch pwned)")
        self.measured(runner, **{"fail-on": "$(touch pwned)"})
        self.assertEqual(list(self.scratch.rglob("pwned")), [])
        self.assertEqual([each for each in self.errors(runner) if each == "pwned"], [])

    def test_strangers_code_does_not_run_beside_secrets(self):
        for event_name in ("pull_request_target", "workflow_run"):
            runner = self.runner(event_name, event_name, sha=self.base, event={})
            good, _ = self.measured(runner)
            self.assertFalse(good)
            self.assertIn("not run on " + event_name, self.errors(runner)[0])
        self.assertEqual(self.call("check"), [])

    def test_a_push_is_compared_with_what_was_there(self):
        head = self.commit("100")
        runner = self.runner(event_name="push", sha=head, ref_name="main", event={"before": self.base})
        self.assertTrue(self.measured(runner)[0], runner.output)
        new = self.runner("new", event_name="push", sha=head, ref_name="next", event={"before": "0" * 40})
        self.assertTrue(self.measured(new)[0], new.output)
        for call in self.call("check"):
            self.assertIn("--base=" + self.base, call)

    def test_a_merge_queue_is_judged_as_a_whole(self):
        self.commit("150")
        head = self.commit("150", other="of the next in the group")
        runner = self.runner(event_name="merge_group", sha=head, ref_name="gh-readonly-queue/main/pr-7",
                             event={"merge_group": {"base_sha": self.base, "head_sha": head}})
        self.assertFalse(self.measured(runner)[0])
        self.assertIn("--base=" + self.base, self.call("check")[0])

    def test_a_checkout_without_history_is_told_so(self):
        runner = self.pull_request(self.commit("100"))
        shutil.rmtree(runner.workspace)
        subprocess.run(["git", "clone", "-q", "--depth", "1", "file://" + str(self.origin), runner.workspace], check=True)
        self.assertFalse(runner.action({})[0])
        self.assertIn("fetch-depth: 0", self.errors(runner)[0])

    @unittest.skipUnless(os.geteuid() == 0, "needs root")
    def test_the_directory_may_be_the_runners_own(self):
        runner = self.pull_request(self.commit("100"))
        runner.play("actions/checkout", {"ref": runner.github["sha"]})
        os.chown(runner.workspace, 1001, 1001)
        self.assertTrue(runner.action({"arguments": QUICK})[0], runner.output)

    def test_what_could_not_be_measured_is_red(self):
        runner = self.pull_request(self.commit("100", **{"bench.sh": "exit 3\n"}))
        good, outputs = self.measured(runner)
        self.assertFalse(good)
        self.assertEqual(outputs["exit-code"], "4")


class Install(Played):
    """Where the program comes from, when it is not there."""

    def setUp(self):
        super().setUp()
        (self.bin / "melisai-gate").unlink()
        self.source = self.scratch / "source"
        shutil.copytree(SOURCE / "ci/github", self.source / "ci/github")
        shutil.copy(SOURCE / "action.yml", self.source)
        for name in ("CMakeLists.txt", "CMakePresets.json", "ci/packages.txt", "ci/cmake/a", "config/a", "core/a", "plugins/a"):
            (self.source / name).parent.mkdir(parents=True, exist_ok=True)
            (self.source / name).touch()
        self.system("ID=debian\nVERSION_ID=\"12\"\n")
        self.tool = self.scratch / "tool"
        self.tool.write_text("#!/bin/sh\necho melisai-gate 1.2.3\n")
        self.tool.chmod(0o755)

    def system(self, text):
        (self.scratch / "os-release").write_text(text)

    def install(self, name="job", cache=None):
        runner = self.runner(name, "push", self.source)
        runner.env["MELISAI_OS_RELEASE"] = str(self.scratch / "os-release")
        runner.cache = cache or {}
        return runner, runner.action({"mode": "install"})[0]

    def test_elsewhere_one_line_says_so(self):
        for number, (text, named) in enumerate([("ID=alpine\nVERSION_ID=3.20\n", "alpine 3.20"),
                                                ("ID=debian\nVERSION_ID=\"11\"\n", "debian 11"),
                                                ("ID=ubuntu\nVERSION_ID=\"22.04\"\n", "ubuntu 22.04")]):
            self.system(text)
            runner, good = self.install(str(number))
            self.assertFalse(good)
            self.assertEqual(len(self.errors(runner)), 1)
            self.assertIn(f"this is {named}. On the job: container: debian:12", self.errors(runner)[0])

    def release(self, sha256):
        tree = self.scratch / "tree/bin"
        tree.mkdir(parents=True)
        shutil.copy(self.tool, tree / "melisai-gate")
        archive = self.scratch / "release.tar.gz"
        subprocess.run(["tar", "-czf", archive, "-C", tree.parent, "bin"], check=True)
        self.fake("curl", f'echo "$@" >> "{self.notes}/asked"\nwhile [ "$1" != --output ]; do shift; done\ncp "{archive}" "$2"\n')
        sha256 = sha256 or hashlib.sha256(archive.read_bytes()).hexdigest()
        (self.source / "ci/github/releases.txt").write_text(f"# comment\ndebian-12-{os.uname().machine} v1/m.tar.gz {sha256}\n")

    def test_a_release_is_taken_by_its_checksum(self):
        self.release(None)
        runner, good = self.install()
        self.assertTrue(good, runner.output)
        self.assertIn("https://github.com/OWNER/melisai-gate/releases/download/v1/m.tar.gz", (self.notes / "asked").read_text())
        self.assertTrue(runner.path.startswith(str(runner.temp / "melisai-gate/bin")))

    def test_another_file_is_not_run(self):
        self.release("0" * 64)
        runner, good = self.install()
        self.assertFalse(good)
        self.assertIn("checksum", self.errors(runner)[0])
        self.assertFalse((runner.temp / "melisai-gate").exists())

    def test_without_a_release_it_is_built_once(self):
        self.fake("cmake", f'echo "$1" >> "{self.notes}/built"\ncase $1 in\n--preset) for a; do case $a in *PREFIX=*) echo "${{a#*PREFIX=}}" > '
                  f'"{self.notes}/prefix" ;; esac; done ;;\n--install) p=$(cat "{self.notes}/prefix"); mkdir -p "$p/bin"; cp "{self.tool}" '
                  f'"$p/bin/melisai-gate" ;;\nesac\n')
        setup = self.source / "ci/setup"
        setup.write_text(f'#!/bin/sh\necho "$@" >> "{self.notes}/setup"\n')
        setup.chmod(0o755)
        runner, good = self.install()
        self.assertTrue(good, runner.output)
        self.assertEqual((self.notes / "built").read_text().split(), ["--preset", "--build", "--install"])
        self.assertEqual((self.notes / "setup").read_text(), "--build\n")
        key = runner.used[0][1]["key"]
        self.assertRegex(key, r"^melisai-gate-debian-12-\w+-[0-9a-f]{32}$")
        again, good = self.install("again", {key: runner.temp / "melisai-gate"})
        self.assertTrue(good, again.output)
        self.assertEqual(len((self.notes / "built").read_text().split()), 3)
        (self.source / "core/a").write_text("changed")
        self.assertNotEqual(self.install("changed")[0].used[0][1]["key"], key)


class Workflows(Played):
    def test_pull_requests_of_the_repository(self):
        runner = self.pull_request(self.commit("100"))
        self.assertTrue(runner.job("ci/github/pull-request.yml", "performance"), runner.output)
        self.assertIn("report.json", [each.name for each in runner.artifacts["melisai-report"].iterdir()])
        self.assertEqual(self.tokens(), ["t0ken"])

    def test_those_of_forks_are_left_to_the_pair(self):
        head = self.commit("150")
        self.assertIsNone(self.pull_request(head, "stranger/demo").job("ci/github/pull-request.yml", "performance"))
        first = self.pull_request(head, "stranger/demo", name="first")
        self.assertIs(first.job("ci/github/measure.yml", "performance"), False)
        self.assertEqual([each.name for each in first.artifacts["melisai-report"].iterdir()], ["report.json"])
        self.assertEqual(self.tokens(), [""])

        run = {"event": "pull_request", "conclusion": "failure", "id": 99}
        second = self.runner("second", "workflow_run", event={"workflow_run": run})
        second.artifacts = first.artifacts
        self.assertTrue(second.job("ci/github/comment.yml", "comment"), second.output)
        self.assertNotIn("actions/checkout", [each[0].split("@")[0] for each in second.used])
        self.assertEqual(self.call("publish")[-1], "publish --from artifact")
        self.assertEqual(self.tokens(), ["", "t0ken"])
        run["event"] = "push"
        self.assertIsNone(second.job("ci/github/comment.yml", "comment"))

    def test_gitea_has_a_token_of_its_own(self):
        runner = self.pull_request(self.commit("100"))
        self.assertTrue(runner.job("ci/gitea/pull-request.yml", "performance"), runner.output)
        self.assertEqual(self.tokens(), ["g1tea"])

    def test_jobs_of_gitlab_are_shell(self):
        jobs = yaml.safe_load((SOURCE / "ci/gitlab/merge-request.yml").read_text())
        scripts = [jobs[".melisai-gate"]["before_script"], jobs["performance"]["script"], jobs["performance comment"]["script"]]
        for lines in scripts:
            self.assertTrue(all(isinstance(line, str) for line in lines))  # a colon would make it a mapping
            ran = subprocess.run(["sh", "-n"], input="\n".join(lines), text=True, capture_output=True, check=False)
            self.assertEqual((ran.returncode, ran.stderr), (0, ""))

    def test_the_job_of_gitlab_with_the_token_runs_nothing_that_the_other_left(self):
        jobs = yaml.safe_load((SOURCE / "ci/gitlab/merge-request.yml").read_text())
        self.assertNotIn("cache", jobs[".melisai-gate"])
        comment = jobs["performance comment"]
        self.assertNotIn("cache", comment)
        self.assertEqual(comment["variables"]["GIT_STRATEGY"], "none")
        self.assertTrue(comment["variables"]["MELISAI_PREFIX"].startswith("/tmp/"))
        # A variable without a scope, and what a rule could read, reach every job.
        self.assertEqual(comment["environment"]["name"], "melisai-gate-comment")
        self.assertNotIn("TOKEN", json.dumps([comment["rules"], jobs["performance"], jobs[".melisai-gate"]]))
        before = "\n".join(jobs[".melisai-gate"]["before_script"])
        self.assertIn('PATH="$MELISAI_PREFIX/bin:$PATH"', before)
        self.assertNotIn("CI_PROJECT_DIR", before)

    def test_a_report_that_was_committed_is_not_the_one_of_gitlab(self):
        script = yaml.safe_load((SOURCE / "ci/gitlab/merge-request.yml").read_text())["performance"]["script"]
        check = next(at for at, line in enumerate(script) if "melisai-gate check" in line)
        self.assertIn("rm -rf melisai-report", script[:check])

    def test_history_goes_to_the_summary(self):
        runner = self.runner(event_name="push", sha=self.commit("100"), ref_name="main", event={"before": self.base})
        self.assertTrue(runner.job("ci/github/history.yml", "history"), runner.output)
        self.assertIn("## History\n\n    ", runner.summary.read_text())
        self.assertTrue((runner.workspace / "state/store.db").exists())

    def test_bisect_names_the_commit(self):
        self.commit("100")
        slow = self.commit("150")
        head = self.commit("150")
        runner = self.runner(event_name="workflow_dispatch", sha=head, ref_name="main", event={})
        self.assertTrue(runner.job("ci/github/bisect.yml", "bisect"), runner.output)
        self.assertIn("Nothing new", runner.summary.read_text())
        again = self.runner("again", "workflow_dispatch", sha=head, ref_name="main", event={})
        # What a person typed: inputs.good.
        job = yaml.safe_load((SOURCE / "ci/github/bisect.yml").read_text())["jobs"]["bisect"]
        self.assertFalse(again.run_steps(job["steps"], {"inputs": {"good": self.base}})[0])
        self.assertIn(slow[:12], again.summary.read_text())
        # What was found holds the words of whoever wrote the commits; the error is ours.
        found = again.output[again.output.index("::stop-commands::"):]
        self.assertLess(found.index(slow[:12]), found.index("::error "))
        self.assertIn("\n::" + found.split("\n")[0].removeprefix("::stop-commands::") + "::\n", found)

    def test_every_workflow_is_careful(self):
        for file in sorted((SOURCE / "ci/github").glob("*.yml")):
            text = file.read_text()
            workflow = yaml.safe_load(text)
            with self.subTest(file.name):
                self.assertEqual(workflow["permissions"], {})
                self.assertNotIn("pull_request_target", text)
                for job in workflow["jobs"].values():
                    self.assertEqual(job["container"], "debian:12")
                    self.assertIn("timeout-minutes", job)
                    for step in job["steps"]:
                        self.assertNotIn("${{", step.get("run", ""))
                        uses = step.get("uses", "OWNER/melisai-gate@v0")
                        self.assertTrue(uses == "OWNER/melisai-gate@v0" or len(uses.split("@")[1]) == 40, uses)
                        if uses.startswith("actions/checkout"):
                            self.assertIs(step["with"]["persist-credentials"], False)


if __name__ == "__main__":
    unittest.main(argv=["action_test.py", *sys.argv[3:]])
