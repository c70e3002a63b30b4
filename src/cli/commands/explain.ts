// `relata explain`: prints the meaning of a code and what to do about it, without the network.
import { Command } from "commander";
import type { CodeKind, Explanation } from "../../base/codes/dictionary.ts";
import type { CommandContext } from "../context.ts";
import type { Output } from "../output.ts";

const MOST_SUGGESTED = 5;

export function explainCommand(context: CommandContext): Command {
  return new Command("explain")
    .description(
      "say what the code of an error, a defect, a finding, a note or a rejected view means, and what to do",
    )
    .argument("<code>", "as a message shows it, for instance data/not-a-model")
    .action((code: string) => explain(code, context));
}

async function explain(given: string, { output }: CommandContext): Promise<void> {
  const { explanationOf } = await import("../../base/codes/dictionary.ts");
  const code = given.trim().replace(/^(?:error)?\[(.*)\]:?$/, "$1");
  const explanation = explanationOf(code);
  if (explanation === undefined) throw await unknownCode(code);
  output.result(explanation, () => describe(explanation, output));
}

const KINDS: Readonly<Record<CodeKind, string>> = {
  error: "an error",
  defect: "a defect of data",
  note: "a note of an extraction",
  rejection: "a reason for which a generated view is rejected",
  finding: "a finding of an audit",
};

function describe({ code, kind, severity, exitCodes, means, remedy }: Explanation, output: Output): string {
  const facts = [
    severity === undefined ? KINDS[kind] : `${KINDS[kind]} (${severity})`,
    ...(exitCodes.length === 0 || kind === "defect" ? [] : [`exit code ${exitCodes.join(" or ")}`]),
  ];
  return `${output.style("bold", code)}: ${facts.join(", ")}\n\n${means}\n${remedy}`;
}

async function unknownCode(code: string): Promise<Error> {
  const { CODE_SECTIONS } = await import("../../base/codes/dictionary.ts");
  const { ConfigError } = await import("../../base/errors.ts");
  const known = CODE_SECTIONS.flatMap(({ entries }) => entries.map((entry) => entry.code));
  const near = await nearestCodes(code, known);
  return new ConfigError({
    code: "cli/unknown-code",
    message: `there is no code ${JSON.stringify(code)}`,
    value: code,
    remedy:
      near.length === 0
        ? "docs/errors.md lists every code."
        : `Did you mean ${near.join(", ")}? docs/errors.md lists every code.`,
  });
}

/** Returns codes that contain the given text, such as only their last part, and the most similar code. */
async function nearestCodes(code: string, known: readonly string[]): Promise<readonly string[]> {
  const { nearest } = await import("../../base/nearest.ts");
  const part = code.slice(code.lastIndexOf("/") + 1);
  const misspelt = nearest(code, known);
  const containing = part.length < 3 ? [] : known.filter((name) => name.includes(part));
  return [...new Set([...(misspelt === undefined ? [] : [misspelt]), ...containing])].slice(
    0,
    MOST_SUGGESTED,
  );
}
