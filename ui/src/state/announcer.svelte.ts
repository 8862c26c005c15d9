// What is said to those who listen instead of look: one polite live region for the whole window.

class Announcer {
  text = $state.raw("");
  private turn = false;

  /** Says `text` when the screen reader is next free. The same words twice are said twice. */
  say(text: string): void {
    this.turn = !this.turn;
    // A trailing no-break space makes a repetition a change.
    this.text = this.turn ? text : `${text}\u00a0`;
  }
}

export const announcer = new Announcer();
