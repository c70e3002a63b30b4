// `relata serve`: answers over HTTP with trained models, until a signal ends it.
import { once } from "node:events";
import { Command, Option } from "commander";
import type { Setting } from "../../serving/setting-kinds.ts";
import { type GivenFlags, SETTINGS, type SettingName, settingsFrom } from "../../serving/settings.ts";
import type { CommandContext } from "../context.ts";

const AFTER_HELP = `
Every option has a variable of the environment that stands for it: RELATA_PORT for --port, RELATA_MAX_BATCH_SIZE for --max-batch-size.
RELATA_MODELS holds the models, RELATA_TOKENS bearer tokens; commas separate the values of lists. The command line comes first.

Examples:
  relata serve models/posts
  relata serve posts=models/posts other=models/other --port 0
  RELATA_TOKENS=$(openssl rand -hex 32) relata serve models/posts --host 0.0.0.0 --log json

SIGHUP loads the models again; SIGTERM or SIGINT finishes what was accepted and ends. docs/serving.md describes the API.`;

/** Time from the end of the shutdown's own limit to the end of the process: workers are killed, files are closed. */
const AFTER_SHUTDOWN_MS = 15_000;

export function serveCommand(context: CommandContext): Command {
  const command = new Command("serve")
    .description("answer over HTTP: extraction from posts with one or several models")
    .argument(
      "[models...]",
      "folders of bundles (relata export) or models, each alone or as name=folder; the first one is the default",
    );
  for (const [, setting] of settingsWithFlags()) command.addOption(optionOf(setting));
  return command.addHelpText("after", AFTER_HELP).action(async (models: string[]) => {
    const settings = settingsFrom(givenFlags(command), process.env);
    const { serve } = await import("../../serving/serve.ts");
    const { signal } = context;
    context.allowForStopping(settings.shutdownTimeout * 1000 + AFTER_SHUTDOWN_MS);
    const server = await serve({
      models: models.length > 0 ? models : modelsOfEnvironment(),
      settings,
      signal,
    });
    const reload = () => void server.reload();
    process.on("SIGHUP", reload);
    try {
      const { url, host, port } = server.address;
      const served = server.models().map(({ name, version, loadedAt }) => ({ name, version, loadedAt }));
      context.output.result({ url, host, port, pid: process.pid, models: served }, () => {
        const names = served.map(({ name, version }) => `${name} (${version})`).join(", ");
        return `serving ${names} at ${url}`;
      });
      if (!signal.aborted) await once(signal, "abort");
    } finally {
      await server.close();
      process.off("SIGHUP", reload);
    }
  });
}

function settingsWithFlags(): [SettingName, Setting<unknown>][] {
  const all = Object.entries(SETTINGS) as [SettingName, Setting<unknown>][];
  return all.filter(([, { flag }]) => flag !== "");
}

function optionOf({ flag, means, fallback, isMany, names }: Setting<unknown>): Option {
  const option = new Option(flag, means);
  if (names !== undefined) option.choices(names);
  if (isMany) return option.argParser((text: string, before: readonly string[] = []) => [...before, text]);
  return typeof fallback === "string" || typeof fallback === "number"
    ? option.default(undefined, String(fallback))
    : option;
}

/** What the command line itself says: commander's own defaults must not hide the environment. */
function givenFlags(command: Command): GivenFlags {
  const given = settingsWithFlags().filter(([name]) => command.getOptionValueSource(name) === "cli");
  return Object.fromEntries(given.map(([name]) => [name, command.getOptionValue(name)]));
}

function modelsOfEnvironment(): readonly string[] {
  const given = process.env.RELATA_MODELS ?? "";
  return given.split(",").flatMap((part) => (part.trim() === "" ? [] : [part.trim()]));
}
