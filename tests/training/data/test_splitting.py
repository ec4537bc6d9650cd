"""A text's split comes from the text alone, for ever."""

from collections.abc import Sequence

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from training.data.cleaning import deduplicate
from training.data.examples import Example, SplitName
from training.data.source import SourceConfig
from training.data.splitting import Splits, position, split
from training.data.targets import one_hot


def examples_of(
    texts: Sequence[str], *, source: str = "shop", split: SplitName | None = None
) -> list[Example]:
    return [
        Example(text=text, target=one_hot(2), source=source, split=split)
        for text in texts
    ]


def many(count: int, **options: object) -> list[Example]:
    return examples_of([f"review number {at}" for at in range(count)], **options)


def texts(examples: Sequence[Example]) -> set[str]:
    return {example.text for example in examples}


def names(splits: Splits) -> dict[str, str]:
    return {one.text: name for name, part in splits.by_name().items() for one in part}


def test_positions_never_change():
    # Were they to, what older models were tested on would be trained on.
    assert position("Good film!") == pytest.approx(0.8827157859594971)
    assert position("It arrived on Tuesday.") == pytest.approx(0.47214330146106975)


@given(st.text())
def test_a_position_lies_in_the_unit_interval(text):
    assert 0 <= position(text) < 1


def test_shares_are_met():
    splits = split(many(5_000), validation=0.2, test=0.1)
    assert len(splits.test) == pytest.approx(500, abs=75)
    assert len(splits.validation) == pytest.approx(1_000, abs=100)
    assert len(splits.train) == 5_000 - len(splits.test) - len(splits.validation)


shares = st.floats(0, 0.45)
text_lists = st.lists(st.text(min_size=1), unique=True)


@given(text_lists, text_lists, shares, shares)
def test_more_texts_move_none(texts_then, texts_later, validation, test):
    then, _ = deduplicate(examples_of(texts_then))
    later, _ = deduplicate(examples_of([*texts_later, *texts_then]))
    before = names(split(then, validation=validation, test=test))
    after = names(split(later, validation=validation, test=test))
    assert all(after[text] == before[text] for text in after.keys() & before.keys())


@given(text_lists, text_lists, st.sampled_from(["train", "validation", None]), shares)
def test_what_was_test_is_test_also_when_a_source_with_its_own_split_joins(
    ours, theirs, their_split, test
):
    before = split(deduplicate(examples_of(ours))[0], validation=0.1, test=test)
    joined = examples_of(theirs, source="papers", split=their_split) + examples_of(ours)
    after = split(deduplicate(joined)[0], validation=0.1, test=test)
    assert texts(before.test).isdisjoint(texts(after.train))
    assert texts(before.test).isdisjoint(texts(after.validation))


@given(text_lists, shares, shares, shares)
def test_a_larger_share_only_adds_texts_to_its_split(
    some, validation, test, larger_test
):
    assume(test <= larger_test)
    small = split(examples_of(some), validation=validation, test=test)
    large = split(examples_of(some), validation=validation, test=larger_test)
    assert texts(small.test) <= texts(large.test)
    assert large.validation == small.validation
    wider = split(examples_of(some), validation=0.5, test=test)
    assert texts(small.validation) <= texts(wider.validation)
    assert wider.test == small.test


def test_the_order_of_the_texts_does_not_matter():
    ordered, turned = many(200), many(200)[::-1]
    assert names(split(ordered, validation=0.2, test=0.2)) == names(
        split(turned, validation=0.2, test=0.2)
    )


def source_of(**settings: object) -> SourceConfig:
    return SourceConfig(name="shop", path="shop.csv", **settings)  # type: ignore[arg-type]


marks = st.sampled_from([None, "train", "validation", "test"])
marked = st.dictionaries(
    st.integers(0, 99).map("review number {}".format), marks, max_size=30
)
SOURCES = [
    {},
    {"official": []},
    {"official": ["validation"]},
    {"official": ["validation", "test"]},
    {"train_only": True},
]


