/** Reads a fact's JSON, which is as the platform published it, without trusting its shape. */
import type { Amount } from "../api/types";

export type Json = Record<string, unknown>;

export function object(value: unknown): Json {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Json) : {};
}

export function list(value: unknown): unknown[] {
  return Array.isArray(value) ? value : [];
}

/** A text that is not blank, or a number as text. */
export function text(value: unknown): string | null {
  if (typeof value === "number") return String(value);
  return typeof value === "string" && value.trim() !== "" ? value.trim() : null;
}

export function number(value: unknown): number | null {
  return typeof value === "number" && Number.isFinite(value) ? value : null;
}

export function amount(value: unknown): Amount | null {
  const { amount, currency } = object(value);
  return typeof amount === "number" && typeof currency === "string" ? { amount, currency } : null;
}

/** Every value with the path to it, at most `limit`, and how many there are beyond. */
export function flatten(value: unknown, limit: number): { rows: { path: string; value: string }[]; more: number } {
  const rows: { path: string; value: string }[] = [];
  let more = 0;
  const waiting: { path: string[]; value: unknown }[] = [{ path: [], value }];
  for (let next = waiting.pop(); next; next = waiting.pop()) {
    const { path, value } = next;
    if (typeof value === "object" && value !== null && Object.keys(value).length > 0) {
      const isList = Array.isArray(value);
      const parts = Object.entries(value).map(([key, part]) => ({
        path: [...path, isList ? String(Number(key) + 1) : key],
        value: part as unknown,
      }));
      waiting.push(...parts.reverse());
    } else if (rows.length < limit) {
      rows.push({ path: path.join(" › "), value: typeof value === "string" ? value : JSON.stringify(value) });
    } else {
      more += 1;
    }
  }
  return { rows, more };
}
