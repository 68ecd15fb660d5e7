// The height of the document: the largest of what body and root call theirs, at least 1.
(() => {
  const read = (type, name, object) =>
    object instanceof type ? Object.getOwnPropertyDescriptor(type.prototype, name).get.call(object) : 0;
  const of = (name, object) => read(Element, name, object);
  const root = Object.getOwnPropertyDescriptor(Document.prototype, "documentElement").get.call(document);
  const body = Object.getOwnPropertyDescriptor(Document.prototype, "body").get.call(document);
  const heights = [
    of("scrollHeight", body), read(HTMLElement, "offsetHeight", body),
    of("clientHeight", root), of("scrollHeight", root), read(HTMLElement, "offsetHeight", root),
  ];
  return String(Math.max(...heights) || 1);
})()
