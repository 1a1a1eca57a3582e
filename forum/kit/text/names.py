"""Look-alikes: one skeleton for all names that a reader would take for each other."""

from __future__ import annotations

import unicodedata
from typing import Final

from forum.kit.text.plain import without_hidden

# What looks like each letter after compatibility folding, lower-casing and dropping accents. Written by hand
# for the scripts that mix with Latin unseen: Cyrillic, Greek, Armenian, Coptic, Cherokee, Lisu, Canadian
# syllabics, phonetic and small-capital Latin. Scripts that no living person writes are left out.
_LOOK_ALIKES: Final = {
    "a": "аɑαᴀꭺӕ⍺ꓮᎪᗅ@",
    "b": "ьвƅᏼᏏᑲᖯʙꓐᗷβ",
    "c": "сᴄϲⲥꮯᏟꓚ¢",
    "d": "ԁꓒᏧᑯᎠꓓᗞᗪ",
    "e": "еҽєεℯ℮ꬲᴇꭼᎬꓰ",
    "f": "ꬵꞙẝքꜰꓝᖴϝ",
    "g": "ɡᶃƍցԍɢᏀꓖ",
    "h": "һհᏂнʜᎻꓧᕼ",
    "k": "кκᴋᏦꓗⲕ",
    # I, l, 1 and the bar are one sign in many fonts: "adm1n", "admln" and "admin" are the same name.
    "l": "i1|│۱١߁ıɪɩιіꙇӏꭵᎥǀⲓⵏᛁꓲʟᏞꓡ∣⏽ƖاוןІᒪ!",
    "j": "јϳᴊᎫꓙᒍ",
    "m": "мᴍᎷꓟᗰⲙϻᛖ",
    "n": "ոռпήɴꓠηиՌ",
    "o": "0〇౦೦൦߀ھہەоοσօᴏᴑⲟပဝоꬽჿഠ௦०੦૦๐໐၀٥۵סهەഠＯဝ𐓪𐐬ꓳⵔ",
    "p": "рρϱ⍴ⲣᴘᏢꓑᑭ",
    "q": "ԛգզϙ",
    "r": "гᴦⲅꭇꭈꮁʀᎡᏒꓣᖇ",
    "s": "ѕꜱꮪᏚᏕՏꓢ$𐑈",
    "t": "тτᴛᎢꓔ",
    "u": "υսᴜʋꞟꭎꭒꓴᑌμц",
    "v": "νѵᴠ∨⋁טꮩᏙꓦᐯ",
    "w": "ѡԝաᴡɯωꮃᎳᏔꓪ",
    "x": "хχ×᙮⤫⤬⨯ᕁᕽꓫⵝ",
    "y": "уүγʏɣᶌỿꭚყᎩꓬ",
    "z": "ᴢꮓᏃꓜζ",
    "2": "ƨᒿꛯꝛϩ",
    "3": "зʒɜӡȝꝫⳍ",
    "4": "Ꮞ",
    "5": "ƽ",
    "6": "бⳓᏮ",
    "8": "ȣ৪ଃ੪",
    "9": "੧୨৭൭ꝯⳋ",
    "-": "‐‑‒–—―−ー⁃_",
    ".": "·․‧•。･∙⋅",
}
# Greek and Coptic letters that look like another Latin letter than their folded form does.
_CAPITALS: Final = str.maketrans("ΗΝΥΜΖΡⲚⲎϹϲ", "hnymzpnhcc")
_TABLE: Final = {ord(alike.casefold()): letter for letter, alikes in _LOOK_ALIKES.items() for alike in alikes
                 if len(alike.casefold()) == 1}  # fmt: skip
_PAIRS: Final = (("rn", "m"), ("vv", "w"))


def skeleton(name: str) -> str:
    """What a name looks like: two names with one skeleton are hard to tell apart. For comparing only.

    Compatibility forms, case, accents, invisible characters and look-alikes from other scripts are folded
    (0 as o, 1 and i as l, "rn" as m). Hangul stays as it is. Applying it twice changes nothing.
    """
    seen = without_hidden(name).translate(_CAPITALS)
    folded = unicodedata.normalize("NFKC", seen).translate(_CAPITALS).casefold()
    parts = unicodedata.normalize("NFKD", folded)
    bare = "".join(char for char in parts if unicodedata.category(char) != "Mn")
    look = unicodedata.normalize("NFC", bare).translate(_TABLE)
    for pair, letter in _PAIRS:
        look = look.replace(pair, letter)
    return " ".join(look.split())
