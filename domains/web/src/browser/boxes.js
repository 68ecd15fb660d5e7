// Reads a page: every painted element with its box, its own text and its resolved style.
//
// Evaluated once per tab in an isolated world, which pages cannot reach; it defines `galley(attribute, patience, slots)`, which
// returns JSON text or a promise of it, or nothing while the page still loads: "none" does not ask whether it does,
// "some" does, "over" no longer does. `attribute` names the attribute that holds the number of the element in the
// source; `slots` custom properties of that name tell which declarations of style sheets won. The order of `style` is
// that of STYLE_KEYS in renderer/elements.rs. `made` are the places in `nodes` of elements without a number, which
// `galleyMade` holds until the next report.
//
// Forms and the document put elements before their own members, by name (`<input name=getAttribute>`): what a page can
// name so is taken from the prototypes.
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
  const parentNode = getter(Node, "parentNode");
  const localName = getter(Element, "localName");
  const sizes = ["scrollWidth", "clientWidth", "scrollHeight", "clientHeight"].map((name) => getter(Element, name));
  const widths = [sizes[0], getter(HTMLElement, "offsetWidth"), sizes[1]];
  const boundsOf = method(Element, "getBoundingClientRect");
  const attributeOf = method(Element, "getAttribute");
  const setAttribute = method(Element, "setAttribute");
  const byTag = method(Document, "getElementsByTagName");
  const bySelector = method(Document, "querySelectorAll");
  const animationsOf = method(Document, "getAnimations");
  const styleOf = getComputedStyle.bind(globalThis);
  const rootOf = getter(Document, "documentElement");
  const bodyOf = getter(Document, "body");
  const imagesOf = getter(Document, "images");
  const fontsOf = getter(Document, "fonts");
  const stateOf = getter(Document, "readyState");
  const focusedOf = getter(Document, "activeElement");
  const blur = method(HTMLElement, "blur");

  const fold = (text) => text.replace(/[ \t\n\r\f]+/g, " ").trim();

  // Any CSS colour as [r, g, b, alpha].
  const known = new Map();
  const plain = /^rgba?\((\d+), (\d+), (\d+)(?:, ([\d.]+))?\)$/;
  const colour = (text) => {
    let value = known.get(text);
    if (!value) {
      const parts = plain.exec(text);
      value = parts ? [+parts[1], +parts[2], +parts[3], parts[4] === undefined ? 1 : +parts[4]] : painted(text);
      if (known.size > 4096) known.clear();
      known.set(text, value);
    }
    return value;
  };
  const painted = (text) => {
    const context = new OffscreenCanvas(1, 1).getContext("2d");
    context.fillStyle = text;
    context.fillRect(0, 0, 1, 1);
    const [r, g, b, a] = context.getImageData(0, 0, 1, 1).data;
    return [r, g, b, Math.round((a / 255) * 1000) / 1000];
  };
  const words = ([r, g, b, a]) => (a === 1 ? `rgb(${r}, ${g}, ${b})` : `rgba(${r}, ${g}, ${b}, ${a})`);
  const over = ([r, g, b, a], below) => {
    const mix = (top, bottom) => Math.round(top * a + bottom * (1 - a));
    return a === 1 ? [r, g, b, 1] : a === 0 ? below : [mix(r, below[0]), mix(g, below[1]), mix(b, below[2]), 1];
  };

  const range = method(Document, "createRange")(document);
  const union = (rects) => {
    let box = null;
    for (const { left, top, right, bottom } of rects) {
      if (right <= left || bottom <= top) continue;
      box = box
        ? [Math.min(box[0], left), Math.min(box[1], top), Math.max(box[2], right), Math.max(box[3], bottom)]
        : [left, top, right, bottom];
    }
    return box;
  };
  const area = (box) => box && [box[0] + scrollX, box[1] + scrollY, box[2] - box[0], box[3] - box[1]];

  // The element's own text and the box around its lines.
  const ownText = (element, bounds) => {
    const typed = element instanceof HTMLInputElement || element instanceof HTMLTextAreaElement;
    if (typed) {
      const text = /^(checkbox|radio|range|color|file|image|hidden)$/.test(element.type)
        ? ""
        : fold(element.value || element.placeholder || "");
      return [text, text ? [bounds.x + scrollX, bounds.y + scrollY, bounds.width, bounds.height] : null];
    }
    let text = "";
    const rects = [];
    for (let node = firstChild(element); node; node = nextSibling(node)) {
      if (node.nodeType !== 3) continue;
      const own = fold(node.data);
      if (!own) {
        if (text) text += " ";
        continue;
      }
      // Neighbours of a child element stay apart only where white space kept them apart.
      const glued = /^[ \t\n\r\f]/.test(node.data) || (text && node.previousSibling && node.previousSibling.nodeType === 1);
      text += (text && glued ? " " : "") + own + (/[ \t\n\r\f]$/.test(node.data) ? " " : "");
      range.selectNodeContents(node);
      rects.push(...range.getClientRects());
    }
    const box = union(rects);
    return box ? [fold(text), area(box)] : ["", null];
  };

  const image = (style) => {
    const value = style.backgroundImage;
    return value === "none" ? "" : value.includes("url(") ? "url" : "gradient";
  };
  const loaded = (element) => (element.complete && element.naturalWidth > 0 ? "loaded" : "broken");

  // The numbers of the declarations that won a slot of the element.
  const winners = (style, attribute, slots) => {
    const found = new Set();
    for (let slot = 0; slot < slots; slot++) {
      const number = style.getPropertyValue(`--${attribute}${slot}`).trim();
      if (number) found.add(number);
    }
    return [...found].join(" ");
  };

  const styles = (element, style, record, won) => {
    const flex = /flex|grid/.test(style.display);
    return [
      words(colour(style.color)), words(colour(style.backgroundColor)), words(record.background),
      style.fontSize, style.fontWeight, style.fontFamily, style.fontStyle, style.lineHeight, style.textAlign,
      style.display, style.position, String(Math.round(record.opacity * 1000) / 1000), style.overflow,
      ...sizes.map((size) => String(size(element))),
      style.borderWidth, style.borderColor, style.borderRadius, style.padding, style.margin,
      image(style), element instanceof HTMLImageElement ? loaded(element) : "",
      flex ? style.flexDirection : "", flex ? style.gap : "", won,
    ];
  };

  const read = (attribute, slots) => {
    const nodes = [];
    const made = [];
    globalThis.galleyMade = [];
    const records = new Map();
    const outside = { listed: -1, opacity: 1, background: [255, 255, 255, 1] };
    for (const element of byTag(document, "*")) {
      const style = styleOf(element);
      const above = records.get(parentNode(element)) || outside;
      const record = {
        listed: above.listed,
        opacity: above.opacity * +style.opacity,
        background: over(colour(style.backgroundColor), above.background),
      };
      records.set(element, record);
      const bounds = boundsOf(element);
      const frame = element === rootOf(document) || element === bodyOf(document);
      if (!frame && (style.visibility !== "visible" || record.opacity === 0)) continue;
      const name = localName(element);
      if (!frame && (style.display === "none" || name === "br" || name === "wbr")) continue;
      const [text, textBox] = ownText(element, bounds);
      if (!frame && !textBox && !(bounds.width > 0 && bounds.height > 0)) continue;
      record.listed = nodes.length;
      const number = attributeOf(element, attribute);
      if (number === null && !frame) {
        made.push(nodes.length);
        globalThis.galleyMade.push(element);
      }
      nodes.push([
        number === null ? -1 : +number, above.listed, name,
        [bounds.x + scrollX, bounds.y + scrollY, bounds.width, bounds.height],
        text, textBox, styles(element, style, record, winners(style, attribute, slots)),
      ]);
    }
    return { made, nodes };
  };

  // A picture shows the end of what ends and the start of what does not.
  const still = () => {
    for (const animation of animationsOf(document)) {
      try {
        // One that scrolling drives has no end in time.
        if (animation.timeline instanceof DocumentTimeline) animation.finish();
        else animation.cancel();
      } catch {
        animation.cancel();
      }
    }
    for (const drawing of bySelector(document, "svg")) {
      drawing.pauseAnimations();
      drawing.setCurrentTime(0);
    }
    // Goes round and round otherwise.
    for (const bar of bySelector(document, "progress:not([value])")) setAttribute(bar, "value", "0");
    const focused = focusedOf(document);
    if (focused && focused !== bodyOf(document)) focused instanceof HTMLElement ? blur(focused) : focused.blur();
    if (scrollX || scrollY) scrollTo({ left: 0, top: 0, behavior: "instant" });
  };

  const report = (attribute, slots) => {
    still();
    const root = rootOf(document);
    const height = Math.max(root ? root.scrollHeight : 0, innerHeight);
    const wide = (element) => (element ? widths.map((width) => width(element)) : []);
    const width = Math.max(innerWidth, ...wide(bodyOf(document)), ...wide(root));
    return JSON.stringify({ width, height, ...read(attribute, slots) });
  };

  const backgrounds = () => {
    const sources = new Set();
    for (const element of byTag(document, "*")) {
      for (const [, source] of styleOf(element).backgroundImage.matchAll(/url\("(data:[^"]*)"\)/g)) {
        sources.add(source);
      }
    }
    return [...sources].map((source) => Object.assign(new Image(), { src: source }));
  };

  // Frames begin to load after their page says that it is complete; until then they hold an empty first document.
  const isPending = (frame) => {
    const inner = frame.contentDocument;
    if (!inner) return false;
    const goal = frame.hasAttribute("srcdoc") ? "about:srcdoc" : frame.getAttribute("src") || "about:blank";
    const stays = goal === "about:blank" || goal.trimStart().startsWith("javascript:");
    return inner.readyState !== "complete" || (!stays && inner.URL === "about:blank");
  };
  const isSettled = () => {
    // Layout asks for fonts and backgrounds; only then there is something to wait for.
    const root = rootOf(document);
    if (root) boundsOf(root);
    return (
      stateOf(document) === "complete" &&
      fontsOf(document).status === "loaded" &&
      [...imagesOf(document)].every((image) => image.complete) &&
      [...bySelector(document, "video, audio")].every((media) => media.networkState !== media.NETWORK_LOADING) &&
      ![...bySelector(document, "iframe, frame")].some(isPending)
    );
  };

  const decoded = async (attribute, slots) => {
    const images = [...imagesOf(document), ...backgrounds()];
    await Promise.all(images.map((image) => image.decode().catch(() => null)));
    return report(attribute, slots);
  };

  globalThis.galleySettled = isSettled;

  // Timers and listeners stand still where scripting is off, so the caller is told to ask again.
  globalThis.galley = (attribute, patience, slots) => {
    if (patience === "none") return report(attribute, slots);
    return patience === "over" || isSettled() ? decoded(attribute, slots) : "";
  };
})();
