// Instants, spans and sizes in words. Instants are shown on the agency's clock, with the zone, and exactly (UTC, microseconds)
// on request.

/** What is shown until the server has told the agency's zone. */
export const OWN_ZONE = Intl.DateTimeFormat().resolvedOptions().timeZone;

const formats = new Map<string, Intl.DateTimeFormat>();

function format(zone: string, options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
	const key = zone + JSON.stringify(options);
	let found = formats.get(key);
	if (!found) {
		found = new Intl.DateTimeFormat('en-US', { timeZone: zone, hourCycle: 'h23', ...options });
		formats.set(key, found);
	}
	return found;
}

/** Milliseconds since 1970; NaN where it is no instant. */
export const ms = (at: string | null | undefined): number => (at ? Date.parse(at) : Number.NaN);

const DATE: Intl.DateTimeFormatOptions = { year: 'numeric', month: 'short', day: 'numeric' };
const CLOCK: Intl.DateTimeFormatOptions = { hour: '2-digit', minute: '2-digit', second: '2-digit' };

/** `Nov 27, 2017`. */
export const date = (at: string | number, zone = OWN_ZONE): string => format(zone, DATE).format(new Date(at));

/** `22:14:07`. */
export const clock = (at: string | number, zone = OWN_ZONE): string => format(zone, CLOCK).format(new Date(at));

/** `22:14`. */
export const hourMinute = (at: string | number, zone = OWN_ZONE): string =>
	format(zone, { hour: '2-digit', minute: '2-digit' }).format(new Date(at));

/** `Mon, Nov 27`. */
export const day = (at: string | number, zone = OWN_ZONE): string =>
	format(zone, { weekday: 'short', month: 'short', day: 'numeric' }).format(new Date(at));

/** `CST`. */
export function zoneName(at: string | number, zone = OWN_ZONE): string {
	const parts = format(zone, { timeZoneName: 'short' }).formatToParts(new Date(at));
	return parts.find((part) => part.type === 'timeZoneName')?.value ?? zone;
}

/** `Nov 27, 2017, 22:14:07`. */
export const instant = (at: string | number, zone = OWN_ZONE): string => `${date(at, zone)}, ${clock(at, zone)}`;

/** A span in seconds: `40 ms`, `1.4 s`, `42 s`, `3 min 05 s`, `1 h 02 min`, `2 d 4 h`. */
export function span(seconds: number): string {
	if (!Number.isFinite(seconds)) return '–';
	if (seconds < 0) return `−${span(-seconds)}`;
	if (seconds > 0 && seconds < 1) return `${Math.round(seconds * 1000)} ms`;
	if (seconds < 10 && !Number.isInteger(seconds)) return `${seconds.toFixed(1)} s`;
	const whole = Math.round(seconds);
	if (whole < 60) return `${whole} s`;
	if (whole < 3600) return `${Math.floor(whole / 60)} min ${String(whole % 60).padStart(2, '0')} s`;
	if (whole < 48 * 3600) return `${Math.floor(whole / 3600)} h ${String(Math.floor((whole % 3600) / 60)).padStart(2, '0')} min`;
	return `${Math.floor(whole / 86400)} d ${Math.floor((whole % 86400) / 3600)} h`;
}

/** A place in a recording: `04:07.3`, `1:04:07.3`. */
export function place(seconds: number): string {
	const tenths = Math.max(0, Math.round(seconds * 10));
	const [h, m, s] = [Math.floor(tenths / 36000), Math.floor((tenths % 36000) / 600), (tenths % 600) / 10];
	const tail = `${String(m).padStart(2, '0')}:${s.toFixed(1).padStart(4, '0')}`;
	return h ? `${h}:${tail}` : tail;
}

/** Bytes: `312 B`, `4.1 MB`. */
export function size(bytes: number): string {
	const units = ['B', 'kB', 'MB', 'GB', 'TB', 'PB'];
	let unit = 0;
	let left = bytes;
	while (left >= 1000 && unit < units.length - 1) {
		left /= 1000;
		unit += 1;
	}
	return `${unit === 0 || left >= 100 ? Math.round(left) : left.toFixed(1)} ${units[unit]}`;
}

/** `12,345`. */
export const count = (n: number): string => n.toLocaleString('en-US');

/** A share: `91.3%`. */
export const percent = (share: number): string => `${(share * 100).toFixed(1)}%`;

/** The value of a datetime-local field, on the clock of `zone`. */
export function toField(at: string | number, zone = OWN_ZONE): string {
	const parts = Object.fromEntries(
		format(zone, { year: 'numeric', month: '2-digit', day: '2-digit', ...CLOCK })
			.formatToParts(new Date(at))
			.map((part) => [part.type, part.value])
	);
	return `${parts['year']}-${parts['month']}-${parts['day']}T${parts['hour']}:${parts['minute']}:${parts['second']}`;
}

/** The instant that a datetime-local (or date) field means on the clock of `zone`; nothing where it means none. */
export function fromField(field: string, zone = OWN_ZONE): string | undefined {
	if (!field) return undefined;
	const padded = field.length === 10 ? `${field}T00:00:00` : field.length === 16 ? `${field}:00` : field;
	const naive = Date.parse(`${padded}Z`);
	if (Number.isNaN(naive)) return undefined;
	// The zone's offset at the instant looked for is within a day of the naive reading; two steps settle it.
	let guess = naive;
	for (let step = 0; step < 2; step += 1) {
		guess = naive - (Date.parse(`${toField(guess, zone)}Z`) - Math.floor(guess / 1000) * 1000);
	}
	return new Date(guess).toISOString();
}
