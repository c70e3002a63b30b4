// Recognises Git LFS pointers: the small text files that a clone without git-lfs contains instead of large files.

/** The first bytes of every pointer, by the specification's current address and the one before 2015. */
const BEGINNINGS = ["version https://git-lfs", "version https://hawser."].map((text) =>
  new TextEncoder().encode(text),
);

/** Number of bytes that `isGitLfsPointer` looks at. */
export const GIT_LFS_LOOK_BYTES = Math.max(...BEGINNINGS.map(({ length }) => length));

/** Message text for a pointer; follows the file's name. */
export const GIT_LFS_PROBLEM = "is a Git LFS pointer; the content was not downloaded: git lfs pull";

export const GIT_LFS_REMEDY =
  "Install git-lfs and run `git lfs pull` in the cloned folder, or download the file itself. Cloning again without git-lfs gives the pointer again.";

/** Whether a file that begins with these bytes is a Git LFS pointer. */
export function isGitLfsPointer(beginning: Uint8Array): boolean {
  return BEGINNINGS.some(
    (text) => beginning.length >= text.length && text.every((byte, at) => beginning[at] === byte),
  );
}
