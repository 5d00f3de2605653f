/**
 * One request at a time, known again if it is repeated. A form or a button that changes something has a submission: a
 * second click, a second Enter or a held key begins nothing while a request is under way.
 */
export class Submission {
  #isUnderWay = false;
  #sent: { body: string; key: string } | null = null;

  /** False if a request is under way. */
  begin(): boolean {
    if (this.#isUnderWay) return false;
    this.#isUnderWay = true;
    return true;
  }

  /**
   * The `Idempotency-Key` of a create. An equal body has an equal key until it succeeds, so that a repetition after a
   * lost response creates nothing twice.
   */
  keyOf(body: unknown): string {
    const text = JSON.stringify(body);
    if (this.#sent?.body !== text) this.#sent = { body: text, key: crypto.randomUUID() };
    return this.#sent.key;
  }

  end({ succeeded }: { succeeded: boolean }): void {
    this.#isUnderWay = false;
    if (succeeded) this.#sent = null;
  }
}