@given(marked, marked, st.sampled_from(SOURCES), shares, shares)
def test_no_row_moves_another_whatever_it_is_marked_as(
    rows, more, settings, validation, test
):
    """One row marked test sent the 109 test texts of 1,000 others into train."""

    def found(table):
        some = [one for text in table for one in examples_of([text], split=table[text])]
        sources = [source_of(**settings)]
        return names(split(some, validation=validation, test=test, sources=sources))

    before, after = found(rows), found({**more, **rows})
    assert all(after[text] == before[text] for text in before)


def test_what_is_not_marked_is_split_by_its_hash_beside_texts_that_are():
    """All of it was trained on as soon as any other row was marked as test."""
    unmarked = many(1_000)
    alone = split(unmarked, validation=0.1, test=0.1)
    papers = examples_of(["held out by the authors"], split="test")
    together = split(unmarked + papers, validation=0.1, test=0.1)
    assert texts(together.test) == texts(alone.test) | texts(papers)
    assert together.train == alone.train


def test_an_official_split_is_honoured():
    official: dict[SplitName, list[Example]] = {
        name: examples_of([f"{name} {at}" for at in range(40)], split=name)
        for name in ("train", "validation", "test")
    }
    everything = [one for part in official.values() for one in part]
    whole = source_of(split_column="split", official=["validation", "test"])
    splits = split(everything, validation=0.4, test=0.4, sources=[whole])
    assert splits.by_name() == official


def test_a_source_without_a_validation_split_gets_one_out_of_train():
    test = examples_of(["held out by the authors"], split="test")
    splits = split(many(1_000, split="train") + test, validation=0.1, test=0.3)
    assert splits.test == test
    assert len(splits.validation) == pytest.approx(100, abs=40)


def test_a_source_without_an_official_split_gets_both_out_of_train():
    train = many(1_000, split="train")
    open_to_both = source_of(split_column="split", official=[])
    splits = split(train, validation=0.1, test=0.1, sources=[open_to_both])
    assert len(splits.test) == pytest.approx(100, abs=40)
    assert len(splits.validation) == pytest.approx(100, abs=40)
    usual = split(train, validation=0.1, test=0.1)
    assert not usual.test
    assert usual.validation == splits.validation


def test_nothing_is_taken_out_of_a_train_only_source():
    source = SourceConfig(name="phrases", path="phrases.csv", train_only=True)
    splits = split(
        many(100, source="phrases", split="train") + many(100),
        validation=0.3,
        test=0.3,
        sources=[source],
    )
    assert sum(one.source == "phrases" for one in splits.train) == 100
    assert {one.source for one in splits.test + splits.validation} == {"shop"}


def test_sources_with_and_without_a_split_of_their_own_live_together():
    papers = examples_of([f"t{at}" for at in range(9)], source="papers", split="test")
    splits = split(papers + many(200), validation=0.2, test=0.2)
    assert texts(papers) <= texts(splits.test)
    assert {one.source for one in splits.test} == {"papers", "shop"}


def test_a_bound_keeps_the_same_train_texts_as_the_file_grows():
    source = SourceConfig(name="shop", path="shop.csv", max_train_examples=50)
    small = split(many(200), validation=0.1, test=0.1, sources=[source])
    large = split(many(400), validation=0.1, test=0.1, sources=[source])
    unbound = split(many(200), validation=0.1, test=0.1)
    assert len(small.train) == len(large.train) == 50
    assert small.test == unbound.test
    # The ones with the lowest positions: new ones push others out, none comes back.
    old = {f"review number {at}" for at in range(200)}
    assert texts(large.train) & old <= texts(small.train)


def test_a_bound_of_one_source_leaves_the_others_whole():
    source = SourceConfig(name="shop", path="shop.csv", max_train_examples=1)
    others = examples_of(["one", "two"], source="films", split="train")
    splits = split(
        many(20, split="train") + others, validation=0.0, test=0.0, sources=[source]
    )
    assert [one.source for one in splits.train] == ["shop", "films", "films"]
