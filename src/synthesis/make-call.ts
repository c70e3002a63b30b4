// Makes one call of a chain: asks the generator, judges what came back, brings content and row to the disk.
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
  type ViewContent,
} from "./generators/generator.ts";
import { printable } from "./generators/http-answer.ts";
import type { SourceInstance } from "./instance.ts";
import type { RunState } from "./run-state.ts";
import { callIdentity, kindOfStep, type StepAddress, seedOfStep } from "./steps.ts";
import type { MadeRow } from "./store/ledger-row.ts";
import { type Manifest, stepsOf } from "./store/manifest.ts";
import { putObject } from "./store/object-store.ts";
import type { Shard } from "./store/shard.ts";

/** A generator and the gate before it. */
export interface Gated<Generator> {
  readonly generator: Generator;
  readonly gate: Gate;
}

/** What all calls of a run use. */
export interface CallContext {
  readonly folder: string;
  readonly manifest: Manifest;
  readonly textToImage: Gated<TextToImage> | undefined;
  readonly imageToText: Gated<ImageToText> | undefined;
  readonly state: RunState;
}

export interface Call extends StepAddress {
  readonly source: SourceInstance;
  /** Identity of the call before; null for the first. */
  readonly parent: string | null;
  /** What this call is given: the content that the call before made, or the real view. */
  readonly given: ViewContent;
  /** Names of pictures that must not come back. */
  readonly exclude: readonly string[];
}

/** Details beyond this are left out, and their length is recorded: a ledger is not a place for a server's log. */
const MAX_DETAILS_CHARACTERS = 8192;
/** A message is one line that is read on a terminal. */
const MAX_MESSAGE_CHARACTERS = 1000;

/**
 * Makes a call and records it.
 *
 * @returns its row; undefined when it brought no answer or the run stopped before it was made
 */
export function makeCall(context: CallContext, shard: Shard, call: Call): Promise<MadeRow | undefined> {
  const { direction } = context.manifest;
  return kindOfStep(direction, call.step) === "picture"
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
  // Where the text is real, the texts between are links of the chain; only where they are views must they hold the mentions.
  const mentions = context.manifest.direction === "picture" ? source.mentions : [];
  const request = sha256(given.bytes);
  const seed = seedOfStep(context.manifest.seed, call);
  const made = { ...call, request, seed, mentions, exclude: [], generator: generator.identity };
  // A real picture that cannot be read is not sent to anybody; a generated one has been looked at when it came.
  const unreadable = call.parent === null ? await unreadableOf(source, given) : undefined;
  const ask = async (signal: AbortSignal) => {
    if (unreadable !== undefined) throw new GeneratorRefusal(UNREADABLE, unreadable);
    return generator.text({ picture: given, mentions, seed, instance, step }, signal);
  };
  const cost = unreadable === undefined ? generator.costPerCall : 0;
  const row = rowOf(call, "text", request, seed, "imageToText", cost, callIdentity(made));
  return gate.pass(() => attempt(context, shard, row, ask, mentions));
}

const UNREADABLE = "unreadable-picture";
const looked = new WeakMap<SourceInstance, Promise<string | undefined>>(); // all chains of an instance begin with the same picture

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
): Promise<MadeRow | undefined> {
  const { state } = context;
  if (state.isStopped || !state.spend(planned.cost)) return undefined;
  // A call that costs money is waited for, even if the run should stop: its answer is paid for.
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
      if (error.fault === "input") throw error; // wrong key, wrong address: no other call would escape it
      const { call, instance, chain, step, kind, generator } = planned;
      const { code } = error;
      const message = lineOf(error.message);
      // Whoever was not reached charges nothing; a server that was may have done the work before the answer was lost.
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
      : await contentRow(context.folder, planned, answer, mentions);
  await shard.add(row, time());
  state.answered(row.state, row.state === "generated" ? 0 : stepsOf(context.manifest) - row.step);
  return row;
}

/** Judges content and stores it; the row is written after it. */
async function contentRow(
  folder: string,
  planned: PlannedRow,
  { content, details }: Generated,
  mentions: readonly string[],
): Promise<MadeRow> {
  const judgement = await judgeContent(planned.kind, content, mentions);
  if (judgement.rejection === UNREADABLE) {
    const message = `${content.bytes.length} bytes, which are not a readable picture`;
    return { ...planned, state: "refused", reason: UNREADABLE, message }; // and no store keeps them
  }
  const hash = await putObject(folder, content.bytes);
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
