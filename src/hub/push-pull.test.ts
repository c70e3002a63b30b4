// Bundles to a hub and back: whole, in parts, interrupted, refused, and with a hub that lies.

import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { writeManifest } from "../base/manifest.ts";
import { pullModel } from "./pull.ts";
import { pushModel } from "./push.ts";
import { parseRepository } from "./repository.ts";
import { json, LocalHub } from "./testing/local-hub.ts";

const TOKEN = "hf_secret0123456789";
const ID = "ada/posts";
let work: string;
let hub: LocalHub;
let model: string;
const inWork = (...parts: string[]) => join(work, ...parts);

beforeEach(async () => {
  work = await mkdtemp(join(tmpdir(), "relata-hub-"));
  vi.stubEnv("HF_TOKEN", TOKEN);
  vi.stubEnv("HF_HOME", inWork("home"));
  hub = new LocalHub({ token: TOKEN, largeFrom: 1_000, partBytes: 1_500 });
  await hub.start();
  model = inWork("model");
  await mkdir(join(model, "deeper"), { recursive: true });
  // A folder with a manifest is all that a transfer looks at; what is in a model is tested where models are loaded.
  await writeFile(join(model, "config.json"), '{"format":"relata-entity-model"}');
  await writeFile(join(model, "model.safetensors"), Buffer.alloc(4_000, "weights "));
  await writeFile(join(model, "deeper", "table one.json"), "[1]");
  await writeManifest(model);
  await writeFile(join(model, "README.md"), "# A card\n");
  await writeFile(join(model, "notes.txt"), "not part of the model");
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await hub.stop();
  await rm(work, { recursive: true });
});

const push = (more: object = {}) => pushModel({ model, repository: ID, endpoint: hub.address, ...more });
const pull = (folder: string, more: object = {}) =>
  pullModel({ repository: ID, folder: inWork(folder), endpoint: hub.address, ...more });
const leftovers = async () => (await readdir(work)).filter((name) => name.includes("back"));

describe("a model that is pushed and pulled", () => {
  it("is the same, without the files that are not part of it, and goes in parts", async () => {
    const pushed = await push();
    expect(pushed).toMatchObject({ created: true, removed: [] });
    expect(pushed.files.map(({ path }) => path)).toEqual([
      "README.md",
      "config.json",
      "deeper/table one.json",
      "manifest.json",
      "model.safetensors",
    ]);
    const parts = hub.seen.filter(
      ({ host, method, path }) => host === "store" && method === "PUT" && path.includes("/part/"),
    );
    expect(parts).toHaveLength(3); // 4,000 bytes in parts of 1,500
    const pulled = await pull("back");
    expect(pulled).toMatchObject({ commit: pushed.commit, left: [".gitattributes"] });
    for (const { path } of pushed.files)
      expect(await readFile(inWork("back", path))).toEqual(await readFile(join(model, path)));
    expect(await leftovers()).toEqual(["back"]);
  });

  it("never takes the token to another host, there and back", async () => {
    await push({ private: true });
    await pull("back");
    const elsewhere = hub.seen.filter(({ host }) => host === "store");
    expect(elsewhere.length).toBeGreaterThan(3);
    expect(elsewhere.every(({ authorization }) => authorization === undefined)).toBe(true);
    expect(
      hub.seen.some(({ host, authorization }) => host === "hub" && authorization === `Bearer ${TOKEN}`),
    ).toBe(true);
  });

  it("is private if it is to be: without the token it does not exist", async () => {
    await push({ private: true });
    vi.stubEnv("HF_TOKEN", "");
    await expect(pull("back")).rejects.toMatchObject({
      code: "hub/no-such-repository",
      message: expect.stringContaining("Repository not found"),
    });
    expect(await leftovers()).toEqual([]);
    await mkdir(inWork("home"));
    await writeFile(inWork("home", "token"), `${TOKEN}\n`);
    await pull("back"); // with the token of the hub's own tool
  });

  it("is only listed by a dry run", async () => {
    expect(await push({ dryRun: true })).toMatchObject({ commit: undefined, files: { length: 5 } });
    expect(hub.seen).toEqual([]);
    await push();
    expect((await pull("back", { dryRun: true })).files).toHaveLength(5);
    expect(await leftovers()).toEqual([]);
  });
});

