"""What you learn: each job is a span of OpenTelemetry, and the calls that its handler makes are children of it.

Run, with CAMUNDA_REST_ADDRESS set to your cluster, after
pip install 'c8-client[otel]' opentelemetry-instrumentation-requests:

    camunda-client deploy examples/bpmn/prices.bpmn
    camunda-client start prices --variables '{"traceparent": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"}'
    camunda-client worker examples/17_tracing.py

What you will see: two spans as JSON, "GET" and "process ask-price". The first is a child of the second, and both are of
the trace 0af7651916cd43dd8448eb211c80319c that the process began with. The line "job.completed" has that trace_id, too.
"""

import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import requests
from opentelemetry import trace
from opentelemetry.instrumentation.requests import RequestsInstrumentor
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import ConsoleSpanExporter, SimpleSpanProcessor

from camunda_client.c8.models import ActivatedJob
from camunda_client.c8.worker import camunda_worker

provider = TracerProvider()
provider.add_span_processor(SimpleSpanProcessor(ConsoleSpanExporter()))
trace.set_tracer_provider(provider)
RequestsInstrumentor().instrument()


class Shop(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b'{"price": 42}')

    def log_message(self, *_: object, **__: object) -> None:
        """Print nothing: the spans are what we want to see."""


shop = HTTPServer(("127.0.0.1", 0), Shop)
threading.Thread(target=shop.serve_forever, daemon=True).start()


@camunda_worker(job_type="ask-price")
def ask_price(job: ActivatedJob) -> dict[str, int]:
    found: dict[str, int] = requests.get(f"http://127.0.0.1:{shop.server_port}/price", timeout=30).json()
    return found
