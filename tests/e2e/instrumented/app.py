"""An application that calls a model through a real client with a real instrumentation, and exports over OTLP.

    python app.py LIBRARY CALLS

Runs in the virtual environment of `requirements.txt`. The endpoints come from the environment: MODEL_URL for the stand-in
of the model's API, OTEL_EXPORTER_OTLP_ENDPOINT for the Collector. Each library's instrumentation is used as its own
documentation says.
"""

import os
import sys

from opentelemetry import _logs, trace
from opentelemetry.sdk._logs import LoggerProvider
from opentelemetry.sdk._logs.export import BatchLogRecordProcessor
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor

MODEL_URL = os.environ["MODEL_URL"]


def call_openai(calls: int) -> None:
    from openai import OpenAI

    client = OpenAI(base_url=f"{MODEL_URL}/v1", api_key="not-a-key")
    for number in range(calls):
        client.chat.completions.create(
            model="gpt-4o-mini",
            messages=[
                {"role": "system", "content": "Answer in one word."},
                {"role": "user", "content": f"What is the capital of country {number}?"},
            ],
            temperature=0.2,
        )


def call_anthropic(calls: int) -> None:
    from anthropic import Anthropic

    client = Anthropic(base_url=MODEL_URL, api_key="not-a-key")
    for number in range(calls):
        client.messages.create(
            model="claude-sonnet-4-5",
            max_tokens=100,
            messages=[{"role": "user", "content": f"What is the capital of country {number}?"}],
        )


def otel_openai(calls: int) -> None:
    from opentelemetry.instrumentation.genai.openai import OpenAIInstrumentor

    OpenAIInstrumentor().instrument()
    call_openai(calls)


def openinference_openai(calls: int) -> None:
    from openinference.instrumentation.openai import OpenAIInstrumentor

    OpenAIInstrumentor().instrument()
    call_openai(calls)


def traceloop_anthropic(calls: int) -> None:
    from opentelemetry.instrumentation.anthropic import AnthropicInstrumentor

    AnthropicInstrumentor().instrument()
    call_anthropic(calls)


LIBRARIES = {
    "otel-openai": otel_openai,
    "openinference-openai": openinference_openai,
    "traceloop-anthropic": traceloop_anthropic,
}


def main() -> None:
    library, calls = sys.argv[1], int(sys.argv[2])
    if os.environ["OTEL_EXPORTER_OTLP_PROTOCOL"] == "grpc":
        from opentelemetry.exporter.otlp.proto.grpc._log_exporter import OTLPLogExporter
        from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter
    else:
        from opentelemetry.exporter.otlp.proto.http._log_exporter import OTLPLogExporter
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    resource = Resource.create({"service.name": library})
    tracers, loggers = TracerProvider(resource=resource), LoggerProvider(resource=resource)
    tracers.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    loggers.add_log_record_processor(BatchLogRecordProcessor(OTLPLogExporter()))
    trace.set_tracer_provider(tracers)
    _logs.set_logger_provider(loggers)
    LIBRARIES[library](calls)
    tracers.shutdown()
    loggers.shutdown()


if __name__ == "__main__":
    main()
