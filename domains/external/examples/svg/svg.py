"""A small SVG subset, read and drawn with nothing but Python: what a library would do in a domain of your own."""
import re

SIZE = 64  # pixels, both ways
TAG = re.compile(r'<(rect) x="(\d\d?)" y="(\d\d?)" width="(\d\d?)" height="(\d\d?)" fill="#([\da-f]{3})"/>'
                 r'|<(circle) cx="(\d\d?)" cy="(\d\d?)" r="(\d\d?)" fill="#([\da-f]{3})"/>'
                 r'|<(text) x="(\d\d?)" y="(\d\d?)" fill="#([\da-f]{3})">([A-Z]{1,9})</text>')
# Capital letters, five rows of three dots each: the bits of an octal digit are the dots of a row.
FONT = dict(zip("ABCDEFGHIJKLMNOPQRSTUVWXYZ", """25755 65656 34443 65556 74647 74644 34553 55755 72227 11152 55655 44447
57755 65555 25552 65644 25563 65655 34216 72222 55557 55552 55775 55255 55222 71247""".split()))
DOT, LETTER, HEIGHT = 2, 8, 10


def parse(program):
    """(kind, span, values by name, their spans by name) of every element; spans count bytes of UTF-8."""
    source, at, elements = program.encode().decode("latin-1"), len("<svg>"), []
    while not source.startswith("<svg>") or source[at:] != "</svg>":
        tag = TAG.match(source, at) if source.startswith("<svg>") else None
        if not tag:
            raise SyntaxError(f"no <svg>, or at byte {at} neither an element with all its attributes nor </svg>")
        kind, *groups = [group for group, text in enumerate(tag.groups(), 1) if text]
        names, at = re.findall(r'(\w+)="', tag[0]) + ["text"], tag.end()
        values = {name: tag[group] for name, group in zip(names, groups)}
        elements.append((tag[kind], tag.span(), values, {name: tag.span(group) for name, group in zip(names, groups)}))
    if not elements:
        raise SyntaxError("there is no element")
    return elements


def box(kind, values):
    """Where an element is: [x, y, width, height]."""
    numbers = {name: int(value) for name, value in values.items() if name not in ("fill", "text")}
    if kind == "circle":
        x, y, r = numbers.values()
        return [x - r, y - r, 2 * r, 2 * r]
    if kind == "text":  # y is the base line
        return [numbers["x"], numbers["y"] - HEIGHT, LETTER * len(values["text"]), HEIGHT]
    return list(numbers.values())


def pieces(kind, values):
    """The rectangles that paint it."""
    x, y, width, height = box(kind, values)
    if kind == "rect":
        yield x, y, width, height
    elif kind == "circle":
        for row in range(height):
            half = round((height * height / 4 - (row + 0.5 - height / 2) ** 2) ** 0.5)
            yield x + width // 2 - half, y + row, 2 * half, 1
    else:
        for at, letter in enumerate(values["text"]):
            for row, bits in enumerate(FONT[letter]):
                for dot in range(3):
                    if int(bits) >> (2 - dot) & 1:
                        yield x + LETTER * at + DOT * dot, y + DOT * row, DOT, DOT


def picture(elements):
    """A binary PPM of (kind, values), painted in order on white."""
    image = [[b"\xff\xff\xff"] * SIZE for _ in range(SIZE)]
    for kind, values in elements:
        colour = bytes(17 * int(digit, 16) for digit in values["fill"])
        for x, y, width, height in pieces(kind, values):
            left, right = max(x, 0), max(min(x + width, SIZE), 0)
            for row in image[max(y, 0):max(y + height, 0)]:
                row[left:right] = [colour] * (right - left)
    return b"P6\n%d %d\n255\n" % (SIZE, SIZE) + b"".join(map(b"".join, image))
