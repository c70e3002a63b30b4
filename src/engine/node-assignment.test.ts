import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Environment } from "./environment.ts";
import { loadSession } from "./load-session.ts";
import { RECORD_ASSIGNMENT, readAssignment } from "./node-assignment.ts";
import { encodeModel, node } from "./onnx-model.ts";
import { hasAssignments, type Pointer } from "./ort-api.ts";
import { locateLibrary } from "./ort-library.ts";

const N = { dtype: "float32", shape: ["n"] } as const;
const MODEL = encodeModel({
  nodes: [node("Mul", ["a", "b"], ["c"]), node("Add", ["c", "a"], ["d"]), node("Add", ["d", "b"], ["e"])],
  inputs: [
    { name: "a", ...N },
    { name: "b", ...N },
  ],
  outputs: [{ name: "e", ...N }],
});

let environment: Environment;
let session: Pointer;
beforeAll(async () => {
  environment = Environment.acquire(locateLibrary());
  session = await loadSession(environment, "test", MODEL, {
    device: "cpu",
    threads: 1,
    plugins: [],
    providerOptions: {},
    config: RECORD_ASSIGNMENT,
    profile: undefined,
    supplied: new Map(),
  });
});
afterAll(() => {
  environment.api.call("ReleaseSession", "test", session);
  environment.release();
});

// The processor's own provider stands for a plugin: onnxruntime tells both the same way.
describe("readAssignment", () => {
  it("counts the nodes that a provider took", () => {
    expect(readAssignment(environment, "test", session, ["CPUExecutionProvider"])).toEqual({
      taken: 3,
      all: 3,
      left: {},
    });
  });

  it("refuses a provider that took none", () => {
    expect(() => readAssignment(environment, "session x", session, ["OtherExecutionProvider"])).toThrow(
      expect.objectContaining({
        code: "engine/provider-unused",
        message: expect.stringContaining("OtherExecutionProvider took none of the graph's 3 nodes"),
      }),
    );
  });
});

describe("hasAssignments", () => {
  it.each([
    ["1.23.2", false],
    ["1.24.0", true],
    ["1.30.0", true],
    ["2.0.0", true],
  ])("knows about onnxruntime %s", (version, has) => {
    expect(hasAssignments({ version })).toBe(has);
  });
});
