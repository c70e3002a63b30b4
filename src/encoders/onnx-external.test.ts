// ONNX files are written field by field here, so that weights stand wherever the format lets them.
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { BinaryWriter } from "@bufbuild/protobuf/wire";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { externalWeights } from "./onnx-external.ts";
import { onnxFingerprint } from "./onnx-file.ts";

type Field = (writer: BinaryWriter) => BinaryWriter;

function message(...fields: readonly Field[]): Uint8Array {
  const writer = new BinaryWriter();
  for (const field of fields) field(writer);
  return writer.finish();
}
const bytes =
  (field: number, value: Uint8Array): Field =>
  (writer) =>
    writer.tag(field, 2).bytes(value);
const text = (field: number, value: string): Field => bytes(field, Buffer.from(value));
const number =
  (field: number, value: number): Field =>
  (writer) =>
    writer.tag(field, 0).int64(value);

/** A TensorProto whose data is elsewhere. */
function external(entries: Readonly<Record<string, string>>, place = 1): Uint8Array {
  const pairs = Object.entries(entries).map(([key, value]) =>
    bytes(13, message(text(1, key), text(2, value))),
  );
  return message(number(1, 2), text(8, "w"), ...pairs, number(14, place));
}
const at = (location: string): Uint8Array => external({ location });
const model = (...graph: readonly Field[]): Uint8Array =>
  message(number(1, 8), text(2, "maker"), bytes(7, message(...graph)));
const node = (...attribute: readonly Field[]): Field =>
  bytes(1, message(text(4, "If"), bytes(5, message(...attribute))));

let folder = "";
let path = "";
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "relata-external-"));
  path = join(folder, "m.onnx");
});
afterEach(async () => {
  await rm(folder, { recursive: true });
});

const locations = async (): Promise<string[]> =>
  (await externalWeights(path)).map(({ location }) => location);

describe("externalWeights", () => {
  it("finds every file that the format lets an ONNX file name", async () => {
    await mkdir(join(folder, "sub"));
    for (const name of ["a", "b", "c.data", "d", "e", "f", "sub/g", "h"])
      await writeFile(join(folder, name), "");
    const large = bytes(
      5,
      message(number(1, 2), text(8, "inside"), bytes(9, new Uint8Array(200_000).fill(0x0a))),
    );
    await writeFile(
      path,
      message(
        bytes(
          7,
          message(
            large,
            bytes(5, at("a")),
            bytes(5, at("a")), // two tensors of one file
            node(text(1, "value"), bytes(5, at("b"))), // a tensor as attribute
            node(bytes(6, message(bytes(5, at("c.data")), node(bytes(11, message(bytes(5, at("d")))))))), // subgraphs
            node(bytes(10, at("e"))),
            bytes(15, message(bytes(1, at("f")))), // sparse
            bytes(5, external({ location: "unused" }, 0)), // its data is in the file
          ),
        ),
        bytes(25, message(bytes(7, message(bytes(5, message(bytes(5, at("sub/g")))))))), // a function's node
        bytes(20, message(bytes(2, message(bytes(5, at("h")))))), // training
      ),
    );
    expect(await locations()).toEqual(["a", "b", "c.data", "d", "e", "f", "h", "sub/g"]);
  });

  it("finds none where all weights are inside", async () => {
    await writeFile(path, model(bytes(5, message(number(1, 2), bytes(9, new Uint8Array(8))))));
    expect(await locations()).toEqual([]);
  });

  it.each(["../w", "/etc/passwd", "a/../../w", "..\\w", "C:\\w", "\\w", "", "w\0"])(
    "refuses the place %j outside the folder",
    async (location) => {
      await writeFile(path, model(bytes(5, at(location))));
      await expect(locations()).rejects.toMatchObject({
        code: "encoder/external-weights-outside",
        place: path,
      });
    },
  );

  it("names all files that are missing", async () => {
    await writeFile(join(folder, "b"), "");
    await writeFile(path, model(bytes(5, at("c")), bytes(5, at("b")), bytes(5, at("a"))));
    await expect(locations()).rejects.toMatchObject({
      code: "encoder/no-external-weights",
      message: expect.stringContaining("in a, c,"),
    });
  });

  it("checks offset and length against the file", async () => {
    await writeFile(join(folder, "w"), "12345678");
    await writeFile(path, model(bytes(5, external({ location: "w", offset: "4", length: "4" }))));
    expect(await locations()).toEqual(["w"]);
    for (const entries of [{ offset: "4", length: "5" }, { offset: "9" }, { length: "9" }] as const) {
      await writeFile(path, model(bytes(5, external({ location: "w", ...entries }))));
      await expect(locations()).rejects.toMatchObject({ code: "encoder/external-weights-too-short" });
    }
    for (const offset of ["-1", "1e3", "4.5", "99999999999999999999"]) {
      await writeFile(path, model(bytes(5, external({ location: "w", offset }))));
      await expect(locations()).rejects.toMatchObject({ code: "encoder/broken-onnx" });
    }
  });

  it("tells Git LFS pointers and folders from weights", async () => {
    await writeFile(path, "version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 1\n");
    await expect(locations()).rejects.toMatchObject({ code: "encoder/git-lfs-pointer" });
    await mkdir(join(folder, "w"));
    await writeFile(path, model(bytes(5, at("w"))));
    await expect(locations()).rejects.toThrow("is a folder");
  });

  it("refuses what is not an ONNX file, or only the beginning of one", async () => {
    const whole = model(bytes(5, message(text(8, "x".repeat(100)))));
    let nested: Uint8Array = new Uint8Array();
    for (let depth = 0; depth < 60; depth++) nested = message(node(bytes(6, nested)));
    const wrong = [
      Buffer.from("not an ONNX file"),
      whole.subarray(0, -1),
      Buffer.alloc(20, 0xff),
      message(bytes(7, nested)),
    ];
    for (const content of wrong) {
      await writeFile(path, content);
      await expect(locations()).rejects.toMatchObject({ code: "encoder/broken-onnx" });
    }
  });
});

it("the fingerprint of an ONNX file changes with weights behind it", async () => {
  await writeFile(path, model(bytes(5, at("weights.pb"))));
  await writeFile(join(folder, "weights.pb"), "weights1");
  const first = await onnxFingerprint(path);
  await writeFile(join(folder, "weights.pb"), "weights2");
  expect(await onnxFingerprint(path)).not.toBe(first);
  await writeFile(join(folder, "weights.pb"), "weights1");
  expect(await onnxFingerprint(path)).toBe(first);
});
