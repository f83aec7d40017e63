"""Words, English and Chinese, and what they ask the painter for.

Each table maps the name of a thing to the words for it. English words are matched whole, with or without a
plural ending, an underscore standing for a blank; Chinese words are matched anywhere, the longest first,
and what one word has taken no other can take.
"""

from __future__ import annotations

import dataclasses
import functools
import re

_ANIMALS = {
    "fox": "fox foxes vixen 狐狸 狐",
    "wolf": "wolf wolves 狼",
    "dog": "dog puppy hound 小狗 狗 犬",
    "cat": "cat kitten 小猫 猫",
    "tiger": "tiger tigress 老虎 猛虎 虎",
    "lion": "lion lioness 狮子 雄狮",
    "leopard": "leopard panther cheetah jaguar 豹子 豹",
    "bear": "bear 狗熊 黑熊 熊",
    "deer": "deer stag doe fawn reindeer 小鹿 梅花鹿 鹿",
    "horse": "horse mare foal pony stallion 骏马 白马 马儿 马匹 马",
    "donkey": "donkey mule ass 驴子 毛驴 驴",
    "cow": "cow calf calves cattle 奶牛 母牛 小牛",
    "ox": "ox oxen bull buffalo 水牛 黄牛 公牛 牛",
    "sheep": "sheep lamb ram 绵羊 羊羔 小羊 羊群 羊",
    "goat": "goat 山羊",
    "pig": "pig piglet hog boar 野猪 小猪 猪",
    "elephant": "elephant 大象",
    "mouse": "mouse mice rat 老鼠 田鼠 小鼠",
    "rabbit": "rabbit hare bunny bunnies 兔子 野兔 小兔 兔",
    "turtle": "turtle tortoise 乌龟 海龟 龟",
    "frog": "frog toad 青蛙 蛤蟆 蛙",
    "fish": "fish carp salmon 鲤鱼 金鱼 小鱼 鱼",
    "snake": "snake serpent viper 毒蛇 蛇",
    "monkey": "monkey ape 猴子 猿猴 猴",
    "butterfly": "butterfly butterflies 蝴蝶",
    "ant": "ant 蚂蚁",
    "crow": "crow raven 乌鸦",
    "sparrow": "sparrow finch 麻雀",
    "pigeon": "pigeon 鸽子",
    "dove": "dove 白鸽",
    "eagle": "eagle hawk falcon 老鹰 雄鹰 鹰",
    "parrot": "parrot 鹦鹉",
    "peacock": "peacock 孔雀",
    "chicken": "rooster cock cockerel 公鸡 雄鸡",
    "hen": "hen chicken chick 母鸡 小鸡 鸡",
    "duck": "duck duckling 鸭子 小鸭 鸭",
    "goose": "goose geese 大雁 白鹅 鹅 雁",
    "swan": "swan 天鹅",
    "crane": "crane heron stork 仙鹤 白鹤 鹤 鹭",
    "bird": "bird swallow nightingale robin 小鸟 鸟儿 飞鸟 燕子 鸟",
    "beasts": "beast animal creature 百兽 野兽 动物 群兽",
}
_PEOPLE = {
    "old man": "old_man old_men grandfather grandpa elder 老人 老翁 老爷爷 老头 爷爷",
    "old woman": "old_woman grandmother grandma 老奶奶 老妇 老婆婆 奶奶",
    "farmer": "farmer peasant ploughman 农夫 农民 农人 种田人",
    "fisherman": "fisherman fishermen 渔夫 渔民 渔翁",
    "shepherd": "shepherd 牧羊人 牧童",
    "hunter": "hunter huntsman 猎人",
    "king": "king emperor sultan tsar 国王 皇帝 大王",
    "queen": "queen empress 王后 皇后 女王",
    "prince": "prince 王子",
    "princess": "princess princesses 公主",
    "soldier": "soldier knight warrior guard general 士兵 将军 战士 武士",
    "scholar": "scholar teacher poet sage philosopher 学者 书生 先生 老师 诗人",
    "monk": "monk priest 和尚 僧人",
    "girl": "girl daughter sister 女孩 姑娘 女儿 小姑娘",
    "boy": "boy son brother 男孩 少年 儿子",
    "child": "child children kid 孩子 小孩 儿童",
    "woman": "woman women mother wife lady 女人 妇人 母亲 妈妈 妻子 女子",
    "man": (
        "man men father traveller traveler merchant person people villager "
        "男人 男子 父亲 爸爸 商人 行人 路人 村民 人们"
    ),
}
_TREES = {
    "pine": "pine fir spruce cedar conifer christmas_tree 松树 松林 松柏 杉树",
    "palm": "palm palm_tree coconut 椰树 棕榈",
    "bamboo": "bamboo 竹子 竹林 竹",
    "cactus": "cactus cacti 仙人掌",
    "bare tree": "bare_tree dead_tree stump 枯树",
    "tree": "tree oak maple willow apple_tree birch bough branch branches 大树 树木 树枝 柳树 橡树 树",
}
_SMALL = {
    "grapes": "grape bunch_of_grapes 葡萄串 葡萄",
    "vine": "vine grapevine vineyard trellis 葡萄藤 葡萄架 葡萄园 藤蔓 藤",
    "flower": (
        "flower blossom rose_bush tulip daisy daisies poppy poppies lily lilies 花朵 鲜花 野花 花儿 花丛 花"
    ),
    "grass": "grass 草丛 青草 草",
    "bush": "bush bushes shrub hedge thicket 灌木",
    "reed": "reed rush rushes 芦苇",
    "wheat": "wheat barley corn crop harvest grain 麦田 小麦 稻谷 庄稼 稻田 稻子",
    "mushroom": "mushroom toadstool 蘑菇",
}
_BUILDINGS = {
    "house": "house cottage hut cabin barn home farmhouse 房子 小屋 茅屋 房屋 木屋 屋子 家门",
    "castle": "castle palace fortress 城堡 宫殿 王宫 皇宫",
    "temple": "temple pagoda shrine monastery 寺庙 宝塔 庙",
    "tower": "tower lighthouse 灯塔 高塔 塔",
    "bridge": "bridge 石桥 小桥 桥",
    "well": "a_well the_well wells 水井 井边 井",
    "fence": "fence 篱笆 栅栏",
    "boat": "boat ship sail sailboat 帆船 小船 船",
    "cart": "cart wagon carriage 马车 牛车",
    "car": "car automobile taxi 汽车 轿车",
    "wall": "wall walls stone_wall 围墙 石墙 墙",
    "rock": "rock boulder stone 石头 岩石 大石",
}
_PLACES = {
    "forest": "forest wood woods jungle woodland grove 森林 树林 丛林 山林 林子 林中 林间",
    "mountain": "mountain mountainside peak cliff alps valley cave 山洞 高山 山峰 群山 大山 山谷 悬崖 山",
    "hills": "hill hillside slope 山坡 山丘 小山",
    "river": "river stream brook creek 小河 小溪 河流 河边 溪流 江 河 溪",
    "lake": "lake pond pool 湖泊 湖边 池塘 湖 池",
    "sea": "sea ocean beach shore coast island waves 大海 海边 海滩 海洋 海上 海",
    "field": "field meadow farm pasture prairie plain 田野 草地 草原 农田 田地 原野 田",
    "garden": "garden orchard park 花园 果园 园子",
    "desert": "desert dune dunes sahara 沙漠 沙丘",
    "village": "village hamlet town 村庄 村子 乡村 小镇 村里",
    "city": "city skyline street skyscraper downtown metropolis 城市 街道 高楼 都市 大街",
    "road": "road path lane trail track 道路 小路 山路 路上 大路",
}
_TIMES = {
    "dawn": "dawn sunrise daybreak morning early_morning 黎明 日出 清晨 早晨 早上 拂晓",
    "noon": "noon midday hot heat scorching blazing 中午 正午 炎热 烈日 酷热",
    "dusk": "dusk sunset evening twilight golden_hour 黄昏 日落 傍晚 夕阳 晚霞",
    "night": "night midnight moonlight moonlit starry starlight 夜晚 夜里 深夜 半夜 月夜 星空 夜",
    "day": "daylight daytime afternoon 白天 下午",
}
_WEATHER = {
    "storm": "storm thunder lightning thunderstorm tempest 暴风雨 雷雨 闪电 打雷 暴雨",
    "rain": "rain rainy raining drizzle shower 下雨 雨水 细雨 大雨 雨",
    "snow": "snow snowy snowing snowfall blizzard 下雪 大雪 雪地 白雪 雪",
    "fog": "fog foggy mist misty haze 大雾 薄雾 雾",
    "cloudy": "cloud cloudy clouds overcast 阴天 多云 乌云 白云 云",
    "wind": "wind windy breeze gale 大风 微风 风",
    "clear": "sunny sunshine clear_sky bright_sky 晴天 晴朗 阳光",
}
_SEASONS = {
    "spring": "spring springtime 春天 春日 春季",
    "summer": "summer 夏天 夏日 夏季",
    "autumn": "autumn autumnal 秋天 秋日 秋季 金秋",
    "winter": "winter wintry 冬天 冬日 冬季 寒冬",
}
_LIGHTS = {
    "sun": "sun 太阳",
    "moon": "moon full_moon crescent 月亮 明月 月光 圆月",
    "stars": "star stars 星星 繁星",
    "rainbow": "rainbow 彩虹",
}
_MOODS = {
    "joyful": "joyful happy cheerful merry bright festive 欢快 快乐 高兴 开心 喜悦",
    "gloomy": (
        "gloomy sad dark lonely sorrowful grim fearful afraid scared tense 悲伤 难过 孤独 阴沉 害怕 恐惧 紧张"
    ),
    "calm": "calm quiet peaceful serene gentle 安静 宁静 平静 祥和",
}
_ACTIONS = {
    "leap": (
        "leap leaps leaped leapt leaping jump jumps jumped jumping spring_up sprang hop pounce 跳 跃 扑"
    ),
    "sit": "sit sits sat sitting rest rests rested resting waits waited 坐 休息 歇",
    "walk": (
        "walk walks walked walking stroll strolled wander wandered run "
        "runs ran running went came 走 跑 奔 路过 经过"
    ),
    "graze": "graze grazing eat eats eating ate drink drinks drinking drank 吃 喝 饮",
    "up": (
        "look_up looks_up looked_up looking_up gaze gazed above high overhead up 抬头 仰望 高高 上面 够不着"
    ),
    "follow": "follow follows followed following behind chase chased chasing 跟 后面 身后 追 尾随",
    "lead": "lead leads led leading in_front_of ahead 前面 前头 带路 领路 带领",
    "fly": "fly flies flew flying soar soaring 飞",
    "close": "close-up closeup close_up portrait 特写 近景",
    "wide": "wide_shot wide panorama panoramic vast distant far_away 远景 全景 广阔 辽阔",
}
# Words that hold one of the words above but mean something else; they are taken first.
_OTHERWISE = (
    "马上 马虎 花费 花了 花光 天花板 江湖 草率 雨伞 风格 风景 "
    "作风 威风 走兽 狐假虎威 人山人海 海报 海量 田径 山寨 熊熊 "
    "虎视眈眈 龙马精神 牛奶 鸡蛋 井井有条 起草 树立 云端 河南 "
    "河北 蛇足 一路 夜以继日 池子 吃惊 吃力 跟前 走运"
)
GROUPS: dict[str, dict[str, str]] = {
    "animal": _ANIMALS,
    "person": _PEOPLE,
    "tree": _TREES,
    "plant": _SMALL,
    "building": _BUILDINGS,
    "place": _PLACES,
    "time": _TIMES,
    "weather": _WEATHER,
    "season": _SEASONS,
    "light": _LIGHTS,
    "mood": _MOODS,
    "action": _ACTIONS,
}
_NUMBERS = {
    **dict.fromkeys(("two", "2", "pair", "couple", "both", "两", "二", "双"), 2),
    **dict.fromkeys(("three", "3", "三"), 3),
    **dict.fromkeys(("four", "4", "several", "many", "四", "几", "许多", "群", "一群"), 4),
    **dict.fromkeys(("five", "5", "flock", "herd", "pack", "五", "很多"), 5),
}


