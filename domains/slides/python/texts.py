"""Where texts are on a page: the characters of the PDF, given to the runs of the deck that wrote them."""

import ctypes
import unicodedata
from collections import Counter

import pypdfium2.raw as pdfium

# More characters than anybody reads on a slide.
MOST = 20_000


class Characters:
    """The visible characters of a page in the order in which they are painted. Boxes are in points from the left upper
    corner: left, top, right, bottom."""

    def __init__(self, page, height):
        self.text, self.boxes, self.sizes, self.colors = [], [], [], []
        text = pdfium.FPDFText_LoadPage(page)
        if not text:
            return
        box = [ctypes.c_double() for _ in range(4)]
        color = [ctypes.c_uint() for _ in range(4)]
        matrix = pdfium.FS_MATRIX()
        for at in range(min(pdfium.FPDFText_CountChars(text), MOST)):
            letter = chr(pdfium.FPDFText_GetUnicode(text, at) or 0xFFFD)
            if letter.isspace() or unicodedata.category(letter) in ("Cc", "Cf") or pdfium.FPDFText_IsGenerated(text, at) == 1:
                continue
            if not pdfium.FPDFText_GetCharBox(text, at, *box):
                continue
            left, right, bottom, top = (one.value for one in box)
            size = pdfium.FPDFText_GetFontSize(text, at)
            if pdfium.FPDFText_GetMatrix(text, at, matrix):
                size *= (matrix.c ** 2 + matrix.d ** 2) ** 0.5
            pdfium.FPDFText_GetFillColor(text, at, *color)
            for one in folded(letter):
                self.text.append(one)
                self.boxes.append((left, height - top, right, height - bottom))
                self.sizes.append(size)
                self.colors.append(tuple(part.value for part in color[:3]))
        pdfium.FPDFText_ClosePage(text)
        self.string = "".join(self.text)
        self.used = bytearray(len(self.string))


def folded(text):
    """Letters as they are compared: without white space, ligatures taken apart, in one case."""
    plain = unicodedata.normalize("NFKC", text).casefold()
    return "".join(one for one in plain if not one.isspace() and unicodedata.category(one) not in ("Cc", "Cf"))


def find(characters, text, frame):
    """The places of the characters that say `text` and lie next to `frame`; empty where none do. A text that is not
    there as a whole (a letter that no font has) is looked for word by word."""
    whole = stretch(characters, text, frame)
    if whole or not text.split()[1:]:
        return whole
    return [at for word in text.split() for at in stretch(characters, word, frame)]


def stretch(characters, text, frame):
    wanted = folded(text)
    if not wanted or not characters.text:
        return []
    best, at = None, characters.string.find(wanted)
    while at >= 0:
        end = at + len(wanted)
        if not any(characters.used[at:end]):
            distance = away(characters.boxes[at], frame) + away(characters.boxes[end - 1], frame)
            if best is None or distance < best[0] - 1e-6:
                best = (distance, at, end)
        at = characters.string.find(wanted, at + 1)
    if best is None:
        return []
    _, start, end = best
    characters.used[start:end] = b"\1" * (end - start)
    return list(range(start, end))


def bullet(characters, first):
    """The box of what stands unasked for before a paragraph, on its line: a bullet or a number."""
    found, at = None, first
    while at > 0 and not characters.used[at - 1]:
        before, after = characters.boxes[at - 1], characters.boxes[at]
        if before[2] > after[0] + 1 or before[1] > after[3] or before[3] < after[1] - (after[3] - after[1]):
            break
        at -= 1
        characters.used[at] = 1
        found = before if found is None else around(found, before)
    return found


def around(a, b):
    return [min(a[0], b[0]), min(a[1], b[1]), max(a[2], b[2]), max(a[3], b[3])]


def away(box, frame):
    """How far the middle of a character is outside a frame."""
    x, y = (box[0] + box[2]) / 2, (box[1] + box[3]) / 2
    return max(frame[0] - x, 0.0, x - frame[2]) + max(frame[1] - y, 0.0, y - frame[3])


def summary(characters, places):
    """Ink, smallest size in points and most frequent colour of characters."""
    boxes = [characters.boxes[at] for at in places]
    ink = [min(box[0] for box in boxes), min(box[1] for box in boxes),
           max(box[2] for box in boxes), max(box[3] for box in boxes)]
    color = Counter(characters.colors[at] for at in places).most_common(1)[0][0]
    return {"ink": ink, "font_pt": min(characters.sizes[at] for at in places), "color": list(color), "count": len(boxes)}


def joined(parts):
    """The summary of several, None among them left out."""
    parts = [part for part in parts if part is not None]
    if not parts:
        return None
    ink = [min(part["ink"][0] for part in parts), min(part["ink"][1] for part in parts),
           max(part["ink"][2] for part in parts), max(part["ink"][3] for part in parts)]
    weights = Counter()
    for part in parts:
        weights[tuple(part["color"])] += part["count"]
    return {"ink": ink, "font_pt": min(part["font_pt"] for part in parts),
            "color": list(weights.most_common(1)[0][0]), "count": sum(part["count"] for part in parts)}
