// Compares a model in a web page with the same model in Node on real posts, in Chromium: answers, the largest difference of probabilities, times, and
// bytes on the way. Needs the build, onnxruntime-web and Chromium (CHROMIUM names another than /usr/bin/chromium).
//
//   node scripts/measure-web.mjs <bundle> <posts.jsonl> [--pictures <folder>] [--limit 200] [--precision fp32|fp16|int8] [--isolated] [--device wasm|webgpu]
//
// Posts are documents (`relata convert`); of the same text the first is read. Their pictures are read from the folder by the name in `image`, or,
// with --any-picture, in turn, whatever they belong to.
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";
import { chromium } from "playwright-core";
import { exportWeb, load } from "../dist/index.js";
import { serveStatic } from "./static-server.mjs";

const ROOT = resolve(import.meta.dirname, "..");
const IMPORTS = {
  "relata/web": "/relata/index.js",
  "onnxruntime-web/wasm": "/runtime/ort.wasm.bundle.min.mjs",
  "onnxruntime-web/webgpu": "/runtime/ort.webgpu.bundle.min.mjs",
};
const PAGE = `<!doctype html><meta charset="utf-8"><title>measured</title><script type="importmap">${JSON.stringify({ imports: IMPORTS })}</script>
<script type="module">import * as web from "relata/web"; globalThis.web = web;</script>`;
const SLOW_MS = 600_000;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    pictures: { type: "string" },
    "any-picture": { type: "boolean", default: false },
    limit: { type: "string", default: "200" },
    precision: { type: "string", default: "fp32" },
    isolated: { type: "boolean", default: false },
    device: { type: "string", default: "wasm" },
  },
});
const [bundle, posts] = positionals;
if (posts === undefined) {
  console.error(
    "usage: node scripts/measure-web.mjs <bundle> <posts.jsonl> [options]; the file's head lists them",
  );
  process.exit(2);
}
async function measure() {
  const folder = await mkdtemp(join(tmpdir(), "relata-measure-web-"));
  const exported = join(folder, "web");
  await exportWeb({ model: bundle, folder: exported, precision: values.precision });
  const read = await postsOf(posts);
  const model = await load(bundle, { threads: 2 });
  const server = await serveStatic(
    {
      "/": { page: PAGE },
      "/relata/": join(ROOT, "dist/web"),
      "/runtime/": join(ROOT, "node_modules/onnxruntime-web/dist"),
      "/model/": exported,
    },
    { isolated: values.isolated },
  );
  const gpu =
    values.device === "webgpu"
      ? ["--enable-unsafe-webgpu", "--use-webgpu-adapter=swiftshader", "--enable-features=Vulkan"]
      : ["--disable-gpu"];
  const browser = await chromium.launch({
    executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
    args: ["--no-sandbox", "--disable-background-networking", ...gpu],
    timeout: SLOW_MS,
  });
  try {
    const page = await (await browser.newContext()).newPage();
    page.setDefaultTimeout(SLOW_MS);
    const cold = await firstAnswer(page, server.origin, read[0].text);
    const warm = await firstAnswer(page, server.origin, read[0].text);
    const compared = await compare(page, model, read);
    const bytes = await bytesOf(exported, values.device);
    const runtime = await runtimeBytes(values.device);
    console.log(
      JSON.stringify(
        {
          ...values,
          threads: cold.threads,
          ...compared,
          firstAnswerMs: { cold: cold.ms, warm: warm.ms },
          model: bytes,
          page: runtime,
        },
        undefined,
        1,
      ),
    );
  } finally {
    await browser.close();
    await server.close();
    await model.dispose();
    await rm(folder, { recursive: true });
  }
}

async function postsOf(path) {
  const pictures = values["any-picture"]
    ? (await readdir(values.pictures)).filter((name) => /\.(jpe?g|png)$/i.test(name)).sort()
    : [];
  const texts = new Map();
  for (const line of (await readFile(path, "utf8")).split("\n").filter(Boolean)) {
    const { text, image } = JSON.parse(line);
    if (!texts.has(text)) texts.set(text, image);
  }
  const chosen = [...texts].slice(0, Number(values.limit));
  return chosen.map(([text, image], i) => {
    const name = values["any-picture"] ? pictures[i % pictures.length] : image;
    return { text, picture: values.pictures !== undefined && name ? join(values.pictures, name) : undefined };
  });
}

