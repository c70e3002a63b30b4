// Simulated generators of a written world, which make known faults with stated probabilities. What they make is
// a function of the view that they are given and of noise; an oracle that also reads the label of training
// posts can be asked for. The truth about each view, for judging a selection, goes to the ledger only.

import { z } from "zod";
import { SynthesisError } from "../base/errors.ts";
import { sha256 } from "../base/sha256.ts";
import {
  type Generated,
  type GeneratorIdentity,
  GeneratorRefusal,
  type ImageToText,
  type PictureRequest,
  PLAIN_TEXT,
  type TextRequest,
  type TextToImage,
} from "../synthesis/generators/generator.ts";
import { type RandomStream, stream } from "../training/random.ts";
import { canvas } from "./canvas.ts";
import { drawScene, PICTURE_SIZE } from "./drawings.ts";
import type { EntityType } from "./labels.ts";
import { encodePng } from "./png.ts";
import { STAND_IN } from "./recognise.ts";
import { SCENES, type Scene, scenesFor, scenesOf } from "./scenes.ts";
import { drawFrom, fallback, fallbackWording, pick } from "./simulated-evidence.ts";
import { KNOWLEDGE, type Knowledge, knowingLabels, knowingViews } from "./simulated-knowledge.ts";
import { detailsOf, type Fault, type SimulatedPictureTruth, writeNote } from "./simulated-truth.ts";
import { type PostTruth, readWorldTruth } from "./truth.ts";
import { fillWording, WORDINGS } from "./wordings.ts";

const share = z.number().min(0).max(1);
const common = {
  adapter: z.literal("simulator"),
  world: z.string().min(1).describe("Folder of an embedded corpus, written by `relata world`."),
  knows: z
    .enum(KNOWLEDGE)
    .default("view")
    .describe(
      '"view": the text or picture that it is given, as every real generator. "label": an oracle, which also reads the gold label of training posts; its results are an upper bound.',
    ),
  drift: share
    .default(0.1)
    .describe(
      "Loss with every further call of a chain: step s keeps the label with probability labelKept (1 - drift)^(s - 1).",
    ),
  refused: share.default(0.02).describe("Probability that the request is refused permanently."),
  concurrency: z.int().positive().default(8).describe("Maximum number of concurrent calls."),
  costPerCall: z.number().nonnegative().default(0).describe("Price of a call, in any unit."),
};

/** Settings of the simulated text-to-image generator. */
export const simulatedPictureSchema = z.strictObject({
  ...common,
  labelKept: share
    .default(0.65)
    .describe(
      "Probability that a picture made by the first call of a chain shows the label that its parent shows.",
    ),
  frequentScenes: z
    .int()
    .min(1)
    .max(SCENES.length)
    .default(3)
    .describe("How many scenes count as frequent; pictures that lost their label may show one of these."),
  frequentShare: share
    .default(0.8)
    .describe("Probability that such a picture shows a frequent scene; otherwise it shows any scene."),
  black: share.default(0.03).describe("Probability of a black picture."),
  duplicate: share
    .default(0.1)
    .describe(
      "Probability that the picture is the stock picture of its scene for this text, apart from the grain.",
    ),
});

/** Settings of the simulated image-to-text generator. */
export const simulatedTextSchema = z.strictObject({
  ...common,
  labelKept: share
    .default(0.85)
    .describe(
      "Probability that a text made by the first call of a chain states the label that its parent shows.",
    ),
  frequentShare: share
    .default(0.5)
    .describe(
      "Probability that a text that lost its label states the most frequent relation of the pair's types other than its parent's; otherwise it leaves the relation open.",
    ),
  mentionLost: share.default(0.08).describe("Probability that one of the requested mentions is missing."),
});

type PictureSettings = z.output<typeof simulatedPictureSchema>;
type TextSettings = z.output<typeof simulatedTextSchema>;

/** Fillers around a generated wording: a paraphrase does not repeat the post. */
const BEFORE = ["", "", "Posted: ", "Seen here: ", "Caption: "];
const BEHIND = ["", "", ".", ", in one picture", " (photo)"];

interface OpenWorld {
  readonly knowledge: Knowledge;
  /** The post of an instance. @throws SynthesisError `synthesis/unknown-instance` */
  readonly postOf: (instance: string) => PostTruth;
  /** SHA-256 of the truth. */
  readonly fingerprint: string;
}

