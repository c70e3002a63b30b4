// Asks for the server's token when it refuses a request.
import { useEffect, useId, useRef, useState } from "preact/hooks";
import { onTokenNeeded } from "../api/request.ts";

interface Question {
  /** Whether a token was sent and refused. */
  readonly refused: boolean;
  readonly answer: (token: string | undefined) => void;
}

/** Opens by itself when a token is needed. */
export function TokenDialog() {
  const [question, setQuestion] = useState<Question>();
  const [value, setValue] = useState("");
  const dialog = useRef<HTMLDialogElement>(null);
  const ids = { title: useId(), field: useId() };
  useEffect(() => {
    onTokenNeeded((refused) => new Promise((answer) => setQuestion({ refused, answer })));
  }, []);
  useEffect(() => {
    if (question !== undefined) dialog.current?.showModal();
  }, [question]);
  const finish = (token: string | undefined) => {
    question?.answer(token);
    setQuestion(undefined);
    setValue("");
    dialog.current?.close();
  };
  return (
    <dialog ref={dialog} aria-labelledby={ids.title} onCancel={() => finish(undefined)}>
      {question !== undefined && (
        <form
          onSubmit={(event) => {
            event.preventDefault();
            finish(value.trim());
          }}
        >
          <h2 id={ids.title}>This server asks for a token</h2>
          {question.refused && (
            <p class="note bad" role="alert">
              The server does not accept that token.
            </p>
          )}
          <p>Whoever runs the server can give you one. It is kept in this tab only.</p>
          <label for={ids.field}>Token</label>
          <input
            id={ids.field}
            type="password"
            autocomplete="off"
            required
            value={value}
            onInput={(event) => setValue(event.currentTarget.value)}
          />
          <div class="actions">
            <button type="submit" class="primary">
              Use it
            </button>
            <button type="button" onClick={() => finish(undefined)}>
              Cancel
            </button>
          </div>
        </form>
      )}
    </dialog>
  );
}
