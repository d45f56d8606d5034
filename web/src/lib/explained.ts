// The explanation of a policy as the server writes it (plain text, headings underlined, lines broken at 79) into parts that a page
// can lay out. What has another shape stays readable: a paragraph.

export interface Section {
	heading: string;
	/** Paragraphs; an array is a list. */
	parts: (string | string[])[];
}

const UNDERLINE = /^(-{3,}|={3,})$/;

export function explained(text: string): Section[] {
	const sections: Section[] = [];
	let now: Section = { heading: '', parts: [] };
	const lines = text.split(/\r?\n/);
	let paragraph: string[] = [];
	const close = () => {
		const whole = paragraph.join(' ').trim();
		paragraph = [];
		if (!whole) return;
		const last = now.parts.at(-1);
		if (!whole.startsWith('- ')) now.parts.push(whole);
		else if (Array.isArray(last)) last.push(whole.slice(2));
		else now.parts.push([whole.slice(2)]);
	};
	lines.forEach((line, at) => {
		if (UNDERLINE.test(line)) return;
		if (UNDERLINE.test(lines[at + 1] ?? '') && line.trim()) {
			close();
			now = { heading: line.trim(), parts: [] };
			sections.push(now);
			return;
		}
		if (sections.length === 0 && line.trim()) sections.push(now);
		if (!line.trim() || line.startsWith('- ')) close();
		paragraph.push(line.trim());
	});
	close();
	return sections;
}
