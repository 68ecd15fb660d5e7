"""Imports the module from Python and compares with what the original programs print: check.py <folder of the module>."""

import difflib
import json
import math
import pathlib
import sys

sys.path.insert(0, sys.argv[1])
import galley_metrics as metrics

CLOSE = 1e-9
# colormath's numbers.
for a, b, wanted in [
    ((255, 0, 0), (0, 0, 255), 0.4711990101653444),
    ((31, 119, 180), (31, 119, 196), 0.9739182982675119),
    ((50, 2, 200), (49, 2, 201), 0.9987456532177631),
]:
    assert math.isclose(metrics.color_similarity(a, b), wanted, abs_tol=CLOSE), (a, b)
for a, b in [("lorem ipsum " * 20, "lorem ipsun " * 20), ("a" * 150 + "b" * 100, "b" * 100 + "a" * 150), ("", "x")]:
    assert metrics.text_ratio(a, b) == difflib.SequenceMatcher(None, a, b).ratio(), (a, b)

goldens = pathlib.Path(__file__).parents[3] / "domains/charts/tests/goldens/chartmimic"
pairs = [json.loads(path.read_text()) for path in sorted(goldens.glob("*/golden.json"))]
assert len(pairs) >= 4
for pair in pairs:
    ours, theirs, wanted = pair["pred_dump"], pair["golden_dump"], pair["scores"]
    texts = lambda dump: [row[4] for row in dump["text"]]
    colors = lambda dump: dump["color"]
    for name, found in [
        ("text", metrics.chart_texts(texts(ours), texts(theirs))),
        ("type", metrics.chart_types(ours["type"], theirs["type"])),
        ("color", metrics.chart_colors(colors(ours), colors(theirs))),
    ]:
        keys = ("precision", "recall", "f1")
        assert all(math.isclose(found[at], wanted[name][key], abs_tol=CLOSE) for at, key in enumerate(keys)), (name, found)

white, grey = (16, 16, b"\xff" * 768), (16, 16, b"\x80" * 768)
assert metrics.ssim_gray(white, white) == metrics.ems(grey, grey) == metrics.multi_scale_pixel_similarity(white, white) == 1
assert metrics.multi_scale_pixel_similarity(white, grey) < 1
for wrong in [(16, 15, white[2]), (0, 0, b"")]:
    try:
        metrics.ssim_gray(white, wrong)
    except ValueError:
        continue
    raise AssertionError("a picture that is none was taken")
page = (metrics.recolor("<p>home</p>", 0), white, white, white)
assert metrics.design2code_scores(page, page)["block"] == 0, "a page without text pixels has no blocks"
print(f"galley_metrics: {len(pairs)} pairs of ChartMimic and the rest agree")