/** Milliseconds from opening the page to its first answer; the server is on this machine. */
async function firstAnswer(page, origin, text) {
  const begun = performance.now();
  await page.goto(`${origin}/`);
  await page.waitForFunction(() => "web" in globalThis);
  const threads = await page.evaluate(
    async ({ device, text }) => {
      globalThis.model = await globalThis.web.load("/model/", { device });
      await globalThis.model.extract({ text });
      return globalThis.model.threads;
    },
    { device: values.device, text },
  );
  return { ms: Math.round(performance.now() - begun), threads };
}

async function compare(page, model, read) {
  const result = {
    posts: read.length,
    pictures: 0,
    same: 0,
    entities: 0,
    relations: 0,
    largestDifference: 0,
    different: [],
  };
  const times = { node: [], web: [] };
  for (const { text, picture } of read) {
    const image = picture === undefined ? undefined : await readFile(picture);
    const begun = performance.now();
    const expected = await model.extract({ text, ...(image ? { image } : {}) });
    times.node.push(performance.now() - begun);
    const { seen, ms } = await page.evaluate(
      async ({ text, image }) => {
        const bytes = image && Uint8Array.from(atob(image), (c) => c.charCodeAt(0));
        const post = { text, ...(bytes ? { image: new Blob([bytes]) } : {}) };
        const from = performance.now();
        return { seen: await globalThis.model.extract(post), ms: performance.now() - from };
      },
      { text, image: image?.toString("base64") },
    );
    times.web.push(ms);
    result.pictures += seen.visual === "picture" ? 1 : 0;
    result.entities += expected.entities.length;
    result.relations += expected.relations.length;
    if (bare(expected) === bare(seen)) {
      result.same++;
      const [a, b] = [probabilities(expected), probabilities(seen)];
      for (const [i, value] of a.entries())
        result.largestDifference = Math.max(result.largestDifference, Math.abs(value - b[i]));
    } else result.different.push({ text, node: brief(expected), web: brief(seen) });
  }
  return { ...result, medianMs: { node: median(times.node), web: median(times.web) } };
}

const bare = (extraction) =>
  JSON.stringify(extraction, (field, value) => (field === "probability" ? undefined : value));
const probabilities = ({ entities, relations, category }) =>
  [...entities, ...relations, ...(category ? [category] : [])].map(({ probability }) => probability);
const brief = ({ entities, relations, visual }) => ({
  visual,
  entities: entities.map(({ text, label, probability }) => [text, label, Number(probability.toFixed(4))]),
  relations: relations.map(({ headText, tailText, label, probability }) => [
    headText,
    tailText,
    label,
    Number(probability.toFixed(4)),
  ]),
});
const median = (numbers) =>
  Math.round(numbers.sort((a, b) => a - b)[Math.floor(numbers.length / 2)] * 10) / 10;

/** Bytes of the files that one device downloads: as they are, and compressed as web servers do. */
async function bytesOf(folder, device) {
  const manifest = JSON.parse(await readFile(join(folder, "relata-web.json"), "utf8"));
  const other = device === "wasm" ? "-webgpu-" : "-wasm-";
  const files = [
    "relata-web.json",
    ...manifest.files.map(({ path }) => path).filter((path) => !path.includes(other)),
  ];
  return sizes(await Promise.all(files.map((path) => readFile(join(folder, path)))));
}

/** The module, its worker and onnxruntime-web. */
async function runtimeBytes(device) {
  const runtime =
    device === "wasm"
      ? ["ort.wasm.bundle.min.mjs", "ort-wasm-simd-threaded.wasm"]
      : ["ort.webgpu.bundle.min.mjs", "ort-wasm-simd-threaded.asyncify.wasm"];
  const files = [
    join(ROOT, "dist/web/index.js"),
    join(ROOT, "dist/web/worker.js"),
    ...runtime.map((name) => join(ROOT, "node_modules/onnxruntime-web/dist", name)),
  ];
  return sizes(await Promise.all(files.map((path) => readFile(path))));
}

function sizes(contents) {
  const sum = (size) => contents.reduce((total, content) => total + size(content), 0);
  const params = { [constants.BROTLI_PARAM_QUALITY]: 5 };
  return {
    files: contents.length,
    bytes: sum((content) => content.length),
    gzip: sum((content) => gzipSync(content).length),
    brotli: sum((content) => brotliCompressSync(content, { params }).length),
  };
}

await measure();
