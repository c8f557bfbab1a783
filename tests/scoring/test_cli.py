"""The command line as people use it: on files, with its exit codes, in both languages."""

import json
import subprocess
import sys
from argparse import Namespace
from datetime import date
from pathlib import Path

import numpy as np
import pytest

from scoring import Refusal, Scorecard, read_table, read_technologies
from scoring.cli import main
from scoring.commands.console import ERRORS_SHOWN, Speaker
from scoring.commands.screen import tell
from scoring.screening.screen import screen

PORTFOLIO = """id,name,trl,media,financing instrument,financing amount,financing term,country
a,Membrane,7,water,equity,CNY 5 million,24,CN
b,Scrubber,4,air,equity,CNY 2 million,24,CN
c,Idea,,soil,,,,CN
"""


@pytest.fixture
def history(tmp_path: Path) -> Path:
    """Firms of four years: the outcome falls with the level, and one column was filled in afterwards."""
    rng = np.random.default_rng(0)
    level, year = rng.integers(1, 10, 600), rng.integers(2018, 2022, 600)
    stalled = rng.random(600) < 1 / (1 + np.exp(0.6 * (level - 5.0)))
    medium = rng.choice(["air", "water"], 600)
    written_off = np.where(stalled, "2023-01-01", "")
    columns = (level, medium, [f"{y}-06-01" for y in year], written_off, np.where(stalled, "yes", "no"))
    lines = [",".join(map(str, (f"F{n}", *cells))) for n, cells in enumerate(zip(*columns, strict=True))]
    path = tmp_path / "history.csv"
    path.write_text("\n".join(["firm,trl,medium,seen,written_off,stalled", *lines]))
    return path


@pytest.fixture
def card(history: Path, tmp_path: Path) -> Path:
    path = tmp_path / "card.json"
    assert main(["train", str(history), "--label", "stalled", "--out", str(path), "--drop", "firm,seen"]) == 0
    return path


def test_train_leaves_leaks_out_and_reports_intervals(
    history: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "card.json"
    arguments = [
        "--label",
        "stalled",
        "--out",
        str(out),
        "--as-of",
        "seen",
        "--embargo",
        "12M",
        "--monotonic",
        "trl=-1",
    ]
    assert main(["train", str(history), *arguments]) == 0
    card = Scorecard.load(out)
    assert {term.name for term in card.terms} <= {"trl", "medium"}
    assert next(term for term in card.terms if term.name == "trl").monotonic == -1
    evaluation = card.about["evaluation"]
    area = evaluation["figures"]["auc"]
    assert 0.7 < area["low"] < area["value"] < area["high"] <= 1
    assert evaluation["protocol"] == "later rows, embargo 12M"
    said = capsys.readouterr()
    assert "written_off" in said.err
    assert "tested on later rows, embargo 12M" in said.out
    assert "firm" in said.err


def test_the_same_history_gives_the_same_card(history: Path, tmp_path: Path, card: Path) -> None:
    again = tmp_path / "again.json"
    assert main(["train", str(history), "--label", "stalled", "--out", str(again), "--drop", "firm,seen"]) == 0
    assert again.read_bytes() == card.read_bytes()


@pytest.mark.parametrize("more", [[], ["--as-of", "seen"]])
def test_nobody_is_on_both_sides_of_a_split(
    history: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], more: list[str]
) -> None:
    """Firms of two rows each, alike in nothing but an outcome that no column tells: grouped, chance is all there is."""
    rng = np.random.default_rng(1)
    lines = ["firm,mark,seen,stalled"]
    for firm in range(150):
        mark, outcome = rng.random(), rng.integers(0, 2)
        lines += [f"F{firm},{mark},{year}-01-01,{outcome}" for year in (2020, 2021)]
    path, out = tmp_path / "firms.csv", tmp_path / "card.json"
    path.write_text("\n".join(lines))
    arguments = ["train", str(path), "--label", "stalled", "--out", str(out), *more]
    if more:
        assert main([*arguments, "--group", "firm"]) == 2  # every firm that is tested was trained on
        assert "every group trained on is tested" in " ".join(capsys.readouterr().err.split())
        return
    assert main([*arguments, "--group", "firm", "--drop", "seen"]) == 0
    area = Scorecard.load(out).about["evaluation"]["figures"]["auc"]
    assert area["value"] < 0.62


