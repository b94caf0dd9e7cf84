"""A promise that was broken."""


class Violation(Exception):
    """What was promised and what was found, in words for the person who runs the test."""


def demand(holds, text, *evidence):
    """Throws `Violation` unless the promise holds; evidence is shown as it is, one line for each piece."""
    if not holds:
        raise Violation("\n  ".join([text, *(_short(piece) for piece in evidence)]))


def _short(piece, most=600):
    text = piece if isinstance(piece, str) else repr(piece)
    return text if len(text) <= most else text[:most] + " …"
