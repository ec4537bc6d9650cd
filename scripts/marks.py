"""The part of a page that a script writes: what stands between two marks."""


def cut(page: str, begin: str, end: str) -> tuple[str, str, str]:
    """Return what stands before, between and after the marks ``begin`` and ``end``.

    Raises:
        ValueError: The page has lost one of them.
    """
    before, found_begin, rest = page.partition(begin)
    between, found_end, after = rest.partition(end)
    if not (found_begin and found_end):
        raise ValueError(
            f"the page has lost {begin.strip()} or {end.strip()}: put both back, "
            "around what is written between them"
        )
    return before, between, after
