"""Words that people use for what the catalogue has one name for: folded (see `reading`), Chinese and English."""

from scoring.technology import Medium

# The catalogue's name → what people write. The name itself always counts.
POLLUTANTS: dict[str, tuple[str, ...]] = {
    "COD": ("codcr", "化学需氧量", "chemical oxygen demand"),
    "CODMn": ("高锰酸盐指数", "permanganate index"),
    "NH3-N": ("氨氮", "nh4-n", "nh4+-n", "ammonia nitrogen", "ammonia-nitrogen", "ammoniacal nitrogen", "ammonium"),
    "TN": ("总氮", "total nitrogen"),
    "TP": ("总磷", "total phosphorus"),
    "NO3-N": ("硝酸盐氮", "硝态氮", "硝酸盐", "nitrate nitrogen", "nitrate"),
    "SS": ("悬浮物", "tss", "suspended solids"),
    "TDS": ("溶解性总固体", "含盐量", "全盐量", "dissolved solids", "dissolved salts"),
    "Cr6+": ("六价铬", "cr(vi)", "hexavalent chromium", "chromium(vi)"),
    "As": ("砷", "arsenic"),
    "Cd": ("镉", "cadmium"),
    "Pb": ("铅", "lead"),
    "Cu": ("铜", "copper"),
    "Ni": ("镍", "nickel"),
    "Zn": ("锌", "zinc"),
    "Fe": ("铁", "iron"),
    "Mn": ("锰", "manganese"),
    "Li": ("锂", "lithium"),
    "NOx": ("氮氧化物", "nitrogen oxides", "nitrogen oxide"),
    "SO2": ("二氧化硫", "sulphur dioxide", "sulfur dioxide"),
    "SO3": ("三氧化硫", "sulphuric acid mist", "sulfuric acid mist"),
    "PM": ("颗粒物", "粉尘", "烟尘", "particulate matter", "particulates", "particulate", "dust"),
    "NMHC": ("非甲烷总烃", "vocs", "voc", "挥发性有机物", "volatile organic compounds", "non-methane hydrocarbons"),
    "含氯VOCs": ("含氯挥发性有机物", "chlorinated vocs", "chlorinated solvents vapour"),
    "H2S": ("硫化氢", "hydrogen sulphide", "hydrogen sulfide"),
    "S2-": ("硫化物", "sulphide", "sulfide"),
    "HCl": ("氯化氢", "盐酸", "hydrogen chloride", "hydrochloric acid"),
    "NH3": ("氨气", "ammonia gas", "ammonia slip"),
    "CH4": ("甲烷", "methane"),
    "CO2": ("二氧化碳", "carbon dioxide"),
    "二噁英": ("二恶英", "dioxins", "dioxin"),
    "油烟": ("餐饮油烟", "cooking fumes"),
    "TPH": ("总石油烃", "石油烃", "petroleum hydrocarbons"),
    "石油类": ("含油", "oil and grease", "petroleum oil"),
    "PAHs": ("多环芳烃", "polycyclic aromatic hydrocarbons", "pah"),
    "TCE": ("三氯乙烯", "trichloroethylene", "trichloroethene"),
    "苯": ("benzene",),
    "氟化物": ("氟离子", "含氟", "fluoride"),
    "色度": ("脱色", "colour", "color"),
    "硬度": ("hardness",),
    "抗生素": ("antibiotics", "antibiotic"),
    "噪声": ("噪音", "noise level", "noise"),
    "振动": ("vibration",),
    "盐分": ("盐碱", "土壤盐", "soil salinity"),
    "含水率": ("水分", "moisture content", "water content"),
    "有机质": ("有机物含量", "organic matter"),
    "PFAS": ("全氟", "全氟化合物", "per- and polyfluoroalkyl"),
    "水土流失": ("soil erosion",),
    "藻密度": ("蓝藻", "藻华", "algal bloom", "algae"),
}

MEDIA: dict[Medium, tuple[str, ...]] = {
    Medium.WATER: ("废水", "污水", "出水", "进水", "水体", "河道", "地表水", "水厂", "wastewater", "sewage", "effluent",
                   "river", "lake"),
    Medium.AIR: ("废气", "烟气", "尾气", "臭气", "恶臭", "flue gas", "waste gas", "exhaust", "off-gas", "odour",
                 "odor"),
    Medium.SOIL: ("土壤", "地块", "耕地", "农田", "地下水", "soil", "brownfield", "contaminated site", "groundwater"),
    Medium.SOLID_WASTE: ("固废", "固体废物", "垃圾", "污泥", "飞灰", "赤泥", "钢渣", "solid waste", "sludge", "garbage",
                         "fly ash", "red mud", "food waste", "municipal waste"),
    Medium.RESOURCE_RECOVERY: ("资源化", "回收利用", "再生利用", "资源回收", "resource recovery", "recover",
                               "recycling"),
    Medium.CARBON: ("碳捕集", "碳减排", "温室气体", "碳排放", "carbon capture", "greenhouse gas", "decarbonise"),
    Medium.NOISE: ("隔声", "降噪", "噪声", "噪音", "noise", "vibration"),
    Medium.ECOLOGY: ("生态修复", "湿地", "矿山修复", "植被", "ecological restoration", "wetland", "revegetation"),
    Medium.MONITORING: ("监测", "在线监控", "预警", "monitoring", "sensor", "early warning"),
}  # fmt: skip

