"""Words that end in a full stop which ends no sentence, and the words that betray a new one."""

from __future__ import annotations

TITLES = frozenset(
    """mr mrs ms mx dr prof st gen col capt lt sgt maj cmdr adm rev fr hon sen rep gov pres supt messrs mme mlle
    vs v e.g i.e eg ie cf viz al ca approx resp esp incl excl mt ft hr ing dipl bzw z.b d.h u.a p.ex sig sra dra
    """.split()
)
"""They always lead on to another word: "Dr. Fox", "e.g. grapes"."""

NUMBERED = frozenset(
    "no nos nr fig figs vol vols p pp ch chap sec art op ed para ex eq tab pt ref ver".split()
)
"""They lead on to a number, "No. 5"; before anything else the full stop ends a sentence."""

OPEN_ENDED = frozenset(
    """etc jr sr inc ltd co corp bros llc plc est dept univ assn ave blvd rd sq ph.d m.d b.a m.a b.c a.d b.c.e c.e a.m p.m
    u.s u.k u.n e.u u.s.a u.s.s.r d.c l.a n.y esq min max avg hrs mins secs lb lbs oz kg km cm mm
    jan feb mar apr jun jul aug sep sept oct nov dec mon tue tues wed thu thur thurs fri sat sun
    """.split()
)
"""They may end a sentence; the next word decides."""

STARTERS = frozenset(
    """a after all although an and another are as at because before both but by did do does during each every few for
    from had has have he her here his how however i if in is it its just later let many most my never next no nobody
    not nothing now of on once one only or our perhaps she since so some soon still such suddenly that the their then
    there these they this those though three to today tomorrow two under until was we were what when where which while
    who why with without yes yet you your
    """.split()
)
"""Words that are written with a capital only where a sentence begins ("I" apart, which the caller minds)."""

SPEECH_VERBS = frozenset(
    """added agreed announced answered asked barked begged bellowed boasted called chirped chuckled complained continued
    cried croaked declared demanded exclaimed explained gasped grinned groaned growled grumbled grunted hissed howled
    insisted interrupted joked laughed muttered murmured ordered pleaded prayed promised purred remarked repeated replied
    roared said sang says screamed shouted sighed smiled snapped snarled snorted sobbed squeaked suggested thought told
    wailed warned whimpered whined whispered wondered yelled yelped
    """.split()
)
"""What stands beside a quotation and says who speaks."""

CHINESE_SPEECH = "说說道问問喊叫答嚷吼骂劝喝应應"
"""The same in Chinese: one of these ends or nearly ends the words after a quotation."""
