"""What an emoji reads as where a network has never met it: the emoticon it shows."""

_SHOWN = {
    ":)": "😀😃😄😁😆😊🙂☺😇🥰😍🤩😘😗😚😙😋😎🤗🥳😌😺😸😻👍👌👏🙌💯🎉🎊",
    "<3": "❤♥🧡💛💚💙💜🤍🤎💕💞💓💗💖💘💝💟",
    ";)": "😉",
    ":p": "😛😜😝🤪",
    ":(": "🙁☹😞😔😟😕😣😖😫😩😢😥😰😨😠😡🤬😤😒🙄😑🤮🤢😾😿👎🖕💩💔",
}

# Faces that people read either way (😂 😭 😱) are left out. Skin and selectors are gone
# by then: see the tokeniser.
EMOTICONS = {emoji: shown for shown, emojis in _SHOWN.items() for emoji in emojis}
