// Where relata's own files are. The build puts many modules into one file, so a path relative to the module that needs it would be wrong there.
import { extname } from "node:path";

/** The folder of package.json; it is two levels above src/base and, in the build, above dist/chunks. */
const ROOT = new URL("../../", import.meta.url);

/** The address of a file of the package, such as "python/relata_torch.py". */
export function packageFile(path: string): URL {
  return new URL(path, ROOT);
}

/** True in the build, false where the sources run, as in tests. */
export const IS_BUILT = extname(import.meta.url) === ".js";

/** The address of a module by its path below src/, such as "data/index": of the build if that runs, else of the sources. */
export function ownModule(path: string): URL {
  return packageFile(IS_BUILT ? `dist/${path}.js` : `src/${path}.ts`);
}
