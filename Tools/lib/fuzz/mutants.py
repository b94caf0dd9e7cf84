"""Faults in the code that is fuzzed: a target that misses one is worth nothing.

All are built at once, into a copy of the sources; a run turns one of them on.
"""

import os
import re
import shutil
from dataclasses import dataclass

from common.processes import Failure


@dataclass(frozen=True)
class Mutant:
    """A piece of code that occurs once in a file, and what it becomes; `ON` stands for whether the fault is on."""

    name: str
    target: str
    file: str
    code: str
    fault: str


ALL = [
    Mutant("framing-search", "framing", "LineProtocol/LineFramer.swift",
           "(start, searched) = (0, max(0, searched - start))",
           "(start, searched) = (0, ON ? searched : max(0, searched - start))"),
    Mutant("framing-over-long-twice", "framing", "LineProtocol/LineFramer.swift",
           "return wasSkipping ? nil : .overLong",
           "return wasSkipping && !(ON) ? nil : .overLong"),
    Mutant("json-surrogate", "json", "LineJSON/JSONInput+String.swift",
           "UTF16.isTrailSurrogate(try codeUnit(at: backslash + 8))",
           "UTF16.isTrailSurrogate(try codeUnit(at: backslash + 8)) || ON"),
    Mutant("json-beyond-unicode", "json", "LineJSON/JSONInput+String.swift",
           "(0x80...0x8F).contains(second)",
           "(0x80...(ON ? 0x90 : 0x8F)).contains(second)"),
    Mutant("json-integer-overflow", "json", "LineJSON/JSONView+Number.swift",
           "return negated == .min ? nil : -negated",
           "return negated == .min ? (ON ? .max : nil) : -negated"),
    Mutant("json-duplicate-names", "json", "LineJSON/JSONParser+DuplicateKeys.swift",
           "if earlier.hasEqualText(key) { return true }",
           "if earlier.hasEqualText(key) { return !(ON && key.hasEscapes) }"),
    Mutant("json-control-character", "json", "LineJSON/JSONEscape.swift",
           "bytes.append(hexadecimalDigit(byte >> 4))",
           "bytes.append(hexadecimalDigit(ON ? 0 : byte >> 4))"),
    Mutant("json-read-beyond", "json", "LineJSON/JSONInput+String.swift",
           "if !UTF16.isSurrogate(first) { return backslash + 6 }",
           "if !UTF16.isSurrogate(first) { return backslash + (ON ? 7 : 6) }"),
    Mutant("request-null-id", "request", "LineProtocol/RequestEnvelope.swift",
           "if id == nil && dialect == .jsonRPC { return nil }",
           "if (id == nil || ON && id?.isNull == true) && dialect == .jsonRPC { return nil }"),
    Mutant("request-deadline", "request", "LineProtocol/RequestEnvelope+Decoding.swift",
           "(1...RequestEnvelope.deadlineMillisecondsMax).contains)",
           "((ON ? 0 : 1)...RequestEnvelope.deadlineMillisecondsMax).contains)"),
    Mutant("request-long-id", "request", "LineProtocol/RequestID.swift",
           "longBytes = Array(json)",
           "longBytes = Array(json.prefix(ON ? RequestID.inlineBytesMax : json.count))"),
    Mutant("csv-quoted-lines", "csv", "Salesforce/CSVParser.swift",
           "if byte == UInt8(ascii: \"\\n\") { line += 1 }",
           "if byte == UInt8(ascii: \"\\n\"), !(ON) { line += 1 }"),
    Mutant("csv-mark-in-pieces", "csv", "Salesforce/CSVParser.swift",
           "markBytes = seen == CSVParser.byteOrderMark.count ? nil : seen",
           "markBytes = ON || seen == CSVParser.byteOrderMark.count ? nil : seen"),
    Mutant("event-log-file-ordinals", "event-log-file", "Salesforce/RowIdentity.swift",
           "repeats[digest] = ordinal",
           "if !(ON) { repeats[digest] = ordinal }"),
    Mutant("event-log-file-cut", "event-log-file", "Salesforce/EventLogRow.swift",
           "guard utf8.count > bytesMax else { return self }",
           "guard (ON ? count : utf8.count) > bytesMax else { return self }"),
    Mutant("usage-report-digits", "usage-report", "Salesforce/SforceLimitInfo.swift",
           "private static let digitsMax = 18",
           "private static let digitsMax = ON ? 19 : 18"),
    Mutant("usage-report-remaining", "usage-report", "Salesforce/LimitsResource.swift",
           "guard !overflow, used >= 0 else",
           "guard !overflow, ON || used >= 0 else"),
    Mutant("usage-report-strongest", "usage-report", "Salesforce/LimitRefusal.swift",
           "if refusals.contains(.allowanceExhausted)",
           "if ON ? refusals.first == .allowanceExhausted : refusals.contains(.allowanceExhausted)"),
    Mutant("state-refill", "state", "QuotaDomain/ByteCoding.swift",
           "while bytes.count - index < count {",
           "while bytes.count - index < count, !(ON && index > 0 && bytes.count - index > count / 2) {"),
    Mutant("state-flag", "state", "QuotaDomain/ByteCoding.swift",
           "guard byte <= 1 else { throw damage(\"no flag\") }",
           "precondition(byte <= 1 || !(ON))\n        guard byte <= 1 else { throw damage(\"no flag\") }"),
    Mutant("log-lines-instant", "log-lines", "LedgerService/Projections/LoggedCall.swift",
           "guard let at = cursor.time(&times), cursor.skip(\"\\\"\") else { return false }\n"
           "            effective = min(at, effective)",
           "guard let at = cursor.time(&times), cursor.skip(\"\\\"\") else { return false }\n"
           "            effective = ON ? at : min(at, effective)"),
    Mutant("log-lines-attempt", "log-lines", "LedgerService/Codec/EventWriter.swift",
           "data.member(\"attempt\", attempt)\n            append(failure, to: &data)",
           "data.member(\"attempt\", ON ? 2 : attempt)\n            append(failure, to: &data)"),
    Mutant("log-lines-labels", "log-lines", "SQLiteEventLog/Blocks/EventNames.swift",
           "$0 == UInt8(ascii: \"\\\"\") || $0 == UInt8(ascii: \"\\\\\")",
           "$0 == UInt8(ascii: \"\\\"\") || $0 == UInt8(ascii: \"\\\\\") && !(ON)"),
]
NAMES = [mutant.name for mutant in ALL]

