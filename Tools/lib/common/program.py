"""The program that the tools run."""

import os
import subprocess


def build(root):
    """Builds as Tools/start does, from the repository at `root`, and gives the program's path."""
    script = """
        source "$0/Tools/lib/packages.sh" && source "$0/Tools/lib/swift.sh"
        require_packages "${build_packages[@]}" && require_swift >&2 || exit
        build=(swift build --package-path "$0" --configuration release)
        "${build[@]}" --product ledgerline >&2 && "${build[@]}" --show-bin-path
    """
    built = subprocess.run(["bash", "-c", script, root], check=True, stdout=subprocess.PIPE, text=True)
    return os.path.join(built.stdout.strip(), "ledgerline")
