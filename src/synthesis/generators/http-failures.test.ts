import { describe, expect, it } from "vitest";
import { networkFailure, statusFailure } from "./http-failures.ts";

const failed = (code: string, message = code) =>
  new TypeError("fetch failed", { cause: Object.assign(new Error(message), { code }) });

describe("networkFailure", () => {
  it.each([
    "ECONNREFUSED",
    "ECONNRESET",
    "EAI_AGAIN",
    "UND_ERR_SOCKET",
    "UND_ERR_CONNECT_TIMEOUT",
    "HPE_INVALID_CONSTANT",
  ])("may pass: %s", (code) => {
    expect(networkFailure(failed(code), "here", "hint")).toMatchObject({
      state: "failed",
      error: {
        code: "synthesis/unreachable",
        message: `here cannot be reached or closed the connection: ${code}`,
        remedy: expect.stringContaining("hint"),
        fault: "work",
      },
      isFinal: false,
    });
  });

  it.each([
    ["ECONNREFUSED", true],
    ["EAI_AGAIN", true],
    ["UND_ERR_CONNECT_TIMEOUT", true],
    ["ECONNRESET", false],
    ["UND_ERR_SOCKET", false],
  ])("knows whether anybody was asked: %s", (code, isNotAsked) => {
    expect(networkFailure(failed(code), "here", "hint")).toMatchObject({ isNotAsked });
  });

  it("names the proxy that may have refused", () => {
    expect(networkFailure(failed("ECONNRESET"), "here", "hint", "HTTP_PROXY names a proxy")).toMatchObject({
      error: {
        message: "here cannot be reached or closed the connection: ECONNRESET (HTTP_PROXY names a proxy)",
      },
    });
  });

  it.each(["ENOTFOUND", "CERT_HAS_EXPIRED", "ERR_TLS_CERT_ALTNAME_INVALID", "DEPTH_ZERO_SELF_SIGNED_CERT"])(
    "will not pass: %s",
    (code) => {
      expect(networkFailure(failed(code), "here", "hint")).toMatchObject({
        error: { code: "synthesis/unreachable" },
        isFinal: true,
        isNotAsked: true,
      });
    },
  );

  it("names the first of several addresses that did not answer", () => {
    const cause = new AggregateError([Object.assign(new Error("connect ::1"), { code: "ECONNREFUSED" })]);
    const error = new TypeError("fetch failed", { cause: Object.assign(cause, { code: "ECONNREFUSED" }) });
    expect(networkFailure(error, "here", "hint")).toMatchObject({
      error: { message: "here cannot be reached or closed the connection: connect ::1 (ECONNREFUSED)" },
    });
  });

  it("passes on a TypeError that does not come from fetch", () => {
    const defect = new TypeError("x is not a function");
    expect(() => networkFailure(defect, "here", "hint")).toThrow(defect);
  });
});

describe("statusFailure", () => {
  const failure = { answered: 401, status: 401, place: "here", said: '"who?"' };

  it("tells those without a key where to name one", () => {
    const [without, withKey] = [true, false].map((keyless) => statusFailure({ ...failure, keyless }).remedy);
    expect(without).toContain("keyFrom");
    expect(without).not.toBe(withKey);
  });

  it.each([
    [429, "synthesis/rate-limited", 'here answered 200 with an error inside that means 429: "who?"'],
    [404, "synthesis/request-refused", 'here answered 200 with an error inside that means 404: "who?"'],
    [undefined, "synthesis/server-failed", 'here answered 200 with an error inside: "who?"'],
  ])("goes by what an error inside a success means (%s)", (status, code, message) => {
    expect(statusFailure({ ...failure, answered: 200, status, keyless: false })).toMatchObject({
      code,
      message,
    });
  });
});
