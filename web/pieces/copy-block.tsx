// Code to copy: a request, an answer.
import { useState } from "preact/hooks";
import { announce } from "../shell/announce.ts";
import { ScrollFrame } from "./scroll-frame.tsx";

interface Props {
  /** What it is, in the heading and the button's name. */
  readonly title: string;
  readonly code: string;
}

/** Shows code in a frame that opens, with a button that copies it. */
export function CopyBlock({ title, code }: Props) {
  const [state, setState] = useState<"ready" | "copied" | "refused">("ready");
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(code);
      setState("copied");
      announce(`${title}: copied`);
    } catch (error) {
      setState("refused");
      announce(`Not copied: ${error instanceof Error ? error.message : String(error)}`);
    }
  };
  const words = {
    ready: "Copy",
    copied: "Copied",
    refused: "The browser refused: select and copy by hand",
  };
  return (
    <details class="copy-block">
      <summary>{title}</summary>
      <div class="copy-frame">
        <button type="button" class="small" onClick={copy}>
          {words[state]}
          <span class="unseen">: {title}</span>
        </button>
        <ScrollFrame label={title}>
          <pre>
            <code>{code}</code>
          </pre>
        </ScrollFrame>
      </div>
    </details>
  );
}
