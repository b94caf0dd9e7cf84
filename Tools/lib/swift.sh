# Sourced by Tools/start, Tools/test and Tools/bench.

swift_version_min=6.2

# require_swift: fails with advice when there is no Swift, or one that is too old for Package.swift.
require_swift() {
    local advice="Ledgerline needs Swift $swift_version_min or later: see https://www.swift.org/install/linux/"
    if ! command -v swift >/dev/null; then
        echo "There is no 'swift' on the PATH. $advice" >&2
        return 1
    fi
    local version
    version=$(swift --version 2>/dev/null | sed -n 's/.*Swift version \([0-9][0-9.]*\).*/\1/p' | head -n 1)
    if ! is_at_least "$swift_version_min" "${version:-0}"; then
        echo "$(command -v swift) is ${version:-of an unknown version}. $advice" >&2
        return 1
    fi
}

# is_at_least MINIMUM VERSION
is_at_least() {
    [[ "$(printf '%s\n' "$1" "$2" | sort --version-sort | head -n 1)" == "$1" ]]
}
