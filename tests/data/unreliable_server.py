#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""An HTTP server on the loopback that does what a line or a server may do to a download. Prints its port.

unreliable_server.py FILE      serves FILE below each of these paths:
  /good               ranges, an ETag
  /truncate           every answer ends after a third of the file, though more was announced
  /once-whole         the first answer ends after a third; ranges are not known here, later answers are whole
  /stall              the first answer stops after a third and says nothing more; later ones are good
  /long, /short       announces ten bytes more or fewer than it sends
  /endless            no length, and it never ends by itself
  /busy               503 twice, then good
  /missing            404
  /redirect, /circle, /to-file     to /good, to itself, to file:///etc/hostname
  /changed            the first answer ends after a third; then the file, and its ETag, is another one (as many bytes, all zero)
  /wrong-range        answers a range with the file's first bytes
  /weak               the first answer ends after a third; ranges, but no ETag and no date
It ends after two minutes.
"""
import http.server
import os
import socketserver
import sys
import threading
import time

CONTENT = open(sys.argv[1], "rb").read()
SEEN = {}


class Handler(http.server.BaseHTTPRequestHandler):
    def log_message(self, *_):
        pass

    def answer(self, content, first=0, announced=None, sent=None, etag='"v1"', ranges=True):
        body = content[first:]
        self.send_response(206 if first and ranges else 200)
        if ranges and first:
            self.send_header("Content-Range", f"bytes {first}-{len(content) - 1}/{len(content)}")
        if etag:
            self.send_header("ETag", etag)
        self.send_header("Content-Length", str(len(body) if announced is None else announced))
        self.end_headers()
        self.wfile.write(body if sent is None else body[:sent])
        self.wfile.flush()
        self.close_connection = True

    def do_GET(self):
        path = self.path
        SEEN[path] = SEEN.get(path, 0) + 1
        is_first = SEEN[path] == 1
        asked = self.headers.get("Range")
        first = int(asked.split("=")[1].split("-")[0]) if asked else 0
        if_range = self.headers.get("If-Range")
        third = len(CONTENT) // 3
        if path in ("/good", "/stall") and first >= len(CONTENT):
            self.send_response(416)
            self.send_header("Content-Range", f"bytes */{len(CONTENT)}")
            self.send_header("Content-Length", "0")
            self.end_headers()
        elif path == "/good":
            self.answer(CONTENT, first if if_range in (None, '"v1"') else 0)
        elif path == "/truncate":
            self.answer(CONTENT, first, sent=third)
        elif path == "/once-whole":
            self.answer(CONTENT, 0, sent=third if is_first else None, ranges=False)
        elif path == "/stall":
            if is_first:
                self.answer(CONTENT, 0, sent=third)
                self.close_connection = False
                time.sleep(60)
            else:
                self.answer(CONTENT, first)
        elif path == "/long":
            self.answer(CONTENT, 0, announced=len(CONTENT) + 10, ranges=False)
        elif path == "/short":
            self.answer(CONTENT, 0, announced=len(CONTENT) - 10, ranges=False)
        elif path == "/endless":
            self.send_response(200)
            self.end_headers()
            try:
                while True:
                    self.wfile.write(b"\0" * 65536)
            except OSError:
                pass
        elif path == "/busy" and SEEN[path] <= 2:
            self.send_error(503)
        elif path == "/busy":
            self.answer(CONTENT, first)
        elif path in ("/redirect", "/circle", "/to-file"):
            self.send_response(302)
            self.send_header("Location", {"/redirect": "/good", "/circle": "/circle", "/to-file": "file:///etc/hostname"}[path])
            self.send_header("Content-Length", "0")
            self.end_headers()
        elif path == "/changed":
            if is_first:
                self.answer(CONTENT, 0, sent=third)
            else:
                self.answer(b"\0" * len(CONTENT), first if if_range == '"v2"' else 0, etag='"v2"')
        elif path == "/wrong-range":
            if is_first:
                self.answer(CONTENT, 0, sent=third)
            elif first:
                self.send_response(206)
                self.send_header("Content-Range", f"bytes 0-{len(CONTENT) - 1}/{len(CONTENT)}")
                self.send_header("Content-Length", str(len(CONTENT)))
                self.end_headers()
                self.wfile.write(CONTENT)
            else:
                self.answer(CONTENT)
        elif path == "/weak":
            self.answer(CONTENT, first, sent=third if is_first else None, etag=None)
        else:
            self.send_error(404)


class Server(socketserver.ThreadingMixIn, http.server.HTTPServer):
    daemon_threads = True

    def handle_error(self, *_):
        pass


threading.Timer(120, lambda: os._exit(0)).start()
server = Server(("127.0.0.1", 0), Handler)
print(server.server_address[1], flush=True)
server.serve_forever()
