#!/usr/bin/env bash
# Programs that tests drive but pip cannot bring: Chromium (browser), LibreOffice Writer (opens
# exported DOCX), poppler (reads exported PDF), Tesseract (reads scans), bubblewrap (holds code). Installs what is missing where that is allowed.
set -euo pipefail

# MCP servers for tests, beside the project's own packages: they want an older SDK.
here=$(cd "$(dirname "$0")/.." && pwd)
servers="$here/.mcp-servers"
if ! cmp -s "$here/deploy/mcp-servers.txt" "$servers/installed.txt"; then
    python="$here/.venv/bin/python"
    [ -x "$python" ] || python=python3
    echo "Installing MCP servers for tests …"
    rm -rf "$servers"
    if "$python" -m venv "$servers" && "$servers/bin/pip" install -q --no-deps -r "$here/deploy/mcp-servers.txt" >&2; then
        cp "$here/deploy/mcp-servers.txt" "$servers/installed.txt"
    else
        echo "They could not be installed. The tests that need them will fail." >&2
        [ -z "${CI:-}" ] || exit 1
    fi
fi

missing=()
command -v chromium-headless-shell >/dev/null || command -v chromium >/dev/null ||
    command -v google-chrome >/dev/null || missing+=(chromium)
command -v soffice >/dev/null || missing+=(libreoffice-writer)
command -v pdftotext >/dev/null || missing+=(poppler-utils)
command -v tesseract >/dev/null || missing+=(tesseract-ocr)
command -v bwrap >/dev/null || missing+=(bubblewrap)
[ ${#missing[@]} -eq 0 ] && exit 0

as_root=()
allowed=no
if command -v apt-get >/dev/null; then
    if [ "$(id -u)" -eq 0 ]; then
        allowed=yes
    elif sudo -n true 2>/dev/null; then
        allowed=yes
        as_root=(sudo -n)
    fi
fi

if [ $allowed = yes ]; then
    echo "Installing ${missing[*]} …"
    log=$(mktemp)
    # Where there is a package of Chromium without its window, it is the smaller and the faster one.
    lighter() {
        [[ "$(apt-cache policy chromium-headless-shell)" != *"Candidate: "[0-9]* ]] ||
            missing=("${missing[@]/%chromium/chromium-headless-shell}")
    }
    export DEBIAN_FRONTEND=noninteractive
    if "${as_root[@]}" apt-get update >"$log" 2>&1 && lighter &&
        "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive \
            apt-get install -y --no-install-recommends "${missing[@]}" >>"$log" 2>&1 </dev/null; then
        rm -f "$log"
        exit 0
    fi
    tail -n 5 "$log" >&2
fi

echo "Missing: ${missing[*]}. Install them with: sudo apt-get install ${missing[*]}" >&2
if [ -n "${CI:-}" ]; then
    exit 1
fi
echo "The tests that need them will fail." >&2
