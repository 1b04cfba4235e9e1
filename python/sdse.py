"""sdse from Python: map layers, score mappings, read results. Standard library only; pandas is used if it is there.

    import sdse
    npu = sdse.Arch("eyeriss", {"GLB.capacity_kib": 64})      # a file, or a shipped name
    net = sdse.Workload("resnet50")
    best = npu.map(net["layer1.0.conv2"], objective="energy")
    best.energy_pj, best.latency_s, best.parts, best.counts, best.mapping
    npu.evaluate(net["layer1.0.conv2"], best.mapping).energy_pj == best.energy_pj
    rows = sdse.Results("results.db").view("v_point")         # a DataFrame, or a list of dicts

Everything goes through dse/session/session.h of <sdse.h>. What the library refuses is an InputError (or NoMapping,
SystemFailure) with the diagnostics: file, line, column, check and message.
"""
import ctypes as c
import glob
import os
import sqlite3
import threading

try:
    import pandas
except ImportError:
    pandas = None

__all__ = ["Arch", "Workload", "Layer", "Score", "Results", "Error", "InputError", "NoMapping", "Interrupted",
           "SystemFailure", "Diagnostic", "frame", "data_folders"]

# --- Errors ---


class Diagnostic:
    """One thing that is wrong: file, line, column (0 = the whole file), severity, check, message."""

    def __init__(self, file, line, column, severity, check, message):
        self.file, self.line, self.column = file, line, column
        self.severity, self.check, self.message = severity, check, message

    def __str__(self):
        place = f"{self.file}:{self.line}:{self.column}: " if self.line else f"{self.file}: " if self.file else ""
        return f"{place}{self.severity}: {self.message}" + (f" [{self.check}]" if self.check else "")

    __repr__ = __str__


class Error(Exception):
    """What the library refused; `diagnostics` says why."""

    def __init__(self, diagnostics):
        self.diagnostics = diagnostics
        super().__init__("\n".join(map(str, diagnostics)))


class InputError(Error):
    """A file, a name or a value is wrong."""


class NoMapping(Error):
    """No valid mapping exists: the message names the smallest change that admits one."""


class Interrupted(Error):
    """A limit or a stop ended the search before it found anything."""


class SystemFailure(Error):
    """The machine: memory, files."""


# enum sdse_status, in its order (base/status.h)
_OK, _INVALID, _NO_MEMORY, _IO, _DATABASE, _OVERFLOW, _NO_MAPPING, _LIMIT, _INTERRUPTED, _MISSING_TOOL = range(10)
_ERRORS = {_INVALID: InputError, _OVERFLOW: InputError, _NO_MAPPING: NoMapping, _LIMIT: Interrupted,
           _INTERRUPTED: Interrupted}

# --- The structs of dse/session/session.h ---

_u64, _size, _text, _handle = c.c_uint64, c.c_size_t, c.c_char_p, c.c_void_p


class _Diag(c.Structure):
    _fields_ = [("file", _text), ("line", c.c_uint), ("column", c.c_uint), ("severity", _text), ("check", _text),
                ("message", _text)]


class _Layer(c.Structure):
    _fields_ = [("name", _text), ("kind", _text), ("repeat", _u64), ("macs", _u64)]


class _Count(c.Structure):
    _fields_ = [("level", _text), ("part", _text), ("instances", _u64), ("tile_words", _u64), ("reads_words", _u64),
                ("fills_words", _u64), ("updates_words", _u64), ("drain_reads_words", _u64), ("energy_pj", c.c_double)]


class _Part(c.Structure):
    _fields_ = [("component", _text), ("energy_pj", c.c_double)]


class _Score(c.Structure):
    _fields_ = [("status", _text), ("mapping", _text), ("energy_pj", c.c_double), ("latency_s", c.c_double),
                ("utilization", c.c_double), ("gap", c.c_double), ("latency_cycles", _u64), ("macs", _u64),
                ("multipliers_used", _u64), ("bottleneck", _text), ("count_count", _size), ("part_count", _size),
                ("count", c.POINTER(_Count)), ("part", c.POINTER(_Part))]


class _Wish(c.Structure):
    _fields_ = [("objective", _text), ("uneven", c.c_int), ("free_bypass", c.c_int),
                ("imperfect_percent", c.c_uint), ("seconds_limit", c.c_double)]


_FUNCTIONS = {  # name: (result, arguments)
    "new": (_handle, []),
    "free": (None, [_handle]),
    "diag_count": (_size, [_handle]),
    "diag_at": (None, [_handle, _size, c.POINTER(_Diag)]),
    "load_arch": (c.c_int, [_handle, _text, c.POINTER(_text), c.POINTER(_text), _size, c.POINTER(_handle)]),
    "arch_name": (_text, [_handle]),
    "arch_area_um2": (c.c_double, [_handle]),
    "load_workload": (c.c_int, [_handle, _text, c.POINTER(_handle)]),
    "workload_name": (_text, [_handle]),
    "layer_count": (_size, [_handle]),
    "layer_at": (None, [_handle, _size, c.POINTER(_Layer)]),
    "map": (c.c_int, [_handle, _handle, _handle, _size, c.POINTER(_Wish), c.POINTER(c.POINTER(_Score)),
                      c.POINTER(_size)]),
    "evaluate": (c.c_int, [_handle, _handle, _handle, _size, _text, c.POINTER(c.POINTER(_Score))]),
    "stop": (None, [_handle]),
}
_HERE = os.path.dirname(os.path.abspath(__file__))


