// Codes of errors of `relata audit`: what is wrong with what it was given. What it finds is in findings.ts.
import type { CodeTable } from "./code-table.ts";

/** Errors of an audit itself. */
export const AUDIT_CODES = {
  "audit/bad-ignore-list": {
    means: "The ignore list of an audit is not a JSON list of entries, each with a `code` and a `reason`.",
    remedy:
      'Write entries such as `{ "code": "leak/duplicate-text", "split": "train / test", "reason": "..." }`. `feature`, `split` and `ids` are optional.',
  },
  "audit/bad-side-file": {
    means:
      "A side file is not JSON or JSON lines, or has no entries: it must be an object by row number or id, a list in the order of the rows, or JSON lines.",
    remedy: "Fix the file at the place given.",
  },
  "audit/no-encoder": {
    means: "`relata audit --label-errors` judges labels on the states of a text encoder, and none is named.",
    remedy:
      "Name one with `--encoder`: a folder in the Hugging Face layout, or a hub id such as sentence-transformers/all-MiniLM-L6-v2.",
  },
  "audit/one-cluster": {
    means:
      "Labels cannot be judged out of fold, because there are fewer texts without a common text or picture than folds.",
    remedy: "Give more documents, or fewer `--folds`.",
  },
  "audit/side-matches-nothing": {
    means: "No document of the files has an entry in a side file.",
    remedy:
      "Its keys must be row numbers from 0, or the documents' ids or picture names. Assign it to its split with `--side NAME:SPLIT=FILE`.",
  },
  "audit/side-without-split": {
    means: "It is not clear to which of several data files a side file by row number belongs.",
    remedy:
      "Give one side file for each data file in their order, name its split in its file name, or write `--side NAME:SPLIT=FILE`.",
  },
  "audit/unknown-check": {
    means: "`--checks` or `--skip` names something that is not a check.",
    remedy: "Name one of the checks that the message lists.",
  },
  "audit/unknown-split": {
    means: "`--side NAME:SPLIT=FILE` names a split that the audit does not have.",
    remedy: "Name one of the splits that the message lists.",
  },
} satisfies CodeTable;
