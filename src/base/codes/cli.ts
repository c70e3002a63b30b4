// Codes of the command line.
import type { CodeTable } from "./code-table.ts";

/** Errors of the command `relata` itself. */
export const CLI_CODES = {
  "cli/contradiction": {
    means: "Two options cannot be used together, or one has no effect without another.",
    remedy:
      "Leave one of them out, or add the one that the message names. `relata help <command>` lists all options.",
  },
  "cli/declined": {
    means: "You answered no when you were asked about costs. Nothing was generated.",
    remedy: "Run the command again to continue, with `--budget` to set a limit.",
  },
  "cli/mention-ambiguous": {
    means: "The words of a mention occur several times in the text.",
    remedy: "Say which one is meant by its characters, with `--head-span` or `--tail-span`.",
  },
  "cli/mention-missing": {
    means: "Only one of the two mentions was given.",
    remedy: "Give both: `--head` or `--head-span`, and `--tail` or `--tail-span`.",
  },
  "cli/mention-not-found": {
    means: "The words of a mention do not occur in the text.",
    remedy: "Write them exactly as in the text, capitals and spaces included.",
  },
  "cli/needs-consent": {
    means: "The plan can cost money, and there is no terminal to ask you.",
    remedy: "Add `--yes`, and `--budget <amount>` to stop earlier.",
  },
  "cli/no-input": {
    means: "`relata extract` or `relata audit` was given nothing to read.",
    remedy:
      "Name a file. `relata extract` also takes `--text` with a text, a folder, or `-` for standard input.",
  },
  "cli/option-not-for-format": {
    means: "An option about one data format was given with another format, where it would be ignored.",
    remedy: "Leave the option out, or name the format that the message gives.",
  },
  "cli/resume-without-run": {
    means: "`--resume` was given without the run that is to be resumed.",
    remedy: "Name the run folder with `--run`.",
  },
  "cli/span-outside-text": {
    means: "A mention given by its characters ends after the text does.",
    remedy: "Count UTF-16 code units from 0, with an exclusive end.",
  },
  "cli/unexpected": {
    means: "Something failed that relata did not foresee. It is a defect of relata, not of your input.",
    remedy: "Please report it with the printed stack and the command you ran.",
    fault: "work",
  },
  "cli/unknown-code": {
    means:
      "`relata explain` was given something that is not the code of an error, a defect, a note or a rejection.",
    remedy: "Copy the code from the message, without the brackets. The nearest known codes are listed.",
  },
  "cli/unknown-defect": {
    means: "`--reject` names something that is not the code of a data defect.",
    remedy: "Name codes of data defects, such as `data/overlapping-mentions`. The message lists them all.",
  },
  "cli/unknown-output": {
    means: "The output of `relata extract` is neither a .jsonl nor a .parquet file.",
    remedy: "Use a name ending in .jsonl or .parquet.",
  },
  "cli/wrong-usage": {
    means:
      "The command line cannot be understood: an unknown command or option, or a missing or wrong value.",
    remedy: "Look at `relata help <command>`.",
  },
} satisfies CodeTable;
