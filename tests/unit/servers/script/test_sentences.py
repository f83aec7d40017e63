"""Where sentences begin and end: lists for English, Chinese and both, and laws for any text."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from servers.script.paragraphs import heading_text, paragraphs, title_of
from servers.script.sentences import split

# Each line is one text; "|" stands where one sentence ends and the next begins.
ENGLISH = """
Dr. Fox met Mr. Crow at 3 p.m. on Jan. 5.| They talked.
He paid $3.50, i.e. nothing.| Then he left.
J. R. R. Tolkien wrote it.| I read it.
It was vitamin C.| He took it.
See example.com.| Or www.fox.org/a.b?c=d.| Mail me@fox.org.| Done.
See https://fox.org/a.html.| Foxes live there.
Read fox.org.| Foxes write it.
Wait... what?| Yes... I think so.| No...| The end.
"What a dessert!" said the fox.| "Those grapes are sweet."
"Who is it?" Mr. Crow asked.| "Me."| He left.
"Stop!"| The fox ran.
'Why?' asked Tom.| 'Because.'
He said, "I am done."| She left.| "It is.| It was," he said.
“Hello.” she said.| “I am here.”| Then he left.
"Come," he said.| "Now!"| "No!" she cried.
The U.S. Army came.| He lives in the U.S.| He likes it.
Version 2.5.1 is out.| No. 5 is alive.| Is it?| No.| It is not.
Vol. II is out.| See vol. 3, ch. 4.| It is long.
Pi is 3.14159.| 1,000.50 people came on the 3rd of May.| They ate.
Apples, pears, etc. are fruit.| We had apples, etc.| Then we left.
He works at Acme Inc.| The firm is big.| Acme Inc. makes traps.
Ph.D. students work.| She got her Ph.D.| She rests.
Smith Jr. spoke.| I like Smith Jr.| He is kind.
What?!| Really!!| Yes!
(He left.)| She stayed.| He (the fox!) ran.
This is it [1].| And this.[2]| Next one.
He died in 1999.| 2000 was worse.
It was 5 p.m.| He left.
St. Paul's is tall.| Fig. 3 shows it.
He asked why? she did not know.
Er sah «den Fuchs.»| Dann ging er.
"""
CHINESE = """
狐狸说：“你好。”|老虎走了。
“你好！”狐狸说。|“再见。”老虎说。
“不信，你跟我走一趟。”狐狸说，“你就在后面看着。”
他大喊：“快跑！|快跑！”|大家都跑了。
「你好。」他說。|『再見！』她說。
他问：“谁？”|“我。”他答。
什么？！|真的！！|好……我知道了。
他（真的！）来了。|（完。）|他走了。
他读了《书。》吗？|读了！
等等……他来了。|等等……| 他来了。
1. 苹果。|2. 香蕉。|3.5公里。
“第一。|第二。|第三。”|他数着。
走了大约3.5公里，到了。|第1次看到。
"""
MIXED = """
我在2.5版。|OK.|然后走了。|他用 iPhone 15.| 很好。
他说了一句“hello.”|然后走了。|I like 北京.| 你呢？|Yes!|好的。
Hello,world。|这是mixed text。|OK？|好！
キツネは見た。|「高い！」|終わり。
Он ушёл.| Она осталась.| Т. е. дома.
क्या?| हाँ।| ठीक।
"""
GOLDEN = [line for table in (ENGLISH, CHINESE, MIXED) for line in table.strip().splitlines()]


def sentences(text: str) -> list[str]:
    return [text[one.start : one.end] for one in split(text, paragraphs(text))]


@pytest.mark.parametrize("line", GOLDEN)
def test_where_sentences_end(line: str) -> None:
    assert sentences(line.replace("|", "")) == [part.strip() for part in line.split("|")]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1. Wash.\n2. Cook it.\n3. Eat", ["1. Wash.", "2. Cook it.", "3. Eat"]),
        ("- one thing\n- two things", ["- one thing", "- two things"]),
        ("# One\nIt began. It went on\nand on.", ["# One", "It began.", "It went on\nand on."]),
        ("第一章 开始\n从前有座山，山里有座庙。", ["第一章 开始", "从前有座山，山里有座庙。"]),
        ("床前明月光\n疑是地上霜", ["床前明月光", "疑是地上霜"]),
        ("The sun is gone\nThe moon is here", ["The sun is gone", "The moon is here"]),
        ("Roses are red,\nviolets are blue.", ["Roses are red,\nviolets are blue."]),
        ("The quick brown fox jumped over\nthe lazy dog. It ran.",
         ["The quick brown fox jumped over\nthe lazy dog.", "It ran."]),
        ("One ends\n\nTwo begins", ["One ends", "Two begins"]),
        ("One ends.\r\n\r\nTwo begins.", ["One ends.", "Two begins."]),
        ("　　他走了\n　　她来了", ["他走了", "她来了"]),
        ("Good. 🙂", ["Good. 🙂"]),
    ],
)  # fmt: skip
def test_lines_that_stand_alone(text: str, expected: list[str]) -> None:
    assert sentences(text) == expected


@pytest.mark.parametrize(
    ("text", "title"),
    [
        ("The Fox\n\nHe ran.", "The Fox"),
        ("# The Fox\n\nHe ran.", "The Fox"),
        ("《狐假虎威》\n\n从前。", "狐假虎威"),
        ("\ufeff狐假虎威\n\n从前。", "狐假虎威"),
        ("He ran.\n\nShe ran.", None),
        ("他走了。\n\n她来了。", None),
        ("The Fox", None),
        ("The Fox\nHe ran.", None),
        ("1. The fox\n\n2. The crow", None),
        ("The Fox\n\n* * *", None),
        (f"{'long ' * 30}\n\nHe ran.", None),
        ("Said the fox:\n\nHe ran.", None),
    ],
)
def test_what_is_a_title(text: str, title: str | None) -> None:
    found = title_of(text, paragraphs(text))
    assert (heading_text(found.of(text)) if found else None) == title


def test_a_quotation_over_sentences_is_known() -> None:
    text = "“One. Two. Three.” He left."
    assert [one.in_quotation for one in split(text, paragraphs(text))] == [True, True, False, False]


_MARKS = "aB3 。.!?…！？“”「」\"'()（）,，：\n\t-*#"
_ODD = "\r\n \n\n e\u0301 \u3000 \u2028 \ufeff é 🙂".split(" ")
_RUNS = "狐狸 说 said Mr. U.S. etc. 3.5 ... …… https://a.b/c. a@b.cd. 第一章 1. ".split(" ")
PIECES = st.sampled_from([*_MARKS, *_ODD, *_RUNS, " "])
TEXTS = st.one_of(st.lists(PIECES, max_size=60).map("".join), st.text(max_size=200))


@given(TEXTS)
def test_sentences_are_in_order_and_leave_out_only_white_space(text: str) -> None:
    found = split(text, paragraphs(text))
    at = 0
    for sentence in found:
        assert at <= sentence.start < sentence.end
        assert not text[at : sentence.start].strip()
        assert text[sentence.start : sentence.end] == text[sentence.start : sentence.end].strip()
        at = sentence.end
    assert not text[at:].strip()


@given(TEXTS)
def test_no_sentence_crosses_a_paragraph(text: str) -> None:
    spans = paragraphs(text)
    for sentence in split(text, spans):
        span = spans[sentence.paragraph]
        assert span.start <= sentence.start < sentence.end <= span.end


@given(TEXTS, st.sampled_from(["Then he left.", "他走了。"]))
def test_what_follows_a_paragraph_does_not_change_it(text: str, added: str) -> None:
    assert sentences(f"{text.rstrip()}\n\n{added}")[:-1] == sentences(text.rstrip())
