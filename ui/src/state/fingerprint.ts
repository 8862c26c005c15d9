// How a fingerprint is shown: in groups of four, as people compare them.

export const inGroups = (fingerprint: string): string =>
  fingerprint
    .replaceAll(/[^0-9a-f]/gi, "")
    .toUpperCase()
    .match(/.{1,4}/g)
    ?.join(" ") ?? "";
