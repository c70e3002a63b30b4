// Finds labels that are probably wrong: models on a frozen encoder judge the documents of the fold that they never saw.

import { createHash } from "node:crypto";
import { counted } from "../../base/counted.ts";
import { ConfigError } from "../../base/errors.ts";
import type { Document } from "../../data/document.ts";
import { documentClusters } from "../../data/document-clusters.ts";
import { fingerprintDocuments } from "../../data/fingerprint.ts";
import { openTextEncoder } from "../../encoders/text-encoder.ts";
import { Runtime } from "../../engine/runtime.ts";
import { foldsOf } from "../../evaluation/folds.ts";
import { ENTITY_SHRINKAGE, type EntityJudgement, judgeEntities } from "./judge-entities.ts";
import { judgeRelations, RELATION_SHRINKAGE, type RelationJudgement } from "./judge-relations.ts";
import { KeptScores } from "./kept-scores.ts";
import type { KeptSums } from "./out-of-fold.ts";
import { encodeWords } from "./word-states.ts";

/** What to judge: the entities, the relations, or both. */
export type JudgedTask = "mner" | "mre" | "both";

/** The documents to judge, and with what. */
export interface LabelErrorRequest {
  readonly documents: readonly Document[];
  /** Text encoder: a folder in the Hugging Face layout, or a hub id. */
  readonly encoder: string;
  readonly task: JudgedTask;
  /** Default 5. */
  readonly folds?: number | undefined;
  readonly seed?: number | undefined;
  /** Folder where the encoder's states and the out-of-fold scores are kept, so that another call or one after a kill continues. */
  readonly folder: string;
  /** Sums of an earlier call about the same words and mentions with other labels, which saves most of the fitting. */
  readonly sums?: { readonly entities: KeptSums; readonly relations: KeptSums } | undefined;
  /** Threads of the encoder; default: the number of cores. */
  readonly threads?: number | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((what: string, done: number, total: number) => void) | undefined;
}

/** What the models say about the labels, most suspicious first. */
export interface LabelErrors {
  /** The fold of each document. */
  readonly folds: readonly number[];
  /** Whether entities were not judged because all are mentions of relations: then nobody looked for the others. */
  readonly onlyMentions: boolean;
  readonly entities?: EntityJudgement | undefined;
  readonly relations?: RelationJudgement | undefined;
}

export const DEFAULT_FOLDS = 5;

/**
 * Judges labels out of fold. Documents with the same text or picture are in one fold, because a copy in the others would confirm a wrong label.
 *
 * @throws ConfigError `audit/one-cluster`; the codes of `openTextEncoder`, `Runtime.open` and `encodeWords`
 */
export async function findLabelErrors(request: LabelErrorRequest): Promise<LabelErrors> {
  const { documents, task, folds = DEFAULT_FOLDS, seed = 0, signal, onProgress } = request;
  const clusters = documentClusters(documents);
  const dealt = foldsOf(clusters, folds);
  if (dealt.clusters < folds) throw tooFew(dealt.clusters, folds);
  const foldOfDocument = dealt.of;
  const encoder = await openTextEncoder(request.encoder, { signal });
  const runtime = await Runtime.open({ threads: request.threads });
  const encoded = await encodeWords(documents, {
    runtime,
    encoder,
    folder: request.folder,
    signal,
    onProgress: (done, total, seconds) =>
      onProgress?.(`encoding texts, about ${Math.ceil(seconds)} s left`, done, total),
  }).finally(() => runtime.dispose());
  const identity = createHash("sha256")
    .update(
      JSON.stringify([
        fingerprintDocuments(documents),
        encoded.identity,
        folds,
        RELATION_SHRINKAGE,
        ENTITY_SHRINKAGE,
      ]),
    )
    .digest("hex");
  const judge = { documents, encoded: encoded.documents, foldOfDocument, folds, seed, clusters, signal };
  const kept = (what: string) => new KeptScores(request.folder, `${what}-${identity.slice(0, 12)}`);
  const hasEntities = documents.some(({ entities }) => entities.length > 0);
  const onlyMentions = task === "both" && hasEntities && documents.every(areMentionsOfRelations);
  const wants = {
    entities: task !== "mre" && hasEntities && !onlyMentions,
    relations: task !== "mner" && documents.some(({ relations }) => relations.length > 0),
  };
  const onFold = (what: string) => (done: number) => onProgress?.(`judging ${what}`, done, folds);
  return {
    folds: foldOfDocument,
    onlyMentions,
    ...(wants.entities
      ? {
          entities: await judgeEntities({
            ...judge,
            sums: request.sums?.entities,
            kept: kept("entities"),
            onFold: onFold("entities"),
          }),
        }
      : {}),
    ...(wants.relations
      ? {
          relations: await judgeRelations({
            ...judge,
            kept: kept("relations"),
            sums: request.sums?.relations,
            onFold: onFold("relations"),
          }),
        }
      : {}),
  };
}

/** In data sets of relations, a document has the two mentions that it asks about, whatever else its text names. */
function areMentionsOfRelations({ entities, relations }: Document): boolean {
  const mentions = new Set(relations.flatMap(({ head, tail }) => [head, tail]));
  return entities.every((_, i) => mentions.has(i));
}

function tooFew(clusters: number, folds: number): ConfigError {
  return new ConfigError({
    code: "audit/one-cluster",
    message: `labels cannot be judged in ${folds} folds: there are ${counted(clusters, "text")} without a common text or picture`,
    place: "--folds",
    value: folds,
    remedy: "Give more documents, or fewer folds.",
  });
}
