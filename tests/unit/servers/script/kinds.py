"""Short texts of many kinds in English and Chinese, written for these tests."""

from __future__ import annotations

KINDS: dict[str, str] = {
    "fable": """The Crab and Her Child

On a grey morning a young crab walked along the beach beside her mother. The wind pushed small waves over the sand.

"Why do you walk sideways?" the mother asked. "A proper crab walks straight. Lift your claws. Look ahead. Then go."

"Show me how," said the child, "and I will follow you."

The mother tried. She stepped to the left, then to the right, and at last she fell into a pool. A gull laughed. There was no one else to see it.

In the evening they went home to their cave, sideways, both of them.""",
    "news": """Harbour Town Opens Its First Electric Ferry

HARBOUR TOWN, Sept. 3 - The city's first all-electric ferry left Pier 4 at 6:15 a.m. on Wednesday with 212 passengers aboard. It cost $14.5 million, about 8 percent less than planned, Mayor Ana Ruiz said.

"We waited six years for this," Ms. Ruiz told reporters. "It is quiet. It is clean. And it is on time."

The ship carries 1.8 MWh of batteries and crosses the bay in 22 minutes. Dr. Lee of the U.S. Maritime Institute called it "a small step, but a real one." Critics say the fare of $3.75 is too high.""",
    "recipe": """# Tomato Egg Noodles

Serves two. It takes 15 minutes.

## What you need
- 2 tomatoes
- 3 eggs
- 200 g noodles
- 1 spring onion, chopped

## What to do
1. Wash the tomatoes and cut them into pieces.
2. Beat the eggs in a bowl with a pinch of salt.
3. Heat 2 tbsp. of oil in a pan. Pour in the eggs and stir until they set.
4. Add the tomatoes, cover the pot and simmer for 5 min.
5. Boil the noodles, drain them, and pour the sauce over them. Enjoy!""",
    "product": """Lumo Desk Lamp

Good light for long evenings.

* **Warm to cold**: from 2,700 K to 6,500 K
* Battery lasts 40 hrs.
* Weighs only 0.9 kg
* Charges by USB-C in 1.5 h

Put it on your desk, in the kitchen or beside the bed. No cable, no noise. Order at www.lumo.example/lamp today!""",
    "history": """The Road of Silk

Around 130 B.C., Emperor Wu of Han sent an envoy named Zhang Qian to the west. He was caught by horsemen of the steppe and held for ten years. He escaped, crossed the desert, and came home with stories of horses that sweated blood.

Merchants followed. Camels carried silk, tea and paper over mountains and deserts. Gold, glass and grapes came back. The road did not belong to any one king.

In the 15th century ships took over the trade. The old cities fell silent under the sand.""",
    "science": """Why Is Mars Red?

Mars is a planet, the fourth from the Sun. At night you can see it as a small red star.

Its ground is full of iron. Long ago the iron rusted, just as an old bicycle rusts in the rain. Fine red dust covers the rocks, and the wind carries it into the sky.

There is no ocean on Mars now. Robots with six wheels drive over the sand and take photos. One day astronauts may walk there. They will need a space suit, water and air.""",
    "poem": """Rain at the Window

Soft rain, grey rain,
tapping at the window pane,
the cat is asleep
and the clock ticks deep,

the kettle sings
of warmer things,
and I dream of spring
and a swallow's wing.""",
    "dialogue": """Anna: Where are we going?
Ben: To the old lighthouse. It's not far.
Anna: It's getting dark.
Anna: And it is raining!
Ben: That's why I brought a lantern.
Anna: You think of everything.""",
    "chat": """Tom could not sleep. "I heard a noise," he said. "It came from the kitchen. It was like a spoon. No, like two spoons."

"Perhaps it was a mouse," said his grandmother. "Mice love cheese. Last winter one ate my whole cake! I never caught it."

He took his lamp and went down the stairs. He opened the kitchen door. On the table sat a hedgehog, eating a carrot.""",
    "letter": """Dear Grandma,

Thank you for the scarf! It snowed here yesterday, and I wore it all day. Dad and I built a snowman in the garden. We gave him a carrot for a nose and my old hat.

Please come at Easter. The tulips will be out by then, and Mum will bake your favourite apple cake.

With love,
Nora

P.S. The dog says hello.""",
    "guide": """How to Plant a Tree

1. Choose a place

Pick a sunny spot in the garden, at least 5 m from the house.

2. Dig the hole

The hole should be twice as wide as the roots. Keep the soil in a wheelbarrow.

3. Water it

Give it two buckets of water at once, then one a week.""",
    "dashes": """Things to see in the old town
- the clock tower, built in 1410
- the stone bridge over the river
- the market on Saturdays - come early!
- the bakery behind the church""",
    "story": """Mira and the Baker

Mira lived above a bakery in a small town by the sea. Every morning at dawn she heard the baker sing.

One day he did not sing. She ran down the stairs and looked through the window. He sat on a sack of flour with his head in his hands.

"The oven is cold," he said. "I have no wood left."

She smiled. She ran to the beach and came back with a cart full of driftwood. That evening the whole street smelled of bread.""",
    "寓言": """骄傲的孔雀

清晨，森林里下着小雨。一只孔雀站在湖边，看着水里的自己。它张开尾巴，得意地说：“谁有我漂亮？我是最美的。”

一只小麻雀飞了过来。“你的羽毛真好看，”它说，“可是你会飞多高呢？”

孔雀拍了拍翅膀，飞不起来。忽然，草丛里窜出一只狐狸。麻雀一下子飞上了树枝，孔雀吓得躲到石头后面。

雨停了，太阳出来了。它再也不夸自己了。""",
    "新闻": """我国首条海底高铁隧道贯通

本报讯 9月12日上午10时30分，全长16.2公里的海底高铁隧道顺利贯通。工程总投资约128.6亿元，比原计划提前3个月。

“这是几代人的梦想，”项目总工程师王建国说，“我们克服了高水压、软土层等难题。以后从宁波到舟山，坐火车只要半小时。”

据介绍，隧道最深处位于海面以下78米。列车设计时速250公里，预计2028年通车。""",
    "菜谱": """番茄炒蛋

食材：
- 番茄两个
- 鸡蛋三个
- 小葱一根
- 盐、糖适量

步骤：
1. 番茄洗净，切成小块。
2. 鸡蛋打入碗中，加少许盐，搅匀。
3. 锅里放油，油热后倒入鸡蛋，炒到凝固，盛出备用。
4. 再放一点油，下番茄翻炒2分钟，加1/2勺糖。
5. 倒回鸡蛋，撒上葱花，出锅！""",
    "产品": """【新品】云朵枕

睡得好，才有好心情。

• 重量仅0.8kg，透气不闷热
• 高度可调：6cm～12cm
• 可机洗，3年质保

无论是在卧室的床上，还是在飞机、火车上，它都能给你云朵般的支撑。今天下单，立减50元！""",
    "历史": """张骞出使西域

公元前138年，汉武帝派张骞带着一百多人出使西域。他们走到草原，被匈奴骑兵抓住了。张骞在那里放了十年羊，始终没有忘记自己的使命。

后来他趁夜逃走，穿过沙漠，翻过雪山，终于到了大宛。他带回了葡萄、石榴和骏马的消息。

从此，骆驼队驮着丝绸和茶叶，走在漫长的丝绸之路上。""",
    "科学": """为什么会有彩虹？

下雨以后，空气里有很多小水滴。太阳光照进来，水滴像小小的三棱镜，把白光分成七种颜色：红、橙、黄、绿、蓝、靛、紫。

站在你背后的是太阳，站在你前面的是雨。所以早上的彩虹在西边，傍晚的彩虹在东边。

月亮也能造出彩虹哦！不过它很淡很淡，像一条白色的丝带……你见过吗？""",
    "绝句": """山村小雨

细雨落山村
炊烟出竹门
牧童牛背坐
一笛送黄昏""",
    "诗": """登高

白云飞过千重岭，
江水流经万里沙。
独坐亭中思故里，
春风又到老梅花。""",
    "对话": """小明：妈妈，月亮上有兔子吗？
妈妈：那是古人的故事。
小明：那月亮上有什么？
妈妈：有石头，有尘土，还有宇航员的脚印。
小明：我长大了也要当宇航员！""",
    "说": """放学路上，小红遇见了小明。

小明说：“我养了一只小狗。它叫豆豆。它最爱吃骨头。”

小红问：“我可以去看看吗？”小明说：“当然可以！”

他们跑过石桥，来到小明家的院子里。它正趴在树下睡觉呢。""",
    "科技": """为什么选择 Python 3.12？

Python 3.12 比 3.11 快了约5%。它的 f-string 更灵活，error message 也更友好。例如，写错变量名时，解释器会说："Did you mean: 'count'?"

我们团队在 MacBook Pro 上测试了 FastAPI 服务。QPS 从 1,200 提升到 1,450。内存占用没有变化。OK，那么要不要升级？如果你用的是 GPU 服务器，请先看 https://docs.python.org/3.12/ 再决定。""",
    "信": """亲爱的奶奶：

您好！今天下了大雪，我和爸爸在院子里堆了一个雪人。我们用胡萝卜做鼻子，还给它戴上了您织的帽子。

学校下周就放寒假了。等春天来了，我们坐火车去看您。

此致
敬礼

您的孙女 小雨
2024年1月15日""",
    "章节": """第一章 出发

天还没亮，渔夫就起床了。他背上渔网，走到海边。

第二章 风暴

中午的时候，乌云盖住了太阳。大风吹来，海浪打翻了小船。他紧紧抱住一块木板。

第三章 回家

夜里，灯塔亮了。他朝着灯光游啊游，终于回到了岸上。他的妻子正提着灯笼等他。""",
    "城市": """一、早高峰

早上七点，地铁站里挤满了人。上班的白领一手拿着咖啡，一手看着手机。

二、午后

午后的街道安静下来。快递员骑着电动车穿过小巷，猫在窗台上打盹。

三、夜市

晚上，夜市的灯亮了。烤羊肉串、炒面、奶茶，到处都是香味。""",
    "negation": """There was no wolf in the forest. A rabbit hopped along the path without any fear. "I once saw a tiger in the desert," said the owl. The rabbit did not believe it.""",
}
