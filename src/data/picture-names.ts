// Explains why picture names are not found in a folder: names of the same cause together, with the name that would be found.
import { counted } from "../base/counted.ts";
import { type Defect, defect, quote } from "./defects.ts";
import type { ImageName } from "./document.ts";
import type { PictureFolder } from "./pictures.ts";

interface Cause {
  readonly what: string;
  readonly remedy: string;
  /** The name in the folder that is meant, or null for none; undefined: another cause. */
  found(name: ImageName): ImageName | null | undefined;
}

const EXAMPLES_SHOWN = 3;
const EXTENSIONS = [".jpg", ".jpeg", ".png", ".webp", ".gif"];

/** The missing names that can be explained, one defect for each cause. */
export function pictureNameDefects(
  missing: readonly ImageName[],
  folder: PictureFolder,
  source: string,
): readonly Defect[] {
  const byCause = new Map<Cause, string[]>();
  const causes = causesIn(folder);
  for (const name of missing) {
    for (const cause of causes) {
      const found = cause.found(name);
      if (found === undefined) continue;
      const example = found === null ? quote(name) : `${quote(name)} is ${quote(found)}`;
      const examples = byCause.get(cause);
      if (examples) examples.push(example);
      else byCause.set(cause, [example]);
      break;
    }
  }
  return [...byCause].map(([{ what, remedy }, examples]) => {
    const shown = examples.slice(0, EXAMPLES_SHOWN).join(", ");
    const message = `${counted(examples.length, "missing picture")}: ${what} (${shown}); ${remedy}`;
    return defect("data/picture-names", source, message, examples.length);
  });
}

/** The causes, the surest first. */
function causesIn(folder: PictureFolder): readonly Cause[] {
  const { names } = folder;
  const last =
    folder.folder
      .replace(/[/\\]+$/, "")
      .split(/[/\\]/)
      .at(-1) ?? "";
  const byCase = new Map([...names].map((name) => [name.toLowerCase(), name]));
  const byStem = new Map([...names].map((name) => [name.replace(/\.\w{1,5}$/, ""), name]));
  const byBase = new Map([...names].map((name) => [baseOf(name), name]));
  const inFolder = (name: string) => (names.has(name) ? name : undefined);
  return [
    {
      what: "the name is a URL",
      remedy: "download the pictures, and name the files",
      found: (name) => (/^[a-z][a-z0-9+.-]+:\/\//i.test(name) ? null : undefined),
    },
    {
      what: "the name is an absolute path",
      remedy: `make it relative to ${folder.folder}`,
      found: (name) =>
        /^(?:[/\\]|[a-z]:[/\\])/i.test(name) ? (byBase.get(baseOf(name)) ?? null) : undefined,
    },
    {
      what: "the name begins with the folder's own name",
      remedy: `leave out "${last}/", or name the folder above: --pictures ${folder.folder}/..`,
      found: (name) =>
        name.replace(/^\.\//, "").startsWith(`${last}/`)
          ? inFolder(name.replace(/^\.\//, "").slice(last.length + 1))
          : undefined,
    },
    {
      what: "the name differs from the file's in upper and lower case",
      remedy: "write it as the file is named",
      found: (name) => byCase.get(name.toLowerCase()),
    },
    {
      what: "the name contains backslashes",
      remedy: "write /",
      found: (name) => (name.includes("\\") ? (inFolder(name.replaceAll("\\", "/")) ?? null) : undefined),
    },
    {
      what: "the name has no extension",
      remedy: "add it",
      found: (name) =>
        EXTENSIONS.map((extension) => inFolder(name + extension)).find((one) => one !== undefined),
    },
    {
      what: "the name has another extension than the file",
      remedy: "write it as the file is named",
      found: (name) => (/\.\w{1,5}$/.test(name) ? byStem.get(name.replace(/\.\w{1,5}$/, "")) : undefined),
    },
    {
      what: "the file is in another folder",
      remedy: "name the path from the folder of pictures to the file",
      found: (name) => byBase.get(baseOf(name)),
    },
  ];
}

function baseOf(name: string): string {
  return name.split(/[/\\]/).at(-1) ?? name;
}
