import { describe, expect, it } from "vitest";
import { relata } from "./run-cli.ts";

const SMALL = ["--layers", "1", "--hidden", "16", "--heads", "2", "--ffn", "24", "--vocabulary", "50"];
const FEW = ["--batch", "2", "--texts", "3", "--rounds", "2", "--threads", "1"];
/** A machine without OpenVINO's package: there is not even a Python. */
const WITHOUT = { RELATA_PYTHON: "/no/such/python", RELATA_OPENVINO_LIBRARY: "" };

describe("relata bench providers", () => {
  it("times the default in a process of its own, and says how to get the others", async () => {
    const { code, stdout, stderr } = await relata(["bench", "providers", ...SMALL, ...FEW, "--json"], {
      env: WITHOUT,
    });
    expect(stderr).not.toContain("error[");
    expect(code).toBe(0);
    const result = JSON.parse(stdout);
    expect(result.timed[0]).toMatchObject({ name: "default", trainingRatio: 1, predictionRatio: 1 });
    expect(result.missing).toContainEqual(
      expect.objectContaining({ name: "openvino", code: "engine/provider-not-installed" }),
    );
    expect(result).toHaveProperty("amx");
  });

  it("ends with a code when a provider is asked for that is not installed", async () => {
    const { code, stderr } = await relata(
      ["bench", "train-step", ...SMALL, "--batch", "2", "--length", "4", "--provider", "openvino"],
      { env: WITHOUT },
    );
    expect(code).toBe(2);
    expect(stderr).toContain("error[engine/provider-not-installed]");
    expect(stderr).toContain("pip install onnxruntime-ep-openvino");
  });
});
