# What ./run and ./test share: finding Python and filling a private environment. To be sourced from the root of the tree.

export PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_INPUT=1 PIP_USER=0
unset PYTHONPATH PYTHONHOME PYTHONDONTWRITEBYTECODE # else every process compiles the whole product

say() { printf '%s\n' "$*"; }

fail() { # fail WHAT [WHAT TO DO...]
    printf 'Stopped: %s\n' "$1" >&2
    shift
    for line; do printf '  %s\n' "$line" >&2; done
    exit 1
}

may_install() { [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; }

apt_install() { # quiet unless it fails; the package lists are fetched once
    export DEBIAN_FRONTEND=noninteractive
    if [ -z "${apt_updated:-}" ]; then
        apt-get update -qq </dev/null || return 1
        apt_updated=1
    fi
    apt_log=$(apt-get install -y -qq --no-install-recommends "$@" </dev/null 2>&1) || { say "$apt_log" | tail -n 5; return 1; }
}

find_python() { # sets $python
    found=
    for python in ${PYTHON:-python3 python3.13 python3.12 python3.11}; do
        version=$("$python" -c 'import sys; print("%d.%d" % sys.version_info[:2])' 2>/dev/null) || continue
        "$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' && return
        found="$found $python is $version,"
    done
    fail "Python 3.11 or newer is missing.${found:+ Found:${found%,}.}" \
        "On Debian 12, Ubuntu 24.04 and later: apt-get install python3 python3-venv" \
        "If it is installed elsewhere, name it: PYTHON=/path/to/python3 $0"
}

need_venv() { # Debian keeps a part of Python's venv in a package of its own
    "$python" -c 'import ensurepip, venv' 2>/dev/null && return
    if may_install; then
        say "Installing Debian's python3-venv (Python's venv module is missing) ..."
        apt_install python3-venv "python$version-venv" || apt_install python3-venv || true
        "$python" -c 'import ensurepip, venv' 2>/dev/null && return
    fi
    fail "Python's venv module is missing ($python, $version)." "On Debian and Ubuntu: apt-get install python$version-venv"
}

need_space() { # need_space MEGABYTES
    free=$(df -Pk . | awk 'NR == 2 { print int($4 / 1024) }')
    [ "$free" -ge "$1" ] || fail "too little disk space: $free MB free in $PWD, $1 MB needed."
}

explain() { # explain LOG: say why pip failed
    if grep -q 'No space left' "$1"; then
        fail "the disk is full." "Free some space and start again. All output: $1"
    elif grep -q 'DO NOT MATCH THE HASHES' "$1"; then
        fail "a downloaded package is not the one that was locked; nothing of it was used." "All output: $1"
    elif grep -qE 'NewConnectionError|NameResolutionError|ConnectTimeout|ProxyError|Temporary failure|unreachable|SSLError' "$1"; then
        fail "the package index cannot be reached." \
            "Is this machine online? Behind a proxy, set HTTPS_PROXY; with an index of your own, set PIP_INDEX_URL." \
            "All output: $1"
    elif grep -q 'No matching distribution' "$1"; then
        grep 'No matching distribution' "$1" >&2
        fail "a locked package has no build for this machine and Python $version." "All output: $1"
    fi
    tail -n 12 "$1" >&2
    fail "an install step failed." "All output: $1"
}

progress() { # reads pip's output, shows "12 of 64: numpy"
    count=0 total=$1
    while read -r first second _; do
        case $first in
        Ignoring) total=$((total - 1)) ;; # is for another system
        Collecting)
            count=$((count + 1))
            if [ -t 1 ]; then
                printf '\r\033[K  %s of %s: %s' "$count" "$total" "$second"
            elif [ $((count % 20)) = 0 ]; then
                say "  $count of $total"
            fi
            ;;
        Installing)
            [ ! -t 1 ] || printf '\r\033[K'
            say "  unpacking"
            ;;
        esac
    done
}

pip() { "$env/bin/python" -m pip "$@" </dev/null; }

fill() { # fill LOCK [PIP OPTIONS]: what a lock file names, hashes checked, nothing built from source
    lock=$1
    shift
    rm -f "$env/failed"
    { pip install --require-hashes --only-binary :all: --progress-bar off -r "$lock" "$@" 2>&1 || : >"$env/failed"; } |
        tee -a "$env/setup.log" | progress "$(grep -c '==' "$lock")"
    [ ! -e "$env/failed" ] || explain "$env/setup.log"
}

ready() { # ready LOCK: nothing that decides about the environment has changed since it was filled
    stamp=$(say "$PWD" && cat "$1" requirements-build.lock pyproject.toml tools/hatch_build.py tools/uplot/package-lock.json | cksum)
    [ -x "$env/bin/wardkeeper" ] && [ -d dashboards/static/vendor/uplot ] && [ "$(cat "$env/stamp" 2>/dev/null)" = "$stamp" ]
}

prepare() { # prepare DIRECTORY LOCK MEGABYTES: a private environment with the locked packages and the product
    env=$1
    ready "$2" && return
    find_python
    need_venv
    if ! "$env/bin/python" -m pip --version >/dev/null 2>&1; then
        need_space "$3"
        say "Making a private environment in $env ($python, $version) ..."
        rm -rf "$env"
        "$python" -m venv "$env" || fail "no environment could be made in $env."
    fi
    : >"$env/setup.log"
    say "Installing $(grep -c '==' "$2") locked packages (a few minutes the first time) ..."
    fill "$2"
    say "Installing Wardkeeper itself ..."
    if grep -q '^hatchling==' "$2"; then
        tools=
    else
        tools=$env/build
        fill requirements-build.lock --quiet --target "$tools" --upgrade
    fi
    PYTHONPATH=$tools pip install --no-build-isolation --no-deps --no-index -e . >>"$env/setup.log" 2>&1 || explain "$env/setup.log"
    rm -rf "${env:?}/build"
    say "$stamp" >"$env/stamp"
}
