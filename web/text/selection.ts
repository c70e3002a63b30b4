// From a selection in the highlighted text to offsets: every stretch of text carries its own in `data-at`.
import type { Span } from "../../src/data/document.ts";

/** Length in the text of what an element with `data-at` shows: an invisible character is shown by its name. */
function lengthOf(element: HTMLElement): number {
  const { length } = element.dataset;
  return length === undefined ? (element.textContent ?? "").length : Number(length);
}

/** The offset of a point of the page; undefined outside the text. */
function offsetAt(root: HTMLElement, node: Node, within: number): number | undefined {
  const parent = node instanceof HTMLElement ? node : node.parentElement;
  const holder = parent?.closest<HTMLElement>("[data-at]");
  if (holder != null && root.contains(holder)) {
    const at = Number(holder.dataset.at);
    if (node.nodeType === Node.TEXT_NODE && holder.dataset.length === undefined) return at + within;
    return within === 0 ? at : at + lengthOf(holder);
  }
  if (!root.contains(node)) return undefined;
  const point = document.createRange();
  point.setStart(node, within);
  let last: number | undefined;
  for (const stretch of root.querySelectorAll<HTMLElement>("[data-at]")) {
    const range = document.createRange();
    range.selectNodeContents(stretch);
    if (point.compareBoundaryPoints(Range.START_TO_START, range) <= 0) return Number(stretch.dataset.at);
    last = Number(stretch.dataset.at) + lengthOf(stretch);
  }
  return last;
}

/** The selected part of the text below an element; undefined if nothing of it is selected. */
export function selectedSpan(root: HTMLElement): Span | undefined {
  const selection = getSelection();
  if (selection === null || selection.isCollapsed || selection.rangeCount === 0) return undefined;
  const range = selection.getRangeAt(0);
  const start = offsetAt(root, range.startContainer, range.startOffset);
  const end = offsetAt(root, range.endContainer, range.endOffset);
  if (start === undefined || end === undefined || start >= end) return undefined;
  return { start, end };
}
