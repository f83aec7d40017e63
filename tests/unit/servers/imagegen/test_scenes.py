"""Ten kinds of story: what a prompt names is drawn, and stands where its place keeps it."""

from __future__ import annotations

import io
import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from servers.imagegen.painter_worker import rasterised
from servers.imagegen.painting.composition import Picture, paint
from servers.imagegen.painting.palette import STYLES
from servers.imagegen.painting.props import PROPS
from servers.imagegen.painting.vocabulary import GROUPS

# A prompt, and the names of what has to be seen, parted by commas.
STORIES = [
    # news
    ("a red tram, crowd; street; harbour, evening, cheerful", "tram,crowd,street,harbour"),
    ("the mayor at a microphone before the railway station", "mayor,microphone,railway station"),
    ("a train at the platform, passengers, morning", "train,driver,railway"),
    ("a bus, two cars and a bicycle in the rain; street", "bus,car,bicycle,rain,street"),
    ("firefighters and a fire engine at the hospital, night", "firefighter,fire engine,hospital"),
    ("workers in a factory, machine", "worker,factory,machine"),
    ("a ship and cranes in the harbour", "ship,crane machine,harbour"),
    ("an aeroplane above the clouds", "aeroplane,cloudy"),
    ("reporter with a microphone, flag, school", "reporter,microphone,flag,school"),
    ("市长在火车站讲话,记者,国旗", "mayor,reporter,railway station,flag"),
    ("有轨电车开过街道,行人,商店", "tram,man,shop,street"),
    ("港口的货轮和起重机", "ship,crane machine,harbour"),
    ("飞机降落在机场,傍晚", "aeroplane,railway station"),
    ("警察和救护车,医院门前", "police,ambulance,hospital"),
    ("火箭发射,人群欢呼", "rocket,crowd"),
    ("学生骑自行车上学,学校", "student,bicycle,school"),
    # recipe
    ("beat three eggs in a bowl, chop two tomatoes", "egg,bowl,tomato,kitchen"),
    ("fry garlic and onion in a pan with oil", "garlic,onion,pan,oil"),
    ("boil noodles in a pot, steam, soy sauce", "noodles,pot,steam,soy sauce"),
    ("a chef with a knife and a cutting board, carrots, potatoes", "chef,knife,cutting board,carrot,potato"),
    ("bread, butter, cheese and a cup of tea", "bread,butter,cheese,cup,tea"),
    ("a birthday cake and fruit on a plate", "cake,fruit,plate"),
    ("steam the fish with ginger and scallions on a plate", "fish dish,ginger,scallion,plate"),
    ("番茄炒蛋:三个鸡蛋,两个番茄,小葱,盐", "egg,tomato,scallion,salt,kitchen"),
    ("锅里煮面条,放酱油和白菜", "pot,noodles,soy sauce,cabbage"),
    ("奶奶包饺子,面粉,擀面杖", "old woman,dumplings,flour,rolling pin"),
    ("米饭一碗,筷子,炉子", "rice,chopsticks,stove"),
    ("热锅倒油,放入蒜和牛肉", "wok,oil,garlic,meat"),
    ("蒸笼里的包子,热气", "steamer,dumplings,steam"),
    # product
    ("wireless headphones, a phone and a box", "headphones,phone,box,studio"),
    ("a laptop on a desk, lamp, office", "laptop,desk,lamp,office"),
    ("a luxury watch on a pedestal", "watch,studio"),
    ("a blue backpack and running shoes", "backpack,shoe"),
    ("a camera, a cup and a bottle", "camera,cup,bottle"),
    ("这款手机,配耳机和手表", "phone,headphones,watch"),
    ("新款背包,运动鞋,雨伞", "backpack,shoe,umbrella"),
    ("台灯,椅子,书桌", "lamp,chair,desk"),
    # history
    ("soldiers with spears on the great wall", "soldier,spear,great wall"),
    ("pyramids in the desert, camels, a pharaoh", "pyramid,camel,king,desert"),
    ("the chinese emperor on his throne reads a scroll", "emperor,throne,scroll"),
    ("a fleet of ships on the sea, sailors", "ship,sailor,sea"),
    ("merchants in the market, silk, camels", "merchant,market,camel"),
    ("秦始皇和大臣,皇宫,卷轴", "emperor,minister,palace,scroll"),
    ("长城上的士兵,黄昏", "soldier,great wall"),
    ("郑和的宝船航行在大海上", "junk,sea"),
    ("城门前的骆驼和商人", "camel,merchant,city gate"),
    # science for children
    ("the earth, the moon and the sun in space", "earth,moon,sun,space"),
    ("a rocket flies to the planets, astronaut", "rocket,planet,astronaut,space"),
    ("a volcano erupts, dinosaurs", "volcano,dinosaur"),
    ("a scientist looks through a microscope, laboratory", "scientist,microscope,laboratory"),
    ("a drop of water and a rainbow", "water drop"),
    ("a plant growing from a seed, sun and rain", "sprout,seed,sun,rain"),
    ("a blue whale and dolphins under the sea", "whale,dolphin,underwater"),
    ("bees visit a flower in the garden", "bee,flower,garden"),
    ("the heart, dna and atoms", "heart,dna,atom"),
    ("太阳系的行星,地球,宇航员", "planet,earth,astronaut,space"),
    ("恐龙和火山", "dinosaur,volcano"),
    ("鲸鱼在海底,章鱼", "whale,octopus,underwater"),
    ("种子发芽,幼苗", "seed,sprout"),
    ("科学家做实验,显微镜", "scientist,flask,microscope"),
    ("蜜蜂和向日葵", "bee,sunflower"),
    # poem
    ("moonlight through the window on the bed", "window,bed,moon"),
    ("a lone boat on the snow river, a willow", "rowboat,willow,river,snow"),
    ("a mountain temple by a waterfall in the fog", "temple,waterfall,mountain,fog"),
    ("lotus on the pond, dragonflies, a wine cup", "lotus,dragonfly,wine cup,lake"),
    ("床前明月光,疑是地上霜", "bed,moon,bedroom"),
    ("孤舟蓑笠翁,独钓寒江雪", "rowboat,river,snow"),
    ("举杯邀明月,酒杯,花", "wine cup,moon,flower"),
    ("垂柳,亭子,荷花", "willow,pavilion,lotus"),
    # dialogue
    ("two friends talk at a cafe table, coffee", "man,coffee,cafe table"),
    ("an old man and a girl sit on a park bench", "old man,girl,bench,park"),
    ("a mother writes a letter, clock, window, night", "woman,letter,clock,window"),
    ("teacher and students in the classroom, blackboard", "teacher,student,blackboard,classroom"),
    ("a doctor speaks with a boy in the hospital ward", "doctor,boy,hospital ward"),
    ("父亲和儿子在书房谈话,书架", "man,boy,bookshelf,library"),
    ("两个人在咖啡馆聊天,窗户", "man,window,cafe"),
    ("老师问学生,教室,黑板", "teacher,student,blackboard,classroom"),
    ("妈妈在厨房做饭,孩子说话", "woman,child,kitchen"),
    # fables, as ever
    ("a fox looks up at the grapes", "fox,grapes,garden"),
    ("森林里,狐狸走在老虎前面", "fox,tiger,forest"),
    ("a crow on a tree and a white cat", "crow,cat,tree"),
]
_FIGURES = {"animal", "person", "thing", "building"}