def _open_library():
    """$SDSE_LIBRARY, the one installed beside this file, or the system's."""
    names = [os.environ["SDSE_LIBRARY"]] if os.environ.get("SDSE_LIBRARY") else []
    if not names:
        prefix = os.path.normpath(os.path.join(_HERE, "..", "..", ".."))
        names = sorted(glob.glob(os.path.join(glob.escape(prefix), "lib*", "libsdse.so.0")) +
                       glob.glob(os.path.join(glob.escape(prefix), "lib*", "*", "libsdse.so.0"))) + ["libsdse.so.0"]
    for name in names:
        try:
            library = c.CDLL(name)
            break
        except OSError as error:
            reason = error
    else:
        raise ImportError(f"libsdse.so.0 is not found ({reason}): install sdse, or name the file in SDSE_LIBRARY")
    functions = {}
    for name, (result, arguments) in _FUNCTIONS.items():
        function = getattr(library, "sdse_session_" + name)
        function.restype, function.argtypes = result, arguments
        functions[name] = function
    return functions


_c = _open_library()


def data_folders():
    """Where shipped files are looked for: here, $SDSE_DATA, the installed data, the source tree."""
    folders = [".", os.environ.get("SDSE_DATA"), os.path.join(_HERE, ".."),
               os.path.join(_HERE, "..", "..", "..", "share", "sdse"), "/usr/local/share/sdse", "/usr/share/sdse"]
    return [os.path.normpath(folder) for folder in folders if folder]


def _find(folder, name):
    """The path of a file, or of a shipped one by its name (as of the command line)."""
    name = os.fspath(name)
    if "/" in name or name.endswith((".yaml", ".json")) or os.path.isfile(name):
        return name
    for root in data_folders():
        path = os.path.join(root, folder, name + ".yaml")
        if os.path.isfile(path):
            return path
    raise InputError([Diagnostic(None, 0, 0, "error", None, f"no '{name}' in {folder}: neither a file nor shipped")])


class _Session:
    """One arena of the library; the lock keeps it to one thread at a time."""

    def __init__(self):
        self.lock = threading.Lock()
        self.handle = _c["new"]()
        if not self.handle:
            raise MemoryError

    def __del__(self):
        if getattr(self, "handle", None):
            _c["free"](self.handle)
            self.handle = None

    def diagnostics(self):
        out, found = _Diag(), []
        for i in range(_c["diag_count"](self.handle)):
            _c["diag_at"](self.handle, i, c.byref(out))
            found.append(Diagnostic(*(value.decode(errors="replace") if isinstance(value, bytes) else value
                                      for value in (getattr(out, field) for field, _ in _Diag._fields_))))
        return found

    def check(self, status):
        if status != _OK:
            raise _ERRORS.get(status, SystemFailure)(self.diagnostics())
        return self.diagnostics()

    def interruptible(self, call):
        """Runs a search in a thread of its own, so that Ctrl-C ends it."""
        result = []
        thread = threading.Thread(target=lambda: result.append(call()))
        thread.start()
        try:
            while thread.is_alive():
                thread.join(0.1)
        except KeyboardInterrupt:
            _c["stop"](self.handle)
            thread.join()
            raise
        return result[0]


# --- Networks ---


class Layer:
    """A layer of a network: name, kind, repeat, macs (of one execution)."""

    def __init__(self, workload, index):
        out = _Layer()
        _c["layer_at"](workload._handle, index, c.byref(out))
        self.workload, self.index = workload, index
        self.name, self.kind = out.name.decode(), out.kind.decode()
        self.repeat, self.macs = out.repeat, out.macs

    def __repr__(self):
        return f"<Layer {self.name} of {self.workload.name}>"


class Workload:
    """A network: a file, or the name of a shipped one. A sequence of layers, also by name."""

    def __init__(self, name):
        self._session, self._handle = _Session(), _handle()
        self.path = _find("workloads", name)
        self.warnings = self._session.check(
            _c["load_workload"](self._session.handle, os.fsencode(self.path), c.byref(self._handle)))
        self.name = _c["workload_name"](self._handle).decode()
        self.layers = [Layer(self, i) for i in range(_c["layer_count"](self._handle))]

    def __getitem__(self, key):
        if isinstance(key, str):
            for layer in self.layers:
                if layer.name == key:
                    return layer
            raise KeyError(f"{self.name} has no layer '{key}'")
        return self.layers[key]

    def __len__(self):
        return len(self.layers)

    def __iter__(self):
        return iter(self.layers)


# --- Accelerators ---


