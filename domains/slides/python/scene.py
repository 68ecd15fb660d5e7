"""What is on a slide, in the order of the walk: kind, frame, text, ink. Coordinates in pixels of the picture."""

import galley_colors as colors
import galley_frames as frames
import galley_tables as tables
import galley_texts as texts
from galley_walk import A, P, SHAPES, walk

CHART = "http://schemas.openxmlformats.org/drawingml/2006/chart"
TABLE = "http://schemas.openxmlformats.org/drawingml/2006/table"


def read(slide, index, page, height, size, width):
    """The background and the shapes of `slide`, which `page` shows (`height` points high)."""
    theme = colors.Theme(slide)
    found = walk(slide._element.find(P + "cSld/" + P + "spTree"))
    scale = width / size[0]
    points = scale * 12700
    letters = texts.Characters(page, height)
    spaces, shapes, boxes = {None: frames.Space()}, [], {}
    for at, (element, parent) in enumerate(found):
        if element.tag in SHAPES:
            shape = shape_of(element, spaces[parent], slide, theme, scale)
            if element.tag == P + "grpSp":
                spaces[at] = spaces[parent].inside(element)
            if element.tag == P + "graphicFrame":
                boxes.update(cells(element, spaces[parent], scale))
        elif element.tag == A + "tc":
            shape = {**boxes[element], "id": shapes[parent]["id"], "kind": "cell", "name": "", "fill": colors.fill_of(element, theme)}
        else:
            shape = {"id": shapes[parent]["id"], "kind": "paragraph" if element.tag == A + "p" else "run", "name": "",
                     "around": shapes[parent].get("around") or box(shapes[parent]["corners"])}
        shape.update(parent=parent, text="")
        shapes.append(shape)
    write_texts(found, shapes, letters, index, points)
    for at, (element, parent) in enumerate(found):
        if shapes[at]["kind"] == "table":
            grow(at, found, shapes, spaces[parent], tables.boxes(page, height), scale, points)
    for shape in shapes:
        shape.pop("around", None)
    return {"background": colors.background_of(slide, theme), "shapes": shapes}


def shape_of(element, space, slide, theme, scale):
    transform = frames.transform_of(element)
    if transform is None:
        transform = frames.inherited(element, slide)
    left, top, width, height, rotation, flips = frames.outer(transform)
    rows = frames.rows(element) if element.tag == P + "graphicFrame" else ()
    if rows:
        height = sum(frames.number(row, "h") for row in rows)
    centre, width, height, rotation, _ = space.frame(left, top, width, height, rotation, flips)
    about = element.find("*/" + P + "cNvPr")
    shape = {
        "id": int(frames.number(about, "id")) & 0xFFFFFFFF,
        "kind": kind_of(element),
        "name": (about.get("name", "") if about is not None else "")[:200],
        "corners": [[x * scale, y * scale] for x, y in frames.corners(centre, width, height, rotation)],
        "rotation": rotation,
        "fill": colors.fill_of(element, theme),
    }
    if element.tag == P + "pic":
        shape["picture_aspect"] = aspect(element, slide, width, height)
    return shape


def kind_of(element):
    if element.tag == P + "grpSp":
        return "group"
    if element.tag == P + "cxnSp":
        return "connector"
    if element.tag == P + "graphicFrame":
        data = element.find(A + "graphic/" + A + "graphicData")
        return {TABLE: "table", CHART: "chart"}.get(data.get("uri") if data is not None else None, "other")
    if element.tag == P + "pic":
        media = element.find(P + "nvPicPr/" + P + "nvPr")
        movie = media is not None and any(child.tag in (A + "videoFile", A + "audioFile") for child in media)
        return "other" if movie else "picture"
    if element.find("*/*/" + P + "ph") is not None:
        return "placeholder"
    if element.find(P + "nvSpPr/" + P + "cNvSpPr[@txBox='1']") is not None:
        return "text-box"
    return "freeform" if element.find(P + "spPr/" + A + "custGeom") is not None else "auto-shape"


