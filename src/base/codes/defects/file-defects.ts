// Defects of a file and its lines.
import type { DefectKind } from "./defect-kind.ts";

export const FILE_DEFECTS = {
  "data/byte-order-mark": {
    severity: "warning",
    meaning: "the file, or a line where files were joined, starts with a byte order mark, which was skipped",
    remedy: "Save the file as UTF-8 without BOM.",
  },
  "data/crlf": {
    severity: "warning",
    meaning: "lines end in CRLF; the CR was removed (reported once per file, with the number of lines)",
    remedy: "Save the file with LF line ends.",
  },
  "data/carriage-return": {
    severity: "error",
    meaning: "a line of a CoNLL block contains a carriage return, the line end of old Mac files",
    remedy: "Convert the line ends: tr '\\r' '\\n' < in > out",
  },
  "data/blank-line": {
    severity: "warning",
    meaning: "a line contains only white space; it is not counted as a row",
    remedy: "Remove the line.",
  },
  "data/line-too-long": {
    severity: "error",
    meaning: "a line is longer than the limit and was not read",
    remedy: "Split the document, or raise maxLineBytes.",
  },
  "data/invalid-utf8": {
    severity: "error",
    meaning: "a line is not valid UTF-8",
    remedy: "Convert the file to UTF-8.",
  },
  "data/not-json": {
    severity: "error",
    meaning: "a line is not JSON",
    remedy: "Write one JSON object per line.",
  },
  "data/json-list": {
    severity: "warning",
    meaning: "the file is a JSON list where JSON lines are expected; its elements are read as rows",
    remedy: "Nothing; but a file with one document per line is read without loading all of it: jq -c '.[]'",
  },
  "data/not-a-python-literal": {
    severity: "error",
    meaning: "a line is not a supported Python literal",
    remedy: "Write one dict of str, int, float, list, tuple, dict, True, False and None per line.",
  },
  "data/too-deep": {
    severity: "error",
    meaning: "values are nested deeper than the limit",
    remedy: "Flatten the value.",
  },
  "data/block-too-long": {
    severity: "error",
    meaning: "a row of several lines (CoNLL, WebNLG) has more bytes or lines than allowed and was not read",
    remedy: "Split it with a blank line, or raise maxLineBytes.",
  },
  "data/duplicate-key": {
    severity: "error",
    meaning: "an object has the same key twice, so one of the values would be lost",
    remedy: "Keep one of the two.",
  },
} as const satisfies Readonly<Record<string, DefectKind>>;
