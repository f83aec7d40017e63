"""What SSML says: its words' places, its pauses and manners, and what is refused."""

from __future__ import annotations

import itertools
from xml.sax.saxutils import escape

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from servers.chassis.media.espeak.pieces import Gap
from servers.chassis.media.espeak.voices import catalogue, data_folder
from servers.chassis.words import words_of
from servers.tts import phonetics, say_as
from servers.tts.ssml import language_of, of_ssml
from servers.tts.ssml_rules import Malformed, check
from servers.tts.utterance import Utterance


def said(ssml: str, *, voice: str = "en-us+f2", language: str = "en") -> Utterance:
    folder = data_folder()
    assert folder is not None
    return of_ssml(ssml, known=catalogue(folder), voice=voice, language=language)


def written(ssml: str, **how: str) -> list[str]:
    return [ssml[place.start : place.end] for word in said(ssml, **how).words for place in word.written]


@pytest.mark.parametrize(
    ("inside", "words"),
    [
        ("Hello, world", ["Hello", "world"]),
        ("fish &amp; AT&amp;T &#65;B", ["fish", "AT&amp;T", "&#65;B"]),
        ("<![CDATA[a & b &amp; 1 < 2]]>", ["a", "b", "amp", "1", "2"]),
        ("one\r\n\r\ntwo", ["one", "two"]),
        ("un<emphasis>believ</emphasis>able", ["un", "believ", "able"]),
        ("<mark name='x'/>a<mark name='y'/>bc", ["a<mark name='y'/>bc"]),
        ('<sub alias="World Wide Web">W3C</sub>', ["W3C"]),
        ('<sub alias="mister">狐狸</sub>', ["狐", "狸"]),
        ("<metadata>hidden</metadata>seen", ["seen"]),
        ("<!-- no -->seen<?pi no?>", ["seen"]),
        ("<p><s>一。</s><s>二</s></p>", ["一", "二"]),
    ],
)
def test_words_stand_where_they_were_written(inside: str, words: list[str]) -> None:
    assert written(f"<speak>{inside}</speak>") == words


def test_a_check_finds_out_whether_there_is_anything_to_say() -> None:
    assert not check("<speak><metadata>hidden</metadata> ...<break/></speak>")
    assert check("<speak><metadata>hidden</metadata>!<s>x</s></speak>")
    assert check('<speak><sub alias="me">…</sub></speak>')


def test_an_alias_is_read_as_text_is() -> None:
    assert (
        said('<speak>付<sub alias="12345元">款</sub></speak>', language="zh").text == "付一万两千三百四十五元"
    )


@settings(max_examples=60, deadline=None)
@given(st.lists(st.text("ab1 狐,.&<é\U00020000\n", max_size=12), max_size=5))
def test_every_word_of_marked_text_is_said_once_in_order(parts: list[str]) -> None:
    ssml = "<speak>" + "".join(f"<s>{escape(part)}</s>" for part in parts) + "</speak>"
    places = [place for word in said(ssml).words for place in word.written]
    assert all(a.end <= b.start for a, b in itertools.pairwise(places))
    expected = [part[word.start : word.end] for part in parts for word in words_of(part)]
    assert [ssml[place.start : place.end] for place in places] == [escape(word) for word in expected]


def test_an_alias_is_what_is_said() -> None:
    utterance = said('<speak>The <sub alias="World Wide Web Consortium">W3C</sub> met.</speak>')
    assert utterance.text == "The World Wide Web Consortium met."


def test_breaks_and_paragraphs_are_pauses() -> None:
    utterance = said(
        '<speak><break time="1.5s"/>one<break time="250ms"/> two<break strength="none"/>, three'
        "<p>four</p><s>five</s><break/></speak>"
    )
    assert {at: (pause.gap, pause.seconds, pause.strength) for at, pause in utterance.pauses.items()} == {
        -1: (Gap.NONE, 1.5, 0.0),
        0: (Gap.NONE, 0.25, 0.0),
        1: (Gap.NONE, 0.0, 0.0),
        2: (Gap.PARAGRAPH, None, 0.0),
        3: (Gap.PARAGRAPH, None, 0.0),
        4: (Gap.SENTENCE, 0.0, 0.4),
    }


def test_prosody_adds_up_as_elements_nest() -> None:
    utterance = said(
        '<speak><prosody rate="50%" pitch="+2st" volume="+6dB">a<prosody rate="+20%" pitch="-50%">b</prosody>'
        '</prosody><prosody rate="slow" volume="soft" pitch="high">c</prosody>d</speak>'
    )
    a, b, c, d = [word.manner for word in utterance.words]
    assert (a.rate, a.semitones, a.decibels) == (0.5, 2.0, 6.0)
    assert [b.rate, b.semitones, b.decibels] == pytest.approx([0.6, -10.0, 6.0])
    assert (c.rate, c.semitones, c.decibels) == (0.75, 3.0, -6.0)
    assert (d.rate, d.semitones, d.decibels) == (1.0, 0.0, 0.0)


