// A card: one post with its picture, the entities marked in the text, and an arrow for every relation. One self-contained SVG.
import { formatProbability } from "../../extractors/shared/format-probability.ts";
import { LabelTints } from "../blocks/highlights.ts";
import { type Html, html } from "../html.ts";
import type { EmbeddedPicture } from "../pictures.ts";
import { lightColour } from "../style.ts";
import { layOutText, type TextLayout } from "./lay-out-text.ts";
import { isMeasured, shortened, textWidth } from "./text-width.ts";

/** The content of a card; an `Extraction` with its post has these fields. */
export interface CardContent {
  readonly text: string;
  readonly entities: readonly CardEntity[];
  /** `head` and `tail` are indices into `entities`. */
  readonly relations: readonly CardRelation[];
  readonly picture?: EmbeddedPicture | undefined;
  /** In small print at the bottom: what the model saw, or why it did not see the picture. */
  readonly remarks: readonly string[];
}

export interface CardEntity {
  readonly start: number;
  readonly end: number;
  readonly label: string;
  readonly probability?: number | undefined;
}

export interface CardRelation {
  readonly head: number;
  readonly tail: number;
  readonly label: string;
  readonly probability?: number | undefined;
}

// All in CSS pixels.
const WIDTH = 760;
const PADDING = 22;
const GAP = 24;
const PICTURE_WIDTH = 190;
const PICTURE_HEIGHT = 220;
const TEXT_SIZE = 18;
const LABEL_SIZE = 10.5;
const LINE_HEIGHT = 42; // a line and the labels above it
const CHIP_SIZE = 14;
const CHIP_HEIGHT = 26;
const CHIP_WIDEST = 150;
const ARROW_LABEL_WIDEST = 220;
const ROW_HEIGHT = 40;
const REMARK_SIZE = 11.5;
const REMARK_HEIGHT = 17;
/** A card shows only the start of a longer post, and says so. */
const MOST_LINES = 14;
const MOST_ARROWS = 10;

/** Returns the card as an SVG document. The same content gives the same text. */
export function drawCard(content: CardContent): string {
  const { text, entities, relations, picture, remarks } = content;
  const tints = new LabelTints();
  const left = picture === undefined ? PADDING : PADDING + PICTURE_WIDTH + GAP;
  const layout = layOutText(
    text,
    entities.map((entity) => ({ ...entity, label: labelled(entity) })),
    { width: WIDTH - PADDING - left, size: TEXT_SIZE, labelSize: LABEL_SIZE, mostLines: MOST_LINES },
  );
  const textHeight = layout.lines * LINE_HEIGHT;
  const shown = relations.slice(0, MOST_ARROWS);
  const pictureSize = picture === undefined ? undefined : fitted(picture);
  const upper = Math.max(
    textHeight + (shown.length === 0 ? 0 : 10 + shown.length * ROW_HEIGHT),
    pictureSize?.height ?? 0,
  );
  const foot = [...remarks, ...leftOut(layout, relations.length - shown.length)];
  const height = PADDING + upper + (foot.length === 0 ? 0 : 12 + foot.length * REMARK_HEIGHT) + PADDING;
  const drawing = html`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}" role="img" font-family="DejaVu Sans, Verdana, Geneva, sans-serif" fill="${lightColour("text")}">
<title>${spoken(content)}</title>
<rect x="0.5" y="0.5" width="${WIDTH - 1}" height="${height - 1}" rx="10" fill="${lightColour("raised")}" stroke="${lightColour("rule")}"/>
${picture !== undefined && pictureSize !== undefined && drawPicture(picture, pictureSize)}
<g transform="translate(${left} ${PADDING})">${drawText(text, entities, layout, tints)}</g>
<g transform="translate(${left} ${PADDING + textHeight + 10})">${shown.map((relation, i) =>
    drawArrow(text, entities, relation, i * ROW_HEIGHT, tints),
  )}</g>
<g font-size="${REMARK_SIZE}" fill="${lightColour("muted")}">${foot.map(
    (remark, i) =>
      html`<text x="${PADDING}" y="${PADDING + upper + 12 + (i + 0.75) * REMARK_HEIGHT}">${shortened(remark, REMARK_SIZE, WIDTH - 2 * PADDING)}</text>`,
  )}</g>
</svg>
`;
  return drawing.text;
}

/** A label, with its probability if there is one. */
function labelled({ label, probability }: Omit<CardRelation, "head" | "tail">): string {
  return probability === undefined ? label : `${label} ${formatProbability(probability, 2)}`;
}

function leftOut({ leftOut: units }: TextLayout, arrows: number): string[] {
  return [
    ...(units > 0 ? [`${units} more UTF-16 units of the text are not shown`] : []),
    ...(arrows > 0 ? [`${arrows} more ${arrows === 1 ? "relation is" : "relations are"} not shown`] : []),
  ];
}

interface Size {
  readonly width: number;
  readonly height: number;
}

function fitted(picture: EmbeddedPicture): Size {
  if (picture.state === "left out") return { width: PICTURE_WIDTH, height: 90 };
  const scale = Math.min(PICTURE_WIDTH / picture.width, PICTURE_HEIGHT / picture.height);
  return { width: Math.round(picture.width * scale), height: Math.round(picture.height * scale) };
}

