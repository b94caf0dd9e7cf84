"""The programs that the tools run."""

import os
import subprocess


def build(root, product="ledgerline", package=None, options=(), environment=None):
    """Builds a product (release) of the repository at `root`, or of a copy of it at `package`, as Tools/start does.

    Gives the path of the program.
    """
    script = """
        source "$0/Tools/lib/packages.sh" && source "$0/Tools/lib/swift.sh"
        require_packages "${build_packages[@]}" && require_swift >&2 || exit
        product=$1
        build=(swift build --configuration release "${@:2}")
        "${build[@]}" --product "$product" >&2 && "${build[@]}" --show-bin-path
    """
    arguments = [root, product, "--package-path", package or root, *options]
    built = subprocess.run(["bash", "-c", script, *arguments], env={**os.environ, **(environment or {})}, check=True,
                           stdout=subprocess.PIPE, text=True)
    return os.path.join(built.stdout.strip(), product)
