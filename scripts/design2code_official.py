"""Runs the official Design2Code evaluator, fetched by the user, on stored or fresh page pairs.

    design2code_official.py serve CHECKOUT          one case folder per line in, one JSON line out
    design2code_official.py golden CHECKOUT CASE..  renders ref.html and pred.html of each case and writes golden.json

CHECKOUT is a work tree or a bare git directory of NoviScl/Design2Code. Two lines of its scoring file do not parse as
published; they are straightened when it is loaded. CLIP is replaced: its masked pictures are made, its score is not.
`golden` needs Playwright; D2C_BROWSER names another Chromium than Playwright's own.
"""

import contextlib
import json
import os
import shutil
import subprocess
import sys
import time
import types

COMMIT = "7a575e4"


class Official:
    """The evaluator's functions, with what they computed on the way recorded in `seen`."""

    def __init__(self, checkout):
        self.checkout, self.seen, self.cpu = checkout, {}, {}
        for name in ("torch", "clip", "matplotlib", "matplotlib.pyplot", "sklearn", "sklearn.metrics",
                     "sklearn.metrics.pairwise", "Design2Code", "Design2Code.metrics", "Design2Code.data_utils"):
            sys.modules[name] = types.ModuleType(name)
        sys.modules["torch"].cuda = types.SimpleNamespace(is_available=lambda: False)
        sys.modules["clip"].load = lambda *_, **__: (None, None)
        sys.modules["sklearn.metrics.pairwise"].cosine_similarity = None
        self.module("Design2Code.data_utils.dedup_post_gen")
        self.ocr = self.module("Design2Code.metrics.ocr_free_utils")
        self.score = self.module("Design2Code.metrics.visual_score")
        self.record()

    def source(self, path):
        file = os.path.join(self.checkout, path)
        if os.path.exists(file):
            with open(file, encoding="utf-8") as handle:
                return handle.read()
        return subprocess.run(["git", "-C", self.checkout, "show", f"{COMMIT}:{path}"], check=True,
                              capture_output=True, text=True).stdout

    def module(self, name):
        path = name.replace(".", "/") + ".py"
        lines = self.source(path).split("\n")
        for at, line in enumerate(lines):
            if line.strip() in ("if len(predict_blocks) == 0:", "elif len(original_blocks) == 0:"):
                lines[at] = " " * 8 + line.strip()
        module = types.ModuleType(name)
        module.__file__ = os.path.join(self.checkout, path)
        sys.modules[name] = module
        exec(compile("\n".join(lines), path, "exec"), module.__dict__)
        return module

    def record(self):
        ocr, score, seen = self.ocr, self.score, self.seen

        def keep(function, name):
            def wrapped(image, *rest):
                before = time.process_time()
                value = function(image, *rest)
                self.cpu[name] = self.cpu.get(name, 0.0) + time.process_time() - before
                side = os.path.basename(str(image)).split("_")[0].split(".")[0]
                seen.setdefault(side, {})[name] = value
                return value
            return wrapped

        ocr.find_different_pixels = keep(ocr.find_different_pixels, "different_pixels")
        ocr.extract_text_with_color = keep(ocr.extract_text_with_color, "text_colors")
        score.get_blocks_ocr_free = keep_copy(score.get_blocks_ocr_free, seen)
        find, by_bbox, similar = score.find_possible_merge, score.merge_blocks_by_bbox, score.color_similarity_ciede2000

        def merge(a, b, *rest, **more):
            a, b, matching = find(a, b, *rest, **more)
            seen["merged"] = (plain(a), plain(b), [[int(i), int(j)] for i, j in matching])
            return a, b, matching

        def bbox(blocks):
            value = by_bbox(blocks)
            seen.setdefault("bbox_merged", []).append(plain(value))
            return value

        def color(one, two):
            value = similar(one, two)
            seen.setdefault("color", []).append(float(value))
            return value

        def clip(image1, image2, blocks1, blocks2):
            before = time.process_time()
            boxes = [[block["bbox"] for block in blocks] for blocks in (blocks1, blocks2)]
            seen["boxes"] = [[[float(x) for x in box] for box in side] for side in boxes]
            seen["views"] = [self.view(image, side) for image, side in zip((image1, image2), boxes)]
            self.cpu["clip"] = time.process_time() - before
            return 0.0

        score.find_possible_merge, score.merge_blocks_by_bbox, score.color_similarity_ciede2000 = merge, bbox, color
        score.calculate_clip_similarity_with_blocks = clip

    def view(self, image, boxes):
        """The 224 x 224 picture that CLIP would be shown: the official masking, then openai-clip's resize and crop."""
        from PIL import Image
        return self.score.rescale_and_mask(image, boxes).convert("RGB").resize((224, 224), Image.BICUBIC)

    def run(self, case):
        self.seen.clear()
        self.cpu.clear()
        with contextlib.redirect_stdout(sys.stderr):
            return self.score.visual_eval_v3_multi([[os.path.join(case, "pred.html")], os.path.join(case, "ref.html")])[0]