@dataclasses.dataclass(frozen=True)
class Mention:
    """One thing that the text speaks of."""

    group: str
    name: str
    at: int
    """Where it is first spoken of, in characters."""
    count: int = 1
    """How many of it, as far as a number or a plural says."""


def mentions(text: str) -> list[Mention]:
    """What a text speaks of, in the order of its first words; each thing once."""
    text = text.lower()
    taken = [False] * len(text)
    found: dict[tuple[str, str], Mention] = {}
    for pattern, meaning in _patterns():
        for match in pattern.finditer(text):
            start, end = match.span()
            if any(taken[start:end]):
                continue
            taken[start:end] = [True] * (end - start)
            if meaning is None:
                continue
            count = _count(text, start, match)
            known = found.get(meaning)
            if known is None or start < known.at or count > known.count:
                first = start if known is None else min(start, known.at)
                found[meaning] = Mention(*meaning, first, max(count, known.count if known else 1))
    return sorted(found.values(), key=lambda mention: mention.at)


def _count(text: str, start: int, match: re.Match[str]) -> int:
    """How many: a number within the three words before, or a plural ending."""
    before = text[max(0, start - 24) : start]
    if match.group().isascii():
        for word in reversed(re.findall(r"[a-z0-9]+", before)[-3:]):
            if word in _NUMBERS:
                return _NUMBERS[word]
            if word in ("a", "an", "the", "one"):
                break
        return 2 if match.groupdict().get("plural") else 1
    close = before[-3:]
    return max((many for word, many in _NUMBERS.items() if not word.isascii() and word in close), default=1)


@functools.cache
def _patterns() -> tuple[tuple[re.Pattern[str], tuple[str, str] | None], ...]:
    """All words as patterns, the longest first; None as meaning for what is only to be skipped."""
    words: list[tuple[str, tuple[str, str] | None]] = [(word, None) for word in _OTHERWISE.split()]
    for group, things in GROUPS.items():
        words += [(word, (group, name)) for name, line in things.items() for word in line.split()]
    words.sort(key=lambda pair: -len(pair[0]))
    return tuple((_pattern(word), meaning) for word, meaning in words)


def _pattern(word: str) -> re.Pattern[str]:
    if not word.isascii():
        return re.compile(re.escape(word))
    body = r"[\s-]+".join(re.escape(piece) for piece in word.split("_"))
    return re.compile(rf"\b{body}(?P<plural>s|es)?\b")