async function openWorld({ world, knows }: PictureSettings | TextSettings): Promise<OpenWorld> {
  const { truth, fingerprint } = await readWorldTruth(world);
  const posts = new Map(truth.posts.map((post) => [post.id, post]));
  const postOf = (instance: string) => {
    const post = posts.get(instance.replace(/#0$/, "")); // `id#i` is relation i; every document of the world has one
    if (post === undefined) throw unknownInstance(instance);
    return post;
  };
  const knowledge = knows === "label" ? knowingLabels(postOf) : knowingViews(truth.shares, truth.posts);
  return { knowledge, postOf, fingerprint };
}

/**
 * A text-to-image generator of the world in `settings.world`; the same request with the same seed returns
 * the same bytes.
 *
 * @throws DataError `world/no-truth`, `world/bad-truth`
 */
export async function openSimulatedTextToImage(settings: PictureSettings): Promise<TextToImage> {
  const world = await openWorld(settings);
  return {
    ...base("picture", settings, world),
    picture: async (request) => generatePicture(request, settings, world),
  };
}

/**
 * An image-to-text generator of the world in `settings.world`; it recognises pictures of the world by
 * their content and generated pictures by their note.
 *
 * @throws DataError `world/no-truth`, `world/bad-truth`
 */
export async function openSimulatedImageToText(settings: TextSettings): Promise<ImageToText> {
  const world = await openWorld(settings);
  return {
    ...base("text", settings, world),
    text: async (request) => generateText(request, settings, world),
  };
}

function base(
  kind: "picture" | "text",
  settings: PictureSettings | TextSettings,
  { fingerprint }: OpenWorld,
) {
  const { adapter, world: _folder, concurrency, costPerCall, ...faults } = settings;
  const identity: GeneratorIdentity = {
    adapter,
    model: `simulated-${kind}-of-a-world${settings.knows === "label" ? " (oracle: reads gold labels)" : ""}`,
    settings: { ...faults, world: fingerprint },
  };
  return { identity, concurrency, costPerCall, dispose: async () => undefined };
}

async function generatePicture(
  { instance, prompt, seed, step }: PictureRequest,
  settings: PictureSettings,
  { knowledge, postOf }: OpenWorld,
): Promise<Generated> {
  const post = postOf(instance);
  const draws = stream(seed, step, `world/simulated-picture/${knowledge.noise(prompt, instance)}`);
  refuse(draws, settings);
  const told = knowledge.ofText(prompt, instance, draws);
  const kept = told !== undefined && draws.uniform() < keptAt(step, settings);
  let fault: Fault = told === undefined ? "blind" : kept ? "none" : "lost";
  let scene: Scene | null = kept ? drawFrom(scenesFor(told, told), draws) : fallback(told, settings, draws);
  const duplicate = draws.uniform() < settings.duplicate;
  if (draws.uniform() < settings.black) {
    scene = null;
    fault = "black";
  } else if (duplicate) fault = fault === "none" ? "duplicate" : fault;
  const state: SimulatedPictureTruth = {
    kind: "picture",
    scene,
    bearsLabel: scene !== null && scenesOf(post.label).includes(scene),
    fault,
  };
  const stock = `world/stock-picture/${knowledge.stock(prompt, instance)}/${scene}`;
  const drawn =
    scene === null
      ? canvas(PICTURE_SIZE, PICTURE_SIZE, [0, 0, 0])
      : drawScene(scene, duplicate ? stream(0, 0, stock) : draws, draws);
  return {
    content: { mediaType: "image/png", bytes: await encodePng(drawn, writeNote(state)) },
    details: detailsOf(state),
  };
}

async function generateText(
  { instance, picture, mentions, seed, step }: TextRequest,
  settings: TextSettings,
  { knowledge, postOf }: OpenWorld,
): Promise<Generated> {
  const post = postOf(instance);
  const noise = knowledge.noise(sha256(picture.bytes), instance);
  const draws = stream(seed, step, `world/simulated-text/${noise}`);
  refuse(draws, settings);
  const { signature, told } = knowledge.ofPicture({ picture, mentions, instance }, draws);
  const kept = told !== undefined && draws.uniform() < keptAt(step, settings);
  const wording = kept ? told : fallbackWording(told, signature, settings, draws);
  const lost = mentions.length > 0 && draws.uniform() < settings.mentionLost ? draws.integer(2) : undefined;
  const write = (at: 0 | 1, type: EntityType) => (lost === at ? undefined : mentions[at]) ?? STAND_IN[type]; // the head's mention is the first
  const middle = fillWording(
    pick(draws, WORDINGS.get(wording) ?? []),
    write(0, signature.head),
    write(1, signature.tail),
  );
  const text = pick(draws, BEFORE) + middle.text + pick(draws, BEHIND);
  return {
    content: { mediaType: PLAIN_TEXT, bytes: new TextEncoder().encode(text) },
    details: detailsOf({
      kind: "text",
      wording,
      bearsLabel: wording.split("|").includes(post.label),
      lostMentions: lost === undefined ? 0 : 1,
      fault: told === undefined ? "blind" : kept ? "none" : "lost",
    }),
  };
}

function keptAt(step: number, { labelKept, drift }: PictureSettings | TextSettings): number {
  return labelKept * (1 - drift) ** (step - 1);
}

function refuse(draws: RandomStream, { refused }: PictureSettings | TextSettings): void {
  if (draws.uniform() < refused)
    throw new GeneratorRefusal("refused", "simulator: this request is permanently refused");
}

function unknownInstance(instance: string): SynthesisError {
  return new SynthesisError({
    code: "synthesis/unknown-instance",
    message: `simulator: the embedded corpus has no post ${JSON.stringify(instance)}`,
    value: instance,
    place: instance,
    remedy: "Use the simulator for documents of the corpus that its setting `world` names.",
  });
}
