#!/usr/bin/env bash
# Installs what is missing (Debian 12), builds everything and runs every test; ctest has the last word.
# Where nvcc exists, every kernel is also compiled and linked for sm_90, and a register spill fails.
#   bash scripts/test.sh
set -euo pipefail
cd "$(dirname "$0")/.."

bash scripts/setup_debian.sh test

# step NAME COMMAND...: runs quietly into a log, shows its end when it fails, says how long it took.
mkdir -p build/log
step() {
  local name=$1 log=build/log/$1.log started
  shift
  started=$(date +%s)
  if ! "$@" </dev/null >"$log" 2>&1; then
    grep -E -A 12 'FAILED|error' "$log" | tail -n 60 >&2 || tail -n 40 "$log" >&2
    echo "test: $name failed; the whole log is $log" >&2
    exit 1
  fi
  echo "test: $name, $(( $(date +%s) - started )) s"
}

preset=host
if ! grep -qw avx2 /proc/cpuinfo || ! grep -qw fma /proc/cpuinfo; then preset=baseline; fi
step "configure" cmake --preset $preset -DGADOLIN_TESTS=ON -DGADOLIN_BENCH=ON
step "build" cmake --build build/$preset

if command -v nvcc >/dev/null || [ -x /usr/local/cuda/bin/nvcc ]; then
  step "configure_cuda" cmake --preset cuda -DGADOLIN_TESTS=OFF -DGADOLIN_BENCH=OFF
  # Assembled anew each time (ccache makes it cheap), so that the log tells of every kernel.
  find build/cuda -name '*.cu.o' -delete
  step "build_cuda" cmake --build build/cuda
  step "spills_cuda" python3 scripts/check_spills.py build/log/build_cuda.log
else
  echo "test: no nvcc here, the cuda engine is not compiled"
fi

ctest --test-dir build/$preset --output-on-failure --parallel "$(nproc)" --no-tests=error
