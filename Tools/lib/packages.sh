# Sourced by Tools/start, Tools/test and Tools/bench.

# Linking needs SQLite and zlib; nothing else comes from outside the Swift packages.
build_packages=(libsqlite3-dev zlib1g-dev)

# require_packages PACKAGE...: installs those that are missing, or says how and fails.
require_packages() {
    if ! command -v dpkg-query >/dev/null; then
        echo "This is neither Debian nor Ubuntu: if the build fails, install what these packages hold: $*" >&2
        return 0
    fi
    local missing=() package
    for package in "$@"; do
        is_installed "$package" || missing+=("$package")
    done
    [[ ${#missing[@]} -eq 0 ]] || install_packages "${missing[@]}"
}

is_installed() {
    [[ "$(dpkg-query --show --showformat='${db:Status-Status}' "$1" 2>/dev/null)" == installed ]]
}

install_packages() {
    local as_root=()
    if [[ $(id -u) -ne 0 ]]; then
        if ! can_use_sudo; then
            echo "These system packages are missing: $*. Install them, then try again:" >&2
            echo "    sudo apt-get update && sudo apt-get install --yes --no-install-recommends $*" >&2
            return 1
        fi
        as_root=(sudo)
    fi
    echo "Installing the system packages that are missing: $*" >&2
    # A fresh machine is often still busy with its own updates: wait for the lock.
    local apt_get=("${as_root[@]}" env DEBIAN_FRONTEND=noninteractive
        apt-get --quiet --option DPkg::Lock::Timeout=300 --option Dpkg::Use-Pty=0)
    # Package lists that are only partly out of reach may still do.
    "${apt_get[@]}" update </dev/null || echo "apt-get update failed; trying with the lists at hand" >&2
    "${apt_get[@]}" install --yes --no-install-recommends "$@" </dev/null
}

# Without a terminal nobody can type a password.
can_use_sudo() {
    command -v sudo >/dev/null && { [[ -t 0 ]] || sudo --non-interactive true 2>/dev/null; }
}
