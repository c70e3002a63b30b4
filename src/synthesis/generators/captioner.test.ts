// The captioner's process and settings with a stand-in for the optional library, and with the library itself where it is installed: there,
// captions equal those of transformers 5.23.0 (test/golden/captioner, made by test/reference/make_captioner_case.py).
import { readFileSync } from "node:fs";
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import sharp from "sharp";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openCaptioner, schema } from "./captioner.ts";
import { type ImageToText, PLAIN_TEXT, type TextRequest, type ViewContent } from "./generator.ts";

const GOLDEN = fileURLToPath(new URL("../../../test/golden/captioner", import.meta.url));
const EXPECTED = JSON.parse(readFileSync(join(GOLDEN, "expected.json"), "utf8")) as {
  readonly side: number;
  readonly tokens: number;
  readonly cases: readonly { readonly pixels: readonly number[]; readonly caption: string }[];
};

let folder = "";
/** A package of the library's name and shape, whose captions tell what it was given. */
let standIn = "";
let picture: ViewContent;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "relata-captioner-"));
  const place = join(folder, "node_modules", "@huggingface", "transformers");
  await mkdir(place, { recursive: true });
  await writeFile(
    join(place, "package.json"),
    JSON.stringify({ name: "@huggingface/transformers", main: "index.js" }),
  );
  await writeFile(join(place, "index.js"), STAND_IN);
  standIn = join(folder, "index.js");
  picture = await png([10, 20, 30, 40, 50, 60], 2, 1);
});
afterAll(() => rm(folder, { recursive: true }));

const STAND_IN = `
const env = { version: "4.9.9", cacheDir: null };
let seed = 0;
exports.env = env;
exports.random = { seed: (value) => { seed = value; } };
exports.RawImage = class { constructor(data, width, height, channels) { Object.assign(this, { data, width, height, channels }); } };
exports.pipeline = async (task, model, options) => {
  if (model.includes("broken")) throw new Error("no such network");
  return async (picture, generation) => {
    const sum = picture.data.reduce((a, b) => a + b, 0);
    if (generation.max_new_tokens === 13) { console.error("out of luck"); process.exit(3); }
    if (generation.max_new_tokens === 14) throw new Error("cannot continue");
    if (generation.max_new_tokens === 15) return [{ generated_text: "  " }];
    if (generation.max_new_tokens === 16) await new Promise(() => setInterval(() => undefined, 1000));
    const told = { task, seed, options, generation, sum, size: [picture.width, picture.height, picture.channels], pid: process.pid,
      remote: env.allowRemoteModels, local: env.allowLocalModels, cache: env.cacheDir, variable: process.env.SHOWN };
    return [{ generated_text: JSON.stringify(told) }];
  };
};`;

async function png(pixels: readonly number[], width: number, height: number): Promise<ViewContent> {
  const raw = { width, height, channels: 3 } as const;
  const bytes = await sharp(Uint8Array.from(pixels), { raw }).png().toBuffer();
  return { mediaType: "image/png", bytes };
}

const settings = (more: object = {}) => schema.parse({ adapter: "captioner", model: GOLDEN, ...more });
const never = new AbortController().signal;
const request = (more: Partial<TextRequest> = {}): TextRequest => ({
  picture,
  mentions: [],
  seed: 5,
  instance: "1",
  step: 1,
  ...more,
});

async function using<T>(
  more: object,
  use: (generator: ImageToText) => Promise<T>,
  libraryFrom = standIn,
): Promise<T> {
  const environment = { ...process.env, SHOWN: "yes" };
  const generator = await openCaptioner(settings(more), environment, { libraryFrom: [libraryFrom] });
  try {
    return await use(generator);
  } finally {
    await generator.dispose();
  }
}

const textOf = (generator: ImageToText, more: Partial<TextRequest> = {}) =>
  generator.text(request(more), never).then(({ content }) => new TextDecoder().decode(content.bytes));
const told = async (generator: ImageToText, more: Partial<TextRequest> = {}) =>
  JSON.parse(await textOf(generator, more)) as Record<string, unknown>;

