// The log's two forms: one line an event, whatever callers sent.
import fc from "fast-check";
import { expect, it } from "vitest";
import { createLog, type LogFields } from "./log.ts";

const NOW = new Date("2026-05-04T10:20:30.000Z");

/** Any units of UTF-16: control codes, marks of direction, halves of surrogate pairs. */
const UNITS = fc.array(fc.nat(0xffff)).map((units) => String.fromCharCode(...units));

function linesOf(format: "text" | "json", event: string, fields: LogFields): string[] {
  const lines: string[] = [];
  createLog(
    format,
    (line) => lines.push(line),
    () => NOW,
  ).write("warning", event, fields);
  return lines;
}

it("writes JSON with time, level, event and fields, and leaves out what is undefined", () => {
  const [line = ""] = linesOf("json", "request", {
    status: 200,
    isLast: true,
    path: "/v1",
    model: undefined,
  });
  expect(line.endsWith("\n")).toBe(true);
  expect(JSON.parse(line)).toEqual({
    ...{ time: "2026-05-04T10:20:30.000Z", level: "warning", event: "request" },
    ...{ status: 200, isLast: true, path: "/v1" },
  });
});

it("writes text with plain values as they are and others in quotes", () => {
  const [line] = linesOf("text", "request", { status: 200, path: "/v1/extract", reason: 'a "b" c' });
  expect(line).toBe(
    '2026-05-04T10:20:30.000Z warning request status=200 path=/v1/extract reason="a \\"b\\" c"\n',
  );
});

it.each(["text", "json"] as const)("is one line of printable ASCII for any value, as %s", (format) => {
  fc.assert(
    fc.property(UNITS, (value) => {
      const lines = linesOf(format, "request", { value });
      expect(lines).toHaveLength(1);
      expect(lines[0]).toMatch(/^[\x20-\x7e]*\n$/);
      if (format === "json") expect(JSON.parse(lines[0] ?? "").value).toBe(value);
    }),
  );
});

it("cuts a value of a megabyte after 2,000 characters", () => {
  const [line = ""] = linesOf("json", "request", { value: "x".repeat(1_000_000) });
  expect(JSON.parse(line).value).toBe(`${"x".repeat(2000)}...`);
});
