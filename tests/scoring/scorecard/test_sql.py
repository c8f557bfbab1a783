"""The SELECT gives the card's numbers on the real engines: PostgreSQL, DuckDB and Spark."""

import shutil
from collections.abc import Callable, Iterator, Sequence
from math import nan
from typing import Any

import duckdb
import numpy as np
import psycopg
import pytest
from psycopg import sql as pg

from scoring import InputError
from scoring.scorecard.card import CategoricalAxis, NumericAxis, Scorecard, Term
from scoring.technology import Text

Row = dict[str, Any]
Score = Callable[[Scorecard, list[Row]], list[Row]]  # runs the card's SELECT over rows on one engine
SEEDS = range(12)


def kind(card: Scorecard, feature: str) -> type:
    return next(type(axis) for term in card.terms for axis in term.axes if axis.feature == feature)


@pytest.fixture(scope="module")
def postgresql(cluster) -> Iterator[psycopg.Connection[Any]]:
    with cluster.connect() as connection:
        yield connection


def on_postgresql(connection: psycopg.Connection[Any], card: Scorecard, rows: list[Row]) -> list[Row]:
    names = list(rows[0])
    types = [pg.SQL("double precision" if kind(card, name) is NumericAxis else "text") for name in names]
    columns = [pg.SQL("{} {}").format(pg.Identifier(name), type_) for name, type_ in zip(names, types, strict=True)]
    connection.execute('DROP TABLE IF EXISTS pg_temp."tech""nology"')
    connection.execute(
        pg.SQL('CREATE TEMPORARY TABLE "tech""nology" (id bigint, {})').format(pg.SQL(", ").join(columns))
    )
    with connection.cursor() as cursor, cursor.copy('COPY "tech""nology" FROM STDIN') as copy:
        for number, row in enumerate(rows):
            copy.write_row((number, *row.values()))
    statement = card.to_sql("postgresql", table='tech"nology', keys=("id",))
    cursor = connection.execute(statement.encode())
    return [dict(zip([c.name for c in cursor.description or ()], row, strict=True)) for row in cursor]


def on_duckdb(card: Scorecard, rows: list[Row]) -> list[Row]:
    with duckdb.connect() as connection:
        names = list(rows[0])
        types = ["DOUBLE" if kind(card, name) is NumericAxis else "VARCHAR" for name in names]
        quoted = ['"' + name.replace('"', '""') + '"' for name in names]
        columns = ", ".join(f"{name} {type_}" for name, type_ in zip(quoted, types, strict=True))
        connection.execute(f'CREATE TABLE "tech""nology" (id BIGINT, {columns})')
        marks = ", ".join("?" * (len(names) + 1))
        connection.executemany(
            f'INSERT INTO "tech""nology" VALUES ({marks})', [(i, *row.values()) for i, row in enumerate(rows)]
        )
        cursor = connection.execute(card.to_sql("duckdb", table='tech"nology', keys=("id",)))
        return [dict(zip([c[0] for c in cursor.description], row, strict=True)) for row in cursor.fetchall()]


def spark_tools() -> Any:
    if shutil.which("java") is None:
        pytest.skip("Spark needs Java, and there is none on this machine")
    return pytest.importorskip("pyspark.sql", reason="pyspark is not installed")


@pytest.fixture(scope="module")
def spark() -> Iterator[Any]:
    tools = spark_tools()
    builder = tools.SparkSession.builder.master("local[1]").config("spark.ui.enabled", "false")
    session = builder.config("spark.sql.shuffle.partitions", "1").config("spark.driver.host", "127.0.0.1").getOrCreate()
    session.sparkContext.setLogLevel("ERROR")
    yield session
    session.stop()


def on_spark(session: Any, card: Scorecard, rows: list[Row]) -> list[Row]:
    from pyspark.sql.types import DoubleType, LongType, StringType, StructField, StructType

    types = {name: DoubleType() if kind(card, name) is NumericAxis else StringType() for name in rows[0]}
    schema = StructType([StructField("id", LongType()), *(StructField(*item) for item in types.items())])
    frame = session.createDataFrame([(i, *row.values()) for i, row in enumerate(rows)], schema)
    frame.createOrReplaceTempView("technology")
    return [row.asDict() for row in session.sql(card.to_sql("spark", table="technology", keys=("id",))).collect()]


def assert_same(card: Scorecard, rows: list[Row], answers: Sequence[Row]) -> None:
    assert len(answers) == len(rows)
    for answer in answers:
        row = rows[answer["id"]]
        score = card.score(row)
        columns = list(answer.values())[1:]
        assert tuple(columns[: len(card.terms)]) == score.contributions, row
        assert answer["log_odds"] == score.log_odds
        assert answer["probability"] == pytest.approx(score.probability, abs=1e-15, rel=1e-14)
        assert answer["points"] == score.points
        assert answer.get("grade") == score.grade
        assert answer.get("applicable") == score.applicable
        for side in ("low", "high"):
            expected = getattr(score, side)
            assert answer.get(side) == (None if expected is None else pytest.approx(expected, abs=1e-15, rel=1e-14))


def with_nan(rows: list[Row], card: Scorecard) -> list[Row]:
    """Every other missing number as NaN: engines order it above all numbers, the card takes it for missing."""
    return [
        {k: nan if v is None and i % 2 and kind(card, k) is NumericAxis else v for k, v in row.items()}
        for i, row in enumerate(rows)
    ]


