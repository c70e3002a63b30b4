// Pictures and texts from a user's program: JSON on its standard input, JSON or a file's path on its
// standard output.
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { z } from "zod";
import { writingTo } from "../../base/cannot-write.ts";
import type { ErrorCode } from "../../base/codes/error-code.ts";
import { type ErrorDetails, SynthesisError } from "../../base/errors.ts";
import { readRegularFile } from "../../base/regular-file.ts";
import { checkShape } from "../../base/schema-issues.ts";
import { jsonOfText, textOfBytes } from "./answer-json.ts";
import { checkedPicture, checkedText, pixelsOf } from "./checked-content.ts";
import { type ProgramRun, runProgram } from "./child-program.ts";
import { withDeadline } from "./deadline.ts";
import { discreetPictures, discreetRewriting, discreetTexts } from "./discreet.ts";
import {
  GeneratorRefusal,
  type ImageToText,
  NotAskedError,
  type TextToImage,
  type TextToText,
} from "./generator.ts";
import { printable, quoted } from "./http-answer.ts";
import { callSettings, concurrencySetting, httpSettings, maxPixelsSetting } from "./http-settings.ts";
import { instructionOf, instructionSettings, promptOf, promptTemplateSetting } from "./prompts.ts";
import { type Environment, Secrets, secretsOf } from "./secrets.ts";
import { saidText } from "./thoughts.ts";

const ADAPTER = "command";

const commonSettings = {
  adapter: z.literal(ADAPTER),
  command: z
    .array(z.string())
    .min(1)
    .describe("The program and its arguments, as a list; no shell is involved. Never put a secret here."),
  model: z.string().min(1).describe("Name to record as the model; change it when the program changes."),
  folder: z.string().min(1).optional().describe("Working folder of the program. Absent: the current folder."),
  ...callSettings,
  timeoutMs: httpSettings.timeoutMs.describe(
    "Timeout of one call, after which the program and its children are ended.",
  ),
  graceMs: z
    .int()
    .positive()
    .max(60_000)
    .default(2000)
    .describe("Time between asking the program to end (SIGTERM) and killing it (SIGKILL)."),
  maxAnswerBytes: httpSettings.maxAnswerBytes.describe("Maximum size of a file or output to read, in bytes."),
  concurrency: concurrencySetting(1),
};

export const pictureSchema = z.strictObject({
  ...commonSettings,
  promptTemplate: promptTemplateSetting,
  maxPixels: maxPixelsSetting,
});
export const rewriteSchema = z.strictObject(commonSettings);
export const textSchema = z.strictObject({ ...commonSettings, ...instructionSettings });

type Settings = z.output<z.ZodObject<typeof commonSettings>>;

const detailsSchema = z.record(z.string(), z.json());
// A field that is null is absent: many languages write all fields of a record.
const answerSchema = z.strictObject({
  file: z.string().min(1).nullish(),
  text: z.string().nullish(),
  refused: z.string().min(1).nullish(),
  /** Where the mentions are in a text, in their order. */
  spans: z.array(z.tuple([z.int().min(0), z.int().min(0)])).nullish(),
  details: detailsSchema.nullish(),
});

/** A program's answer, other than a refusal. */
type Answer = ({ readonly file: string } | { readonly text: string }) & {
  readonly details?: Readonly<Record<string, unknown>> | undefined;
  readonly spans?: readonly (readonly [number, number])[] | undefined;
};

/** The program gets `{kind, prompt, seed, instance, step, exclude, folder}` and answers `{"file"}`, a path, or `{"refused"}`. */
export function openCommandPictures(
  settings: z.output<typeof pictureSchema>,
  environment: Environment,
): TextToImage {
  const { command, model, promptTemplate, maxPixels } = settings;
  const program = new Program(settings, environment);
  const generator: TextToImage = {
    identity: { adapter: ADAPTER, model, settings: { command, promptTemplate } },
    concurrency: settings.concurrency,
    costPerCall: settings.costPerCall,
    async picture({ prompt, seed, instance, step, exclude }, signal) {
      return await program.call(signal, async (folder, limited) => {
        const input = { prompt: promptOf(promptTemplate, prompt), seed, instance, step, exclude, folder };
        const answer = await program.ask({ kind: "picture", ...input }, limited);
        if (!("file" in answer))
          throw program.fault("synthesis/unexpected-answer", "answered with a text instead of a file");
        const bytes = await program.read(resolve(folder, answer.file));
        const content = await checkedPicture(bytes, maxPixels, program.place);
        return answer.details === undefined ? { content } : { content, details: answer.details };
      });
    },
    dispose: async () => undefined, // a call ends with its signal; between calls nothing is held
  };
  return discreetPictures(generator, program.secrets);
}

/**
 * The program gets `{kind, picture, mediaType, instruction, mentions, seed, instance, step, folder}`, where `picture` is a file, and
 * answers `{"text"}`, `{"file"}` (UTF-8), a path, or `{"refused"}`.
 */