# What people write → the catalogue's unit; longest first matters and is seen to by the reader.
UNITS: dict[str, str] = {
    "mg/l": "mg/L", "毫克/升": "mg/L", "g/l": "g/L", "克/升": "g/L", "ug/l": "ug/L", "μg/l": "ug/L", "微克/升": "ug/L",
    "ng/l": "ng/L", "mg/nm3": "mg/Nm3", "mg/m3": "mg/Nm3", "毫克/立方米": "mg/Nm3", "g/nm3": "g/Nm3", "g/m3": "g/Nm3",
    "mg/kg": "mg/kg", "毫克/千克": "mg/kg", "毫克/公斤": "mg/kg", "g/kg": "g/kg", "ppm": "ppm", "ppb": "ppb",
    "ng-teq/nm3": "ng-TEQ/Nm3", "db(a)": "dB(A)", "分贝": "dB(A)", "db": "dB(A)", "倍": "倍", "%": "%",
    "m3/d": "m3/d", "m3/day": "m3/d", "立方米/天": "m3/d", "立方米/日": "m3/d", "方/天": "m3/d", "方/日": "m3/d",
    "cubic metres per day": "m3/d", "cubic meters per day": "m3/d", "cubic metres a day": "m3/d",
    "m3 per day": "m3/d", "m3 a day": "m3/d", "m3/h": "m3/h", "立方米/小时": "m3/h", "m3 per hour": "m3/h",
    "nm3/h": "Nm3/h", "标立方米/小时": "Nm3/h", "标方/小时": "Nm3/h", "nm3 per hour": "Nm3/h",
    "t/d": "t/d", "吨/天": "t/d", "吨/日": "t/d", "吨每天": "t/d", "tonnes per day": "t/d", "tonnes a day": "t/d",
    "tons per day": "t/d", "t/a": "t/a", "吨/年": "t/a", "tonnes per year": "t/a", "tonnes a year": "t/a",
    "m2": "m2", "平方米": "m2", "square metres": "m2", "square meters": "m2", "亩": "mu", "mu": "mu",
    "公顷": "ha", "ha": "ha", "hectares": "ha", "km2": "km2", "平方公里": "km2", "kw": "kW", "mw": "MW",
    "°c": "°C", "摄氏度": "°C", "度": "°C", "degrees celsius": "°C",
}  # fmt: skip

CURRENCIES: dict[str, str] = {
    "人民币": "CNY", "元": "CNY", "rmb": "CNY", "cny": "CNY", "yuan": "CNY", "美元": "USD", "usd": "USD", "欧元": "EUR",
    "eur": "EUR", "euros": "EUR", "euro": "EUR",
}  # fmt: skip

TREATED: dict[str, str] = {
    "m3/d": "m3/d", "nm3/h": "Nm3/h", "t/d": "t/d", "吨/日": "t/d", "吨/天": "t/d", "立方米/日": "m3/d", "kw": "kW",
    "1000 nm3": "1000 Nm3", "nm3": "Nm3", "m3": "m3", "立方米": "m3", "方水": "m3", "方": "m3", "吨水": "m3",
    "cubic metre": "m3", "cubic meter": "m3", "tonne": "t", "ton": "t", "吨": "t", "t": "t", "m2": "m2", "亩": "mu",
}  # fmt: skip

# Words before a number that make it a limit rather than what there is.
LIMITING = ("<=", "≤", "<", "≦", "不超过", "不高于", "不大于", "小于", "低于", "少于", "降到", "降至", "达到", "限值",
            "标准", "出水", "排放限", "控制在", "以下", "below", "under", "at most", "no more than", "not exceed",
            "less than", "down to", "limit", "reduce to", "to meet", "within", "standard", "discharge")  # fmt: skip
# Words that end the reach of a limiting word.
INCOMING = ("进水", "原水", "现有", "目前", "浓度", "influent", "incoming", "currently", "inlet", "contains", "initial")
