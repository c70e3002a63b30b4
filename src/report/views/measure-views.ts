// Measures a store of generated views with frozen encoders: opens them, finds the real pictures, joins teachers' scores by round.

import { EncoderError } from "../../base/errors.ts";
import { readWholeFile } from "../../base/whole-file.ts";
import { hashPicture, PictureFolder } from "../../data/pictures.ts";
import { decodePicture } from "../../encoders/pictures/decode.ts";
import type { RgbPicture } from "../../encoders/pictures/rgb-picture.ts";
import { Runtime, type RuntimeOptions } from "../../engine/runtime.ts";
import type { Extensions } from "../../extensions/extension.ts";
import { openPictureEmbedder, openTextEmbedder } from "../../extractors/embedding/open-embedders.ts";
import { readScores, type TeacherReading } from "../../extractors/student/scores-file.ts";
import { type SelectionInformation, selectionInformation } from "../../synthesis/measures/information.ts";
import { type LabelRetention, labelRetention } from "../../synthesis/measures/label-retention.ts";
import type { StoreMeasures } from "../../synthesis/measures/store-account.ts";
import { measureStore } from "../../synthesis/measures/store-measures.ts";
import { storeLayout } from "../../synthesis/store/layout.ts";
import { generatorsInWords } from "../../synthesis/store/manifest.ts";
import { openViewStore, type ViewStore } from "../../synthesis/store/open-store.ts";
import { readLedger } from "../../synthesis/store/read-ledger.ts";
import type { View } from "../../synthesis/view.ts";
import { JointSpace } from "../../visual/joint-space.ts";
import { realSecondViews } from "./second-views.ts";

