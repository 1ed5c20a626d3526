"""A web server on loopback that answers as the address says and writes what it gets to DIR.

usage: web_server.py DIR [--tls CERTIFICATE KEY]

DIR/port holds its port once it listens, DIR/request-N the N-th request: its first line, its headers, a blank line, its body.

  /status/NNN[?retry-after=S]   that status
  /to?PLACE                     a redirect
  /large/N                      N bytes
  /headers/N                    N bytes of headers
  /silent                       nothing, for a minute
  /cut                          the connection ends within the answer
  anything else                 200 and what is in DIR/answer, {"ok": true} without one

More may follow in the path of each.
"""

import argparse
import http.server
import itertools
import pathlib
import ssl
import time
import urllib.parse


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    numbers = itertools.count(1)
    directory = None

    def keep(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        unfinished = self.directory / "unfinished"
        unfinished.write_bytes(f"{self.requestline}\n{self.headers}".encode() + body)
        unfinished.rename(self.directory / f"request-{next(self.numbers)}")

    def answer(self, status, body=b'{"ok": true}', headers=()):
        self.send_response(status)
        for name, value in headers:
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def handle_any(self):
        self.keep()
        address = urllib.parse.urlsplit(self.path)
        what, _, rest = address.path.strip("/").partition("/")
        argument = rest.partition("/")[0]
        if what == "status":
            query = urllib.parse.parse_qsl(address.query)
            self.answer(int(argument), headers=query)
        elif what == "to":
            self.answer(302, headers=[("Location", address.query)])
        elif what == "large":
            self.answer(200, b"x" * int(argument))
        elif what == "headers":
            self.answer(200, headers=[("X-Long", "x" * 1000)] * (int(argument) // 1000))
        elif what == "silent":
            time.sleep(60)
        elif what == "cut":
            self.close_connection = True
            self.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nonly this")
        else:
            scripted = self.directory / "answer"
            self.answer(200, scripted.read_bytes() if scripted.exists() else b'{"ok": true}')

    do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = handle_any

    def log_message(self, *arguments):
        pass


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("directory", type=pathlib.Path)
    parser.add_argument("--tls", nargs=2)
    arguments = parser.parse_args()
    Handler.directory = arguments.directory
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    if arguments.tls:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*arguments.tls)
        server.socket = context.wrap_socket(server.socket, server_side=True)
    unfinished = arguments.directory / "port.unfinished"
    unfinished.write_text(str(server.server_address[1]))
    unfinished.rename(arguments.directory / "port")
    server.serve_forever()


if __name__ == "__main__":
    main()
