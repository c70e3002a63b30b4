// Retrieval as a generator: from a text to a picture of a captioned collection, from such a picture to another of its captions.
// Real pictures, and no model except a text encoder. The seed selects the result, so that chains differ.
import { z } from "zod";
import { SynthesisError } from "../../base/errors.ts";
import { Runtime, type RuntimeOptions } from "../../engine/runtime.ts";
import { stream } from "../../training/random.ts";
import { TextEmbedder } from "../text-embedder.ts";
import { CaptionIndex, type CaptionIndexOptions, type Neighbour } from "./caption-index.ts";
import { captionedPicture, parseCaptionedPicture } from "./captioned-picture.ts";
import {
  CAPTIONED_PICTURE,
  type Generated,
  type GeneratorIdentity,
  GeneratorRefusal,
  type ImageToText,
  type PictureRequest,
  PLAIN_TEXT,
  type TextRequest,
  type TextToImage,
} from "./generator.ts";
import { mentionTemplateSetting, withMentions } from "./mentions.ts";
import {
  type CollectedPicture,
  nameWithoutFolder,
  PictureCollection,
  pictureContent,
} from "./picture-collection.ts";

export const schema = z.strictObject({
  adapter: z.literal("retrieval"),
  collections: z
    .array(
      z.strictObject({
        captions: z.string().describe('JSONL of {"image", "caption"} or {"image", "captions": [...]} rows'),
        pictures: z
          .string()
          .optional()
          .describe("Folder of the picture files; a picture without a file is represented by its caption"),
      }),
    )
    .min(1)
    .describe("Captioned pictures; several files about the same pictures act as several captioners"),
  encoder: z
    .string()
    .optional()
    .describe(
      "Folder or hub id of the text encoder that compares texts with captions; needed for pictures from texts",
    ),
  candidates: z
    .int()
    .min(1)
    .max(1000)
    .default(10)
    .describe("Number of nearest pictures among which the seed chooses"),
  temperature: z
    .number()
    .positive()
    .default(0.05)
    .describe("Probabilities are softmax(cosine / temperature) over the candidates"),
  mentionTemplate: mentionTemplateSetting,
  cache: z.string().optional().describe("Folder where the captions' embeddings are kept between runs"),
});

export type RetrievalSettings = z.output<typeof schema>;

/** Folders and progress callbacks of retrieval. */
export interface RetrievalEnvironment extends Pick<CaptionIndexOptions, "onProgress" | "signal"> {
  /** Used if the settings name no cache. */
  readonly cacheFolder?: string | undefined;
  readonly runtime?: RuntimeOptions | undefined;
}

/** Concurrent calls: waiting queries are compared with the index together. */
const CONCURRENCY = 16;
/** Prompts with cached neighbours: the chains of an instance repeat them. */
const MAX_KNOWN = 1024;
/** Neighbours that are kept beyond the candidates, for as many excluded ones: an instance's own picture, and those of its other chains. */
const SPARE = 32;

/**
 * Text to image: one of the pictures whose captions come nearest to the text.
 *
 * @throws SynthesisError `synthesis/no-encoder`, `synthesis/empty-collection`; DataError for caption files, EncoderError for the encoder
 */
export async function openRetrievalPictures(
  settings: RetrievalSettings,
  environment: RetrievalEnvironment = {},
): Promise<TextToImage> {
  const { encoder } = settings;
  if (encoder === undefined) throw noEncoder();
  const collection = await PictureCollection.open(settings.collections);
  const runtime = await Runtime.open(environment.runtime);
  try {
    const embedder = await TextEmbedder.open(runtime, encoder);
    const index = await CaptionIndex.open(runtime, embedder, collection, {
      cacheFolder: settings.cache ?? environment.cacheFolder,
      onProgress: environment.onProgress,
      signal: environment.signal,
    });
    return new RetrievalPictures({ settings, encoder, collection, runtime, embedder, index });
  } catch (error) {
    await runtime.dispose();
    throw error;
  }
}

interface RetrievalParts {
  readonly settings: RetrievalSettings;
  readonly encoder: string;
  readonly collection: PictureCollection;
  readonly runtime: Runtime;
  readonly embedder: TextEmbedder;
  readonly index: CaptionIndex;
}

class RetrievalPictures implements TextToImage {
  readonly identity: GeneratorIdentity;
  readonly heedsExclude = true;
  readonly concurrency = CONCURRENCY;
  readonly costPerCall = 0;
  readonly #parts: RetrievalParts;
  readonly #found = new Map<string, Promise<readonly Neighbour[]>>();

  constructor(parts: RetrievalParts) {
    const { settings, encoder, collection, embedder } = parts;
    this.#parts = parts;
    this.identity = {
      adapter: settings.adapter,
      model: nameWithoutFolder(encoder.replace(/[\\/]+$/, "")),
      settings: {
        encoder: embedder.fingerprint,
        collection: collection.fingerprint,
        candidates: settings.candidates,
        temperature: settings.temperature,
      },
    };
  }

