"""Reads every dataset of a result file with h5py and numpy alone and checks the layout's promises:
every dataset has units, every code column spells out its codes, every default chain ends at a plot
whose signal and axes exist, columns of a table have one length. Prints the number of datasets."""
import sys

import h5py
import numpy as np

faults, count = [], 0


def visit(name, item):
    global count
    if isinstance(item, h5py.Group):
        if item.attrs.get("NX_class") == "NXdata":
            signal = item[item.attrs["signal"]]
            for axis, name_of_axis in enumerate(item.attrs["axes"]):
                if name_of_axis != "." and item[name_of_axis].shape[0] != signal.shape[axis]:
                    faults.append(f"{name}: axis {name_of_axis} does not fit the signal")
        return
    count += 1
    values = item[()]
    if "units" not in item.attrs:
        faults.append(f"{name}: no units")
    if h5py.check_enum_dtype(item.dtype) is not None:
        if "codes" not in item.attrs:
            faults.append(f"{name}: codes not spelled out")
        allowed = set(h5py.check_enum_dtype(item.dtype).values())
        if not set(np.atleast_1d(values).ravel().tolist()) <= allowed:
            faults.append(f"{name}: a code without a meaning")
    if h5py.check_string_dtype(item.dtype) is not None:
        if h5py.check_string_dtype(item.dtype).encoding != "utf-8":
            faults.append(f"{name}: text is not UTF-8")
        for text in np.atleast_1d(values).ravel():
            text.decode("utf-8")
    state = name + "_state"
    if state in item.file and item.dtype.kind == "f" and not name.endswith("weight_fraction"):
        measured = np.atleast_1d(item.file[state][()]) == 0
        if np.isnan(np.atleast_1d(values)[measured]).any():
            faults.append(f"{name}: measured, but no number")
        if not np.isnan(np.atleast_1d(values)[~measured]).all():
            faults.append(f"{name}: a number without being measured")


with h5py.File(sys.argv[1], "r") as file:
    file.visititems(visit)
    place, steps = file, []
    while "default" in place.attrs:
        steps.append(place.attrs["default"])
        place = place[place.attrs["default"]]
    if place.attrs.get("NX_class") != "NXdata":
        faults.append("the default chain " + "/".join(steps) + " does not end at NXdata")
    if "batch" in file:
        batch = file["batch"]
        rows = len(batch["item"])
        for name, item in batch.items():
            if isinstance(item, h5py.Dataset) and item.ndim and name != "phase":
                if item.shape[0] != rows:
                    faults.append(f"batch/{name}: {item.shape[0]} rows, not {rows}")
                if name != "item" and item.dims[0].keys() != ["item"]:
                    faults.append(f"batch/{name}: no dimension scale")
print(count)
if faults:
    sys.exit("\n".join(faults))
