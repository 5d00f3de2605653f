import { useMutation } from "@tanstack/react-query";
import { useCallback, useState } from "react";
import { Submission } from "./submission";

type Options<Input, Output> = {
  /** Sends the request. `keyOf` returns the `Idempotency-Key` of a create's body. */
  send: (input: Input, keyOf: (body: unknown) => string) => Promise<Output>;
  onSuccess?: (output: Output, input: Input) => unknown;
  onError?: (error: unknown, input: Input) => unknown;
  onSettled?: () => unknown;
};

/** A change that a form or a button sends, one at a time: `submit` does nothing while a request is under way. */
export function useSubmit<Output, Input = void>({ send, onSuccess, onError, onSettled }: Options<Input, Output>) {
  const [submission] = useState(() => new Submission());
  const { mutate, ...state } = useMutation<Output, Error, Input>({
    mutationFn: (input) => send(input, (body) => submission.keyOf(body)),
    onSuccess: (output, input) => onSuccess?.(output, input),
    onError: (error, input) => onError?.(error, input),
    onSettled: async (_, error) => {
      submission.end({ succeeded: error === null });
      await onSettled?.();
    },
  });
  const submit = useCallback(
    (input: Input) => {
      if (submission.begin()) mutate(input);
    },
    [submission, mutate],
  );
  return { ...state, submit };
}
