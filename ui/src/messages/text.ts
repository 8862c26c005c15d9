// Text with a little emphasis, without markup: a sentence is a list of pieces, so that a value from a server can
// never become anything but text.

/** One piece of a sentence. `whole` is kept on one line. */
export interface Piece {
  readonly as: "plain" | "strong" | "code" | "whole";
  readonly text: string;
}

/** A sentence. */
export type Rich = readonly Piece[];

export const plain = (text: string): Piece => ({ as: "plain", text });
export const strong = (text: string): Piece => ({ as: "strong", text });
export const code = (text: string): Piece => ({ as: "code", text });
export const whole = (text: string): Piece => ({ as: "whole", text });

/** Builds a sentence from a template: `` rich`GitLab found at ${strong(host)}` ``. */
export function rich(literals: TemplateStringsArray, ...values: readonly (string | Piece | Rich)[]): Rich {
  const pieces: Piece[] = [];
  const add = (piece: Piece) => {
    const last = pieces.at(-1);
    if (piece.text === "") return;
    if (last?.as === "plain" && piece.as === "plain") pieces[pieces.length - 1] = plain(last.text + piece.text);
    else pieces.push(piece);
  };
  literals.forEach((literal, index) => {
    add(plain(literal));
    const value = values[index];
    if (value === undefined) return;
    if (typeof value === "string") add(plain(value));
    else if ("as" in value) add(value);
    else value.forEach(add);
  });
  return pieces;
}

/** A sentence as a plain string, for announcements and names. */
export const flat = (text: Rich): string => text.map((piece) => piece.text).join("");
