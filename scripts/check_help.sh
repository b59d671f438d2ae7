#!/usr/bin/env bash
# Compares docs/formats/help.md with what the program prints about itself, so that the page cannot drift.
#   bash scripts/check_help.sh PROGRAM          shows the difference, exit 1 if any
#   bash scripts/check_help.sh PROGRAM --fix    writes the page
set -euo pipefail
program=$(realpath "${1:?usage: bash scripts/check_help.sh PROGRAM [--fix]}")
cd "$(dirname "$0")/.."
page=docs/formats/help.md

sub_verbs() { "$program" "$1" --help | awk '/^Subcommands:/ {on = 1; next} /^[^ ]/ {on = 0} on && /^  [a-z]/ {print $1}'; }
help() { printf '\n## gadolin %s\n```\n' "$1"; "$program" $1 --help; printf '```\n'; }
written=$(
  echo "# Help texts, as the program prints them"
  echo "Written by \`bash scripts/check_help.sh PROGRAM --fix\`; a test compares. What the words mean: \`command_line.md\`."
  help ""
  for verb in analyse diffraction separation origin simulate calibrate convert report verify library info; do
    help "$verb"
    for sub in $(sub_verbs "$verb"); do help "$verb $sub"; done
  done
)
written=$(sed 's/[[:space:]]*$//' <<<"$written")
if [ "${2:-}" = --fix ]; then
  printf '%s\n' "$written" >"$page"
  exit 0
fi
if ! diff -u "$page" <(printf '%s\n' "$written"); then
  echo "help: $page is not what the program prints - run: bash scripts/check_help.sh PROGRAM --fix" >&2
  exit 1
fi
echo "help: $page is what the program prints"
