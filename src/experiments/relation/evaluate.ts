// Scores a trained model on a data file.
import { DataError } from "../../errors.ts";
import { readData } from "../model/read-data.ts";
import { runtimeOptions } from "../model/runtime-options.ts";
import type { EvaluateRequest, EvaluationSummary, VisualChannelName } from "../relation-runs.ts";
import { loadModel } from "./load-model.ts";
import { visualChannelOf } from "./model-config.ts";
import { prepareExamples, requireRelations } from "./prepare.ts";
import { scoreModel } from "./scores.ts";

/** Reads, prepares and scores; what could not be used is counted in the summary. */
export async function evaluateRelations(request: EvaluateRequest): Promise<EvaluationSummary> {
  const { data, captions, pictures, features, signal } = request;
  const onPreparation: typeof request.onPreparation = (progress) => {
    signal?.throwIfAborted();
    request.onPreparation?.(progress);
  };
  const loaded = await loadModel(request.model, runtimeOptions(request));
  try {
    requireUsed(request, visualChannelOf(loaded.config));
    const { config, labels, tokenizer, markers, model, visual } = loaded;
    const { maxLength, truncation } = config;
    const set = await readData(data, request, onPreparation);
    requireRelations(set);
    const prepared = await prepareExamples(
      set,
      labels,
      { tokenizer, markers, maxLength, truncation },
      visual && { channel: visual, sources: { captions, pictures, features } },
      request.unknownRelations ?? "refuse",
      onPreparation,
    );
    const total = prepared.examples.length;
    const metrics = await scoreModel(model, prepared.examples, labels, (done) =>
      onPreparation({ what: "scoring", done, total }),
    );
    return { visualChannel: visualChannelOf(config), metrics, data: prepared.account };
  } finally {
    await loaded.dispose();
  }
}

const SOURCES = {
  pictures: "pixels",
  features: "precomputed features",
  captions: "caption-as-vision",
} as const;

/** What the model cannot look at is refused, as `extract` does: a score must not seem to rest on it. */
function requireUsed(request: EvaluateRequest, channel: VisualChannelName): void {
  for (const source of ["pictures", "features", "captions"] as const) {
    if (request[source] === undefined || SOURCES[source] === channel) continue;
    throw new DataError({
      code: "data/unwanted-visual",
      message: `evaluate: there are ${source}, and this is a model whose visual channel is ${channel}`,
      place: source,
      remedy: `Leave the ${source} out, or use a model that was trained with them.`,
    });
  }
}
