// Makes one call of a chain: calls the generator, checks the result, writes content and row to disk.
import { ExtensionError, SynthesisError } from "../base/errors.ts";
import type { Gate } from "../base/gate.ts";
import { sha256 } from "../base/sha256.ts";
import { judgeContent, unreadablePicture } from "./checks.ts";
import {
  type Generated,
  GeneratorRefusal,
  type ImageToText,
  NotAskedError,
  type TextToImage,
  type TextToText,
  type ViewContent,
} from "./generators/generator.ts";
import { printable } from "./generators/http-answer.ts";
import type { SourceInstance } from "./instance.ts";
import type { RunState } from "./run-state.ts";
import { callIdentity, kindOfStep, type StepAddress, seedOfStep } from "./steps.ts";
import type { MadeRow } from "./store/ledger-row.ts";
import { type Manifest, stepsOf } from "./store/manifest.ts";
import type { Shard } from "./store/shard.ts";

/** A generator and its concurrency limit. */
export interface Gated<Generator> {
  readonly generator: Generator;
  readonly gate: Gate;
}

/** Shared by all calls of a run. */
export interface CallContext {
  readonly folder: string;
  readonly manifest: Manifest;
  readonly textToImage: Gated<TextToImage> | undefined;
  readonly imageToText: Gated<ImageToText> | undefined;
  readonly textToText: Gated<TextToText> | undefined;
  readonly state: RunState;
}

export interface Call extends StepAddress {
  readonly source: SourceInstance;
  /** Identity of the previous call; null for the first. */
  readonly parent: string | null;
  /** This call's input: the previous call's content, or the real view. */
  readonly given: ViewContent;
  /** Names of pictures that must not be returned. */
  readonly exclude: readonly string[];
}

/** Longer details are dropped and only their length is recorded: a ledger is not a server log. */
const MAX_DETAILS_CHARACTERS = 8192;
/** Messages are single lines for a terminal. */
const MAX_MESSAGE_CHARACTERS = 1000;

/**
 * Makes a call and records it.
 *
 * @returns its row; undefined if it had no answer or the run stopped first
 */
export function makeCall(context: CallContext, shard: Shard, call: Call): Promise<MadeRow | undefined> {
  if (context.manifest.generators.textToText !== undefined) return askForRewriting(context, shard, call);
  return kindOfStep(context.manifest, call.step) === "picture"
    ? askForPicture(context, shard, call)
    : askForText(context, shard, call);
}

async function askForPicture(context: CallContext, shard: Shard, call: Call): Promise<MadeRow | undefined> {
  const { generator, gate } = present(context.textToImage, "textToImage");
  const { instance, step, exclude, given } = call;
  const request = sha256(given.bytes);
  const seed = seedOfStep(context.manifest.seed, call);
  const made = { ...call, request, seed, mentions: [], exclude, generator: generator.identity };
  const ask = (signal: AbortSignal) =>
    generator.picture(
      { prompt: new TextDecoder().decode(given.bytes), seed, exclude, instance, step },
      signal,
    );
  const row = rowOf(call, "picture", request, seed, "textToImage", generator.costPerCall, callIdentity(made));
  return gate.pass(() => attempt(context, shard, row, ask, []));
}

async function askForText(context: CallContext, shard: Shard, call: Call): Promise<MadeRow | undefined> {
  const { generator, gate } = present(context.imageToText, "imageToText");
  const { source, instance, step, given } = call;
  // If the real view is a text, generated texts are only intermediate; they must contain the mentions only
  // if they are views.
  const mentions = context.manifest.direction === "picture" ? source.mentions : [];
  const request = sha256(given.bytes);
  const seed = seedOfStep(context.manifest.seed, call);
  const made = { ...call, request, seed, mentions, exclude: [], generator: generator.identity };
  // Never sends an unreadable real picture; generated ones were checked on arrival.
  const unreadable = call.parent === null ? await unreadableOf(source, given) : undefined;
  const ask = async (signal: AbortSignal) => {
    if (unreadable !== undefined) throw new GeneratorRefusal(UNREADABLE, unreadable);
    return generator.text({ picture: given, mentions, seed, instance, step }, signal);
  };
  const cost = unreadable === undefined ? generator.costPerCall : 0;
  const row = rowOf(call, "text", request, seed, "imageToText", cost, callIdentity(made));
  return gate.pass(() => attempt(context, shard, row, ask, mentions));
}

async function askForRewriting(context: CallContext, shard: Shard, call: Call): Promise<MadeRow | undefined> {
  const { generator, gate } = present(context.textToText, "textToText");
  const { source, instance, step, given } = call;
  const { mentions, spans } = source;
  if (spans === undefined) throw new Error(`nothing says where the mentions of ${instance} are`);
  const text = new TextDecoder().decode(given.bytes);
  const request = sha256(given.bytes);
  const seed = seedOfStep(context.manifest.seed, call);
  const places = spans.map(({ start, end }) => `${start}-${end}`);
  const made = { ...call, request, seed, mentions: places, exclude: [], generator: generator.identity };
  const ask = (signal: AbortSignal) =>
    generator.rewrite({ text, mentions: spans, seed, instance, step }, signal);
  const row = rowOf(call, "text", request, seed, "textToText", generator.costPerCall, callIdentity(made));
  return gate.pass(() => attempt(context, shard, row, ask, mentions, text));
}

