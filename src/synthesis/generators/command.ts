// Pictures and texts from a program of the user's: JSON on its standard input, JSON or a file's path on its standard output.
import { mkdtemp, open, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { z } from "zod";
import { SynthesisError } from "../../errors.ts";
import { ApiKey, type Environment } from "./api-key.ts";
import { checkedPicture, checkedText, pixelsOf } from "./checked-content.ts";
import { type ProgramRun, runProgram } from "./child-program.ts";
import { withDeadline } from "./deadline.ts";
import { GeneratorRefusal, type ImageToText, type TextToImage } from "./generator.ts";
import { callSettings, concurrencySetting, httpSettings, maxPixelsSetting } from "./http-settings.ts";
import { instructionOf, instructionSettings, promptOf, promptTemplateSetting } from "./prompts.ts";

const ADAPTER = "command";

const commonSettings = {
  adapter: z.literal(ADAPTER),
  command: z
    .array(z.string())
    .min(1)
    .describe("The program and its arguments, as a list; no shell sees them. Never put a secret here."),
  model: z.string().min(1).describe("What to record as the model; change it when the program changes."),
  folder: z.string().min(1).optional().describe("Folder the program runs in; absent: the current one."),
  ...callSettings,
  timeoutMs: httpSettings.timeoutMs.describe(
    "Time for one call; then the program and its children are ended.",
  ),
  graceMs: z
    .int()
    .positive()
    .max(60_000)
    .default(2000)
    .describe("Time between asking the program to end (SIGTERM) and ending it (SIGKILL)."),
  maxAnswerBytes: httpSettings.maxAnswerBytes.describe("Longest file or output that is read, in bytes."),
  concurrency: concurrencySetting(1),
};

export const pictureSchema = z.strictObject({
  ...commonSettings,
  promptTemplate: promptTemplateSetting,
  maxPixels: maxPixelsSetting,
});
export const textSchema = z.strictObject({ ...commonSettings, ...instructionSettings });

type Settings = z.output<z.ZodObject<typeof commonSettings>>;

const answerSchema = z.union([
  z.strictObject({ file: z.string().min(1), details: z.record(z.string(), z.json()).optional() }),
  z.strictObject({ text: z.string(), details: z.record(z.string(), z.json()).optional() }),
  z.strictObject({ refused: z.string().min(1) }),
]);
type Answer = z.output<typeof answerSchema>;

/** The program gets `{kind, prompt, seed, instance, step, exclude, folder}` and answers `{"file"}`, a path, or `{"refused"}`. */
export function openCommandPictures(
  settings: z.output<typeof pictureSchema>,
  environment: Environment,
): TextToImage {
  const { command, model, promptTemplate, maxPixels } = settings;
  const program = new Program(settings, environment);
  return {
    identity: { adapter: ADAPTER, model, settings: { command, promptTemplate } },
    concurrency: settings.concurrency,
    costPerCall: settings.costPerCall,
    async picture({ prompt, seed, instance, step, exclude }, signal) {
      return await program.call(signal, async (folder, limited) => {
        const input = { prompt: promptOf(promptTemplate, prompt), seed, instance, step, exclude, folder };
        const answer = await program.ask({ kind: "picture", ...input }, limited);
        if (!("file" in answer))
          throw program.fault("synthesis/unexpected-answer", "answered a text instead of a file");
        const bytes = await program.read(resolve(folder, answer.file));
        return { content: await checkedPicture(bytes, maxPixels, program.place), ...detailsOf(answer) };
      });
    },
    dispose: async () => undefined, // a call ends with its signal; between calls nothing is held
  };
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
  return {
    identity: { adapter: ADAPTER, model, settings: { command, instruction, mentionInstruction } },
    concurrency: settings.concurrency,
    costPerCall: settings.costPerCall,
    async text({ picture, mentions, seed, instance, step }, signal) {
      const { mediaType, bytes } = pixelsOf(picture, ADAPTER);
      return await program.call(signal, async (folder, limited) => {
        const file = join(folder, `picture.${mediaType.slice("image/".length).replace("jpeg", "jpg")}`);
        await writeFile(file, bytes);
        const asked = {
          instruction: instructionOf(settings, mentions),
          mentions,
          seed,
          instance,
          step,
          folder,
        };
        const answer = await program.ask({ kind: "text", picture: file, mediaType, ...asked }, limited);
        const text =
          "text" in answer
            ? answer.text
            : new TextDecoder().decode(await program.read(resolve(folder, answer.file)));
        return { content: checkedText(program.redact(text), program.place), ...detailsOf(answer) };
      });
    },
    dispose: async () => undefined, // a call ends with its signal; between calls nothing is held
  };
}

function detailsOf(answer: { readonly details?: Record<string, unknown> | undefined }): {
  details?: Record<string, unknown>;
} {
  return answer.details === undefined ? {} : { details: answer.details };
}

/** One configured program: its calls, the private folder of each, and what is wrong with its answers. */
class Program {
  readonly place: string;
  readonly #settings: Settings;
  readonly #environment: Environment;
  readonly #secrets: readonly ApiKey[];

  constructor(settings: Settings, environment: Environment) {
    this.#settings = settings;
    this.#environment = environment;
    this.place = `${ADAPTER}: ${settings.command[0]}`;
    // The program sees the whole environment; what it prints of it must not go on from here.
    this.#secrets = Object.entries(environment)
      .filter(([name, value]) => /KEY|TOKEN|SECRET|PASSWORD/i.test(name) && (value?.trim().length ?? 0) >= 8)
      .map(([, value]) => new ApiKey(value!.trim(), "bearer")); // has a length
  }

  /** Runs work within the deadline, with a folder that exists as long as the work takes. */
  async call<T>(signal: AbortSignal, work: (folder: string, signal: AbortSignal) => Promise<T>): Promise<T> {
    const { timeoutMs } = this.#settings;
    const late = () => this.fault("synthesis/timeout", `did not answer within ${timeoutMs} ms and was ended`);
    return await withDeadline(signal, timeoutMs, late, async (limited) => {
      const folder = await mkdtemp(join(tmpdir(), "relata-command-"));
      try {
        return await work(folder, limited);
      } finally {
        await rm(folder, { recursive: true, force: true });
      }
    });
  }

  /** @throws GeneratorRefusal; SynthesisError `synthesis/command-failed`, `synthesis/answer-too-large`, `synthesis/unexpected-answer` */
  async ask(
    input: Readonly<Record<string, unknown>>,
    signal: AbortSignal,
  ): Promise<Exclude<Answer, { refused: string }>> {
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
        throw this.fault("synthesis/command-failed", `cannot be started: ${this.redact(outcome.reason)}`);
      case "too-much-output":
        throw this.fault("synthesis/answer-too-large", `says more than ${maxAnswerBytes} bytes`);
      case "killed":
        throw this.fault(
          "synthesis/command-failed",
          `was killed by ${outcome.by}${this.#lastWords(outcome.complaint)}`,
        );
      case "ended":
        if (outcome.exitCode === 0) return this.#read(outcome.output);
        throw this.fault(
          "synthesis/command-failed",
          `exited with ${outcome.exitCode}${this.#lastWords(outcome.complaint)}`,
        );
      default:
        throw outcome satisfies never;
    }
  }

  /** The file's bytes. @throws SynthesisError `synthesis/command-failed`, `synthesis/answer-too-large` */
  async read(path: string): Promise<Uint8Array> {
    const { maxAnswerBytes } = this.#settings;
    try {
      const file = await open(path, "r");
      try {
        const status = await file.stat();
        if (!status.isFile()) throw this.fault("synthesis/command-failed", "named something that is no file");
        if (status.size > maxAnswerBytes) {
          throw this.fault(
            "synthesis/answer-too-large",
            `made a file of ${status.size} bytes, more than ${maxAnswerBytes}`,
          );
        }
        return await file.readFile();
      } finally {
        await file.close();
      }
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (error instanceof SynthesisError || code === undefined) throw error;
      throw this.fault(
        "synthesis/command-failed",
        `named a file that cannot be read (${code}): ${this.redact(path)}`,
      );
    }
  }

  redact(text: string): string {
    return this.#secrets.reduce((clean, secret) => secret.redact(clean), text);
  }

  fault(code: string, what: string): SynthesisError {
    return new SynthesisError({
      code,
      message: `${this.place} ${what}`,
      place: this.place,
      remedy:
        "Run the program by hand with such an input; docs/generators.md says what it must read and answer.",
      fault: "work",
    });
  }

  #read(output: string): Exclude<Answer, { refused: string }> {
    const text = output.trim();
    if (!text.startsWith("{")) {
      if (text === "" || text.includes("\n"))
        throw this.fault("synthesis/unexpected-answer", "answered neither JSON nor one path");
      return { file: text };
    }
    let json: unknown;
    try {
      json = JSON.parse(this.redact(text));
    } catch {
      throw this.fault("synthesis/unexpected-answer", "answered broken JSON");
    }
    const result = answerSchema.safeParse(json);
    if (!result.success) {
      throw this.fault(
        "synthesis/unexpected-answer",
        `answered JSON that is none of {"file"}, {"text"}, {"refused"}`,
      );
    }
    if ("refused" in result.data)
      throw new GeneratorRefusal("refused", `${this.place} refused: ${result.data.refused}`);
    return result.data;
  }

  #lastWords(complaint: string): string {
    const words = this.redact(complaint).trim().split(/\s+/).join(" ").slice(-500);
    return words === "" ? "" : `: ${words}`;
  }
}