def aspect(element, slide, width, height):
    """Width by height of the picture's own pixels that are shown, and as they are shown."""
    blip = element.find(P + "blipFill/" + A + "blip")
    try:
        wide, high = slide.part.related_part(blip.get(colors.R + "embed")).image.size
    except Exception:
        return None
    crop = element.find(P + "blipFill/" + A + "srcRect")
    if crop is not None:
        cut = lambda name: frames.number(crop, name) / 100000
        wide, high = wide * (1 - cut("l") - cut("r")), high * (1 - cut("t") - cut("b"))
    return [wide / high, width / height] if wide > 0 and high > 0 and height > 0 and width > 0 else None


def cells(element, space, scale, heights=None):
    """The frames of a table's cells by cell."""
    left, top, _, _, rotation, flips = frames.outer(frames.transform_of(element))
    found = {}
    for cell, x, y, wide, high in frames.cell_frames(element, heights):
        centre, w, h, turned, _ = space.frame(left + x, top + y, wide, high, rotation, flips)
        corners = [[a * scale, b * scale] for a, b in frames.corners(centre, w, h, turned)]
        found[cell] = {"corners": corners, "rotation": turned}
    return found


def grow(at, found, shapes, space, areas, scale, points):
    """Puts a table and its cells where they are drawn; one in a group stays as the file says."""
    element, parent = found[at]
    if parent is not None:
        return
    inks = {
        one: ([edge / points for edge in shape["ink"]], shape["font_pt"])
        for (one, owner), shape in zip(found, shapes)
        if owner == at and shape.get("ink")
    }
    left, top, _, _, rotation, flips = frames.outer(frames.transform_of(element))
    heights = tables.heights(element, left, top, scale / points, areas, inks)
    drawn = cells(element, space, scale, heights)
    for (one, owner), shape in zip(found, shapes):
        if owner == at and one in drawn:
            shape.update(drawn[one])
    centre, w, h, turned, _ = space.frame(left, top, sum(frames.columns(element)), sum(heights), rotation, flips)
    shapes[at]["corners"] = [[x * scale, y * scale] for x, y in frames.corners(centre, w, h, turned)]


def box(corners):
    return [min(x for x, _ in corners), min(y for _, y in corners), max(x for x, _ in corners), max(y for _, y in corners)]


def write_texts(found, shapes, letters, index, points):
    """Gives every run its text and its ink, and what is around it the sum of them."""
    below, firsts = {}, {}
    for at, (element, parent) in enumerate(found):
        shape = shapes[at]
        if shape["kind"] == "run":
            text = element.findtext(A + "t") or ""
            if element.get("type") == "slidenum":
                text = str(index + 1)
            shape["text"] = text
            around = [edge / points for edge in shape["around"]]
            places = texts.find(letters, text, around)
            below.setdefault(parent, []).append(texts.summary(letters, places) if places else None)
            if places:
                firsts.setdefault(parent, places[0])
            tell(shape, below[parent][-1], points)
    # Paragraphs come after what they are in, so the sums are made from the end.
    for at in range(len(shapes) - 1, -1, -1):
        kind, parent = shapes[at]["kind"], shapes[at]["parent"]
        if kind == "run":
            continue
        whole = texts.joined(below.get(at, []))
        mark = texts.bullet(letters, firsts[at]) if at in firsts else None
        if mark is not None:
            whole["ink"] = texts.around(whole["ink"], mark)
        tell(shapes[at], whole, points)
        if kind == "paragraph":
            below.setdefault(parent, []).append(whole)
    lines = {}
    for at, (element, parent) in enumerate(found):
        if shapes[at]["kind"] == "paragraph":
            parts = (part.text or "" if part.tag == A + "t" else "\v" for part in element.iter(A + "t", A + "br"))
            shapes[at]["text"] = "".join(parts)
            lines.setdefault(parent, []).append(shapes[at]["text"])
    for at, texts_of in lines.items():
        shapes[at]["text"] = "\n".join(texts_of)


def tell(shape, summary, points):
    if summary is not None:
        shape["ink"] = [edge * points for edge in summary["ink"]]
        shape["font_pt"], shape["text_color"] = summary["font_pt"], summary["color"]
    if "corners" not in shape:
        left, top, right, bottom = shape.get("ink") or [0.0] * 4
        shape["corners"] = [[left, top], [right, top], [right, bottom], [left, bottom]]
        shape["rotation"] = 0.0
