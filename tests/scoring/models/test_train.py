import os
import shutil
from pathlib import Path

import pytest

from scoring.models import train
from scoring.models.training.figures import over_repeats

DATA = os.environ.get("GREENHATCH_DATA")


def test_says_which_data_are_missing(tmp_path, capsys, monkeypatch):
    assert train.main(["followon", "--data", str(tmp_path)]) == 2
    assert "followon.parquet" in capsys.readouterr().err
    monkeypatch.delenv("GREENHATCH_DATA", raising=False)
    assert train.main(["followon"]) == 2
    assert "--data DIR" in capsys.readouterr().err


def test_check_tells_same_from_different(tmp_path, monkeypatch, capsys):
    shutil.copy(train.SHIPPED / "followon.md", tmp_path)
    shipped = (train.SHIPPED / "followon.md").read_bytes()
    monkeypatch.setitem(train.MODELS, "followon", lambda data: {"followon.md": shipped})
    arguments = ["followon", "--data", "anywhere", "--out", str(tmp_path), "--check"]
    assert train.main(arguments) == 0
    (tmp_path / "followon.md").write_text("changed")
    assert train.main(arguments) == 1
    assert "DIFFERS" in capsys.readouterr().out
    assert train.main(arguments[:-1]) == 0
    assert (tmp_path / "followon.md").read_bytes() == shipped


def test_an_interval_holds_the_mean_over_repeats():
    def agreement(y, guess):
        return float((y == guess).mean())

    y = [0, 1] * 50
    found = over_repeats(agreement, y, [[0] * 100, y], n_resamples=50)
    assert found.value == pytest.approx(0.75)
    assert found.low < 0.75 < found.high


@pytest.mark.skipif(not DATA, reason="needs the public data in GREENHATCH_DATA")
def test_the_shipped_card_is_what_the_data_give(tmp_path):
    assert train.main(["followon", "--data", str(DATA), "--out", str(Path(train.SHIPPED)), "--check"]) == 0
