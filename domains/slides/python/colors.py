"""Plain fillings and backgrounds as red, green, blue, alpha: what the file says, with the theme looked up."""

import colorsys

from galley_walk import A, P

R = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}"
NAMES = {"white": "FFFFFF", "black": "000000", "red": "FF0000", "green": "008000", "blue": "0000FF", "yellow": "FFFF00",
         "gray": "808080", "orange": "FFA500"}


class Theme:
    """The colours of a slide's theme by the names that its shapes use."""

    def __init__(self, slide):
        master = slide.slide_layout.slide_master
        self.colors = {}
        for relation in master.part.rels.values():
            if relation.reltype.endswith("/theme"):
                self.read(relation.target_part.blob)
        mapped = master._element.find(P + "clrMap")
        self.map = dict(mapped.attrib) if mapped is not None else {}

    def read(self, blob):
        from lxml import etree

        root = etree.fromstring(blob, etree.XMLParser(resolve_entities=False, no_network=True))
        scheme = root.find(A + "themeElements/" + A + "clrScheme")
        for entry in scheme if scheme is not None else ():
            for color in entry:
                self.colors[entry.tag[len(A):]] = color.get("lastClr") or color.get("val")

    def named(self, name, placeholder=None):
        if name == "phClr":
            return placeholder
        return self.colors.get(self.map.get(name, name)) or self.colors.get(name)


def fill_of(shape, theme):
    """The filling of `p:sp`, `p:pic` or `a:tc`; None for none and for what is not plain."""
    properties = shape.find(P + "spPr")
    if properties is None:
        properties = shape.find(A + "tcPr")
    for child in properties if properties is not None else ():
        if child.tag == A + "solidFill":
            return solid(child, theme)
        if child.tag in (A + "noFill", A + "gradFill", A + "blipFill", A + "pattFill", A + "grpFill"):
            return None
    style = shape.find(P + "style/" + A + "fillRef")
    # The first filling of every theme is plain; the others are its gradients.
    if style is not None and style.get("idx") in ("1", "2", "3") and len(style):
        return color_of(style[0], theme) if style.get("idx") == "1" else None
    return None


def background_of(slide, theme):
    """That of the slide, its layout or its master, whichever says it first."""
    for owner in (slide, slide.slide_layout, slide.slide_layout.slide_master):
        background = owner._element.find(P + "cSld/" + P + "bg")
        if background is None:
            continue
        filling = background.find(P + "bgPr/" + A + "solidFill")
        if filling is not None:
            return solid(filling, theme)
        reference = background.find(P + "bgRef")
        if reference is not None and len(reference) and reference.get("idx") == "1001":
            return color_of(reference[0], theme)
        return None
    return [255, 255, 255, 255]


def solid(filling, theme):
    return color_of(filling[0], theme) if len(filling) else None


def color_of(element, theme):
    """One of DrawingML's colours, with the changes below it."""
    kind, value = element.tag[len(A):], element.get("val") or ""
    text = {
        "srgbClr": lambda: value,
        "schemeClr": lambda: theme.named(value),
        "sysClr": lambda: element.get("lastClr"),
        "prstClr": lambda: NAMES.get(value),
    }.get(kind, lambda: None)()
    try:
        rgb = [int(text[at:at + 2], 16) / 255 for at in (0, 2, 4)]
    except (TypeError, ValueError):
        return None
    alpha = 1.0
    for change in element:
        try:
            amount = int(change.get("val", "100000").rstrip("%")) / 100000
        except ValueError:
            continue
        rgb, alpha = changed(change.tag[len(A):], amount, rgb, alpha)
    return [round(255 * min(max(part, 0.0), 1.0)) for part in (*rgb, alpha)]


def changed(name, amount, rgb, alpha):
    if name == "alpha":
        return rgb, amount
    if name in ("lumMod", "lumOff", "satMod"):
        hue, light, saturation = colorsys.rgb_to_hls(*rgb)
        light = min(light * amount, 1.0) if name == "lumMod" else light
        light = min(light + amount, 1.0) if name == "lumOff" else light
        saturation = min(saturation * amount, 1.0) if name == "satMod" else saturation
        return list(colorsys.hls_to_rgb(hue, light, saturation)), alpha
    if name == "shade":
        return [part * amount for part in rgb], alpha
    if name == "tint":
        return [part * amount + 1.0 - amount for part in rgb], alpha
    return rgb, alpha
