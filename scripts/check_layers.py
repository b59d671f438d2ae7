#!/usr/bin/env python3
"""Checks who includes whom, against the table in docs/architecture.md ("Who may include what").

    python3 scripts/check_layers.py [ROOT]      every broken arrow as file:line, exit 1 if any
    python3 scripts/check_layers.py --self-test plants bad includes and wants each one found

The rules read includes as text: also those behind #if, so that what one compiler sees is no excuse.
"""
import pathlib
import re
import sys
import tempfile

LAYERS = ("kernels", "models", "io", "app", "tests", "bench", "fuzz")
SUFFIXES = {".hpp", ".cpp", ".cu", ".cuh", ".inl"}
INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]')

# A header in angle brackets belongs to a library, found by the first pattern that matches.
LIBRARIES = (
    ("Kokkos", r"Kokkos_.*|Kokkos/.*"),
    ("CUDA", r"cuda.*|cooperative_groups.*|cub/.*|nv/.*|vector_types\.h|device_launch_parameters\.h"),
    ("Thrust", r"thrust/.*"),
    ("OpenMP", r"omp\.h"),
    ("Boost", r"boost/.*"),
    ("Eigen", r"Eigen/.*|unsupported/Eigen/.*"),
    ("HDF5", r"hdf5.*|H5.*"),
    ("toml++", r"toml\+\+/.*|toml\.hpp"),
    ("nlohmann", r"nlohmann/.*"),
    ("pugixml", r"pugi.*"),
    ("gemmi", r"gemmi/.*"),
    ("fmt", r"fmt/.*"),
    ("zlib", r"zlib\.h"),
    ("libzip", r"zip\.h"),
    ("OpenSSL", r"openssl/.*"),
    ("CLI11", r"CLI/.*"),
    ("spdlog", r"spdlog/.*"),
    ("GoogleTest", r"g(test|mock)/.*"),
    ("Benchmark", r"benchmark/.*"),
    ("system", r"sys/.*|unistd\.h|fcntl\.h|signal\.h|dlfcn\.h|pthread\.h|sched\.h|spawn\.h|poll\.h|iconv\.h|pwd\.h"
               r"|immintrin\.h|x86intrin\.h|cxxabi\.h|time\.h|limits\.h"),
    ("files", r"fstream|filesystem"),
    ("console", r"iostream"),
    ("standard", r"[a-z0-9_]+"),
)

KERNEL_BODY = {"standard"}
# layer or layer/domain -> (libraries, own folders that may be included, the rule in words);
# the longest matching key counts.
TABLE = {
    "kernels/exec": ({"standard", "Kokkos", "CUDA", "Thrust", "OpenMP", "system"}, ("kernels/exec",),
                     "kernels/exec sees the standard library, Kokkos, CUDA, Thrust and OpenMP"),
    "kernels/numeric": (KERNEL_BODY, ("kernels/exec", "kernels/numeric"),
                        "kernels/numeric sees kernels/exec and the standard library without files"),
    "kernels": (KERNEL_BODY, ("kernels/exec", "kernels/numeric", "OWN"),
                "kernels/<domain> sees exec, numeric and itself, never another domain, never files"),
    "models/core": ({"standard", "fmt"}, ("models/core", "kernels/exec/item_status.hpp"),
                    "models/core sees the standard library and kernels/exec/item_status.hpp"),
    "models/recovery": ({"standard", "Eigen", "fmt"}, ("models", "kernels"),
                        "models/recovery sees models and kernels, no files, no reader, no store"),
    "models": ({"standard", "Eigen", "Boost", "fmt"}, ("models/core", "kernels", "OWN"),
               "models/<domain> sees models/core, kernels and itself, never another domain or files"),
    "io": ({"standard", "files", "system", "HDF5", "toml++", "nlohmann", "pugixml", "gemmi", "fmt",
            "zlib", "libzip", "OpenSSL"}, ("models/core", "models/*/types.hpp", "models/*/types_*.hpp", "io",
            "kernels/exec/item_status.hpp"),
           "io sees models/core, models/*/types.hpp and its format libraries, never a model's verbs"),
    "app": ({name for name, _ in LIBRARIES} - {"GoogleTest", "Benchmark"},
            ("kernels", "models", "io", "app"), "app sees everything but the tests"),
    "tests": ({name for name, _ in LIBRARIES}, ("kernels", "models", "io", "tests"),
              "nobody includes app"),
    "bench": ({name for name, _ in LIBRARIES}, ("kernels", "models", "io", "bench", "tests"),
              "nobody includes app"),
}
# Headers that io includes must build without Kokkos, CUDA or Eigen, so they are plain data. A long
# types.hpp may be cut into types_<subject>.hpp beside it.
TYPES_RULE = "models/*/types.hpp is plain data: standard library, models/core, item_status.hpp"


def library_of(header):
    for name, pattern in LIBRARIES:
        if re.fullmatch(pattern, header):
            return name
    return "unknown"


def rule_for(path):
    parts = path.parts
    for key in ("/".join(parts[:2]), parts[0]):
        if key in TABLE:
            return TABLE[key]
    return None


def allowed(path, target, folders):
    own = "/".join(path.parts[:2])
    for folder in folders:
        folder = own if folder == "OWN" else folder
        pattern = re.escape(folder).replace(r"\*", "[^/]+")
        if re.fullmatch(pattern + "(/.*)?", target):
            return True
    return False