def test_voices_and_languages_change_the_voice_but_not_its_timbre() -> None:
    utterance = said(
        '<speak>a<lang xml:lang="fr">b</lang><voice name="nobody de">c</voice><s xml:lang="en">d</s>'
        '<voice gender="male">e</voice><lang xml:lang="tlh">f</lang></speak>'
    )
    assert [word.manner.voice for word in utterance.words] == ["", "fr-fr+f2", "de", "", "en-us", ""]
    assert utterance.warnings == ['no voice of this engine speaks "tlh": read as en']


@pytest.mark.parametrize(
    ("ssml", "rule"),
    [
        ("hello", r"line 1, column 1\)"),
        ("<speak>\n<p>a</speak>", r"mismatched tag \(line 2, column 7\)"),
        ("<speak>&nbsp;</speak>", r"undefined entity \(line 1, column 8\)"),
        ('<speak>\n <break time="soon"/></speak>', r'time="soon", which must be .* \(line 2, column 2\)'),
        ('<speak><break time="1e9s"/></speak>', "break"),
        ('<speak><break time="3600s"/></speak>', "at most 20s"),
        ("<speak>" + '<break time="20s"/>' * 31 + "</speak>", "more than 600 s"),
        ('<speak><break strength="huge"/></speak>', "must be one of none"),
        ('<speak><prosody rate="0">a</prosody></speak>', "over 0"),
        ('<speak><prosody pitch="up">a</prosody></speak>', r"\+2st"),
        ('<speak><emphasis level="much">a</emphasis></speak>', "must be one of strong"),
        ("<p>hello</p>", "must be a speak element"),
        ("<speak>" + "<s>" * 200 + "</s>" * 200 + "</speak>", "within one another"),
        ('<!DOCTYPE speak SYSTEM "file:///etc/passwd"><speak/>', "document type"),
        (
            '<!DOCTYPE s [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;">]><speak>&b;</speak>',
            r"must not hold a document type \(line 1",
        ),
        ('<!DOCTYPE s [<!ENTITY % x SYSTEM "http://example.com/x">%x;]><speak/>', "document type"),
    ],
)
def test_what_breaks_a_rule_is_refused_with_its_place(ssml: str, rule: str) -> None:
    with pytest.raises(Malformed, match=rule):
        said(ssml)


@settings(max_examples=60, deadline=None)
@given(st.text('<>/&;"= speakbr1', max_size=40))
def test_anything_is_either_read_or_refused(inside: str) -> None:
    for ssml in (inside, f"<speak>{inside}</speak>"):
        try:
            said(ssml)
        except Malformed:
            continue


@pytest.mark.parametrize(
    ("text", "kind", "format_", "language", "expected"),
    [
        ("23", "ordinal", "", "en", "twenty third"),
        ("112", "ordinal", "", "en", "one hundred twelfth"),
        ("3", "ordinal", "", "zh", "第三"),
        ("12,345", "cardinal", "", "en", "12345"),
        ("-12,345", "cardinal", "", "zh", "负一万两千三百四十五"),
        ("ABC-1", "characters", "", "en", "eigh B C dash one"),
        ("a1", "spell-out", "", "zh-CN", "eigh 一"),
        ("11/23/2026", "date", "", "en-US", "November twenty third twenty twenty six"),
        ("23.11.2026", "date", "dmy", "en", "November twenty third twenty twenty six"),
        ("20261123", "date", "ymd", "zh", "二零二六年十一月二十三日"),
        ("2026-11", "date", "ym", "zh", "二零二六年十一月"),
        ("2026-02-30", "date", "", "en", None),
        ("+1 555 0123", "telephone", "", "en", "plus one, five five five, zero one two three"),
        ("138-1", "telephone", "", "zh", "幺三八, 幺"),
        ("5", "ordinal", "", "fr", None),
        ("1" * 5000, "date", "y", "en", None),
        ("1" * 5000, "ordinal", "", "en", None),
        ("x", "unheard-of", "", "en", None),
    ],
)
def test_say_as(text: str, kind: str, format_: str, language: str, expected: str | None) -> None:
    assert say_as.spoken(text, kind, format_, language) == expected


@pytest.mark.parametrize(
    ("ph", "alphabet", "language", "expected"),
    [
        ("təˈmeɪtoʊ", "ipa", "en-GB", "t@'meItoU"),
        ('t@"meItoU', "x-sampa", "en", "t@'meItoU"),
        ("tʃɜːtʃ", "ipa", "en", "tS3:tS"),
        ("ʘ", "ipa", "en", ""),
        ("pa", "ipa", "fr", ""),
        ("pa]] [[x", "ipa", "en", ""),
    ],
)
def test_pronunciations(ph: str, alphabet: str, language: str, expected: str) -> None:
    assert phonetics.espeak_phonemes(ph, alphabet, language) == expected


def test_the_language_is_the_documents_own_or_its_characters() -> None:
    assert language_of('<speak xml:lang="de"><s xml:lang="fr">x</s></speak>') == "de"
    assert language_of("<speak>狐狸 fox</speak>") == "zh"
