// `relata extract --explain`: prints what the picture did in one post.
import { type OffsetUnit, spansIn } from "../data/offset-units.ts";

import type {
  Changed,
  Explanation,
  ExplanationRegion,
  Guess,
  TwoExperts,
} from "../extract/explain/explanation.ts";
import type { ShownVisual } from "../extract/post.ts";
import { formatProbability } from "../extractors/shared/format-probability.ts";
import { formatTable } from "./table.ts";

/** The same explanation with its offsets in another unit than UTF-16. */
export function explanationIn(text: string, explanation: Explanation, unit: OffsetUnit): Explanation {
  const { withoutPicture, changed } = explanation;
  return {
    ...explanation,
    withoutPicture: withoutPicture && {
      ...withoutPicture,
      entities: spansIn(text, withoutPicture.entities, unit),
    },
    changed: {
      ...changed,
      entities: spansIn(text, changed.entities, unit),
      relations: changed.relations.map((relation) => {
        const [head, tail] = spansIn(text, [relation.head, relation.tail], unit);
        return { ...relation, head: head!, tail: tail! }; // one for each
      }),
    },
  };
}

/** The explanation as text for the terminal. */
export function describeExplanation(visual: ShownVisual, explanation: Explanation): string {
  const { withoutPicture, changed, regions, picture, layers, experts } = explanation;
  if (withoutPicture === null) return `no picture was used${WHY_NOT[visual] ?? ""}`;
  const what = visual === "caption" ? "caption" : "picture";
  const [answered, unanswered] = [`with the ${what}`, "without it"];
  const rows = [
    ...changed.entities.map((entity) => [`entity ${entity.text}`, ...cells(entity)]),
    ...changed.relations.map((one) => [`relation ${one.headText} -> ${one.tailText}`, ...cells(one)]),
    ...(changed.category ? [["category", ...cells(changed.category)]] : []),
  ];
  return [
    rows.length === 0
      ? `the ${what} changed nothing: without it the answer is the same`
      : formatTable([`what the ${what} changed`, "change", answered, unanswered], rows),
    ...(picture === null
      ? []
      : ["", `shown of the picture (${picture.width} x ${picture.height} pixels)`, regionTable(regions)]),
    ...(layers.length === 0 ? [] : ["", layerTable(explanation, what), GATES]),
    ...(experts ? ["", ...expertLines(experts)] : []),
  ].join("\n");
}

const WHY_NOT: Partial<Record<ShownVisual, string>> = {
  none: ": there was none, or this is a text-only model",
  missing: ": it does not exist",
  broken: ": it cannot be used",
};

const GATES =
  "attention: share of the text's attention that goes to it, and by region. gates: which pieces of its projection a layer mixes; they sum to 1 whether or not it is used.";

function cells({ change, withPicture, withoutPicture }: Changed): string[] {
  return [change, guess(withPicture), guess(withoutPicture)];
}

function guess(one: Guess | null): string {
  if (one === null) return "-";
  return one.probability === undefined ? one.label : `${one.label} ${formatProbability(one.probability)}`;
}

function regionTable(regions: readonly ExplanationRegion[]): string {
  const detected = regions.some(({ kind }) => kind === "crop");
  return formatTable(
    [
      ...["region", "kind", "left", "top", "right", "bottom"],
      ...(detected ? ["label", "score"] : []),
      "shown to",
    ],
    regions.map(({ kind, box, label = "", score, models }, i) => [
      ...[`${i + 1}`, kind, ...box],
      ...(detected ? [label, score === undefined ? "" : score.toFixed(2)] : []),
      models.join(", "),
    ]),
  );
}

function layerTable({ layers, regions }: Explanation, what: string): string {
  return formatTable(
    ["model", "layer", "attention", ...(regions.length > 1 ? ["by region"] : []), "gates"],
    layers.map(({ model, layer, attention, regions: byRegion = [], gates }) => [
      model,
      `${layer}`,
      attention === undefined ? `does not attend to the ${what}` : percent(attention),
      ...(regions.length > 1 ? [byRegion.map(percent).join(" ")] : []),
      gates.map((gate) => gate.toFixed(2)).join(" "),
    ]),
  );
}

const percent = (share: number) => `${(100 * share).toFixed(1)}%`;

function expertLines({ real, combination, trust, pairs }: TwoExperts): string[] {
  const views = real === "text" ? "picture" : "text";
  const said =
    combination === "product" ? `the ${views} with the mentions alone` : `${real} and ${views}, trust 1`;
  const intro = `two experts, trust in the ${views} ${trust.toFixed(2)}`;
  if (pairs.length === 0) return [`${intro}: neither sees a relation`];
  return [
    intro,
    formatTable(
      ["head", "tail", `the ${real} says`, `${said} says`, "together"],
      pairs.map((pair) => [
        pair.headText,
        pair.tailText,
        guess(pair.real),
        guess(pair.views),
        guess(pair.together),
      ]),
    ),
  ];
}
