#!/usr/bin/env bash
# Checks every C++ and CUDA source against .clang-format (clang-format 14, whose output differs from other versions').
#   bash scripts/check_format.sh          names each badly formatted place, exit 1 if any
#   bash scripts/check_format.sh --fix    formats them
set -euo pipefail
cd "$(dirname "$0")/.."

formatter=$(command -v clang-format-14 || command -v clang-format || true)
if [ -z "$formatter" ] || ! "$formatter" --version | grep -q 'version 14\.'; then
  echo "check_format: clang-format 14 not found - run: bash scripts/setup_debian.sh test" >&2
  exit 6
fi

mapfile -t sources < <(find app bench io kernels models tests -type f \
  \( -name '*.hpp' -o -name '*.cpp' -o -name '*.cu' -o -name '*.cuh' -o -name '*.inl' \) | LC_ALL=C sort)
if [ "${1:-}" = --fix ]; then
  "$formatter" -i "${sources[@]}"
  exit 0
fi
if ! found=$("$formatter" --dry-run -Werror "${sources[@]}" 2>&1); then
  grep 'error:' <<<"$found" >&2
  echo "format: mend with bash scripts/check_format.sh --fix" >&2
  exit 1
fi
echo "format: ${#sources[@]} files, clean"
