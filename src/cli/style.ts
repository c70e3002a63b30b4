// Colours and weights of text, if the stream is a terminal that supports them; NO_COLOR and FORCE_COLOR are obeyed.
import { styleText } from "node:util";
import { ownSequences } from "./printable.ts";

export type TextStyle = "bold" | "dim" | "red" | "green" | "yellow" | "cyan";

/** Applies all the styles to `text`, one by one: Node 20 ignores the stream for a list of formats. */
export function styled(stream: NodeJS.WriteStream, styles: readonly TextStyle[], text: string): string {
  return styles.reduce((inner, style) => ownSequences(styleText(style, inner, { stream })), text);
}