describe("a push", () => {
  it("does not replace files unless it is told to, and then removes what the model does not have", async () => {
    await push();
    const repo = hub.repos.get(ID)!;
    repo.files.set("old.json", { content: Buffer.from("{}"), large: false });
    await expect(push()).rejects.toMatchObject({ code: "hub/not-empty" });
    expect(await push({ replace: true })).toMatchObject({ created: false, removed: ["old.json"] });
    expect([...repo.files.keys()]).not.toContain("old.json");
  });

  it("that dies on its way continues with what has not arrived", async () => {
    let deaths = 0;
    hub.fault = ({ path }, response) => {
      if (!path.endsWith("/commit/main") || deaths++ > 0) return false;
      response.destroy();
      return true;
    };
    const { commit } = await push();
    expect(commit).toMatch(/^[0-9a-f]{40}$/);
    expect(deaths).toBe(2);
    expect(hub.seen.filter(({ path }) => path.includes("/part/"))).toHaveLength(3); // no part is sent twice
  });

  it("to a hub that stays dead says how to continue, and leaves nothing visible", async () => {
    hub.fault = ({ host }, response) => {
      if (host === "store") response.destroy();
      return host === "store";
    };
    await expect(push()).rejects.toMatchObject({
      code: "hub/interrupted",
      remedy: expect.stringContaining("Run the same command again"),
    });
    expect([...hub.repos.get(ID)!.files.keys()]).toEqual([".gitattributes"]);
  });

  it.each([
    [401, "hub/refused"],
    [403, "hub/refused"],
    [409, "hub/conflict"],
    [413, "hub/limit"],
    [429, "hub/limit"],
    [500, "hub/failed"],
  ])("answered with %i is %s, with the server's words and without the token", async (status, code) => {
    hub.fault = ({ path }, response) => {
      if (!path.includes("/preupload/")) return false;
      json(response, status, { error: `over the quota of ${TOKEN}` });
      return true;
    };
    await expect(push()).rejects.toMatchObject({
      code,
      message: expect.stringMatching(/over the quota of \[HF_TOKEN\]/),
    });
  });

  it("is not begun without a token, with a changed file, or for a name that is none", async () => {
    vi.stubEnv("HF_TOKEN", "");
    await expect(push()).rejects.toMatchObject({ code: "hub/no-token" });
    await writeFile(join(model, "deeper", "table one.json"), "[2]");
    await expect(push()).rejects.toMatchObject({ code: "model/changed" });
    await expect(push({ repository: "posts" })).rejects.toMatchObject({ code: "hub/bad-repository" });
    expect(hub.seen).toEqual([]);
  });
});

describe("a pull", () => {
  it("refuses a list with paths that lead elsewhere, or the same twice", async () => {
    await push();
    const entry = { type: "file", size: 1, oid: "0".repeat(40) };
    for (const path of ["../outside.json", "/etc/passwd", "a/../../b", "C:evil", "a\\b", "CONFIG.json"]) {
      hub.extra = [{ ...entry, path }];
      await expect(pull("back"), path).rejects.toMatchObject({ code: "hub/bad-listing" });
    }
    expect(await leftovers()).toEqual([]);
    expect(existsSync(join(work, "..", "outside.json"))).toBe(false);
  });

  it("refuses content with another hash, and a manifest that the files do not fit", async () => {
    await push();
    const { files } = hub.repos.get(ID)!;
    hub.fault = ({ host }, response) => {
      if (host === "store") response.writeHead(200).end(Buffer.alloc(4_000, "x"));
      return host === "store";
    };
    await expect(pull("back")).rejects.toMatchObject({ code: "encoder/damaged-download" });
    hub.fault = () => false;
    hub.repos.get(ID)!.commit = "1".repeat(40);
    files.set("config.json", { content: Buffer.from('{"format":"relata-entity-mode!"}'), large: false });
    await expect(pull("back")).rejects.toMatchObject({ code: "model/changed" });
    expect(await leftovers()).toEqual([]);
  });

  it("continues after an interruption where it stopped", async () => {
    await push();
    hub.fault = ({ host }, response) => {
      if (host === "store") response.destroy();
      return host === "store";
    };
    await expect(pull("back")).rejects.toMatchObject({ code: "hub/interrupted" });
    expect(await leftovers()).toEqual(["back.pulling"]);
    hub.fault = () => false;
    const before = hub.seen.length;
    await pull("back");
    const again = hub.seen.slice(before).filter(({ path }) => path.includes("/resolve/"));
    expect(again).toHaveLength(1); // only the file that had not arrived
    expect(await leftovers()).toEqual(["back"]);
  });

  it("replaces no folder, and takes no repository that is not a model", async () => {
    await push();
    await expect(pull("model")).rejects.toMatchObject({ code: "data/folder-exists" });
    hub.repos.get(ID)!.files.delete("manifest.json");
    await expect(pull("back")).rejects.toMatchObject({ code: "hub/not-a-model" });
  });
});

describe("the name of a repository", () => {
  it("has an owner, a name and perhaps a revision", () => {
    expect(parseRepository("ada/posts@v1.0")).toEqual({ id: "ada/posts", revision: "v1.0" });
    expect(parseRepository("ada/posts", "dev")).toEqual({ id: "ada/posts", revision: "dev" });
  });

  it("never leads out of an address, whatever it is", () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), (a, b) => {
        try {
          const { id } = parseRepository(`${a}/${b}`);
          expect(new URL(`http://hub/api/models/${id}`).pathname).toBe(`/api/models/${id}`);
        } catch (error) {
          expect(error).toMatchObject({ code: "hub/bad-repository" });
        }
      }),
    );
  });
});
