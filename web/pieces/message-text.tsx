// A message of the server: what it writes in backticks is a command, an option or a name.
import { VisibleText } from "./visible-text.tsx";

/** The message, with its commands as code. */
export function MessageText({ text }: { readonly text: string }) {
  const parts = text.split(/`([^`]+)`/); // every second part was in backticks
  return (
    <>
      {parts.map((part, i) =>
        i % 2 === 1 ? (
          <code key={`${i} ${part}`}>{part}</code>
        ) : (
          <VisibleText key={`${i} ${part}`} text={part} />
        ),
      )}
    </>
  );
}
