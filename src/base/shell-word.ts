// Writes a value as one word of a command line that can be pasted into this system's shell.

const PLAIN = /^[\w./:@%+=,-]+$/;

/** The value, quoted if the shell would read it as anything but one plain word. */
export function shellWord(value: string): string {
  if (PLAIN.test(value)) return value;
  return process.platform === "win32" ? JSON.stringify(value) : `'${value.replaceAll("'", "'\\''")}'`;
}
