"""A GitHub that remembers the comments and check runs of team/demo, as far as `publish` and `serve` ask.

usage: made_up_github.py DIR

DIR/port holds its port once it listens, DIR/state.json what it remembers. While DIR/hold is there, what writes waits for its answer.
DIR/pull-N holds the head of pull request N. With DIR/app only tokens are taken that it has given to an app itself.
"""

import json
import pathlib
import re
import sys
import threading
import time
import urllib.parse
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

BOT = {"login": "github-actions[bot]", "id": 41898282, "type": "Bot"}
PEOPLE = {"wen": {"id": 50, "role": "write"}, "ann": {"id": 41, "role": "read"}}
OF_THE_APP = "ghs_of-the-installation"


class GitHub:
    def __init__(self):
        self.comments, self.checks, self.pulls, self.asked = [], [], [], []
        self.may_write = True
        owner = self

        class Handler(BaseHTTPRequestHandler):
            def answer(self):
                size = int(self.headers.get("Content-Length") or 0)
                body = json.loads(self.rfile.read(size)) if size else {}
                owner.asked.append((self.command, self.path, self.headers.get("Authorization")))
                status, said = owner.reply(self.command, urllib.parse.urlsplit(self.path), body)
                text = json.dumps(said).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/json; charset=utf-8")
                self.send_header("Content-Length", str(len(text)))
                self.end_headers()
                self.wfile.write(text)

            do_GET = do_POST = do_PATCH = answer

            def log_message(self, *arguments):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.address = f"http://127.0.0.1:{self.server.server_port}"
        self.thread = threading.Thread(target=self.server.serve_forever, daemon=True)
        self.thread.start()

    def close(self):
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()

    def pull(self, number, owner, branch, sha):
        self.pulls.append({"number": number, "state": "open",
                           "head": {"sha": sha, "ref": branch, "repo": {"full_name": owner + "/demo"}, "user": {"login": owner}}})

    def reply(self, method, url, body):
        path = url.path.removeprefix("/repos/team/demo")
        who = re.fullmatch(r"/collaborators/(\w+)/permission", path)
        if method == "GET" and who:
            found = PEOPLE.get(who[1])
            return (200, {"permission": found["role"], "role_name": found["role"], "user": {"id": found["id"], "login": who[1]}}) \
                if found else (404, {"message": "Not Found"})
        if method == "GET" and path == "":
            return 200, {"id": 1, "full_name": "team/demo"}
        if method == "GET" and path == "/installation":
            return 200, {"id": 9}
        if method == "POST" and path == "/app/installations/9/access_tokens":
            return 201, {"token": OF_THE_APP, "expires_at": "2099-01-01T00:00:00Z"}
        query = dict(urllib.parse.parse_qsl(url.query))
        if path == "/user":
            return 403, {"message": "Resource not accessible by integration"}
        if method != "GET" and not self.may_write:
            return 403, {"message": "Resource not accessible by integration"}
        number = int(re.search(r"(\d+)(?:/comments)?$", path)[1]) if re.search(r"\d+(?:/comments)?$", path) else 0
        if method == "GET" and path == "/pulls":
            return 200, [each for each in self.pulls
                         if query.get("head") == each["head"]["user"]["login"] + ":" + each["head"]["ref"]]
        if method == "GET" and re.fullmatch(r"/pulls/\d+", path):
            found = [each for each in self.pulls if each["number"] == number]
            return (200, found[0]) if found else (404, {"message": "Not Found"})
        if re.fullmatch(r"/issues/\d+/comments", path):
            if method == "GET":
                return 200, [each for each in self.comments if each["issue"] == number] if query.get("page", "1") == "1" else []
            self.comments.append({"id": 1000 + len(self.comments), "issue": number, "user": BOT, "body": body["body"]})
            return 201, self.comments[-1]
        if method == "PATCH" and path.startswith("/issues/comments/"):
            found = [each for each in self.comments if each["id"] == number]
            for each in found:
                each["body"] = body["body"]
            return (200, found[0]) if found else (404, {"message": "Not Found"})
        if method == "POST" and path == "/check-runs":
            count = len(body["output"].get("annotations", []))
            self.checks.append({**body, "id": 2000 + len(self.checks), "output": {**body["output"], "annotations_count": count}})
            return 201, self.checks[-1]
        if method == "GET" and path.endswith("/check-runs"):
            return 200, {"total_count": len(self.checks), "check_runs": self.checks}
        return 404, {"message": "Not Found"}


class InDirectory(GitHub):
    """One that another program looks at."""

    def __init__(self, directory):
        self.directory = directory
        self.lock = threading.Lock()
        super().__init__()
        self.write("port", str(self.server.server_port))

    def write(self, name, text):
        unfinished = self.directory / (name + ".unfinished")
        unfinished.write_text(text)
        unfinished.rename(self.directory / name)

    def reply(self, method, url, body):
        is_login = url.path.endswith("/installation") or url.path.startswith("/app/")
        if (self.directory / "app").exists() and not is_login and self.asked[-1][2] != "Bearer " + OF_THE_APP:
            return 401, {"message": "Bad credentials"}
        while method != "GET" and (self.directory / "hold").exists():
            (self.directory / "held").touch()
            time.sleep(0.02)
        with self.lock:
            self.pulls = []
            for each in self.directory.glob("pull-*[0-9]"):
                self.pull(int(each.name.removeprefix("pull-")), "team", "topic", each.read_text().strip())
            answer = super().reply(method, url, body)
            self.write("state.json", json.dumps({"comments": self.comments, "checks": self.checks, "asked": self.asked}))
            return answer


if __name__ == "__main__":
    InDirectory(pathlib.Path(sys.argv[1])).thread.join()
