"""Words, English and Chinese, and what they ask the painter for.

Each table maps the name of a thing to the words for it. English words are matched whole, with or without a
plural ending, an underscore standing for a blank; Chinese words are matched anywhere, the longest first,
and what one word has taken no other can take.
"""

from __future__ import annotations

import dataclasses
import functools
import re

from servers.imagegen.painting.props import PROPS
from servers.imagegen.painting.senses import OTHERWISE, meant, verbs

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
    "horse": "horse mare foal pony stallion 骏马 白马 马儿 马匹 马 zebra 斑马",
    "donkey": "donkey mule ass 驴子 毛驴 驴 骡子",
    "cow": "cow calf calves cattle 奶牛 母牛 小牛",
    "ox": "ox oxen bull buffalo 水牛 黄牛 公牛 牛 yak 牦牛",
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
    "crow": "crow raven 乌鸦 乌啼",
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
    "bird": "bird swallow nightingale robin 小鸟 鸟儿 飞鸟 燕子 鸟 gull seagull hummingbird magpie woodpecker vulture flamingo ostrich 海鸥 蜂鸟 喜鹊 啄木鸟 秃鹫 火烈鸟 鸵鸟 夜莺",
    "beasts": "beast animal creature 百兽 野兽 动物 群兽",
}
_PEOPLE = {
    "old man": "old_man old_men grandfather grandpa elder 老人 老翁 老爷爷 老头 爷爷 外公 老汉",
    "old woman": "old_woman grandmother grandma 老奶奶 老妇 老婆婆 奶奶 外婆",
    "farmer": "farmer peasant ploughman woodcutter 农夫 农民 农人 种田人 樵夫 farmhand 长工",
    "fisherman": "fisherman fishermen boatman ferryman 渔夫 渔民 渔翁 船夫",
    "shepherd": "shepherd 牧羊人 牧童",
    "hunter": "hunter huntsman thief 猎人 小偷",
    "emperor": "chinese_emperor first_emperor 皇帝 秦始皇 天子 皇上",
    "king": "king emperor sultan tsar pharaoh 国王 大王 法老",
    "queen": "queen empress 王后 皇后 女王",
    "prince": "prince 王子",
    "princess": "princess princesses 公主",
    "soldier": "soldier knight warrior guard general army troops 士兵 将军 战士 武士 军队 骑士 大军 兵马俑 archer horseman cavalry 弓箭手 骑兵",
    "minister": "minister courtier mandarin 大臣 官员 丞相",
    "scholar": "scholar poet sage philosopher 学者 书生 诗人 李白 杜甫 孔子",
    "monk": "monk priest 和尚 僧人 nun 尼姑 牧师",
    "doctor": "doctor doctors physician dentist vet surgeon 医生 大夫 牙医",
    "nurse": "nurse 护士",
    "teacher": "teacher professor 教师 老师 教授",
    "chef": "chef baker a_cook the_cook waiter 厨师 大厨 面包师 服务员",
    "scientist": "scientist researcher chemist astronomer inventor 科学家 研究员 研究人员 发明家",
    "mayor": "mayor president politician 市长 总统 主席 总理 部长",
    "official": "official officials businessman businessmen manager boss lawyer spokesman 经理 老板 律师 发言人 judge programmer 法官 程序员",
    "reporter": "reporter reporters journalist journalists 记者 主持人",
    "driver": "driver drivers pilot captain conductor passenger passengers 司机 驾驶员 飞行员 船长 乘客",
    "police": "police policeman policewoman police_officer officer 警察 民警",
    "firefighter": "firefighter firefighters fireman firemen 消防员",
    "worker": "worker workers engineer engineers builder mechanic technician 工人 工程师 技术员 carpenter blacksmith potter miner gardener courier 木匠 铁匠 陶工 矿工 园丁 快递员 修理工 建筑工",
    "student": "student students pupil pupils classmate classmates 学生 同学 小学生",
    "astronaut": "astronaut astronauts cosmonaut spaceman 宇航员 航天员",
    "painter": "painter artist 画家 艺术家 sculptor tailor 雕塑家 裁缝",
    "singer": "singer musician 歌手 音乐家 actor actress 演员",
    "dancer": "dancer ballerina 舞者 舞蹈家",
    "player": "player players athlete runner swimmer football_team 球员 运动员 选手",
    "sailor": "sailor sailors 水手 海员 pirate pirates 海盗",
    "witch": "witch wizard magician 女巫 巫师 魔法师",
    "fairy": "fairy fairies angel mermaid 仙女 仙子 天使 嫦娥 elf 美人鱼 精灵",
    "merchant": "merchant shopkeeper trader vendor seller 商人 店主 小贩 商贩",
    "girl": "girl daughter sister 女孩 姑娘 女儿 小姑娘 妹妹 姐姐",
    "boy": "boy son brother 男孩 少年 儿子 弟弟 哥哥",
    "child": "child children kid baby babies 孩子 小孩 儿童 小朋友 婴儿 宝宝",
    "woman": "woman women mother mum mom wife lady aunt 女人 妇人 母亲 妈妈 妻子 女子 女士 阿姨",
    "crowd": (
        "crowd crowds people audience residents citizens villagers customers family "
        "人群 群众 观众 居民 市民 人们 百姓 村民 顾客 一家人 家人 众人"
    ),
    "man": (
        "man men husband servant young_man pilgrim explorer tourist guest beggar butcher photographer writer father dad uncle traveller traveler person villager neighbour neighbor gentleman friend friends "
        "giant 男人 男子 个人 两人 二人 三人 父亲 爸爸 行人 路人 丈夫 仆人 小伙子 朝圣者 探险家 游客 客人 乞丐 屠夫 摄影师 作家 叔叔 先生 朋友 旅人 邻居 巨人"
    ),
}
_TREES = {
    "pine": "pine fir spruce cedar conifer christmas_tree 松树 松林 松柏 杉树",
    "palm": "palm palm_tree coconut 椰树 棕榈",
    "bamboo": "bamboo 竹子 竹林 竹",
    "cactus": "cactus cacti 仙人掌",
    "bare tree": "bare_tree dead_tree stump 枯树",
    "tree": "tree oak maple apple_tree cherry_tree birch bough branch branches 大树 树木 树枝 橡树 枫树 苹果树 樱桃树 树",
}
_SMALL = {
    "grapes": "grape bunch_of_grapes 葡萄串 葡萄",
    "vine": "vine grapevine trellis 葡萄藤 葡萄架 葡萄园 藤蔓 藤",
    "flower": (
        "flower blossom peach_blossom orchid dandelion lavender rose rose_bush peony plum_blossom cherry_blossom chrysanthemum tulip daisy daisies poppy poppies lily lilies 花朵 鲜花 野花 玫瑰 牡丹 樱花 梅花 菊花 桃花 雏菊 郁金香 百合 兰花 蒲公英 薰衣草 花儿 花丛 花"
    ),
    "grass": "grass 草丛 青草 草",
    "bush": "bush bushes shrub hedge thicket 灌木 fern moss 蕨 苔藓",
    "reed": "reed rushes 芦苇",
    "wheat": "wheat barley corn crop harvest grain 麦田 小麦 稻谷 庄稼 稻田 稻子 玉米",
    "mushroom": "mushroom toadstool 蘑菇",
}
_BUILDINGS = {
    "house": "house cottage hut cabin barn home farmhouse 房子 小屋 茅屋 房屋 木屋 屋子 家门 谷仓 igloo villa warehouse yurt 农舍 别墅 冰屋 蒙古包 仓库",
    "castle": "castle palace fortress 城堡 堡垒",
    "temple": "temple pagoda shrine monastery 寺庙 宝塔 古寺 山寺 寺 庙 mosque 清真寺",
    "tower": "tower lighthouse 灯塔 高塔 塔",
    "bridge": "bridge 石桥 小桥 大桥 桥",
    "well": "a_well the_well wells 水井 井边 井",
    "fence": "fence 篱笆 栅栏",
    "wall": "wall walls stone_wall 围墙 石墙 墙",
    "rock": "rock boulder stone 石头 岩石 大石",
}
_PLACES = {
    "forest": "forest wood woods jungle woodland grove 森林 树林 丛林 山林 林子 林中 林间 雨林",
    "mountain": "mountain mountainside peak cliff alps valley cave 山洞 高山 山峰 群山 大山 山谷 悬崖 山 canyon gorge plateau 峡谷 高原",
    "hills": "hill hillside slope countryside 山坡 山丘 小山",
    "river": "river stream brook creek 小河 小溪 河流 河边 溪流 江边 江上 江 河 溪 canal 运河",
    "lake": "lake pond pool swamp 湖泊 湖边 池塘 湖 池 沼泽",
    "sea": "sea ocean beach shore coast island sea_waves ocean_waves 大海 海边 海滩 海洋 海上 海岛 海浪 海 bay 海湾",
    "harbour": "harbour harbor port 港口 海港",
    "field": "field meadow farm pasture prairie plain battlefield 田野 草地 草原 农田 田地 原野 农场 战场 田 steppe tundra 大草原",
    "garden": "garden orchard vineyard 花园 果园 园子",
    "park": "park playground zoo 公园 游乐场 动物园 操场",
    "desert": "desert dune dunes sahara 沙漠 沙丘 戈壁 oasis 绿洲",
    "village": "village hamlet town countryside_village 村庄 村子 乡村 小镇 村里 suburb old_town 古城 郊区",
    "street": "street streets avenue road_junction sidewalk pavement 街道 大街 街头 马路 街上 小巷 街 alley 路口 人行道",
    "city": "city skyline downtown metropolis cities 城市 都市 市中心 城里",
    "square": "square plaza town_square 广场",
    "market": "market marketplace bazaar fair 市场 集市 菜市场 市集",
    "railway": "railway platform railway_platform tracks rails 铁轨 铁路 月台",
    "courtyard": "courtyard imperial_court 宫廷 朝廷 庭院 院子 宫中",
    "road": "road path lane trail track highway 道路 小路 山路 路上 大路 公路",
    "kitchen": "kitchen kitchens countertop worktop 厨房 灶房",
    "room": "room living_room parlour parlor indoors inside_the_house dining_room 房间 客厅 屋里 室内 家里 屋内 家中 餐桌旁 attic cellar balcony bathroom 阁楼 地下室 浴室 饭厅 阳台",
    "bedroom": "bedroom 卧室 寝室 卧房",
    "classroom": "classroom classrooms lesson lecture 教室 课堂 上课",
    "office": "office offices meeting_room conference workplace meeting 办公室 会议室 会议",
    "library": "library study 图书馆 书房",
    "cafe": "cafe cafes café coffee_shop coffeehouse teahouse bar pub tavern 咖啡馆 咖啡店 咖啡厅 茶馆 酒吧",
    "laboratory": "laboratory laboratories lab 实验室",
    "hospital ward": "ward hospital_room operating_room 病房 手术室",
    "palace hall": "palace_hall throne_room great_hall banquet 朝堂 宴会",
    "hall": "hall corridor gallery exhibition_hall 大厅 展厅 礼堂 gym cinema 健身房 电影院",
    "workshop": "workshop garage assembly_line 作坊 车库 流水线 smithy 铁匠铺",
    "space": "space outer_space universe cosmos galaxy solar_system orbit milky_way 太空 宇宙 银河 星际 太阳系 轨道",
    "underwater": "underwater under_the_sea under_the_water seabed deep_sea undersea ocean_floor 海底 水下 深海 水中",
    "sky": "sky in_the_sky the_sky skies airspace 天空 空中 蓝天 高空 天上",
    "studio": "studio product_shot white_background pedestal 摄影棚 展台 白色背景",
}
_TIMES = {
    "dawn": "dawn sunrise daybreak morning early_morning 黎明 日出 清晨 早晨 早上 拂晓",
    "noon": "noon midday hot heat scorching blazing 中午 正午 炎热 烈日 酷热",
    "dusk": "dusk sunset evening twilight golden_hour 黄昏 日落 傍晚 夕阳 晚霞",
    "night": "night midnight starry starlight 夜晚 夜里 深夜 半夜 月夜 星空 夜",
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
    "moon": "moon moonlight moonlit full_moon crescent 月亮 明月 月光 圆月 月落 新月 残月 秋月 月色 月下 皓月 月儿 举头望",
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
    "run": "run runs ran running race raced hurry hurried rush rushed flee fled 跑 奔",
    "walk": "walk walks walked walking stroll strolled wander wandered went came cross crossed 走 路过 经过",
    "talk": (
        "talk talks talked talking speak speaks spoke speaking say says said chat chats chatted tell tells told "
        "ask asks asked answer answers answered discuss argue explain explained conversation dialogue interview "
        "说 聊 谈 问 回答 对话 讨论 讲 告诉 交谈"
    ),
    "read": "read reads reading 读 看书 阅读 念书",
    "write": "write writes wrote writing draw draws drew signed 写 画画 签字",
    "cook": (
        "cook cooks cooked cooking fry fries fried boil boils boiled bake bakes baked roast chop chopped stir stirred "
        "炒 煮 炸 切 烤 煎 蒸 做饭 做菜 烹饪 搅拌"
    ),
    "wave": "waves wave_goodbye waving waved greet greets greeted cheer cheers cheered cheering hello goodbye 挥手 招手 欢呼 告别 再见",
    "point": "point points pointed pointing show shows showed 指着 指向 指",
    "sleep": "sleep sleeps slept sleeping asleep 睡 入眠",
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
GROUPS: dict[str, dict[str, str]] = {
    "animal": _ANIMALS,
    "person": _PEOPLE,
    "tree": _TREES,
    "plant": _SMALL,
    "building": _BUILDINGS,
    "thing": {name: prop.words for name, prop in PROPS.items()},
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
    **dict.fromkeys(("four", "4", "several", "some", "四", "几", "一些"), 4),
    **dict.fromkeys(("five", "5", "many", "flock", "herd", "pack", "五", "许多", "很多", "群"), 5),
    **dict.fromkeys(("six", "6", "六", "half-dozen"), 6),
    **dict.fromkeys(("seven", "7", "七"), 7),
    **dict.fromkeys(("eight", "8", "八"), 8),
    **dict.fromkeys(("nine", "9", "九"), 9),
    **dict.fromkeys(("ten", "10", "十"), 10),
    **dict.fromkeys(("dozen", "12", "十二"), 12),
}
_BEFORE = re.compile(
    r"(十二|[两二双三四几五六七八九十群]|一些|许多|很多|(?<!\d)\d{1,2})"
    r"(?:个|只|条|头|匹|位|名|朵|棵|本|把|张|辆|艘|架|座|颗|根|碗|盘|瓶|杯|片|块|群|对|勺|瓣|枚|盏|支|台|部)?"
    r"[^,，。;；、和与]{0,3}$"
)
_MANY = ("army", "troops", "fleet", "traffic", "军队", "大军", "兵马俑", "船队")
_COLOURS = {
    "#d9402e": "red crimson scarlet 红色 红",
    "#e2872c": "orange 橙色 橙",
    "#e8b83c": "yellow golden 黄色 金色 黄",
    "#5a9a4f": "green 绿色 绿",
    "#3f7fb8": "blue 蓝色 蓝",
    "#7a5fa8": "purple violet 紫色 紫",
    "#e08aa8": "pink 粉色 粉红 粉",
    "#f4f2ec": "white 白色 白",
    "#33343c": "black 黑色 黑",
    "#8f949a": "grey gray silver 灰色 灰 银色",
    "#8a5a3a": "brown wooden 棕色 褐色",
}
COLOUR_OF = {word: colour for colour, line in _COLOURS.items() for word in line.split()}
_COLOURED = re.compile("(?:" + "|".join(sorted(COLOUR_OF, key=lambda word: -len(word))) + r")(?=[\s的]*$)")


@dataclasses.dataclass(frozen=True)
class Mention:
    """One thing that the text speaks of."""

    group: str
    name: str
    at: int
    """Where it is first spoken of, in characters."""
    count: int = 1
    """How many of it, as far as a number or a plural says."""
    colour: str = ""
    """The colour that the words give it, "#rrggbb"."""


def mentions(text: str) -> list[Mention]:
    """What a text speaks of, in the order of its first words; each thing once."""
    text = text.lower()
    taken = [False] * (len(text) + 1)
    for verb in verbs(text, _single_words()):
        taken[verb.start() : verb.end()] = [True] * (verb.end() - verb.start())
    hits: list[tuple[int, re.Match[str], tuple[str, str] | None]] = []
    for pattern, meaning in _patterns():
        for match in pattern.finditer(text):
            start, end = match.span()
            if not any(taken[start:end]):
                taken[start:end] = [True] * (end - start)
                hits.append((start, match, meaning))
    starts = {start for start, _, _ in hits}
    found: dict[tuple[str, str], Mention] = {}
    for start, match, meaning in sorted(hits, key=lambda hit: hit[0]):
        if meaning is None or (match.group() in COLOUR_OF and match.end() + 1 in starts):
            continue  # an "orange" right before another thing is its colour
        sense = meant(meaning, text)
        count, colour = _count(text, start, match), _colour(text, start)
        known = found.get(sense)
        if known is not None:
            start, count, colour = known.at, max(count, known.count), known.colour or colour
        found[sense] = Mention(*sense, start, count, colour)
    return sorted(found.values(), key=lambda mention: mention.at)


def _colour(text: str, start: int) -> str:
    """The colour named right before the thing."""
    found = _COLOURED.search(text[max(0, start - 12) : start])
    if found is None:
        return ""
    whole = start - len(text[max(0, start - 12) : start]) + found.start()
    if found.group().isascii() and whole > 0 and text[whole - 1].isalnum():
        return ""
    return COLOUR_OF[found.group()]


def _count(text: str, start: int, match: re.Match[str]) -> int:
    """How many: a number within the three words before, or a plural ending."""
    if match.group() in _MANY:
        return 5
    if match.group() in ("caravan", "驼队"):
        return 3
    before = text[max(0, start - 24) : start]
    if match.group().isascii():
        for word in reversed(re.findall(r"[a-z0-9]+", re.split(r"[,.;:]|\band\b", before)[-1])[-3:]):
            if word in _NUMBERS:
                return _NUMBERS[word]
            if word in ("a", "an", "the", "one"):
                break
        return 2 if match.groupdict().get("plural") else 1
    if match.group() in ("两人", "二人", "三人"):
        return _NUMBERS[match.group()[0]]
    number = _BEFORE.search(before[-8:])
    return _NUMBERS.get(number.group(1), 1) if number else 1


@functools.cache
def _single_words() -> frozenset[str]:
    """English words for what can be drawn, but people and the weather: those rain, and do what they are."""
    return frozenset(
        word
        for group in ("animal", "plant", "thing", "building", "place")
        for line in GROUPS[group].values()
        for word in line.split()
        if word.isascii() and word.isalpha()
    )


@functools.cache
def _patterns() -> tuple[tuple[re.Pattern[str], tuple[str, str] | None], ...]:
    """All words as patterns, the longest first; None as meaning for what is only to be skipped."""
    words: list[tuple[str, tuple[str, str] | None]] = [(word, None) for word in OTHERWISE.split()]
    for group, things in GROUPS.items():
        words += [(word, (group, name)) for name, line in things.items() for word in line.split()]
    words.sort(key=lambda pair: -len(pair[0]))
    return tuple((_pattern(word), meaning) for word, meaning in words)


def _pattern(word: str) -> re.Pattern[str]:
    if not word.isascii():
        return re.compile(re.escape(word))
    body = r"[\s-]+".join(re.escape(piece) for piece in word.split("_"))
    return re.compile(rf"\b{body}(?P<plural>s|es)?\b")
