"""The emoticon by which an emoji is read that is not in the vocabulary."""

_SHOWN = {
    ":)": "😀😃😄😁😆😊🙂☺😇🥰😍🤩😘😗😚😙😋😎🤗🥳😌😺😸😻👍👌👏🙌💯🎉🎊",
    "<3": "❤♥🧡💛💚💙💜🤍🤎💕💞💓💗💖💘💝💟",
    ";)": "😉",
    ":p": "😛😜😝🤪",
    ":(": "🙁☹😞😔😟😕😣😖😫😩😢😥😰😨😠😡🤬😤😒🙄😑🤮🤢😾😿👎🖕💩💔",
}

# Ambiguous faces (😂 😭 😱) are left out. The tokeniser has removed skin tones and
# selectors before.
EMOTICONS = {emoji: shown for shown, emojis in _SHOWN.items() for emoji in emojis}
