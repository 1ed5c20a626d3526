"""A runner of GitHub Actions, played: reads action.yml and workflows, runs their shell steps as the runner does, and plays the
few actions that they use. What is not known here is an error, lest a test passes because nothing ran."""

import json
import os
import pathlib
import re
import shutil
import subprocess

import yaml

STEP_LIMIT = 600  # seconds


class Expression:
    """`${{ ... }}` without loops and filters. Missing names are null, as on GitHub."""

    TOKEN = re.compile(r"\s*(?:('(?:[^']|'')*')|(\d+)|(==|!=|&&|\|\||!|\(|\))|([A-Za-z_][\w-]*(?:\.[\w-]+)*))")

    def __init__(self, text, contexts, good):
        self.tokens, at = [], 0
        text = text.strip()
        while at < len(text):
            token = self.TOKEN.match(text, at)
            if not token:
                raise ValueError(f"not understood: {text[at:]}")
            self.tokens.append(token.groups())
            at = token.end()
        self.contexts, self.good, self.at = contexts, good, 0

    def value(self):
        value = self.either()
        if self.at != len(self.tokens):
            raise ValueError(f"left over: {self.tokens[self.at:]}")
        return value

    def operator(self, *wanted):
        if self.at < len(self.tokens) and self.tokens[self.at][2] in wanted:
            self.at += 1
            return self.tokens[self.at - 1][2]
        return None

    def either(self):
        value = self.both()
        while self.operator("||"):
            other = self.both()
            value = value if value else other
        return value

    def both(self):
        value = self.compared()
        while self.operator("&&"):
            other = self.compared()
            value = other if value else value
        return value

    def compared(self):
        value = self.single()
        while sign := self.operator("==", "!="):
            other = self.single()
            same = equal(value, other)
            value = same if sign == "==" else not same
        return value

    def single(self):
        if self.operator("!"):
            return not self.single()
        if self.operator("("):
            value = self.either()
            if not self.operator(")"):
                raise ValueError("a parenthesis is not closed")
            return value
        text, number, sign, name = self.tokens[self.at]
        self.at += 1
        if text is not None:
            return text[1:-1].replace("''", "'")
        if number is not None:
            return int(number)
        if name is None:
            raise ValueError(f"unexpected {sign}")
        if self.operator("("):
            self.operator(")")
            return {"always": True, "success": self.good, "failure": not self.good}[name]
        return self.named(name)

    def named(self, name):
        if name in ("true", "false", "null"):
            return {"true": True, "false": False, "null": None}[name]
        parts = name.split(".")
        value = self.contexts[parts[0]]  # an unknown context is a mistake, an unknown field is null
        for part in parts[1:]:
            value = value.get(part) if isinstance(value, dict) else None
        return value


def equal(a, b):
    if isinstance(a, str) and isinstance(b, str):
        return a.lower() == b.lower()
    if type(a) is type(b):
        return a == b

    def number(value):
        try:
            return 0 if value in (None, "") else float(value)
        except (TypeError, ValueError):
            return float("nan")

    return number(a) == number(b)


def shown(value):
    return {None: "", True: "true", False: "false"}.get(value, value) if not isinstance(value, int) or isinstance(value, bool) else str(value)


def commands_of(output):
    """Workflow commands that the runner would obey, as (name, properties, text)."""
    found, stopped = [], None
    for line in output.splitlines():
        command = re.match(r"::([a-z-]+)( [^:]*)?::(.*)", line)
        if stopped is not None:
            stopped = None if line == f"::{stopped}::" else stopped
        elif command and command[1] == "stop-commands":
            stopped = command[3]
        elif command:
            found.append((command[1], (command[2] or "").strip(), command[3]))
    return found


def assignments(path):
    """NAME=VALUE and NAME<<END lines of GITHUB_OUTPUT and the like."""
    found, lines = {}, pathlib.Path(path).read_text().splitlines()
    while lines:
        line = lines.pop(0)
        several = re.match(r"([^=]+?)<<(.+)$", line)
        if several:
            end = lines.index(several[2])
            found[several[1]] = "\n".join(lines[:end])
            lines = lines[end + 1:]
        elif line:
            name, value = line.split("=", 1)
            found[name] = value
    return found


