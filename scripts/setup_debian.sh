#!/usr/bin/env bash
# Installs the Debian 12 packages that Gadolin needs and that are missing here; says which. Never asks.
#   bash scripts/setup_debian.sh        what building and running needs
#   bash scripts/setup_debian.sh test   and what the tests, benchmarks and format check need
# A second run finds nothing missing, prints nothing and needs no network.
set -euo pipefail

run_packages=(
  g++ cmake ninja-build ccache                   # build tools
  libtrilinos-kokkos-dev libthrust-dev libtbb-dev  # execution layer
  libeigen3-dev libboost-dev libhdf5-dev zlib1g-dev libzip-dev libssl-dev  # numbers, storage, SHA-256
  libfmt-dev libcli11-dev          # text, command line
  libtomlplusplus-dev nlohmann-json3-dev libpugixml-dev  # TOML, JSON, XML
  gemmi-dev tao-pegtl-dev libstb-dev             # CIF (gemmi does not pull what it includes)
  python3 python3-h5py                           # the report
)
test_packages=(git clang-format-14 libgtest-dev libgmock-dev libbenchmark-dev)

packages=("${run_packages[@]}")
case "${1:-run}" in
  run) ;;
  test) packages+=("${test_packages[@]}") ;;
  *) echo "usage: bash scripts/setup_debian.sh [run|test]" >&2; exit 2 ;;
esac

if ! command -v dpkg-query >/dev/null || ! command -v apt-get >/dev/null; then
  echo "setup: not a Debian system; going on with what is installed. Needed: ${packages[*]}" >&2
  exit 0
fi

missing=()
for package in "${packages[@]}"; do
  state=$(dpkg-query -W -f='${db:Status-Status}' "$package" 2>/dev/null || true)
  [ "$state" = installed ] || missing+=("$package")
done
[ ${#missing[@]} -gt 0 ] || exit 0

as_root=()
if [ "$(id -u)" -ne 0 ]; then
  if command -v sudo >/dev/null && sudo -n true 2>/dev/null; then
    as_root=(sudo -n)
  else
    echo "setup: missing ${missing[*]}" >&2
    echo "setup: run as root: apt-get install --no-install-recommends ${missing[*]}" >&2
    exit 6
  fi
fi

echo "setup: installing ${#missing[@]} Debian packages: ${missing[*]}"
started=$(date +%s)
log=$(mktemp)
trap 'rm -f "$log"' EXIT
apt() {
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive LC_ALL=C apt-get -q -y \
    -o Acquire::Retries=3 -o DPkg::Lock::Timeout=300 "$@" </dev/null >>"$log" 2>&1
}
if ! { apt update && apt install --no-install-recommends "${missing[@]}"; }; then
  tail -n 25 "$log" >&2
  echo "setup: apt-get failed (last lines above); mend that, or install by hand: ${missing[*]}" >&2
  exit 6
fi
echo "setup: done in $(( $(date +%s) - started )) s; with what they need: $(grep -c '^Setting up ' "$log" || true) packages," \
  "$(sed -n 's/^After this operation, \(.*\) of additional.*/\1/p' "$log" | tail -n 1) on disk"
