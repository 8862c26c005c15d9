// Which language the window speaks. One value for the whole page; everything drawn from it follows a change.

import { english, type Messages } from "./en";

/** The person's own English, or British English where the system speaks something else. */
function englishOf(wanted: readonly string[]): string {
  const first = wanted[0] ?? "en-GB";
  return /^en(-|$)/i.test(first) && Intl.DateTimeFormat.supportedLocalesOf(first).length > 0 ? first : "en-GB";
}

class Language {
  messages = $state.raw<Messages>(english(englishOf(navigator.languages)));
}

export const language = new Language();

/** The words of the language that is spoken now: `m.link.next`. What is drawn from them follows a change. */
export const m = Object.defineProperties(
  {},
  Object.fromEntries(
    Object.keys(language.messages).map((group) => [group, { get: () => language.messages[group as keyof Messages] }]),
  ),
) as Messages;
