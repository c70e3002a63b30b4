import { mkdir, mkdtemp, readFile, rename, rm, symlink, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import {
  isInside,
  MANIFEST_FILE,
  type ManifestFault,
  readManifest,
  verifyManifest,
  writeManifest,
} from "./manifest.ts";

let folder: string;
const at = (...names: string[]) => join(folder, ...names);
class Fault extends Error {
  readonly fault: ManifestFault;
  constructor(fault: ManifestFault) {
    super(fault.problem);
    this.fault = fault;
  }
}
const failure = (fault: ManifestFault) => new Fault(fault);

/** The fault found in the folder; undefined if it is unchanged. */
async function faultOf(options: Parameters<typeof verifyManifest>[3] = {}): Promise<string | undefined> {
  try {
    const manifest = await readManifest(folder, failure);
    if (manifest === undefined) return "no manifest";
    await verifyManifest(folder, manifest, failure, options);
    return undefined;
  } catch (error) {
    if (error instanceof Fault) return error.fault.kind;
    throw error;
  }
}

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "relata-manifest-"));
  await mkdir(at("model"));
  await writeFile(at("model", "config.json"), '{"a":1}');
  await writeFile(at("model", "model.onnx"), "weights weights");
  await writeManifest(folder);
});
afterEach(() => rm(folder, { recursive: true, force: true }));

describe("a manifest", () => {
  it("accepts the folder that it was written for, wherever it is moved, with files that nobody reads", async () => {
    expect(await faultOf()).toBeUndefined();
    await writeFile(at("README.md"), "mine");
    await writeFile(at("model", ".DS_Store"), "the system's");
    expect(await faultOf()).toBeUndefined();
    await rename(folder, `${folder}-moved`);
    folder = `${folder}-moved`;
    expect(await faultOf()).toBeUndefined();
  });

  it("notices every kind of damage", async () => {
    const kinds: Readonly<Record<string, readonly [() => Promise<unknown>, string]>> = {
      "a bit is flipped": [() => writeFile(at("model", "model.onnx"), "weights weightr"), "changed"],
      "a file is cut off": [() => writeFile(at("model", "model.onnx"), "weights"), "changed"],
      "a file is empty": [() => writeFile(at("model", "model.onnx"), ""), "changed"],
      "a file is gone": [() => rm(at("model", "model.onnx")), "missing-file"],
      "a folder is gone": [() => rm(at("model"), { recursive: true }), "missing-file"],
      "a folder has taken its place": [
        async () => {
          await rm(at("model", "model.onnx"));
          await mkdir(at("model", "model.onnx"));
        },
        "not-a-file",
      ],
      "a link leads nowhere": [
        async () => {
          await rm(at("model", "model.onnx"));
          await symlink(at("nowhere"), at("model", "model.onnx"));
        },
        "not-a-file",
      ],
      "a link leads to the same bytes outside": [
        async () => {
          await rename(at("model", "model.onnx"), `${folder}.onnx`);
          await symlink(`${folder}.onnx`, at("model", "model.onnx"));
        },
        "outside-path",
      ],
      "a file is added": [() => writeFile(at("model", "model.safetensors"), "x"), "unlisted-file"],
      "the manifest is cut off": [
        async () => writeFile(at(MANIFEST_FILE), (await readFile(at(MANIFEST_FILE), "utf8")).slice(0, 90)),
        "bad-manifest",
      ],
      "the manifest leads out": [
        async () =>
          writeFile(
            at(MANIFEST_FILE),
            (await readFile(at(MANIFEST_FILE), "utf8")).replace("model/model.onnx", "model/../../x.onnx"),
          ),
        "outside-path",
      ],
    };
    for (const [name, [damage, kind]] of Object.entries(kinds)) {
      await damage();
      expect([name, await faultOf()]).toEqual([name, kind]);
      await rm(`${folder}.onnx`, { force: true });
      await rm(at("model"), { recursive: true, force: true });
      await mkdir(at("model"));
      await writeFile(at("model", "config.json"), '{"a":1}');
      await writeFile(at("model", "model.onnx"), "weights weights");
      await writeManifest(folder);
    }
  });

  it("is not fooled by a file of the same size and time that takes another's place in a process that knows the first", async () => {
    const old = new Date(Date.now() - 3_600_000);
    for (const replace of [
      async () => {
        await writeFile(at("model", "new"), "WEIGHTS weights");
        await utimes(at("model", "new"), old, old);
        await rename(at("model", "new"), at("model", "model.onnx"));
      },
      () => writeFile(at("model", "model.onnx"), "weights WEIGHTS"),
    ]) {
      await writeFile(at("model", "model.onnx"), "weights weights");
      await utimes(at("model", "model.onnx"), old, old);
      expect(await faultOf()).toBeUndefined();
      await replace();
      await utimes(at("model", "model.onnx"), old, old);
      expect(await faultOf()).toBe("changed");
    }
  });

  it("may be asked about a part, and leave out what is written later", async () => {
    await writeFile(at("model", "calibration.json"), "{}");
    expect(await faultOf()).toBe("unlisted-file");
    expect(await faultOf({ except: ["model/calibration.json"] })).toBeUndefined();
    expect(await faultOf({ scopes: ["other/"] })).toBeUndefined();
  });
});

describe("isInside", () => {
  it("knows paths that leave a folder on any system", () => {
    for (const path of ["a", "a/b.json", "a/..b", "..a/b"])
      expect([path, isInside(path)]).toEqual([path, true]);
    const leaving = ["", "/a", "..", "a/../b", "a//b", "./a", "C:a", "C:/a", "a\\b", "a/\0"];
    for (const path of leaving) expect([path, isInside(path)]).toEqual([path, false]);
  });
});
