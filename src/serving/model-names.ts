// The models to serve, as the command line and the environment name them: a folder, or a name and a folder.
import { basename, resolve } from "node:path";
import { ConfigError } from "../base/errors.ts";

/** A folder and the name under which requests ask for it. */
export interface NamedFolder {
  readonly name: string;
  readonly folder: string;
}

const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;

/**
 * Reads `name=folder` or `folder`, whose own name then counts; the first is the default model.
 *
 * @throws ConfigError `serving/wrong-model` for no model, for two of one name, and for a name that requests could not write
 */
export function namedFolders(given: readonly string[], place: string): readonly NamedFolder[] {
  if (given.length === 0)
    throw wrongModel(
      "no model is given",
      place,
      "Name the folder of a bundle, as in `relata serve models/posts`.",
    );
  const models = given.map((one) => {
    const at = one.indexOf("=");
    const isNamed = at > 0 && NAME.test(one.slice(0, at));
    return isNamed ? { name: one.slice(0, at), folder: one.slice(at + 1) } : { name: "", folder: one };
  });
  const named = models.map(({ name, folder }) => ({ name: name || basename(resolve(folder)), folder }));
  for (const { name, folder } of named) {
    if (folder === "" || !NAME.test(name))
      throw wrongModel(
        `${JSON.stringify(folder)} has no name that a request can write`,
        place,
        "Give it one of letters, digits, dots, hyphens and underscores, as in posts=models/posts.",
      );
    if (named.filter((other) => other.name === name).length > 1)
      throw wrongModel(
        `two models have the name ${name}`,
        place,
        "Give each a name of its own, as in `relata serve posts=models/posts other=models/other`.",
      );
  }
  return named;
}

function wrongModel(message: string, place: string, remedy: string): ConfigError {
  return new ConfigError({ code: "serving/wrong-model", message, place, remedy });
}
