"""What the report says around its numbers, in Chinese and English."""

from scoring.technology import Text


def _t(zh: str, en: str) -> Text:
    return Text(zh=zh, en=en)


TEXTS: dict[str, Text] = {
    "title": _t("技术组合筛选报告", "Technology portfolio screening"),
    "as_of": _t("评估日期", "As of"),
    "ranked_count": _t("已排序技术", "technologies ranked"),
    "unranked_count": _t("未给出排序", "not ranked"),
    "disagree_count": _t("文字与证据不一致", "where text and evidence disagree"),
    "deals_count": _t("提出融资需求", "ask for financing"),
    "map": _t("风险—成熟度图", "Risk and readiness"),
    "map_note": _t(
        "每点为一项技术；横线为证据所证明到声称之间的成熟度区间，纵线为预期损失率区间。",
        "One point a technology. Bars are intervals: from proven to claimed readiness, and of the expected loss.",
    ),
    "readiness_level": _t("技术成熟度（TRL）", "Technology readiness level (TRL)"),
    "expected_loss_axis": _t("预期损失占投入比例", "Expected loss, share of the commitment"),
    "medium": _t("领域", "Medium"),
    "ranking": _t("排序", "Ranking"),
    "ranking_note": _t(
        "名次为区间：考虑全部不确定性后，真实名次有90%的概率落在区间内；并列表示数据不足以区分。",
        "A rank is an interval: the true place lies in it with 90% probability. Where ranks are equal, "
        "nothing tells the technologies apart.",
    ),
    "measure_completion": _t("十二个月标准阶段的完成概率", "Probability of completing a standard twelve-month stage"),
    "measure_plan": _t("融资计划中预期不损失的比例", "Share of the plan's money that is not expected to be lost"),
    "measure_card": _t("评分卡概率", "Probability on the card"),
    "rank": _t("名次", "Rank"),
    "technology": _t("技术", "Technology"),
    "holder": _t("持有方", "Holder"),
    "level": _t("成熟度", "Readiness"),
    "basis": _t("依据", "Basis"),
    "basis_evidence": _t("证据", "evidence"),
    "basis_claim": _t("声称", "claim"),
    "basis_text": _t("文字推断", "text only"),
    "measure": _t("排序指标", "Ranked by"),
    "grade": _t("等级", "Grade"),
    "expected_loss": _t("预期损失", "Expected loss"),
    "in_top": _t("进入前列的概率", "Stays in the top"),
    "portfolio": _t("组合损失", "Loss of the portfolio"),
    "portfolio_note": _t(
        "提出融资需求的全部交易，按行业共同因子计算；损失分布由确定性算法给出，没有抽样误差。",
        "All financings asked for, with a common factor per sector; computed, not simulated: no sampling error.",
    ),
    "commitment": _t("承诺总额", "Commitment"),
    "mean_loss": _t("平均损失", "Mean loss"),
    "var": _t("风险价值", "Value at risk"),
    "es": _t("预期亏空", "Expected shortfall"),
    "loss_axis": _t("损失占承诺额比例", "Loss, share of the commitment"),
    "density_axis": _t("概率", "Probability"),
    "exceedance_axis": _t("损失超过该值的概率", "Probability that the loss is larger"),
    "selection": _t("预算内选择", "Selection under the budget"),
    "selected": _t("入选", "Selected"),
    "marginal": _t("边际价值", "Marginal value"),
    "swap": _t("最小代价替换", "Cheapest swap"),
    "details": _t("各项技术", "The technologies"),
    "not_shown": _t("其余技术见JSON输出。", "The others are in the JSON output."),
    "proven": _t("已证明", "proven"),
    "claimed": _t("仅声称", "claimed only"),
    "blocks": _t("下一级的障碍", "What blocks the next level"),
    "next_evidence": _t("最值得补充的一份文件", "The one document that would help most"),
    "raises_to": _t("补充后区间为", "which would make the interval"),
    "proposal": _t("文字模型的推断", "What the text suggests"),
    "disagreement": _t("不一致", "They disagree"),
    "risk_standard": _t("标准阶段的风险", "Risk of a standard stage"),
    "risk_plan": _t("所求融资的风险", "Risk of the financing asked for"),
    "completion": _t("完成概率", "Completion"),
    "pd": _t("违约概率", "Probability of default"),
    "pd12": _t("十二个月内违约概率", "Default within twelve months"),
    "lgd": _t("违约损失率", "Loss given default"),
    "below_1x": _t("回收不足本金的概率", "Less than 1× back"),
    "reasons": _t("主要原因", "Main reasons"),
    "strengths": _t("有利因素", "In its favour"),
    "card": _t("评分卡", "Card"),
    "points": _t("分", "points"),
    "unusual": _t("与训练数据差异较大，仅供参考：", "Unlike what the card learned from; treat with care: "),
    "cases": _t("案例", "Cases"),
    "evidence": _t("证据", "Evidence"),
    "other_frameworks": _t("其他框架", "Other frameworks"),
    "refused": _t("不作评分", "Not scored"),
    "missing": _t("缺少", "Missing"),
    "unranked": _t("未能排序的技术", "Technologies that could not be ranked"),
    "unranked_note": _t(
        "诚实的回答是不给出数字；下面列出补充什么即可评分。",
        "The honest answer is no number; this would make one possible.",
    ),
    "how": _t("如何得出", "How this was computed"),
    "how_levels": _t(
        "成熟度是顺序等级，从不取平均；没有证据的等级只作为上限，未知按最不利情况处理。",
        "Levels are ordinal and never averaged. A level without evidence is an upper bound only; "
        "what is unknown counts as the worst case.",
    ),
    "how_risk": _t(
        "二次开发交易没有公开的违约数据：阶段风险以专家先验为基础，区间较宽；"
        "参考评分卡以公开代理数据训练，不能替代尽职调查。",
        "No public record of defaults of secondary-development deals exists: stage hazards rest on an expert prior "
        "with wide intervals, and the reference cards are trained on public proxies. "
        "They do not replace due diligence.",
    ),
    "versions": _t("版本", "Versions"),
    "language": _t("语言", "Language"),
    "none": _t("无", "none"),
    "of": _t("／", "of"),
}


def say(key: str, language: str) -> str:
    """The text of ``key`` in one language."""
    return TEXTS[key].in_language(language)
