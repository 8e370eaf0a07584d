#!/usr/bin/env python3
"""hostile.py PROGRAM: rule files made to cost much.  Each must be answered, with the status and the words expected,
within RULES_SECONDS (default 1) of processor time; a build with sanitizers needs more.

The files are made here: the largest have 16 MiB.
"""
import os
import resource
import subprocess
import sys
import tempfile

MIB = 1 << 20
LIMIT = float(os.environ.get("RULES_SECONDS", "1"))
RULE = "version: 1\nrules:\n  - id: 1\n    title: t\n    match: "
HEAD = "version: 1\nrules:\n"


def rules(count, match):
    return HEAD + "".join("  - {id: %d, title: t%d, match: {%s}}\n" % (i + 1, i + 1, match(i)) for i in range(count))


def bomb():
    """Ten anchors, each of ten aliases of the one before: 10^10 values, were they followed."""
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    for i in range(1, 10):
        lines.append("a%d: &a%d [%s]" % (i, i, ", ".join(["*a%d" % (i - 1)] * 10)))
    return "\n".join(lines) + "\n"


def fill(piece, size=16 * MIB - 64):
    return piece * (size // len(piece))


# name, text, exit status, what the output holds
FILES = [
    ("200,000 opening brackets", "[" * 200000, 2, ":1:33: nested deeper than 32 levels"),
    ("200,000 opening braces", "{" * 200000, 2, ":1:2: a key must be a text"),
    ("opening braces with keys", "{a: " * 200000, 2, ":1:129: nested deeper than 32 levels"),
    ("brackets to the end of the file", RULE + fill("["), 2, "nested deeper than 32 levels"),
    ("brackets and braces", "[{a: " * 100000, 2, "nested deeper than 32 levels"),
    ("dashes on one line", "- " * 200000, 2, "nested deeper than 32 levels"),
    ("question marks", "? " * 200000, 2, ":1:3: a key must be a text"),
    ("ever deeper lines", "".join(" " * i + "a:\n" for i in range(2000)), 2, "nested deeper than 32 levels"),
    ("aliases of aliases", bomb(), 2, ":1:5: anchors are not allowed"),
    ("200,000 aliases", "a: [" + "*b," * 200000 + "]", 2, "aliases are not allowed"),
    ("200,000 anchors", "[" + "&b c," * 200000 + "]", 2, "anchors are not allowed"),
    ("200,000 tags", "[" + "!b c," * 200000 + "]", 2, "tags are not allowed"),
    ("a million directives", fill("%TAG !a! b\n"), 2, ":1:1: a line may not begin with %"),
    ("directives behind the end of a document", "a: 1\n...\n" + fill("%TAG !a! b\n"), 2, ":3:1: a line may not begin"),
    ("a plain value of 10 MB", HEAD + "  - title: " + "x" * 10000000 + "\n", 2, "title has 10000000 bytes"),
    ("a quoted value of 10 MB", HEAD + "  - title: \"" + "x" * 10000000 + "\"\n", 2, "title has 10000000 bytes"),
    ("escapes, 10 MB", HEAD + "  - title: \"x" + "\\n" * 5000000 + "x\"\n", 2, "title has 5000002 bytes"),
    ("a block of 10 MB", HEAD + "  - why: |\n" + "      abcdefg\n" * 714000, 2, "why has"),
    ("a folded block of empty lines", HEAD + "  - why: >\n" + fill("\n"), 2, "why is empty"),
    ("a key of 10 MB", "x" * 10000000 + ": 1\n", 2, ":1:10000001: a ': ' that cannot stand here"),
    ("a million keys", "version: 1\n" + "".join("k%d: 1\n" % i for i in range(1000000)), 2, "more than 524288 values"),
    ("250,000 keys", "version: 1\n" + "".join("k%d: 1\n" % i for i in range(250000)), 2, "the file has no key 'k0'"),
    ("250,000 equal keys", "version: 1\n" + "k: 1\n" * 250000, 2, "the key 'k' stands twice"),
    ("a million items", RULE + "{ label: [" + "a," * 1100000 + "] }\n", 2, "more than 524288 values"),
    ("16 MiB of comment", fill("# comment\n") + RULE + "{ label: not-http }\n", 2, "larger than 16 MiB"),
    ("15 MiB of comment", fill("# comment\n", 15 * MIB) + RULE + "{ label: not-http }\n", 0, ""),
    ("16 MiB of spaces", fill(" "), 2, "empty file"),
    ("16 MiB of line ends", fill("\n"), 2, "empty file"),
    ("more than 16 MiB", "#" * (17 * MIB), 2, "larger than 16 MiB"),
    ("an open quote", HEAD + "  - title: \"" + fill("x "), 2, "quoted text without its closing quote"),
    ("a document without end", fill("---\n"), 2, "a second document"),
    ("100,000 words that are none", RULE + "{ label: [" + "blind-rely," * 100000 + "] }\n", 2, "label is never"),
    ("100,000 sets that are none", "version: 1\nsets: {" + "".join("s%d: {ports: [1]}," % i for i in range(60000)) +
     "}\nrules: [{id: 1, title: t, match: {dest_port: [" + "$x," * 100000 + "]}}]\n", 2, "no set is named 'x'"),
    ("65,537 sets", "version: 1\nsets:\n" + "".join("  s%d: {ports: [1]}\n" % i for i in range(65537)), 2,
     "more than 65536 sets"),
    ("4,096 pass rules", rules(4096, lambda i: "dest_port: %d" % i).replace("}}\n", "}, action: pass}\n"), 0, ""),
    ("30,000 rules", rules(30000, lambda i: "label: not-http, dest_port: %d" % i), 0, ""),
    ("one set of 300,000 hosts", "version: 1\nsets:\n  h: {hosts: [" + ",".join("h%d.example" % i for i in range(300000)) +
     "]}\nrules: [{id: 1, title: t, match: {relay.sni: $h}}]\n", 0, ""),
    ("two lists that exclude each other", RULE + "{ dest_port: [" + "1," * 60000 + "], all: [{dest_port: [" + "2," * 60000 +
     "]}] }\n", 0, ""),
    ("lists that share their last value", rules(220, lambda r: "all: [%s]" % ", ".join(
        "{dest_port: [%s60000]}" % "".join("%d," % (64 * i + k) for k in range(31)) for i in range(60))), 0, ""),
    ("tests that name 200,000 rules", RULE + "{ label: not-http }\ntests:\n  - {capture: x, alerts: [" + "1," * 200000 +
     "], silent: [" + "2," * 200000 + "]}\n", 2, "alerts: 200000 rules"),
    ("many tests that name many rules", RULE + "{ label: not-http }\n  - {id: 2, title: u, match: {label: blind-relay}}\ntests:\n" +
     ("  - {capture: x, alerts: [" + "1," * 1000 + "], silent: [" + "2," * 1000 + "]}\n") * 250, 0, ""),
    ("a bomb of parentheses", RULE + "{ request.path: {regex: \"" + "(" * 900 + "a" + ")" * 900 + "\"} }\n", 2,
     "does not compile"),
]


def measure(program, path):
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run([program, "rules", "check", path], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, timeout=120)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    spent = after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime
    return done.returncode, done.stdout.decode("utf-8", "replace"), spent


def main():
    program = os.path.realpath(sys.argv[1])
    passed = failed = 0
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "hostile.yaml")
        for name, text, status, words in FILES:
            with open(path, "w", encoding="utf-8") as out:
                out.write(text)
            got, told, spent = measure(program, path)
            fine = got == status and words in told and spent <= LIMIT
            passed += fine
            failed += not fine
            print("%s hostile: %s: %.3f s" % ("ok" if fine else "not ok", name, spent))
            if not fine:
                print("#   exit status %d, not %d; '%s', not '%s'" % (got, status, told[:160], words))
    print("hostile: %d passed, %d failed" % (passed, failed))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
