// Where relations are drawn above a text: each as a line of right angles in the space over the mentions, never through words.
// An arc between two lines of the text runs along the left margin. Positions are pixels relative to the text's box.

/** Where a mention begins. */
export interface Anchor {
  readonly left: number;
  readonly right: number;
  readonly top: number;
}

/** A relation to draw. */
export interface Link {
  /** Positions in the list of anchors. */
  readonly head: number;
  readonly tail: number;
  /** Width of its label in pixels. */
  readonly width: number;
}

/** A drawn relation. */
export interface Arc {
  /** Its position in the list of links. */
  readonly index: number;
  readonly path: string;
  readonly arrow: string;
  readonly label: { readonly x: number; readonly y: number };
}

/** All arcs of a text. */
export interface ArcLayout {
  readonly arcs: readonly Arc[];
  /** Levels above the fullest line: the style sheet makes room for them. */
  readonly levels: number;
}

/** Height of the lowest level over its mention, and of each level over the one below. */
export const FIRST_LEVEL = 13;
export const LEVEL_HEIGHT = 16;
/** Room at the left for arcs between lines. */
export const GUTTER = 26;

const SAME_LINE = 4; // pixels by which tops on one line may differ
const CORNER = 5;
const PORT_STEP = 7; // between arcs that meet at one mention
const GAP = 6; // between neighbours on one level
const GUTTER_LANES = 4;
const LABEL_PAD = 4;

interface Stretch {
  readonly from: number;
  readonly to: number;
}

/** The lowest level of a line that is free over a stretch; takes it. */
function takeLevel(taken: Stretch[][], stretch: Stretch): number {
  const free = taken.findIndex((level) =>
    level.every(({ from, to }) => stretch.to + GAP <= from || to + GAP <= stretch.from),
  );
  const level = free < 0 ? taken.length : free;
  taken[level] = [...(taken[level] ?? []), stretch];
  return level;
}

/** Returns the tops of the lines that mentions are on, from above. */
function linesOf(anchors: readonly Anchor[]): readonly number[] {
  const lines: number[] = [];
  for (const top of anchors.map((anchor) => anchor.top).sort((a, b) => a - b)) {
    const last = lines.at(-1);
    if (last === undefined || top - last > SAME_LINE) lines.push(top);
  }
  return lines;
}

/** Spreads the arcs of every mention over its width: returns x for `[link, end]`. */
function portsOf(
  anchors: readonly Anchor[],
  links: readonly Link[],
): (link: number, end: "head" | "tail") => number {
  const ends = anchors.map((): { link: number; end: "head" | "tail"; towards: number }[] => []);
  const middle = (at: number) => ((anchors[at]?.left ?? 0) + (anchors[at]?.right ?? 0)) / 2;
  links.forEach(({ head, tail }, link) => {
    ends[head]?.push({ link, end: "head", towards: middle(tail) });
    ends[tail]?.push({ link, end: "tail", towards: middle(head) });
  });
  const ports = new Map<string, number>();
  ends.forEach((meeting, at) => {
    const anchor = anchors[at];
    if (anchor === undefined) return;
    meeting.sort((a, b) => a.towards - b.towards);
    const step = Math.min(PORT_STEP, (anchor.right - anchor.left) / (meeting.length + 1));
    meeting.forEach(({ link, end }, i) => {
      ports.set(`${link} ${end}`, middle(at) + (i - (meeting.length - 1) / 2) * step);
    });
  });
  return (link, end) => ports.get(`${link} ${end}`) ?? 0;
}

const round = (value: number) => Math.round(value * 10) / 10;

