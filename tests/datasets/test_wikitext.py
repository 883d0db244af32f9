"""Wikipedia's mark-up to text, by example and against gensim."""

import bz2
import io

import pytest

from tutor.datasets import tokenize
from tutor.datasets.sources import file
from tutor.datasets.wikitext import pages, plain


@pytest.mark.parametrize(
    ("wikitext", "text"),
    [
        ("'''Bold''' and ''thin''", "Bold and thin"),
        ("a [[cat]] and [[dog (animal)|a dog]]", "a cat and a dog"),
        ("x{{cite|{{deep|y}}}}z", "x z"),
        ("x<ref name=a>no</ref>y<ref name=b />z", "x y z"),
        ("a {| class\n|-\n| cell {| inner |} |} b", "a b"),
        ("a [[File:x.jpg|thumb|A [[red]] hen]] b", "a b"),
        ("see [http://x.org the site] http://y.org", "see the site"),
        ("a<!-- hidden -->b &amp; c&nbsp;d", "a b & c\xa0d"),
        ("<math>x^2</math> is <b>big</b>", "is big"),
        ("body\n== See also ==\n* [[gone]]", "body"),
        ("[[Category:Cats]] [[fr:Chat]] tail", "tail"),
    ],
)
def test_plain(wikitext, text):
    """Expected by hand; white space does not matter."""
    assert plain(wikitext).split(" ") != []
    assert " ".join(plain(wikitext).split()) == " ".join(text.split())


def test_unbalanced_marks_end():
    """Broken mark-up neither hangs nor fails."""
    assert plain("{{" * 2000 + "x" + "[[" * 2000).strip()
    assert "x" in plain("{|" * 500 + "x")


def test_redirects_and_other_namespaces_are_left_out():
    xml = b"""<mediawiki xmlns="u"><page><title>A</title><ns>0</ns>
    <revision><text>yes</text></revision></page>
    <page><title>B</title><ns>0</ns><redirect title="A"/>
    <revision><text>no</text></revision></page>
    <page><title>C</title><ns>1</ns><revision><text>no</text></revision></page>
    </mediawiki>"""
    assert list(pages(io.BytesIO(xml))) == ["yes"]


@pytest.mark.oracle
def test_articles_agree_with_gensim():
    """Gensim's filter finds nearly all our words, but for one article.

    Of *Asphalt* it keeps 1,031 words of 5,811, losing everything behind an unclosed
    table; ours has the article.
    """
    wikicorpus = pytest.importorskip("gensim.corpora.wikicorpus")
    with bz2.open(file("wikipedia-pages-en"), "rb") as handle:
        ours = [tokenize(plain(text)) for text in pages(handle)]
    with bz2.open(file("wikipedia-pages-en"), "rb") as handle:
        filtered = [
            tokenize(wikicorpus.filter_wiki(text))
            for _, text, _ in wikicorpus.extract_pages(handle, ("0",))
        ]
    theirs = [words for words in filtered if len(words) > 20]
    assert len(ours) == len(theirs) == 106
    shares = [
        len(set(a) & set(b)) / len(set(a)) for a, b in zip(ours, theirs, strict=True)
    ]
    low = [i for i, share in enumerate(shares) if share < 0.98]
    assert [ours[i][0] for i in low] == ["asphalt"]
