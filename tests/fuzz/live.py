"""The same cases against a live receiver: both transports, the real store, in a process of its own."""

import gzip
import http.client
import multiprocessing
import tempfile
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from assay.config.model import Workspace
from tests.fuzz.run import resident_mib, run_phase
from tests.fuzz.targets import Target, over_grpc, over_http

SERVER_GROWTH_LIMIT_MIB = 192
"""Between the first and the second half; the engine's own caches and merges breathe more than our code does."""

SENDERS = 16
"""Requests share commits, so that one sender alone would mostly wait."""

BOMB_MIB = 512
BOMB_MEMORY_LIMIT_MIB = 192


def serve(folder: str, ports: Connection) -> None:
    """Run a receiver until the other end of `ports` says stop."""
    from tests.golden.corpus.live import live_receiver

    with live_receiver(Path(folder), {"default": Workspace()}) as (transports, _):
        ports.send((transports.http_port, transports.grpc_port))
        ports.recv()


def live_targets(http_port: int, grpc_port: int) -> list[Target]:
    """Both transports."""
    return [over_http(http_port), over_grpc(grpc_port)]


def live_phase(*, seed: int, seconds: float, save: Path) -> list[str]:
    """Fuzz a receiver. Gives the failures, its death and its growth among them."""
    context = multiprocessing.get_context("spawn")
    with tempfile.TemporaryDirectory() as folder:
        ours, theirs = context.Pipe()
        server = context.Process(target=serve, args=(folder, theirs), daemon=True)
        server.start()
        if not ours.poll(60):
            server.kill()
            return ["live: the receiver did not start"]
        ports = ours.recv()
        failures = [f"live: {bomb}" for bomb in zip_bomb(ports[0], server)]
        failures += run_phase("live", live_targets, ports, seed=seed, seconds=seconds / 2, save=save, threads=SENDERS)
        before = resident_mib(server.pid) if server.pid and server.is_alive() else 0.0
        failures += run_phase(
            "live", live_targets, ports, seed=seed + 10_000, seconds=seconds / 2, save=save, threads=SENDERS
        )
        if not server.is_alive():
            return [*failures, f"live: the receiver died with exit code {server.exitcode}"]
        growth = resident_mib(server.pid or 0) - before
        print(f"live: the receiver uses {before + growth:.0f} MiB, {growth:+.0f} in the second half")
        if growth > SERVER_GROWTH_LIMIT_MIB:
            failures.append(f"live: the receiver grew by {growth:.0f} MiB in the second half")
        if (status := probe(ports[0])) != 200:
            failures.append(f"live: afterwards a good request gets HTTP {status}")
        ours.send("stop")
        server.join(60)
        if server.exitcode != 0:
            failures.append(f"live: the receiver ended with exit code {server.exitcode}")
            server.kill()
    return failures


def probe(port: int) -> int:
    """Status of an empty request, which always succeeds."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    connection.request("POST", "/v1/traces", body=b"", headers={"Content-Type": "application/x-protobuf"})
    return connection.getresponse().status


def zip_bomb(port: int, server: Any) -> list[str]:
    """Half a gibibyte of zeros in half a mebibyte of gzip: refused, and memory stays bounded."""
    bomb = gzip.compress(bytes(BOMB_MIB * 2**20), compresslevel=9)
    before = resident_mib(server.pid)
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    headers = {"Content-Type": "application/x-protobuf", "Content-Encoding": "gzip"}
    connection.request("POST", "/v1/traces", body=bomb, headers=headers)
    status = connection.getresponse().status
    grown = resident_mib(server.pid) - before
    wrong = [] if status == 413 else [f"a zip bomb gets HTTP {status}, not 413"]
    return wrong + ([f"a zip bomb costs {grown:.0f} MiB"] if grown > BOMB_MEMORY_LIMIT_MIB else [])
