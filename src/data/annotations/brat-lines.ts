// Parses the lines of a brat standoff file (.ann).
import { type Defect, defect, quote } from "../defects.ts";
import type { Span } from "../document.ts";

/** A line of a .ann file. */
export type BratLine =
  | {
      readonly kind: "text-bound";
      readonly id: string;
      readonly label: string;
      readonly spans: readonly Span[];
      readonly text: string;
    }
  | { readonly kind: "relation"; readonly label: string; readonly from: string; readonly to: string }
  | {
      readonly kind: "event";
      readonly id: string;
      readonly trigger: string;
      readonly roles: readonly { readonly label: string; readonly of: string }[];
    }
  | { readonly kind: "attribute"; readonly of: string; readonly name: string; readonly value: string | true }
  | { readonly kind: "note"; readonly of: string; readonly name: string; readonly text: string }
  | { readonly kind: "equivalence"; readonly of: readonly string[] };

const SPANS = /^(\d+ \d+)(?:;\d+ \d+)*$/;

/** Parses a line, or says what is wrong with it. */
export function parseBratLine(line: string, place: string): BratLine | Defect {
  const [id = "", body = "", ...rest] = line.split("\t");
  const text = rest.join("\t");
  const words = body.trim().split(/ +/);
  const [name = "", ...more] = words;
  if (/^T\d+$/.test(id)) {
    const offsets = more.join(" ");
    if (name === "" || !SPANS.test(offsets)) return fault(line, place, "a label and its offsets");
    const spans = offsets.split(";").map((pair) => {
      const [start = 0, end = 0] = pair.split(" ").map(Number);
      return { start, end };
    });
    return { kind: "text-bound", id, label: name, spans, text };
  }
  if (/^R\d+$/.test(id)) {
    const [from, to] = more.map(argumentOf);
    if (name === "" || more.length !== 2 || from === undefined || to === undefined)
      return fault(line, place, "a label and two arguments");
    return { kind: "relation", label: name, from: from.of, to: to.of };
  }
  if (/^E\d+$/.test(id)) {
    const [trigger, ...roles] = words.map(argumentOf);
    if (trigger === undefined || roles.includes(undefined))
      return fault(line, place, "a trigger and arguments");
    return { kind: "event", id, trigger: trigger.of, roles: roles.flatMap((role) => role ?? []) };
  }
  if (/^[AM]\d+$/.test(id)) {
    const [of = "", ...value] = more;
    if (name === "" || of === "") return fault(line, place, "a name and what it is about");
    return { kind: "attribute", of, name, value: value.length === 0 ? true : value.join(" ") };
  }
  if (/^[N#]\d*$/.test(id)) {
    const [of = "", ...value] = more;
    if (name === "" || of === "") return fault(line, place, "a name and what it is about");
    return { kind: "note", of, name, text: [...value, text].filter((one) => one !== "").join(" ") };
  }
  if (id === "*") {
    if (more.length < 2) return fault(line, place, "two or more ids");
    return { kind: "equivalence", of: more };
  }
  return fault(line, place, "the id of an annotation (T1, R1, E1, A1, N1, #1 or *)");
}

function argumentOf(word: string): { readonly label: string; readonly of: string } | undefined {
  const [, label, of] = /^([^:\s]+):(\S+)$/.exec(word) ?? [];
  return label === undefined || of === undefined
    ? undefined
    : { label: label.replace(/(?<=\D)\d+$/, ""), of };
}

function fault(line: string, place: string, expected: string): Defect {
  return defect("data/not-brat", place, `expected ${expected}, got ${quote(line)}`, line);
}
