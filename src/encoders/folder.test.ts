// Resolving encoders: local folders, and a hub played by a local server that speaks the hub's API.
import { createHash } from "node:crypto";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { resolveEncoder } from "./folder.ts";
import { openTextEncoder } from "./text-encoder.ts";

let work = "";
beforeEach(async () => {
  work = await mkdtemp(join(tmpdir(), "relata-folder-"));
});
afterEach(async () => {
  await rm(work, { recursive: true });
});

async function makeFolder(files: Readonly<Record<string, string>>): Promise<string> {
  const folder = join(work, "encoder");
  await mkdir(folder, { recursive: true });
  for (const [name, content] of Object.entries(files)) await writeFile(join(folder, name), content);
  return folder;
}

const INDEX = "model.safetensors.index.json";
const shardIndex = (...shards: string[]): string =>
  JSON.stringify({ weight_map: Object.fromEntries(shards.map((shard, i) => [`weight.${i}`, shard])) });

describe("resolveEncoder with a local folder", () => {
  it("gives the configuration and the files of the wanted parts", async () => {
    const folder = await makeFolder({
      "config.json": '{"model_type":"bert"}',
      "model.safetensors": "",
      "vocab.txt": "",
      "tokenizer_config.json": "{}",
      "pytorch_model.bin": "",
    });
    const encoder = await resolveEncoder(folder, { parts: ["weights", "tokenizer"] });
    expect(encoder).toEqual({
      folder,
      config: { model_type: "bert" },
      notes: [],
      commit: undefined,
      files: {
        config: "config.json",
        weights: ["model.safetensors"],
        weightIndex: undefined,
        tokenizer: ["vocab.txt", "tokenizer_config.json"],
        preprocessor: [],
      },
    });
  });

  it("takes sharded weights from their index", async () => {
    const folder = await makeFolder({
      "config.json": "{}",
      [INDEX]: shardIndex("b.safetensors", "a.safetensors"),
      "a.safetensors": "",
      "b.safetensors": "",
    });
    const { files } = await resolveEncoder(folder);
    expect(files.weights).toEqual(["a.safetensors", "b.safetensors"]);
    expect(files.weightIndex).toBe(INDEX);
  });

  it("names what it looked for and what is there instead", async () => {
    const folder = await makeFolder({ "pytorch_model.bin": "" });
    await expect(resolveEncoder(folder)).rejects.toMatchObject({
      code: "encoder/no-config",
      message: expect.stringContaining("none of config.json; it contains pytorch_model.bin"),
    });
    const run = join(work, "run");
    await mkdir(join(run, "checkpoint-20"), { recursive: true });
    await writeFile(join(run, "checkpoint-20", "config.json"), "{}");
    await expect(resolveEncoder(run)).rejects.toMatchObject({
      code: "encoder/no-config",
      message: expect.stringContaining("it contains no file"),
      remedy: `Folders inside it have one: pass ${join(run, "checkpoint-20")}.`,
    });
    await makeFolder({ "config.json": "{}" });
    await expect(resolveEncoder(folder)).rejects.toMatchObject({
      code: "encoder/no-weights",
      message: expect.stringContaining("neither model.safetensors nor model.safetensors.index.json"),
    });
    await expect(resolveEncoder(folder, { parts: ["tokenizer"] })).rejects.toMatchObject({
      code: "encoder/no-tokenizer",
      message: expect.stringContaining("tokenizer.json, vocab.txt, vocab.json with merges.txt"),
    });
    await expect(resolveEncoder(folder, { parts: ["preprocessor"] })).rejects.toMatchObject({
      code: "encoder/no-preprocessor",
    });
    await expect(resolveEncoder(join(work, "nothing"))).rejects.toMatchObject({
      code: "encoder/no-such-folder",
    });
    await expect(resolveEncoder("ModernBERT-base")).rejects.toMatchObject({ code: "encoder/no-such-folder" });
  });

  it.each([
    ["adapter_config.json", "merge_and_unload"],
    ["modules.json", "0_Transformer"],
    ["model_index.json", "subfolder"],
    ["open_clip_config.json", "open_clip"],
  ])("says what to do about a folder that has %s instead of config.json", async (file, remedy) => {
    const folder = await makeFolder({ [file]: "{}" });
    await expect(resolveEncoder(folder)).rejects.toMatchObject({
      code: "encoder/no-config",
      remedy: expect.stringContaining(remedy),
    });
  });

  it.each(["../secret.safetensors", "/etc/passwd", "C:\\x", "a/../../b", "a\\b", ""])(
    "refuses the shard name %j",
    async (shard) => {
      const folder = await makeFolder({ "config.json": "{}", [INDEX]: shardIndex(shard) });
      await expect(resolveEncoder(folder)).rejects.toMatchObject({ code: "encoder/bad-file-name" });
    },
  );

  it("refuses a damaged configuration and a damaged index", async () => {
    const folder = await makeFolder({ "config.json": "[]", "model.safetensors": "" });
    await expect(resolveEncoder(folder)).rejects.toMatchObject({ code: "encoder/not-json" });
    await rm(join(folder, "model.safetensors"));
    await makeFolder({ "config.json": "{}", [INDEX]: "{}" });
    await expect(resolveEncoder(folder)).rejects.toMatchObject({ code: "encoder/bad-weight-index" });
  });
});

