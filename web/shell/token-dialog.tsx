// Asks for the server's token when it refuses a request.
import { useEffect, useState } from "preact/hooks";
import { onTokenNeeded } from "../api/request.ts";
import { QuestionDialog } from "../pieces/question-dialog.tsx";

interface Question {
  /** Whether a token was sent and refused. */
  readonly refused: boolean;
  readonly answer: (token: string | undefined) => void;
}

/** Opens by itself when a token is needed. */
export function TokenDialog() {
  const [question, setQuestion] = useState<Question>();
  useEffect(() => {
    onTokenNeeded((refused) => new Promise((answer) => setQuestion({ refused, answer })));
  }, []);
  if (question === undefined) return null;
  return (
    <QuestionDialog
      title="This server asks for a token"
      label="Token"
      isSecret
      submit="Use it"
      onDone={(token) => {
        setQuestion(undefined);
        question.answer(token);
      }}
    >
      {question.refused && (
        <p class="note bad" role="alert">
          The server does not accept that token.
        </p>
      )}
      <p>Whoever runs the server can give you one. It is kept in this tab only.</p>
    </QuestionDialog>
  );
}
