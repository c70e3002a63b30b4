// Codes of active learning: what can be wrong with its files, its settings and the answers it is given.
import type { CodeTable } from "./code-table.ts";

/** Errors of `relata active`. */
export const ACTIVE_CODES = {
  "active/answers-missing": {
    means: "Some documents of the batch have no answer yet.",
    remedy:
      "Answer them, or mark them as rejected in the page, and resume. With `--partial` the run continues with the answers it has; the other documents are asked about again later.",
  },
  "active/bad-answer": {
    means:
      "The file of answers has a document that was not asked about, or one whose text has changed: its labels could not be trusted.",
    remedy:
      "Give back the documents of `to-label.jsonl` with their ids and texts, and only with other labels.",
  },
  "active/bad-run": {
    means:
      "A record of a run of active learning cannot be read: it was changed, or written by another version.",
    remedy:
      "Restore the run folder, or begin again in a new one: answers that it holds are in `rounds/*/answers.jsonl`.",
  },
  "active/folder-in-use": {
    means: "The run folder already holds a run of active learning.",
    remedy: "Continue it with `--resume`, or name another folder with `--run`.",
  },
  "active/no-answer": {
    means: "The labels that play the part of the person have no answer for a document that is asked about.",
    remedy:
      "Name a file with labels for the whole pool: `--ask gold:FILE`. Documents are matched by id, and their texts must be equal.",
  },
  "active/no-mentions": {
    means: "Relations are to be learnt between given mentions, but no document of the pool has two mentions.",
    remedy: "Use `--task both` to learn entities and relations from texts, or name a pool with mentions.",
  },
  "active/no-pool": {
    means:
      "Nothing in the pool can be asked about: every document is labelled already, or its text is in the validation or test documents.",
    remedy: "Name a pool with other documents.",
  },
  "active/no-run": {
    means: "The folder has no run of active learning that could be resumed.",
    remedy: "Check `--run`, or begin a run without `--resume`.",
  },
  "active/other-input": {
    means:
      "A file of the run has other content than when the run began: its rounds would not belong together.",
    remedy: "Restore the file, or begin a new run in another folder.",
  },
} as const satisfies CodeTable;