@pytest.mark.parametrize("seed", SEEDS)
def test_duckdb_gives_the_cards_numbers(seed, card_of, rows_of):
    card = card_of(seed, bare=seed % 4 == 0)
    rows = with_nan(rows_of(card, seed, 60), card)
    assert_same(card, rows, on_duckdb(card, rows))


@pytest.mark.parametrize("seed", SEEDS)
def test_postgresql_gives_the_cards_numbers(seed, card_of, rows_of, postgresql):
    card = card_of(seed, bare=seed % 4 == 0)
    rows = with_nan(rows_of(card, seed, 60), card)
    assert_same(card, rows, on_postgresql(postgresql, card, rows))


def test_spark_gives_the_cards_numbers(card_of, rows_of, spark):
    """One test for all seeds: a session of Spark takes seconds to start, and each test process would start its own."""
    for seed in SEEDS[:5]:
        card = card_of(seed, bare=seed % 4 == 0)
        rows = with_nan(rows_of(card, seed, 60), card)
        assert_same(card, rows, on_spark(spark, card, rows))


def small_card(*axes: NumericAxis | CategoricalAxis) -> Scorecard:
    terms = tuple(Term(axes=(axis,), log_odds=tuple(0.25 * cell - 0.5 for cell in range(axis.size))) for axis in axes)
    return Scorecard(name="small", version="1", outcome=Text(en="x"), outcome_is_bad=True, intercept=-1.0, terms=terms)


def test_columns_of_other_types_are_read_as_rows_are():
    """Whole numbers, decimals and truth values, where the engine's own types differ from the card's."""
    card = small_card(
        NumericAxis("patents", (1.5, 3.0)), CategoricalAxis("code", ("3", "7")), CategoricalAxis("sme", ("true",))
    )
    rows = [{"patents": 3, "code": 7, "sme": True}, {"patents": 1, "code": 4, "sme": False}]
    with duckdb.connect() as connection:
        connection.execute("CREATE TABLE main.t AS SELECT 3::INTEGER patents, 7::SMALLINT code, true sme")
        connection.execute("INSERT INTO t VALUES (1, 4, false)")
        answers = connection.execute(card.to_sql("duckdb", table="main.t")).fetchall()
    for answer, row in zip(answers, rows, strict=True):
        assert answer[:3] == card.score(row).contributions


def test_extreme_scores_do_not_overflow_an_engine(postgresql):
    axis = NumericAxis("x", (0.0,))
    term = Term(axes=(axis,), log_odds=(-900.0, 900.0, 0.0))
    card = Scorecard(name="n", version="1", outcome=Text(en="x"), outcome_is_bad=True, intercept=0.0, terms=(term,))
    rows = [{"x": -1.0}, {"x": 1.0}, {"x": None}]
    assert_same(card, rows, on_postgresql(postgresql, card, rows))
    assert_same(card, rows, on_duckdb(card, rows))


def test_long_and_colliding_names_become_short_and_unique(postgresql):
    long = "长" * 15
    card = small_card(
        *(NumericAxis(f"{long}{i}", (0.0,)) for i in range(3)), NumericAxis("A", (0.0,)), NumericAxis("a", (0.0,))
    )
    rows = [{axis.feature: 1.0 for term in card.terms for axis in term.axes}]
    (answer,) = on_postgresql(postgresql, card, rows)
    assert len(answer) == 1 + 5 + 3
    assert all(len(name.encode()) <= 63 for name in answer)


def test_keys_that_would_hide_a_result_are_refused_together():
    card = small_card(NumericAxis("x", (0.0,)))
    with pytest.raises(InputError) as caught:
        card.to_sql("duckdb", table="t", keys=("points", "id", "ID"))
    assert [error.column for error in caught.value.errors] == ["points", "id", "ID"]


@pytest.mark.parametrize(("dialect", "name"), [("postgresql", "a\0b"), ("duckdb", "\0"), ("spark", "${env:HOME}")])
def test_a_name_the_engine_cannot_quote_is_refused(dialect, name):
    with pytest.raises(InputError, match="cannot quote"):
        small_card(NumericAxis(name, (0.0,))).to_sql(dialect, table="t")


def test_unknown_dialects_are_refused():
    with pytest.raises(ValueError, match="'duckdb'"):
        small_card(NumericAxis("x", (0.0,))).to_sql("oracle", table="t")  # type: ignore[arg-type]


def test_a_category_with_a_nul_scores_where_the_engine_can_hold_it(postgresql):
    card = small_card(CategoricalAxis("c", ("a\0b", "plain")))
    rows = [{"c": "a\0b"}, {"c": "plain"}, {"c": "a"}, {"c": None}]
    assert_same(card, rows, on_duckdb(card, rows))
    assert_same(card, rows[1:], on_postgresql(postgresql, card, rows[1:]))


def test_the_engines_read_the_shortest_form_of_a_double(postgresql):
    """Literals arrive bit for bit, the awkward ones included."""
    values = (5e-324, 1.7976931348623157e308, 0.1, 1e-6, -123456.789012, 2.5e-16, 1e22, 9007199254740993.0)
    from scoring.scorecard.dialects import DIALECTS

    got = postgresql.execute(("SELECT " + ", ".join(map(DIALECTS["postgresql"].number, values))).encode()).fetchone()
    assert got == values
    with duckdb.connect() as connection:
        got = connection.execute("SELECT " + ", ".join(map(DIALECTS["duckdb"].number, values))).fetchone()
    np.testing.assert_array_equal(got, values)
