// Opens an annotation: the questions about documents, the annotator, and the plan of calls that fill a store.
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { ConfigError, SynthesisError } from "../base/errors.ts";
import { sha256 } from "../base/sha256.ts";
import type { Document } from "../data/document.ts";
import { type ChainPlan, manifestOf } from "../synthesis/chain-plan.ts";
import { PLAIN_TEXT, type TextToText } from "../synthesis/generators/generator.ts";
import type { Environment } from "../synthesis/generators/secrets.ts";
import type { SourceInstance } from "../synthesis/instance.ts";
import { requireSamePlan } from "../synthesis/store/create-store.ts";
import { storeLayout } from "../synthesis/store/layout.ts";
import { type Manifest, readManifest } from "../synthesis/store/manifest.ts";
import type { AnnotatorSettings } from "./annotator-settings.ts";
import { openChatAnnotator } from "./chat-annotator.ts";
import { pictureDataUrl } from "./picture-for-model.ts";
import { answerJsonSchema } from "./prompt.ts";
import { type AskedDocument, type QuestionAccount, questionsAbout, type ShownExamples } from "./questions.ts";
import type { AnnotationSchema } from "./schema.ts";
import { priceOf, tokensOf } from "./token-estimate.ts";

/** What to ask, whom, and how often. */
export interface QuestionSettings {
  readonly schema: AnnotationSchema;
  /** A server to ask, or an open generator of texts from texts that gets each question as JSON (`Question`) and gives the answer. */
  readonly annotator: AnnotatorSettings | TextToText;
  /** Folder of the calls and their answers, created if needed. */
  readonly store: string;
  /** Answers per document; their agreement is the probability. Default 3. */
  readonly samples?: number | undefined;
  /** The seed that those of all calls are derived from; default 1. */
  readonly seed?: number | undefined;
  readonly examples?: ShownExamples | undefined;
  /** Folder of the pictures; absent: none is sent. */
  readonly pictures?: string | undefined;
  /** Where keys are read from; default `process.env`. */
  readonly environment?: Environment | undefined;
  /** Starts no further calls. */
  readonly signal?: AbortSignal | undefined;
  readonly onPreparation?: ((done: number, total: number) => void) | undefined;
}

/** Questions, and a store for their answers. */
interface OpenAnnotation {
  readonly plan: ChainPlan;
  /** That of the store, if there is one. */
  readonly manifest: Manifest;
  readonly asked: readonly AskedDocument[];
  readonly questions: QuestionAccount;
  readonly annotator: TextToText;
  dispose(): Promise<void>;
}

/**
 * Makes the questions about documents and opens the annotator.
 *
 * @throws ConfigError `annotate/no-documents`; SynthesisError `synthesis/other-plan`, `synthesis/no-key`
 */
export async function openAnnotation(
  documents: readonly Document[],
  settings: QuestionSettings,
): Promise<OpenAnnotation> {
  const { store, samples = 3, seed = 1 } = settings;
  if (documents.length === 0) throw noDocuments();
  const { asked, account: questions } = await questionsAbout(documents, {
    ...settings,
    onProgress: (done) => settings.onPreparation?.(done, documents.length),
  });
  const annotator = open(settings, asked);
  const dispose = () => annotator.dispose();
  try {
    const plan: ChainPlan = {
      direction: "text",
      rounds: 1,
      chains: samples,
      seed,
      duplicateLevels: null,
      textToText: annotator,
      instances: () => instancesOf(asked),
    };
    const wanted = await manifestOf(plan);
    const isThere = existsSync(storeLayout(store).manifest);
    const manifest = isThere ? requireSamePlan(store, await readManifest(store), wanted) : wanted;
    return { plan, manifest, asked, questions, annotator, dispose };
  } catch (error) {
    await dispose();
    throw error;
  }
}

function open(
  { annotator, schema, environment = process.env }: QuestionSettings,
  asked: readonly AskedDocument[],
): TextToText {
  if (!isServer(annotator)) return annotator;
  const paths = new Map(asked.map(({ document, picturePath }) => [document.id, picturePath]));
  return openChatAnnotator(annotator, {
    environment,
    answerSchema: answerJsonSchema(schema),
    mostPerCall: mostPerCall(annotator, asked),
    pictureOf: (id) => readPictureUrl(paths.get(id), annotator.pictureSide, id),
  });
}

/** Whether an annotator is a server to ask, as settings. */
export function isServer(annotator: AnnotatorSettings | TextToText): annotator is AnnotatorSettings {
  return "baseUrl" in annotator;
}

async function readPictureUrl(path: string | undefined, side: number, id: string): Promise<string> {
  if (path === undefined) throw new Error(`the question about ${id} has a picture without a path`);
  try {
    return await pictureDataUrl(await readFile(path), side, path);
  } catch (cause) {
    throw new SynthesisError({
      code: "synthesis/no-pixels",
      message: `the picture of ${id} could be read before, and cannot be read now: ${(cause as Error).message}`,
      place: path,
      remedy: "Do not change the pictures while they are annotated.",
      cause,
    });
  }
}

/** The longest question and the longest answer, as often as a call may be repeated. */
function mostPerCall(settings: AnnotatorSettings, asked: readonly AskedDocument[]): number {
  const input = asked.reduce((most, { question }) => Math.max(most, tokensOf(question, settings).input), 0);
  return priceOf({ input, output: settings.maxTokens }, settings) * (1 + settings.repeats);
}

async function* instancesOf(asked: readonly AskedDocument[]): AsyncGenerator<SourceInstance> {
  for (const { document, text } of asked) {
    const bytes = new TextEncoder().encode(text);
    yield {
      id: document.id,
      real: async () => ({ mediaType: PLAIN_TEXT, bytes }),
      fingerprint: sha256(bytes),
      mentions: [],
      spans: [],
      exclude: [],
    };
  }
}

function noDocuments(): ConfigError {
  return new ConfigError({
    code: "annotate/no-documents",
    message: "there is no document to annotate",
    place: "documents",
    remedy:
      "Name a file with at least one document that can be used; `relata validate` says which rows cannot.",
  });
}
