// The boxes of a page: every visible element with its box in the window, how long its text is, and what it is like.
//
// JSON text: a list of nodes, children before parents, in the form of axes/tree.rs. Which elements count as texts, pictures
// and icons are the published rules of AeSlides. What a page could name after its own elements is taken from the prototypes.
(() => {
  const getter = (type, name) => {
    const { get } = Object.getOwnPropertyDescriptor(type.prototype, name);
    return (object) => get.call(object);
  };
  const method = (type, name) => {
    const known = type.prototype[name];
    return (object, ...values) => known.apply(object, values);
  };
  const firstChild = getter(Node, "firstChild");
  const nextSibling = getter(Node, "nextSibling");
  const textOf = getter(Node, "textContent");
  const innerText = getter(HTMLElement, "innerText");
  const localName = getter(Element, "localName");
  const classOf = (element) => attributeOf(element, "class") || "";
  const attributeOf = method(Element, "getAttribute");
  const boundsOf = method(Element, "getBoundingClientRect");
  const root = getter(Document, "documentElement")(document);
  const range = method(Document, "createRange")(document);
  const width = Math.max(innerWidth, getter(Element, "clientWidth")(root));
  const height = Math.max(innerHeight, getter(Element, "clientHeight")(root));
  const pictures = new Set(["img", "picture", "canvas", "video", "svg"]);
  const wording = new Set("p span h1 h2 h3 h4 h5 h6 small strong label li td th a button".split(" "));

  const folded = (text, limit) => String(text || "").replace(/\s+/g, " ").trim().slice(0, limit);
  const within = (value, most) => (Number.isFinite(value) ? Math.min(Math.max(value, 0), most) : 0);
  const clipped = ({ left, top, right, bottom }) => {
    const [x, y] = [within(left, width), within(top, height)];
    return [x, y, Math.max(0, within(right, width) - x), Math.max(0, within(bottom, height) - y)];
  };

  const lines = (element) => {
    const found = [];
    for (let node = firstChild(element); node; node = nextSibling(node)) {
      if (node.nodeType !== 3 || !folded(textOf(node), 400)) continue;
      range.selectNodeContents(node);
      for (const rect of range.getClientRects()) {
        const box = clipped(rect);
        if (box[2] > 0 && box[3] > 0) found.push(box);
        if (found.length >= 12) return found;
      }
    }
    return found;
  };

  const nodes = [];
  // Returns the index of the element's node, or -1 where it has none.
  const add = (element, shown) => {
    const style = getComputedStyle(element);
    const visible = shown && style.display !== "none" && style.visibility !== "hidden" && +style.opacity > 0;
    const below = [];
    for (let child = firstChild(element); child; child = nextSibling(child)) {
      const index = child.nodeType === 1 ? add(child, visible) : -1;
      if (index >= 0) below.push(index);
    }
    const bbox = clipped(boundsOf(element));
    if (!below.length && !(visible && bbox[2] > 0 && bbox[3] > 0)) return -1;
    const kind = localName(element).toLowerCase();
    const text = folded((element instanceof HTMLElement && innerText(element)) || textOf(element), 240);
    const rects = lines(element);
    const icon =
      classOf(element).split(/\s+/).some((name) => name.toLowerCase().includes("icon")) ||
      folded(style.fontFamily, 120).toLowerCase().includes("material icons") ||
      (kind === "i" && text.length <= 16);
    for (const index of below) nodes[index].parent = nodes.length;
    nodes.push({
      parent: null, kind, bbox, opacity: +style.opacity, text_len: text.length, text_rects: rects,
      text_like: !!text && (wording.has(kind) || rects.length > 0 || text.length >= 24),
      image_like: pictures.has(kind), icon_like: icon, background_image: style.backgroundImage !== "none",
    });
    return nodes.length - 1;
  };
  try {
    add(root, true);
  } catch {
    return "[]";
  }
  return JSON.stringify(nodes);
})()
