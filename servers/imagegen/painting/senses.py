"""Words that do not mean what they are the name of: verbs, figures of speech, words of two meanings."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator

# Words that hold the name of a thing and mean something else; they are taken first.
OTHERWISE = (
    "龙卷风 烟花 棉花 海豹 河马 鳄鱼 鳗鱼 犀牛 海星 鱼竿 渔网 河狸 太阳能板 白杨 佛像 马上 马虎 花费 花了 "
    "花光 天花板 江湖 草率 风格 风景 作风 威风 走兽 狐假虎威 人山人海 海量 田径 山寨 熊熊 虎视眈眈 "
    "龙马精神 井井有条 起草 树立 云端 河南 河北 蛇足 一路 夜以继日 池子 吃惊 吃力 跟前 走运 鼓励 鼓舞 "
    "矛盾 肌肉 坏蛋 混蛋 笨蛋 傻瓜 郁郁葱葱 机床 河床 加油 石油 书记 秘书 盘算 盘旋 盘踞 酒精 球迷 全球 "
    "星球 眼球 火药 个人电脑 个人信息 价钱 值钱 同窗 说明 小说 传说 听说 据说 说不定 讲究 问题 学问 一切 "
    "亲切 密切 切断 指出 指南 画面 计划 山东 山西 海关 上海 江苏 浙江 黑龙江 湖南 湖北 花生米 灯火通明 "
    "开花结果 眼镜蛇 in_the_end watch_out to_watch watch_the watch_a watch_for watch_over watch_as "
    "watch_it watch_him watch_her watch_them they_watch people_watch at_last no_way so_to_speak "
    "bank_holiday of_course spring_rolls press_conference_room iron_will does leaves_the leaves_a "
    "leaves_for leaves_his leaves_her leaves_their leaves_behind spring_from watches_the watches_a "
    "watches_over watches_as watches_how watches_for watches_him watches_her watches_it park_the park_a "
    "park_his park_her park_their park_your parks_the parks_a parks_his parks_her bear_fruit bears_fruit "
    "bear_in_mind bear_the bears_the bear_with bear_witness bears_witness duck_under duck_down "
    "ducks_under swallow_the swallow_it crane_his crane_her crane_their a_well-known the_well-known "
    "a_well-made a_well-read a_well-off a_well-fed the_well-being well-being in_general general_public "
    "general_idea general_rule general_election be_patient is_patient was_patient at_this_stage "
    "at_that_stage next_stage first_stage final_stage early_stage later_stage river_bank "
    "bank_of_the_river banks_of_the left_bank right_bank sand_bank no_sign_of sign_of signs_of sign_that "
    "sign_up sign_the rings_out rings_the ring_the by_heart at_heart heart_of a_ball_of balls_of a_sea_of "
    "a_mountain_of a_river_of a_blanket_of a_carpet_of a_shower_of a_storm_of a_cloud_of"
)
_HELPERS = (
    "i you he she it we they who can could will would shall should may might must never not cannot don't "
    "doesn't didn't won't"
)
"""Words after which the name of a thing is a verb, or not there: "he ducks", "she can fish", "not bread"."""
_ROSE = re.compile(
    r"(?<!\ba )(?<!\bthe )(?<!\bone )(?<!\bred )(?<!\bwhite )(?<!\byellow )(?<!\bpink )(?<!\bof )(?<!\bwith )"
    r"\brose(?= (?:up|over|above|from|to|into|in|at|again|slowly|early|high|higher|behind|beyond|like)\b)"
)
"""The past of "rise"."""

# Words of two meanings: beside one of the words in the middle they mean the thing at the end.
_EITHER: tuple[tuple[tuple[str, str], str, tuple[str, str]], ...] = (
    (
        ("person", "king"),
        r"chin(?:a|ese)|dynasty|great wall|forbidden|\bqin\b|\bhan\b|\btang\b|\bming\b|长城|朝",
        ("person", "emperor"),
    ),
    (
        ("animal", "crane"),
        r"harbou?r|port|dock|ship|construct|factory|building|machine|container|cargo|steel|site|worker",
        ("thing", "crane machine"),
    ),
    (
        ("thing", "fire"),
        r"(?s)\A(?!.*(?:campfire|bonfire|forest|tent|篝火|火堆|森林|帐篷|野外))"
        r".*(?:kitchen|recipe|\bcook|\bfry|fried|\bpan\b|\bwok\b|厨房|锅|炒|煮|煎|炖|菜谱|葱花|番茄|鸡蛋)",
        ("thing", "stove"),
    ),
    *(
        (
            ("animal", animal),
            r"kitchen|recipe|cook|fry|fried|pan\b|wok|pot\b|bowl|plate|sauce|garlic|scallion|ginger|onion|dish|"
            r"tablespoon|minutes|锅|炒|煮|煎|蒸|炖|酱|姜|葱|蒜|盘|碗|料酒|食材|菜谱",
            ("thing", dish),
        )
        for animal, dish in (
            ("fish", "fish dish"),
            ("hen", "roast chicken"),
            ("chicken", "roast chicken"),
            ("duck", "roast chicken"),
        )
    ),
)


def meant(meaning: tuple[str, str], text: str) -> tuple[str, str]:
    """What a word means beside the other words of the text."""
    for word, beside, other in _EITHER:
        if word == meaning and re.search(beside, text):
            return other
    return meaning


def verbs(text: str, things: frozenset[str]) -> Iterator[re.Match[str]]:
    """Where names of `things`, single English words, are verbs in a text of small letters."""
    yield from _after_helpers(things).finditer(text)
    yield from _ROSE.finditer(text)


@functools.cache
def _after_helpers(things: frozenset[str]) -> re.Pattern[str]:
    helpers, words = "|".join(_HELPERS.split()), "|".join(sorted(things))
    objects = "a|an|the|my|his|her|its|their|your|our|this|that|him|it|them|me|us"
    return re.compile(
        rf"\b(?:(?:{helpers})[^\S\n]+(?:{words})(?:s|es)?\b(?!-)"
        rf"|to[^\S\n]+(?:{words})(?=[^\S\n]+(?:{objects})\b))"
    )