def painted(prompt: str, style: str = "paper-cut", seed: int = 1, **seeds: int) -> Picture:
    return paint(prompt, "", style, 108, 192, seed, **seeds)


def pixels(picture: Picture) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(rasterised(picture.svg))).convert("RGB")).astype(int)


def figures(picture: Picture) -> set[str]:
    return set(re.findall(r'data-name="([^"]+)"', picture.svg))


@pytest.mark.parametrize(("prompt", "names"), STORIES, ids=[prompt for prompt, _ in STORIES])
def test_the_nouns_of_ten_kinds_of_story_are_drawn(prompt: str, names: str) -> None:
    picture = painted(prompt, STYLES[len(prompt) % 4])
    wanted = set(names.split(","))
    assert wanted <= set(picture.depicts)
    shapes = {name for group in _FIGURES for name in GROUPS[group]} & wanted
    held = {
        "bench",
        "girl",
        "spear",
        "microphone",
        "book",
        "grapes",
        "window",
    }  # within another figure, or a part of the room
    assert shapes - held <= figures(picture)


@pytest.mark.parametrize("name", sorted(PROPS))
def test_every_thing_can_be_named_in_both_languages_and_is_drawn(name: str) -> None:
    words = PROPS[name].words.split()
    english = next(word for word in words if word.isascii()).replace("_", " ")
    chinese = next(word for word in words if not word.isascii())
    for word in (english, chinese):
        assert name in figures(painted(word)) or name == "window", word


