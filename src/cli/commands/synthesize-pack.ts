// `relata synthesize pack <store>`: packs the contents of an older store, which has a file for each, and builds a lost index again.

import { Command } from "commander";
import { counted } from "../../base/counted.ts";
import type { CommandContext } from "../context.ts";

export function synthesizePackCommand(context: CommandContext): Command {
  return new Command("pack")
    .description("pack an older store, which has a file for each content, or build a lost index again")
    .argument("<store>", "folder of a complete store")
    .action((store: string) => pack(store, context));
}

async function pack(store: string, { output }: CommandContext): Promise<void> {
  const { packStore } = await import("../../synthesis/store/pack-store.ts");
  const account = await packStore(store);
  output.result({ store, ...account }, () =>
    output.style(
      "green",
      `packed ${counted(account.packed, "file")}; ${store} has ${counted(account.contents, "content")} in packs`,
    ),
  );
}