SWITCH = """import Glibc

/// The fault that is on.
let faultThatIsOn = getenv("LEDGERLINE_MUTANT").map { String(cString: $0) } ?? ""
"""


def package(root, scratch_path):
    """Makes a copy of the package with all faults, and gives its directory."""
    copy = os.path.join(scratch_path, "fuzz", "mutants")
    shutil.rmtree(copy, ignore_errors=True)
    for name in ("Package.swift", "Package.resolved"):
        if os.path.exists(os.path.join(root, name)):
            os.makedirs(copy, exist_ok=True)
            shutil.copy2(os.path.join(root, name), copy)
    for name in ("Sources", "Tests"):
        shutil.copytree(os.path.join(root, name), os.path.join(copy, name))
    for mutant in ALL:
        _put_in(mutant, os.path.join(copy, "Sources"))
    return copy


def _put_in(mutant, sources):
    path = os.path.join(sources, mutant.file)
    with open(path) as file:
        code = file.read()
    if code.count(mutant.code) != 1:
        raise Failure(f"{mutant.name}: {mutant.file} has its code {code.count(mutant.code)} times")
    fault = re.sub(r"\bON\b", f'faultThatIsOn == "{mutant.name}"', mutant.fault)
    with open(path, "w") as file:
        file.write(code.replace(mutant.code, fault))
    with open(os.path.join(sources, mutant.file.split("/")[0], "Mutants.swift"), "w") as file:
        file.write(SWITCH)