@pytest.mark.parametrize(
    ("with_it", "without"),
    [
        ("street, a tram", "street"),
        ("kitchen, three eggs", "kitchen, two eggs"),
        ("room, a clock", "room"),
        ("space, a rocket", "space"),
        ("underwater, a whale", "underwater"),
        ("studio, a phone, a cup", "studio, a phone"),
        ("sea, a ship", "sea"),
        ("in the sky, a kite", "in the sky"),
    ],
)
def test_a_noun_more_is_to_be_seen(with_it: str, without: str) -> None:
    changed = np.abs(pixels(painted(with_it)) - pixels(painted(without))).max(axis=2) > 24
    assert changed.mean() > 0.004


@pytest.mark.parametrize(
    ("prompt", "seen", "unseen"),
    [
        ("moon, sun", "moon,sun,space", "field"),
        ("boat, tram, street", "boat,tram,harbour", ""),
        ("driver, car, town hall, road", "car,museum,street", "road"),
        ("battery, backpack, tent", "backpack,tent,field", "machine"),
        ("train, window, railway station", "train,railway station", "window"),
        ("bread, tram, street", "tram,street", "bread"),
        ("man, lamp, river, night", "man,lamp,river", ""),
        ("moon, Earth", "moon,earth,space", ""),
    ],
)
def test_things_are_where_they_belong(prompt: str, seen: str, unseen: str) -> None:
    drawn = set(painted(prompt).depicts)
    assert set(seen.split(",")) <= drawn
    assert unseen not in drawn


def test_numbers_count() -> None:
    three = painted("three eggs in the kitchen").svg.count('data-name="egg"')
    assert three == 3
    assert painted("厨房里五个番茄").svg.count('data-name="tomato"') == 5


def test_a_named_colour_is_taken() -> None:
    def redder(prompt: str) -> float:
        seen = pixels(painted(prompt, "flat"))
        return float((seen[..., 0] - seen[..., 2]).clip(0).mean())

    assert redder("a red bus, street") > redder("a blue bus, street") + 1
    assert "orange" not in painted("an orange cat").depicts


def test_a_place_is_kept_whatever_happens_there() -> None:
    def house_at(prompt: str, seed: int, place: int) -> list[str]:
        svg = painted(prompt, seed=seed, place_seed=place).svg
        return re.findall(r'data-name="(?:house|tree)" transform="([^"]+)"', svg)

    day = house_at("a fox, village, day", 1, 9)
    night = house_at("a dog and a girl, village, night, rain", 2, 9)
    assert day
    assert day == night
    assert house_at("a fox, village, day", 1, 10) != day


def test_a_character_keeps_its_clothes() -> None:
    def coat(seed: int, character: int) -> str:
        svg = painted("a woman, meadow", seed=seed, character_seed=character, place_seed=1).svg
        found = re.search(r'data-name="woman"[^>]*>(.*?)</g>', svg)
        assert found is not None
        return "".join(sorted(set(re.findall(r'(?:fill|stroke)="(#[0-9a-f]{6})"', found.group(1)))))

    assert coat(1, 5) == coat(2, 5)
    assert len({coat(1, character) for character in range(6)}) > 1


def test_sheets_come_from_far_to_near() -> None:
    for prompt in (
        "a fox, lake",
        "street, tram",
        "room, clock",
        "kitchen, pot",
        "phone",
        "space",
        "underwater",
        "sky, kite",
    ):
        sheets = painted(prompt).sheets
        depths = [depth for _, depth, _ in sheets]
        assert depths == sorted(depths, reverse=True), prompt
        assert 3 <= len(sheets) <= 10
        assert {motion for _, _, motion in sheets} <= {"rigid", "drift", "ripple", "sway", "breathe", "glow"}


@settings(max_examples=25, deadline=None)
@given(
    text=st.one_of(
        st.text(max_size=200),
        st.lists(
            st.sampled_from([w for g in GROUPS.values() for line in g.values() for w in line.split()]),
            max_size=14,
        ).map(lambda words: " ".join(words).replace("_", " ")),
    ),
    size=st.sampled_from([(108, 192), (192, 108), (90, 90), (16, 900), (900, 16)]),
    style=st.sampled_from(STYLES),
    seed=st.integers(0, 2**31),
)
def test_any_text_gives_a_picture(text: str, size: tuple[int, int], style: str, seed: int) -> None:
    picture = paint(text, "", style, *size, seed)
    assert picture.sheets
    assert rasterised(picture.svg).startswith(b"\x89PNG")
