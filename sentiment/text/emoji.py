"""The emoticon by which an emoji or a rating is read that is not in the vocabulary."""

from collections.abc import Iterator

_SHOWN = {
    ":)": "😀😃😄😁😆😊🙂☺😇🥰😍🤩😘😗😚😙😋😎🤗🥳😌😺😸😻👍👌👏🙌💯🎉🎊🔥✨💪🏆🚀✔✅",
    "<3": "❤♥🧡💛💚💙💜🤍🤎💕💞💓💗💖💘💝💟🫶",
    ";)": "😉",
    ":p": "😛😜😝🤪",
    ":(": "🙁☹😞😔😟😕😣😖😫😩😢😥😰😨😠😡🤬😤😒🙄😑🤮🤢😾😿👎🖕💩💔🤦❌",
}


def _ratings() -> Iterator[tuple[str, str]]:
    """Yield the runs of stars that judge, as the tokeniser gives them.

    Without empty ones they are out of five. Three of five say neither.
    """
    for length in range(2, 11):
        for full in range(1, length + 1):
            share = full / (length if full < length else max(length, 5))
            if share >= 0.8 or share <= 0.4:
                stars = "★" * full + "☆" * (length - full)
                yield stars, ":)" if share >= 0.8 else ":("


# Ambiguous faces (😂 😭 😱) are left out. The tokeniser has removed skin tones and
# selectors before.
EMOTICONS = {emoji: shown for shown, emojis in _SHOWN.items() for emoji in emojis}
EMOTICONS.update(_ratings())
# A facepalm may say whose it is.
EMOTICONS |= dict.fromkeys(("</3", "t_t", "🤦\u200d♀", "🤦\u200d♂"), ":(")
