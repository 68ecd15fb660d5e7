#!/usr/bin/env python3
"""Writes domains/slides/tests/goldens/aeslides: pictures and trees drawn here, and what AeSlides' formulas say of them.

    python3 -m venv V && V/bin/pip install opencv-python-headless numpy && V/bin/python scripts/aeslides_goldens.py

The filters are OpenCV's; the formulas around them (arXiv 2604.22840, published code of the authors: whitespace, aspect
ratio, smoothstep, centroid) are written out below, independently of the Rust ones.
"""
import hashlib
import json
import math
import pathlib

import cv2
import numpy as np

TARGET = pathlib.Path(__file__).parent.parent / "domains/slides/tests/goldens/aeslides"
RANDOM = np.random.default_rng(7)


def slide(width, height, ground, boxes):
    """Boxes are (x, y, width, height, grey, period): stripes of that period, plain for 0."""
    picture = np.full((height, width, 3), ground, np.uint8)
    for x, y, w, h, colour, period in boxes:
        part = picture[y : y + h, x : x + w]
        if period:
            part[::period] = colour
            part[1::period] = colour
        else:
            part[:] = colour
    return picture


def pictures():
    ramp = np.linspace(0, 60, 1280).astype(np.uint8)
    faint = slide(1280, 720, (250, 250, 250), [(100, 80, 500, 40, (230, 228, 240), 0), (700, 400, 300, 200, (225, 240, 228), 9)])
    grain = np.clip(RANDOM.normal(128, 12, (90, 130, 3)), 0, 255).astype(np.uint8)
    grain[30:50] = 90
    return {
        "bullets": slide(1280, 720, (255, 255, 255), [(80, 60, 700, 50, (40, 40, 60), 6), (100, 200, 420, 30, (70, 70, 70), 6), (100, 260, 380, 30, (70, 70, 70), 6)]),
        "columns": slide(1280, 720, (30, 24, 20), [(60, 160, 540, 480, (90, 120, 200), 0), (680, 160, 540, 480, (60, 200, 190), 14)]),
        "ramp": np.repeat(np.repeat(ramp[None, :, None], 720, 0), 3, 2),
        "faint": faint,
        "tall": slide(1280, 900, (255, 255, 255), [(200, 500, 880, 300, (0, 0, 200), 5)]),
        "grain": grain,
        "tiny": slide(40, 30, (255, 255, 255), [(5, 5, 9, 9, (0, 0, 0), 0)]),
    }


def whitespace(picture):
    grey = cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY).astype(np.float32)
    blurred = cv2.GaussianBlur(grey, (21, 21), 0)

    def mean(values):
        return cv2.boxFilter(values, ddepth=-1, ksize=(201, 151), normalize=True, borderType=cv2.BORDER_REFLECT)

    variance = np.maximum(mean(blurred**2) - mean(blurred) ** 2, 0.0)
    busy = (np.clip(np.sqrt(variance), 0.0, 50.0) / 50.0).astype(np.float32) > 0.05
    height, width = busy.shape
    crop = busy[int(height * 0.15) : int(height * (1 - 0.1)), int(width * 0.1) : int(width * (1 - 0.1))]
    return float(np.mean(busy)), float(np.mean(crop))


def smoothstep(x, lower=0.8, upper=0.995):
    if x <= lower:
        return 0.0
    if x >= upper:
        return 1.0
    t = (x - lower) / (upper - lower)
    u = t / (t + (1.0 - t))
    return 3.0 * u * u - 2.0 * u * u * u


def aspect(width, height):
    if width <= 0 or height <= 0:
        return 0.0
    ratio = width / height
    if ratio == 1280 / 720:
        return 1.0
    e = math.log(ratio / (1280 / 720))
    return math.exp(-16.0 * e**2 - 64.0 * max(-e - 0.04, 0.0) ** 2)


def node(kind, box, *children, text=0, lines=(), opacity=1, **flags):
    rect = lambda box: dict(zip(("x", "y", "width", "height"), box))
    known = {name: name in flags for name in ("is_text_like", "is_image_like", "is_icon_like", "has_background_image")}
    meta = {"text_len": text, "text_rects": [rect(line) for line in lines], "style": {"opacity": opacity, "background_image": None}, "flags": known}
    return {"node_type": kind, "bbox": rect(box), "meta": meta, "children": list(children)}


