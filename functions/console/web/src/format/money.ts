/** Amounts and numbers as merchants read them. */

/** An amount in the smallest unit of its currency. */
export function money(amount: number, currency: string): string {
  try {
    const format = new Intl.NumberFormat(undefined, { style: "currency", currency });
    const digits = format.resolvedOptions().maximumFractionDigits ?? 2;
    return format.format(amount / 10 ** digits);
  } catch {
    return `${amount} ${currency}`;
  }
}

const whole = new Intl.NumberFormat();

/** A count, with "at least" where more was not counted. */
export function count(value: number, more = false): string {
  return more ? `at least ${whole.format(value)}` : whole.format(value);
}

/** A noun with its number: "1 action", "12 actions". */
export function plural(value: number, one: string, many = `${one}s`): string {
  return `${whole.format(value)} ${value === 1 ? one : many}`;
}
