"""What is said of a run."""

HEADER = f"{'target':<16}{'executions':>12}{'CPU s':>8}{'features':>10}"
OUTPUT_LINES_MAX = 40


def row(run):
    verdict = "" if run.passed else "  BROKEN"
    return f"{run.target:<16}{run.executions:>12,}{run.cpu_seconds:>8.0f}{run.features:>10,}{verdict}"


def finding(run):
    """What was broken, and how to see it again."""
    tail = "\n".join(run.output.splitlines()[-OUTPUT_LINES_MAX:])
    return f"{tail}\n\nTools/fuzz: {run.message}\n  Tools/fuzz {run.target} --replay {run.input}"
