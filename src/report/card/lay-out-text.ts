// Breaks a post's text into lines and positions every piece and marked span, with room for the spans' labels above.
import { graphemesOf, textWidth } from "./text-width.ts";

/** A span with the label above its start. */
export interface LabelledSpan {
  readonly start: number;
  readonly end: number;
  readonly label: string;
}

/** A part of the text drawn at once: a word, or the part of it that a span covers. */
export interface Piece {
  readonly text: string;
  /** UTF-16 code units in the whole text. */
  readonly start: number;
  readonly end: number;
  readonly line: number;
  /** From the start of the line: the left edge, or the right edge for right-to-left text. */
  readonly x: number;
  readonly width: number;
}

/** The part of a span on one line. */
export interface Mark {
  /** Index of the span in the given list. */
  readonly span: number;
  readonly line: number;
  readonly x: number;
  readonly width: number;
  /** Whether the span starts here. */
  readonly first: boolean;
}

export interface TextLayout {
  readonly pieces: readonly Piece[];
  readonly marks: readonly Mark[];
  readonly lines: number;
  /** UTF-16 code units that did not fit into `mostLines`. */
  readonly leftOut: number;
}

export interface TextSpace {
  /** Of a line, in the unit of the sizes. */
  readonly width: number;
  readonly size: number;
  readonly labelSize: number;
  readonly mostLines: number;
}

/** Between two labels on a line. */
const LABEL_GAP = 8;

/** Lays a text out; parts of spans outside the text have no mark. */
export function layOutText(text: string, spans: readonly LabelledSpan[], space: TextSpace): TextLayout {
  const { width: column, size, labelSize, mostLines } = space;
  const cuts = new Set(spans.flatMap(({ start, end }) => [start, end]));
  const labels = new Map<number, number>(); // where spans start: the width of the widest label
  for (const { start, label } of spans)
    labels.set(start, Math.max(labels.get(start) ?? 0, textWidth(label, labelSize)));
  const pieces: Piece[] = [];
  let [line, x, labelEnd] = [0, 0, -LABEL_GAP];
  const nextLine = () => {
    [line, x, labelEnd] = [line + 1, 0, -LABEL_GAP];
  };
  for (const { 0: word, index } of text.matchAll(/\S+|\n|[^\S\n]+/g)) {
    if (word === "\n") nextLine();
    else if (/^\s/.test(word)) x += x === 0 ? 0 : textWidth(" ", size);
    else {
      const label = labels.get(index);
      if (label !== undefined) x = Math.max(x, labelEnd + LABEL_GAP);
      if (x > 0 && x + Math.max(textWidth(word, size), label ?? 0) > column) nextLine();
      for (const part of partsOf(word, index, cuts, column, size)) {
        if (x > 0 && x + part.width > column && part.width <= column && part.breaks) nextLine();
        if (line >= mostLines) break;
        const own = labels.get(part.start);
        if (own !== undefined) {
          x = Math.max(x, labelEnd + LABEL_GAP);
          labelEnd = x + own;
        }
        pieces.push({ ...part, line, x });
        x += part.width;
      }
    }
    if (line >= mostLines) break;
  }
  const end = pieces.at(-1)?.end ?? 0;
  return {
    pieces,
    marks: spans.flatMap((span, i) => marksOf(span, i, pieces)),
    lines: (pieces.at(-1)?.line ?? -1) + 1,
    leftOut: text.slice(end).trim() === "" ? 0 : text.length - end,
  };
}

interface Part {
  readonly text: string;
  readonly start: number;
  readonly end: number;
  readonly width: number;
  /** Whether a line may break before it: only inside a word longer than a line. */
  readonly breaks: boolean;
}

/** Cuts a word at the ends of spans, and anywhere if it is longer than a line. */
function partsOf(word: string, at: number, cuts: ReadonlySet<number>, column: number, size: number): Part[] {
  const breaks = textWidth(word, size) > column;
  const parts: Part[] = [];
  let [begin, end] = [at, at];
  const close = () => {
    const text = word.slice(begin - at, end - at);
    if (text !== "") parts.push({ text, start: begin, end, width: textWidth(text, size), breaks });
    begin = end;
  };
  for (const grapheme of graphemesOf(word)) {
    if (cuts.has(end) || (breaks && end > begin)) close();
    end += grapheme.length;
  }
  close();
  return parts;
}

function marksOf({ start, end }: LabelledSpan, span: number, pieces: readonly Piece[]): Mark[] {
  const inside = pieces.filter((piece) => piece.start < end && start < piece.end);
  const lines = [...new Set(inside.map(({ line }) => line))];
  return lines.map((line, i) => {
    const here = inside.filter((piece) => piece.line === line);
    const left = Math.min(...here.map(({ x }) => x));
    const right = Math.max(...here.map(({ x, width }) => x + width));
    return { span, line, x: left, width: right - left, first: i === 0 };
  });
}
