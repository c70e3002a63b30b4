// The settings of `relata serve`, in one table: each has a flag, a variable RELATA_... of the environment and a default.
import { MAX_PIXELS } from "../encoders/pictures/limits.ts";
import { DEVICES } from "../engine/devices.ts";
import { checked, choice, count, flag, list, type Setting, seconds, text } from "./setting-kinds.ts";

/** The highest number of a TCP port. */
const HIGHEST_PORT = 65_535;
const MEBIBYTE = 2 ** 20;

/** Every setting. The order is that of `relata serve --help`. */
export const SETTINGS = {
  host: text("--host <address>", {
    section: "address",
    means:
      "address to listen on; 0.0.0.0 for all of this machine's, which anyone who reaches them may then use",
    fallback: "127.0.0.1",
  }),
  port: count("--port <number>", {
    section: "address",
    means: "port to listen on; 0 for any free one, which the first line of the output says",
    fallback: 8080,
    least: 0,
    most: HIGHEST_PORT,
  }),
  replicas: count("--replicas <number>", {
    section: "models",
    means: "worker processes per model (default: by cores and memory)",
    fallback: undefined,
    most: 256,
  }),
  threads: count("--threads <number>", {
    section: "models",
    means: "threads of each worker (default: the physical cores, shared among the workers)",
    fallback: undefined,
    most: 1024,
  }),
  precision: choice("--precision <name>", ["fp32", "int8"], {
    section: "models",
    means: "int8: large layers in eight bits, which is faster on the CPU (default: fp32)",
    fallback: undefined,
  }),
  device: choice("--device <name>", DEVICES, {
    section: "models",
    means: "where graphs run (default: cpu)",
    fallback: undefined,
  }),
  library: text("--library <file>", {
    section: "models",
    means: "an onnxruntime shared library to use instead of the bundled one",
    fallback: undefined,
  }),
  provider: text("--provider <name or file>", {
    section: "models",
    means:
      "plugin execution provider, which runs the nodes that it supports: openvino, the path of a library, or with --provider-library one of its providers",
    fallback: undefined,
  }),
  providerLibrary: text("--provider-library <file>", {
    section: "models",
    means: "shared library of the provider, instead of the one that relata finds",
    fallback: undefined,
  }),
  providerPrecision: choice("--provider-precision <name>", ["fp32", "bf16"], {
    section: "models",
    means: "arithmetic of the provider's matrix products (default: fp32; bf16 needs a processor that has it)",
    fallback: undefined,
  }),
  providerOption: list("--provider-option <key=value>", {
    section: "models",
    means: "an option of the provider; may be repeated",
  }),
  extension: list("--extension <module>", {
    section: "models",
    means: "a module with encoders of your own, whose code is run; may be repeated (docs/extending.md)",
  }),
  verify: flag("--no-verify", {
    section: "models",
    means: "do not check the models' files against their recorded SHA-256",
    fallback: true,
  }),
  maxBatchTokens: count("--max-batch-tokens <number>", {
    section: "queue",
    means: "longest batch that a worker reads at once, in tokens, estimated from the texts",
    fallback: 8192,
  }),
  maxBatchSize: count("--max-batch-size <number>", {
    section: "queue",
    means: "posts that a worker reads at once; 1: no batches",
    fallback: 32,
    most: 1024,
  }),
  queueCapacity: count("--queue-capacity <number>", {
    section: "queue",
    means: "posts of each model that may wait; any further are answered with 429",
    fallback: 1024,
  }),
  maxQueueBytes: count("--max-queue-bytes <number>", {
    section: "queue",
    means: "bytes of texts and pictures of each model that may wait",
    fallback: 256 * MEBIBYTE,
  }),
  workerTimeout: seconds("--worker-timeout <seconds>", {
    section: "queue",
    means: "longest time that a worker may take for a batch before it is replaced",
    fallback: 120,
  }),
  startTimeout: seconds("--start-timeout <seconds>", {
    section: "queue",
    means: "longest time that a worker may take to load its model",
    fallback: 600,
  }),
  maxConcurrentRequests: count("--max-concurrent-requests <number>", {
    section: "requests",
    means: "requests that are answered at the same time; any further are answered with 503",
    fallback: 512,
  }),
  requestTimeout: seconds("--request-timeout <seconds>", {
    section: "requests",
    means: "longest time that a post may wait for its answer; a request may ask for less",
    fallback: 60,
  }),
  maxPosts: count("--max-posts <number>", {
    section: "requests",
    means: "posts in one request",
    fallback: 512,
  }),
  maxBodyBytes: count("--max-body-bytes <number>", {
    section: "requests",
    means: "bytes of one request",
    fallback: 32 * MEBIBYTE,
  }),
  maxPictureBytes: count("--max-picture-bytes <number>", {
    section: "requests",
    means: "bytes of one picture",
    fallback: 16 * MEBIBYTE,
  }),
  maxPixels: count("--max-pixels <number>", {
    section: "requests",
    means: "pixels of one picture, width times height",
    fallback: 50_000_000, // the largest of today's telephones
    most: MAX_PIXELS,
  }),
  maxTextLength: count("--max-text-length <units>", {
    section: "requests",
    means: "longest text of a post, in UTF-16 units",
    fallback: 100_000,
  }),
  tokensFile: text("--tokens-file <file>", {
    section: "requests",
    means: "file of bearer tokens, one per line, of which every request must bring one",
    fallback: undefined,
  }),
  tokens: list("", {
    section: "requests",
    means: "bearer tokens; only in the environment, because a command line is visible to others",
  }),
  pictureUrls: list("--picture-urls <prefix>", {
    section: "requests",
    means: "pictures may be given by addresses that start with this one; may be repeated (default: none)",
  }),
  corsOrigin: list("--cors-origin <origin>", {
    section: "requests",
    means: "origin of web pages that may ask this server; may be repeated (default: none)",
  }),
  allowedHost: list("--allowed-host <name>", {
    section: "requests",
    means: "name by which a server on this machine may be asked, besides localhost; may be repeated",
  }),
  page: flag("--no-page", {
    section: "page",
    means: "serve the API without the page",
    fallback: true,
  }),
  documents: text("--documents <file>", {
    section: "page",
    means: "documents that the page offers for correction, a .jsonl file",
    fallback: undefined,
  }),
  corrections: text("--corrections <file>", {
    section: "page",
    means: "where the page saves corrected documents, a .jsonl file",
    fallback: undefined,
  }),
  pictures: text("--pictures <folder>", {
    section: "page",
    means: "folder to which the documents' image names are relative",
    fallback: undefined,
  }),
  run: list("--run <folder>", {
    section: "page",
    means:
      "a run whose mistakes the page shows: a folder with predictions.jsonl, or folder=gold.jsonl; may be repeated",
  }),
  views: text("--views <folder>", {
    section: "page",
    means: "a store of generated views that the page shows, or store=scores with the folder of their scores",
    fallback: undefined,
  }),
  log: choice<"text" | "json", "text">("--log <format>", ["text", "json"], {
    section: "operation",
    means: "format of the log on stderr",
    fallback: "text",
  }),
  shutdownTimeout: seconds("--shutdown-timeout <seconds>", {
    section: "operation",
    means: "longest time that accepted posts may take to finish after SIGTERM or SIGINT",
    fallback: 30,
  }),
} as const satisfies Record<string, Setting<unknown>>;