def check_include(root, path, bracket, target):
    """The broken rule in words, or None."""
    libraries, folders, words = rule_for(path)
    is_types = path.parts[0] == "models" and re.fullmatch(r"types(_\w+)?\.hpp", path.name)
    if bracket == "<":
        library = library_of(target)
        if library == "unknown":
            return f"<{target}> belongs to no library in this script's list - add it there, with a reason"
        if library not in libraries:
            return f"{library} header; {words}"
        if library in ("Eigen", "Boost") and path.suffix == ".hpp":
            return f"{library} in a header; models use it inside .cpp only"
        if is_types and library != "standard":
            return f"{library} header; {TYPES_RULE}"
        return None
    if path.parts[0] in ("tests", "bench") and (root / path.parent / target).is_file():
        return None  # a test's own neighbour
    if ".." in pathlib.PurePosixPath(target).parts or target.split("/")[0] not in LAYERS:
        if (root / path.parent / target).is_file():
            return "include from the root of the repository, as in \"models/core/error.hpp\""
        return None if generated(target) else "no such file from the root of the repository"
    if not (root / target).is_file() and not generated(target):
        return "no such file from the root of the repository"
    if not allowed(path, target, folders):
        return words
    if is_types:
        plain = ("models/core", "kernels/exec/item_status.hpp", f"models/{path.parts[1]}/types_*.hpp")
        if path.name.startswith("types_"):
            plain += (f"models/{path.parts[1]}/types.hpp",)
        if path.parts[1] == "recovery":
            plain += ("models/*/types.hpp",)
        if not allowed(path, target, plain):
            return TYPES_RULE
    return None


def generated(target):
    """Headers that the build writes, from <target>.in."""
    return target.endswith("build_info.hpp")


def check_tree(root):
    broken = []
    seen = 0
    for layer in LAYERS:
        for source in sorted((root / layer).rglob("*")):
            path = source.relative_to(root)
            if source.suffix not in SUFFIXES or not source.is_file() or rule_for(path) is None:
                continue
            seen += 1
            text = source.read_text(encoding="utf-8")
            if source.suffix == ".hpp" and "#pragma once" not in text:
                broken.append(f"{path}:1: header without #pragma once")
            for number, line in enumerate(text.splitlines(), 1):
                match = INCLUDE.match(line)
                if not match:
                    continue
                why = check_include(root, path, match[1], match[2])
                if why:
                    broken.append(f"{path}:{number}: {line.strip()}: {why}")
    return seen, broken


def self_test():
    """Every planted include must be found, every allowed one must pass."""
    bad = {
        "kernels/diffraction/a.hpp": '#include "kernels/separation/b.hpp"',
        "kernels/numeric/a.hpp": "#include <Kokkos_Core.hpp>",
        "kernels/numeric/b.cpp": "#include <fstream>",
        "kernels/separation/c.cpp": '#include "models/core/error.hpp"',
        "models/core/a.hpp": '#include "kernels/exec/launch.hpp"',
        "models/origin/a.cpp": '#include "models/assay/types.hpp"',
        "models/origin/b.hpp": "#include <Eigen/Dense>",
        "models/origin/c.cpp": '#include "io/readers/read.hpp"',
        "models/assay/d.cpp": "  #  include <thrust/sort.h>",
        "models/diffraction/types.hpp": '#include "kernels/exec/engine.hpp"',
        "io/store/a.cpp": '#include "models/origin/place.hpp"',
        "io/readers/a.cpp": "#include <spdlog/spdlog.h>",
        "io/readers/b.cpp": '#include "app/command.hpp"',
        "io/readers/c.cpp": "#include <iostream>",
        "tests/unit/io/a.cpp": '#include "app/command.hpp"',
        "app/a.cpp": '#include "nowhere.hpp"',
        "app/b.cpp": "#include <unheard/of.hpp>",
        "app/c.cpp": '#include "../io/readers/read.hpp"',
    }
    good = {
        "kernels/diffraction/g.hpp": '#include "kernels/numeric/n.hpp"',
        "kernels/exec/g.cpp": "#include <Kokkos_Core.hpp>",
        "models/origin/g.cpp": "#include <Eigen/Dense>",
        "models/recovery/g.cpp": '#include "models/origin/place.hpp"',
        "io/store/g.cpp": '#include "models/origin/types.hpp"',
        "app/g.cpp": '#include "models/origin/place.hpp"',
    }
    targets = ("kernels/separation/b.hpp", "kernels/numeric/n.hpp", "models/core/error.hpp",
               "kernels/exec/launch.hpp", "kernels/exec/engine.hpp", "models/assay/types.hpp",
               "models/origin/types.hpp", "models/origin/place.hpp", "io/readers/read.hpp",
               "app/command.hpp")
    with tempfile.TemporaryDirectory() as folder:
        root = pathlib.Path(folder)
        for name, line in {**{t: "" for t in targets}, **bad, **good}.items():
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            (root / name).write_text(f"#pragma once\n{line}\n")
        (root / "io/readers/bare.hpp").write_text("struct Bare {};\n")
        _, broken = check_tree(root)
    found = {line.split(":")[0] for line in broken}
    wanted = set(bad) | {"io/readers/bare.hpp"}
    for name in sorted(wanted - found):
        print(f"not found: {name}: {bad.get(name, 'header without #pragma once')}")
    for name in sorted(found - wanted):
        print(f"found without reason: {[line for line in broken if line.startswith(name)]}")
    print(f"self-test: {len(wanted & found)} of {len(wanted)} planted faults found, "
          f"{len(found - wanted)} false alarms")
    return 0 if found == wanted else 1


def main(arguments):
    if arguments == ["--self-test"]:
        return self_test()
    root = pathlib.Path(arguments[0] if arguments else pathlib.Path(__file__).parent.parent).resolve()
    seen, broken = check_tree(root)
    for line in broken:
        print(line)
    print(f"layers: {seen} files, {len(broken)} broken arrows")
    return 1 if broken or seen == 0 else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
