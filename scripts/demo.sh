#!/usr/bin/env bash
# From a fresh clone to a result: installs what is missing (Debian 12), builds the program, analyses a
# case and writes its report. Run it again as often as you like.
#   bash scripts/demo.sh              the shipped case: a seizure declared as iron ore
#   bash scripts/demo.sh --measured   measured files of ../shared/data, where that folder exists
set -euo pipefail
cd "$(dirname "$0")/.."

case_file=configs/example_seizure.toml
case "${1:-}" in
  "") ;;
  --measured)
    case_file=configs/measured_cpd.toml
    shared=../shared
    if [ ! -d "$shared/data" ]; then
      echo "demo: no measured files here: folder $shared/data does not exist." >&2
      echo "demo: without --measured the shipped example runs anywhere." >&2
      exit 6
    fi ;;
  *) echo "usage: bash scripts/demo.sh [--measured]" >&2; exit 2 ;;
esac

bash scripts/setup_debian.sh

log=build/demo/build.log
mkdir -p build/demo out
started=$(date +%s)
echo "demo: building the program (log: $log) ..."
march=x86-64-v3
grep -qw avx2 /proc/cpuinfo && grep -qw fma /proc/cpuinfo || march=x86-64
if ! {
  cmake --preset host -B build/demo -DGADOLIN_MARCH=$march -DGADOLIN_TESTS=OFF -DGADOLIN_BENCH=OFF &&
    cmake --build build/demo --target gadolin
} >"$log" 2>&1; then
  tail -n 30 "$log" >&2
  echo "demo: the build failed; the whole log is $log" >&2
  exit 1
fi
echo "demo: built in $(( $(date +%s) - started )) s: build/demo/app/gadolin"

name=$(basename "$case_file" .toml)
result=out/$name.h5
report=out/$name.html
run() {
  printf '\n$ gadolin %s\n' "$*"
  build/demo/app/gadolin "$@"
}
run analyse "$case_file" --out "$result" --force
run report "$result" --out "$report" --force
cat <<END

demo: done.
  numbers (HDF5, opens in H5Web, silx view or h5py)  $PWD/$result
  report (HTML, opens in any browser, no network)    $PWD/$report
END
