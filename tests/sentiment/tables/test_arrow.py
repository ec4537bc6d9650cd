"""Whatever Parquet can hold comes out as values that lose nothing, or as text."""

import pyarrow
import pytest

from sentiment.tables.arrow import may_hold_texts, values_of

# Python's own times end at the microsecond.
ODD = 2_305_843_009_213_693_953
NANOSECONDS = pyarrow.timestamp("ns")
WRITTEN = "2043-01-25 23:56:49.213693953"


@pytest.mark.parametrize(
    ("kind", "value", "expected"),
    [
        (NANOSECONDS, ODD, WRITTEN),
        (pyarrow.list_(NANOSECONDS), [ODD, None], [WRITTEN, None]),
        (pyarrow.large_list(NANOSECONDS), [ODD], [WRITTEN]),
        (pyarrow.list_(NANOSECONDS, 1), [ODD], [WRITTEN]),
        (pyarrow.struct([("at", NANOSECONDS)]), {"at": ODD}, {"at": WRITTEN}),
        (pyarrow.map_("string", NANOSECONDS), [("at", ODD)], [("at", WRITTEN)]),
        (pyarrow.duration("ns"), ODD, ODD),
        (pyarrow.list_(pyarrow.duration("ns")), [ODD], [ODD]),
        (pyarrow.list_(pyarrow.int64()), [ODD], [ODD]),
    ],
    ids=str,
)
def test_times_are_text_to_the_nanosecond_however_deep(kind, value, expected):
    """Where there is no pandas they were a traceback, though nobody had asked."""
    assert values_of(pyarrow.array([value, None], kind)) == [expected, None]


def test_a_zone_that_this_machine_does_not_know_is_told_in_utc():
    """Such a file was called damaged."""
    kind = pyarrow.timestamp("s", "Nowhere/Land")
    times = pyarrow.array([86_400, None], pyarrow.int64()).cast(kind)
    assert values_of(times) == ["1970-01-02 00:00:00Z", None]


def test_numbers_of_four_bytes_have_the_digits_they_need():
    """0.1 came out as 0.10000000149011612."""
    numbers = [0.1, 1e-7, 16_777_216.0, None]
    assert values_of(pyarrow.array(numbers, pyarrow.float32())) == numbers


@pytest.mark.parametrize("around", [pyarrow.list_, pyarrow.large_list])
def test_numbers_in_lists_have_the_digits_they_need(around):
    numbers = [[0.5, 0.1], None, []]
    assert values_of(pyarrow.array(numbers, around(pyarrow.float32()))) == numbers


def test_numbers_in_structs_and_maps_have_the_digits_they_need():
    short = pyarrow.float32()
    inner = pyarrow.struct([("a", short), ("b", pyarrow.string())])
    kind = pyarrow.map_(pyarrow.string(), inner)
    value = [("first", {"a": 0.1, "b": "x"})]
    assert values_of(pyarrow.array([value, None], kind)) == [value, None]


TORN = b"caf\xe9"


def unchecked(values):
    """Return bytes as the string column that some writers make of them."""
    raw = pyarrow.array(values, pyarrow.binary())
    buffers = raw.buffers()
    return pyarrow.Array.from_buffers(pyarrow.string(), len(raw), buffers)


def test_a_string_that_is_not_utf_8_is_bytes_and_the_others_are_texts():
    """It ended a run, and took what was done with it."""
    strings = unchecked([b"good", TORN, None, "ça".encode()])
    texts = ["good", TORN, None, "ça"]
    assert values_of(strings) == texts
    lists = pyarrow.ListArray.from_arrays([0, 2, 4], strings)
    assert values_of(lists) == [texts[:2], texts[2:]]
    structs = pyarrow.StructArray.from_arrays([strings], ["a"])
    assert values_of(structs) == [{"a": text} for text in texts]
    places = pyarrow.array([0, 1, None, 3])
    of_few = pyarrow.DictionaryArray.from_arrays(places, strings)
    assert values_of(of_few) == texts


def test_texts_may_be_of_any_kind_of_string_or_bytes():
    kinds = [
        *(pyarrow.string(), pyarrow.large_string(), pyarrow.string_view()),
        *(pyarrow.binary(), pyarrow.large_binary(), pyarrow.null()),
        pyarrow.dictionary(pyarrow.int8(), pyarrow.string()),
        pyarrow.json_(),
    ]
    assert all(map(may_hold_texts, kinds))
    others = [pyarrow.int64(), pyarrow.bool_(), pyarrow.list_(pyarrow.string())]
    others += [pyarrow.date32(), pyarrow.dictionary(pyarrow.int8(), pyarrow.int8())]
    assert not any(map(may_hold_texts, others))
