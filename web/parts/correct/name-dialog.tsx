// Asks once who corrects: the name is saved with every document.
import { QuestionDialog } from "../../pieces/question-dialog.tsx";

const KEY = "relata-name";

/** The name that this browser knows. */
export function savedName(): string | undefined {
  return localStorage.getItem(KEY) ?? undefined;
}

/** The question. `onDone(undefined)`: no name was given. */
export function NameDialog({ onDone }: { readonly onDone: (name: string | undefined) => void }) {
  return (
    <QuestionDialog
      title="Who corrects?"
      label="Name"
      submit="Save the document"
      onDone={(name) => {
        if (name !== undefined) localStorage.setItem(KEY, name);
        onDone(name);
      }}
    >
      <p>
        Your name is saved with every document that you accept, correct or reject. This browser asks once.
      </p>
    </QuestionDialog>
  );
}
