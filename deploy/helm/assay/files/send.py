"""Sends an empty OTLP request to $URL, with the token in $TOKEN_FILE if there is one, and asks whether Assay is ready.

An empty request is a valid one (https://opentelemetry.io/docs/specs/otlp/#full-success): it passes TLS, token and limits, and
leaves no span behind.
"""

import os
import ssl
import urllib.request
from pathlib import Path

url, token_file = os.environ["URL"], os.environ.get("TOKEN_FILE")
context = None
if url.startswith("https"):
    folder = os.environ["TLS_FOLDER"]
    context = ssl.create_default_context(cafile=f"{folder}/ca.crt")
    # The certificate is for the name that senders use, which may not be the Service's.
    context.check_hostname = False
    context.load_cert_chain(f"{folder}/tls.crt", f"{folder}/tls.key")
headers = {"Content-Type": "application/json"}
if token_file:
    headers["Authorization"] = "Bearer " + Path(token_file).read_text().split()[0]
for path, body in (("/readyz", None), ("/v1/traces", b"{}"), ("/v1/logs", b"{}")):
    request = urllib.request.Request(url + path, data=body, headers=headers)
    with urllib.request.urlopen(request, timeout=20, context=context) as answer:
        print(path, answer.status, answer.read().decode().strip())