const COMMIT = "0123456789abcdef0123456789abcdef01234567";
const ID = "owner/tiny";

/** A hub with one model; `requests` lists what it was asked for. */
class Hub {
  readonly requests: string[] = [];
  readonly files: Record<string, string> = {
    "config.json": '{"model_type":"bert"}',
    "model.safetensors": "weights ".repeat(500),
    "tokenizer.json": "{}",
    "tokenizer_config.json": '{"model_max_length":512}',
    "pytorch_model.bin": "never asked for",
    "README.md": "never asked for",
  };
  /** What the tree says of a file, where that is not the truth. */
  readonly lies: Record<string, object> = {};
  /** The id of its model. */
  id = ID;
  readonly #server: Server = createServer((request, response) => this.#answer(request, response));

  async start(): Promise<string> {
    await new Promise<void>((done) => this.#server.listen(0, "127.0.0.1", done));
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((done) => this.#server.close(done));
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    const path = decodeURIComponent((request.url ?? "").split("?")[0] ?? "");
    this.requests.push(path);
    const json = (value: unknown): void => {
      response.setHeader("Content-Type", "application/json").end(JSON.stringify(value));
    };
    const { id } = this;
    const file = this.files[path.slice(`/${id}/resolve/${COMMIT}/`.length)];
    if (path === `/api/models/${id}/revision/main`) json({ _id: "1", id, sha: COMMIT });
    else if (path === `/api/models/${id}/tree/${COMMIT}`) json(this.#tree());
    else if (path.startsWith(`/${id}/resolve/${COMMIT}/`) && file !== undefined) {
      response.setHeader("ETag", '"e"');
      const isProbe = request.headers.range === "bytes=0-0";
      if (isProbe) response.writeHead(206, { "Content-Range": `bytes 0-0/${file.length}` });
      response.end(isProbe ? file.slice(0, 1) : file);
    } else {
      response.writeHead(404).end();
    }
  }

  #tree(): object[] {
    return Object.entries(this.files).map(([path, content]) => {
      const sha256 = createHash("sha256").update(content).digest("hex");
      const isLarge = path.endsWith(".safetensors");
      const lfs = isLarge ? { lfs: { oid: sha256, size: content.length, pointerSize: 134 } } : {};
      const oid = createHash("sha1").update(`blob ${content.length}\0${content}`).digest("hex");
      return { type: "file", path, size: content.length, oid, ...lfs, ...this.lies[path] };
    });
  }
}

describe("resolveEncoder with a hub id", () => {
  let hub: Hub;
  let options: { hubUrl: string; cacheDir: string };
  beforeEach(async () => {
    hub = new Hub();
    options = { hubUrl: await hub.start(), cacheDir: join(work, "cache") };
  });
  afterEach(async () => {
    await hub.stop();
  });

  it("downloads only the needed files into the cache's usual layout", async () => {
    const downloads: [string, number][] = [];
    const onDownload = (file: string, bytes: number): number => downloads.push([file, bytes]);
    const encoder = await resolveEncoder(ID, { ...options, parts: ["weights", "tokenizer"], onDownload });
    expect(encoder.commit).toBe(COMMIT);
    expect(encoder.folder).toBe(join(work, "cache", "models--owner--tiny", "snapshots", COMMIT));
    expect(downloads.map(([file]) => file)).toEqual([
      "model.safetensors",
      "tokenizer.json",
      "tokenizer_config.json",
      "config.json",
    ]);
    expect(await readFile(join(encoder.folder, "model.safetensors"), "utf8")).toBe("weights ".repeat(500));
    expect(await readFile(join(work, "cache/models--owner--tiny/refs/main"), "utf8")).toBe(COMMIT);
    expect(hub.requests.some((path) => path.endsWith(".bin") || path.endsWith(".md"))).toBe(false);
  });

  it("sends no request when the cache has what is needed, and only for the rest when it has less", async () => {
    await resolveEncoder(ID, options);
    hub.requests.length = 0;
    const again = await resolveEncoder(ID, options);
    expect(again.config).toEqual({ model_type: "bert" });
    expect(hub.requests).toEqual([]);
    await resolveEncoder(ID, { ...options, parts: ["weights", "tokenizer"] });
    const fetched = hub.requests
      .filter((path) => path.includes("/resolve/"))
      .map((path) => path.split("/").at(-1));
    expect([...new Set(fetched)]).toEqual(["tokenizer.json", "tokenizer_config.json"]);
    await hub.stop();
    expect((await resolveEncoder(ID, { ...options, offline: true })).commit).toBe(COMMIT);
    expect((await resolveEncoder(ID, { ...options, revision: COMMIT, offline: true })).commit).toBe(COMMIT);
  });

  it("downloads the shards that the index names", async () => {
    delete hub.files["model.safetensors"];
    Object.assign(hub.files, {
      [INDEX]: shardIndex("x-1.safetensors", "x-2.safetensors"),
      "x-1.safetensors": "1",
      "x-2.safetensors": "2",
      "x-3.safetensors": "3",
    });
    const { folder, files } = await resolveEncoder(ID, options);
    expect(files.weights).toEqual(["x-1.safetensors", "x-2.safetensors"]);
    expect(await readFile(join(folder, "x-2.safetensors"), "utf8")).toBe("2");
    expect(hub.requests.some((path) => path.endsWith("x-3.safetensors"))).toBe(false);
  });

  it("downloads only the shards with needed weights, and finds them complete without a request", async () => {
    delete hub.files["model.safetensors"];
    Object.assign(hub.files, {
      [INDEX]: shardIndex("x-1.safetensors", "x-2.safetensors", "not-listed.safetensors"),
      "x-1.safetensors": "1",
      "x-2.safetensors": "2",
    });
    const wishes = { ...options, parts: ["weights"] as const, neededWeights: () => ["weight.1"] };
    expect((await resolveEncoder(ID, wishes)).files.weights).toEqual(["x-2.safetensors"]);
    expect(hub.requests.some((path) => path.endsWith("x-1.safetensors"))).toBe(false);
    hub.requests.length = 0;
    expect((await resolveEncoder(ID, wishes)).files.weights).toEqual(["x-2.safetensors"]);
    expect(hub.requests).toEqual([]);
  });

  it("refuses shard names that leave the folder", async () => {
    delete hub.files["model.safetensors"];
    hub.files[INDEX] = shardIndex("../../evil.safetensors");
    await expect(resolveEncoder(ID, options)).rejects.toMatchObject({ code: "encoder/bad-file-name" });
  });

  it("refuses content that is not what the hub states, and keeps it out of the cache", async () => {
    hub.lies["model.safetensors"] = { size: 7 };
    await expect(resolveEncoder(ID, options)).rejects.toMatchObject({ code: "encoder/damaged-download" });
    hub.lies["model.safetensors"] = { lfs: { oid: "a".repeat(64), size: 4000, pointerSize: 134 } };
    await expect(resolveEncoder(ID, options)).rejects.toThrow("SHA-256");
    await expect(resolveEncoder(ID, { ...options, offline: true })).rejects.toMatchObject({
      code: "encoder/not-cached",
    });
    delete hub.lies["model.safetensors"];
    expect((await resolveEncoder(ID, options)).commit).toBe(COMMIT);
  });

  it("tells an unknown model from an unreachable hub, and names the remedy", async () => {
    await expect(resolveEncoder("owner/other", options)).rejects.toMatchObject({
      code: "encoder/no-such-model",
      remedy: expect.stringContaining("access token"),
    });
    await hub.stop();
    await expect(resolveEncoder(ID, options)).rejects.toMatchObject({
      code: "encoder/hub-unreachable",
      fault: "input",
      message: expect.stringContaining("ECONNREFUSED"),
      remedy: expect.stringContaining("pass its path"),
    });
    await expect(resolveEncoder(ID, { ...options, offline: true })).rejects.toMatchObject({
      code: "encoder/not-cached",
      remedy: expect.stringContaining("Run once with network access"),
    });
  });

  it.each([
    ["bert-base-uncased", "google-bert/bert-base-uncased"],
    ["roberta-base", "FacebookAI/roberta-base"],
    ["xlm-roberta-base", "FacebookAI/xlm-roberta-base"],
    ["distilbert-base-uncased", "distilbert/distilbert-base-uncased"],
  ])("finds %s, which has no owner in the name, as %s and says so", async (name, id) => {
    hub.id = id;
    const { folder, notes } = await resolveEncoder(name, options);
    expect(folder).toContain(`models--${id.replace("/", "--")}`);
    expect(notes).toEqual([`note: ${name} is ${id} on the hub`]);
  });

  it.each([
    "microsoft/deberta-v3-base",
    "answerdotai/ModernBERT-base",
    "sentence-transformers/all-mpnet-base-v2",
    "openai/clip-vit-base-patch32",
    "facebook/dinov2-base",
    "google/siglip-base-patch16-224",
  ])("finds %s under its full id", async (id) => {
    hub.id = id;
    expect((await resolveEncoder(id, options)).notes).toEqual([]);
  });

  it.each(["gpt2", "t5-base", "distilgpt2", "xlnet-base-cased"])(
    "refuses %s, which is not an encoder, without a request",
    async (name) => {
      await expect(resolveEncoder(name, options)).rejects.toMatchObject({
        code: "encoder/unsupported-config",
        message: expect.stringContaining(name),
        remedy: expect.stringContaining("roberta-base"),
      });
      expect(hub.requests).toEqual([]);
    },
  );

  it("refuses a model of another kind before it downloads anything large", async () => {
    hub.files["config.json"] = '{"model_type":"gpt2"}';
    vi.stubEnv("HF_ENDPOINT", options.hubUrl);
    vi.stubEnv("HF_HUB_CACHE", options.cacheDir);
    await expect(openTextEncoder(ID)).rejects.toMatchObject({ code: "encoder/unsupported-config" });
    vi.unstubAllEnvs();
    expect(
      hub.requests.filter((path) => path.includes("/resolve/")).map((path) => path.split("/").at(-1)),
    ).toContain("config.json");
    expect(hub.requests.some((path) => path.endsWith("model.safetensors"))).toBe(false);
  });

  it("names a part that the model lacks before downloading anything large", async () => {
    await expect(
      resolveEncoder(ID, { ...options, parts: ["weights", "preprocessor"] }),
    ).rejects.toMatchObject({ code: "encoder/no-preprocessor" });
    expect(hub.requests.some((path) => path.includes("/resolve/"))).toBe(false);
  });

  it("refuses revisions and ids that are paths", async () => {
    await expect(resolveEncoder(ID, { ...options, revision: "../../x" })).rejects.toMatchObject({
      code: "encoder/bad-revision",
    });
    await expect(resolveEncoder("owner/na..me", options)).rejects.toMatchObject({
      code: "encoder/no-such-folder",
    });
    expect(hub.requests).toEqual([]);
  });

  it("stops when told to", async () => {
    const signal = AbortSignal.abort(new Error("enough"));
    await expect(resolveEncoder(ID, { ...options, signal })).rejects.toThrow("enough");
  });
});
