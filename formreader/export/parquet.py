"""Writes tables as Parquet."""

from __future__ import annotations

from typing import TYPE_CHECKING, BinaryIO

from formreader.errors import OutputError
from formreader.export.tables import Table
from formreader.rows import ColumnType, take_typed

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["write_parquet"]

_GROUP = 20_000  # rows in memory, and in a row group of the file


def write_parquet(table: Table, stream: BinaryIO) -> None:
    """Write a table, a group of rows at a time.

    Texts and lists are strings, page and box int32, probabilities float64,
    `needs_review` bool (in the wide form it is a list of names). In the wide form the
    columns of typed fields are int64, float64, date32 and time32, and null where there
    is no value of the type.

    Args:
        table: The table.
        stream: A binary stream.

    Raises:
        OutputError: If pyarrow is not installed.
    """
    try:
        import pyarrow as pa
        from pyarrow import parquet
    except ImportError as error:
        raise OutputError(
            "Parquet needs pyarrow: pip install 'formreader[export]'"
        ) from error
    schema = _make_schema(table)
    with parquet.ParquetWriter(stream, schema) as writer:
        columns: list[list[object]] = [[] for _ in table.columns]
        for rows in table.chunks:
            for row in rows:
                cells = zip(columns, table.types, row, strict=True)
                for column, type_, cell in cells:
                    column.append(take_typed(type_, cell))
            if len(columns[0]) >= _GROUP:
                writer.write_table(pa.table(columns, schema=schema))
                columns = [[] for _ in table.columns]
        if columns[0]:
            writer.write_table(pa.table(columns, schema=schema))


def _make_schema(table: Table) -> pa.Schema:
    import pyarrow as pa

    types = {
        ColumnType.INTEGER: pa.int32(),
        ColumnType.PROBABILITY: pa.float64(),
        ColumnType.BOOLEAN: pa.bool_(),
        ColumnType.WHOLE_VALUE: pa.int64(),
        ColumnType.DECIMAL_VALUE: pa.float64(),
        ColumnType.DATE_VALUE: pa.date32(),
        ColumnType.TIME_VALUE: pa.time32("s"),
    }
    columns = zip(table.columns, table.types, strict=True)
    return pa.schema([(name, types.get(type_, pa.string())) for name, type_ in columns])
