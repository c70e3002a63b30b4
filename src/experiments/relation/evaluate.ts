// Scores a trained model on a data file.
import { readData } from "../model/read-data.ts";
import { runtimeOptions } from "../model/runtime-options.ts";
import type { EvaluateRequest, RelationEvaluationSummary } from "../relation-runs.ts";
import { requireUsedVisual } from "../visual/require-used.ts";
import { loadModel } from "./load-model.ts";
import { visualChannelOf } from "./model-config.ts";
import { prepareExamples, requireRelations } from "./prepare.ts";
import { scoreModel } from "./scores.ts";

/** Reads, prepares and scores; what could not be used is counted in the summary. */
export async function evaluateRelations(request: EvaluateRequest): Promise<RelationEvaluationSummary> {
  const { data, captions, pictures, features, signal } = request;
  const onPreparation: typeof request.onPreparation = (progress) => {
    signal?.throwIfAborted();
    request.onPreparation?.(progress);
  };
  const loaded = await loadModel(request.model, runtimeOptions(request));
  try {
    requireUsedVisual(request, visualChannelOf(loaded.config));
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
    return { task: "mre", visualChannel: visualChannelOf(config), metrics, data: prepared.account };
  } finally {
    await loaded.dispose();
  }
}
