// What outcomes look like and how they are ordered. An outcome is never told by its colour alone: each has a mark of its own
// shape, and its name stands beside it or is spoken.
import type { OutcomeWord } from './api/types';

/** From worst to best, as audit.md orders them. */
export const WORST_FIRST: readonly OutcomeWord[] = [
	'missing', 'partial', 'unverifiable', 'awaiting_upload', 'no_camera', 'not_required', 'excused', 'recorded'
];

/** The token (`--…` in app.css) that colours an outcome. */
export const TOKEN: Record<OutcomeWord, string> = {
	recorded: 'recorded',
	excused: 'excused',
	not_required: 'none',
	no_camera: 'none',
	awaiting_upload: 'awaiting',
	unverifiable: 'unverifiable',
	partial: 'partial',
	missing: 'missing'
};

export const isOutcome = (word: string): word is OutcomeWord => (WORST_FIRST as readonly string[]).includes(word);