export function openCommandTexts(
  settings: z.output<typeof textSchema>,
  environment: Environment,
): ImageToText {
  const { command, model, instruction, mentionInstruction } = settings;
  const program = new Program(settings, environment);
  const generator: ImageToText = {
    identity: { adapter: ADAPTER, model, settings: { command, instruction, mentionInstruction } },
    concurrency: settings.concurrency,
    costPerCall: settings.costPerCall,
    async text({ picture, mentions, seed, instance, step }, signal) {
      const { mediaType, bytes } = pixelsOf(picture, ADAPTER);
      return await program.call(signal, async (folder, limited) => {
        const file = join(folder, `picture.${mediaType.slice("image/".length).replace("jpeg", "jpg")}`);
        await writingTo(file, () => writeFile(file, bytes));
        const asked = {
          instruction: instructionOf(settings, mentions),
          mentions,
          seed,
          instance,
          step,
          folder,
        };
        const answer = await program.ask({ kind: "text", picture: file, mediaType, ...asked }, limited);
        const said = "text" in answer ? answer.text : await program.readText(resolve(folder, answer.file));
        const { text, removed } = saidText(said, program.place);
        const details = { ...answer.details, ...(removed === undefined ? {} : { removed }) };
        const content = checkedText(text, program.place);
        return Object.keys(details).length === 0 ? { content } : { content, details };
      });
    },
    dispose: async () => undefined, // a call ends with its signal; between calls nothing is held
  };
  return discreetTexts(generator, program.secrets);
}

/**
 * The program gets `{kind: "rewrite", text, mentions, spans, seed, instance, step, folder}`, where `spans` are the places of the
 * mentions in the text, and answers like a program for texts, with `spans` if it knows where the mentions are now.
 */
export function openCommandRewriting(
  settings: z.output<typeof rewriteSchema>,
  environment: Environment,
): TextToText {
  const { command, model } = settings;
  const program = new Program(settings, environment);
  const generator: TextToText = {
    identity: { adapter: ADAPTER, model, settings: { command } },
    concurrency: settings.concurrency,
    costPerCall: settings.costPerCall,
    async rewrite({ text, mentions, seed, instance, step }, signal) {
      return await program.call(signal, async (folder, limited) => {
        const asked = {
          text,
          mentions: mentions.map(({ start, end }) => text.slice(start, end)),
          spans: mentions.map(({ start, end }) => [start, end]),
          ...{ seed, instance, step, folder },
        };
        const answer = await program.ask({ kind: "rewrite", ...asked }, limited);
        const said = "text" in answer ? answer.text : await program.readText(resolve(folder, answer.file));
        const { details, spans } = answer;
        return {
          content: checkedText(said, program.place),
          ...(details === undefined ? {} : { details }),
          ...(spans === undefined ? {} : { mentions: shifted(spans, said) }),
        };
      });
    },
    dispose: async () => undefined, // a call ends with its signal; between calls nothing is held
  };
  return discreetRewriting(generator, program.secrets);
}

/** The spans in the text without the white space around it. */
function shifted(spans: readonly (readonly [number, number])[], text: string) {
  const before = text.length - text.trimStart().length;
  return spans.map(([start, end]) => ({ start: start - before, end: end - before }));
}

/** One configured program: its calls, the private folder of each, and what is wrong with its answers. */
class Program {
  readonly place: string;
  readonly #settings: Settings;
  readonly #environment: Environment;
  /** The program sees the whole environment, and its output must not leak it. */
  readonly secrets: Secrets;

  constructor(settings: Settings, environment: Environment) {
    this.#settings = settings;
    this.#environment = environment;
    this.secrets = new Secrets(secretsOf(environment));
    this.place = `${ADAPTER}: ${settings.command[0]}`;
  }

  /** Runs work within the deadline, with a folder that exists as long as the work takes. */
  async call<T>(signal: AbortSignal, work: (folder: string, signal: AbortSignal) => Promise<T>): Promise<T> {
    const { timeoutMs } = this.#settings;
    const late = () => this.fault("synthesis/timeout", `did not answer within ${timeoutMs} ms and was ended`);
    return await withDeadline(signal, timeoutMs, late, async (limited) => {
      const prefix = join(tmpdir(), "relata-command-");
      const folder = await writingTo(tmpdir(), () => mkdtemp(prefix));
      try {
        return await work(folder, limited);
      } finally {
        await rm(folder, { recursive: true, force: true, maxRetries: 3 }).catch(
          (error: NodeJS.ErrnoException) => {
            throw this.fault("synthesis/command-failed", `left files that cannot be removed (${error.code})`);
          },
        );
      }
    });
  }

