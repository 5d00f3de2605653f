/** Sentences that contain texts of merchants and buyers, which are isolated from the direction of the sentence. */

/** A text of a merchant, a buyer or an app. */
export type Name = { text: string };
export type Sentence = readonly (string | Name)[];

export type Piece = string | Name | Sentence;

/** Marks a text of a merchant, a buyer or an app. */
export const name = (text: string): Name => ({ text });

/** Builds a sentence: told`${name(buyer)} bought ${products}`. */
export function told(texts: TemplateStringsArray, ...pieces: Piece[]): Sentence {
  return texts.flatMap((text, at) => {
    const piece = pieces[at];
    return piece === undefined ? [text] : [text, ...(hasPieces(piece) ? piece : [piece])];
  });
}

function hasPieces(piece: Piece): piece is Sentence {
  return Array.isArray(piece);
}

/** Joins by commas and a last "and" or "or". */
export function listOf(pieces: readonly Piece[], type: "conjunction" | "disjunction" = "conjunction"): Sentence {
  const format = new Intl.ListFormat(undefined, { type });
  return format.formatToParts(pieces.map((_, at) => String(at))).flatMap((part): Sentence => {
    if (part.type === "literal") return [part.value];
    const piece = pieces[Number(part.value)] ?? "";
    return hasPieces(piece) ? piece : [piece];
  });
}

/** The sentence as plain text, for labels and announcements. */
export function plain(sentence: Sentence): string {
  return sentence.map((piece) => (typeof piece === "string" ? piece : piece.text)).join("");
}