class Score:
    """What a mapping costs, one execution of its layer. `parts` and `counts` are lists of dicts; frame() tables them."""

    def __init__(self, out):
        self.status, self.mapping, self.bottleneck = (out.status.decode(), out.mapping.decode(),
                                                      out.bottleneck.decode())
        for field in ("energy_pj", "latency_s", "utilization", "gap", "latency_cycles", "macs", "multipliers_used"):
            setattr(self, field, getattr(out, field))
        self.parts = [_row(out.part[i]) for i in range(out.part_count)]
        self.counts = [_row(out.count[i]) for i in range(out.count_count)]

    def __repr__(self):
        return f"<Score {self.status}: {self.energy_pj / 1e6:.6g} uJ, {self.latency_cycles} cycles>"


def _row(struct):
    values = ((name, getattr(struct, name)) for name, _ in struct._fields_)
    return {name: value.decode() if isinstance(value, bytes) else value for name, value in values}


class Arch:
    """An accelerator: a file, or the name of a shipped one, with keys of it overridden."""

    def __init__(self, name, override=None):
        self._session, self._handle = _Session(), _handle()
        self.path, self.override = _find("archs", name), dict(override or {})
        count = len(self.override)
        paths = (_text * count)(*(path.encode() for path in self.override))
        values = (_text * count)(*(_yaml(value).encode() for value in self.override.values()))
        self.warnings = self._session.check(
            _c["load_arch"](self._session.handle, os.fsencode(self.path), paths, values, count,
                            c.byref(self._handle)))
        self.name = _c["arch_name"](self._handle).decode()
        self.area_um2 = _c["arch_area_um2"](self._handle)

    def map(self, layer, objective="edp", uneven=False, free_bypass=False, imperfect_percent=0, seconds_limit=0):
        """The proved best mapping of a layer: a Score; with objective "pareto" the front, a list of them."""
        wish = _Wish(objective.encode(), uneven, free_bypass, imperfect_percent, seconds_limit)
        scores, count = c.POINTER(_Score)(), _size()
        session = self._session
        with session.lock:
            session.check(session.interruptible(lambda: _c["map"](
                session.handle, self._handle, layer.workload._handle, layer.index, c.byref(wish), c.byref(scores),
                c.byref(count))))
            found = [Score(scores[i]) for i in range(count.value)]
        return found if objective == "pareto" else found[0]

    def evaluate(self, layer, mapping=None):
        """The Score of a mapping: the text of a mapping file, or None for a layer that only moves words."""
        score = c.POINTER(_Score)()
        session = self._session
        with session.lock:
            session.check(_c["evaluate"](session.handle, self._handle, layer.workload._handle, layer.index,
                                         mapping.encode() if mapping is not None else None, c.byref(score)))
            return Score(score[0])

    def map_network(self, workload, objective="edp", **wish):
        """Each layer by itself: rows with its Score; their energies and times add up to the network's."""
        if objective == "pareto":
            raise ValueError("a network's rows have one mapping each; for fronts map() its layers")
        rows = []
        for layer in workload:
            score = self.map(layer, objective, **wish)
            rows.append({"layer": layer.name, "kind": layer.kind, "repeat": layer.repeat,
                         "energy_pj": score.energy_pj * layer.repeat, "latency_s": score.latency_s * layer.repeat,
                         "latency_cycles": score.latency_cycles * layer.repeat, "utilization": score.utilization,
                         "bottleneck": score.bottleneck, "score": score})
        return rows


def _yaml(value):
    """A value as the file would have it: 64, true, [a, b]."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(map(_yaml, value)) + "]"
    return repr(float(value)) if isinstance(value, float) else str(value)  # a numpy.float64 is a float


# --- Results ---


def frame(rows):
    """Rows (dicts) as a pandas DataFrame; as they are where pandas is not installed."""
    return pandas.DataFrame(rows) if pandas else rows


class Results:
    """A results.db, read only. docs/database.md describes its views."""

    def __init__(self, path):
        path = os.path.abspath(os.fspath(path))
        if not os.path.isfile(path):
            raise FileNotFoundError(path)
        quoted = "".join(ch if ch.isalnum() or ch in "/._-" else "".join(f"%{b:02X}" for b in os.fsencode(ch))
                         for ch in path)
        self._db = sqlite3.connect(f"file:{quoted}?mode=ro", uri=True)
        self._db.row_factory = sqlite3.Row
        self._db.execute("PRAGMA query_only = 1")

    def query(self, sql, parameters=()):
        return frame([dict(row) for row in self._db.execute(sql, parameters)])

    def views(self):
        return [row[0] for row in self._db.execute("SELECT name FROM sqlite_schema WHERE type = 'view' ORDER BY name")]

    def view(self, name, where=None, parameters=()):
        """A view's rows, those for which `where` holds."""
        if name not in self.views():
            raise KeyError(f"no view '{name}': there are {', '.join(self.views())}")
        return self.query(f"SELECT * FROM {name}" + (f" WHERE {where}" if where else ""), parameters)

    def close(self):
        self._db.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()
