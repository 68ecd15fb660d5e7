"""Small SVG drawings as a galley domain: a rectangle, a circle and a word."""
import hashlib, itertools, json, os, pathlib, random, sys
from svg import SIZE, box, parse, picture

DRAWING = ('<svg><rect x="{}" y="{}" width="{}" height="{}" fill="#{}"/><circle cx="{}" cy="{}" r="{}" fill="#{}"/>'
           '<text x="{}" y="{}" fill="#{}">{}</text></svg>')
AXES, EXPLAIN = ["values", "picture"], {"mismatch": "A value is not the target's.", "overlap": "Two boxes meet.",
                                        "off-canvas": "An element leaves the canvas."}

def drawings(split):  # distinct programs; the name of each, a hash, says in which split it is
    rng, found = random.Random(HELLO["seed"]), {}
    n, colour = lambda low, high: rng.randrange(low, high, 4), lambda: rng.choice(["f00", "0a0", "00f", "fa0"])
    while len(found) < HELLO["options"][split]:
        program = DRAWING.format(n(2, 14), n(2, 14), n(8, 20), n(8, 20), colour(), n(44, 54), n(12, 24), n(4, 10),
                                 colour(), n(2, 30), n(46, 62), colour(), rng.choice(["HOME", "SHOP", "MAIL"]))
        name = hashlib.sha256(program.encode()).hexdigest()[:16]
        if (name[0] in "01") == (split == "held-out"):
            found[name] = {"id": name, "reference": {"program": program}}
    return list(found.values())

def render(ask):
    try:
        elements = parse(ask["program"])
    except SyntaxError as error:
        return {"faults": [{"kind": "syntax", "message": str(error)}]}
    image = picture([(kind, values) for kind, _, values, _ in elements])
    path = pathlib.Path(HELLO["media"], hashlib.sha256(image).hexdigest())
    path.with_suffix(f".{os.getpid()}").write_bytes(image)
    path.with_suffix(f".{os.getpid()}").rename(path)  # there as a whole or not at all
    return {"image": path.name, "elements": [
        {"kind": kind, "span": span, "region": box(kind, values), "style": values} for kind, span, values, _ in elements]}

def detect(ask):
    drawn, target = ask["render"]["elements"], parse(ask["task"]["reference"]["program"])
    wrong = [("mismatch", own["region"], {"message": f"{kind} {name}: not {value}", "target": value, "target-span": spans[name]})
             for own, (kind, _, values, spans) in zip(drawn, target)
             for name, value in values.items() if own["style"].get(name) != value]
    boxes = [own["region"] for own in drawn]
    wrong += [("off-canvas", [x, y, w, h], {"message": "it leaves the canvas"}) for x, y, w, h in boxes
              if min(x, y) < 0 or max(x + w, y + h) > SIZE]
    wrong += [("overlap", a, {"message": "it meets another element"}) for a, b in itertools.combinations(boxes, 2)
              if all(a[i] < b[i] + b[i + 2] and b[i] < a[i] + a[i + 2] for i in (0, 1))]
    return {"defects": [{"detector": name, "axis": "values", "region": box, **rest} for name, box, rest in wrong]}

def score(ask):
    renders = ask["render"], ask["task"]["reference"]["render"]
    styles = [[element["style"] for element in render["elements"]] for render in renders]
    right = [own.get(name) == value for own, want in zip(*styles) for name, value in want.items()]
    pixels = [pathlib.Path(HELLO["media"], render["image"]).read_bytes() for render in renders]
    same = sum(a == b for a, b in zip(*pixels)) / len(pixels[0])
    said = (sum(right) / sum(map(len, styles[1])), styles[0] == styles[1]), (same, same > 0.97)
    return {"axes": {name: {"value": value, "satisfied": enough} for name, (value, enough) in zip(AXES, said)}}

ASKS = {"task": lambda ask: TASKS[ask["split"]][ask["index"]], "render": render, "detect": detect, "score": score,
        "values": lambda ask: {"spans": [span for *_, spans in parse(ask["program"]) for span in spans.values()]}}
for ask in map(json.loads, sys.stdin):
    if "hello" in ask:
        HELLO = ask["hello"]
        TASKS = {split: drawings(split) for split in ("train", "held-out")}
        print(json.dumps({"galley": 1, "hello": {
            "name": "svg", "version": "1", "parts": list(ASKS), "tasks": {split: len(TASKS[split]) for split in TASKS},
            "axes": [{"name": name} for name in AXES], "primary-metric": AXES[0], "program": {"begin": "<svg>", "end": "</svg>"},
            "detectors": [{"name": name, "explain": f"# {name}\n\n{text}"} for name, text in EXPLAIN.items()]}}), flush=True)
    else:
        print(json.dumps({"id": ask["id"], "answer": ASKS[ask["ask"]](ask)}), flush=True)