function drawPicture(picture: EmbeddedPicture, { width, height }: Size): Html {
  if (picture.state === "embedded")
    return html`<image x="${PADDING}" y="${PADDING}" width="${width}" height="${height}" href="${picture.url}"/>`;
  return html`<rect x="${PADDING}" y="${PADDING}" width="${width}" height="${height}" rx="4" fill="none" stroke="${lightColour("line")}" stroke-dasharray="4 3"/><text x="${PADDING + width / 2}" y="${PADDING + height / 2}" text-anchor="middle" font-size="${REMARK_SIZE}" fill="${lightColour("muted")}">${shortened(picture.detail, REMARK_SIZE, width - 12)}</text>`;
}

const FROM_THE_RIGHT = /^[^\p{L}]*[\p{Script=Hebrew}\p{Script=Arabic}\p{Script=Syriac}\p{Script=Thaana}]/u;

function drawText(
  text: string,
  entities: readonly CardEntity[],
  layout: TextLayout,
  tints: LabelTints,
): Html {
  const fromTheRight = FROM_THE_RIGHT.test(text);
  const column = Math.max(0, ...layout.pieces.map(({ x, width }) => x + width));
  const leftOf = (x: number, width: number) => (fromTheRight ? column - x - width : x);
  const baseline = (line: number) => line * LINE_HEIGHT + LINE_HEIGHT - 12;
  // Longest first, so that a span within another is drawn on top.
  const marks = [...layout.marks].sort((a, b) => b.width - a.width);
  return html`${marks.map(({ span, line, x, width, first }) => {
    const entity = entities[span]!; // each mark belongs to an entity
    const tint = tints.of(entity.label);
    const [at, bottom] = [leftOf(x, width) - 2, baseline(line) + 6];
    const label = labelled(entity);
    const from = fromTheRight ? at + width + 4 - textWidth(label, LABEL_SIZE) : at;
    return html`<rect x="${at}" y="${bottom - 23}" width="${width + 4}" height="23" rx="3" fill="${lightColour(`tint-${tint}`)}"/><rect x="${at}" y="${bottom - 1}" width="${width + 4}" height="2" fill="${lightColour(`series-${tint}`)}"/>${
      first &&
      html`<text x="${from}" y="${bottom - 27}" font-size="${LABEL_SIZE}" fill="${lightColour(`series-${tint}`)}">${label}</text>`
    }`;
  })}<g font-size="${TEXT_SIZE}"${fromTheRight && html` direction="rtl"`}>${layout.pieces.map(
    ({ text: piece, line, x, width }) =>
      html`<text x="${fromTheRight ? column - x : x}" y="${baseline(line)}"${exactly(piece, width)}>${piece}</text>`,
  )}</g>`;
}

/** Makes a browser with another font keep the computed width. */
function exactly(text: string, width: number): Html | false {
  return text.length > 1 && isMeasured(text) && html` textLength="${width}" lengthAdjust="spacingAndGlyphs"`;
}

/** Head, arrow with the label above it, tail. */
function drawArrow(
  text: string,
  entities: readonly CardEntity[],
  { head, tail, ...relation }: CardRelation,
  y: number,
  tints: LabelTints,
): Html {
  const from = chip(text, entities[head], 0, y, tints);
  const label = shortened(labelled(relation), LABEL_SIZE + 1, ARROW_LABEL_WIDEST);
  const length = textWidth(label, LABEL_SIZE + 1) + 30;
  const [start, middle] = [from.width + 6, y + ROW_HEIGHT / 2 + 4];
  const to = chip(text, entities[tail], start + length + 6, y, tints);
  return html`${from.drawing}<text x="${start + (length - 8) / 2}" y="${middle - 6}" text-anchor="middle" font-size="${LABEL_SIZE + 1}">${label}</text><path d="M${start} ${middle}H${start + length - 7}" stroke="${lightColour("muted")}" stroke-width="1.6" fill="none"/><path d="M${start + length} ${middle}l-9 -4.5v9z" fill="${lightColour("muted")}"/>${to.drawing}`;
}

/** A mention's words in a box with the colour of its type. */
function chip(
  text: string,
  entity: CardEntity | undefined,
  x: number,
  y: number,
  tints: LabelTints,
): { readonly drawing: Html; readonly width: number } {
  if (entity === undefined) throw new RangeError("A relation names an entity that is not in the list");
  const words = shortened(text.slice(entity.start, entity.end).replace(/\s+/g, " "), CHIP_SIZE, CHIP_WIDEST);
  const inner = textWidth(words, CHIP_SIZE);
  const [width, top, tint] = [inner + 16, y + (ROW_HEIGHT - CHIP_HEIGHT) / 2 + 4, tints.of(entity.label)];
  const drawing = html`<rect x="${x}" y="${top}" width="${width}" height="${CHIP_HEIGHT}" rx="5" fill="${lightColour(`tint-${tint}`)}" stroke="${lightColour(`series-${tint}`)}"/><text x="${x + 8}" y="${top + 18}" font-size="${CHIP_SIZE}"${exactly(words, inner)}>${words}</text>`;
  return { drawing, width };
}

/** The card in words, for screen readers. */
function spoken({ text, entities, relations }: CardContent): string {
  const words = (at: number) => text.slice(entities[at]?.start, entities[at]?.end);
  const said = relations.map(({ head, tail, label }) => `${words(head)} ${label} ${words(tail)}`);
  return [text, ...entities.map(({ label }, i) => `${words(i)}: ${label}`), ...said].join("; ");
}