  async picture({ prompt, seed, exclude }: PictureRequest, signal: AbortSignal): Promise<Generated> {
    signal.throwIfAborted();
    const neighbours = await this.#neighbours(prompt, exclude);
    if (neighbours.length === 0) {
      throw new GeneratorRefusal(
        "nothing-left",
        "retrieval: the collection contains no pictures except the excluded ones",
      );
    }
    const weights = softmax(neighbours.map(({ cosine }) => cosine / this.#parts.settings.temperature));
    const rank = draw(weights, stream(seed, 0, "retrieval/picture").uniform());
    const { picture, caption, cosine } = neighbours[rank]!;
    const content =
      picture.file === undefined
        ? captionedPicture({ picture: picture.name, caption })
        : await pictureContent(picture.file.path);
    return { content, details: { picture: picture.name, caption, cosine, rank } };
  }

  async dispose(): Promise<void> {
    const { index, embedder, runtime } = this.#parts;
    await index.dispose();
    await embedder.dispose();
    await runtime.dispose();
  }

  /** The nearest pictures, without excluded ones. */
  async #neighbours(prompt: string, exclude: readonly string[]): Promise<readonly Neighbour[]> {
    const { candidates } = this.#parts.settings;
    const names = new Set(exclude.map(nameWithoutFolder));
    const excluded = ({ name }: CollectedPicture) => names.has(nameWithoutFolder(name));
    const known = await this.#known(prompt);
    const left = known.filter(({ picture }) => !excluded(picture)).slice(0, candidates);
    if (left.length === candidates || known.length < candidates + SPARE) return left;
    return this.#parts.index.nearest(await this.#queryOf(prompt), candidates, excluded);
  }

  /** The nearest pictures whatever is excluded, and some to spare; found once for a prompt. */
  #known(prompt: string): Promise<readonly Neighbour[]> {
    const known = this.#found.get(prompt);
    if (known !== undefined) return known;
    const { index, settings } = this.#parts;
    const found = this.#queryOf(prompt).then((query) =>
      index.nearest(query, settings.candidates + SPARE, () => false),
    );
    if (this.#found.size >= MAX_KNOWN) this.#found.delete(this.#found.keys().next().value!); // the oldest; it is not empty
    this.#found.set(prompt, found);
    found.catch(() => this.#found.delete(prompt)); // the caller sees the error; the next call tries again
    return found;
  }

  async #queryOf(prompt: string): Promise<Float32Array> {
    const { index, embedder } = this.#parts;
    return index.embeddingOf(prompt) ?? (await embedder.embedAlone(prompt));
  }
}

/**
 * Image to text: another caption of the same picture.
 *
 * @throws SynthesisError `synthesis/empty-collection`; DataError for caption files
 */
export async function openRetrievalTexts(settings: RetrievalSettings): Promise<ImageToText> {
  return new RetrievalTexts(await PictureCollection.open(settings.collections), settings);
}

class RetrievalTexts implements ImageToText {
  readonly identity: GeneratorIdentity;
  readonly concurrency = CONCURRENCY;
  readonly costPerCall = 0;
  readonly #collection: PictureCollection;
  readonly #template: string | undefined;

  constructor(collection: PictureCollection, { adapter, mentionTemplate }: RetrievalSettings) {
    this.#collection = collection;
    this.#template = mentionTemplate;
    this.identity = {
      adapter,
      model: "captions",
      settings: { collection: collection.fingerprint, mentionTemplate: mentionTemplate ?? null },
    };
  }

  async text({ picture: content, mentions, seed }: TextRequest, signal: AbortSignal): Promise<Generated> {
    signal.throwIfAborted();
    const given = content.mediaType === CAPTIONED_PICTURE ? parseCaptionedPicture(content.bytes) : undefined;
    const picture = given
      ? this.#collection.named(given.picture)
      : await this.#collection.holding(content.bytes);
    if (picture === undefined) {
      const what = given ? `a picture named ${JSON.stringify(given.picture)}` : "this picture's bytes";
      throw new GeneratorRefusal("unknown-picture", `retrieval: no collection contains ${what}`);
    }
    const caption = anotherCaption(picture, given?.caption, seed);
    const text = withMentions(this.#template, caption, mentions);
    return {
      content: { mediaType: PLAIN_TEXT, bytes: new TextEncoder().encode(text) },
      details: { picture: picture.name, caption },
    };
  }

  dispose(): Promise<void> {
    return Promise.resolve();
  }
}

/** A caption of the picture other than `given`, chosen by the seed; `given` where there is no other. */
function anotherCaption({ captions }: CollectedPicture, given: string | undefined, seed: number): string {
  const others = captions.filter((caption) => caption !== given);
  const pool = others.length > 0 ? others : captions;
  return pool[stream(seed, 0, "retrieval/text").integer(pool.length)]!; // a collected picture has a caption
}

function softmax(values: readonly number[]): readonly number[] {
  const largest = Math.max(...values);
  const powers = values.map((value) => Math.exp(value - largest));
  const sum = powers.reduce((total, power) => total + power, 0);
  return powers.map((power) => power / sum);
}

/** The place whose share of [0, 1) holds `uniform`. */
function draw(shares: readonly number[], uniform: number): number {
  let sum = 0;
  const at = shares.findIndex((share) => {
    sum += share;
    return uniform < sum;
  });
  return at === -1 ? shares.length - 1 : at; // rounding may leave the sum below 1
}

function noEncoder(): SynthesisError {
  return new SynthesisError({
    code: "synthesis/no-encoder",
    message: "retrieval of pictures for texts needs a text encoder, but none is named",
    place: "encoder",
    remedy: 'Set "encoder" to a folder or hub id such as "sentence-transformers/all-MiniLM-L6-v2".',
  });
}
