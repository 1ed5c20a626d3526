"""From a push to a comment: the workflows of ci/github by a runner that is played, the real program, a GitHub that is made up.

usage: published_test.py SOURCE_DIR PROGRAM [unittest options]     exit: 0 good, 1 bad, 77 skipped
MELISAI_UPDATE_GOLDEN=1 rewrites tests/golden/comment/workflow.md.
"""

import os
import re
import subprocess
import sys
import unittest

if subprocess.run([sys.argv[2], "publish", "--help"], capture_output=True, check=False).returncode != 0:
    print("skipped: this melisai-gate has no publish")
    sys.exit(77)

from action_test import PROGRAM, SOURCE, Played
from made_up_github import GitHub
from played_runner import commands_of

GOLDEN = SOURCE / "tests/golden/comment/workflow.md"


def normalised(comment, base, head):
    """Without what differs from run to run."""
    text = comment.replace(base, "BASE").replace(head, "HEAD")
    text = re.sub(r"--seed \d+", "--seed SEED", text)
    text = re.sub(r"\b\d+(\.\d+)? (ms|s|min)\b", "TIME", text)
    text = re.sub(r"\b\d+ pairs\b", "N pairs", text)
    text = re.sub(r"(\| )\d+( \|[^|]*\|)$", r"\1N\2", text, flags=re.M)  # the column of pairs
    text = re.sub(r"(HEAD`[^·\n]* · ).*?( · N pairs)", r"\1MACHINE\2", text)
    return re.sub(r"melisai-gate \d+\.\d+\.\d+", "melisai-gate VERSION", text)


class Published(Played):
    def setUp(self):
        super().setUp()
        self.github = GitHub()
        self.addCleanup(self.github.close)
        # On this machine: nothing else is different.
        self.fake("melisai-gate", f'if [ "$1" = publish ]; then shift; exec "{PROGRAM}" publish --allow-private "$@"; fi\n'
                  f'exec "{PROGRAM}" "$@"\n')
        self.head = self.commit("150")

    def fork(self, name):
        self.github.pull(7, "stranger", "topic", self.head)
        return self.pull_request(self.head, "stranger/demo", name=name, api_url=self.github.address)

    def comment_job(self, first, name):
        run = {"event": "pull_request", "conclusion": "failure", "id": 99, "head_sha": self.head, "head_branch": "topic",
               "head_repository": {"full_name": "stranger/demo", "owner": {"login": "stranger"}}, "pull_requests": []}
        second = self.runner(name, "workflow_run", api_url=self.github.address, sha=self.base,
                             event={"workflow_run": run, "repository": {"full_name": "team/demo"}})
        second.artifacts = first.artifacts
        self.assertTrue(second.job("ci/github/comment.yml", "comment"), second.output)
        warnings = [text for name, _, text in commands_of(second.output) if name == "warning"]
        self.assertEqual(warnings, [], second.output)
        return second

    def test_a_fork_gets_one_comment_that_is_kept_up_to_date(self):
        first = self.fork("first")
        self.assertIs(first.job("ci/github/measure.yml", "performance"), False)
        self.assertEqual(self.github.asked, [])  # its token is never used
        self.comment_job(first, "second")
        self.assertEqual([each["issue"] for each in self.github.comments], [7])
        self.assertEqual([(each["head_sha"], each["conclusion"]) for each in self.github.checks], [(self.head, "failure")])
        text = normalised(self.github.comments[0]["body"], self.base, self.head)
        if os.environ.get("MELISAI_UPDATE_GOLDEN"):
            GOLDEN.write_text(text)
        self.assertEqual(text, GOLDEN.read_text() if GOLDEN.exists() else "", "MELISAI_UPDATE_GOLDEN=1 if it is meant")
        self.comment_job(first, "third")
        self.assertEqual(len(self.github.comments), 1)

    def test_the_repository_itself_gets_it_from_one_job(self):
        self.github.pull(7, "team", "topic", self.head)
        runner = self.pull_request(self.head, api_url=self.github.address)
        runner.event.write_text(runner.event.read_text()[:-1] + ', "repository": {"full_name": "team/demo"}}')
        self.assertIs(runner.job("ci/github/pull-request.yml", "performance"), False)
        self.assertIn("REGRESSION", self.github.comments[0]["body"])
        self.assertIn("REGRESSION", runner.summary.read_text())

    def test_a_token_that_only_reads_costs_a_warning(self):
        self.github.may_write = False
        self.github.pull(7, "team", "topic", self.head)
        runner = self.pull_request(self.head, api_url=self.github.address)
        self.assertIs(runner.job("ci/github/pull-request.yml", "performance"), False)
        warnings = " ".join(text for name, _, text in commands_of(runner.output) if name == "warning")
        self.assertIn("not all of the report could be published", warnings)
        self.assertIn("REGRESSION", runner.summary.read_text())
        self.assertIn("slower", self.errors(runner)[-1])


if __name__ == "__main__":
    unittest.main(argv=["published_test.py", *sys.argv[3:]])
