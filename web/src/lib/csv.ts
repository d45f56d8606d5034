// CSV (RFC 4180) of what a page has at hand, and saving it.

type Cell = string | number | null | undefined;

function cell(value: Cell): string {
	if (value === null || value === undefined) return '';
	// A text that begins so is taken for a formula by programs that open such files.
	const text = typeof value === 'string' && /^[=+\-@\t]/.test(value) ? `'${value}` : String(value);
	return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

export function csvOf(header: string[], rows: Cell[][]): Blob {
	const text = [header, ...rows].map((row) => `${row.map(cell).join(',')}\r\n`).join('');
	return new Blob([text], { type: 'text/csv;charset=utf-8' });
}

/** Has the browser save something as a file. */
export function save(name: string, csv: Blob): void {
	const link = document.createElement('a');
	link.href = URL.createObjectURL(csv);
	link.download = `${name}.csv`;
	link.click();
	setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}
