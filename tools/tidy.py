#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""House rules that no compiler checks: tidy.py [BUILD_DIR].

Layers, foreign headers, guards, openings, banned calls, missing tests, mutable globals, sizes, defaults over our
enums, names that documents mention; then clang-tidy over BUILD_DIR's compile commands when it is installed and BUILD_DIR is given.
Prints one line per finding and exits 1 when there is one.
"""
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

TOP = Path(__file__).resolve().parent.parent

# The right-hand column is the whole of what a layer may include; "paddock" is include/paddock/.
BELOW_SERVER = {"base", "port", "jute", "config", "tree", "zab", "store"}
LAYERS = {
    "base": set(),
    "port": {"base"},
    "jute": {"base"},
    "config": {"base"},
    "tree": {"base", "jute"},
    "zab": {"base", "jute", "config"},
    "store": {"base", "jute", "tree", "port"},
    "server": BELOW_SERVER,
    "client": {"base", "jute", "port", "paddock"},
    "cli": {"base", "port", "jute", "config", "tree", "store", "client", "paddock"},
    "admin": {"base", "port"},
    "kube": {"base", "port"},
    "operator": {"base", "port", "kube", "client"},
    "host": {"base", "port"},
    "main": None,  # anything
}
ADMIN_EXTRA = {"server/admin.h"}
PURE = {"config", "tree", "zab"}

# Headers of other people's libraries, and the only place that may see each.
FOREIGN = [
    (r"uv\.h$|uv/", ["src/host/", "tests/unit/host/"]),
    (r"openssl/", ["src/host/"]),
    (r"sasl/", ["src/host/"]),
    (r"jansson\.h$", ["src/base/json"]),
    (r"libdeflate\.h$|xxhash\.h$", ["src/base/hash.c"]),
    (r"zlib\.h$|snappy", ["src/store/"]),
    (r"microhttpd\.h$", ["src/admin/"]),
    (r"curl/", ["src/kube/"]),
    (r"yaml\.h$", ["src/kube/"]),
    (r"editline|histedit", ["src/main/"]),
    (r"cmocka\.h$", ["tests/"]),
]
# What belongs to the machine: only host/ (and base/'s assert and trace dump) may ask for it.
SYSTEM = r"(sys/(socket|epoll|file|stat|mman|random|resource)|netinet/.*|arpa/.*|netdb|fcntl|pthread|dirent|poll|time)\.h"
SYSTEM_OK = ("src/host/", "src/main/")
# Calendar dates are made of numbers and ask no clock; the calls that do ask one are found by name.
CALENDAR_OK = ("src/cli/",)
CLOCKS = r"(?<![\w.>])(time|clock|clock_gettime|clock_nanosleep|gettimeofday|timespec_get|nanosleep|usleep|sleep)\s*\("
PURE_BANNED = r"\b(clock_gettime|gettimeofday|time|rand|random|getenv|fopen|printf|fprintf|open|read|write|malloc)\s*\("

BANNED = {
    "sprintf": "snprintf or buf_printf",
    "vsprintf": "vsnprintf or buf_vprintf",
    "strcpy": "slice or buf_append",
    "strncpy": "slice or memcpy with a known length",
    "strcat": "buf_append",
    "strncat": "buf_append",
    "gets": "fgets",
    "atoi": "strtol with its checks",
    "atol": "strtol with its checks",
    "atoll": "strtoll with its checks",
    "strtok": "slices",
    "alloca": "an arena",
    "rand": "base/prng.h",
    "srand": "base/prng.h",
    "localtime": "localtime_r",
    "gmtime": "gmtime_r",
}
ALLOCATORS = r"\b(malloc|calloc|realloc|strdup|strndup|free)\s*\("

LINES_MAX, FUNCTION_LINES_MAX, HEADER_LINES_MAX = 700, 70, 200

findings = []


def find(path, line, what):
    findings.append(f"{path}:{line}: {what}")


def exceptions(name):
    """The first word of each line of a list of reasoned exceptions; a line without a reason is a finding."""
    known = {}
    path = TOP / "tools" / name
    for number, line in enumerate(path.read_text().splitlines(), 1):
        if line.strip() and not line.startswith("#"):
            words = line.split(None, 1)
            if len(words) < 2:
                find(f"tools/{name}", number, "an exception needs its reason")
            known[words[0]] = number
    return known


def blank(match):
    return re.sub(r"[^\n]", " ", match.group(0))


def without_comments(text):
    """The code with comments, strings and character constants blanked, every line where it was."""
    token = r'//[^\n]*|/\*.*?\*/|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\''
    return re.sub(token, blank, text, flags=re.S)


def line_of(text, offset):
    return text.count("\n", 0, offset) + 1


def check_opening(path, text):
    lines = text.splitlines()
    if not lines or lines[0] != "// SPDX-License-Identifier: Apache-2.0":
        find(path, 1, "the first line is not the SPDX line")
        return
    idea = [line for line in lines[1:14] if re.match(r"//\s*\w", line)]
    if not idea:
        find(path, 2, "the idea of the file is missing from its first lines")


def check_guard(path, text):
    short = re.sub(r"^(src|include/paddock)/", "", path)
    guard = "PADDOCK_" + re.sub(r"\W", "_", short).upper()
    if f"#ifndef {guard}\n#define {guard}\n" not in text or not text.rstrip().endswith("#endif"):
        find(path, 1, f"the include guard is not {guard}")


def check_includes(path, text):
    layer = path.split("/")[1] if path.startswith("src/") else None
    for number, line in enumerate(text.splitlines(), 1):
        match = re.match(r'\s*#\s*include\s*([<"])([^>"]+)[>"]', line)
        if not match:
            continue
        kind, name = match.groups()
        if kind == '"':
            if name.endswith(".c"):
                find(path, number, f"includes the source {name}")
            check_layer(path, layer, number, name)
        else:
            check_foreign(path, layer, number, name)


def check_layer(path, layer, number, name):
    if layer is None:
        return
    target = name.split("/")[0]
    if "/" not in name:
        find(path, number, f'"{name}" is not written from src/')
    elif target in ("sim", "tests", "bench", "fuzz"):
        find(path, number, f"production code includes {name}")
    elif LAYERS.get(layer) is not None and target != layer and target not in LAYERS[layer]:
        if not (layer == "admin" and name in ADMIN_EXTRA):
            find(path, number, f"layer {layer} may not include {name}")


def check_foreign(path, layer, number, name):
    for pattern, homes in FOREIGN:
        if re.match(pattern, name) and not any(path.startswith(home) for home in homes):
            find(path, number, f"<{name}> belongs to {' '.join(homes)} alone")
    is_calendar = name == "time.h" and path.startswith(CALENDAR_OK)
    if layer and re.fullmatch(SYSTEM, name) and not path.startswith(SYSTEM_OK) and not is_calendar:
        find(path, number, f"<{name}> belongs to src/host/; ask port/")


def check_calls(path, code):
    for name, instead in BANNED.items():
        for match in re.finditer(rf"(?<![\w.>]){name}\s*\(", code):
            find(path, line_of(code, match.start()), f"{name}: use {instead}")
    if path.startswith("src/") and not path.startswith(SYSTEM_OK):
        for match in re.finditer(r"(?<![\w.>])strerror(_r)?\s*\(|\berrno\b", code):
            find(path, line_of(code, match.start()), "errno belongs to src/host/; use err_text")
    if path.startswith(CALENDAR_OK):
        for match in re.finditer(CLOCKS, code):
            find(path, line_of(code, match.start()), f"{match.group(1)}: ask the host for the time, port/ to wait")
    if path.startswith("src/") and path != "src/base/mem.c":
        for match in re.finditer(r"(?<![\w.>])" + ALLOCATORS[2:], code):
            find(path, line_of(code, match.start()), f"{match.group(1)}: use base/mem.h")
    if path.startswith("src/") and path.split("/")[1] in PURE:
        for match in re.finditer(r"(?<![\w.>])" + PURE_BANNED[2:], code):
            find(path, line_of(code, match.start()), f"{match.group(1)} in a pure layer")


def check_globals(path, code, allowed):
    if not path.startswith("src/") or path.startswith("src/main/") or not path.endswith(".c"):
        return
    flat = re.sub(r"^\s*#.*?(?<!\\)$", blank, code, flags=re.M | re.S)
    depth, start = 0, 0
    for offset, char in enumerate(flat):
        if char == "{":
            depth += 1
        elif char == "}":
            depth -= 1
            if depth == 0 and re.match(r"\s*\n", flat[offset + 1:]):
                start = offset + 1
        elif char == ";" and depth == 0:
            check_global(path, flat[start:offset], line_of(flat, offset), allowed)
            start = offset + 1


def check_global(path, declaration, line, allowed):
    text = re.sub(r"\{.*\}", "{}", " ".join(declaration.split()))
    if re.match(r"(__extension__ )?(typedef|extern|_Static_assert|struct \w+$|enum\b[^=]*$|union \w+$)", text) or not text:
        return
    head = text.split("=")[0].strip()
    if "(" in head and not re.search(r"\(\s*\*", head):  # a prototype
        return
    is_const = re.search(r"\*\s*const\b|^(static\s+)?const\b(?!.*\*)|^(static\s+)?const struct \{\}", head)
    if not is_const and not re.search(r"const\s+\w+\s*(\[[^\]]*\])*$", head):
        name = re.search(r"(\w+)\s*(\[[^\]]*\]\s*)*$", head)
        if name and f"{path}:{name.group(1)}" not in allowed:
            find(path, line, f"mutable file-scope variable {name.group(1)}")


def functions(code):
    """(name, first line, number of lines) of each function body."""
    for match in re.finditer(r"^[a-zA-Z_][^\n;{}#]*(?:\n[^\n;{}#]+)*?\n\{$", code, re.M):
        name = re.search(r"(\w+)\s*\(", match.group(0))
        end = re.search(r"^\}", code[match.end():], re.M)
        if name and end:
            first = line_of(code, match.start())
            yield name.group(1), first, line_of(code, match.end() + end.start()) - first + 1


def check_sizes(path, text, code, allowed):
    count = text.count("\n")
    limit = HEADER_LINES_MAX if path.endswith(".h") and path.startswith("src/") else LINES_MAX
    if count > limit and path not in allowed:
        find(path, 1, f"{count} lines, {limit} is the limit: do two ideas share the file?")
    if path.endswith(".c"):
        for name, line, lines in functions(code):
            if lines > FUNCTION_LINES_MAX and f"{path}:{name}" not in allowed:
                find(path, line, f"{name} has {lines} lines: do two ideas share the function?")


def our_enumerators():
    """Every enumerator with a prefix that src/ declares in a named enum or an X-list of codes."""
    names = {"ERR_", "ZK_", "OP_"}
    for header in TOP.glob("src/**/*.h"):
        for body in re.findall(r"enum \w+ \{([^}]*)\}", without_comments(header.read_text())):
            names.update(re.findall(r"^\s*([A-Z][A-Z0-9_]+)", body, re.M))
    return names


def check_defaults(path, code, names):
    if not path.startswith("src/"):
        return
    for match in re.finditer(r"\bswitch\s*\([^{]*\{", code):
        depth, end = 1, match.end()
        while depth and end < len(code):
            depth += {"{": 1, "}": -1}.get(code[end], 0)
            end += 1
        body = code[match.end():end]
        cases = re.findall(r"\bcase\s+([A-Z][A-Z0-9_]+)\s*:", body)
        if "default:" in body and cases and all(case in names for case in cases):
            find(path, line_of(code, match.end() + body.index("default:")), "default: over one of our enums")


def check_tested(path, untested):
    match = re.fullmatch(r"src/(\w+)/(\w+)\.c", path)
    if match and match.group(1) != "main" and path not in untested:
        test = f"tests/unit/{match.group(1)}/test_{match.group(2)}.c"
        if not (TOP / test).exists():
            find(path, 1, f"no {test}, and no line with a reason in tools/untested")


def check_commands(paths):
    """Every command of src/cli/ has its row in the table, and every row its command."""
    table = "src/cli/commands.def"
    rows = set(re.findall(r"^X\((\w+)\)", (TOP / table).read_text(encoding="utf-8"), re.M))
    made = {}
    for path in paths:
        if re.fullmatch(r"src/cli/\w+\.c", path):
            text = (TOP / path).read_text(encoding="utf-8", errors="replace")
            for match in re.finditer(r"^const struct cli_command cli_(\w+) = ", text, re.M):
                made[match.group(1)] = (path, line_of(text, match.start()))
    for symbol in sorted(made.keys() - rows):
        find(*made[symbol], f"cli_{symbol} has no row in {table}")
    for symbol in sorted(rows - made.keys()):
        find(table, 1, f"X({symbol}) names no command")


def check_marks(paths):
    """A MARK names one place in src/, and some test expects it; a test expects none that does not exist."""
    made, expected = {}, {}
    for path in paths:
        text = (TOP / path).read_text(encoding="utf-8", errors="replace")
        for match in re.finditer(r'^\s*(EXPECT_)?MARK\("([^"]+)"\);', text, re.M):
            line, (expects, name) = line_of(text, match.start(2)), match.groups()
            if expects:
                expected.setdefault(name, (path, line))
            elif name in made:
                find(path, line, f'MARK("{name}") is in {made[name][0]}, too')
            else:
                made[name] = (path, line)
    own = "tests/unit/base/test_mark.c"  # what it expects is not meant to be reached
    for name in made.keys() - expected.keys():
        find(*made[name], f'no test has EXPECT_MARK("{name}")')
    for name in expected.keys() - made.keys():
        if expected[name][0] != own:
            find(*expected[name], f'no code has MARK("{name}")')


def check_stale(name, known):
    for entry, number in known.items():
        if not (TOP / entry.split(":")[0]).exists():
            find(f"tools/{name}", number, f"{entry} does not exist")


def check_file(path, lists, names):
    text = (TOP / path).read_text(encoding="utf-8", errors="replace")
    code = without_comments(text)
    check_opening(path, text)
    if path.endswith(".h"):
        check_guard(path, text)
    for number, line in enumerate(text.splitlines(), 1):
        if len(line) > 100 and not line.startswith("X("):
            find(path, number, f"{len(line)} columns")
        if re.search(r"\b(TODO|FIXME|XXX)\b", line):
            find(path, number, "a note for later: do it, or file it")
    check_includes(path, text)
    check_calls(path, code)
    check_globals(path, code, lists["globals"])
    check_sizes(path, text, code, lists["oversized"])
    check_defaults(path, code, names)
    check_tested(path, lists["untested"])


def check_events():
    """An event of the log that nothing logs is a promise that an alert would wait for in vain."""
    table = "src/server/events.def"
    used = set(re.findall(r"\bEVENT_(\w+)", "".join(path.read_text() for path in TOP.glob("src/**/*.c"))))
    for number, line in enumerate((TOP / table).read_text().splitlines(), 1):
        row = re.match(r"X\((\w+),", line)
        if row and row.group(1) not in used:
            find(table, number, f"nothing logs {row.group(1)}")


DOCUMENTS = ("README.md", "ARCHITECTURE.md", "TESTING.md", "docs/design/*.md")
PROGRAMS = (".c", ".h", ".def", ".py", ".sh", ".java", "meson.build", "Makefile")


def check_documents():
    """What a document names in backticks, a file or a name_with_underscores, must exist."""
    listed = subprocess.run(["git", "ls-files"], cwd=TOP, capture_output=True, text=True, check=True).stdout.split()
    files = {"/" + path for path in listed}
    words = {Path(path).stem for path in listed}
    for path in listed:
        if path.endswith(PROGRAMS) and (TOP / path).exists():
            words.update(re.findall(r"\w+", (TOP / path).read_text(encoding="utf-8", errors="replace")))
    # A program of ours has Apache's names, too.
    files.update("/" + name for name in re.findall(r'"(\w+\.sh)"', (TOP / "src/cli/names.c").read_text()))
    for document in sorted(path for pattern in DOCUMENTS for path in TOP.glob(pattern)):
        for number, line in enumerate(document.read_text().splitlines(), 1):
            for word in re.findall(r"[\w./-]+", " ".join(re.findall(r"`([^`*]+)`", line))):
                is_file = re.search(r"\w\.(c|h|def|py|sh)$", word) and "/L/" not in word
                is_name = re.fullmatch(r"[a-z]+(_[a-z0-9]+)+", word)
                if is_file and not any(path.endswith("/" + word) for path in files) or is_name and word not in words:
                    find(document.relative_to(TOP), number, f"there is no {word}")


def clang_tidy(build, paths):
    """True when clang-tidy is content or not there."""
    if not shutil.which("clang-tidy") or not (TOP / build / "compile_commands.json").exists():
        print("clang-tidy: not run")
        return True
    sources = [path for path in paths if path.endswith(".c") and path.startswith(("src/", "sim/"))]
    # Flags that gcc knows and clang 14 does not must not stop the checks.
    command = ["clang-tidy", "-p", build, "--quiet", "--extra-arg=-Wno-unknown-warning-option"]
    half = [sources[0::2], sources[1::2]]
    runs = [subprocess.Popen(command + part, cwd=TOP, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
            for part in half if part]
    texts = [run.communicate()[0] for run in runs]
    for text in texts:
        sys.stdout.write(text.replace(f"{TOP}/", ""))
    return all(run.returncode == 0 for run in runs)


def main():
    lists = {name: exceptions(name) for name in ("untested", "oversized", "globals")}
    for name, known in lists.items():
        check_stale(name, known)
    listed = subprocess.run(["git", "ls-files", "--cached", "--others", "--exclude-standard", "src", "sim", "tests",
                             "fuzz", "bench", "include", "examples"], cwd=TOP, capture_output=True, text=True, check=True).stdout
    paths = sorted(path for path in listed.split() if path.endswith((".c", ".h")) and (TOP / path).exists())
    names = our_enumerators()
    for path in paths:
        check_file(path, lists, names)
    check_commands(paths)
    check_marks(paths)
    check_events()
    check_documents()
    for line in findings:
        print(line)
    content = len(sys.argv) < 2 or clang_tidy(sys.argv[1], paths)
    print(f"tidy: {len(paths)} files, {len(findings)} findings")
    sys.exit(0 if content and not findings else 1)


if __name__ == "__main__":
    os.chdir(TOP)
    main()
