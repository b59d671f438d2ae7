"""Reading a result file (docs/formats/result_file.md) with h5py and nothing else."""
import h5py
import numpy as np

MEASURED, BELOW_LOD, ABOVE_RANGE, NOT_MEASURED = range(4)
STATUS_WORDS = ("ok", "not_converged", "out_of_range", "singular")


def _text(value):
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)


class Table:
    """A group whose members are asked for by name; what is absent is None or empty."""

    def __init__(self, group):
        self.group = group
        self.path = _text(group.name) if group is not None else ""

    def __bool__(self):
        return self.group is not None

    def __contains__(self, name):
        return self.group is not None and name in self.group

    def child(self, name):
        found = name in self and isinstance(self.group[name], h5py.Group)
        return Table(self.group[name] if found else None)

    def text(self, name, otherwise=""):
        return _text(self.group[name][()]) if name in self else otherwise

    def texts(self, name):
        return [_text(value) for value in np.atleast_1d(self.group[name][()])] if name in self else []

    def array(self, name):
        return np.asarray(self.group[name][()]) if name in self else np.array([])

    def number(self, name, otherwise=float("nan")):
        return float(self.group[name][()]) if name in self else otherwise

    def integer(self, name, otherwise=0):
        return int(self.group[name][()]) if name in self else otherwise

    def units(self, name):
        return _text(self.group[name].attrs.get("units", "")) if name in self else ""

    def interval(self, name):
        """(5 %, 50 %, 95 %, mean) of one quantity."""
        return tuple(self.number(name + end) for end in ("_p05", "_p50", "_p95", "_mean"))

    def warnings(self):
        table = self.child("warnings")
        return list(zip(table.texts("code"), table.texts("text")))


class Result:
    def __init__(self, path):
        self.file = h5py.File(path, "r")
        self.root = Table(self.file)
        self.run = self.root.child("run")
        self.samples = [Table(self.file[name]) for name in sorted(self.file, key=_text)
                        if _text(name).startswith("sample_")]
        self.batch = self.root.child("batch")
        self.batch_origin = self.root.child("batch_origin")

    def attribute(self, name):
        value = self.file.attrs.get(name, "")
        return value if isinstance(value, (int, np.integer)) else _text(value)

    @property
    def complete(self):
        return int(self.file.attrs.get("gadolin_complete", 0)) == 1

    @property
    def report_id(self):
        """One per run: the first figures of the seal over results and times."""
        seal = self.attribute("gadolin_sealed_sha256")
        return "GAD-" + (seal[:12].upper() if seal else "UNSEALED")

    def normaliser(self):
        table = self.run.child("normaliser")
        if not table:
            return None
        return {"name": table.text("name"), "reservoir": table.text("reservoir"),
                "citation": table.text("citation"),
                "content": dict(zip(table.texts("element"), table.array("content").tolist()))}
