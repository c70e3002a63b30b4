// Scores a trained model on a data file.
import { type Document, writeJsonl } from "../../data/index.ts";
import { requireAnnotations } from "../model/prepare-documents.ts";
import { readData } from "../model/read-data.ts";
import { runtimeOptions } from "../model/runtime-options.ts";
import type { EvaluateRequest, RelationEvaluationSummary } from "../relation-runs.ts";
import { requireUsedVisual } from "../visual/require-used.ts";
import { loadModel } from "./load-model.ts";
import { visualChannelOf } from "./model-config.ts";
import { prepareExamples } from "./prepare.ts";
import type { Logits } from "./relation-model.ts";
import { bestLabel, probabilitiesOf, scoreModel } from "./scores.ts";

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
    requireAnnotations(set, "relations");
    const prepared = await prepareExamples(
      set,
      labels,
      { tokenizer, markers, maxLength, truncation },
      visual && { channel: visual, sources: { captions, pictures, features } },
      request.unknownRelations ?? "refuse",
      onPreparation,
    );
    const total = prepared.examples.length;
    const { metrics, logits } = await scoreModel(model, prepared.examples, labels, (done) =>
      onPreparation({ what: "scoring", done, total }),
    );
    if (request.predictions !== undefined) {
      const temperature = loaded.calibration?.temperature ?? 1;
      await writeJsonl(
        request.predictions,
        predictedDocuments(prepared.documents, logits, labels.labels, temperature),
      );
    }
    return { task: "mre", visualChannel: visualChannelOf(config), metrics, data: prepared.account };
  } finally {
    await loaded.dispose();
  }
}

/** The documents with the most probable label in every relation's place, "None" included. */
function predictedDocuments(
  documents: readonly Document[],
  logits: readonly Logits[],
  labels: readonly string[],
  temperature: number,
): Document[] {
  let at = 0;
  return documents.map((document) => ({
    ...document,
    relations: document.relations.map(({ head, tail }) => {
      const scores = logits[at++]!; // one row per relation, in the order of the documents
      const best = bestLabel(scores);
      return { head, tail, label: labels[best]!, probability: probabilitiesOf(scores, temperature)[best]! };
    }),
  }));
}
