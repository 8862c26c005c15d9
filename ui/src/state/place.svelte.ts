// Which place of the window is open, and where focus belongs when it changes. The link flow is not here: it is Rust's.

export type Place =
  | { readonly at: "accounts" }
  | { readonly at: "instances" }
  | { readonly at: "instance"; readonly address: string; readonly register?: boolean }
  | { readonly at: "add-instance" }
  | { readonly at: "settings" }
  | { readonly at: "account"; readonly id: string };

class View {
  place = $state.raw<Place>({ at: "accounts" });
  /** Open while the person chooses where secrets live, or types the passphrase; `then` is what they came for. */
  keychain = $state.raw<{ readonly then: (() => Promise<unknown>) | null } | null>(null);
  /** Open while a link profile is pasted, chosen or dropped. */
  profile = $state.raw(false);
  /** The account being renamed. */
  renaming = $state.raw<string | null>(null);
  /** The element that focus returns to, as a selector, once the place it stood in is drawn again. */
  private returnTo: string | null = null;

  go(place: Place, returnTo: string | null = null): void {
    this.returnTo = returnTo;
    this.place = place;
  }

  /** Notes where focus shall return when what opens now has closed. */
  comeBackTo(selector: string | null): void {
    this.returnTo = selector;
  }

  /** The element focus returns to, once. */
  takeReturn(root: ParentNode): HTMLElement | null {
    const selector = this.returnTo;
    if (selector === null) return null;
    const element = root.querySelector<HTMLElement>(selector);
    if (element !== null) this.returnTo = null;
    return element;
  }

  reset(): void {
    this.place = { at: "accounts" };
    this.keychain = null;
    this.profile = false;
    this.renaming = null;
    this.returnTo = null;
  }
}

export const view = new View();
