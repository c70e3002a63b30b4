// The script of a page of posts: filters by label, probability and words. The page is complete without it.

/** Runs in the page, and reads only what `renderPost` writes. */
export const VIEW_SCRIPT = `
(() => {
"use strict";
const all = (selector, root = document) => [...root.querySelectorAll(selector)];
const one = (selector) => document.querySelector(selector);
document.documentElement.classList.add("scripted");
if (matchMedia("(max-width:60rem)").matches) one(".panel details").open = false;
const folded = (text) => text.normalize("NFKC").toLowerCase();
const wordsOf = (node) => {
  let text = "";
  const walker = document.createTreeWalker(node, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) if (walker.currentNode.parentElement.tagName !== "SMALL") text += walker.currentNode.data;
  return text;
};
const posts = all(".post").map((post) => ({
  post,
  text: undefined,
  findings: all("[data-kind]", post).map((element) => ({
    element,
    key: element.dataset.kind + " " + element.dataset.label,
    probability: element.dataset.probability === undefined ? 1 : Number(element.dataset.probability),
  })),
}));
const boxes = all(".key input");
const search = one("#search"), least = one("#least"), differing = one("#differing"), shown = one("#shown");
const apply = () => {
  const off = new Set(boxes.filter((box) => !box.checked).map((box) => box.dataset.of + " " + box.value));
  const bound = least === null ? 0 : Number(least.value);
  if (least !== null) one("#bound").textContent = bound.toFixed(2);
  const wanted = folded(search.value.trim());
  const filters = off.size > 0 || bound > 0;
  let count = 0;
  for (const one of posts) {
    let some = !filters;
    for (const { element, key, probability } of one.findings) {
      const passes = !off.has(key) && probability >= bound;
      element.classList.toggle("off", !passes);
      if (passes) some = true;
    }
    if (wanted !== "" && one.text === undefined)
      one.text = folded(one.post.dataset.id + "\\n" + wordsOf(one.post.querySelector(".marked")));
    const visible = some && (wanted === "" || one.text.includes(wanted)) &&
      (differing === null || !differing.checked || "differs" in one.post.dataset);
    one.post.hidden = !visible;
    if (visible) count++;
  }
  shown.textContent = count === posts.length ? "All " + count + " posts are shown." : count + " of " + posts.length + " posts are shown.";
};
let waiting = false;
const soon = () => {
  if (waiting) return;
  waiting = true;
  requestAnimationFrame(() => { waiting = false; apply(); });
};
one("#filters").addEventListener("input", soon);
one("#filters").addEventListener("submit", (event) => event.preventDefault());
one("#filters").addEventListener("click", (event) => {
  const { of, check } = event.target.dataset;
  if (check === undefined) return;
  for (const box of boxes) if (box.dataset.of === of) box.checked = check === "all";
  soon();
});
apply();
})();
`;
