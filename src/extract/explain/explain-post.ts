// Explains one post: reads it with and without its picture, and looks at what the models were shown and how far they used it.
import { RelataError } from "../../base/errors.ts";
import { spansFrom } from "../../data/offset-units.ts";
import { promptOf } from "../../extractors/entity/model-config.ts";
import type { GraphModel } from "../../extractors/shared/graph-model.ts";
import { layerUses, type PrefixLayout } from "../../extractors/shared/picture-use.ts";
import type { VisualFeatures } from "../../visual/visual-channel.ts";
import type { RelationQuestions } from "../ask-relations.ts";
import { extractPrepared, type PreparedPost, preparePost, questionsOf } from "../extract-posts.ts";
import type { LoadedParts } from "../model-parts.ts";
import type { Extraction, Post, ResolvedExtractionOptions } from "../post.ts";
import { compareAnswers } from "./compare-answers.ts";
import { expertsOf } from "./experts.ts";
import type { ExplainedExtraction, Explanation, ExplanationLayer, ModelName } from "./explanation.ts";
import { NO_REGIONS, regionsSeen, type SeenRegions } from "./regions.ts";

const NOTHING_USED: Explanation = {
  withoutPicture: null,
  changed: { entities: [], relations: [] },
  regions: [],
  picture: null,
  layers: [],
};

/** Reads a post and explains the answer. @throws the errors of preparing and reading it */
export async function explainPost(
  parts: LoadedParts,
  post: Post,
  options: ResolvedExtractionOptions,
): Promise<ExplainedExtraction> {
  const prepared = await preparePost(parts, post, options);
  const found = await answerTo(parts, prepared);
  const { visual } = prepared.shown;
  if (visual !== "picture" && visual !== "caption") return { ...found, explanation: NOTHING_USED };
  const { entities, relations, category } = await answerTo(parts, withoutVisual(prepared));
  const withoutPicture = { entities, relations, ...(category ? { category } : {}) };
  const seen = visual === "picture" ? await regionsSeen(parts, post) : NO_REGIONS;
  const asked = await questionsAbout(parts, prepared, found, options);
  const readings = readingsOf(parts, prepared, asked);
  const experts = parts.relation && asked && (await expertsOf(parts.relation, asked, found.entities));
  return {
    ...found,
    explanation: {
      withoutPicture,
      changed: compareAnswers(found, withoutPicture),
      regions: seen.regions,
      picture: seen.picture,
      layers: (await Promise.all(readings.map((reading) => layersOf(reading, seen)))).flat(),
      ...(experts ? { experts } : {}),
    },
  };
}

async function answerTo(parts: LoadedParts, prepared: PreparedPost): Promise<Extraction> {
  const [answer] = await extractPrepared(parts, [prepared]);
  if (answer instanceof RelataError) throw answer;
  return answer!; // one post, one answer
}

/** The post as if it had been written without a picture or caption. */
function withoutVisual(prepared: PreparedPost): PreparedPost {
  const shown = { ...prepared.shown, entity: undefined, relation: undefined, category: undefined };
  return { ...prepared, shown: { ...shown, visual: "none" } };
}

/** What the relation model was asked about the entities found; undefined without a relation model. */
async function questionsAbout(
  parts: LoadedParts,
  prepared: PreparedPost,
  { entities }: Extraction,
  options: ResolvedExtractionOptions,
): Promise<RelationQuestions | undefined> {
  if (parts.relation === undefined) return undefined;
  const spans = spansFrom(prepared.text, entities, options.offsets, "entities");
  const asked = await questionsOf(parts, prepared, spans, options, undefined);
  if (asked instanceof RelataError) throw asked;
  return asked;
}

/** One model's reading of the post. */
interface Reading {
  readonly name: ModelName;
  readonly model: Pick<GraphModel<never>, "pictureUse" | "lengthOf">;
  readonly layout: PrefixLayout;
  readonly examples: readonly unknown[];
  readonly visual: VisualFeatures | undefined;
}

function readingsOf(
  { entity, relation, category }: LoadedParts,
  { windows, shown, categoryInput }: PreparedPost,
  asked: RelationQuestions | undefined,
): Reading[] {
  const layout = (prompt: Omit<PrefixLayout, "wholePicture"> & { readonly wholePicture?: boolean }) => ({
    wholePicture: true,
    ...prompt,
  });
  return [
    ...(entity
      ? [
          {
            name: "entities" as const,
            model: entity.model,
            layout: layout(promptOf(entity.config)),
            examples: (windows?.windows ?? []).map((input) => ({ id: "post", input, visual: shown.entity })),
            visual: shown.entity,
          },
        ]
      : []),
    ...(relation
      ? [
          {
            name: "relations" as const,
            model: relation.model,
            layout: layout(relation.method.prompt),
            examples: asked?.examples ?? [],
            visual: shown.relation,
          },
        ]
      : []),
    ...(category
      ? [
          {
            name: "categories" as const,
            model: category.model,
            layout: layout(category.config.i2srm.prefix),
            examples: [{ id: "post", input: categoryInput, label: undefined, visual: shown.category }],
            visual: shown.category,
          },
        ]
      : []),
  ];
}

/** How the layers of a model use the picture. */
async function layersOf(
  { name, model, layout, examples, visual }: Reading,
  { regions, orderOf }: SeenRegions,
): Promise<ExplanationLayer[]> {
  const shown = visual === undefined ? 0 : visual.maps.length - (layout.wholePicture ? 0 : 1);
  if (shown === 0 || examples.length === 0) return [];
  const own = examples as never[]; // made for this model above
  const outputs = await model.pictureUse(own);
  if (outputs === undefined) return [];
  const uses = layerUses(
    outputs.map((row, i) => ({ outputs: row, tokens: model.lengthOf(own[i]!) })), // one row for each
    layout,
    shown,
  );
  return uses.map(({ layer, gates, attention, pictures = [] }) => {
    if (attention === undefined) return { model: name, layer, gates };
    const byRegion = new Array<number>(regions.length).fill(0);
    for (const [i, at] of (orderOf.get(name) ?? []).entries()) byRegion[at] = pictures[i] ?? 0;
    return { model: name, layer, gates, attention, regions: byRegion };
  });
}
