#!/usr/bin/env bash
# Makes .venv and installs the pinned packages: deploy/install.sh runtime|dev
# Does nothing when the pins have not changed since the last time.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

kind=${1:-runtime}
venv=.venv
log=$venv/install.log

say() { printf '%s\n' "$*"; }
fail() { printf '%s\n' "$*" >&2; exit 1; }
recent() { "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; }

find_python() {
    local candidate
    for candidate in ${PYTHON:-python3 python3.13 python3.12 python3.11}; do
        if command -v "$candidate" >/dev/null && recent "$candidate"; then
            command -v "$candidate"
            return
        fi
    done
    local found
    found=$("${PYTHON:-python3}" -c 'import platform; print(platform.python_version())' 2>/dev/null) \
        || fail "HandyWriterz needs Python 3.11 or newer, and there is no ${PYTHON:-python3} here; install python3."
    fail "HandyWriterz needs Python 3.11 or newer; ${PYTHON:-python3} is $found. Name another one with: make run PYTHON=/path/to/python3"
}

digest() {
    local files=(requirements.txt deploy/constraints.txt deploy/requirements-no-deps.txt)
    [ "$1" = dev ] && files+=(tests/requirements.txt)
    { "$venv/bin/python" -c 'import sys; print(sys.version, sys.prefix)'; cat "${files[@]}"; } | cksum
}

# How many packages lie in the virtual environment.
unpacked() { find "$venv"/lib/python*/site-packages -maxdepth 1 -name '*.dist-info' | wc -l; }

show() { if [ -t 1 ]; then printf '\r\033[K  %s' "$*"; else say "  $*"; fi; }

# Shows what pip is at while keeping all it says in the log. While it unpacks it says nothing for
# minutes: then what lies there already is counted.
progress() {
    local line count=0 rest before there unpacking= status pause=1
    before=$(unpacked)
    [ -t 1 ] || pause=5
    while true; do
        status=0
        IFS= read -r ${unpacking:+-t $pause} line || status=$?
        if [ "$status" -gt 128 ]; then
            there=$(($(unpacked) - before))
            show "Unpacked $((there > 0 ? there : 0)) of $count packages …"
            continue
        fi
        [ "$status" = 0 ] || break
        case $line in
            Collecting\ *)
                count=$((count + 1))
                rest=${line#Collecting }
                if [ -t 1 ]; then printf '\r\033[K  %3d  %s' "$count" "${rest%% *}"
                else printf '  %3d  %s\n' "$count" "${rest%% *}"; fi ;;
            Installing\ collected\ packages*)
                if [ -t 1 ]; then printf '\r\033[K'; fi
                rest=${line//[!,]/} # it names them all; not each has been told as collected
                count=$((${#rest} + 1))
                say "  Unpacking $count packages …"
                unpacking=yes ;;
            *) if [ -n "$unpacking" ] && [ -t 1 ]; then printf '\r\033[K'; fi ;;
        esac
    done
}

install() {
    if ! "$venv/bin/python" -m pip install --disable-pip-version-check --no-input --no-compile "$@" 2>&1 \
        | tee -a "$log" | progress; then
        grep -m 3 '^ERROR' "$log" >&2 || tail -n 3 "$log" >&2
        fail "The packages could not be installed; the whole story is in $log."
    fi
}

if ! "$venv/bin/python" -c '' 2>/dev/null || ! recent "$venv/bin/python"; then
    python=$(find_python)
    "$python" -c 'import venv, ensurepip' 2>/dev/null \
        || fail "Python's venv module is missing; install it, on Debian and Ubuntu with: sudo apt-get install python3-venv"
    say "Making $venv with $("$python" --version) …"
    rm -rf "$venv"
    "$python" -m venv "$venv" || fail "The virtual environment could not be made in $PWD/$venv."
fi

stamp=$venv/.installed-$kind
wanted=$(digest "$kind")
[ "$(cat "$stamp" 2>/dev/null || true)" = "$wanted" ] && exit 0

say "Installing packages into $venv (the first time fetches 350 MB, 1.2 GB unpacked) …"
: >"$log"
sets=(-r requirements.txt -c deploy/constraints.txt)
[ "$kind" = dev ] && sets+=(-r tests/requirements.txt)
install "${sets[@]}"
install --no-deps -r deploy/requirements-no-deps.txt
# On all cores, where pip would take one. Some packages ship files that no Python can compile.
say "  Compiling them …"
"$venv/bin/python" -m compileall -q -j 0 "$venv/lib" >>"$log" 2>&1 || :
"$venv/bin/python" -m autonomy.tools.python_sandbox.fonts >>"$log" 2>&1 \
    || say "matplotlib's list of fonts could not be made ahead; figures take a little longer."
printf '%s\n' "$wanted" >"$stamp"
[ "$kind" = dev ] && digest runtime >"$venv/.installed-runtime"
say "Packages are installed."
