// Dates, numbers and plurals of one language, by Intl. Nothing here holds a word of its own.

/** Forms of a counted thing; the language's rules choose one. */
export type Forms = Partial<Record<Intl.LDMLPluralRule, string>> & { other: string };

const DAY_MS = 86_400_000;

/** Formats for `locale`. Moments are RFC 3339, days are `YYYY-MM-DD`; `now` is in milliseconds since 1970. */
export function formats(locale: string) {
  const plurals = new Intl.PluralRules(locale);
  const numbers = new Intl.NumberFormat(locale);
  const relative = new Intl.RelativeTimeFormat(locale, { numeric: "auto" });
  const lists = new Intl.ListFormat(locale, { type: "conjunction" });
  const timeOfDay = new Intl.DateTimeFormat(locale, { timeStyle: "short" });
  const thisYear: Intl.DateTimeFormatOptions = { day: "numeric", month: "long" };
  const anyYear: Intl.DateTimeFormatOptions = { ...thisYear, year: "numeric" };
  const days = {
    local: [new Intl.DateTimeFormat(locale, thisYear), new Intl.DateTimeFormat(locale, anyYear)] as const,
    utc: [
      new Intl.DateTimeFormat(locale, { ...thisYear, timeZone: "UTC" }),
      new Intl.DateTimeFormat(locale, { ...anyYear, timeZone: "UTC" }),
    ] as const,
  };

  const date = (moment: string, now: number): string => {
    // A day without a time is the same day everywhere; a moment is on the person's own calendar.
    const isDay = /^\d{4}-\d{2}-\d{2}$/.test(moment);
    const at = new Date(moment);
    if (Number.isNaN(at.getTime())) return moment;
    const same = (isDay ? at.getUTCFullYear() : at.getFullYear()) === new Date(now).getFullYear();
    return (isDay ? days.utc : days.local)[same ? 0 : 1].format(at);
  };

  const two = new Intl.NumberFormat(locale, { minimumIntegerDigits: 2 });

  return {
    twoDigits: (value: number): string => two.format(value),
    number: (value: number): string => numbers.format(value),

    count: (value: number, forms: Forms): string =>
      (forms[plurals.select(value)] ?? forms.other).replace("#", numbers.format(value)),

    list: (items: readonly string[]): string => lists.format(items),

    /** “29 November”, with the year where it is another one. */
    date,

    /** “5 minutes”, “4 hours”, “9 days”: about as long as so many minutes. */
    span: (minutes: number): string => {
      const [value, unit] =
        minutes < 180 ? [minutes, "minute"] : minutes < 2880 ? [minutes / 60, "hour"] : [minutes / 1440, "day"];
      const wording: Intl.NumberFormatOptions = { style: "unit", unit, unitDisplay: "long", maximumFractionDigits: 0 };
      return new Intl.NumberFormat(locale, wording).format(value);
    },

    /** “in 9 days”, “tomorrow”, “today”. */
    inDays: (count: number): string => relative.format(count, "day"),

    /** “2 minutes ago”; `undefined` for the last minute, which languages have words for. */
    ago: (moment: string, now: number): string | undefined => {
      const seconds = Math.max(0, (now - new Date(moment).getTime()) / 1000);
      if (seconds < 45) return undefined;
      if (seconds < 45 * 60) return relative.format(-Math.max(1, Math.round(seconds / 60)), "minute");
      if (seconds < 22 * 3600) return relative.format(-Math.max(1, Math.round(seconds / 3600)), "hour");
      return relative.format(-Math.max(1, Math.round(seconds / 86_400)), "day");
    },

    /** “today, 13:41”, “20 November, 11:02”. */
    moment: (moment: string, now: number): string => {
      const at = new Date(moment);
      if (Number.isNaN(at.getTime())) return moment;
      const midnight = (time: number) => new Date(time).setHours(0, 0, 0, 0);
      const daysBack = Math.round((midnight(now) - midnight(at.getTime())) / DAY_MS);
      const day = daysBack === 0 || daysBack === 1 ? relative.format(-daysBack, "day") : date(moment, now);
      return `${day.charAt(0).toLocaleUpperCase(locale)}${day.slice(1)}, ${timeOfDay.format(at)}`;
    },
  };
}
