"""A web server on loopback for tests of melisai-gate-git: prints "port pid", then serves until it is killed.

git_server.py git DIR         repositories below DIR, by git http-backend
git_server.py status 302 URL  every request is sent on to URL
git_server.py status 401      every request is refused
git_server.py auth DIR TOKEN  as git, for who knows the token; what it is sent is noted in DIR/authorizations
git_server.py tls DIR         as git, with the certificate DIR/server.pem
git_server.py refs 5 NAME...  claims to have these references, and five branches
"""
import base64
import http.server
import os
import ssl
import subprocess
import sys

MODE = sys.argv[1]


class Handler(http.server.BaseHTTPRequestHandler):
    def log_message(self, *_):
        pass

    def do_GET(self):
        if MODE == "status":
            self.send_response(int(sys.argv[2]))
            if sys.argv[2] == "401":
                self.send_header("WWW-Authenticate", 'Basic realm="test"')
            else:
                self.send_header("Location", sys.argv[3] + self.path)
            self.end_headers()
        elif MODE == "refs":
            self.claim_refs()
        elif MODE == "auth" and not self.is_allowed():
            self.send_response(401)
            self.send_header("WWW-Authenticate", 'Basic realm="test"')
            self.send_header("Content-Length", "0")
            self.end_headers()
        else:
            self.backend()

    do_POST = do_GET

    def is_allowed(self):
        sent = self.headers.get("authorization") or ""
        password = base64.b64decode(sent.partition(" ")[2]).decode()
        with open(sys.argv[2] + "/authorizations", "a") as notes:
            notes.write(password + "\n")
        return password == "x-access-token:" + sys.argv[3]

    def claim_refs(self):
        def packet(data):
            return b"%04x" % (len(data) + 4) + data

        names = sys.argv[3:] + [f"refs/heads/{i}" for i in range(int(sys.argv[2]))]
        lines = [b"a" * 40 + b" " + os.fsencode(name) for name in names]
        lines[0] += b"\0agent=test"
        self.send_response(200)
        self.send_header("Content-Type", "application/x-git-upload-pack-advertisement")
        self.end_headers()
        self.wfile.write(packet(b"# service=git-upload-pack\n") + b"0000" +
                         b"".join(packet(line + b"\n") for line in lines) + b"0000")

    def backend(self):
        path, _, query = self.path.partition("?")
        length = int(self.headers.get("content-length") or 0)
        env = dict(os.environ, GIT_PROJECT_ROOT=sys.argv[2], GIT_HTTP_EXPORT_ALL="1", PATH_INFO=path,
                   QUERY_STRING=query, REQUEST_METHOD=self.command, REMOTE_ADDR="127.0.0.1",
                   CONTENT_TYPE=self.headers.get("content-type", ""), CONTENT_LENGTH=str(length))
        done = subprocess.run(["git", "http-backend"], input=self.rfile.read(length), env=env,
                              stdout=subprocess.PIPE, check=True)
        head, _, body = done.stdout.partition(b"\r\n\r\n")
        fields = [line.split(": ", 1) for line in head.decode().split("\r\n")]
        status = [value.split()[0] for name, value in fields if name.lower() == "status"]
        self.send_response(int(status[0]) if status else 200)
        for name, value in fields:
            if name.lower() != "status":
                self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
if MODE == "tls":
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(sys.argv[2] + "/server.pem")
    server.socket = context.wrap_socket(server.socket, server_side=True)
print(server.server_address[1], os.getpid(), flush=True)
server.serve_forever()