def trees():
    T, P, I, B = "is_text_like", "is_image_like", "is_icon_like", "has_background_image"
    line = lambda y: (60, y, 517.5, 21.25)
    long = node("p", (60, 200, 520, 100), text=120, lines=[line(200), line(225), (60, 250, 1.0, 1.0), line(275)], **{T: 1})
    page = lambda *children: node("html", (0, 0, 1280, 720), node("body", (0, 0, 1280, 720), *children, text=9, **{T: 1}), text=9)
    hidden = node("div", (900, 100, 300, 300), text=50, opacity=0.04, **{T: 1})
    title = node("h1", (60, 40, 700, 60), node("i", (60, 44, 40, 40), **{I: 1}), text=22, **{T: 1})
    hero = node("div", (640, 120, 600, 500), node("img", (700, 160, 300, 200.5), **{P: 1}), node("span", (700, 400, 3, 1), text=3), **{B: 1})
    full = node("div", (0, 0, 1280, 700), **{B: 1})
    covered = node("div", (100, 600, 100, 50), node("p", (100, 600, 97, 50), text=5, **{T: 1}), **{B: 1})
    atoms = [node("svg", (1000, 640, 20.5, 20)), node("input", (20, 640, 100, 20)), node("hr", (0, 630, 1280, 4))]
    return {
        "tree_left.json": page(title, long, hidden),
        "tree_hero.json": page(title, hero, full, covered),
        "tree_atoms.json": page(*atoms),
        "tree_crowd.json": page(node("div", (0, 0, 640, 600), *[node("b", (10 * i, 10, 8, 90), text=1) for i in range(13)], **{B: 1}), long),
    }


ATOMIC = set("svg img picture canvas video iframe object embed button input textarea select option progress meter".split())


def weights(tree, found):
    children = tree["children"]
    for child in children:
        weights(child, found)
    x, y, w, h = tree["bbox"].values()
    meta, flags, area = tree["meta"], tree["meta"]["flags"], w * h
    if area < 4 or meta["style"]["opacity"] < 0.05 or tree["node_type"] in ("html", "body"):
        return
    add = lambda box, weight, source: found.append((box[0] + box[2] / 2, box[1] + box[3] / 2, weight, source))
    lines = [tuple(line.values()) for line in meta["text_rects"]]
    text = flags["is_text_like"] or meta["text_len"] > 0
    if text and meta["text_len"] > 40 and lines:
        [add(line, line[2] * line[3], "text_rect") for line in lines if line[2] * line[3] >= 2]
    elif text:
        add((x, y, w, h), area, "text_bbox")
    if flags["is_image_like"]:
        add((x, y, w, h), area, "image")
    elif flags["is_icon_like"]:
        add((x, y, w, h), area * 0.5, "icon")
    elif not text and not children and tree["node_type"] in ATOMIC:
        add((x, y, w, h), area, "atomic_fallback")
    if flags["has_background_image"] and not flags["is_image_like"] and 0.002 <= area / (1280 * 720) <= 0.75 and len(children) <= 12:
        common = lambda b: max(0, min(x + w, b[0] + b[2]) - max(x, b[0])) * max(0, min(y + h, b[1] + b[3]) - max(y, b[1]))
        rest = max(0.0, area - min(area, sum(common(tuple(c["bbox"].values())) for c in children) + sum(map(common, lines))))
        if rest >= 4 and rest / area >= 0.08:
            add((x, y, w, h), rest, "background_residual")


def centroid(tree):
    found = []
    weights(tree, found)
    total = sum(weight for _, _, weight, _ in found)
    x, y = (sum(item[axis] * item[2] for item in found) / total for axis in (0, 1))
    sources = {name: sum(item[3] == name for item in found) for name in sorted({item[3] for item in found})}
    score = math.hypot((x - 640) / 1280 / 0.0075, (y - 360) / 720 / 0.145)
    return {
        "score": score, "is_visually_imbalanced": score > 1.0, "center_x_px": x, "center_y_px": y,
        "offset_x_px": x - 640, "offset_y_px": y - 360, "nodes_used": len(found), "total_area": total, "source_breakdown": sources,
    }


def main():
    TARGET.mkdir(parents=True, exist_ok=True)
    golden = {"whitespace": {}, "aspect_ratio": [], "smoothstep": [], "centroid": {"view": [1280, 720], "cases": {}}}
    for name, picture in pictures().items():
        cv2.imwrite(str(TARGET / f"{name}.png"), picture, [cv2.IMWRITE_PNG_COMPRESSION, 9])
        full, crop = whitespace(picture)
        golden["whitespace"][f"{name}.png"] = {
            "resolution": [picture.shape[1], picture.shape[0]], "content_ratio_full": full, "content_ratio_crop": crop,
            "reward_full": smoothstep(full), "reward_crop": smoothstep(crop),
            "decoded_bgr_sha256": hashlib.sha256(picture.tobytes()).hexdigest(),
        }
    for width, height in [(1280, 720), (640, 360), (1280, 721), (1280, 750), (1280, 700), (960, 720), (7, 700), (0, 5), (5, 0), (2560, 720)]:
        golden["aspect_ratio"].append({"width": width, "height": height, "reward": aspect(width, height)})
    for value in [0, 0.8, 0.81, 0.87, 0.9, 0.9431, 0.99, 0.995, 1]:
        golden["smoothstep"].append({"value": value, "reward": smoothstep(value)})
    for name, tree in trees().items():
        (TARGET / name).write_text(json.dumps(tree) + "\n")
        golden["centroid"]["cases"][name] = centroid(tree)
    golden["versions"] = {"opencv": cv2.__version__, "numpy": np.__version__}
    (TARGET / "golden.json").write_text(json.dumps(golden, indent=1) + "\n")


main()
