"""Words for what deals know by code, in both languages, and what each step brings about."""

from msgspec import Struct

from marketplace.deals.process import DEAL
from scoring.technology import Text


def _text(en: str, zh: str) -> Text:
    return Text(zh=zh, en=en)


LINKS = {
    "assessment": _text("Assessment", "评估"),
    "co-development": _text("Secondary development", "二次开发"),
    "licence": _text("Licence", "许可"),
    "transfer": _text("Transfer of rights", "转让"),
    "equity-contribution": _text("Technology as equity", "作价入股"),
    "trial-first": _text("Trial first, then transfer", "先用后转"),
    "incubation": _text("Incubation", "孵化"),
}
SIDES = {
    "holder": _text("Technology holder", "技术持有方"),
    "financier": _text("Financing side", "出资方"),
    "operator": _text("Platform", "平台运营方"),
    "system": _text("Platform", "平台"),
    "time": _text("Time ran out", "到期自动"),
}
INSTRUMENTS = {
    "grant": _text("Grant", "资助"),
    "loan": _text("Loan", "贷款"),
    "convertible": _text("Convertible", "可转债"),
    "equity": _text("Equity", "股权"),
    "revenue-share": _text("Revenue share", "收益分成"),
}
CONDITION_STATES = {
    "open": _text("Open", "未成就"),
    "reported": _text("Reported as met, to be confirmed", "已报告成就，待确认"),
    "met": _text("Met", "已成就"),
    "waived": _text("Waived", "已豁免"),
}
CONSENTS = {
    "accepted": _text("accepted", "接受"),
    "approved": _text("approved as second person", "复核通过"),
    "reconfirmed": _text("reconfirmed", "重新确认"),
    "signed": _text("signed", "签署"),
}
VALUES = {
    **INSTRUMENTS,
    "accepted": _text("accepted", "视为验收通过"),
    "escalated": _text("taken to mediation", "转入调解"),
    "holder": SIDES["holder"],
    "financier": SIDES["financier"],
    "operator": SIDES["operator"],
    "at-most": _text("at most", "不高于"),
    "at-least": _text("at least", "不低于"),
    "note": _text("convertible note", "可转换票据"),
    "safe": _text("SAFE", "未来股权简单协议（SAFE）"),
}
TRANSITIONS = {way.name: way.label for way in DEAL.transitions if way.label} | {
    "begin": _text("Deal opened", "开启交易"),
    "counter": _text("Counter-offer", "还价"),
}
SILENCE = {code: VALUES[code] for code in ("escalated", "accepted")}
DIRECTIONS = {code: VALUES[code] for code in ("at-most", "at-least")}
CONVERTIBLES = {code: VALUES[code] for code in ("note", "safe")}
RESPONSIBLE = {code: SIDES[code] for code in ("holder", "financier", "operator")}
PARTIES = {code: SIDES[code] for code in ("holder", "financier")}
YES_NO = {"true": _text("Yes", "是"), "false": _text("No", "否")}


class Step(Struct, frozen=True):
    """A step as a button: what it is called, and what it brings about; which kind of form it takes."""

    label: Text
    consequence: Text
    takes: str = "note"
    main: bool = False
    danger: bool = False


def _step(name: str, en: str, zh: str, **kind: object) -> Step:
    return Step(TRANSITIONS[name], _text(en, zh), **kind)  # type: ignore[arg-type]


STEPS = {
    "accept": _step(
        "accept",
        "You agree to exactly the terms shown here. The amount counts against the financing side's limits at once; the "
        "time to cool off begins, and until its end either side may still leave without a reason.",
        "您同意本页所示全部条款。金额即时计入出资方额度；随后进入冷静期，期内任一方可无理由退出。",
        takes="consent",
        main=True,
    ),
    "approve": _step(
        "approve",
        "You approve as the second person of your organisation. With all approvals the time to cool off begins.",
        "您作为本机构第二人复核。全部复核通过后进入冷静期。",
        takes="consent",
        main=True,
    ),
    "sign": _step(
        "sign",
        "You sign for your organisation. With both signatures the deal is binding, and leaving it takes the operator.",
        "您代表本机构签署。双方签署后交易生效，此后仅平台运营方可终止。",
        takes="consent",
        main=True,
    ),
    "accept-change": _step(
        "accept-change",
        "The changed terms replace the agreed ones. A material change begins the time to cool off anew.",
        "变更后的条款将取代原条款；实质性变更会重新开始冷静期。",
        takes="consent",
        main=True,
    ),
    "reconfirm": _step(
        "reconfirm",
        "You stand by the agreed terms in spite of what was reported. If one side does not, the deal lapses.",
        "您确认在所报告情况下仍按原条款进行。任一方未确认，交易将失效。",
        takes="consent",
        main=True,
    ),
    "convert": _step(
        "convert",
        "The technology changes hands on the terms that were signed; the payment is due next.",
        "技术按已签署条款转让，随后须付款。",
        takes="nothing",
        main=True,
    ),
    "end-trial": _step(
        "end-trial",
        "The trial ends today; you then have thirty days to take the technology over or to give it back.",
        "试用即日结束；您有30天决定受让或退回。",
        takes="nothing",
    ),
    "decline": _step("decline", "The offer is off the table; both of you stay in talks.", "该要约作废，双方继续洽谈。"),
    "retract": _step("retract", "Your offer is off the table; you stay in talks.", "您的要约作废，双方继续洽谈。"),
    "refuse": _step(
        "refuse",
        "Nothing is agreed any more, and both sides are back at the table. Say why.",
        "已达成的一致作废，双方回到洽谈。请说明理由。",
        takes="reason",
        danger=True,
    ),
    "keep-terms": _step(
        "keep-terms", "The proposed change is off the table; what was agreed stands.", "变更提议作废，原条款继续有效。"
    ),
    "report-change": _step(
        "report-change",
        "Report a fact that changes what was agreed on. Both sides reconfirm within seven days, or the deal lapses.",
        "报告影响原约定的重大事实。双方须在七日内重新确认，否则交易失效。",
        takes="reason",
    ),
    "return": _step(
        "return",
        "The technology goes back to its holder, nothing is paid, and the deal ends.",
        "技术退回持有方，无须付款，交易结束。",
        danger=True,
    ),
    "withdraw": _step(
        "withdraw", "You leave, and the deal ends for both sides.", "您退出，交易对双方终结。", danger=True
    ),
    "break-off": _step(
        "break-off",
        "The deal ends for both sides although you had agreed. Say why.",
        "双方已达成一致，此举将终止交易。请说明理由。",
        takes="reason",
        danger=True,
    ),
}
OFFERING = ("offer", "counter", "amend")
