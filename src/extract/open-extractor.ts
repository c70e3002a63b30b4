// Opens what a model folder or a bundle holds: its models, verified, with what they share.
import { join } from "node:path";
import { SharedTokenizers } from "../encoders/tokenizing/shared-tokenizers.ts";
import { loadCategoryModel } from "../extractors/category/load-category-model.ts";
import { loadEntityModel } from "../extractors/entity/load-entity-model.ts";
import { promptOf } from "../extractors/entity/model-config.ts";
import { constraintsOfRule } from "../extractors/pairs/pair-rule.ts";
import { loadModel } from "../extractors/relation/load-model.ts";
import type { ExtractorOptions } from "../extractors/requests.ts";
import { BUNDLE_PARTS } from "../extractors/shared/bundle-parts.ts";
import { type LoadOptions, runtimeOptions } from "../extractors/shared/runtime-options.ts";
import { modelKindOf } from "../extractors/shared/saved-config.ts";
import { SharedEncoders } from "../extractors/shared/shared-encoders.ts";
import { reopenVisual } from "../visual/open-visual.ts";
import type { OpenedVisual } from "../visual/visual-channel.ts";
import { type Bundle, constraintsOf, readBundle } from "./bundle.ts";
import { explainPost } from "./explain/explain-post.ts";
import { Extractor } from "./extractor.ts";
import type { LoadedParts } from "./model-parts.ts";
import { requireContained, verifyBundle } from "./verify-bundle.ts";

const NO_MODELS: LoadedParts = {
  entity: undefined,
  relation: undefined,
  category: undefined,
  constraints: undefined,
};

/** Opens the models of a folder, verified; `load` has checked the options. */
export async function openExtractor(folder: string, options: ExtractorOptions): Promise<Extractor> {
  const { signal } = options;
  signal?.throwIfAborted();
  const notices: string[] = [];
  const runtime = runtimeOptions({
    ...options,
    onNotice: (notice) => {
      notices.push(notice);
      options.onNotice?.(notice);
    },
  });
  const bundle = await readBundle(folder);
  if (bundle) return loadBundle(folder, bundle, runtime, notices, signal);
  switch (await modelKindOf(folder)) {
    case "entity": {
      const entity = await loadEntityModel(folder, runtime);
      return extractorOf({ ...NO_MODELS, entity }, () => entity.dispose(), notices);
    }
    case "relation": {
      const relation = await loadModel(folder, runtime);
      const constraints = relation.pairRule && constraintsOfRule(relation.pairRule);
      return extractorOf({ ...NO_MODELS, relation, constraints }, () => relation.dispose(), notices);
    }
    case "category": {
      const category = await loadCategoryModel(folder, runtime);
      return extractorOf({ ...NO_MODELS, category }, () => category.dispose(), notices);
    }
  }
}

/** An extractor that can also explain its answers. */
function extractorOf(
  parts: LoadedParts,
  release: () => Promise<void>,
  notices: readonly string[],
): Extractor {
  return new Extractor(parts, release, notices, (post, options) => explainPost(parts, post, options));
}

async function loadBundle(
  folder: string,
  bundle: Bundle,
  options: LoadOptions,
  notices: readonly string[],
  signal: AbortSignal | undefined,
): Promise<Extractor> {
  await requireContained(folder, bundle);
  const verified = await verifyBundle(folder, bundle, options);
  signal?.throwIfAborted();
  const encoders = canShare(bundle, options) ? new SharedEncoders(options.library) : undefined;
  const runtime: LoadOptions = {
    ...options,
    encoders,
    tokenizers: new SharedTokenizers(),
    onNotice: undefined, // a model inside a bundle adds nothing
    onOtherVersion: options.onNotice,
  };
  const opened: Disposed[] = encoders === undefined ? [] : [encoders]; // disposed of last
  const keep = <Model extends Disposed>(model: Model): Model => {
    opened.push(model);
    return model;
  };
  try {
    const entity = keep(await loadEntityModel(join(folder, BUNDLE_PARTS.entity), runtime));
    signal?.throwIfAborted();
    const constraints = constraintsOf(folder, bundle, entity.scheme.types);
    const opener = sharing(entity.visual, promptOf(entity.config));
    const relation = keep(await loadModel(join(folder, BUNDLE_PARTS.relation), runtime, opener));
    signal?.throwIfAborted();
    const category =
      bundle.categories &&
      keep(await loadCategoryModel(join(folder, BUNDLE_PARTS.category), runtime, opener));
    await verified.check();
    return extractorOf({ entity, relation, category, constraints }, () => disposeAll(opened), notices);
  } catch (error) {
    await disposeAll(opened);
    throw error;
  }
}

/** Whether models can compute beside one text encoder in memory: eight-bit weights are rounded sums, and devices hold copies. */
function canShare(
  { sharedEncoders }: Bundle,
  { precision = "fp32", device = "cpu", plugins = [], frozenStates }: LoadOptions,
): boolean {
  const isPlain = precision === "fp32" && device === "cpu" && plugins.length === 0;
  return sharedEncoders !== undefined && isPlain && frozenStates === undefined;
}

interface Disposed {
  dispose(): Promise<void>;
}

/** Disposes of models, the last one first: it may have borrowed from the others. */
async function disposeAll(models: readonly Disposed[]): Promise<void> {
  try {
    await models.at(-1)?.dispose();
  } finally {
    if (models.length > 0) await disposeAll(models.slice(0, -1));
  }
}

/** Opens a visual channel, or lends the open one if it is the same, so that a frozen encoder is in memory once. */
function sharing(
  open: OpenedVisual | undefined,
  prefix: { readonly promptLength: number; readonly objects: number },
): typeof reopenVisual {
  return async (runtime, saved, wanted, reopening) => {
    const isSame =
      open !== undefined &&
      saved !== null &&
      open.saved.kind === saved.kind &&
      open.saved.fingerprint === saved.fingerprint &&
      JSON.stringify(open.saved.stages) === JSON.stringify(saved.stages) &&
      open.saved.detector?.fingerprint === saved.detector?.fingerprint &&
      prefix.promptLength === wanted.promptLength &&
      prefix.objects === wanted.objects;
    return isSame ? lent(open) : reopenVisual(runtime, saved, wanted, reopening);
  };
}

/** Wraps the channel for a borrower, who must not dispose of it. */
function lent(channel: OpenedVisual): OpenedVisual {
  const { featuresOfPicture, regionsOfPicture, featuresOfCaption } = channel;
  return {
    saved: channel.saved,
    objects: channel.objects,
    featuresOf: (...request) => channel.featuresOf(...request),
    ...(featuresOfPicture ? { featuresOfPicture: featuresOfPicture.bind(channel) } : {}),
    ...(regionsOfPicture ? { regionsOfPicture } : {}), // the same function, which tells that both see the same
    ...(featuresOfCaption ? { featuresOfCaption: featuresOfCaption.bind(channel) } : {}),
    dispose: async () => undefined,
  };
}