export interface MeasureRequest {
  readonly store: string;
  /** Text encoder: folder or hub id, or the folder of a trained model. */
  readonly encoder: string;
  /** Pixel encoder for pictures, or the folder of a trained relation model; vectors for whole pictures are compared. Absent: `clip`, if there is one. */
  readonly pictureEncoder?: string | undefined;
  /** CLIP model, folder or hub id, which compares texts with pictures. */
  readonly clip?: string | undefined;
  /** False: compare embeddings as they are, not less their mean. */
  readonly centre?: boolean | undefined;
  /** Documents with real pairs, whose views of the generated modality are compared with the generated ones. */
  readonly real?: string | undefined;
  /** Folder of the real pictures, found by their content if pictures are real; or of the pictures of `real`. */
  readonly pictures?: string | undefined;
  /** Folder of teachers' scores of these views. */
  readonly scores?: string | undefined;
  readonly runtime?: RuntimeOptions | undefined;
  readonly onProgress?: ((what: string, done: number, total: number) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Extensions, whose encoders may be named here. */
  readonly extensions?: Extensions | undefined;
}

/** The teachers' information about the label, from the views of one round. */
export interface RoundInformation {
  readonly round: number;
  readonly information: SelectionInformation["before"];
}

export interface MeasuredViews extends StoreMeasures {
  readonly store: string;
  readonly direction: "text" | "picture";
  readonly rounds: number;
  readonly chains: number;
  /** Role, adapter and model of each generator: an oracle's model says that it is one. */
  readonly generators: readonly string[];
  /** Fingerprints of the encoders. */
  readonly encoders: { readonly text: string; readonly picture?: string; readonly clip?: string };
  readonly information?: readonly RoundInformation[];
  readonly teachersRead?: TeacherReading;
  /** Share of the views from which teachers not trained on the example predict the gold label. */
  readonly retention?: LabelRetention;
}

const BOOTSTRAP_SEED = 1;

/**
 * Measures drift and diversity, and information about the label if there are scores.
 *
 * @throws SynthesisError the codes of `openViewStore` and `measureStore`; EncoderError for the encoders; DataError for scores and pictures
 */
export async function measureViews(request: MeasureRequest): Promise<MeasuredViews> {
  const { onProgress, signal, pictureEncoder, pictures, scores, extensions, centre } = request;
  const store = await openViewStore(request.store);
  await using runtime = await Runtime.open(request.runtime);
  const embedder = await openTextEmbedder(runtime, request.encoder, extensions);
  const encoder =
    pictureEncoder === undefined ? undefined : await openPictureEmbedder(runtime, pictureEncoder, extensions);
  const clip =
    request.clip === undefined ? undefined : await JointSpace.open(runtime, request.clip, { extensions });
  const joint = clip && {
    embedTexts: (texts: readonly string[]) => clip.embedTexts(texts, undefined, signal),
    embedPicture: (bytes: Uint8Array) => decoded(bytes, (picture) => clip.embedPicture(picture)),
  };
  const embedTexts = async (texts: readonly string[]) => {
    const rows = await embedder.embed(texts, undefined, signal);
    return texts.map((_, i) => rows.subarray(i * embedder.width, (i + 1) * embedder.width));
  };
  const embedPicture = encoder
    ? (bytes: Uint8Array) => decoded(bytes, async (picture) => (await encoder.encode(picture)).logits)
    : joint?.embedPicture;
  const second =
    request.real === undefined
      ? undefined
      : await realSecondViews(store.direction, {
          ...{ documents: request.real, pictures, extensions, embedTexts, embedPicture },
        });
  const real =
    pictures === undefined || store.direction === "text"
      ? undefined
      : await picturesByHash(pictures, onProgress);
  const measures = await measureStore(store, {
    embedTexts,
    embedPicture,
    joint,
    second,
    centre,
    async realPicture(hash) {
      const path = real?.get(hash);
      return path === undefined ? undefined : readWholeFile(path);
    },
    onProgress: (done, total) => onProgress?.("measuring views", done, total),
    signal,
  });
  await clip?.dispose();
  await encoder?.dispose();
  await embedder.dispose();
  const { direction, rounds, chains } = store;
  return {
    store: request.store,
    direction,
    rounds,
    chains,
    generators: generatorsInWords(store.manifest),
    encoders: {
      text: embedder.fingerprint,
      ...(encoder ? { picture: encoder.fingerprint } : {}),
      ...(clip ? { clip: clip.fingerprint } : {}),
    },
    ...measures,
    ...(scores === undefined ? {} : await byTeachers(scores, store)),
  };
}

/** Embeds a picture; undefined if it cannot be decoded. */
async function decoded(
  bytes: Uint8Array,
  embed: (picture: RgbPicture) => Promise<Float32Array>,
): Promise<Float32Array | undefined> {
  let picture: RgbPicture;
  try {
    picture = await decodePicture(bytes);
  } catch (error) {
    if (error instanceof EncoderError) return undefined; // counted as not measured
    throw error;
  }
  return embed(picture);
}

async function picturesByHash(
  folder: string,
  onProgress: MeasureRequest["onProgress"],
): Promise<ReadonlyMap<string, string>> {
  const { paths } = await PictureFolder.open(folder);
  const byHash = new Map<string, string>();
  for (const [i, path] of paths.entries()) {
    byHash.set(await hashPicture(path), path);
    onProgress?.("reading pictures", i + 1, paths.length);
  }
  return byHash;
}

/** A number for each instance, equal for instances with the same real text or picture. */
async function realViewNumbers({ folder }: ViewStore): Promise<ReadonlyMap<string, number>> {
  const numbers = new Map<string, number>();
  const found = new Map<string, number>();
  for await (const row of readLedger(storeLayout(folder).ledger)) {
    if (row.state === "not-made" || row.parent !== null) continue;
    const number = numbers.get(row.request) ?? numbers.size;
    numbers.set(row.request, number);
    found.set(row.instance, number);
  }
  return found;
}

/** Returns the bound on I(S;Y) for the scored views of each round, and from how many of them the label can still be predicted. */
async function byTeachers(
  folder: string,
  store: ViewStore,
): Promise<Required<Pick<MeasuredViews, "information" | "retention" | "teachersRead">>> {
  const { rows, about } = await readScores(folder);
  const known = new Map<string, Pick<View, "round" | "instance">>();
  for await (const { id, round, instance } of store.views()) known.set(id, { round, instance });
  const realOf = await realViewNumbers(store);
  const scored = [...rows.values()].map((row) => {
    const views = row.views.flatMap(({ id, crossEntropy, predicted }) => {
      const view = known.get(id);
      if (view === undefined) return []; // a view from another store
      const cluster = realOf.get(view.instance)!; // a chain with a view has a first call
      return [{ round: view.round, cluster, crossEntropy: crossEntropy.at(-1)!, predicted, kept: false }]; // every epoch has a score
    });
    return { label: row.label, cluster: views[0]?.cluster, withoutView: row.withoutView.at(-1), views };
  });
  const rounds = [...new Set(scored.flatMap((row) => row.views.map(({ round }) => round)))].sort(
    (a, b) => a - b,
  );
  return {
    teachersRead: about.reads,
    information: rounds.map((round) => {
      const instances = scored.map((row) => ({
        ...row,
        views: row.views.filter((view) => view.round === round),
      }));
      return { round, information: selectionInformation(instances, { seed: BOOTSTRAP_SEED }).before };
    }),
    retention: labelRetention(
      scored.flatMap(({ label, views: own }) =>
        own.map(({ round, predicted, cluster }) => ({ round, gold: label, predicted, cluster })),
      ),
    ),
  };
}
