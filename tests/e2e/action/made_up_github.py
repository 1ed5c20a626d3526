"""A GitHub that remembers the comments and check runs of team/demo, as far as `publish` asks."""

import json
import re
import threading
import urllib.parse
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

BOT = {"login": "github-actions[bot]", "id": 41898282, "type": "Bot"}


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
