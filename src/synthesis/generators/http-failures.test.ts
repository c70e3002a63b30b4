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
    expect(networkFailure(failed(code), "here")).toMatchObject({
      state: "failed",
      error: {
        code: "synthesis/unreachable",
        message: `here cannot be reached or hung up: ${code}`,
        fault: "work",
      },
    });
  });

  it.each(["ENOTFOUND", "CERT_HAS_EXPIRED", "ERR_TLS_CERT_ALTNAME_INVALID", "DEPTH_ZERO_SELF_SIGNED_CERT"])(
    "will not pass: %s",
    (code) => {
      expect(() => networkFailure(failed(code), "here")).toThrow(
        expect.objectContaining({ code: "synthesis/unreachable" }),
      );
    },
  );

  it("names the first of several addresses that did not answer", () => {
    const cause = new AggregateError([Object.assign(new Error("connect ::1"), { code: "ECONNREFUSED" })]);
    const error = new TypeError("fetch failed", { cause: Object.assign(cause, { code: "ECONNREFUSED" }) });
    expect(networkFailure(error, "here")).toMatchObject({
      error: { message: "here cannot be reached or hung up: connect ::1 (ECONNREFUSED)" },
    });
  });

  it("lets a TypeError through that is none of fetch's", () => {
    const defect = new TypeError("x is not a function");
    expect(() => networkFailure(defect, "here")).toThrow(defect);
  });
});

describe("statusFailure", () => {
  it("tells those without a key where to name one", () => {
    expect(statusFailure(401, "here", '"who?"', true).remedy).toContain("keyFrom");
    expect(statusFailure(401, "here", '"who?"', true).remedy).not.toBe(
      statusFailure(401, "here", '"who?"', false).remedy,
    );
  });
});
