"""What you learn: requests.get() blocks its own job and no other. A hundred slow calls take about as long as one.

Run, with CAMUNDA_REST_ADDRESS set to your cluster:

    camunda-client deploy examples/bpmn/prices.bpmn
    camunda-client start prices --count 100
    camunda-client worker examples/03_blocking_http.py

What you will see: a hundred "job.completed", each with a duration_s of a second or a little more, all within a few
seconds. Each job's variable "asked_at_once" is how many calls the shop had before it at that moment.
The shop is a slow web server that this example starts itself; SHOP_URL=http://... takes another.
"""

import os
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import requests

from camunda_client.c8.models import ActivatedJob
from camunda_client.c8.worker import camunda_worker

open_calls = 0


class Shop(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        global open_calls
        open_calls += 1
        body = b'{"price": 42, "asked_at_once": %d}' % open_calls
        time.sleep(1)
        open_calls -= 1
        self.send_response(200)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object, **__: object) -> None:
        """Print nothing: the worker's lines are what we want to see."""


def start_shop() -> str:
    ThreadingHTTPServer.request_queue_size = 100
    server = ThreadingHTTPServer(("127.0.0.1", 0), Shop)
    # No native thread: under camunda-client threads are greenlets, and so are the server's own.
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return f"http://127.0.0.1:{server.server_port}/price"


SHOP_URL = os.environ.get("SHOP_URL") or start_shop()


@camunda_worker(job_type="ask-price", max_jobs_active=100)
def ask_price(job: ActivatedJob) -> dict[str, int]:
    answer = requests.get(SHOP_URL, timeout=30)
    answer.raise_for_status()
    found: dict[str, int] = answer.json()
    return found