class Runner:
    """One job on one machine. `origin` is the repository that actions/checkout copies."""

    def __init__(self, scratch, source, origin, event_name, github, env=None):
        self.scratch, self.source, self.origin = pathlib.Path(scratch), pathlib.Path(source), origin
        self.workspace, self.temp = self.scratch / "workspace", self.scratch / "temp"
        for place in (self.workspace, self.temp):
            place.mkdir(parents=True, exist_ok=True)
        self.summary = self.scratch / "summary.md"
        self.summary.touch()
        self.github = {"event_name": event_name, "repository": "team/demo", "token": "t0ken",
                       # In a container these are places of the host, and the variables are right.
                       "workspace": "/proc/of-the-host", **github}
        self.env = dict(env or {})
        self.path = self.env.pop("PATH", os.environ["PATH"])
        self.event = self.scratch / "event.json"
        self.event.write_text(json.dumps(self.github.get("event", {})))
        self.artifacts, self.cache, self.output, self.used = {}, {}, "", []

    def fill(self, value, contexts, good=True):
        whole = re.fullmatch(r"\$\{\{(.*?)\}\}", str(value), re.S)
        if whole:
            return shown(Expression(whole[1], contexts, good).value())
        return re.sub(r"\$\{\{(.*?)\}\}", lambda each: str(shown(Expression(each[1], contexts, good).value())),
                      str(shown(value)))

    def holds(self, condition, contexts, good):
        if condition is None:
            return good
        text = str(shown(condition)).strip()
        inner = re.fullmatch(r"\$\{\{(.*)\}\}", text, re.S)
        value = Expression(inner[1] if inner else text, contexts, good).value()
        return bool(value) and (good or "always(" in text or "failure(" in text)

    def shell(self, script, env, action_path):
        number = len(list(self.scratch.glob("script-*")))
        file = self.scratch / f"script-{number}.sh"
        file.write_text(script)
        files = {name: self.scratch / f"{name.lower()}-{number}" for name in ("GITHUB_OUTPUT", "GITHUB_ENV", "GITHUB_PATH")}
        for each in files.values():
            each.touch()
        known = {"HOME": str(self.scratch), "PATH": self.path, "LANG": "C.UTF-8", "CI": "true", "GITHUB_ACTIONS": "true",
                 "GITHUB_EVENT_NAME": self.github["event_name"], "GITHUB_REPOSITORY": self.github["repository"],
                 "GITHUB_WORKSPACE": str(self.workspace), "GITHUB_SHA": self.github.get("sha", ""),
                 "GITHUB_EVENT_PATH": str(self.event),
                 "GITHUB_SERVER_URL": "https://github.com", "GITHUB_API_URL": self.github.get("api_url", "https://api.github.com"),
                 "GITHUB_ACTION_REPOSITORY": "OWNER/melisai-gate",
                 "GITHUB_STEP_SUMMARY": str(self.summary), "RUNNER_TEMP": str(self.temp)}
        if action_path:
            known["GITHUB_ACTION_PATH"] = str(action_path)
        ran = subprocess.run(["bash", "--noprofile", "--norc", "-e", "-o", "pipefail", str(file)], cwd=self.workspace,
                             env={**known, **self.env, **{k: str(v) for k, v in files.items()}, **env}, stdin=subprocess.DEVNULL,
                             stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=STEP_LIMIT, check=False)
        self.output += ran.stdout
        self.env.update(assignments(files["GITHUB_ENV"]))
        for line in files["GITHUB_PATH"].read_text().splitlines():
            self.path = line + ":" + self.path
        return ran.returncode == 0, assignments(files["GITHUB_OUTPUT"])

    def run_steps(self, steps, contexts, action_path=None):
        contexts = {**contexts, "github": self.github, "steps": {}, "runner": {"temp": "/proc/of-the-host"}}
        good = True
        for step in steps:
            if not self.holds(step.get("if"), contexts, good):
                continue
            fine, outputs = self.run_step(step, contexts, good, action_path)
            contexts["steps"][step.get("id", "")] = {"outputs": outputs, "outcome": "success" if fine else "failure"}
            good = good and fine
        return good, contexts

    def run_step(self, step, contexts, good, action_path):
        env = {name: str(self.fill(value, contexts, good)) for name, value in step.get("env", {}).items()}
        if "run" in step:
            if "${{" in step["run"]:
                raise ValueError("text of an expression in a script: " + step["run"])
            return self.shell(step["run"], env, action_path)
        inputs = {name: str(self.fill(value, contexts, good)) for name, value in step.get("with", {}).items()}
        self.used.append((step["uses"], inputs))
        return self.play(step["uses"].split("@")[0], inputs)

    def play(self, action, inputs):
        if action.endswith("OWNER/melisai-gate"):
            return self.action(inputs)
        if action == "actions/checkout":
            place = self.workspace / inputs.get("path", ".")
            shutil.rmtree(place, ignore_errors=True)
            subprocess.run(["git", "clone", "-q", "--no-checkout", self.origin, place], check=True)
            subprocess.run(["git", "-C", place, "checkout", "-q", "--detach",
                            inputs.get("ref") or self.github["sha"]], check=True)
            return True, {}
        if action == "actions/cache":
            if inputs["key"] in self.cache:
                shutil.copytree(self.cache[inputs["key"]], self.workspace / inputs["path"], dirs_exist_ok=True)
            return True, {"cache-hit": str(inputs["key"] in self.cache).lower()}
        if action == "actions/upload-artifact":
            place = self.workspace / inputs["path"]
            if place.exists():
                kept = self.scratch / "artifacts" / inputs["name"]
                kept.mkdir(parents=True, exist_ok=True)
                if place.is_dir():
                    shutil.copytree(place, kept, dirs_exist_ok=True)
                else:
                    shutil.copy(place, kept)
                self.artifacts[inputs["name"]] = kept
            return True, {}
        if action == "actions/download-artifact":
            shutil.copytree(self.artifacts[inputs["name"]], self.workspace / inputs["path"])
            return True, {}
        raise ValueError("nobody plays " + action)

    def action(self, inputs):
        """action.yml. Its outputs as the caller sees them."""
        action = yaml.safe_load((self.source / "action.yml").read_text())
        unknown = set(inputs) - set(action["inputs"])
        if unknown:
            raise ValueError(f"unknown inputs {unknown}")
        given = {name: inputs.get(name, self.fill(each.get("default", ""), {"github": self.github}))
                 for name, each in action["inputs"].items()}
        good, contexts = self.run_steps(action["runs"]["steps"], {"inputs": given}, self.source)
        return good, {name: self.fill(each["value"], contexts) for name, each in action["outputs"].items()}

    def job(self, workflow, name):
        """None when its condition keeps it from running, else whether it passed."""
        job = yaml.safe_load((self.source / workflow).read_text())["jobs"][name]
        contexts = {"github": self.github, "inputs": {}, "secrets": {"MELISAI_GITEA_TOKEN": "g1tea"}}
        if not self.holds(job.get("if"), contexts, True):
            return None
        return self.run_steps(job["steps"], contexts)[0]
