// `relata validate`
import { Command } from "commander";
import type { CommandContext } from "../context.ts";
export function validateCommand({ output }: CommandContext): Command {
  return new Command("validate")
    .description("check data files and list every defect with its line")
    .argument("<file...>", "x")
    .action(async () => {
      output.line("todo");
    });
}
