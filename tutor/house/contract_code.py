"""What the code of a chapter must hold to; see :mod:`tutor.house.contract`."""

from __future__ import annotations

import ast
import io
import re
import tokenize
from collections.abc import Iterator

from tutor.house.chapters import Chapter, ignores_output, nbval_marks

_SILENT = {
    *(tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.ENDMARKER),
    *(tokenize.INDENT, tokenize.DEDENT),
}
# name==2 as pip reads it, name == 2.4 with the spaces it allows too
_PIN = re.compile(r"[\w\]](?:[=~]=|===)\d|[\w\]] (?:[=~]=|===) ?\d+\.\d")


def _tokens(source: str) -> Iterator[tokenize.TokenInfo]:
    """Read a cell as Python does; what is no Python ends the reading."""
    try:
        yield from tokenize.generate_tokens(io.StringIO(source).readline)
    except (tokenize.TokenError, SyntaxError):
        return


def _is_text(token: tokenize.TokenInfo) -> bool:
    """Say whether a token is a string, a part of one, or a comment."""
    name = tokenize.tok_name[token.type]
    return name in ("STRING", "COMMENT") or name.startswith("FSTRING")


def code_rules(chapter: Chapter) -> list[str]:
    """Refuse trailing semicolons, shell and magic lines, pins, skipped cells."""
    problems = []
    for cell in chapter.cells:
        if cell.kind != "code":
            continue
        lines = cell.source.rstrip().splitlines() or [""]
        where = f"cell starting {lines[0]!r}"
        tokens = list(_tokens(cell.source))
        meant = [t.string for t in tokens if t.type not in _SILENT]
        if meant[-1:] == [";"]:
            problems.append(f"{where}: trailing ';' (nbval would run it otherwise)")
        if any(line.lstrip().startswith(("!", "%")) for line in lines):
            problems.append(f"{where}: '!' or '%' line")
        if any(_PIN.search(t.string) for t in tokens if _is_text(t)):
            problems.append(f"{where}: a version pin")
        if "clear_output" in cell.source or "tqdm" in cell.source:
            problems.append(f"{where}: progress bars or clear_output")
        if "NBVAL_SKIP" in nbval_marks(cell.source, cell.tags):
            problems.append(f"{where}: skipped in the tests")
        ignored = ignores_output(cell.source, cell.tags)
        if ignored and not {"timing", "device"} & set(cell.tags):
            problems.append(f"{where}: ignores its output without tag timing or device")
    return problems


def fixed_bands(chapter: Chapter) -> list[str]:
    """Refuse a band computed from what was measured: nothing could ever leave it."""
    problems = []
    for cell in chapter.cells:
        if cell.kind != "code":
            continue
        for call in ast.walk(ast.parse(cell.source)):
            if not isinstance(call, ast.Call):
                continue
            bands = [key.value for key in call.keywords if key.arg == "band"]
            if ast.unparse(call.func).split(".")[-1] == "Measured":
                bands += call.args[1:2]
            problems += [
                f"the band {ast.unparse(band)} is computed, not stated"
                for band in bands
                if any(isinstance(n, ast.Call | ast.BinOp) for n in ast.walk(band))
            ]
    return problems
