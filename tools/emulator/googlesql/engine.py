"""The WebAssembly module of GoogleSQL's front end, compiled once per machine."""

from __future__ import annotations

import atexit
import ctypes
import hashlib
import os
import threading
from importlib.metadata import version
from pathlib import Path
from typing import TypeVar

import wasmtime
from google._upb._message import SetAllowOversizeProtos
from google.protobuf.message import Message
from zetasql.core import wasm_client
from zetasql.core.exceptions import ServerError
from zetasql.wasi import get_wasm_path

Response = TypeVar("Response", bound=Message)
# Of the user, not of a checkout: a new clone starts with what another has worked out.
CACHES = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
CACHE = Path(os.environ.get("EMULATOR_CACHE") or CACHES / "marketing-data-foundation" / "googlesql")

# A resolved query nests deeper than the 100 levels that protobuf's decoder allows a message from a stranger.
SetAllowOversizeProtos(True)


class EngineError(Exception):
    """The front end refused a request; the text is its own message."""


class Engine(wasm_client.WasmClient):
    """The package's client with two changes.

    The compiled module is kept on disk (compiling takes 14 s and more, loading a fraction of one), and memory is
    copied in one piece, not byte by byte.
    """

    def __init__(self) -> None:
        # The parent's constructor is replaced, not called: it compiles the module.
        config = wasmtime.Config()
        config.shared_memory = True
        engine = wasmtime.Engine(config)
        wasi = wasmtime.WasiConfig()
        wasi.inherit_stderr()
        if zones := wasm_client.get_tzinfo_dir():
            wasi.preopen_dir(zones, "/usr/share/zoneinfo")
        self.store = wasmtime.Store(engine)
        self.store.set_wasi(wasi)
        linker = wasmtime.Linker(engine)
        linker.define_wasi()
        self.instance = linker.instantiate(self.store, _compiled(engine))
        self.exports = self.instance.exports(self.store)
        self.exports["_initialize"](self.store)
        self.memory = self.exports["memory"]
        self._lock = threading.Lock()
        # At the end of the interpreter their own destructors come too late.
        for part in (engine, self.store, self.memory):
            atexit.register(part.close)

    def ask(self, method: str, request: Message, response: type[Response]) -> Response:
        """Call a method of the front end; one thread at a time.

        :param method: name in ``local_service.proto``, such as ``Analyze``.
        :param request: its request.
        :param response: the type of its response.
        :raises EngineError: with the front end's message, where it refuses.
        """
        with self._lock:
            try:
                answer = self._call_grpc_method(f"ZetaSqlLocalService_{method}", request.SerializeToString())
            except ServerError as refusal:
                # Its own `message` ends at the first line.
                raise EngineError(refusal.raw_error.partition("Message: ")[2]) from None
        return response.FromString(answer)

    def write_bytes(self, ptr: int, data: bytes) -> None:
        """Copy ``data`` to address ``ptr`` of the module's memory."""
        ctypes.memmove(self._address(ptr), data, len(data))

    def read_bytes(self, ptr: int, size: int) -> bytes:
        """Return ``size`` bytes from address ``ptr`` of the module's memory."""
        return ctypes.string_at(self._address(ptr), size)

    def _address(self, ptr: int) -> int:
        return ctypes.addressof(self.memory.data_ptr().contents) + ptr


def _compiled(engine: wasmtime.Engine) -> wasmtime.Module:
    """Load the module that this machine has compiled, or compile and keep it."""
    source = Path(get_wasm_path())
    name = f"{version('zetasql')}-{version('wasmtime')}-{source.stat().st_size}-{os.uname().machine}"
    kept = CACHE / f"{hashlib.sha256(name.encode()).hexdigest()[:16]}.cwasm"
    if kept.exists():
        return wasmtime.Module.deserialize_file(engine, str(kept))
    module = wasmtime.Module.from_file(engine, str(source))
    CACHE.mkdir(parents=True, exist_ok=True)
    # Renamed into place: several warehouses may start at once.
    part = kept.with_suffix(f".{os.getpid()}")
    part.write_bytes(module.serialize())
    part.rename(kept)
    return module
