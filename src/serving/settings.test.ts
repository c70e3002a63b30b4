import { describe, expect, it } from "vitest";
import { RelataError } from "../base/errors.ts";
import { flagOf, SETTINGS, type SettingName, settingsFrom, settingsOf, variableOf } from "./settings.ts";

function refusal(decide: () => unknown): RelataError {
  try {
    decide();
  } catch (error) {
    if (error instanceof RelataError) return error;
    throw error;
  }
  throw new Error("nothing was refused");
}

describe("settings of the server", () => {
  it("takes the command line before the environment, and the environment before the default", () => {
    const environment = { RELATA_PORT: "9000", RELATA_MAX_BATCH_SIZE: "4" };
    const settings = settingsFrom({ port: "9001" }, environment);
    expect([settings.port, settings.maxBatchSize, settings.host]).toEqual([9001, 4, "127.0.0.1"]);
  });

  it("names the variable or the flag of an invalid value", () => {
    const place = (decide: () => unknown) => [refusal(decide).code, refusal(decide).place];
    expect(place(() => settingsFrom({}, { RELATA_PORT: "http" }))).toEqual([
      "serving/wrong-setting",
      "RELATA_PORT",
    ]);
    expect(place(() => settingsFrom({ port: "65536" }, {}))).toEqual(["serving/wrong-setting", "--port"]);
    expect(place(() => settingsOf({ port: -1 }))).toEqual(["serving/wrong-setting", "settings.port"]);
    expect(place(() => settingsFrom({}, { RELATA_VERIFY: "maybe" }))).toEqual([
      "serving/wrong-setting",
      "RELATA_VERIFY",
    ]);
  });

  it.each(["1e3", "0x10", " ", "-1", "1.5", "∞", "NaN"])(
    "does not take %s for a number of posts",
    (given) => {
      expect(refusal(() => settingsFrom({ maxBatchSize: given }, {})).message).toContain(
        "--max-batch-size must be a whole number from 1 to 1024",
      );
    },
  );

  it("reads lists from the environment at commas and counts an empty variable as not set", () => {
    const settings = settingsFrom({}, { RELATA_TOKENS: "one, two", RELATA_RUN: "", RELATA_PAGE: "0" });
    expect([settings.tokens, settings.run, settings.page]).toEqual([["one", "two"], [], false]);
  });

  it("has a variable and a flag of its own for every setting, and defaults that it would accept", () => {
    const names = Object.keys(SETTINGS) as SettingName[];
    expect(new Set(names.map(variableOf)).size).toBe(names.length);
    expect(new Set(names.map(flagOf)).size).toBe(names.length);
    expect(variableOf("maxBatchTokens")).toBe("RELATA_MAX_BATCH_TOKENS");
    const defaults = settingsOf({});
    expect(settingsOf(defaults)).toEqual(defaults);
  });
});
