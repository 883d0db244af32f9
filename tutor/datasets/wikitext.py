"""Wikipedia's export format to plain text: enough for articles, nothing for looks.

Templates, tables, references, files and comments go with their content; links keep
their label. No general parser: nested constructs are removed from the inside out.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from typing import IO
from xml.etree import ElementTree

_COMMENT = re.compile(r"<!--.*?-->", re.S)
_BLOCK = re.compile(
    r"<(ref|math|gallery|timeline|score|source|syntaxhighlight|code|nowiki|imagemap)"
    r"\b[^<>]*?(?:/>|>.*?</\1\s*>)",
    re.S | re.I,
)
_TEMPLATE = re.compile(r"\{\{[^{}]*\}\}")
_TABLE = re.compile(r"\{\|(?:(?!\{\||\|\}).)*\|\}", re.S)
_MEDIA = re.compile(
    r"\[\[(?:file|image|category|[a-z]{2,3}(?:-[a-z]+)?):[^\[\]]*\]\]", re.I
)
_LINK = re.compile(r"\[\[(?:[^\[\]|]*\|)?([^\[\]|]*)\]\]")
_ADDRESS = re.compile(r"\[(?:https?|ftp)?://[^\s\]]*\s?([^\]]*)\]|https?://\S+")
_TAG = re.compile(r"<[^<>]*>")
_ENDING = re.compile(
    r"^==\s*(?:references|notes|footnotes|citations|sources|bibliography|"
    r"further reading|external links|see also|notes and references)\s*==\s*$",
    re.M | re.I,
)
_LIMIT = 20
"""Nesting deeper than this stays as it is; real articles nest five deep."""


def pages(handle: IO[bytes]) -> Iterator[str]:
    """Yield the wikitext of each article of an export, redirects left out."""
    inside = False
    for event, element in ElementTree.iterparse(handle, ("start", "end")):
        tag = element.tag.rpartition("}")[2]
        if tag == "page" and event == "start":
            inside = True
        if tag != "page" or event != "end" or not inside:
            continue
        fields = {e.tag.rpartition("}")[2]: e for e in element.iter()}
        if fields["ns"].text == "0" and "redirect" not in fields:
            yield fields["text"].text or ""
        element.clear()


def plain(wikitext: str) -> str:
    """Return the readable text of one article.

    The lists at the end (references, see also, …) are cut off: they are names and
    addresses, not sentences.
    """
    text = _COMMENT.sub(" ", wikitext)
    ending = _ENDING.search(text)
    if ending:
        text = text[: ending.start()]
    text = _BLOCK.sub(" ", text)
    for pattern, by in ((_TEMPLATE, " "), (_TABLE, " ")):
        text = _inside_out(pattern, by, text)
    text = _media_and_links(text)
    text = _ADDRESS.sub(r"\1", text)
    text = html.unescape(_TAG.sub(" ", text))
    return text.replace("'''", "").replace("''", "")


def _inside_out(pattern: re.Pattern[str], by: str, text: str) -> str:
    for _ in range(_LIMIT):
        text, n = pattern.subn(by, text)
        if n == 0:
            break
    return text


def _media_and_links(text: str) -> str:
    """Links inside a picture's caption are opened first, then the picture goes."""
    for _ in range(_LIMIT):
        text, pictures = _MEDIA.subn(" ", text)
        text, links = _LINK.subn(_label, text)
        if not pictures + links:
            break
    return text


def _label(match: re.Match[str]) -> str:
    if _MEDIA.fullmatch(match[0]):
        return " "
    return match[1]