  /** @throws GeneratorRefusal; SynthesisError `synthesis/command-failed`, `synthesis/answer-too-large`, `synthesis/unexpected-answer` */
  async ask(input: Readonly<Record<string, unknown>>, signal: AbortSignal): Promise<Answer> {
    const { command, folder, maxAnswerBytes, graceMs } = this.#settings;
    const run: ProgramRun = {
      command,
      folder: resolve(folder ?? "."),
      environment: this.#environment,
      input: `${JSON.stringify(input)}\n`,
      maxOutputBytes: maxAnswerBytes,
      graceMs,
    };
    const outcome = await runProgram(run, signal);
    switch (outcome.state) {
      case "not-started":
        throw new NotAskedError(
          this.#details("synthesis/command-failed", `cannot be started: ${outcome.reason}`),
        );
      case "too-much-output":
        throw this.fault("synthesis/answer-too-large", `wrote more than ${maxAnswerBytes} bytes`);
      case "killed":
        throw this.fault(
          "synthesis/command-failed",
          `was killed by ${outcome.by}${this.#lastWords(outcome)}`,
        );
      case "ended":
        if (outcome.exitCode === 0) return this.#answerOf(outcome.output);
        throw this.fault(
          "synthesis/command-failed",
          `exited with ${outcome.exitCode}${this.#lastWords(outcome)}`,
        );
      default:
        throw outcome satisfies never;
    }
  }

  /** The file's bytes. @throws SynthesisError `synthesis/command-failed`, `synthesis/answer-too-large` */
  async read(path: string): Promise<Uint8Array> {
    return await readRegularFile(path, this.#settings.maxAnswerBytes, ({ kind, problem, cause }) => {
      const { code } = (cause ?? {}) as NodeJS.ErrnoException;
      const file = quoted(this.secrets.redact(path), undefined);
      const what = kind === "absent" ? `cannot be read (${code})` : problem;
      return this.fault(
        kind === "too-large" ? "synthesis/answer-too-large" : "synthesis/command-failed",
        `named the file ${file}, which ${what}`,
      );
    });
  }

  /** The same of a text. @throws SynthesisError `synthesis/not-a-text` besides */
  async readText(path: string): Promise<string> {
    const text = textOfBytes(await this.read(path));
    if (text !== undefined) return text;
    throw this.fault("synthesis/not-a-text", "wrote a text that is not UTF-8");
  }

  fault(code: ErrorCode, what: string): SynthesisError {
    return new SynthesisError(this.#details(code, what));
  }

  #details(code: ErrorCode, what: string): ErrorDetails {
    return {
      code,
      message: this.secrets.redact(`${this.place} ${what}`),
      place: this.place,
      remedy:
        "Run the program by hand with such an input. docs/generators.md describes what it must read and answer.",
      fault: "work",
    };
  }

  /** @throws GeneratorRefusal; SynthesisError `synthesis/unexpected-answer`, `synthesis/not-a-text` */
  #answerOf(output: Uint8Array): Answer {
    const said = textOfBytes(output);
    if (said === undefined) throw this.fault("synthesis/not-a-text", "wrote an answer that is not UTF-8");
    const text = said.trim();
    if (!text.startsWith("{")) {
      if (text === "" || text.includes("\n"))
        throw this.fault("synthesis/unexpected-answer", "answered with neither JSON nor a single path");
      return { file: text };
    }
    const json = jsonOfText(text);
    if (json.state === "none") {
      throw this.fault("synthesis/unexpected-answer", `answered with invalid JSON: the answer ${json.why}`);
    }
    const result = checkShape(answerSchema, json.value, { whole: "the answer" });
    if (!result.success) {
      throw this.fault(
        "synthesis/unexpected-answer",
        `answered with JSON other than {"file"}, {"text"} or {"refused"}: ${printable(result.faults[0])}`,
      );
    }
    const { file, text: written, refused, details, spans } = result.data;
    const given = [file, written, refused].filter((one) => one !== null && one !== undefined);
    if (given.length !== 1) {
      throw this.fault(
        "synthesis/unexpected-answer",
        `answered with JSON that has ${given.length} of "file", "text" and "refused" instead of one`,
      );
    }
    if (typeof refused === "string") {
      // Removes secrets before cutting: half of one would not match.
      const why = quoted(this.secrets.redact(refused), undefined);
      throw new GeneratorRefusal("refused", `${this.place} refused: ${why}`);
    }
    const kept = {
      ...(details === null || details === undefined ? {} : { details }),
      ...(spans === null || spans === undefined ? {} : { spans }),
    };
    return typeof file === "string" ? { file, ...kept } : { text: written ?? "", ...kept };
  }

  #lastWords({ complaint, isCut }: { readonly complaint: string; readonly isCut: boolean }): string {
    const clean = isCut ? this.secrets.redactCut(complaint, "beginning") : this.secrets.redact(complaint);
    const words = printable(clean).slice(-500);
    return words === "" ? "" : `: ${words}`;
  }
}
