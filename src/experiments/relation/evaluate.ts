// Scores a trained model on a data file.
import type { EvaluateRequest, EvaluationSummary } from "../relation-runs.ts";
import { loadModel } from "./load-model.ts";
import { visualChannelOf } from "./model-config.ts";
import { prepareExamples, readData } from "./prepare.ts";
import { runtimeOptions } from "./runtime-options.ts";
import { scoreModel } from "./scores.ts";

/** Reads, prepares and scores; what could not be used is counted in the summary. */
export async function evaluateRelations(request: EvaluateRequest): Promise<EvaluationSummary> {
  const { data, format, captions, pictures, features, signal } = request;
  const onPreparation: typeof request.onPreparation = (progress) => {
    signal?.throwIfAborted();
    request.onPreparation?.(progress);
  };
  const loaded = await loadModel(request.model, runtimeOptions(request));
  try {
    const { config, labels, tokenizer, markers, model, visual } = loaded;
    const { maxLength, truncation } = config;
    const prepared = await prepareExamples(
      await readData(data, format, onPreparation),
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