/** A path through points with right angles, its corners rounded. */
function roundedPath(points: readonly (readonly [number, number])[]): string {
  const parts = points.map(([x, y], i) => {
    const before = points[i - 1];
    const after = points[i + 1];
    if (before === undefined) return `M${round(x)} ${round(y)}`;
    if (after === undefined) return `L${round(x)} ${round(y)}`;
    const cut = (to: readonly [number, number]) => {
      const length = Math.abs(to[0] - x) + Math.abs(to[1] - y);
      const by = Math.min(CORNER, length / 2) / (length || 1);
      return `${round(x + (to[0] - x) * by)} ${round(y + (to[1] - y) * by)}`;
    };
    return `L${cut(before)}Q${round(x)} ${round(y)} ${cut(after)}`;
  });
  return parts.join("");
}

/** Lays out the arcs of a text. Links whose mentions are not among the anchors are left out. */
export function layoutArcs(anchors: readonly Anchor[], links: readonly Link[], width: number): ArcLayout {
  const lines = linesOf(anchors);
  const lineOf = (at: number) => lines.findLastIndex((top) => top <= (anchors[at]?.top ?? 0) + SAME_LINE / 2);
  const port = portsOf(anchors, links);
  const taken = lines.map((): Stretch[][] => []);
  const gutter: Stretch[][] = [];
  const span = ({ head, tail }: Link) =>
    lineOf(head) === lineOf(tail)
      ? Math.abs((anchors[head]?.left ?? 0) - (anchors[tail]?.left ?? 0))
      : width * (1 + Math.abs(lineOf(head) - lineOf(tail)));
  const order = links
    .map((_, index) => index)
    .filter((index) => {
      const { head, tail } = links[index] as Link;
      return anchors[head] !== undefined && anchors[tail] !== undefined && head !== tail;
    })
    .sort((a, b) => span(links[a] as Link) - span(links[b] as Link) || a - b);

  const arcs = order.map((index): Arc => {
    const { head, tail, width: labelWidth } = links[index] as Link;
    const half = labelWidth / 2 + LABEL_PAD;
    const [headLine, tailLine] = [lineOf(head), lineOf(tail)];
    const [from, to] = [port(index, "head"), port(index, "tail")];
    const topOf = (line: number) => (lines[line] ?? 0) - 1;
    const heightOf = (line: number, stretch: Stretch) =>
      topOf(line) - FIRST_LEVEL - LEVEL_HEIGHT * takeLevel(taken[line] as Stretch[][], stretch);
    const arrowTop = topOf(tailLine);
    const arrow = `M${round(to - 3.5)} ${round(arrowTop - 6)}L${round(to + 3.5)} ${round(arrowTop - 6)}L${round(to)} ${round(arrowTop)}Z`;
    const inside = (x: number) => Math.min(Math.max(x, half - GUTTER), Math.max(half - GUTTER, width - half));
    if (headLine === tailLine) {
      const x = inside((from + to) / 2);
      const y = heightOf(headLine, { from: Math.min(from, to, x - half), to: Math.max(from, to, x + half) });
      const path = roundedPath([
        [from, topOf(headLine)],
        [from, y],
        [to, y],
        [to, arrowTop - 5],
      ]);
      return { index, path, arrow, label: { x, y } };
    }
    const onTail = to > from; // the label is on the line where there is more room for it
    const x = inside(Math.max(from, to) - half - CORNER);
    const reach = (end: number, hasLabel: boolean) => (hasLabel ? Math.max(end, x + half) : end);
    const headY = heightOf(headLine, { from: -GUTTER, to: reach(from, !onTail) });
    const tailY = heightOf(tailLine, { from: -GUTTER, to: reach(to, onTail) });
    const lane = takeLevel(gutter, { from: Math.min(headY, tailY), to: Math.max(headY, tailY) });
    const margin = -4 - (Math.min(lane, GUTTER_LANES - 1) * (GUTTER - 8)) / (GUTTER_LANES - 1);
    const path = roundedPath([
      [from, topOf(headLine)],
      [from, headY],
      [margin, headY],
      [margin, tailY],
      [to, tailY],
      [to, arrowTop - 5],
    ]);
    return { index, path, arrow, label: { x, y: onTail ? tailY : headY } };
  });
  return { arcs, levels: Math.max(0, ...taken.map((levels) => levels.length)) };
}
