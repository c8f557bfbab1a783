"""Words of search in both languages, and where what is found has its page."""

from scoring.technology import Text

KINDS = {
    "listing": Text(zh="技术", en="Technologies"),
    "need": Text(zh="需求", en="Needs"),
    "knowledge": Text(zh="知识", en="Knowledge"),
    "call": Text(zh="融资征集", en="Calls"),
}
ADDRESSES = {"listing": "/technologies", "need": "/needs", "knowledge": "/knowledge", "call": "/calls"}
SORTS = {
    "recommended": Text(zh="推荐", en="Recommended"),
    "match": Text(zh="匹配度", en="Match"),
    "maturity": Text(zh="成熟度", en="Maturity"),
    "risk": Text(zh="风险", en="Risk"),
    "freshness": Text(zh="最新", en="Newest"),
}
WAYS = {
    "word": Text(zh="原词", en="as asked"),
    "translation": Text(zh="译词", en="translated"),
    "concept": Text(zh="同义概念", en="same concept"),
    "spelling": Text(zh="拼写相近", en="spelt like it"),
}
