#!/bin/sh
# Writes the lock files anew from pyproject.toml. Needs uv (pip install uv); set UV to use another one.
# Arguments go to uv: tools/lock.sh --upgrade, tools/lock.sh --upgrade-package duckdb
set -eu
cd "$(dirname "$0")/.."

lock() { # lock FILE INPUT...
    out=$1
    shift
    "${UV:-uv}" pip compile --quiet --universal --python-version 3.11 --generate-hashes \
        --no-emit-index-url --no-emit-find-links --no-annotate --custom-compile-command tools/lock.sh --output-file "$out" "$@"
}

lock requirements.lock pyproject.toml "$@"
lock requirements-build.lock --group build "$@"
lock requirements-dev.lock pyproject.toml --group dev -c requirements.lock -c requirements-build.lock "$@"
wc -l requirements*.lock