def keep_copy(function, seen):
    def wrapped(image):
        value = function(image)
        seen.setdefault(os.path.basename(image).split(".")[0], {})["blocks_raw"] = plain(value)
        return value
    return wrapped


def number(value):
    return int(value) if "int" in type(value).__name__ else float(value)


def plain(blocks):
    return [{"text": b["text"], "bbox": [float(x) for x in b["bbox"]], "color": [number(c) for c in b["color"]]}
            for b in blocks]


def serve(checkout):
    official = Official(checkout)
    official.score.pre_process = lambda _: None
    official.ocr.process_html = lambda *_, **__: None
    fake = types.SimpleNamespace(**{**vars(os), "system": lambda _: 0})
    official.score.os = official.ocr.os = fake
    for line in sys.stdin:
        before = time.process_time()
        areas, _, (block, text, position, color, _) = official.run(line.strip())
        cpu = time.process_time() - before
        scores = {"sum_areas": areas, "block": block, "text": text, "position": position, "color": color}
        html, view = official.cpu.get("text_colors", 0.0), official.cpu["clip"]
        reply = {"cpu": cpu - html - view, "html_cpu": html, "view_cpu": view}
        print(json.dumps(reply | {key: float(value) for key, value in scores.items()}), flush=True)


def side(official, name):
    seen = official.seen.get(name, {})
    pixels = seen.get("different_pixels")
    colors = seen.get("text_colors")
    colors = None if colors is None else [list(item) for item in official.ocr.flatten_tree(colors)]
    return {"different_pixels": None if pixels is None else len(pixels), "text_colors": colors,
            "blocks_raw": seen.get("blocks_raw"), "blocks_bbox_merged": None}


def golden(checkout, cases):
    from playwright.sync_api import sync_playwright
    official = Official(checkout)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=os.environ.get("D2C_BROWSER"),
                                             args=["--host-resolver-rules=MAP * ~NOTFOUND"])

        def system(command):
            words = command.split()
            if words[0] != "rm":
                shoot(browser, words[words.index("--html") + 1], words[words.index("--png") + 1])
            return 0

        official.score.os = official.ocr.os = types.SimpleNamespace(**{**vars(os), "system": system})
        for case in cases:
            one_golden(official, case)


def shoot(browser, html, png):
    from PIL import Image
    page = browser.new_page()
    try:
        page.goto("file://" + os.path.abspath(html), timeout=60000)
        page.screenshot(path=png, full_page=True, animations="disabled", timeout=60000)
    except Exception as error:
        print(f"blank picture for {html}: {error}", file=sys.stderr)
        Image.new("RGB", (1280, 960), color="white").save(png)
    page.close()


def one_golden(official, case):
    original = os.path.join(case, "pred.html")
    shutil.copy(original, original + ".orig")
    areas, final, (block, text, position, color, _) = official.run(case)
    shutil.move(original, os.path.join(case, "pred_preprocessed.html"))
    shutil.move(original + ".orig", original)
    seen, ref, pred = official.seen, side(official, "ref"), side(official, "pred")
    ref["blocks_bbox_merged"] = seen["bbox_merged"][0] if pred["blocks_raw"] or ref["blocks_raw"] else None
    merged, pairs = None, []
    if "merged" in seen:
        ref["blocks_bbox_merged"], pred["blocks_bbox_merged"] = seen["bbox_merged"]
        a, b, matching = seen["merged"]
        merged = {"pred_blocks": a, "ref_blocks": b, "matching_unfiltered": matching}
        pairs = pair_numbers(official, a, b, matching, seen.get("color", []))
    scores = {"sum_areas": areas, "block": block, "text": text, "position": position, "color": color,
              "clip": None, "final_without_clip": final}
    out = {"ref": ref, "pred": pred, "merged": merged, "pairs": pairs,
           "clip_mask_boxes": {"pred": seen["boxes"][0], "ref": seen["boxes"][1]},
           "scores": {key: None if value is None else float(value) for key, value in scores.items()}}
    for name, view in zip(("pred", "ref"), seen["views"]):
        view.save(os.path.join(case, f"clip_{name}_224.png"))
    with open(os.path.join(case, "golden.json"), "w", encoding="utf-8") as handle:
        json.dump(out, handle, indent=1, ensure_ascii=False)


def pair_numbers(official, pred, ref, matching, colors):
    colors, pairs = list(colors), []
    for i, j in matching:
        similarity = official.score.SequenceMatcher(None, pred[i]["text"], ref[j]["text"]).ratio()
        if similarity >= 0.5:
            centre = [[box[k] + box[k + 2] / 2 for k in (0, 1)] for box in (pred[i]["bbox"], ref[j]["bbox"])]
            shift = max(abs(centre[1][k] - centre[0][k]) for k in (0, 1))
            pairs.append({"i": i, "j": j, "text": similarity, "position": 1 - shift, "color": colors.pop(0)})
    return pairs


if __name__ == "__main__":
    if sys.argv[1] == "serve":
        serve(sys.argv[2])
    else:
        golden(sys.argv[2], sys.argv[3:])
