// Asks questions on the terminal. Without one, or with --yes, each question takes the answer that it proposes.
import { createInterface } from "node:readline/promises";
import { printable } from "./printable.ts";

/** Asks for one of several answers, or for text. */
export interface Questions extends AsyncDisposable {
  /** False if nobody is asked. */
  readonly asking: boolean;
  /** Returns one of the answers, of which there is at least one; the first is proposed. */
  choose(question: string, answers: readonly string[]): Promise<string>;
  /** Returns what was typed, or the proposal. */
  text(question: string, proposal: string): Promise<string>;
}

/** Opens the questions; the signal ends a question that waits. */
export function openQuestions(options: { readonly ask: boolean; readonly signal: AbortSignal }): Questions {
  if (!options.ask) {
    return {
      asking: false,
      choose: async (_, answers) => answers[0] ?? "",
      text: async (_, proposal) => proposal,
      [Symbol.asyncDispose]: async () => undefined,
    };
  }
  const { signal } = options;
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  const put = async (question: string) => (await terminal.question(printable(question), { signal })).trim();
  return {
    asking: true,
    async choose(question, answers) {
      const [first = ""] = answers;
      if (answers.length === 1) return first;
      const list = answers.map((answer, i) => `  ${i + 1}  ${answer}${i === 0 ? " (Enter)" : ""}`);
      for (;;) {
        const typed = await put(`${question}\n${list.join("\n")}\n> `);
        const chosen =
          typed === "" ? first : (answers[Number(typed) - 1] ?? answers.find((one) => one === typed));
        if (chosen !== undefined) return chosen;
      }
    },
    async text(question, proposal) {
      const typed = await put(`${question} (Enter: ${proposal})\n> `);
      return typed === "" ? proposal : typed;
    },
    [Symbol.asyncDispose]: async () => terminal.close(),
  };
}