describe("what the library is told", () => {
  it("is the folder with the network switched off, the pixels, the seed, and how to generate", async () => {
    await using({ temperature: 0.5, topK: 7, dtype: "q8" }, async (generator) => {
      expect(await told(generator)).toMatchObject({
        task: "image-to-text",
        options: { dtype: "q8", device: "cpu", local_files_only: true },
        generation: { max_new_tokens: 50, do_sample: true, temperature: 0.5, top_k: 7 },
        seed: 5,
        sum: 210,
        size: [2, 1, 3],
        remote: false,
        local: true,
        cache: null,
        variable: "yes",
      });
    });
  });

  it("allows the network only for a hub id that the user named", async () => {
    await using(
      { model: "someone/captioner", revision: "v2", cache: folder, temperature: 0 },
      async (generator) => {
        expect(generator.identity.model).toBe("someone/captioner@v2");
        expect(await told(generator)).toMatchObject({
          options: { revision: "v2", local_files_only: false },
          generation: { do_sample: false },
          remote: true,
          local: false,
          cache: folder,
        });
      },
    );
  });

  it("asks one process for all captions, one at a time", async () => {
    await using({}, async (generator) => {
      const seeds = [1, 2, 3, 4];
      const answers = await Promise.all(seeds.map((seed) => told(generator, { seed })));
      expect(answers.map(({ seed }) => seed)).toEqual(seeds);
      expect(new Set(answers.map(({ pid }) => pid)).size).toBe(1);
      expect(answers[0]?.pid).not.toBe(process.pid);
    });
  });
});

describe("identity", () => {
  it("is what the folder's files hold, not where they are, and all settings that change captions", async () => {
    const copy = join(folder, "copy");
    await cp(GOLDEN, copy, { recursive: true });
    const identityOf = (more: object) => using(more, async ({ identity }) => identity);
    const identity = await identityOf({});
    expect(await identityOf({ model: copy })).toEqual(identity);
    const others = [
      { temperature: 0 },
      { topK: 3 },
      { maxTokens: 9 },
      { mentionTemplate: "{caption} {mentions}" },
    ];
    const seen = new Set([JSON.stringify(identity)]);
    for (const other of others) seen.add(JSON.stringify(await identityOf(other)));
    await writeFile(join(copy, "onnx", "encoder_model.onnx"), "other weights");
    seen.add(JSON.stringify(await identityOf({ model: copy })));
    expect(seen.size).toBe(others.length + 2);
  });
});

describe("mentions", () => {
  it("are woven in by the user's template, and only where the caption lacks one", async () => {
    const mentions = ["Anna {caption}", "Lake $&"];
    await using({ mentionTemplate: "{mentions}: {caption}!" }, async (generator) => {
      const caption = await textOf(generator, { mentions: ["seed"] });
      expect(await textOf(generator, { mentions })).toBe(`Anna {caption} and Lake $&: ${caption}!`);
      expect(caption).not.toContain("!");
    });
    await using({}, async (generator) => {
      expect(await textOf(generator, { mentions })).not.toContain("Anna");
    });
    expect(schema.safeParse({ ...settings(), mentionTemplate: "{caption}" }).success).toBe(false);
  });
});