def test_score_writes_every_row_with_reasons(card: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rows = tmp_path / "new.csv"
    rows.write_text("编号,trl,medium\nx,2,air\ny,9,water\n")
    out = tmp_path / "scores.csv"
    assert main(["score", str(rows), "--card", str(card), "--out", str(out), "--lang", "zh"]) == 0
    scores = read_table(out).to_pydict()
    assert scores["编号"] == ["x", "y"]
    low, high = scores["probability"][1], scores["probability"][0]
    assert low < 0.3 < 0.7 < high
    assert "trl" in scores["reason_1"][0]
    assert "概率" in capsys.readouterr().out


def test_score_names_absent_columns_and_bad_cells(
    card: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = tmp_path / "new.csv"
    rows.write_text("medium\nair\n")
    out = tmp_path / "scores.csv"
    assert main(["score", str(rows), "--card", str(card), "--out", str(out)]) == 2
    assert "trl" in capsys.readouterr().err
    assert not out.exists()
    assert main(["score", str(rows), "--card", str(card), "--out", str(out), "--unknown"]) == 0
    rows.write_text("trl,medium\nhigh,air\n")
    assert main(["score", str(rows), "--card", str(card)]) == 2
    assert "high" in capsys.readouterr().err


def test_card_shows_itself_and_its_sql(card: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["card", "show", str(card)]) == 0
    assert "| trl |" in capsys.readouterr().out
    assert main(["card", "show", str(card), "--lang", "zh"]) == 0
    assert "分值" in capsys.readouterr().out
    assert main(["card", "sql", str(card), "--dialect", "duckdb", "--table", "firms"]) == 0
    assert 'FROM "firms"' in capsys.readouterr().out
    assert main(["card", "list"]) == 0


def test_an_unknown_card_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["card", "show", str(tmp_path / "none.json")]) == 2
    assert "none.json" in capsys.readouterr().err


def test_lint_exits_with_one_where_there_is_a_leak(
    history: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "findings.json"
    assert main(["lint", str(history), "--label", "stalled", "--as-of", "seen", "--json", str(out)]) == 1
    assert "written_off" in capsys.readouterr().out
    assert "written_off" in {column for finding in json.loads(out.read_text()) for column in finding["columns"]}
    clean = tmp_path / "clean.csv"
    clean.write_text("x,y\n" + "\n".join(f"{n % 7},{n % 2}" for n in range(100)))
    assert main(["lint", str(clean), "--label", "y"]) == 0


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--label", "stalld"], "did you mean 'stalled'"),
        (["--label", "trl"], "two different outcomes"),
        (["--label", "medium"], "--positive air"),
        (["--label", "stalled", "--as-of", "sen"], "did you mean 'seen'"),
        (["--label", "stalled", "--as-of", "seen", "--embargo", "90Y"], "dates that can be split"),
        (["--label", "stalled", "--monotonic", "trl=2,level=1"], "with +1, 0 or -1"),
        (["--label", "stalled", "--drop", "firm,trl,medium,seen,nothing"], "a column of the file"),
        (["--label", "stalled", "--out", "card.pkl"], "a file named .json"),
        (["--label", "stalled", "--out", "none/card.json"], "a folder that exists"),
    ],
)
def test_bad_arguments_of_train(
    history: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], said: str
) -> None:
    before = sorted(tmp_path.iterdir())
    given = arguments if "--out" in arguments else [*arguments, "--out", str(tmp_path / "card.json")]
    assert main(["train", str(history), *given]) == 2
    assert said in " ".join(capsys.readouterr().err.split())
    assert sorted(tmp_path.iterdir()) == before


