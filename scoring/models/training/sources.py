"""The data folder: what is read, and what is said where something is missing."""

import hashlib
from pathlib import Path
from typing import Any

import pandas as pd


def table(data: Path, place: str) -> pd.DataFrame:
    """The Parquet file ``place`` under the folder ``data``."""
    return pd.read_parquet(found(data, place))


def found(data: Path, place: str) -> Path:
    """The path of ``place`` under ``data``; a clear error where it is not there."""
    path = data / place
    if not path.is_file():
        raise FileNotFoundError(f"{path}: not there; --data names the folder that holds {place}")
    return path


def fingerprint(data: Path, *places: str) -> dict[str, Any]:
    """The hashes of the files that a model was learned from."""
    return {place: hashlib.sha256(found(data, place).read_bytes()).hexdigest() for place in places}
