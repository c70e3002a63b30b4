// `relata extract --text`: reads one post, or two mentions in it, and prints the result.
import type { Span } from "../data/document.ts";
import { spansIn } from "../data/offset-units.ts";
import type { Extractor } from "../extract/extractor.ts";
import type { Extraction } from "../extract/post.ts";
import type { ExtractedRelation } from "../extractors/requests.ts";
import { formatProbability } from "../extractors/shared/format-probability.ts";
import type { CommandContext } from "./context.ts";
import { describeExplanation, explanationIn } from "./describe-explanation.ts";
import { modelOptions } from "./device-options.ts";
import { extractionOptions, type PostOptions } from "./extract-options.ts";
import { locateMention } from "./locate-mention.ts";
import { formatTable } from "./table.ts";

/** Prints what was found in a post. */
export async function extractPost(
  folder: string,
  options: PostOptions,
  { output }: CommandContext,
): Promise<void> {
  const { text, picture: image, caption, card } = options;
  const cards = card === undefined ? undefined : await import("../report/card/write-card.ts");
  if (card !== undefined) cards?.requireCardName(card); // before the model is read
  output.status("loading the model");
  const { load } = await import("../extract/load.ts");
  await using model = await load(folder, modelOptions(options, output));
  for (const remark of model.remarks) output.note(remark);
  const { offsets = "utf-16", ...extraction } = extractionOptions(options);
  const post = { text, image, caption };
  const explained = options.explain === true ? await model.explain(post, extraction) : undefined;
  const found = explained ?? (await model.extract(post, extraction));
  if (card !== undefined && cards !== undefined) {
    const picture = image === undefined ? undefined : ({ from: "file", path: image, alt: "" } as const);
    const { entities, relations } = found;
    await cards.writeCard(card, { text, entities, relations, picture, remarks: remarksOn(found) });
  }
  const written = { ...found, entities: spansIn(text, found.entities, offsets), offsets };
  if (explained === undefined) {
    output.result({ text, ...written }, () => describePost(written, model));
    return;
  }
  const explanation = explanationIn(text, explained.explanation, offsets);
  output.result({ text, ...written, explanation }, () =>
    [describePost(written, model), "", describeExplanation(written.visual, explanation)].join("\n"),
  );
}

/** Prints the relation between two mentions. */
export async function extractRelation(
  folder: string,
  options: PostOptions,
  { output }: CommandContext,
): Promise<void> {
  const { text, picture, caption } = options;
  const { offsets = "utf-16" } = options;
  const head = locateMention("head", text, options.head, options.headSpan, offsets);
  const tail = locateMention("tail", text, options.tail, options.tailSpan, offsets);
  output.status("loading the model");
  const { load } = await import("../extract/load.ts");
  await using model = await load(folder, modelOptions(options, output));
  const request = {
    text,
    head,
    tail,
    image: picture,
    caption,
  };
  const found = await model.relationBetween(request, { maxTextLength: options.maxTextLength });
  const [headShown, tailShown] = spansIn(text, [head, tail], offsets);
  const [headText, tailText] = [head, tail].map(({ start, end }) => text.slice(start, end));
  output.result({ text, head: headShown, tail: tailShown, headText, tailText, offsets, ...found }, () =>
    describe(text, head, tail, found, options.top),
  );
}

function describePost(
  found: Extraction,
  { labels, entityTypes, categories }: Pick<Extractor, "labels" | "entityTypes" | "categories">,
): string {
  const { entities, relations, category } = found;
  const asksRelations = labels.length > 0;
  const probability = (value: number | undefined) =>
    value === undefined ? "given" : formatProbability(value);
  const remarks = remarksOn(found);
  return [
    ...(category ? [`category: ${category.label} (${probability(category.probability)})`] : []),
    ...(categories.length > 0 && category === undefined ? ["no category"] : []),
    ...(categories.length > 0 && entityTypes.length > 0 ? [""] : []),
    ...(entities.length === 0
      ? entityTypes.length > 0
        ? ["no entities"]
        : []
      : [
          formatTable(
            ["entity", "type", "start", "end", "probability"],
            entities.map((entity) => [
              entity.text,
              entity.label,
              entity.start,
              entity.end,
              probability(entity.probability),
            ]),
          ),
        ]),
    ...(!asksRelations || entities.length < 2 ? [] : [""]),
    ...(!asksRelations || entities.length < 2
      ? []
      : relations.length === 0
        ? ["no relations"]
        : [
            formatTable(
              ["head", "relation", "tail", "probability"],
              relations.map(({ headText, label, tailText, ...relation }) => [
                headText,
                label,
                tailText,
                probability(relation.probability),
              ]),
            ),
          ]),
    ...(remarks.length === 0 ? [] : ["", ...remarks]),
  ].join("\n");
}

/** Notes on the result. */
function remarksOn({ visualError, calibrated, notes }: Extraction): readonly string[] {
  return [
    ...(visualError ? [`the picture was not used: [${visualError.code}] ${visualError.message}`] : []),
    ...(calibrated ? [] : ["the probabilities are not calibrated"]),
    ...notes.map(({ code, message }) => `[${code}] ${message}`),
  ];
}

function describe(text: string, head: Span, tail: Span, found: ExtractedRelation, top: number): string {
  const words = (span: Span) => text.slice(span.start, span.end);
  return [
    `${words(head)} -> ${found.label} -> ${words(tail)}  (${describeChannel(found)}${found.truncated ? ", text cut to the maximum length" : ""})`,
    formatTable(
      ["relation", "probability"],
      found.probabilities
        .slice(0, top)
        .map(({ label, probability }) => [label, formatProbability(probability)]),
    ),
  ].join("\n");
}

/** What the model can see, and whether this request showed it. */
function describeChannel({ visualChannel, visual }: ExtractedRelation): string {
  if (visualChannel === "text only") return visualChannel;
  const wanted = visualChannel === "caption-as-vision" ? "caption" : "picture";
  return visual === "none" ? `${visualChannel}, but no ${wanted} was given` : visualChannel;
}
