"""Words for what rooms know by code, in both languages."""

from marketplace.dataroom.process import QUESTION, ROOM
from scoring.technology import Text

STATES = {state.name: state.label for state in ROOM.states}
QUESTIONS = {state.name: state.label for state in QUESTION.states}
LEVELS = {
    "none": Text(zh="不可见", en="Nothing"),
    "name": Text(zh="仅见名称", en="Name only"),
    "view": Text(zh="在线查看", en="Look"),
    "download": Text(zh="下载", en="Download"),
}
SIDES = {
    "owner": Text(zh="我方资料室", en="Ours"),
    "visitor": Text(zh="受邀访问", en="Invited"),
    "operator": Text(zh="平台", en="Platform"),
}
ACTIONS = {
    "view": Text(zh="查看", en="Looked at"),
    "download": Text(zh="下载", en="Downloaded"),
    "index": Text(zh="浏览目录", en="Opened the index"),
    "accept": Text(zh="接受保密协议", en="Accepted the agreement"),
    "confidential": Text(zh="阅读保密内容", en="Read what is confidential"),
    "ask": Text(zh="提问", en="Asked"),
}