const UNREADABLE = "unreadable-picture";
const looked = new WeakMap<SourceInstance, Promise<string | undefined>>(); // all chains of an instance start with the same picture

function unreadableOf(source: SourceInstance, { bytes }: ViewContent): Promise<string | undefined> {
  const known = looked.get(source) ?? unreadablePicture(bytes, source.id);
  looked.set(source, known);
  return known;
}

type PlannedRow = Pick<
  MadeRow,
  "call" | "instance" | "chain" | "step" | "kind" | "parent" | "request" | "seed" | "generator" | "cost"
>;

function rowOf(
  { instance, chain, step, parent }: Call,
  kind: PlannedRow["kind"],
  request: string,
  seed: number,
  generator: PlannedRow["generator"],
  cost: number,
  call: string,
): PlannedRow {
  return { call, instance, chain, step, kind, parent, request, seed, generator, cost };
}

async function attempt(
  context: CallContext,
  shard: Shard,
  planned: PlannedRow,
  ask: (signal: AbortSignal) => Promise<Generated>,
  mentions: readonly string[],
  original?: string,
): Promise<MadeRow | undefined> {
  const { state } = context;
  if (state.isStopped || !state.spend(planned.cost)) return undefined;
  // Waits for a call that costs money even if the run is stopping, because it is paid for.
  const signal = planned.cost > 0 ? new AbortController().signal : state.signal;
  const started = performance.now();
  const time = () => ({
    at: new Date().toISOString(),
    milliseconds: Math.round(performance.now() - started),
  });
  let answer: Generated | GeneratorRefusal;
  try {
    answer = await ask(signal);
  } catch (error) {
    if (error instanceof GeneratorRefusal) answer = error;
    else {
      if (signal.aborted) return undefined;
      if (!(error instanceof SynthesisError || error instanceof ExtensionError)) throw error;
      if (error.fault === "input") throw error; // wrong key or address: every other call would fail too
      const { call, instance, chain, step, kind, generator } = planned;
      const { code } = error;
      const message = lineOf(error.message);
      // An unreached server charges nothing; a reached one may have done the work before the answer was lost.
      const cost = error instanceof NotAskedError ? 0 : planned.cost;
      state.refund(planned.cost - cost);
      const what = { call, instance, chain, step, kind, generator, cost };
      await shard.fail({ ...what, code, message, ...time() });
      state.failed({ code, message, instance, step });
      return undefined;
    }
  }
  const row: MadeRow =
    answer instanceof GeneratorRefusal
      ? { ...planned, state: "refused", reason: answer.reason, message: lineOf(answer.message) }
      : await contentRow(context, shard, pricedAs(planned, answer), answer, mentions, original);
  state.refund(planned.cost - row.cost);
  await shard.add(row, time());
  state.answered(row.state, row.state === "generated" ? 0 : stepsOf(context.manifest) - row.step);
  return row;
}

/** The row with what the call has cost, which is at most what was planned. */
function pricedAs(planned: PlannedRow, { cost = planned.cost }: Generated): PlannedRow {
  return { ...planned, cost: Math.min(planned.cost, Math.max(0, cost)) };
}

/** Checks and stores content; the row is written afterwards. */
async function contentRow(
  { textToImage }: CallContext,
  shard: Shard,
  planned: PlannedRow,
  { content, details, mentions: said }: Generated,
  mentions: readonly string[],
  original: string | undefined,
): Promise<MadeRow> {
  const rewriting = original === undefined ? undefined : { original, spans: said };
  const judgement = await judgeContent(planned.kind, content, mentions, rewriting);
  if (judgement.rejection === UNREADABLE) {
    const message = `${content.bytes.length} bytes, which are not a readable picture`;
    return { ...planned, state: "refused", reason: UNREADABLE, message }; // and no store keeps them
  }
  // Retrieval returns the same picture to many posts.
  const isShared = planned.kind === "picture" && textToImage?.generator.heedsExclude === true;
  const hash = await shard.put(content.bytes, isShared);
  const { rejection, look, text, mentions: spans } = judgement;
  const found = {
    content: hash,
    mediaType: content.mediaType,
    bytes: content.bytes.length,
    ...(text === undefined ? {} : { text }),
    ...(spans === undefined
      ? {}
      : { mentions: spans.map(({ start, end }): [number, number] => [start, end]) }),
    ...(look === undefined ? {} : { look }),
    ...(details === undefined ? {} : { details: bounded(details) }),
  };
  return rejection === undefined
    ? { ...planned, state: "generated", ...found }
    : { ...planned, state: "rejected", reason: rejection, ...found };
}

function lineOf(message: string): string {
  const line = printable(message);
  return line.length <= MAX_MESSAGE_CHARACTERS ? line : `${line.slice(0, MAX_MESSAGE_CHARACTERS)}...`;
}

function bounded(details: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const json = JSON.stringify(details);
  return json.length <= MAX_DETAILS_CHARACTERS
    ? (JSON.parse(json) as Record<string, unknown>)
    : { omittedCharacters: json.length };
}

function present<Generator>(gated: Gated<Generator> | undefined, name: string): Gated<Generator> {
  if (gated !== undefined) return gated;
  throw new Error(`${name} is missing, which manifestOf has checked`);
}
