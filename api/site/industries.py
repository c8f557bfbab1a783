"""Short names for the codes of the national classification of economic activities (GB/T 4754-2017)."""

from scoring.technology import Text

# Code, Chinese, English: the divisions that environmental technologies serve, and the finer classes among them.
_TABLE = """
A|农林牧渔业|Agriculture, forestry and fishing
A01|农业|Crop farming
A02|林业|Forestry
A03|畜牧业|Livestock
A04|渔业|Fisheries
A05|农林牧渔专业及辅助活动|Services to farming
B|采矿业|Mining
B06|煤炭开采和洗选|Coal mining
B07|石油和天然气开采|Oil and gas extraction
B08|黑色金属矿采选|Iron ore mining
B09|有色金属矿采选|Non-ferrous ore mining
B10|非金属矿采选|Quarrying
C|制造业|Manufacturing
C13|农副食品加工|Food processing
C136|水产品加工|Fish processing
C14|食品制造|Food manufacture
C15|酒、饮料和精制茶制造|Beverages
C16|烟草制品|Tobacco
C17|纺织|Textiles
C18|服装服饰|Clothing
C19|皮革、毛皮和制鞋|Leather and shoes
C20|木材加工|Wood products
C21|家具制造|Furniture
C22|造纸和纸制品|Pulp and paper
C23|印刷|Printing
C24|文教、工美和体育用品|Educational, craft and sports goods
C25|石油、煤炭及其他燃料加工|Refining and coking
C26|化学原料和化学制品|Chemicals
C262|肥料制造|Fertilisers
C263|农药制造|Pesticides
C27|医药制造|Pharmaceuticals
C28|化学纤维|Chemical fibres
C29|橡胶和塑料制品|Rubber and plastics
C30|非金属矿物制品（水泥、玻璃、陶瓷等）|Cement, glass and ceramics
C31|钢铁（黑色金属冶炼和压延）|Iron and steel
C32|有色金属冶炼和压延|Non-ferrous metals
C33|金属制品|Metal products
C336|金属表面处理及热处理|Metal finishing
C34|通用设备制造|General machinery
C35|专用设备制造|Special machinery
C36|汽车制造|Motor vehicles
C37|铁路、船舶、航空航天等运输设备|Ships, trains and aircraft
C38|电气机械和器材|Electrical equipment
C3825|光伏设备及元器件|Photovoltaic cells and modules
C39|计算机、通信和电子设备|Electronics
C40|仪器仪表|Instruments
C41|其他制造业|Other manufacturing
C42|废弃资源综合利用|Recycling of waste materials
C43|金属制品、机械和设备修理|Repair of machinery
D44|电力、热力生产和供应|Power and heat
D4430|热力生产和供应|Heat supply
D45|燃气生产和供应|Gas supply
D46|水的生产和供应|Water supply
D4610|自来水生产和供应|Drinking water supply
D4620|污水处理及其再生利用|Wastewater treatment and reuse
D4630|海水淡化|Desalination
D4690|其他水的处理、利用与分配|Other water treatment and distribution
E|建筑业|Construction
E47|房屋建筑|Building
E48|土木工程建筑|Civil engineering
F51|批发|Wholesale
F52|零售|Retail
G53|铁路运输|Railways
G54|道路运输|Road transport
G55|水上运输|Water transport
G56|航空运输|Air transport
G59|装卸搬运和仓储|Warehousing
H61|住宿|Hotels
H62|餐饮|Restaurants
I64|互联网和相关服务|Internet services
I65|软件和信息技术服务|Software and IT services
M73|研究和试验发展|Research and development
M74|专业技术服务|Technical services
N76|水利管理|Water resources management
N77|生态保护和环境治理|Ecology and environmental protection
N7724|危险废物治理|Hazardous waste treatment
N78|公共设施管理|Public facilities
N7820|环境卫生管理|Municipal sanitation
N7861|名胜风景区管理|Scenic areas
N79|土地管理|Land management
P83|教育|Education
Q84|卫生|Health care
"""
_NAMES = {
    code: Text(zh=chinese, en=english)
    for code, chinese, english in (line.split("|") for line in _TABLE.strip().splitlines())
}


def industry(said: str) -> Text:
    """What a code stands for, else the class that it belongs to; whoever wrote words gets them back.

    Examples
    --------
    >>> industry("C1711").en, industry("Breweries").en
    ('Textiles', 'Breweries')
    """
    code = said
    while code and code not in _NAMES and code[1:].isdecimal():
        code = code[:-1]
    return _NAMES.get(code, Text(zh=said, en=said))
