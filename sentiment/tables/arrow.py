"""Arrow's arrays as Python values; pyarrow is imported when needed."""

from collections.abc import Callable
from typing import Any


def values_of(column: Any) -> list[Any]:
    """Return an array's values; times as text, since Python's have no nanoseconds.

    A string that is not UTF-8, as careless writers leave it, is returned as bytes.
    """
    digits = _rebuilt(column.type, _by_digits)
    if digits != column.type:
        # The shortest digits that identify a number: 0.1, not 0.10000000149011612.
        column = column.cast(digits).cast(_rebuilt(column.type, _in_double))
    readable = _rebuilt(column.type, _readable)
    if readable != column.type:
        try:
            column = column.cast(readable)
        except _arrow().ArrowInvalid:
            # This machine does not know the zone, or none at all.
            column = column.cast(_rebuilt(column.type, _in_utc)).cast(readable)
    try:
        values: list[Any] = column.to_pylist()
    except UnicodeDecodeError:
        raw = column.cast(_rebuilt(column.type, _undecoded))
        values = [_decoded(value) for value in raw.to_pylist()]
    return values


def may_hold_texts(kind: Any) -> bool:
    """Say whether a column of this Arrow type can hold texts; bytes can be UTF-8."""
    from pyarrow import types

    if isinstance(kind, _arrow().BaseExtensionType):
        return may_hold_texts(kind.storage_type)
    if types.is_dictionary(kind) or types.is_run_end_encoded(kind):
        return may_hold_texts(kind.value_type)
    texts = (types.is_string, types.is_large_string, types.is_string_view)
    raw = (types.is_binary, types.is_large_binary, types.is_binary_view)
    return types.is_null(kind) or any(holds(kind) for holds in (*texts, *raw))


def _decoded(value: Any) -> Any:
    """Return a value with the bytes in it as texts, where they are UTF-8."""
    if isinstance(value, bytes):
        try:
            return value.decode()
        except UnicodeDecodeError:
            return value
    if isinstance(value, list | tuple):
        return type(value)(map(_decoded, value))
    if isinstance(value, dict):
        return {name: _decoded(inner) for name, inner in value.items()}
    return value


def _by_digits(kind: Any) -> Any:
    return _arrow().string() if _is_short(kind) else kind


def _in_double(kind: Any) -> Any:
    return _arrow().float64() if _is_short(kind) else kind


def _is_short(kind: Any) -> bool:
    from pyarrow import types

    return bool(types.is_float16(kind) or types.is_float32(kind))


def _undecoded(kind: Any) -> Any:
    from pyarrow import types

    if types.is_string(kind) or types.is_string_view(kind):
        return _arrow().binary()
    return _arrow().large_binary() if types.is_large_string(kind) else kind


def _readable(kind: Any) -> Any:
    """Return an equivalent type whose values Python can represent, of a flat type."""
    from pyarrow import types

    if types.is_duration(kind):
        return _arrow().int64()
    return _arrow().string() if types.is_temporal(kind) else kind


def _in_utc(kind: Any) -> Any:
    from pyarrow import types

    if types.is_timestamp(kind) and kind.tz:
        return _arrow().timestamp(kind.unit, "UTC")
    return kind


def _rebuilt(kind: Any, change: Callable[[Any], Any]) -> Any:
    """Return ``kind`` with ``change`` applied to its innermost types."""
    from pyarrow import types

    arrow = _arrow()
    if types.is_map(kind):
        inner = (_rebuilt(one, change) for one in (kind.key_type, kind.item_type))
        return arrow.map_(*inner)
    if types.is_struct(kind):
        return arrow.struct(
            [one.with_type(_rebuilt(one.type, change)) for one in kind.fields]
        )
    if types.is_list(kind) or types.is_large_list(kind):
        field = kind.value_field
        inner = field.with_type(_rebuilt(field.type, change))
        return arrow.list_(inner) if types.is_list(kind) else arrow.large_list(inner)
    if types.is_fixed_size_list(kind):
        return arrow.list_(_rebuilt(kind.value_type, change), kind.list_size)
    if types.is_dictionary(kind):
        inner = _rebuilt(kind.value_type, change)
        return kind if inner == kind.value_type else inner
    return change(kind)


def _arrow() -> Any:
    import pyarrow

    return pyarrow
