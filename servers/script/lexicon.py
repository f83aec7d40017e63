"""A small gazetteer of what can be painted, in English and Chinese, and of what moves.

The words are in `lexicon.txt`. The prompts of a plan hang on them, so `DIGEST` is part of the engine's
version.
"""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Iterator
from pathlib import Path

# Words that hold the characters of a noun or an action and mean something else.
_CHINESE_OTHERS = """
马上 马虎 马路 狐疑 狐假虎威 花费 花钱 花样 水平 水果 火车 火箭 天气 风格 风景 威风 作风 风筝 雨伞 书包 说明 看来 看法 信心 相信 信息 信任 草率 起草 山羊 海豚 海狮 云南 山东 山西 江苏 河南 河北 湖南 湖北 龙头 路过
星期 冰箱 钟头 分钟 眼看 走狗 牛奶 走路 夜莺 路线 灯塔 雪白 冰冷 雾霾 竹子 道路 网路 思路 一路 草莓 树立 心花 汤圆 花生 风度 风险 门口 信以为真 剑桥 天花 海报 上海 海关 沉鱼落雁 鼓励 鼓起 鼓掌
盾牌 矛盾 刀子 象征 大象 抽象 对象 现象 气象 印象 飞快 流行 流程 交流 打听 落后 角落 部落 村落 建立 冲突 长大 成长 吃惊 吃力 喝彩 等于 等级 叫作 叫做 看守 藏族 西藏 爬山虎 笑话 问题 说法 说话 说道 问道
火辣辣 火热 火红 怒火 恼火 火气 火花 烟花 浪花 眼花 棉花 花瓶 葱花 口水 泪水 汗水 薪水 墨水 汁水 油水 香水 药水 奶水 胶水 水分 水泥 水准 小说 传说 据说 听说 胡说 说不定 好看 难看 看不起 看上去 看起来 吃苦 吃亏 吃醋 走神 走运 走廊 跑题 等等 等到 平等 高等 上等
头等 不等 吹牛 牛皮 牛仔 虎头蛇尾 马马虎虎 鸡毛蒜皮 马力 马达 马桶 河马 海马 木马 罗马 黑马 草案 花店 山药 江山 风俗 风味 风光 风趣 风气 风波 风扇 冰淇淋 冰激凌 雷达 鼓舞 鼓动 钟情 钟爱 秘书 证书 书法 书房 书记 书架
酒店 酒窝 被窝 窝囊 茶几 肌肉 傻瓜 瓜分 笨蛋 坏蛋 完蛋 捣蛋 庙会 路人 铁路 电路 出路 路程 路费 海鲜 海拔 脑海 海外 青岛 热狗 水龙头 沙龙 尼龙 龙卷风 鹅卵石 狼狈 狼吞虎咽 照顾 照片 照相 按照 护照 依照 照样 照常 照料
拍照 执照 对照 参照 膝盖 覆盖 答应 报答 答案 滴答 希望 失望 愿望 绝望 渴望 盼望 看望 期望 名望 声望 欲望 冲动 心跳 旅游 游戏 导游 上游 下游 游客 网站 站台 收藏 隐藏 流浪 流传 流利 牛顿 虎口 熊熊 咕咕叫 汪汪叫 江湖 天气预报 忘掉
水压 水平线 舟山 花盆 米饭碗 背后 背景 背面 推荐 推出 推动 拉开 抬头 立减 立刻 立即 立方 独立 成立 国立 公立 提前 提升 提高 提供 提出 提到 提醒 抱怨 抱歉 握手 画面 画家 写道 写作 描写 种类 种子 各种 一种 这种 那种 种种 投资 投入 投票
切换 一切 亲切 密切 确切 拿手 拿出 倒是 倒入 倒回 倒计时 读者 漂亮 飘带 躺枪 玩笑 玩具 好玩 挖苦 追求 追究 洗手间 累计 积累 钱包 药店 鬼脸 捣鬼 酒鬼 箭头 火箭 箭步 枣红 豹纹 醋意 粥厂 坑人 坑害 老板娘 车水马龙 马甲 枕木
高铁票 面包车 电视剧 地图册 日月星辰 光年 钱塘江 冰山一角 地铁口 天书 贝壳 车站 银行家 大学生 中学生 小学生 老虎机 鱼竿 一把 拖累 拖延 画卷 升级 站长 网站 车队 团结 鸡尾酒 花枕 葱郁 生姜 姜子牙 草书 花草 夜以继日 连夜 昼夜
"""

