// The page may not use the clipboard, so the person's own press copies what it selects; where even that is refused,
// the selection stands and their copy key finds it.

/** Copies the text of an element; whether that was done. */
export function copyText(element: Element | null | undefined): boolean {
  if (!element) return false;
  getSelection()?.selectAllChildren(element);
  return document.execCommand("copy");
}