export type SettingName = keyof typeof SETTINGS;

/** What every part of the server is told. */
export type ServeSettings = {
  readonly [Name in SettingName]: (typeof SETTINGS)[Name] extends Setting<infer Value> ? Value : never;
};

/** Settings as given on the command line: texts, lists of texts, or `true` and `false`. */
export type GivenFlags = Readonly<Partial<Record<SettingName, string | boolean | readonly string[]>>>;

/** The variable of the environment that stands for a setting: RELATA_MAX_BATCH_SIZE for `maxBatchSize`. */
export function variableOf(name: SettingName): string {
  return `RELATA_${name.replace(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase()}`;
}

/** The flag without its operand: `--port`; the variable's name for a setting without one. */
export function flagOf(name: SettingName): string {
  return SETTINGS[name].flag.split(" ")[0] || variableOf(name);
}

/**
 * Decides every setting: what the command line gives, else the environment, else the default. An empty variable counts as not set.
 *
 * @throws ConfigError `serving/wrong-setting` naming the flag or the variable
 */
export function settingsFrom(flags: GivenFlags, environment: NodeJS.ProcessEnv): ServeSettings {
  return decided((name, setting) => {
    const given = flags[name];
    if (given !== undefined) return { value: givenValue(setting, given), place: flagOf(name) };
    const variable = environment[variableOf(name)];
    if (variable === undefined || variable === "") return undefined;
    const texts = variable.split(",").map((part) => part.trim());
    return { value: givenValue(setting, setting.isMany ? texts : variable), place: variableOf(name) };
  });
}

/**
 * Decides every setting of a call from a program; the environment is not read.
 *
 * @throws ConfigError `serving/wrong-setting` naming the field
 */
export function settingsOf(given: Partial<ServeSettings>): ServeSettings {
  return decided((name) =>
    given[name] === undefined ? undefined : { value: given[name], place: `settings.${name}` },
  );
}

type Decided = { readonly value: unknown; readonly place: string } | undefined;

function decided(decide: (name: SettingName, setting: Setting<unknown>) => Decided): ServeSettings {
  const entries = Object.entries(SETTINGS) as [SettingName, Setting<unknown>][];
  const values = entries.map(([name, setting]) => {
    const given = decide(name, setting);
    return [name, given === undefined ? setting.fallback : checked(setting, given.value, given.place)];
  });
  return Object.fromEntries(values) as object as ServeSettings; // every setting was checked by its own schema
}

function givenValue({ read }: Setting<unknown>, given: string | boolean | readonly string[]): unknown {
  return typeof given === "string" ? read(given) : given;
}