def test_bad_cells_are_capped_on_the_screen_and_complete_in_a_file(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path, errors = tmp_path / "p.csv", tmp_path / "errors.csv"
    path.write_text("name,trl\n" + "a,12\n" * 100)
    assert main(["screen", str(path), "--report", str(tmp_path / "r.html")]) == 2
    said = capsys.readouterr().err
    assert said.count("a whole number from 1 to 9") == ERRORS_SHOWN
    assert f"{100 - ERRORS_SHOWN} more" in said
    assert main(["screen", str(path), "--errors", str(errors), "--lang", "zh"]) == 2
    assert "100 处有误" in capsys.readouterr().err
    assert len(read_table(errors)) == 100
    assert sorted(tmp_path.iterdir()) == [errors, path]


def test_markup_in_a_cell_is_shown_as_it_is(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "p.csv"
    path.write_text("name,trl\na,[bold red]x[/]\n")
    assert main(["screen", str(path)]) == 2
    assert "[bold red]x[/]" in capsys.readouterr().err


@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_screening_is_told_and_written(tmp_path: Path, capsys: pytest.CaptureFixture[str], language: str) -> None:
    path = tmp_path / "p.csv"
    path.write_text(PORTFOLIO)
    silent = Refusal(reason="no-model", message="No text model here.", message_zh="此处没有文本模型。")
    screening = screen(read_technologies(path), as_of=date(2026, 1, 1), cards={}, propose=lambda _: silent)
    chosen = Namespace(file=str(path), json=str(tmp_path / "s.json"), report=None, top=10, currency="CNY")
    tell(screening, 600_000_000, chosen, Speaker("zh" if language == "zh" else "en"))
    said = capsys.readouterr().out
    assert "Membrane" in said
    document = json.loads((tmp_path / "s.json").read_text())
    assert {row["technology"]["id"] for row in document["rows"]} == {"a", "b", "c"}
    assert document["selection"]["chosen"]
    assert document["portfolio"][0]["currency"] == "CNY"


def test_a_bad_budget_is_refused_before_anything_is_read(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["screen", str(tmp_path / "none.csv"), "--budget", "much"]) == 2
    assert "--budget" in capsys.readouterr().err


def test_template(tmp_path: Path) -> None:
    assert main(["template", str(tmp_path / "t.xlsx")]) == 0
    assert main(["template", str(tmp_path / "t.docx")]) == 2
    assert [path.name for path in tmp_path.iterdir()] == ["t.xlsx"]


def test_help_is_in_the_language_asked_for(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LC_ALL", "zh_CN.UTF-8")
    with pytest.raises(SystemExit):
        main(["--help"])
    assert "筛选技术组合" in capsys.readouterr().out
    for command in ("screen", "score", "card", "train", "lint", "template"):
        with pytest.raises(SystemExit) as left:
            main([command, "--help", "--lang", "en"])
        assert left.value.code == 0


def test_the_command_starts_without_heavy_libraries() -> None:
    code = (
        "import sys; from scoring.cli import main\n"
        "try: main(['--help'])\n"
        "except SystemExit: pass\n"
        "sys.exit(str({'numpy', 'sklearn', 'pyarrow', 'openpyxl', 'rich', 'narwhals'} & sys.modules.keys() or ''))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=False)
    assert done.stderr.strip() == ""


def test_an_absent_extra_is_asked_for_by_name(tmp_path: Path) -> None:
    (tmp_path / "p.csv").write_text(PORTFOLIO)
    code = (
        "import sys; sys.modules['rich.console'] = None; from scoring.cli import main\n"
        "sys.exit(main(['template', sys.argv[1]]))"
    )
    command = [sys.executable, "-c", code, str(tmp_path / "t.xlsx")]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 2
    assert "pip install 'greenhatch[screen]'" in done.stderr


def test_the_model_that_reads_texts_is_no_card(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["card", "show", "readiness"]) == 2
    assert "reads texts" in capsys.readouterr().err
