#!/usr/bin/env bash
# Builds the kernels alone with the cuda engine, compares every kernel on the GPU with the serial
# engine, runs compute-sanitizer where it is installed, and measures rates against the roofline.
# Needs the CUDA toolkit, CMake >= 3.25 and a C++20 compiler; no Kokkos, HDF5 or GoogleTest.
#   bash scripts/gpu_check.sh [BUILD_FOLDER]
# Writes docs/measurements/gpu_<date>.md. GADOLIN_CUDA_ARCH (default 90) chooses the architecture.
# Exit code 0: built, parity holds; 1: a mismatch, a spill or a sanitizer finding; 3: no device.
set -euo pipefail
cd "$(dirname "$0")/.."
build=${1:-build/gpu_check}

if ! command -v nvidia-smi >/dev/null || ! nvidia-smi -L 2>/dev/null | grep -q '^GPU'; then
  echo "gpu_check: no CUDA device answers on this machine (nvidia-smi lists none); nothing was measured" >&2
  exit 3
fi
nvcc=$(command -v nvcc || true)
if [ -z "$nvcc" ] && [ -x /usr/local/cuda/bin/nvcc ]; then nvcc=/usr/local/cuda/bin/nvcc; fi
if [ -z "$nvcc" ]; then
  echo "gpu_check: nvcc not found - install the CUDA toolkit or put its bin folder on PATH" >&2
  exit 3
fi
export PATH="$(dirname "$nvcc"):$PATH"

mkdir -p "$build" docs/measurements
log=$build/build.log
echo "gpu_check: building into $build (log: $log)"
cmake -S . -B "$build" -DCMAKE_BUILD_TYPE=Release -DGADOLIN_KERNELS_ONLY=ON -DGADOLIN_CUDA=ON \
  -DCMAKE_CUDA_COMPILER="$nvcc" -DCMAKE_CUDA_ARCHITECTURES="${GADOLIN_CUDA_ARCH:-90}" >"$build/configure.log"
# Device objects anew, so that the log tells the registers of every kernel.
find "$build" -name '*.cu.o' -delete
if ! cmake --build "$build" --parallel >"$log" 2>&1; then
  grep -E -A 5 'error|FAILED' "$log" | tail -n 40 >&2
  echo "gpu_check: the build failed; the whole log is $log" >&2
  exit 1
fi

failed=0
registers=$(python3 scripts/check_spills.py "$log") || failed=1
parity=$("$build/gadolin_parity" --engine cuda) || failed=1
sanitizer="compute-sanitizer is not installed: not run"
if command -v compute-sanitizer >/dev/null; then
  sanitizer=""
  for tool in memcheck racecheck; do
    found=$(compute-sanitizer --tool "$tool" --error-exitcode 9 "$build/gadolin_parity" --engine cuda 2>&1 | tail -n 3) || failed=1
    sanitizer+="$tool"$'\n'"$found"$'\n'
  done
fi
rates=$("$build/gadolin_bench_plain" --engine cuda --markdown) || failed=1
host_rates=$("$build/gadolin_bench_plain" --engine openmp --markdown) || failed=1

day=$(date -u +%Y-%m-%d)
commit=$(git rev-parse --short HEAD 2>/dev/null || echo unknown)
if ! git diff --quiet HEAD 2>/dev/null; then commit="$commit with changes"; fi
device=$(nvidia-smi --query-gpu=name --format=csv,noheader | head -n 1)
driver=$(nvidia-smi --query-gpu=driver_version --format=csv,noheader | head -n 1)
report=docs/measurements/gpu_$day.md
{
  echo "# GPU check, $day"
  echo
  echo "| device | driver | toolkit | host compiler | commit | verdict |"
  echo "| --- | --- | --- | --- | --- | --- |"
  echo "| $device | $driver | $("$nvcc" --version | sed -n 's/.*release \([0-9.]*\).*/\1/p') |" \
    "$(c++ --version | head -n 1) | $commit | $([ $failed = 0 ] && echo passed || echo FAILED) |"
  echo
  echo "Made by \`bash scripts/gpu_check.sh\`. Times are the best of repeated launches, inputs already on the device."
  printf '\n## Parity with the serial engine\n\n```\n%s\n```\n' "$parity"
  printf '\n## Registers per kernel\n\n```\n%s\n```\n' "$registers"
  printf '\n## compute-sanitizer\n\n```\n%s\n```\n' "$sanitizer"
  printf '\n## Rates on the device\n\n%s\n' "$rates"
  printf '\n## Rates on the host of the same machine\n\n%s\n' "$host_rates"
} >"$report"
echo "gpu_check: $([ $failed = 0 ] && echo passed || echo FAILED); $report"
exit $failed
