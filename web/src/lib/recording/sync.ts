// The arithmetic of playing: where the clips of a recording lie in it, where its camera's clock puts it in time, and how a player
// is kept in step with another. Seconds, unless a name says otherwise; no players here.
import type { RecordingDetail } from '$lib/api/types';

/** A clip's place in its recording, in seconds from the first frame. */
export interface Stretch {
	clip: string;
	from: number;
	to: number;
	playable: 'original' | 'proxy';
	/** Frames per second. */
	frames: number;
	hasPoster: boolean;
	hasWaveform: boolean;
}

/** Players further apart than this are put right at once; nearer ones drift together. Seconds. */
export const IN_STEP = 0.1;
/** What nobody can see. */
const CLOSE_ENOUGH = 0.02;
/** By how much a player may be slower or faster to catch up, as a share of its speed. */
const CATCH_UP = 0.06;

type Timed = Pick<RecordingDetail, 'started_at' | 'activated_at' | 'stopped_at' | 'clock_offset_us' | 'alignment_us'>;

/** When the first frame was taken by the server's clock: what the camera said, less how far its clock was ahead, moved by hand
 *  where somebody did. Milliseconds since 1970. */
export function correctedStart(recording: Timed): number {
	const said = recording.started_at ? Date.parse(recording.started_at) : Number.NaN;
	return said - (recording.clock_offset_us ?? 0) / 1000 + recording.alignment_us / 1000;
}

/** Seconds before activation. */
export function preEvent(recording: Timed): number {
	if (!recording.started_at || !recording.activated_at) return 0;
	return Math.max(0, (Date.parse(recording.activated_at) - Date.parse(recording.started_at)) / 1000);
}

/** The clips that can be played, one after another: by their own start where they tell one near enough, else end to end. */
export function layOut(recording: Pick<RecordingDetail, 'started_at' | 'media' | 'clips'>): Stretch[] {
	const start = recording.started_at ? Date.parse(recording.started_at) : Number.NaN;
	const found: Stretch[] = [];
	let end = 0;
	for (const media of recording.media) {
		const clip = recording.clips.find((one) => one.id === media.clip_id);
		if (!media.playable || !clip || clip.state === 'disposed') continue;
		const length = (media.facts?.duration_us ?? 0) / 1e6;
		const own = media.facts?.started_at_us ? media.facts.started_at_us / 1000 : Number.NaN;
		const told = (own - start) / 1000;
		// Containers often know whole seconds only, or a clock of their own: believed after the first clip, and only forwards.
		const from = found.length > 0 && told >= end && told < end + 3600 ? told : end;
		const rate = media.facts?.video?.frames_per_second;
		found.push({
			clip: media.clip_id,
			from,
			to: from + length,
			playable: media.playable,
			frames: rate && rate[1] > 0 ? rate[0] / rate[1] : 30,
			hasPoster: media.has_poster ?? false,
			hasWaveform: media.has_waveform ?? false
		});
		end = from + length;
	}
	return found;
}

/** Which clip plays at a place; nothing between two clips, before the first and after the last. */
export const stretchAt = (stretches: Stretch[], at: number): Stretch | undefined =>
	stretches.find((stretch) => at >= stretch.from && (at < stretch.to || stretch.to === stretch.from));

/** The nearest place at which something plays. */
export function playableNear(stretches: Stretch[], at: number): number {
	let best = 0;
	let distance = Number.POSITIVE_INFINITY;
	for (const { from, to } of stretches) {
		const inside = Math.min(Math.max(at, from), Math.max(from, to - 0.001));
		if (Math.abs(inside - at) < distance) [best, distance] = [inside, Math.abs(inside - at)];
	}
	return best;
}

/** How long a recording is: to its stop where that is known, else to the end of its last clip. */
export function lengthOf(recording: Timed, stretches: Stretch[]): number {
	const told = recording.started_at && recording.stopped_at ? (Date.parse(recording.stopped_at) - Date.parse(recording.started_at)) / 1000 : 0;
	return Math.max(told, stretches.at(-1)?.to ?? 0);
}

export interface Order {
	/** Where to jump to; nothing where the player is in step or can catch up. */
	jump: number | undefined;
	rate: number;
}

/** What a player at `is` must do that should be at `should`, while the leading one plays at `rate` (or stands still). */
export function keepStep(should: number, is: number, rate: number, isPaused: boolean): Order {
	const behind = should - is;
	const distance = Math.abs(behind);
	if (isPaused) return { jump: distance > CLOSE_ENOUGH ? should : undefined, rate };
	if (distance > IN_STEP) return { jump: should, rate };
	if (distance <= CLOSE_ENOUGH) return { jump: undefined, rate };
	// Catches up within about a second.
	const share = Math.min(Math.max(behind, -CATCH_UP), CATCH_UP);
	return { jump: undefined, rate: rate * (1 + share) };
}

/** Peaks folded to `bars` bars from 0 to 1; a bar is as high as the loudest of its peaks. */
export function fold(peaks: number[], bars: number): number[] {
	if (peaks.length === 0 || bars <= 0) return [];
	const folded: number[] = [];
	for (let bar = 0; bar < bars; bar += 1) {
		const from = Math.floor((bar * peaks.length) / bars);
		const to = Math.max(from + 1, Math.floor(((bar + 1) * peaks.length) / bars));
		let loudest = 0;
		for (let at = from; at < to; at += 1) loudest = Math.max(loudest, peaks[at] ?? 0);
		folded.push(loudest / 255);
	}
	return folded;
}