_TRADITIONAL = str.maketrans(
    "馬驢鳥魚龍龜雞鴨鵝貓豬獅鷹鶴蝦鯨鯊蟲螞蟻蜂鳳樹葉葡藍園場廣莊鎮橋牆門車飛機雲風雪霧電陽陰歲鍋燈籠劍鐘書畫橘蘋麵飯湯魔國王後將軍農漁獵師生學醫貓島灘灣"
    "鐵輪船騎燭籃麥穀餃蘿蔔髮絲戰種筍竹鹿兒孫爺媽孃嬸緊張開關鴿麗點溫熱處邊說問聽見爾個隻頭條顆塊幾與從來時間東裏裡麼樣過還這進遠",
    "马驴鸟鱼龙龟鸡鸭鹅猫猪狮鹰鹤虾鲸鲨虫蚂蚁蜂凤树叶葡蓝园场广庄镇桥墙门车飞机云风雪雾电阳阴岁锅灯笼剑钟书画橘苹面饭汤魔国王后将军农渔猎师生学医猫岛滩湾"
    "铁轮船骑烛篮麦谷饺萝卜发丝战种笋竹鹿儿孙爷妈娘婶紧张开关鸽丽点温热处边说问听见尔个只头条颗块几与从来时间东里里么样过还这进远",
)


@dataclasses.dataclass(frozen=True, slots=True)
class Noun:
    """Something that can be painted."""

    kind: str
    english: str
    chinese: str
    pronoun: str = ""
    """"he" or "she", where only that can speak of it."""


@dataclasses.dataclass(frozen=True, slots=True)
class Action:
    """Something that can be seen to happen."""

    english: str
    chinese: str


def simplified(text: str) -> str:
    """The text with the traditional forms of common characters made simple; offsets stay the same."""
    return text.translate(_TRADITIONAL)


def _entries(table: str) -> Iterator[tuple[str, list[str], list[str]]]:
    """Kind, English words and Chinese words of each line."""
    kind = ""
    for line in table.splitlines():
        if line.startswith("["):
            kind = line.strip("[]")
        elif "=" in line and not line.startswith("#"):
            english, _, chinese = line.partition("=")
            yield (
                kind,
                [word.strip() for word in english.split(",")],
                [word.strip() for word in chinese.split(",")],
            )


def _forms(word: str) -> Iterator[str]:
    yield word
    if word.endswith(("s", "x", "ch", "sh")):
        yield word + "es"
    elif word.endswith("y") and word[-2] not in "aeiou":
        yield word[:-1] + "ies"
    else:
        yield word + "s"


@dataclasses.dataclass(frozen=True)
class Lexicon:
    """The tables by word: English in lower case, with plurals; Chinese in simple characters."""

    english: dict[str, Noun]
    chinese: dict[str, Noun]
    doubtful: frozenset[str]
    """English nouns that are as often verbs."""
    names: frozenset[str]
    """English words that are nouns only where they are written with a capital."""
    english_actions: dict[str, Action]
    chinese_actions: dict[str, Action]
    others: frozenset[str]
    """Chinese words that hold a noun's or an action's characters and mean something else."""
    digest: str
    """Changes whenever a table does."""


def _read(table: str) -> Lexicon:
    english: dict[str, Noun] = {}
    chinese: dict[str, Noun] = {}
    doubtful: set[str] = set()
    names: set[str] = set()
    english_actions: dict[str, Action] = {}
    chinese_actions: dict[str, Action] = {}
    for kind, words, characters in _entries(table):
        if kind == "action":
            action = Action(words[0], characters[0])
            english_actions.update((word, action) for word in words)
            chinese_actions.update((word, action) for word in characters)
            continue
        kind, _, pronoun = kind.partition(" ")
        noun = Noun(kind, words[0].lstrip("~"), characters[0], pronoun)
        for word in words:
            plain = word.lstrip("~^").lower()
            forms = [plain] if word.startswith("^") else list(_forms(plain))
            english.update((form, noun) for form in forms if form not in english)
            doubtful.update(forms if word.startswith("~") else ())
            names.update(forms if word.startswith("^") else ())
        chinese.update((word, noun) for word in characters if word not in chinese)
    others = frozenset(_CHINESE_OTHERS.split()) - chinese.keys() - chinese_actions.keys()
    digest = hashlib.sha256(repr((table, sorted(others), _TRADITIONAL)).encode()).hexdigest()[:8]
    return Lexicon(
        english,
        chinese,
        frozenset(doubtful),
        frozenset(names),
        english_actions,
        chinese_actions,
        others,
        digest,
    )


LEXICON = _read(Path(__file__).with_name("lexicon.txt").read_text(encoding="utf-8"))
"""The gazetteer of this package."""
