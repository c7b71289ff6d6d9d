"""Makes the Python of `assay.v1` from `proto/assay/v1/*.proto`. `docs/generate.py` calls it; needs the `test` extra (grpcio-tools)."""

import tempfile
from importlib import resources
from pathlib import Path

from grpc_tools import protoc

HERE = Path(__file__).parent
SOURCES = HERE.parent / "src"


def write() -> int:
    """Write what is out of date; how many files that were."""
    stale = _stale()
    for name, text in stale.items():
        (SOURCES / name).write_text(text, encoding="utf-8")
    return len(stale)


def problems() -> list[str]:
    """The files that are not what the .proto files say."""
    return sorted(_stale())


def _stale() -> dict[str, str]:
    made = _made()
    return {name: text for name, text in made.items() if _read(SOURCES / name) != text}


def _made() -> dict[str, str]:
    with tempfile.TemporaryDirectory() as folder:
        protos = [str(path.relative_to(HERE)) for path in sorted(HERE.rglob("*.proto"))]
        # The well-known types come with grpcio-tools.
        known = resources.files("grpc_tools") / "_proto"
        options = [f"-I{HERE}", f"-I{known}", *(f"--{kind}_out={folder}" for kind in ("python", "pyi", "grpc_python"))]
        if protoc.main(["protoc", *options, *protos]):
            raise SystemExit("proto: protoc failed")
        made = sorted(path for path in Path(folder).rglob("*") if path.is_file())
        return {str(path.relative_to(folder)): path.read_text(encoding="utf-8") for path in made}


def _read(path: Path) -> str:
    return path.read_text(encoding="utf-8") if path.exists() else ""
