// Writes docs/errors.md from the tables of codes in src/base/codes/; with --check only compares it. Needs the build (dist/).
import { CODE_SECTIONS } from "../dist/base/codes/dictionary.js";
import { writeOrCheck } from "./generated-files.mjs";

const INTRODUCTION = `# Error codes

<!-- Generated from src/base/codes/ by \`node scripts/write-error-docs.mjs\`; do not edit by hand. -->

Every error has a stable code, such as \`data/not-a-model\`. This page says for each code what it means and what to do. \`relata explain <code>\` prints
the same and needs no network. The message that you saw is more precise than this page: it names the file, the value and what would be legal.

- On the command line, an error reads \`error[code]: what is wrong\`. Exit code 2 means that you can fix it in your data, options or files. Exit code 1
  means that the work failed. With \`--json\` the error is one JSON object with the same \`code\`.
- In the library, an error is a \`RelataError\` with \`code\`, \`place\`, \`remedy\` and \`fault\`. Test \`error.code\`, not the message: messages may change.
- Codes that begin with \`own/\` are not relata's. They are for errors of your own readers, generators and encoders.
- To link to a code on this page, write \`-\` for \`/\`: \`docs/errors.md#data-not-a-model\`.
`;

/** Escapes text for Markdown: outside backquotes `<name>` would be read as HTML and vanish. */
const shown = (text) => text.replace(/`[^`]*`|<(?=[a-z])/g, (part) => (part === "<" ? "\\<" : part));

const anchorOf = (code) => code.replaceAll("/", "-");

function factsOf({ kind, severity, exitCodes }) {
  if (kind === "defect") return `Severity: ${severity}.`;
  return exitCodes.length === 0 ? "" : `Exit code: ${exitCodes.join(" or ")}.`;
}

function entryOf(entry) {
  const { code, means, remedy } = entry;
  const facts = factsOf(entry);
  return [
    `<a id="${anchorOf(code)}"></a>`,
    `### \`${code}\``,
    `${shown(means)}${facts === "" ? "" : ` ${facts}`}`,
    `**What to do:** ${shown(remedy)}`,
  ].join("\n\n");
}

const titleAnchor = (title) => title.toLowerCase().replaceAll(",", "").replaceAll(" ", "-");
const contents = CODE_SECTIONS.map(
  ({ title, entries }) => `- [${title}](#${titleAnchor(title)}): ${entries.length} codes`,
).join("\n");
const sections = CODE_SECTIONS.map(({ title, about, entries }) =>
  [`## ${title}`, about, ...entries.map(entryOf)].join("\n\n"),
);

writeOrCheck({
  "docs/errors.md": `${[INTRODUCTION, contents, ...sections].join("\n\n").replaceAll("\n\n\n", "\n\n")}\n`,
});
