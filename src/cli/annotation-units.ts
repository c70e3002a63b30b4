// An annotation in a queue: what the submitter writes down about its questions, and how a worker makes the same ones from the same files.
import { z } from "zod";
import { openAnnotation } from "../annotate/open-annotation.ts";
import type { ShownExamples } from "../annotate/questions.ts";
import { type AnnotationSchema, parseAnnotationSchema } from "../annotate/schema.ts";
import { toJson } from "../base/json.ts";
import type { Document } from "../data/document.ts";
import {
  COMPLETE_STORE,
  openParts,
  type PartsJob,
  programRefused,
  recordedParts,
} from "../synthesis/queued-parts.ts";
import type { UnitMessage } from "../units/queue/broker.ts";
import type { OpenedJob } from "../units/queue/work-units.ts";
import { type AnnotatorOptions, openAnnotator, type WrittenAnnotator } from "./annotator-options.ts";
import type { Output } from "./output.ts";
import { type PostsToAnnotate, postsToAnnotate } from "./posts-to-annotate.ts";
import { type ReadingOptions, readingOptions } from "./reading-options.ts";
import type { DivisionOptions } from "./unit-options.ts";

/** The kind of work in messages. */
const ANNOTATION_KIND = "annotate";

/** What decides which questions are asked, besides the schema. */
interface QuestionOptions extends ReadingOptions {
  readonly format: string;
  readonly lines?: boolean | undefined;
  readonly pictures?: string | undefined;
  readonly samples: number;
  readonly seed: number;
  readonly examples?: string | undefined;
  readonly shots: number;
  readonly exampleChoice: "nearest" | "balanced";
  readonly first?: number | undefined;
}

/** Options of an annotation that can be divided. */
export type AnnotationOptions = QuestionOptions & AnnotatorOptions & DivisionOptions;

const optionsSchema = z.looseObject({
  format: z.string(),
  samples: z.int().positive(),
  seed: z.int(),
  shots: z.int().nonnegative(),
  exampleChoice: z.enum(["nearest", "balanced"]),
  limit: z.number(),
});

const identitySchema = z.strictObject({
  store: z.string(),
  manifest: z.unknown(),
  /** File of the posts as the submitter gave it: workers take it relative to their working folder. */
  posts: z.string(),
  options: optionsSchema,
  schema: z.unknown(),
  /** Names of variables with keys, and no key. */
  annotator: z.looseObject({}),
});

/** The options that decide how posts and examples are read and what is asked; a worker has its own extensions. */
const KEPT = [
  ...([
    "format",
    "lines",
    "pictures",
    "samples",
    "seed",
    "examples",
    "shots",
    "exampleChoice",
    "first",
  ] as const),
  ...(["bio", "boxes", "imageExtension", "annotators", "textField", "tagsField", "columns"] as const),
  ...(["entityColumns", "tokenEnds", "imageField", "offsets", "noneLabel", "relations", "reject"] as const),
  "limit" as const,
] as const satisfies readonly (keyof QuestionOptions)[];

/** Describes an annotation for workers. */
export function annotationJob(
  posts: string,
  options: QuestionOptions,
  schema: AnnotationSchema,
  annotator: WrittenAnnotator,
): PartsJob {
  const kept = Object.fromEntries(KEPT.map((name) => [name, options[name]]));
  return { kind: ANNOTATION_KIND, identity: { posts, options: toJson(kept), schema, annotator } };
}

/** What a worker brings along. */
export interface AnnotationWorker {
  /** The worker's own: a store names no code to run. */
  readonly extension?: readonly string[] | undefined;
  /** Whether annotators may be programs of this machine. */
  readonly programs: boolean;
  readonly output: Pick<Output, "style">;
}

/**
 * Opens an annotation for a worker, with keys from the worker's environment.
 *
 * @throws RelataError `units/unknown-job`, `units/program-refused`; DataError `units/other-job`; SynthesisError `synthesis/no-such-store`,
 * `synthesis/other-plan` when the files here make other questions; the errors of reading posts and of the annotator
 */
export async function openQueuedAnnotation(
  message: UnitMessage,
  { extension, programs, output }: AnnotationWorker,
): Promise<OpenedJob> {
  const recorded = await recordedParts(message, identitySchema);
  if (recorded === undefined) return COMPLETE_STORE;
  const { store, identity, place } = recorded;
  const written = identity.annotator as unknown as WrittenAnnotator; // as `annotatorOf` made it
  if ("adapter" in written && written.adapter === "command" && !programs)
    throw programRefused("the annotator", place);
  const options = { ...identity.options, ...(extension && { extension }) } as unknown as QuestionOptions; // as it was kept
  const schema = parseAnnotationSchema(identity.schema, place);
  const quiet = { line: () => undefined, style: output.style };
  const { documents, pictures } = await readToAnnotate(identity.posts, options, quiet);
  const { samples, seed } = options;
  const examples = await examplesOf(options);
  const annotator = await openAnnotator(written);
  return openParts(
    store,
    await openAnnotation(documents, { schema, annotator, store, samples, seed, pictures, examples }),
  );
}

/** The posts that are asked about, and the folder of their pictures. */
export async function readToAnnotate(
  path: string,
  options: QuestionOptions,
  output: Pick<Output, "line" | "style">,
): Promise<PostsToAnnotate> {
  const { documents, pictures } = await postsToAnnotate(path, options, output);
  return { documents: documents.slice(0, options.first), pictures: options.pictures ?? pictures };
}

/** The labelled documents that are shown to the model. */
export async function examplesOf(options: QuestionOptions): Promise<ShownExamples | undefined> {
  const { examples: path, shots, exampleChoice: choice } = options;
  return path === undefined
    ? undefined
    : { documents: await readLabelled(path, options, "auto"), shots, choice };
}

/** Documents with their labels. */
export async function readLabelled(
  path: string,
  options: ReadingOptions,
  format: string,
): Promise<readonly Document[]> {
  const { readDocuments } = await import("../data/readers.ts");
  const { documents } = await readDocuments(path, await readingOptions(options, { path, format }));
  return documents;
}
