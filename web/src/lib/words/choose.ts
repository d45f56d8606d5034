// A word of a list that may be longer on the server than here: an unknown one is shown as the server writes it, readable.

export const word = (words: Record<string, string>, name: string | null | undefined): string =>
	name === null || name === undefined ? '' : (words[name] ?? name.replaceAll('_', ' '));