describe("what goes wrong", () => {
  const rejection = (more: object, asked: Partial<TextRequest> = {}) =>
    expect(using(more, (generator) => textOf(generator, asked))).rejects;

  it("names the package to install when it is absent", async () => {
    const opened = openCaptioner(settings(), process.env, { libraryFrom: [join(tmpdir(), "index.js")] });
    await expect(opened).rejects.toMatchObject({
      code: "synthesis/no-transformers-js",
      remedy: expect.stringContaining("npm install @huggingface/transformers"),
    });
  });

  it("refuses what is neither folder nor hub id, a folder without its files, and a version without seeds", async () => {
    const bad = (message: RegExp) => ({
      code: "synthesis/bad-captioner",
      message: expect.stringMatching(message),
    });
    await rejection({ model: "./nowhere" }).toMatchObject(bad(/neither a folder nor a hub id/));
    await rejection({ model: join(GOLDEN, "onnx") }).toMatchObject(bad(/has no config.json/));
    await rejection({ model: "someone/broken" }).toMatchObject(bad(/no such network/));
    const old = join(folder, "old", "node_modules", "@huggingface", "transformers");
    await cp(join(folder, "node_modules", "@huggingface", "transformers"), old, { recursive: true });
    const code = await readFile(join(old, "index.js"), "utf8");
    await writeFile(join(old, "index.js"), code.replace("exports.random", "exports.chance"));
    const from = join(folder, "old", "index.js");
    await expect(using({}, (generator) => textOf(generator), from)).rejects.toMatchObject(
      bad(/4\.9\.9 has no random\.seed/),
    );
  });

  it("tells apart a process that ended, a caption that failed, and one that is empty", async () => {
    await rejection({ maxTokens: 13 }).toMatchObject({
      code: "synthesis/captioner-ended",
      message: expect.stringMatching(/exit code 3 after saying: out of luck/),
      fault: "work",
    });
    await rejection({ maxTokens: 14 }).toMatchObject({
      code: "synthesis/captioner-failed",
      message: expect.stringContaining("cannot continue"),
    });
    await rejection({ maxTokens: 15 }).toMatchObject({ name: "GeneratorRefusal", reason: "empty-text" });
  });

  it("refuses a picture that is known only by its caption", async () => {
    const content = { mediaType: PLAIN_TEXT, bytes: new Uint8Array(1) };
    await rejection({}, { picture: content }).toMatchObject({ code: "synthesis/no-pixels" });
  });

  it("ends the process when a caption is cancelled", async () => {
    await using({ maxTokens: 16 }, async (generator) => {
      const controller = new AbortController();
      const stopped = generator.text(request(), controller.signal);
      setTimeout(() => controller.abort(new Error("enough")), 300);
      await expect(stopped).rejects.toThrow("enough");
    });
  });

  it("starts a new process after one has ended", async () => {
    await using({}, async (generator) => {
      const { pid } = await told(generator);
      process.kill(Number(pid), "SIGKILL");
      const later = await told(generator).catch(() => told(generator)); // the end may be seen by the call after it only
      expect(later.pid).not.toBe(pid);
    });
  });
});

const installed = installedLibrary();

describe.skipIf(installed === undefined)(
  "transformers.js itself (skipped where it is not installed, nor named by RELATA_TRANSFORMERS_JS)",
  () => {
    it("captions pictures as transformers does", async () => {
      const greedy = { maxTokens: EXPECTED.tokens, temperature: 0 };
      await using(
        greedy,
        async (generator) => {
          for (const { pixels, caption } of EXPECTED.cases) {
            const shown = await png(pixels, EXPECTED.side, EXPECTED.side);
            expect(await textOf(generator, { picture: shown })).toBe(caption);
          }
        },
        installed,
      );
    });

    it("samples the same caption for the same seed, and others for others", async () => {
      const sampled = { maxTokens: EXPECTED.tokens, topK: 0 };
      await using(
        sampled,
        async (generator) => {
          const seeds = [1, 2, 3, 4, 5, 6, 1, 2, 3, 4, 5, 6];
          const captions: string[] = [];
          for (const seed of seeds) captions.push(await textOf(generator, { seed }));
          expect(captions.slice(0, 6)).toEqual(captions.slice(6));
          expect(new Set(captions).size).toBeGreaterThan(2);
        },
        installed,
      );
    });
  },
);

/** A file beside which the library is installed. */
function installedLibrary(): string | undefined {
  const named = process.env.RELATA_TRANSFORMERS_JS;
  for (const place of [
    ...(named === undefined ? [] : [join(named, "index.js")]),
    fileURLToPath(import.meta.url),
  ]) {
    try {
      createRequire(place).resolve("@huggingface/transformers");
      return place;
    } catch (cause) {
      if ((cause as NodeJS.ErrnoException).code !== "MODULE_NOT_FOUND") throw cause;
    }
  }
  return undefined;
}
